"""The OpenAI-compatible provider: it sends what the `openai` package sends, and reads what servers answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import msgspec
import pytest
from openai import OpenAI
from tests.providers.driving import calls, run
from tests.providers.driving import http as reply

from genmux.domain.spec import GenerationSpec, Kind, ModelRef, Reference, Role
from genmux.providers.openai import CODES, FIELDS, provider
from genmux.providers.seam import (
    Accepted,
    Account,
    Ambiguous,
    ErrorClass,
    Finished,
    Forgotten,
    Healthy,
    HttpCall,
    HttpReply,
    InputBytes,
    InputFacts,
    ModelDefaults,
    Outcome,
    Output,
    Pending,
    Puzzling,
    ReadInput,
    Recovery,
    Refused,
    Stopped,
    Work,
)
from genmux.wires.openai import FormLimits, Upload, read_body

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")

BASE = "http://gpu.example:8091/v1"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
JPEG = b"\xff\xd8\xff" + bytes(64)
DEFAULTS = ModelDefaults(5.0, "720P", "16:9", takes_ratio=True)
WAN = ModelRef("Wan-AI", "Wan2.2-T2V-A14B")
FILM = GenerationSpec(kind=Kind.VIDEO, model=ModelRef("Wan", "2.2"), prompt="a cat, 猫")
PICTURE = GenerationSpec(kind=Kind.IMAGE, model=ModelRef("Qwen", "image"), prompt="a cat, 猫")


def work(
    spec: GenerationSpec = FILM,
    options: dict[str, Any] | None = None,
    inputs: int = 0,
    model: ModelRef | None = WAN,
    **fields: Any,
) -> Work:
    checked = provider.options(options or {})
    return Work(
        task_id=bytes(16),
        attempt=1,
        key="00ff-1",
        spec=spec,
        inputs=tuple(InputFacts(n, "", f"inputs/{n}", "00", 8, 8, "image/png") for n in range(inputs)),
        upstream_ref="video_1",
        defaults=DEFAULTS,
        account=Account(channel="gpu", endpoint=f"{BASE}/", options=checked, model=model),
        **fields,
    )


CREATED = {"id": "video_1", "object": "video", "status": "queued", "model": "m", "progress": 0}
DRAWN = {"created": 1, "data": [{"b64_json": base64.b64encode(PNG).decode()}]}


def created(asked: Work, *inputs: InputBytes) -> HttpCall:
    """Return the create that a flow sends."""
    answer = DRAWN if asked.spec.kind is Kind.IMAGE else CREATED
    _, effects = run(provider.submit(asked), [*inputs, answer])
    return calls(effects)[-1]


def fields_of(call: HttpCall) -> dict[str, Any]:
    return read_body(dict(call.headers)["Content-Type"], call.body, FormLimits())


# ---------------------------------------------------------------- the package is the judge


def package_sends(do: Callable[[OpenAI], object]) -> httpx2.Request:
    """Return the request that the `openai` package makes."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        request.read()
        seen.append(request)
        return httpx2.Response(200, json=DRAWN if "images" in request.url.path else CREATED)

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http:
        do(OpenAI(api_key="k", base_url=BASE, http_client=http, max_retries=0))
    return seen[0]


def same_request(call: HttpCall, request: httpx2.Request) -> None:
    """Assert that a call is the package's request but for the names of files, which nobody prescribes."""
    assert (call.method, call.url) == (request.method, str(request.url))
    said = request.headers["content-type"]
    assert dict(call.headers)["Content-Type"].partition(";")[0] == said.partition(";")[0]
    theirs = read_body(said, request.read(), FormLimits())
    assert nameless(fields_of(call)) == nameless(theirs)
    signed = provider.authorize(call, {"token": "k"}, 0)
    assert dict(signed.headers)["Authorization"] == request.headers["authorization"]


def nameless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: nameless(item) for name, item in value.items()}
    if isinstance(value, list):
        return [nameless(item) for item in value]
    return replace(value, filename="") if isinstance(value, Upload) else value


FILM_ARGUMENTS: dict[str, Any] = {
    "model": "Wan-AI/Wan2.2-T2V-A14B",
    "prompt": "a cat, 猫",
    "seconds": "8",
    "size": "1280x720",
}


def test_a_film_is_the_form_that_the_package_sends() -> None:
    spec = msgspec.structs.replace(FILM, duration=8.0, size=(1280, 720))
    request = package_sends(lambda client: client.videos.create(**FILM_ARGUMENTS))
    same_request(created(work(spec)), request)


