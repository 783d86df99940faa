"""OpenAI-compatible servers: vLLM-Omni, SGLang, and clouds that copy `/v1/images/*` and `/v1/videos`.

Pictures are answered by the create itself, films are asked for until they are done. No such server
knows a create again, so one whose answer was lost stays unknown.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

import msgspec

from genmux.domain.spec import RESULT_FIELDS, GenerationSpec, Kind
from genmux.domain.text import Text
from genmux.domain.words import EXTENSIONS
from genmux.providers.base import BaseProvider, with_bearer
from genmux.providers.references import as_if_given, given_by_value, unfetchable
from genmux.providers.seam import (
    Accepted,
    Account,
    Ambiguous,
    ErrorClass,
    Finished,
    Flow,
    Forgotten,
    Healthy,
    HttpCall,
    HttpReply,
    Outcome,
    Output,
    Pending,
    PictureLimits,
    ProviderFacts,
    Puzzling,
    Recovery,
    Refused,
    Stopped,
    Work,
)
from genmux.wires import openai
from genmux.wires.http_answers import STATUS_CLASS, WRONG_DOOR, read_object, retry_after_seconds, same_origin

MODELS: Final = "/models"
CREATE_SECONDS: Final = {Kind.IMAGE: 300.0, Kind.VIDEO: 60.0}
"""How long a create may take: pictures are made before it answers, after waiting their turn."""
REPLY_BYTES: Final = {Kind.IMAGE: 128 * 1024 * 1024, Kind.VIDEO: 1024 * 1024}
UPLOADED: Final = "data:image/png;base64,AAAA"
"""Stands for a picture by value, where only its place in the request matters."""
PICTURE: Final = PictureLimits(max_bytes=20_000_000, formats=("image/png", "image/jpeg", "image/webp"))

DIFFUSION: Final = ("num_inference_steps", "guidance_scale", "true_cfg_scale")
OPTIONS: Final = {Kind.IMAGE: DIFFUSION, Kind.VIDEO: (*DIFFUSION, "guidance_scale_2")}
"""Options of a spec that vLLM-Omni and SGLang both have a field for, under the same name.

With `seed` and `negative_prompt`, which both have too, they are all that is taken to be sayable
beyond OpenAI's own fields: a server that lacks one is told so by the channel's `fields`.
"""
FIELDS: Final = ("seed", "negative_prompt", *OPTIONS[Kind.VIDEO])
COMPUTED: Final = ("num_frames", "fps")
"""What a film's length is said by as well, on a channel whose `fields` name them."""
RESPONSE_FORMATS: Final = ("b64_json", "url", "")
DEFAULT_FPS: Final = 24
"""What vLLM-Omni and SGLang make a film at when they are not told."""
PASSED_ON: Final = ("user", "safety_identifier")

GOING_ON: Final = frozenset({"queued", "in_progress", "pending", "processing", "running"})
CANCELLED: Final = frozenset({"cancelled", "canceled"})
GONE: Final = frozenset({"expired", "deleted"})

CODES: Final[dict[str, ErrorClass]] = {
    "invalid_api_key": ErrorClass.AUTH,
    "authentication_error": ErrorClass.AUTH,
    "permission_denied": ErrorClass.AUTH,
    "insufficient_quota": ErrorClass.QUOTA,
    "billing_hard_limit_reached": ErrorClass.QUOTA,
    "billing_not_active": ErrorClass.QUOTA,
    "rate_limit_exceeded": ErrorClass.RATE,
    "moderation_blocked": ErrorClass.CONTENT,
    "content_policy_violation": ErrorClass.CONTENT,
    "content_filter": ErrorClass.CONTENT,
    "model_not_found": ErrorClass.INVALID,
    "invalid_value": ErrorClass.INVALID,
    "invalid_image_file": ErrorClass.INVALID,
}
"""What an error's `code`, else its `type`, means, of a call and of a film that failed."""

