"""The client straight at MPS: what is sent, what is sent again, and what its caller is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.client.worlds import (
    FILM,
    PICTURE,
    Account,
    World,
    body_of,
    date,
    good,
    refusal,
)

from genmux.client.effects import Answer, AnswerLost
from genmux.client.endpoint import FromFile, FromTask, FromUrl, Given, Order, Ref, Snapshot
from genmux.client.errors import BrokenAnswer, ClockSkew, OutcomeUnknown, Unreachable
from genmux.client.mps import MpsEndpoint
from genmux.domain import errors
from genmux.domain.spec import Kind, OutputTarget, Reference, Role
from genmux.wires import tc3

FRAME = Reference(role=Role.FIRST_FRAME, source="#0")


def world(*script: str, seconds: float = 60.0) -> tuple[World, Account]:
    place = World()
    account = Account(place, "mps", list(script), seconds)
    place.platform = account
    return place, account


def framed(source: Any) -> Order:
    return Order(replace(FILM, references=(FRAME,)), (source,), ("first_frame",))


def test_a_create_is_signed_for_the_second_it_leaves() -> None:
    place, _ = world("busy", "busy")
    snapshot = place.run(place.mps().create(Order(PICTURE)))

    assert snapshot.ref.id.startswith("4-AigcImage-")
    assert (snapshot.state, snapshot.model, snapshot.request_id) == ("queued", "Hunyuan/3.0", "r-1")
    for at, call in place.calls:
        headers = {name.lower(): value for name, value in call.headers}
        signed = tc3.SignedRequest("POST", "/", "", headers, call.body)
        claim = tc3.parse_authorization(signed)
        tc3.verify(signed, claim, "not-a-secret", now=place.clocks.wall() - place.now + at)
        assert abs(claim.timestamp - (place.clocks.wall() - place.now + at)) <= 1


def test_a_task_is_followed_to_its_result() -> None:
    place, account = world()
    endpoint = place.mps()
    snapshot = place.run(endpoint.create(Order(FILM)))
    while not snapshot.final:
        snapshot = place.run(endpoint.follow(snapshot, 600.0))

    assert snapshot.state == "succeeded"
    (film,) = snapshot.artifacts
    assert (film.width, film.height) == (1920, 1080)
    assert account.seconds <= place.now < account.seconds + 15
    assert len(place.calls) < 40
    lines = place.run(endpoint.events(snapshot.ref, 0))
    assert [line.kind for line in lines] == ["queued", "running", "succeeded"]
    assert place.run(endpoint.events(snapshot.ref, 2)) == lines[2:]


def test_looks_learn_how_long_tasks_take() -> None:
    place, _ = world(seconds=180.0)
    endpoint = place.mps()
    costs = []
    for _ in range(8):
        snapshot = place.run(endpoint.create(Order(FILM)))
        begun, before = place.now, len(place.calls)
        while not snapshot.final:
            snapshot = place.run(endpoint.follow(snapshot, 600.0))
        costs.append((len(place.calls) - before, place.now - begun - 180.0))

    assert sum(late for _, late in costs[4:]) / 4 < 5.0
    assert sum(looks for looks, _ in costs[4:]) < sum(looks for looks, _ in costs[:4])


@pytest.mark.parametrize(
    "fault", ["lost-after", "lost-before", "error-after", "broken-after", "internal-after"]
)
def test_a_create_without_proof_is_unknown_and_never_repeated(fault: str) -> None:
    place, _ = world(fault)
    with pytest.raises(OutcomeUnknown, match="console") as told:
        place.run(place.mps().create(Order(FILM)))

    assert len(place.calls) == 1
    assert "控制台" in told.value.text.zh


def test_a_create_that_a_page_answers_is_unknown_by_its_status() -> None:
    place = World(lambda _: Answer(404, {}, b"<html>nothing here</html>"))
    with pytest.raises(OutcomeUnknown, match=r"HTTP 404.*right address") as told:
        place.run(place.mps().create(Order(FILM)))
    assert (told.value.upstream_code, len(place.calls)) == ("HTTP 404", 1)
    assert "HTTP 404" in told.value.text.zh


@pytest.mark.parametrize("fault", ["busy", "storm", "not-sent"])
def test_what_proves_that_nothing_was_made_is_repeated(fault: str) -> None:
    place, account = world(*[fault] * 4)
    place.run(place.mps().create(Order(FILM)))

    assert (len(place.calls), len(account.made)) == (5, 1)


def test_patience_ends() -> None:
    place, account = world(*["busy"] * 99)
    with pytest.raises(errors.RateLimited) as told:
        place.run(place.mps().create(Order(FILM)))
    assert (told.value.upstream_code, told.value.request_id) == ("RequestLimitExceeded", "r-2")

    place, account = world(*["storm"] * 99)
    with pytest.raises(errors.RateLimited, match="429"):
        place.run(place.mps().create(Order(FILM)))

    place, account = world(*["not-sent"] * 99)
    with pytest.raises(Unreachable):
        place.run(place.mps().create(Order(FILM)))
    assert account.made == {}


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("AuthFailure.SecretIdNotFound", errors.Unauthorized),
        ("AuthFailure.SignatureFailure", errors.Unauthorized),
        ("AuthFailure.UnauthorizedOperation", errors.Forbidden),
        ("UnauthorizedOperation", errors.Forbidden),
        ("InvalidParameter.ViolationContent", errors.ContentRefused),
        ("InvalidParameterValue", errors.InvalidValue),
        ("InvalidParameter.ModelNotSupported", errors.ModelNotSupported),
        ("InvalidParameter.InvalidUrl", errors.InvalidInput),
        ("MissingParameter", errors.MissingValue),
        ("UnsupportedOperation", errors.Unsupported),
        ("ResourceNotFound.UserNotExist", errors.Unauthorized),
        ("FailedOperation.InvalidMpsUser", errors.Unauthorized),
        ("LimitExceeded.Quota", errors.Forbidden),
        ("FailedOperation.UserArrears", errors.Forbidden),
        ("ResourceInsufficient", errors.Unavailable),
    ],
)
def test_a_refusal_is_the_error_that_it_means(code: str, error: type[errors.GenmuxError]) -> None:
    place = World(lambda _: refusal(code, "because"))
    with pytest.raises(error) as told:
        place.run(place.mps().create(Order(FILM)))

    assert type(told.value) is error
    assert (told.value.upstream_code, told.value.request_id) == (code, "r-2")
    assert "because" in told.value.text.en


@pytest.mark.parametrize(
    ("skew", "seconds", "says", "zh"),
    [(-1000.0, 1000.0, "1000 s behind", "慢 1000 秒"), (1000.0, -1000.0, "1000 s ahead of", "快 1000 秒")],
)
def test_a_wrong_clock_is_named(skew: float, seconds: float, says: str, zh: str) -> None:
    place = World(skew=skew)
    for code in ("AuthFailure.SignatureExpire", "AuthFailure.SignatureFailure"):
        place.platform = lambda _, code=code: refusal(code, date=date(place.now))  # type: ignore[misc]
        with pytest.raises(ClockSkew, match=says) as told:
            place.run(place.mps().create(Order(FILM)))
        assert told.value.seconds == pytest.approx(seconds, abs=2)
        assert zh in told.value.text.zh
        assert told.value.upstream_code == code


def test_an_expired_signature_without_a_date_is_still_the_clock() -> None:
    place = World(lambda _: refusal("AuthFailure.SignatureExpire"))
    with pytest.raises(ClockSkew, match="more than 5 minutes") as told:
        place.run(place.mps().create(Order(FILM)))
    assert told.value.seconds is None


def test_what_the_wire_cannot_say_is_refused_before_anything_is_sent() -> None:
    place, _ = world()
    for spec, field in (
        (replace(FILM, seed=7), "seed"),
        (replace(FILM, size=(123, 457)), "size"),
        (replace(PICTURE, duration=5), "duration"),
    ):
        with pytest.raises(errors.Unsupported, match=field) as told:
            place.run(place.mps().create(Order(spec)))
        assert told.value.field == field
        assert place.run(place.mps().check(Order(spec)))
    assert place.calls == []


def test_a_size_is_said_in_words() -> None:
    place, _ = world()
    place.run(place.mps().create(Order(replace(FILM, size=(1280, 720)))))
    assert body_of(place.calls[0][1])["ExtraParameters"] == {"Resolution": "720P", "AspectRatio": "16:9"}


def test_a_bucket_for_the_result_and_words_of_the_wire() -> None:
    place, _ = world()
    order = Order(PICTURE, output=OutputTarget("b-1", "ap-x", "out/"), extra={"Operator": "me"})
    place.run(place.mps().create(order))

    body = body_of(place.calls[0][1])
    assert body["StoreCosParam"] == {
        "CosBucketName": "b-1",
        "CosBucketRegion": "ap-x",
        "CosBucketPath": "out/",
    }
    assert body["Operator"] == "me"
    place.run(place.mps().create(Order(PICTURE, output=OutputTarget("b-1", ""))))
    assert body_of(place.calls[-1][1])["StoreCosParam"] == {
        "CosBucketName": "b-1",
        "CosBucketRegion": "ap-guangzhou",
    }
    with pytest.raises(errors.Unsupported, match="output"):
        place.run(place.mps().create(Order(PICTURE, extra={"StoreCosParam": {}})))


def test_what_the_configuration_says_holds_where_the_create_says_nothing() -> None:
    place, _ = world()
    defaults = {Kind.VIDEO: {"model": FILM.model, "duration": 10, "audio": True}}
    endpoint = place.mps(defaults=defaults, output=OutputTarget("b-1", "ap-x"))
    place.run(endpoint.create(Order(replace(FILM, model=None))))

    body = body_of(place.calls[0][1])
    assert (body["ModelName"], body["ModelVersion"], body["Duration"]) == ("Kling", "3.0", 5)
    assert body["ExtraParameters"] == {"EnableAudio": True}
    assert body["StoreCosParam"]["CosBucketName"] == "b-1"


@pytest.mark.parametrize(
    "source",
    [
        Given(b"\x89PNG\r\n\x1a\n", "image/png"),
        FromFile(Path("cat.png")),
        FromUrl("data:image/png;base64,iVBORw0KGgo="),
    ],
)
def test_local_inputs_need_a_way_in(source: Any) -> None:
    place, _ = world()
    place.files = {"cat.png": b"\x89PNG\r\n\x1a\n"}
    with pytest.raises(errors.InvalidInput, match="cos_bucket") as told:
        place.run(place.mps().create(framed(source)))

    assert told.value.field == "first_frame"
    assert "存储桶" in told.value.text.zh
    assert place.run(place.mps().check(framed(source))) == (told.value.text.en,)
    assert place.run(place.mps(language="zh").check(framed(source))) == (told.value.text.zh,)
    assert place.calls == []


def test_another_task_is_waited_for_and_its_result_used() -> None:
    place, account = world(seconds=30.0)
    endpoint = place.mps()
    picture = place.run(endpoint.create(Order(PICTURE)))
    film = place.run(endpoint.create(framed(FromTask(picture.ref))))

    assert place.now >= 30.0
    assert body_of(place.calls[-1][1])["ImageUrl"] == f"https://files.example/{picture.ref.id}.bin"
    with pytest.raises(errors.InvalidInput, match="result 3"):
        place.run(endpoint.create(framed(FromTask(picture.ref, 3))))
    assert film.ref.id in account.made


def test_a_failed_task_is_no_input() -> None:
    place = World(lambda _: good(Status="FAIL", ImageUrls=[], Message="prompt 违规"))
    endpoint = place.mps()
    failed = place.run(endpoint.look(Ref("4-AigcImage-1", Kind.IMAGE)))
    assert failed.error is not None
    assert (failed.state, failed.error.code, failed.error.message) == (
        "failed",
        "content_refused",
        "prompt 违规",
    )
    with pytest.raises(errors.InvalidInput, match="违规"):
        place.run(endpoint.create(framed(FromTask(failed.ref))))


def test_a_look_is_repeated_and_a_forgotten_task_is_not_found() -> None:
    place, _ = world()
    ref = place.run(place.mps().create(Order(FILM))).ref
    answers: list[Any] = [
        AnswerLost("reset"),
        Answer(500, {}, b""),
        refusal("RequestLimitExceeded"),
        Answer(429, {}, b""),
    ]
    account = place.platform
    place.platform = lambda call: answers.pop(0) if answers else account(call)
    assert place.run(place.mps().look(ref)).state == "running"
    with pytest.raises(errors.NotFound):
        place.run(place.mps().look(Ref("4-AigcVideo-2", Kind.VIDEO)))


def test_a_status_that_nobody_knows_is_waited_through_but_not_for_ever() -> None:
    place, account = world(seconds=5.0)
    endpoint = place.mps()
    last = place.run(endpoint.create(Order(FILM)))
    odd = [good(Status="PAUSED", VideoUrls=[])] * 3
    place.platform = lambda call: odd.pop(0) if odd else account(call)
    while not last.final:
        last = place.run(endpoint.follow(last, 60.0))
    assert last.state == "succeeded"

    place.platform = lambda _: good(Status="DONE", VideoUrls=[])
    other = Snapshot(Ref("4-AigcVideo-odd", Kind.VIDEO), "running")
    with pytest.raises(BrokenAnswer):
        follow_for_ever(place, endpoint, other)


def follow_for_ever(place: World, endpoint: MpsEndpoint, last: Snapshot) -> None:
    for _ in range(100):
        last = place.run(endpoint.follow(last, 60.0))


def test_follow_looks_once_more_when_the_time_is_up() -> None:
    place, _ = world(seconds=1.0)
    endpoint = place.mps()
    last = place.run(endpoint.create(Order(FILM)))
    assert place.run(endpoint.follow(last, 1.2)).state == "succeeded"
    assert place.now < 1.5


def test_there_is_no_cancel() -> None:
    place = World()
    with pytest.raises(errors.Unsupported, match="billed"):
        place.run(place.mps().cancel(Ref("4-AigcVideo-1", Kind.VIDEO)))


def test_a_result_is_fetched_and_an_expired_one_is_explained(tmp_path: Path) -> None:
    place, _ = world(seconds=0.0)
    endpoint = place.mps()
    ref = place.run(endpoint.create(Order(PICTURE))).ref
    (artifact,) = place.run(endpoint.look(ref)).artifacts
    assert place.run(endpoint.fetch(artifact, ref, tmp_path / "a.png")) == tmp_path / "a.png"
    place.served = {artifact.url: 403}
    with pytest.raises(errors.NotFound, match="12 hours") as told:
        place.run(endpoint.fetch(artifact, ref, tmp_path / "a.png"))
    assert "12 小时" in told.value.text.zh


def test_creates_are_spaced_by_the_documented_rates() -> None:
    place, _ = world()
    endpoint = place.mps()
    place.run_all(*(endpoint.create(Order(FILM)) for _ in range(30)))
    times = [at for at, _ in place.calls]
    assert all(sum(1 for t in times if begin <= t < begin + 0.999) <= 10 for begin in times)

    place, _ = world()
    endpoint = place.mps(paced=False)
    place.run_all(*(endpoint.create(Order(FILM)) for _ in range(30)))
    assert place.now < 0.5


def test_at_most_so_many_tasks_run_at_once_and_nobody_else_needs_to_poll() -> None:
    place, account = world(seconds=20.0)
    endpoint = place.mps(max_tasks={Kind.VIDEO: 2})
    made = place.run_all(*(endpoint.create(Order(FILM)) for _ in range(7)), endpoint.create(Order(PICTURE)))

    assert not [m for m in made if isinstance(m, Exception)]
    assert account.most_at_once <= 3  # two films and the picture
    films = [m.ref.id for m in made[:7]]
    assert [task for task in account.made if task in films] == films  # in the order they came
    assert place.now < 20.0 * 4 + 20


def test_room_is_given_back_by_failures_and_by_tasks_that_are_forgotten() -> None:
    place, account = world("refused", "lost-after", "ok", "ok")
    endpoint = place.mps(max_tasks={Kind.VIDEO: 1})
    made = place.run_all(*(endpoint.create(Order(FILM)) for _ in range(3)))
    assert [type(m).__name__ for m in made] == ["ContentRefused", "OutcomeUnknown", "Snapshot"]

    account.made.clear()
    assert place.run(endpoint.create(Order(FILM))).ref.id in account.made


def test_a_create_that_is_given_up_leaves_the_line() -> None:
    place, account = world(seconds=5.0)
    endpoint = place.mps(max_tasks={Kind.VIDEO: 1})
    place.run(endpoint.create(Order(FILM)))
    waiting = endpoint.create(Order(FILM))
    next(waiting)
    waiting.close()
    place.run(endpoint.create(Order(FILM)))
    assert len(account.made) == 2