def test_a_film_from_a_picture_is_the_form_that_the_package_sends() -> None:
    first = Reference(role=Role.FIRST_FRAME, source="https://caller.example/a.png")
    spec = msgspec.structs.replace(FILM, duration=8.0, resolution="720P", aspect_ratio="16:9")
    spec = msgspec.structs.replace(spec, references=(first,), seed=7, negative_prompt="dogs")
    request = package_sends(
        lambda client: client.videos.create(
            **FILM_ARGUMENTS,
            input_reference=("a.png", PNG, "image/png"),
            extra_body={"seed": 7, "negative_prompt": "dogs"},
        )
    )
    same_request(created(work(spec, inputs=1), InputBytes(PNG, "image/png")), request)


def test_pictures_are_the_json_that_the_package_sends() -> None:
    spec = msgspec.structs.replace(PICTURE, count=2, size=(1024, 1024), output_format="png", seed=7)
    spec = msgspec.structs.replace(spec, options={"background": "opaque", "guidance_scale": 3.5})
    request = package_sends(
        lambda client: client.images.generate(
            model="gpt-image-2",
            prompt="a cat, 猫",
            n=2,
            size="1024x1024",
            output_format="png",
            background="opaque",
            response_format="b64_json",
            extra_body={"seed": 7, "guidance_scale": 3.5},
        )
    )
    same_request(created(work(spec, model=ModelRef("gpt-image-2", ""))), request)


@pytest.mark.parametrize("count", [1, 2])
def test_edits_are_the_form_that_the_package_sends(count: int) -> None:
    references = tuple(Reference(role=Role.REFERENCE, source="sha256:00") for _ in range(count))
    spec = msgspec.structs.replace(PICTURE, references=references)
    files = [("a.png", PNG, "image/png"), ("b.jpg", JPEG, "image/jpeg")][:count]
    request = package_sends(
        lambda client: client.images.edit(
            model="Wan-AI/Wan2.2-T2V-A14B",
            prompt="a cat, 猫",
            image=files if count > 1 else files[0],
            response_format="b64_json",
        )
    )
    inputs = [InputBytes(data, kind) for _, data, kind in files]
    same_request(created(work(spec, inputs=count), *inputs), request)


# ---------------------------------------------------------------- what is sent


def test_a_film_is_asked_for_as_a_film() -> None:
    call = created(work())
    assert (call.pace, call.timeout_seconds) == ("create:video", 60.0)
    assert call.url == f"{BASE}/videos"
    assert fields_of(call) == {"prompt": "a cat, 猫", "model": "Wan-AI/Wan2.2-T2V-A14B"}


def test_pictures_are_waited_for() -> None:
    call = created(work(PICTURE))
    assert (call.pace, call.timeout_seconds, call.url) == (
        "create:image",
        300.0,
        f"{BASE}/images/generations",
    )
    assert call.max_reply_bytes > 64 << 20


def test_files_are_named_by_what_they_are() -> None:
    references = (Reference(role=Role.REFERENCE, source="sha256:00"),) * 2
    call = created(
        work(msgspec.structs.replace(PICTURE, references=references), inputs=2),
        *(InputBytes(PNG, "image/png"), InputBytes(JPEG, "image/jpeg")),
    )
    assert [upload.filename for upload in fields_of(call)["image"]] == ["input.png", "input.jpg"]


def test_inputs_are_read_within_limits_and_their_changes_noted() -> None:
    references = (Reference(role=Role.FIRST_FRAME, source="https://caller.example/a.png"),)
    asked = work(msgspec.structs.replace(FILM, references=references), inputs=1)
    outcome, effects = run(provider.submit(asked), [InputBytes(PNG, "image/png", "scaled down"), CREATED])
    assert isinstance(effects[0], ReadInput)
    assert effects[0].limits.max_bytes == 20_000_000
    assert "image/png" in effects[0].limits.formats
    assert outcome == Accepted("video_1", {"inputs": ["scaled down"]})


def test_a_model_without_a_name_of_the_channel_has_its_public_one() -> None:
    assert fields_of(created(work(model=None)))["model"] == "Wan-2.2"
    sora = msgspec.structs.replace(FILM, model=ModelRef("OS", "2.0"))
    assert fields_of(created(work(sora, model=None)))["model"] == "sora-2"


def test_a_server_of_one_s_own_needs_no_token() -> None:
    call = created(work())
    assert provider.authorize(call, {}, 0) == call
    assert provider.needs_credential is False
    assert provider.recovery is Recovery.NEVER


