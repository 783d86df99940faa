"""The judge and the points themselves: every kind of harm is seen, and a point is passed when it says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.chaos.verdict import Kept, judge, whole

from genmux.domain.states import TaskState
from genmux.testing.crash import POINTS, arm, parse_spot
from genmux.testing.upstream.ledger import ACCEPT, Entry

GOOD = Kept("vod-1", "00", TaskState.SUCCEEDED, "", "vod", (True,), 0)


def kept(state: TaskState, label: str = "vod-1", files: tuple[bool, ...] = (), attempts: int = 0) -> Kept:
    return Kept(label, "00", state, "", label[:3], files, attempts)


def billed(label: str, times: int = 1) -> list[Entry]:
    entry = Entry(what=ACCEPT, at_us=0, api="vod", prompt=f"label={label} a cat", billed=True)
    return [entry] * times


def test_nothing_is_wrong() -> None:
    verdict = judge("vod", ["vod-1"], [GOOD], billed("vod-1"))
    assert verdict.clean
    assert verdict.row() == {"tasks": 1, "lost": 0, "duplicated": 0, "stuck": 0, "billed": 1, "succeeded": 1}


LOSSES: dict[str, tuple[list[str], list[Kept], list[Entry]]] = {
    "acknowledged and not there": (["vod-1"], [], []),
    "billed and not there": ([], [], billed("vod-1")),
    "failed": (["vod-1"], [kept(TaskState.FAILED)], billed("vod-1")),
    "done without a file": (["vod-1"], [kept(TaskState.SUCCEEDED)], billed("vod-1")),
    "done with a broken file": (["vod-1"], [kept(TaskState.SUCCEEDED, files=(True, False))], billed("vod-1")),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_is_seen(loss: str) -> None:
    assert set(judge("vod", *LOSSES[loss]).lost) == {"vod-1"}


def test_a_second_bill_is_seen() -> None:
    assert judge("vod", ["vod-1"], [GOOD], billed("vod-1", 2)).duplicated == ["vod-1"]


def test_an_overflow_is_no_bill() -> None:
    unbilled = Entry(what=ACCEPT, at_us=0, api="vod", prompt="label=vod-1", billed=False)
    assert judge("vod", ["vod-1"], [GOOD], [unbilled, *billed("vod-1")]).clean


@pytest.mark.parametrize(
    "task",
    [
        kept(TaskState.RUNNING),
        kept(TaskState.UNKNOWN),
        kept(TaskState.SUCCEEDED, files=(True,), attempts=1),
    ],
    ids=["running", "unknown where it can be asked", "an open attempt"],
)
def test_what_is_stuck_is_seen(task: Kept) -> None:
    assert judge("vod", ["vod-1"], [task], billed("vod-1")).stuck == ["vod-1"]


def test_unknown_is_honest_where_nobody_can_be_asked() -> None:
    assert judge("mps", ["mps-1"], [kept(TaskState.UNKNOWN, "mps-1")], billed("mps-1")).clean


def test_a_file_is_whole_only_with_its_own_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    digest = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    assert not whole(path, digest)
    path.write_bytes(b"")
    assert whole(path, digest)
    path.write_bytes(b"x")
    assert not whole(path, digest)


class Part:
    """A port with one method, which notes its calls."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def publish(self, spool: str, key: str) -> str:
        self.seen.append(key)
        return key


async def test_a_point_is_passed_for_the_nth_time() -> None:
    part, seen = Part(), []
    parts: dict[str, Any] = {"media": part}
    arm(parts, "published:2", end=lambda: seen.append(list(part.seen)))
    assert await part.publish("spool", "a") == "a"
    assert seen == []
    await part.publish("spool", "b")
    await part.publish("spool", "c")
    assert seen == [["a", "b"]]


def test_unknown_points_are_refused() -> None:
    with pytest.raises(ValueError, match="the points are: before-create, created, claimed"):
        parse_spot("nowhere")
    assert parse_spot("bound:3") == (POINTS["bound"], 3)
