"""Tasks in a caller's hands, driven without I/O: waiting, saving, events, raw answers, names of files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.client.driving import TASK, answer, calls, problem, run, task

from genmux.client.desk import Desk
from genmux.client.effects import Download, Downloaded, Tell
from genmux.client.endpoint import FINAL, Artifact, Ref, Snapshot
from genmux.client.errors import TaskCancelled, TaskFailed, WaitTimeout
from genmux.client.naming import place
from genmux.client.pace import Pace
from genmux.client.raw import recorded
from genmux.client.resources import Images, Models, Tasks, Videos
from genmux.client.rest import RestEndpoint
from genmux.client.retries import Patience
from genmux.client.tasks import Task
from genmux.domain import errors
from genmux.domain.errors import NotFound, Unsupported
from genmux.domain.spec import Kind
from genmux.domain.states import TaskState

REF = Ref(TASK, Kind.VIDEO)
ARTIFACT = {"n": 0, "url": "http://there/f", "content_type": "video/mp4", "bytes": 3, "sha256": "ab"}
DONE = task("succeeded", artifacts=[{**ARTIFACT, "width": 64, "height": 48, "seconds": 1.0}])


def clock_of(*moments: float) -> Callable[[], float]:
    left = iter(moments)
    return lambda: next(left, moments[-1])


class Studio:
    """A client whose flows are answered from a list."""

    def __init__(self, *replies: Any, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.replies: Iterator[Any] = iter(replies)
        self.effects: list[Any] = []
        endpoint = RestEndpoint("http://there", clock=lambda: 0.0, chance=lambda: 0.0)
        self.desk = Desk(endpoint, self.run, Task, clock, "zh")

    def run(self, flow: Any, tell: Callable[[Any], object] | None = None) -> Any:
        wanted = list(self.replies)
        result, effects = run(flow, wanted)
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Tell) and tell is not None:
                tell(effect.news)
        return result

    def task(self, state: str = "queued") -> Task:
        return Task(self.desk, Snapshot(REF, state))


def test_waiting_looks_until_the_end_and_tells_of_changes() -> None:
    running = task("running", progress=40)
    studio = Studio(
        answer(task(), etag="1"), answer(running, etag="2"), answer(running, etag="3"), answer(DONE)
    )
    film = studio.task()
    told: list[tuple[str, int | None]] = []
    assert film.wait(on_progress=lambda t: told.append((t.state, t.progress))) is film
    assert len(told) == 3  # at once, then at every change of state or progress
    assert [dict(c.headers).get("If-None-Match") for c in calls(studio.effects)] == [None, "1", "2", "3"]
    assert (film.result.url, film.result.width, film.result.seconds) == ("http://there/f", 64, 1.0)


@pytest.mark.parametrize(("state", "made"), [("failed", TaskFailed), ("cancelled", TaskCancelled)])
def test_an_end_without_a_result_is_raised(state: str, made: type[TaskFailed]) -> None:
    error = {"code": "content_refused", "message": "not this", "upstream_code": "X.Y"}
    said = {"error": error} if state == "failed" else {}
    film = Studio(answer(task(state, **said), x_request_id="r-3")).task()
    with pytest.raises(made) as caught:
        film.wait()
    assert (caught.value.snapshot.state, caught.value.request_id) == (state, "r-3")
    if state == "failed":
        assert caught.value.upstream_code == "X.Y"
        assert "content_refused: not this" in str(caught.value)
    with pytest.raises(made):
        film.result  # noqa: B018


def test_the_time_to_wait_ends_and_the_task_goes_on() -> None:
    queued = answer(task(), etag="1")
    film = Studio(queued, answer(None, 304), None, clock=clock_of(0, 1, 6)).task()
    with pytest.raises(WaitTimeout, match="queued after 5 s") as caught:
        film.wait(5)
    assert isinstance(caught.value, TimeoutError)
    assert film.state == "queued"


def test_no_time_to_wait_is_time_for_a_look() -> None:
    film = Studio(answer(DONE)).task()
    assert film.wait(0).state == "succeeded"
    with pytest.raises(WaitTimeout):
        Studio(answer(task())).task().wait(0)


def test_a_result_that_is_not_kept_is_told(tmp_path: Path) -> None:
    film = Studio(answer(task("succeeded", artifacts=[]))).task()
    with pytest.raises(NotFound, match="keeps no result"):
        film.save(tmp_path)


def test_a_path_that_ends_in_a_slash_is_a_directory(tmp_path: Path) -> None:
    path = tmp_path / "new" / "genmux-0123456789ab.mp4"
    studio = Studio(answer(DONE), Downloaded(path, 3, "ab", "video/mp4"))
    studio.task().save(f"{tmp_path}/new/")
    assert studio.effects[-1].path == path


def test_there_is_no_result_before_the_end() -> None:
    with pytest.raises(NotFound, match="has no result yet"):
        Studio().task("running").result  # noqa: B018


def test_saving_waits_and_names_the_files(tmp_path: Path) -> None:
    done = Downloaded(tmp_path / "film.mp4", 3, "ab", "video/mp4")
    studio = Studio(answer(DONE), done)
    assert studio.task().save(tmp_path / "film") == [tmp_path / "film.mp4"]
    assert studio.effects[-1] == Download(
        "http://there/f", tmp_path / "film.mp4", medium="video", size=3, sha256="ab"
    )


def test_events_end_with_the_task() -> None:
    def lines(*numbers: int) -> Any:
        at = "2026-01-31T08:00:00.000Z"
        return answer({"events": [{"n": n, "at": at, "kind": f"k{n}", "data": {}} for n in numbers]})

    replies = [[lines(1, 2)], [], [lines(), answer(DONE), lines(3)], []]
    steps = iter(replies)
    desk = replace(Studio().desk, run=lambda flow, tell=None: run(flow, next(steps))[0])
    film = Task(desk, Snapshot(REF, "queued", revision="1"))
    assert [event.kind for event in film] == ["k1", "k2", "k3"]
    assert film.final


def test_a_raw_response_is_the_last_answer_and_what_it_means() -> None:
    studio = Studio(answer(task(), 201, x_request_id="r-4"))
    raw = Images[Any, Any, Any](studio.desk).with_raw_response.create("x")
    assert (raw.status, raw.request_id, raw.headers["x-request-id"]) == (201, "r-4", "r-4")
    assert raw.parse().id == TASK
    assert raw.body == answer(task()).body


def test_a_raw_response_of_a_refusal_is_the_refusal() -> None:
    with pytest.raises(errors.RateLimited):
        run(recorded(Studio().desk.endpoint.look(REF)), [problem("rate_limited", 429), None] * 2)


def test_a_check_tells_what_the_client_itself_refuses() -> None:
    found = Images[Any, Any, Any](Studio().desk).check("x", durration=5)  # type: ignore[call-arg]
    assert found == ("durration 不是已知字段；是否想写 duration？",)
    (sentence,) = Videos[Any, Any, Any](Studio(FileNotFoundError(2, "nothing there")).desk).check(
        "x", first_frame="cat.png"
    )
    assert sentence == "first_frame 无法读取：cat.png：nothing there。"
    with pytest.raises(errors.Unauthorized):
        Videos[Any, Any, Any](Studio(problem("unauthorized", 401)).desk).check("x")


def test_only_a_genmux_server_keeps_lists() -> None:
    class Platform:
        facts = RestEndpoint.facts

    desk = Desk(Platform(), run, Task, time.monotonic)  # type: ignore[arg-type]
    for ask in (Tasks[Any, Any](desk).list, Models[Any](desk).list):
        with pytest.raises(Unsupported, match="keeps no list"):
            ask()


def test_the_words_of_final_states_are_those_of_the_machine() -> None:
    assert {state.word for state in TaskState if state.final} == FINAL


@pytest.mark.parametrize(
    ("types", "output", "inside", "names"),
    [
        (["image/png"], None, False, ["genmux-0123456789ab.png"]),
        (["image/png"], "d", True, ["d/genmux-0123456789ab.png"]),
        (["image/png"], "d/cat", False, ["d/cat.png"]),
        (["image/png"], "cat.jpg", False, ["cat.jpg"]),
        (["image/png", "image/jpeg"], "cat", False, ["cat-1.png", "cat-2.jpg"]),
        (["video/mp4", None], None, False, ["genmux-0123456789ab-1.mp4", "genmux-0123456789ab-2"]),
    ],
)
def test_results_are_named(
    types: list[str | None], output: str | None, inside: bool, names: list[str]
) -> None:
    found = place(TASK, types, Path(output) if output else None, inside=inside)
    assert found == [Path(name) for name in names]


def test_the_ids_of_all_wires_make_names() -> None:
    def named(task_id: str) -> str:
        return place(task_id, [None], None, inside=False)[0].name

    assert named("24-AigcVideo-0123456789abcdef") == "genmux-0123456789ab"
    assert "/" not in named("a/b")


def test_turns_are_spaced_evenly() -> None:
    pace = Pace({"create": 10})
    assert [pace.claim("create", 5.0) for _ in range(3)] == pytest.approx([0, 0.1, 0.2])
    assert pace.claim("create", 9.0) == 0
    assert pace.claim("other", 5.0) == pace.claim("other", 5.0) == 0


def test_turns_are_slower_for_a_while_after_a_refusal() -> None:
    pace = Pace({"create": 10})
    assert pace.claim("create", 5.0, refused=True) == 0
    assert pace.claim("create", 5.0) == pytest.approx(0.2)
    assert pace.claim("create", 100.0) == 0
    assert pace.claim("create", 100.0) == pytest.approx(0.1)


def test_pauses_double_up_to_the_longest_and_are_spread() -> None:
    patience = Patience(first_seconds=1, longest_seconds=4)
    assert [patience.pause(n, None, 1.0) for n in (1, 2, 3, 4)] == [1, 2, 4, 4]
    assert [patience.pause(n, None, 0.0) for n in (1, 2)] == [0.5, 1]


def test_artifacts_tell_only_what_they_were_told() -> None:
    assert Artifact(0, "u").sha256 is None