def test_the_end_user_is_named_only_if_the_caller_spoke_this_wire() -> None:
    extra = {"user": "u-1", "model": "sora-2", "response_format": "url", "safety_identifier": "s-1"}
    fields = fields_of(created(work(PICTURE, wire="openai", extra=extra)))
    assert (fields["user"], fields["safety_identifier"], fields["response_format"]) == (
        "u-1",
        "s-1",
        "b64_json",
    )
    assert "user" not in fields_of(created(work(PICTURE, wire="rest", extra=extra)))


# ---------------------------------------------------------------- the field map


SEEDED = msgspec.structs.replace(FILM, seed=7, negative_prompt="dogs", duration=2.0)


def test_the_channel_renames_fields() -> None:
    fields = fields_of(created(work(SEEDED, {"fields": {"seed": "random_seed"}})))
    assert (fields["random_seed"], fields["negative_prompt"]) == ("7", "dogs")
    assert "seed" not in fields


def test_names_may_be_exchanged() -> None:
    fields = fields_of(created(work(SEEDED, {"fields": {"seed": "negative_prompt", "negative_prompt": "n"}})))
    assert (fields["negative_prompt"], fields["n"]) == ("7", "dogs")


@pytest.mark.parametrize(("field", "spec"), [("seed", SEEDED), ("negative_prompt", SEEDED)])
def test_what_the_server_lacks_is_refused_before_anything_is_sent(field: str, spec: GenerationSpec) -> None:
    outcome, effects = run(provider.submit(work(spec, {"fields": {field: ""}})))
    assert effects == []
    assert isinstance(outcome, Refused)
    assert outcome.error_class is ErrorClass.INVALID
    assert field in outcome.message
    assert field in outcome.message_zh
    assert field not in fields_of(created(work(FILM, {"fields": {field: ""}})))


def test_a_missing_option_is_refused_too() -> None:
    spec = msgspec.structs.replace(FILM, options={"guidance_scale": 5.0})
    assert isinstance(run(provider.submit(work(spec, {"fields": {"guidance_scale": ""}})))[0], Refused)


def test_the_length_in_frames() -> None:
    options = {"fields": {"num_frames": "num_frames", "fps": "frame_rate"}, "video_fields": {"fps": 16}}
    fields = fields_of(created(work(SEEDED, options)))
    assert (fields["num_frames"], fields["frame_rate"], fields["seconds"]) == ("32", "16", "2")
    unsaid = fields_of(created(work(FILM, {"fields": {"num_frames": "frames"}})))
    assert unsaid["frames"] == "120"  # the model's five seconds at 24


def test_fields_that_every_create_has() -> None:
    options = {"image_fields": {"enable_teacache": True}, "video_fields": {"generate_sound": True}}
    assert json.loads(created(work(PICTURE, options)).body)["enable_teacache"] is True
    assert fields_of(created(work(FILM, options)))["generate_sound"] == "true"


def test_the_response_format_can_be_left_to_the_server() -> None:
    assert "response_format" not in json.loads(created(work(PICTURE, {"response_format": ""})).body)
    assert json.loads(created(work(PICTURE, {"response_format": "url"})).body)["response_format"] == "url"