UNANSWERED: Final = (408, 425)
"""Refusals of something on the way, which may have let the request through."""
CALL_ONLY: Final = (ErrorClass.AUTH, ErrorClass.QUOTA, ErrorClass.RATE)
"""What a refused look at a film says of its channel."""
NO_ROUTE: Final = frozenset({"not found", "method not allowed", ""})
"""What a web framework says of a path that it does not serve; a film that is unknown is said otherwise."""

MAGIC: Final = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp"))

NO_ACCESS: Final = Text(
    "The server does not accept the token of this channel: check that it is complete and still valid.",
    "服务端不接受该渠道的令牌：请检查令牌是否完整、是否仍然有效。",
)
NO_SERVER: Final = Text(
    "What answers at the channel's endpoint has no list of models: the endpoint must include /v1.",
    "该渠道地址没有返回模型列表：地址中应包含 /v1。",
)


class OpenAIProvider(BaseProvider):
    """Makes pictures and films at a base URL that includes `/v1`; inputs are uploaded, never linked.

    Whether a spec is served is decided before a channel is chosen, by what vLLM-Omni and SGLang have
    in common. A channel's `fields` can rename those fields or say that they are missing; a task that
    needs a missing one is then refused before anything is sent.
    """

    name = "openai"
    recovery = Recovery.NEVER
    needs_credential = False  # a server of one's own often has none
    facts = ProviderFacts(slots=2, credential_names=("token",), greets=True, result_hours=1.0)

    def options(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Take `fields`, `image_fields`, `video_fields`, `response_format` and `json_videos`.

        `fields` gives the server's name of one of `FIELDS` or `COMPUTED`, "" where it has none;
        `image_fields` and `video_fields` are sent with every create as they are. `json_videos` says
        that the server takes a film without a picture as JSON only, as SGLang does.
        """
        known = ("fields", "image_fields", "video_fields", "response_format", "json_videos")
        super().options({name: value for name, value in said.items() if name not in known})
        fields = _checked_fields(said.get("fields", {}))
        response_format = said.get("response_format", RESPONSE_FORMATS[0])
        if response_format not in RESPONSE_FORMATS:
            raise ValueError('response_format must be b64_json, url or "" to leave it out')
        if not isinstance(said.get("json_videos", False), bool):
            raise ValueError("json_videos must be true or false")
        films = _checked_constants("video_fields", said)
        if type(films.get("fps", DEFAULT_FPS)) is not int or films.get("fps", DEFAULT_FPS) < 1:
            raise ValueError("video_fields must give fps as a whole number")
        return {
            "fields": fields,
            "image_fields": _checked_constants("image_fields", said),
            "video_fields": films,
            "response_format": response_format,
            "json_videos": said.get("json_videos", False),
        }

    def unsaid(self, spec: GenerationSpec) -> tuple[str, ...]:
        """Return the said spec fields that this wire has no words for; every picture can be uploaded."""
        given = as_if_given(spec, UPLOADED)
        unsaid = openai.render_create(_without_options(given)).unsaid
        whole = spec.duration is None or spec.duration == int(spec.duration)
        return unsaid if whole else tuple(dict.fromkeys((*unsaid, "duration")))

    def authorize(self, call: HttpCall, credential: dict[str, str], now: int) -> HttpCall:
        """Return the call with the token, if there is one."""
        return with_bearer(call, credential.get("token", ""))

    def submit(self, work: Work) -> Flow:
        """Upload the inputs with the create; pictures are then finished, a film is accepted."""
        spec, notes = yield from given_by_value(work, PICTURE)
        if ungiven := unfetchable(spec, by_value=True):
            return ungiven
        created = _render(work, spec)
        if lost := _lost(work, created):
            return _inexpressible(lost)
        reply: HttpReply = yield _create_call(work, created)
        refusal = _not_created(reply)
        if refusal is not None:
            return refusal
        return _pictures(work, reply, notes) if spec.kind is Kind.IMAGE else _accepted(reply, notes)

    def poll(self, work: Work) -> Flow:
        """Ask how the film goes."""
        reply: HttpReply = yield HttpCall("GET", _film_url(work), pace=f"describe:{work.spec.kind}")
        if reply.status != 200:
            return _not_told(reply)
        return _told(work, read_object(reply.body))

    def cancel(self, work: Work) -> Flow | None:
        """Delete the film, which stops it on servers that can; pictures cannot be stopped."""
        return _deleted(work) if work.spec.kind is Kind.VIDEO and work.upstream_ref else None

    def probe(self, account: Account) -> Flow:
        """List the models."""
        reply: HttpReply = yield HttpCall("GET", _base(account) + MODELS)
        if reply.status in (401, 403):
            return Refused(ErrorClass.AUTH, f"HTTP {reply.status}", NO_ACCESS.en, NO_ACCESS.zh)
        try:
            return Healthy({"models": list(openai.parse_models(read_object(reply.body)))})
        except ValueError:
            return Refused(ErrorClass.TRANSIENT, f"HTTP {reply.status}", NO_SERVER.en, NO_SERVER.zh)


provider: Final = OpenAIProvider()


# Options.


def _checked_fields(said: Any) -> dict[str, str]:
    """Return the field map. Raises `ValueError`."""
    names = (*FIELDS, *COMPUTED)
    if not isinstance(said, Mapping) or not all(
        name in names and isinstance(theirs, str) for name, theirs in said.items()
    ):
        raise ValueError(f'fields must give the server\'s name, or "", of some of {", ".join(names)}')
    return dict(said)


def _checked_constants(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    constants = said.get(name, {})
    plain = isinstance(constants, Mapping) and all(
        isinstance(value, str | int | float | bool) for value in constants.values()
    )
    if not plain:
        raise ValueError(f"{name} must be fields with texts, numbers or true and false")
    return dict(constants)


# Submitting.


def _options(spec: GenerationSpec) -> dict[str, float]:
    """Return the options that are fields of their own on these servers; all of them are numbers."""
    return {
        name: value
        for name in OPTIONS[spec.kind]
        if isinstance(value := spec.options.get(name), int | float) and not isinstance(value, bool)
    }


def _without_options(spec: GenerationSpec) -> GenerationSpec:
    taken = _options(spec)
    left = {name: value for name, value in spec.options.items() if name not in taken}
    return msgspec.structs.replace(spec, options=left)


def _render(work: Work, spec: GenerationSpec) -> openai.RenderedCreate:
    """Return the create in the server's own words."""
    model, options = work.account.model, work.account.options
    plain = _without_options(spec)
    if model is not None:  # the channel's name is written as it is, without our aliases
        plain = msgspec.structs.replace(plain, model=None)
    said = work.extra if work.wire == "openai" else {}
    created = openai.render_create(plain, {name: said[name] for name in PASSED_ON if name in said})
    fields = created.fields
    if model is not None:
        fields["model"] = f"{model.family}/{model.version}" if model.version else model.family
    if spec.kind is Kind.IMAGE and options.get("response_format", RESPONSE_FORMATS[0]):
        fields["response_format"] = options.get("response_format", RESPONSE_FORMATS[0])
    fields |= _options(spec)
    fields |= options.get(f"{spec.kind}_fields", {})
    return replace(created, fields=_renamed(work, fields))


def _renamed(work: Work, fields: openai.Fields) -> openai.Fields:
    """Return the fields under the server's names, without those that it lacks."""
    names = work.account.options.get("fields", {})
    if work.spec.kind is Kind.VIDEO:
        fields = {**fields, **_computed(work, names, fields)}
    return {names.get(name, name): value for name, value in fields.items() if names.get(name, name)}


def _computed(work: Work, names: Mapping[str, str], fields: openai.Fields) -> dict[str, int]:
    """Return the length in frames, and their rate, as far as the channel has names for them."""
    fps = fields.get("fps", DEFAULT_FPS)
    seconds = work.spec.duration if work.spec.duration is not None else work.defaults.duration
    values = {"num_frames": max(1, round(seconds * fps)), "fps": fps}
    return {name: value for name, value in values.items() if names.get(name)}


def _lost(work: Work, created: openai.RenderedCreate) -> list[str]:
    """Return what changes the result and would not be said."""
    missing = {name for name, theirs in work.account.options.get("fields", {}).items() if not theirs}
    said = {name for name in ("seed", "negative_prompt") if getattr(work.spec, name) is not None}
    said |= set(work.spec.options)
    return sorted(RESULT_FIELDS.intersection(created.unsaid) | (missing & said))


def _inexpressible(fields: list[str]) -> Refused:
    names = ", ".join(fields)
    return Refused(
        ErrorClass.INVALID,
        "invalid_value",
        f"The server of this channel has no field for {names} as given.",
        f"该渠道的服务端没有可表达 {names} 的字段。",
    )


def _create_call(work: Work, created: openai.RenderedCreate) -> HttpCall:
    kind = work.spec.kind
    form = created.uploads or (kind is Kind.VIDEO and not work.account.options.get("json_videos"))
    content_type, body = _form(work, created.fields) if form else openai.render_json(created.fields)
    return HttpCall(
        "POST",
        _base(work.account) + created.path,
        (("Content-Type", content_type),),
        body,
        timeout_seconds=CREATE_SECONDS[kind],
        max_reply_bytes=REPLY_BYTES[kind],
        pace=f"create:{kind}",
    )


def _form(work: Work, fields: openai.Fields) -> tuple[str, bytes]:
    """Return the form; its boundary comes from the attempt key, which nobody knew when the task was made."""
    boundary = f"genmux-{hashlib.sha256(work.key.encode()).hexdigest()[:32]}"
    return openai.render_multipart({name: _formed(value) for name, value in fields.items()}, boundary)


def _formed(value: Any) -> Any:
    """Return a value as a form says it; files have names, by whose endings servers know what they are."""
    if isinstance(value, list):
        return [_formed(item) for item in value]
    if isinstance(value, openai.Upload):
        return replace(value, filename=f"input.{EXTENSIONS.get(value.content_type, 'bin')}")
    return str(value).lower() if isinstance(value, bool) else value


def _base(account: Account) -> str:
    return account.endpoint.rstrip("/")


def _film_url(work: Work) -> str:
    return f"{_base(work.account)}{openai.VIDEO}/{quote(work.upstream_ref or '', safe='')}"


# Answers.


def _problem(reply: HttpReply) -> openai.Refusal | None:
    """Return the error in an answer, None where there is none."""
    fields = read_object(reply.body)
    if fields is None or not {"error", "detail", "message"} & set(fields):
        return None
    return openai.parse_problem(reply.status, fields)


def _code(reply: HttpReply, problem: openai.Refusal | None) -> str:
    said = problem.code or problem.type if problem is not None else ""
    return said or f"HTTP {reply.status}"


def _wording(reply: HttpReply, problem: openai.Refusal | None) -> str:
    said = " ".join(filter(None, (problem.code, problem.message))) if problem is not None else ""
    return f"the server answered HTTP {reply.status}{': ' if said else ''}{said}"


def _refusal(reply: HttpReply) -> Refused | None:
    """Return the refusal that an answer proves, None where it proves none."""
    problem = _problem(reply)
    if problem is None or problem.message.lower() in NO_ROUTE:
        found = WRONG_DOOR.get(reply.status)
    else:
        by_words = CODES.get(problem.code) or CODES.get(problem.type)
        found = by_words or STATUS_CLASS.get(reply.status, ErrorClass.INVALID)
    if found is None:
        return None
    return Refused(
        found,
        _code(reply, problem),
        problem.message if problem is not None and problem.message else _wording(reply, problem),
        request_id=reply.headers.get("x-request-id", ""),
        retry_after_seconds=retry_after_seconds(reply.headers),
    )


def _not_created(reply: HttpReply) -> Refused | Ambiguous | None:
    """Return what a create without a good answer means, None for a good one."""
    if 200 <= reply.status < 300:
        return None
    problem = _problem(reply)
    if reply.status >= 500 or reply.status in UNANSWERED:
        return Ambiguous(_wording(reply, problem))
    return _refusal(reply) or Ambiguous(_wording(reply, problem))


def _accepted(reply: HttpReply, notes: tuple[str, ...]) -> Outcome:
    try:
        film = openai.parse_video(read_object(reply.body))
    except ValueError as error:
        return Ambiguous(f"the answer to a create: {error}")
    return Accepted(film.id, {"inputs": list(notes)} if notes else {})


def _pictures(work: Work, reply: HttpReply, notes: tuple[str, ...]) -> Outcome:
    """Return the pictures of an answer; one that cannot be read does not prove that nothing was made."""
    try:
        status = openai.parse_images(read_object(reply.body))
        outputs = tuple(_picture(work, image) for image in status.images)
    except ValueError as error:
        return Ambiguous(f"the answer to a create: {error}")
    told = {"inputs": list(notes)} if notes else {}
    revised = [image.revised_prompt for image in status.images if image.revised_prompt]
    return Finished(outputs, {**told, **({"revised_prompts": revised} if revised else {})})


def _picture(work: Work, image: openai.ImageResult) -> Output:
    """Return one picture. Raises `ValueError` for bytes that are no base64."""
    if image.b64_json:
        try:
            data = base64.b64decode(image.b64_json, validate=True)
        except binascii.Error:
            raise ValueError("a picture is not in base64") from None
        content_type = next((word for magic, word in MAGIC if data.startswith(magic)), "")
        return Output(data=data, content_type=content_type)
    url = image.url or ""
    return Output(url=url, authorized=same_origin(url, work.account.endpoint))


# Watching one film.


def _not_told(reply: HttpReply) -> Outcome:
    """Return what it means that a look was not answered: the film may be forgotten."""
    problem = _problem(reply)
    if reply.status == 404 and problem is not None and problem.message.lower() not in NO_ROUTE:
        return Forgotten(problem.message)
    refusal = _refusal(reply) if reply.status < 500 else None
    if refusal is not None and refusal.error_class in CALL_ONLY:
        return refusal
    return Puzzling(_wording(reply, problem))


def _told(work: Work, fields: dict[str, Any] | None) -> Outcome:
    try:
        film = openai.parse_video(fields)
    except ValueError as error:
        return Puzzling(str(error))
    status = film.status.lower()
    if status in GOING_ON:
        return Pending(film.progress, film.status)
    if status == "completed":
        expires = film.expires_at * 1000 if film.expires_at else None
        return Finished((_film(work, fields or {}),), source_expires_at=expires)
    if status == "failed":
        return _failed(film.error or openai.VideoError("", ""))
    if status in CANCELLED:
        return Refused(ErrorClass.INTERNAL, "cancelled", "The film was cancelled at the server.")
    if status in GONE:
        return Refused(ErrorClass.LOST, status, f"The film is {status} at the server.")
    return Puzzling(f"the film has the unknown status {film.status}")


def _film(work: Work, fields: Mapping[str, Any]) -> Output:
    """Return where a film is: at a `url` of its own where the server has put it elsewhere (SGLang)."""
    url = fields.get("url")
    if isinstance(url, str) and re.match(r"https?://", url):
        return Output(url=url, authorized=same_origin(url, work.account.endpoint))
    return Output(url=f"{_film_url(work)}/content", authorized=True)


def _failed(error: openai.VideoError) -> Refused:
    found = CODES.get(error.code, ErrorClass.INTERNAL)
    return Refused(found, error.code or "failed", error.message or "The server says that the film failed.")


def _deleted(work: Work) -> Flow:
    reply: HttpReply = yield HttpCall("DELETE", _film_url(work))
    return Stopped() if 200 <= reply.status < 300 else _not_told(reply)
