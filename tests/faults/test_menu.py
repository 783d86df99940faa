"""Every fault of the menu at MPS and at VOD: what the user sees on the wire, and what was paid for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from tests.e2e.serving import Reply, hex_of, send
from tests.faults.stage import Case, Moment, Stage, stage

from genmux.testing.upstream.faults import FAULTS, read_script

UNKNOWN = "may have been made and billed"
KEPT = {"seconds", "label"}
"""Words that are no fault."""

LOST_ANSWERS = ("lost-answer", "hang", "reset-answer", "malformed-answer", "error-after")
BAD_POLLS = ("poll-error=2", "poll-malformed=2", "poll-busy=2", "poll-reset=2", "odd-status=2", "backwards")
BAD_FILES = {
    "file-404": "answered 404",
    "file-403": "answered 403",
    "file-expired": "answered 403",
    "file-type": "this is HTML",
}


def both(words: str, state: str, **said: object) -> list[Case]:
    return [Case(provider, words, state, **said) for provider in ("vod", "mps")]  # type: ignore[arg-type]


CASES: list[Case] = [
    # An answer that is lost after the upstream accepted: VOD is asked and finds it, MPS cannot be.
    *(Case("vod", w, "succeeded", told=(("unknown", ""), ("accepted", "found_by"))) for w in LOST_ANSWERS),
    *(Case("mps", w, "unknown", status="RUN", told=(("unknown", ""),)) for w in LOST_ANSWERS),
    # An HTTP 500 proves nothing: VOD looks, waits its grace and sends the same SessionId again.
    Case("vod", "error-before=1", "succeeded", told=(("unknown", "500"),), moment=Moment.LATER),
    Case("mps", "error-before=1", "unknown", status="RUN", accepted=0),
    # Refusals for want of room: waited for and asked again.
    *both("busy=2", "succeeded", told=(("retry", "RequestLimitExceeded"),)),
    *both("storm=2", "succeeded", told=(("retry", "HTTP 429"),)),
    # Refusals that close the channel: nothing fails, the operator is told why it waits.
    *both("skew", "queued", status="WAIT", accepted=0, told=(("retry", "clock of this machine"),)),
    *both("refuses=quota", "queued", status="WAIT", accepted=0, told=(("retry", "quota"),)),
    *both("refuses=auth", "queued", status="WAIT", accepted=0, told=(("retry", "permission"),)),
    # Refusals of the task itself.
    *both("refuses=content", "failed", code="content_refused", status="FAIL", accepted=0),
    *both("refuses=invalid", "failed", code="invalid_value", status="FAIL", accepted=0),
    # Failures of an accepted task.
    *both("fails=content", "failed", code="content_refused", says="sensitive", status="FAIL"),
    *both("fails=capacity", "failed", code="upstream_failed", says="busy", status="FAIL"),
    *both("fails=internal", "failed", code="upstream_failed", says="internal error", status="FAIL"),
    *both("fails=invalid", "failed", code="invalid_value", says="not supported", status="FAIL"),
    # Polls that say nothing change nothing.
    *(case for words in BAD_POLLS for case in both(words, "succeeded")),
    *both("no-url", "failed", code="deadline", status="FAIL", moment=Moment.AT_LAST),
    *both("odd-status=1000000", "failed", code="deadline", status="FAIL", moment=Moment.AT_LAST),
    Case("mps", "forgotten", "failed", code="upstream_expired", status="FAIL"),
    Case("vod", "forgotten", "failed", code="upstream_expired", status="FAIL", moment=Moment.LATER),
    # Results that are not whole: tried again, and never taken for the result.
    *both("file-truncated file-times=2", "succeeded"),
    *both("file-type file-times=1", "succeeded", told=(("collect_retry", "HTML"),), moment=Moment.LATER),
    *(
        Case(
            provider,
            words,
            "failed",
            code="source_gone",
            says=says,
            status="FAIL",
            told=(("collect_retry", says), ("failed", "/results/")),
            moment=Moment.LATER,
        )
        for provider, (words, says) in product(("vod", "mps"), BAD_FILES.items())
    ),
    # MPS' URLs die before the task's deadline; VOD's live a week, and the result is waited for longer.
    Case("mps", "file-truncated", "failed", code="source_gone", status="FAIL", moment=Moment.AT_LAST),
    Case(
        "vod",
        "file-truncated",
        "collecting",
        status="RUN",
        told=(("collect_wait", ""),),
        moment=Moment.AT_LAST,
    ),
]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("faults"), CASES) as found:
        yield found


@pytest.mark.timeout(240)  # the first one waits for the stage
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_the_user_sees(played: Stage, case: Case) -> None:
    seen = played.seen[case.name]
    assert seen.rest["state"] == case.state, seen.rest
    error = seen.rest["error"] or {"code": "", "message": ""}
    assert error["code"] == case.code, seen.rest
    assert case.says in error["message"]
    assert seen.mps["Status"] == case.status
    assert seen.accepted == case.accepted
    for kind, text in case.told:
        assert seen.told(kind, text), (kind, text, seen.rest["events"])
    if case.state == "unknown":
        assert seen.rest["reason"]


def test_every_fault_has_a_case() -> None:
    played_words = {name for case in CASES for name in read_script(case.words).words}
    elsewhere = {"file-endless", "file-drip", "file-redirect"}  # tests/faults/test_downloads.py
    menu = {line.partition("=")[0] for line in FAULTS}
    assert played_words | elsewhere | KEPT == menu


def test_every_fault_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text("utf-8")
    words = {line.partition("=")[0] for line in FAULTS} - KEPT
    assert not {word for word in words if f"`{word}`" not in page}


GIVEN_UP = Case("mps", "lost-answer", "unknown", kind="video")


@pytest.fixture(scope="module")
def given_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A film whose answer was lost, and which the operator has given up."""
    with stage(tmp_path_factory.mktemp("given-up"), [GIVEN_UP], look=False) as found:
        found.look([GIVEN_UP], Moment.SOON)
        path = f"/tasks/task_{hex_id(found)}/resolve"
        assert found.gateway.operator().rest("POST", path, {"outcome": "give_up"}).status == 200
        yield found