def test_films_can_be_json_where_there_is_nothing_to_upload() -> None:
    call = created(work(SEEDED, {"json_videos": True}))
    assert json.loads(call.body) == {
        "prompt": "a cat, 猫",
        "negative_prompt": "dogs",
        "seed": 7,
        "seconds": "2",
        "model": "Wan-AI/Wan2.2-T2V-A14B",
    }
    first = Reference(role=Role.FIRST_FRAME, source="sha256:00")
    uploading = work(msgspec.structs.replace(FILM, references=(first,)), {"json_videos": True}, inputs=1)
    assert isinstance(fields_of(created(uploading, InputBytes(PNG, "image/png")))["input_reference"], Upload)


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields": {"audio": "generate_sound"}},
        {"fields": {"seed": 5}},
        {"fields": ["seed"]},
        {"image_fields": {"x": []}},
        {"video_fields": 5},
        {"video_fields": {"fps": "24"}},
        {"video_fields": {"fps": 0}},
        {"response_format": "file"},
        {"json_videos": "yes"},
        {"region": "x"},
    ],
)
def test_wrong_options(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        provider.options(wrong)


def test_options_are_completed() -> None:
    assert provider.options({}) == {
        "fields": {},
        "image_fields": {},
        "video_fields": {},
        "response_format": "b64_json",
        "json_videos": False,
    }


@pytest.mark.parametrize(
    ("changes", "served"),
    [
        ({}, True),
        ({"seed": 7, "negative_prompt": "x", "duration": 8.0, "size": (8, 8)}, True),
        ({"resolution": "720P", "aspect_ratio": "16:9"}, True),
        ({"options": {"num_inference_steps": 30, "guidance_scale_2": 3.5}}, True),
        ({"references": (Reference(role=Role.FIRST_FRAME, source="sha256:00"),)}, True),
        ({"enhance_prompt": True}, True),  # changes how the prompt is read, not what was asked for
        ({"references": (Reference(role=Role.LAST_FRAME, source="sha256:00"),)}, False),
        ({"duration": 7.5}, False),
        ({"resolution": "720P"}, False),
        ({"audio": True}, False),
        ({"count": 2}, False),
        ({"options": {"camera": "pan"}}, False),
        ({"options": {"num_inference_steps": "many"}}, False),
        ({"options": {"num_inference_steps": True}}, False),
    ],
)
def test_only_what_can_be_said_is_served(changes: dict[str, Any], served: bool) -> None:
    assert provider.serves(msgspec.structs.replace(FILM, **changes)) is served


def test_what_is_ignored_is_named() -> None:
    assert provider.ignored(msgspec.structs.replace(FILM, enhance_prompt=True), ()) == ("enhance_prompt",)


# ---------------------------------------------------------------- what a create is answered


def submitted(answer: HttpReply, spec: GenerationSpec = FILM) -> Outcome:
    return run(provider.submit(work(spec)), [answer])[0]


def error(message: str, code: Any = None, type_: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": type_, "param": None, "code": code}}


def test_pictures_by_value_and_by_url() -> None:
    data = [
        *({"b64_json": base64.b64encode(raw).decode(), "revised_prompt": None} for raw in (PNG, JPEG, b"?")),
        {"url": "https://cdn.example/x.png", "revised_prompt": "a better cat"},
        {"url": "http://gpu.example:8091/files/x.png"},
    ]
    assert submitted(reply({"created": 1, "data": data}), PICTURE) == Finished(
        (
            Output(data=PNG, content_type="image/png"),
            Output(data=JPEG, content_type="image/jpeg"),
            Output(data=b"?"),
            Output(url="https://cdn.example/x.png"),
            Output(url="http://gpu.example:8091/files/x.png", authorized=True),
        ),
        {"revised_prompts": ["a better cat"]},
    )


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_film_is_accepted(status: int) -> None:
    assert submitted(reply(CREATED, status)) == Accepted("video_1")


@pytest.mark.parametrize(
    ("answer", "error_class", "code"),
    [
        (reply(error("no", "invalid_api_key"), 401), ErrorClass.AUTH, "invalid_api_key"),
        (reply({"error": "Unauthorized"}, 401), ErrorClass.AUTH, "HTTP 401"),  # vLLM
        (reply(b"", 403), ErrorClass.AUTH, "HTTP 403"),
        (
            reply(error("x", "insufficient_quota", "insufficient_quota"), 429),
            ErrorClass.QUOTA,
            "insufficient_quota",
        ),
        (reply(error("x", None, "insufficient_quota"), 429), ErrorClass.QUOTA, "insufficient_quota"),
        (
            reply(error("x", "billing_hard_limit_reached"), 400),
            ErrorClass.QUOTA,
            "billing_hard_limit_reached",
        ),
        (reply(error("x", "rate_limit_exceeded", "requests"), 429), ErrorClass.RATE, "rate_limit_exceeded"),
        (reply(b"<html>", 429), ErrorClass.RATE, "HTTP 429"),
        (reply(error("x", "moderation_blocked"), 400), ErrorClass.CONTENT, "moderation_blocked"),
        (reply(error("x", "content_policy_violation"), 400), ErrorClass.CONTENT, "content_policy_violation"),
        (reply(error("x", "invalid_value"), 400), ErrorClass.INVALID, "invalid_value"),
        (reply(error("x", 400, "BadRequestError"), 400), ErrorClass.INVALID, "400"),  # vLLM
        (reply(error("x", "model_not_found"), 404), ErrorClass.INVALID, "model_not_found"),
        (
            reply({"detail": "input_reference file is required"}, 400),
            ErrorClass.INVALID,
            "HTTP 400",
        ),  # SGLang
        (reply({"detail": [{"loc": ["body", "seconds"], "msg": "x"}]}, 422), ErrorClass.INVALID, "HTTP 422"),
        (reply(b"<html>", 413), ErrorClass.INVALID, "HTTP 413"),
        (reply({"detail": "Not Found"}, 404), ErrorClass.TRANSIENT, "HTTP 404"),  # no such route
        (reply({"detail": "Method Not Allowed"}, 405), ErrorClass.TRANSIENT, "HTTP 405"),
        (reply(b"<html>", 404), ErrorClass.TRANSIENT, "HTTP 404"),
    ],
)
@pytest.mark.parametrize("spec", [FILM, PICTURE])
def test_a_create_that_was_refused(
    answer: HttpReply, error_class: ErrorClass, code: str, spec: GenerationSpec
) -> None:
    outcome = submitted(answer, spec)
    assert isinstance(outcome, Refused)
    assert (outcome.error_class, outcome.code) == (error_class, code)
    assert outcome.message


def test_a_refusal_keeps_the_words_the_id_and_the_wait() -> None:
    answer = reply(
        error("slow down", "rate_limit_exceeded"), 429, retry_after_ms="1500", x_request_id="req_1"
    )
    assert submitted(answer) == Refused(
        ErrorClass.RATE, "rate_limit_exceeded", "slow down", request_id="req_1", retry_after_seconds=1.5
    )


@pytest.mark.parametrize(
    "answer",
    [
        reply(b""),
        reply(b"<html>"),
        reply([]),
        reply({}),
        reply({"status": "queued"}),
        reply({"id": "video_1"}),
        reply({"data": []}),
        reply({"data": [{}]}),
        reply({"data": [{"b64_json": "no base64!"}]}),
        reply(error("boom", "server_error"), 500),
        reply(error("boom", "moderation_blocked"), 502),
        reply(b"<html>", 503),
        reply(b"<html>", 400),
        reply(error("too slow"), 408),
        reply(b"", 307),
        reply(b"[" * 100_000),
    ],
)
@pytest.mark.parametrize("spec", [FILM, PICTURE])
def test_a_create_that_nobody_knows_of(answer: HttpReply, spec: GenerationSpec) -> None:
    assert isinstance(submitted(answer, spec), Ambiguous)


# ---------------------------------------------------------------- what a poll is answered


def film(status: str, **fields: Any) -> dict[str, Any]:
    return {**CREATED, "status": status, "created_at": 1, "seconds": "8", "size": "1280x720", **fields}


def polled(answer: HttpReply) -> Outcome:
    outcome, effects = run(provider.poll(work()), [answer])
    assert effects == [HttpCall("GET", f"{BASE}/videos/video_1", pace="describe:video")]
    return outcome


@pytest.mark.parametrize("status", ["queued", "in_progress", "processing"])
def test_a_film_that_goes_on(status: str) -> None:
    assert polled(reply(film(status, progress=40))) == Pending(40, status)
    assert polled(reply(film(status))) == Pending(None, status)  # 0 says nothing


def test_a_film_that_is_done_is_fetched_with_the_token() -> None:
    content = Output(url=f"{BASE}/videos/video_1/content", authorized=True)
    assert polled(reply(film("completed", progress=100, expires_at=1_800_000_000))) == Finished(
        (content,), source_expires_at=1_800_000_000_000
    )
    assert polled(reply(film("completed", expires_at=None))) == Finished((content,))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://bucket.example/x.mp4", Output(url="https://bucket.example/x.mp4")),
        ("http://gpu.example:8091/x.mp4", Output(url="http://gpu.example:8091/x.mp4", authorized=True)),
        ("/tmp/x.mp4", Output(url=f"{BASE}/videos/video_1/content", authorized=True)),
        (None, Output(url=f"{BASE}/videos/video_1/content", authorized=True)),
    ],
)
def test_a_film_that_the_server_has_put_elsewhere(url: str | None, expected: Output) -> None:
    assert polled(reply(film("completed", url=url))) == Finished((expected,))


