"""A genmux server as an endpoint: what is sent, what is sent again, and what answers mean."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from tests.client.driving import TASK, answer, calls, problem, run, task

from genmux.client.effects import (
    Answer,
    AnswerLost,
    Download,
    Downloaded,
    NotSent,
    NotServed,
    Pause,
    ReadFile,
    Untrusted,
)
from genmux.client.endpoint import Artifact, FromFile, FromTask, FromUrl, Given, Order, Ref, Snapshot, Source
from genmux.client.errors import BrokenAnswer, OutcomeUnknown, Unreachable
from genmux.client.rest import INLINE_BYTES, RestEndpoint
from genmux.domain import errors
from genmux.domain.spec import GenerationSpec, Kind, Reference, Role
from genmux.wires.rest_problems import STATUS

REF = Ref(TASK, Kind.VIDEO)
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
CREATED = answer(task(), 201)
FILM = Artifact(0, "http://there/files/a.mp4", size=3, sha256="ab")


def endpoint(clock: Any = lambda: 0.0) -> RestEndpoint:
    return RestEndpoint("http://there/", "token", language="zh", clock=clock, chance=lambda: 0.0)


def met() -> RestEndpoint:
    """Return an endpoint whose server has answered before."""
    known = endpoint()
    run(known.look(REF), [answer(task())])
    return known


def order(*sources: Source, **said: Any) -> Order:
    references = tuple(Reference(role=Role.FIRST_FRAME, source=f"#{n}") for n in range(len(sources)))
    spec = GenerationSpec(kind=Kind.VIDEO, prompt="x", references=references)
    return Order(spec, sources, tuple(f"input_{n}" for n in range(len(sources))), **said)


def test_a_create_says_who_asks_in_which_language_and_under_which_key() -> None:
    made, effects = run(endpoint().create(order(key="k", priority=3, extra={"more": 1})), [CREATED])
    (call,) = calls(effects)
    assert (call.method, call.url) == ("POST", "http://there/api/v1/tasks")
    assert dict(call.headers) == {
        "Accept-Language": "zh",
        "Authorization": "Bearer token",
        "Content-Type": "application/json",
        "Idempotency-Key": "k",
    }
    assert json.loads(call.body) == {"kind": "video", "prompt": "x", "priority": 3, "more": 1}
    assert (made.ref, made.state, made.revision) == (REF, "queued", "")


@pytest.mark.parametrize(
    "trouble",
    [
        NotSent("refused"),
        AnswerLost("reset"),
        problem("rate_limited", 429),
        problem("unavailable", 503),
        problem("internal", 500),
        answer(b"<html>bad gateway", 502),
    ],
    ids=lambda t: f"{type(t).__name__} {getattr(t, 'status', '')}",
)
def test_a_create_is_sent_again_under_the_same_key(trouble: Any) -> None:
    _, effects = run(met().create(order()), [trouble, None, trouble, None, CREATED])
    first, second, third = calls(effects)
    assert first == second == third
    assert len(dict(first.headers)["Idempotency-Key"]) == 36
    assert [e.seconds for e in effects if isinstance(e, Pause)] == [0.125, 0.25]


def test_two_creates_have_two_keys() -> None:
    there = endpoint()
    keys = [dict(calls(run(there.create(order()), [CREATED])[1])[0].headers)["Idempotency-Key"] for _ in "ab"]
    assert len(set(keys)) == 2


def test_what_the_server_asks_us_to_wait_is_waited() -> None:
    busy = problem("rate_limited", 429)
    busy.headers["retry-after"] = "2"
    _, effects = run(met().create(order()), [busy, None, CREATED])
    assert [e.seconds for e in effects if isinstance(e, Pause)] == [2 + 0.125 / 4]


def test_a_longer_wait_is_for_the_caller_to_decide() -> None:
    busy = problem("rate_limited", 429)
    busy.headers["retry-after"] = "3600"
    with pytest.raises(errors.RateLimited):
        run(met().create(order()), [busy])


@pytest.mark.parametrize("trouble", [AnswerLost("reset"), answer(b"?", 502)], ids=["lost", "502"])
def test_a_create_nobody_answers_is_unknown_and_says_the_key(trouble: Any) -> None:
    replies = [trouble, None] * 7 + [trouble]
    with pytest.raises(OutcomeUnknown, match="idempotency_key='mine'"):
        run(met().create(order(key="mine")), replies)


def test_a_server_that_never_answered_is_not_waited_for_long() -> None:
    with pytest.raises(Unreachable, match="there cannot be reached: refused"):
        run(endpoint().create(order()), [NotSent("refused"), None, NotSent("refused")])


def test_a_server_that_is_not_who_it_should_be_is_not_asked_again() -> None:
    with pytest.raises(Unreachable, match="self-signed"):
        run(met().create(order()), [Untrusted("self-signed certificate")])


def test_a_question_that_is_not_answered_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        run(endpoint().look(REF), [AnswerLost("reset"), None, AnswerLost("reset")])


@pytest.mark.parametrize("made", STATUS, ids=lambda c: c.code)
def test_every_problem_becomes_its_class(made: type[errors.GenmuxError]) -> None:
    refusal = problem(made.code, 418, field="duration")
    with pytest.raises(made, match=f"because of {made.code}") as caught:
        run(endpoint().create(order()), [refusal])
    found = caught.value
    assert type(found) is made
    assert (found.field, found.request_id, found.upstream_code) == ("duration", "r-1", made.code)


def test_the_field_at_fault_is_what_the_caller_called_it() -> None:
    wire = "references.1.source"
    with pytest.raises(errors.InvalidInput) as caught:
        run(
            endpoint().create(order(FromUrl("http://a/b"), FromUrl("http://a/c"))),
            [problem("invalid_input", 422, field=wire, detail=f"{wire} must be a URL")],
        )
    assert (caught.value.field, str(caught.value)) == ("input_1", "input_1 must be a URL")


@pytest.mark.parametrize(
    ("status", "made"),
    [(401, errors.Unauthorized), (404, errors.NotFound), (400, errors.CallerError), (302, BrokenAnswer)],
)
def test_a_proxy_s_page_is_told_by_its_status(status: int, made: type[errors.GenmuxError]) -> None:
    with pytest.raises(made, match=f"answered {status}: <h1>no</h1>"):
        run(endpoint().look(REF), [answer(b"<h1>no</h1>", status, x_request_id="r-9")])


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"id": 1}', b"\xff"])
def test_what_is_no_task_is_a_broken_answer(body: bytes) -> None:
    with pytest.raises(BrokenAnswer, match="does not answer as genmux") as caught:
        run(endpoint().look(REF), [answer(body, x_request_id="r-9")])
    assert caught.value.request_id == "r-9"


def test_a_task_is_followed_by_its_tag() -> None:
    there = endpoint()
    first, _ = run(there.follow(Snapshot(REF, "queued"), 5), [answer(task(), etag='W/"1-short"')])
    same, effects = run(there.follow(first, 5), [answer(None, 304), None])
    (call,) = calls(effects)
    assert same is first
    assert call.url.endswith("?detail=0&wait=5.000")
    assert dict(call.headers)["If-None-Match"] == 'W/"1-short"'
    assert Pause(0.5) in effects  # no time has passed: the server is shutting down


@pytest.mark.parametrize(("seconds", "tries"), [(0.1, 2), (1, 4), (3600, 8)])
def test_nobody_is_followed_for_longer_than_asked(seconds: float, tries: int) -> None:
    last = Snapshot(REF, "queued", revision="1")
    replies = [NotSent("refused"), None] * (tries - 1) + [NotSent("refused")]
    with pytest.raises(Unreachable):
        run(met().follow(last, seconds), replies)


def test_a_long_poll_that_lasted_is_not_followed_by_a_pause() -> None:
    moments = iter([0.0, 29.9])
    there = endpoint(lambda: next(moments))
    first = Snapshot(REF, "queued", revision="1")
    _, effects = run(there.follow(first, 100), [answer(None, 304)])
    assert len(effects) == 1


def test_everything_of_a_task_is_told() -> None:
    artifact = {
        "n": 0,
        "url": "http://there/f",
        "content_type": "video/mp4",
        "width": 64,
        "height": 48,
        "seconds": 1.0,
        "bytes": 3,
        "sha256": "ab",
    }
    error = {"code": "upstream_failed", "message": "no", "upstream_code": "X"}
    usage = {"images": 0, "seconds": 1.0}
    shown = task("failed", model="Kling/3.0", progress=40, artifacts=[artifact], error=error, usage=usage)
    seen, _ = run(endpoint().look(REF), [answer(shown, x_request_id="r-2")])
    assert seen.artifacts == (Artifact(0, "http://there/f", "video/mp4", 64, 48, 1.0, size=3, sha256="ab"),)
    assert seen.error is not None
    assert (seen.error.code, seen.error.upstream_code) == ("upstream_failed", "X")
    assert seen.usage is not None
    assert (seen.model, seen.progress, seen.usage.seconds, seen.request_id, seen.raw) == (
        "Kling/3.0",
        40,
        1.0,
        "r-2",
        shown,
    )


def source_sent(*replies: Any, source: Source) -> str:
    _, effects = run(endpoint().create(order(source)), [*replies, CREATED])
    sent: str = json.loads(calls(effects)[-1].body)["references"][0]["source"]
    return sent


def test_inputs_travel_as_they_are_best_sent() -> None:
    by_value = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert source_sent(source=FromUrl("https://a/b.png")) == "https://a/b.png"
    assert source_sent(source=FromTask(REF)) == f"task:{TASK}"
    assert source_sent(source=FromTask(REF, 2)) == f"task:{TASK}#2"
    assert source_sent(source=Given(PNG, "image/png")) == by_value
    assert source_sent(PNG, source=FromFile(Path("cat.png"))) == by_value


@pytest.mark.parametrize(
    ("data", "kind"), [(PNG + b"0" * INLINE_BYTES, "image/png"), (b"0000ftypisom", "video/mp4")]
)
def test_films_and_large_pictures_are_sent_ahead(data: bytes, kind: str) -> None:
    uploaded = answer({"source": "sha256:" + "0" * 64}, 201)
    _, effects = run(endpoint().create(order(Given(data, kind))), [uploaded, CREATED])
    upload, create = calls(effects)
    assert (upload.url, upload.body) == ("http://there/api/v1/uploads", data)
    assert dict(upload.headers)["Content-Type"] == kind
    assert json.loads(create.body)["references"][0]["source"] == "sha256:" + "0" * 64


def test_a_refused_upload_names_the_input() -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run(endpoint().create(order(Given(b"0000ftypisom", "video/mp4"))), [problem("invalid_input", 422)])
    assert caught.value.field == "input_0"


@pytest.mark.parametrize(
    ("found", "words"), [(OSError(2, "No such file"), "No such file"), (b"text", "must be a PNG")]
)
def test_a_file_that_cannot_be_used_is_named(found: Any, words: str) -> None:
    with pytest.raises(errors.InvalidInput, match=f"input_0 .*{words}") as caught:
        run(endpoint().create(order(FromFile(Path("cat.png")))), [found])
    assert caught.value.field == "input_0"
    assert "input_0" in caught.value.text.zh


def test_files_are_asked_for_with_a_limit() -> None:
    _, effects = run(endpoint().create(order(FromFile(Path("cat.png")))), [PNG, CREATED])
    assert isinstance(effects[0], ReadFile)
    assert effects[0].max_bytes == 512 * 1024 * 1024


def test_a_result_is_fetched_as_it_was_told(tmp_path: Path) -> None:
    done = Downloaded(tmp_path / "f", 3, "ab", "video/mp4")
    path, effects = run(endpoint().fetch(FILM, REF, tmp_path / "f"), [done])
    assert path == tmp_path / "f"
    assert effects == [Download(FILM.url, tmp_path / "f", medium="video", size=3, sha256="ab")]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_expired_url_is_renewed(tmp_path: Path, status: int) -> None:
    moved = answer(None, 302, location="/files/b.mp4?e=2")
    done = Downloaded(tmp_path / "f", 3, "ab", "")
    _, effects = run(endpoint().fetch(FILM, REF, tmp_path / "f"), [NotServed(status), moved, done])
    assert calls(effects)[0].url == f"http://there/api/v1/tasks/{TASK}/artifacts/0"
    assert isinstance(effects[-1], Download)
    assert effects[-1].url == "http://there/files/b.mp4?e=2"


@pytest.mark.parametrize(
    ("replies", "made"),
    [
        ([NotServed(400)], Unreachable),
        ([AnswerLost("reset")], Unreachable),
        ([NotServed(403), problem("not_found", 404)], errors.NotFound),
        ([NotServed(403), answer(None, 302, location="/x"), NotServed(403)], Unreachable),
    ],
)
def test_a_result_that_cannot_be_had_says_why(
    tmp_path: Path, replies: list[Any], made: type[Exception]
) -> None:
    with pytest.raises(made):
        run(endpoint().fetch(FILM, REF, tmp_path / "f"), replies)


def test_a_check_is_a_list_of_sentences() -> None:
    told = answer({"valid": False, "violations": [{"message": "too long"}], "plan": None})
    assert run(endpoint().check(order()), [told])[0] == ("too long",)


def test_lists_are_pages_of_snapshots() -> None:
    page = answer({"tasks": [task(), task("running")], "next_cursor": TASK}, etag="x")
    found, effects = run(endpoint().tasks({"state": "queued,running", "limit": "2"}), [page])
    assert calls(effects)[0].url.endswith("/tasks?state=queued%2Crunning&limit=2")
    assert ([s.state for s in found.tasks], found.cursor) == (["queued", "running"], TASK)
    assert [s.revision for s in found.tasks] == ["", ""]


def test_a_timeline_is_read() -> None:
    line = {"n": 3, "at": "1970-01-01T00:00:01.500Z", "kind": "made", "data": {"a": 1}}
    (event,), effects = run(endpoint().events(REF, 2), [answer({"events": [line]})])
    assert calls(effects)[0].url.endswith(f"/tasks/{TASK}/events?after=2")
    assert (event.n, event.at, event.kind, event.data) == (3, 1500, "made", {"a": 1})
    with pytest.raises(BrokenAnswer):
        run(endpoint().events(REF, 0), [Answer(200, {}, b'{"events": [{}]}')])