def hex_id(found: Stage) -> str:
    return hex_of(found.tasks[GIVEN_UP.name])


def ask(found: Stage, path: str, scheme: str = "Bearer") -> Reply:
    headers = (("Authorization", f"{scheme} {found.client.token}"),)
    return send(found.client.address, "GET", path, headers)


def test_given_up_on_our_own_wire(given_up: Stage) -> None:
    told = given_up.rest(GIVEN_UP.name)
    assert (told["state"], told["error"]["code"]) == ("failed", "outcome_unknown")
    assert UNKNOWN in told["error"]["message"]
    assert len(given_up.upstream.accepted(GIVEN_UP.name)) == 1


def test_given_up_on_mps(given_up: Stage) -> None:
    answer = given_up.client.describe(given_up.tasks[GIVEN_UP.name])
    assert answer["Status"] == "FAIL"
    assert UNKNOWN in answer["Message"]


def test_given_up_on_openai(given_up: Stage) -> None:
    reply = ask(given_up, f"/v1/videos/video_{hex_id(given_up)}")
    body = json.loads(reply.body)
    assert (reply.status, body["status"], body["error"]["code"]) == (200, "failed", "outcome_unknown")
    assert UNKNOWN in body["error"]["message"]
    assert reply.headers["x-should-retry"] == "false"


def test_given_up_on_fal(given_up: Stage) -> None:
    reply = ask(given_up, f"/kling/3.0/requests/{uuid.UUID(hex_id(given_up))}", "Key")
    assert reply.status == 500
    assert UNKNOWN in reply.body.decode()
    assert reply.headers["x-fal-retryable"] == "false"