def test_ids_stay_one_segment_of_the_path() -> None:
    asked = replace(work(), upstream_ref="a/../b?c#d")
    _, effects = run(provider.poll(asked), [film("queued")])
    assert calls(effects)[0].url == f"{BASE}/videos/a%2F..%2Fb%3Fc%23d"


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (
            film("failed", error={"code": "moderation_blocked", "message": "no"}),
            Refused(ErrorClass.CONTENT, "moderation_blocked", "no"),
        ),
        (
            film("failed", error={"code": "invalid_value", "message": "no"}),
            Refused(ErrorClass.INVALID, "invalid_value", "no"),
        ),
        (
            film("failed", error={"code": 500, "message": "CUDA out of memory"}),  # vLLM-Omni
            Refused(ErrorClass.INTERNAL, "500", "CUDA out of memory"),
        ),
        (
            film("failed", error={"message": "it broke"}),  # SGLang
            Refused(ErrorClass.INTERNAL, "failed", "it broke"),
        ),
        (
            film("failed", error=None),
            Refused(ErrorClass.INTERNAL, "failed", "The server says that the film failed."),
        ),
        (
            film("cancelled"),
            Refused(ErrorClass.INTERNAL, "cancelled", "The film was cancelled at the server."),
        ),
        (film("expired"), Refused(ErrorClass.LOST, "expired", "The film is expired at the server.")),
    ],
)
def test_a_film_that_ended_otherwise(body: dict[str, Any], outcome: Outcome) -> None:
    assert polled(reply(body)) == outcome


