"""The client straight at VOD: creates repeat under one session, and what was lost is found again."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.client.worlds import APP, FILM, PICTURE, Account, World, action_of, body_of, good

from genmux.client.endpoint import FromTask, FromUrl, Given, Order, Snapshot
from genmux.client.errors import OutcomeUnknown
from genmux.domain import errors
from genmux.domain.spec import ModelRef, OutputTarget, Reference, Role, Subject

FRAME = Reference(role=Role.FIRST_FRAME, source="#0")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
FAULTS = (
    *("ok", "not-sent", "busy", "storm", "refused", "lost-before"),
    *("lost-after", "error-after", "internal-after", "broken-after"),
)


def world(*script: str, seconds: float = 60.0, **more: Any) -> tuple[World, Account]:
    place = World()
    account = Account(place, "vod", list(script), seconds, **more)
    place.platform = account
    return place, account


def framed(source: Any) -> Order:
    return Order(replace(FILM, references=(FRAME,)), (source,), ("first_frame",))


def test_a_create_has_a_session_of_its_own() -> None:
    place, account = world()
    endpoint = place.vod()
    one = place.run(endpoint.create(Order(FILM)))
    two = place.run(endpoint.create(Order(FILM, key="shot-7", priority=3)))

    assert one.ref.id != two.ref.id
    first, second = (body_of(call) for _, call in place.calls)
    assert first["SubAppId"] == APP
    assert 0 < len(first["SessionId"]) <= 50
    assert (second["SessionId"], second["TasksPriority"]) == ("shot-7", 3)
    assert account.sessions["shot-7"] == two.ref.id


@pytest.mark.parametrize(
    "fault", ["lost-after", "lost-before", "error-after", "broken-after", "internal-after"]
)
def test_a_lost_answer_is_sent_again_and_makes_one_task(fault: str) -> None:
    place, account = world(fault, unlisted=2)
    snapshot = place.run(place.vod().create(Order(FILM)))

    assert list(account.made) == [snapshot.ref.id]
    sessions = {body_of(call)["SessionId"] for _, call in place.calls if "SessionId" in body_of(call)}
    assert len(sessions) == 1


def test_a_list_that_tells_nothing_leaves_the_outcome_unknown() -> None:
    place, account = world(*["lost-after"] * 9)
    place.platform = lambda call: good(TaskSet=[{}]) if action_of(call) == "DescribeTasks" else account(call)
    with pytest.raises(OutcomeUnknown, match="three days"):
        place.run(place.vod().create(Order(FILM)))
    assert len(account.made) == 1


def test_the_same_key_finds_the_same_task_again() -> None:
    place, account = world()
    one = place.run(place.vod().create(Order(FILM, key="line-1")))
    place.now += 3600
    two = place.run(place.vod().create(Order(FILM, key="line-1")))

    assert one.ref == two.ref
    assert len(account.made) == 1


def test_what_is_found_nowhere_is_unknown_and_its_key_is_told() -> None:
    place, _ = world(*["lost-before"] * 9)
    with pytest.raises(OutcomeUnknown, match="idempotency_key='line-1'") as told:
        place.run(place.vod().create(Order(FILM, key="line-1")))
    assert "line-1" in told.value.text.zh


@settings(max_examples=200, deadline=None)
@given(
    script=st.lists(st.sampled_from(FAULTS), max_size=9),
    unlisted=st.integers(0, 8),
    service=st.sampled_from(["mps", "vod", "anyapi"]),
)
def test_no_script_of_failures_pays_twice(script: list[str], unlisted: int, service: str) -> None:
    place = World()
    account = Account(place, service, script, unlisted=unlisted)
    place.platform = account
    endpoint = getattr(place, service)()
    try:
        told: Any = place.run(endpoint.create(Order(FILM)))
    except errors.GenmuxError as error:
        told = error

    assert len(account.made) <= 1
    if isinstance(told, Snapshot):
        assert list(account.made) == [told.ref.id]
    elif not isinstance(told, OutcomeUnknown):
        assert account.made == {}


def test_inputs_go_by_value_up_to_the_limit() -> None:
    place, _ = world()
    endpoint = place.vod()
    place.run(endpoint.create(framed(Given(PNG, "image/png"))))
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    place.run(endpoint.create(framed(FromUrl(url))))
    for _, call in place.calls:
        (info,) = body_of(call)["FileInfos"]
        assert base64.b64decode(info["Base64"].rpartition(",")[2]) == PNG

    with pytest.raises(errors.InvalidInput, match=r"7\.0 MB together; the platform takes 7 MB"):
        place.run(endpoint.create(framed(Given(PNG + bytes(7_000_000), "image/png"))))
    with pytest.raises(errors.InvalidInput, match="data URL"):
        place.run(endpoint.create(framed(FromUrl("data:image/png;base64,!"))))


def test_pictures_of_a_subject_need_a_url() -> None:
    place, _ = world()
    spec = replace(FILM, subjects=(Subject(images=(Reference(role=Role.SUBJECT, source="#0"),)),))
    with pytest.raises(errors.Unsupported, match="subjects"):
        place.run(place.vod().create(Order(spec, (Given(PNG, "image/png"),), ("subjects.0.images.0",))))
    assert place.calls == []


def test_a_permanent_result_is_an_input_by_its_file() -> None:
    place, _ = world(seconds=1.0)
    endpoint = place.vod()
    picture = place.run(endpoint.create(Order(PICTURE)))
    place.run(endpoint.create(framed(FromTask(picture.ref))))
    (info,) = body_of(place.calls[-1][1])["FileInfos"]
    assert info["FileId"] == "387702"


def test_a_task_tells_what_the_platform_told() -> None:
    place, _ = world(seconds=2.0)
    endpoint = place.vod()
    last = place.run(endpoint.create(Order(FILM)))
    running = place.run(endpoint.look(last.ref))
    assert (running.state, running.progress) == ("running", 40)
    while not last.final:
        last = place.run(endpoint.follow(last, 60.0))
    (film,) = last.artifacts
    assert (film.width, film.height, film.seconds) == (1280, 720, 5.0)
    assert last.usage is not None
    assert last.usage.seconds == 5.0


def test_what_vod_cannot_say_is_refused_at_once() -> None:
    place, _ = world()
    for order, field in (
        (Order(FILM, output=OutputTarget("b", "r")), "output"),
        (Order(FILM, extra={"SessionId": "mine"}), "extra.SessionId"),
        (Order(FILM, extra={"SubAppId": 5}), "extra.SubAppId"),
        (Order(FILM, key="k" * 51), "idempotency_key"),
        (Order(replace(FILM, model=None)), "model"),
        (Order(replace(PICTURE, duration=3.0)), "duration"),
    ):
        with pytest.raises(errors.CallerError) as told:
            place.run(place.vod().create(order))
        assert told.value.field == field
    assert place.calls == []


def test_words_of_the_wire_join_what_is_said_already() -> None:
    place, _ = world()
    order = Order(
        replace(FILM, resolution="720P"),
        extra={"OutputConfig": {"StorageMode": "Permanent"}, "SessionContext": "c"},
    )
    place.run(place.vod().create(order))
    body = body_of(place.calls[0][1])
    assert body["OutputConfig"]["StorageMode"] == "Permanent"
    assert body["OutputConfig"]["Resolution"] == "720P"
    assert body["SessionContext"] == "c"


def test_a_model_without_a_version_is_the_newest_stable_one() -> None:
    place, _ = world()
    place.run(place.vod().create(Order(replace(FILM, model=ModelRef("Kling", "")))))
    assert body_of(place.calls[0][1])["ModelVersion"]