@pytest.mark.parametrize(
    "answer",
    [reply({"detail": "Video not found"}, 404), reply(error("No such video", "not_found"), 404)],
)
def test_a_film_that_the_server_has_forgotten(answer: HttpReply) -> None:
    assert isinstance(polled(answer), Forgotten)


@pytest.mark.parametrize(
    "answer",
    [
        reply(b""),
        reply({}),
        reply([]),
        reply(film("pondering")),
        reply({"detail": "Not Found"}, 404),
        reply(b"<html>", 404),
        reply(error("boom"), 500),
        reply(error("x", "insufficient_quota"), 503),
        reply(b"<html>", 502),
        reply(error("bad"), 400),
        reply(b"", 302),
    ],
)
def test_a_look_that_says_nothing(answer: HttpReply) -> None:
    assert isinstance(polled(answer), Puzzling)


@pytest.mark.parametrize(
    ("status", "error_class"), [(401, ErrorClass.AUTH), (403, ErrorClass.AUTH), (429, ErrorClass.RATE)]
)
def test_a_look_that_says_something_of_the_channel(status: int, error_class: ErrorClass) -> None:
    outcome = polled(reply(error("no"), status))
    assert isinstance(outcome, Refused)
    assert outcome.error_class is error_class


# ---------------------------------------------------------------- cancelling and probing


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (reply({"id": "video_1", "object": "video.deleted", "deleted": True}), Stopped()),
        (reply(b"", 204), Stopped()),
        (reply({"detail": "Video not found"}, 404), Forgotten("Video not found")),
        (reply(b"<html>", 405), Puzzling("the server answered HTTP 405")),
        (reply(error("boom"), 500), Puzzling("the server answered HTTP 500: boom")),
    ],
)
def test_a_film_is_stopped_by_deleting_it(answer: HttpReply, outcome: Outcome) -> None:
    stopped, effects = run(provider.cancel(work()), [answer])
    assert effects == [HttpCall("DELETE", f"{BASE}/videos/video_1")]
    assert stopped == outcome


def test_pictures_cannot_be_stopped() -> None:
    assert provider.cancel(work(PICTURE)) is None
    assert provider.cancel(replace(work(), upstream_ref=None)) is None


def probed(answer: HttpReply) -> Outcome:
    outcome, effects = run(provider.probe(work().account), [answer])
    assert effects == [HttpCall("GET", f"{BASE}/models")]
    return outcome


def test_the_probe_names_the_models() -> None:
    models = {"object": "list", "data": [{"id": "Wan-AI/Wan2.2"}, {"id": "b"}]}
    assert probed(reply(models)) == Healthy({"models": ["Wan-AI/Wan2.2", "b"]})


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused_is_explained(status: int) -> None:
    outcome = probed(reply(error("no"), status))
    assert isinstance(outcome, Refused)
    assert outcome.error_class is ErrorClass.AUTH
    assert "token" in outcome.message
    assert "令牌" in outcome.message_zh


@pytest.mark.parametrize(
    "answer", [reply({"detail": "Not Found"}, 404), reply(b"<html>"), reply({}), reply([])]
)
def test_what_is_no_such_server_is_said_to_be_none(answer: HttpReply) -> None:
    outcome = probed(answer)
    assert isinstance(outcome, Refused)
    assert outcome.error_class is ErrorClass.TRANSIENT
    assert "/v1" in outcome.message
    assert "/v1" in outcome.message_zh


def test_the_tables_name_what_the_wire_has() -> None:
    assert {"seed", "negative_prompt"} < set(FIELDS)
    assert all(code == code.lower() for code in CODES)
