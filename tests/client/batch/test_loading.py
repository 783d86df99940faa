"""Loading and rehearsing: files are looked at before anything is asked, and sent once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genmux.client.batch.arrangement import arrange, choose_lines
from genmux.client.batch.lines import Line
from genmux.client.batch.loading import load_file
from genmux.client.batch.manifest import History, Opened
from genmux.client.batch.naming import Template
from genmux.client.batch.rehearsal import rehearse
from genmux.client.batch.uplink import Uplink
from genmux.client.effects import Flow
from genmux.client.endpoint import Endpoint, FromFile, FromTask, Order
from genmux.client.errors import Unreachable
from genmux.domain.text import same
from genmux.testing.scripted import tiny_png

MP4 = b"\0\0\0\x18ftypisom" + bytes(64)


def write(home: Path, *lines: dict[str, Any]) -> Path:
    file = home / "a.jsonl"
    file.write_text("\n".join(json.dumps({"kind": "video", "prompt": "x", **line}) for line in lines))
    return file


def test_files_that_cannot_be_sent_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(tiny_png())
    (tmp_path / "a.mp4").write_bytes(MP4)
    (tmp_path / "a.txt").write_text("text")
    file = write(
        tmp_path,
        {"first_frame": "a.mp4", "base_video": "a.png"},
        {"first_frame": "a.txt", "reference": ["a.png", "no.png", str(tmp_path), "b\\c.png"]},
        {"base_video": "a.mp4", "last_frame": "a.png"},
    )
    told = [fault.placed.en for fault in load_file(file, {}).faults]
    assert told == [
        f"line 1: first_frame {tmp_path / 'a.mp4'} must be a PNG, JPEG or WebP picture.",
        f"line 1: base_video {tmp_path / 'a.png'} must be an MP4, WebM or MOV film.",
        f"line 2: first_frame {tmp_path / 'a.txt'} must be a PNG, JPEG or WebP picture.",
        f"line 2: reference.1 {tmp_path / 'no.png'} cannot be read: No such file or directory.",
        f"line 2: reference.2 {tmp_path} cannot be read: Is a directory.",
        f"line 2: reference.3 {tmp_path}/b\\c.png cannot be read: No such file or directory; write / between "
        "folders.",
    ]


def test_a_file_that_is_too_large_is_not_sent(tmp_path: Path) -> None:
    with (tmp_path / "a.mp4").open("wb") as film:
        film.write(MP4)
        film.truncate(513 * 2**20)
    file = write(tmp_path, {"base_video": "a.mp4"})
    (fault,) = load_file(file, {}).faults
    assert "must have at most 512 MB" in fault.text.en


def test_links_are_judged_once_every_line_can_be_read(tmp_path: Path) -> None:
    file = write(tmp_path, {"name": "a", "durration": 1}, {"first_frame": "$a"})
    assert [fault.row for fault in load_file(file, {}).faults] == [1]


def test_what_a_wanted_line_links_to_comes_along(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        {"name": "c", "first_frame": "$b"},
        {"name": "b", "kind": "image", "reference": "$a"},
        {"name": "a", "kind": "image"},
        {},
    )
    lines = load_file(file, {}).lines
    assert choose_lines(lines, ["b"]) == {2, 3}
    assert choose_lines(lines, ["0004"]) == {4}
    assert choose_lines(lines, []) == {1, 2, 3, 4}


def test_files_of_the_directory_that_are_nobody_s_are_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / ".partial").mkdir(parents=True)
    (out / ".partial" / "b").touch()
    (out / "A.mp4").touch()
    batch = load_file(write(tmp_path, {"name": "a"}, {"name": "b"}), {})
    arranged = arrange(batch, History(), Template("{name}"), out, "x", ["c"])
    assert [(fault.row, fault.text.en.partition(";")[0]) for fault in arranged.faults] == [
        (0, "--only c is the name of no line."),
        (1, "its result would be a, and there is such a file"),
    ]


def test_a_directory_keeps_the_name_of_its_batch(tmp_path: Path) -> None:
    batch = load_file(write(tmp_path, {}), {})

    def keys(history: History) -> list[str]:
        return [p.key for p in arrange(batch, history, Template("{name}"), tmp_path / "out", "x").lines]

    known = History(Opened(0, 1, "name", "x", "a.jsonl", ""))
    assert keys(known) == keys(known) != keys(History())


# ---------------------------------------------------------------- rehearsal


class Checks:
    """A way to an endpoint that only checks, and keeps what it was asked."""

    def __init__(self, found: Callable[[Order], tuple[str, ...]]) -> None:
        self.endpoint: Endpoint = self  # type: ignore[assignment]
        self.orders: list[Order] = []
        self._found = found

    def check(self, order: Order) -> Flow[tuple[str, ...]]:
        yield from ()
        self.orders.append(order)
        return self._found(order)

    async def run(self, flow: Flow[Any], tell: Callable[[Any], object] | None = None) -> Any:
        try:
            raise AssertionError(f"asks for {next(flow)}")
        except StopIteration as stop:
            return stop.value

    async def renew(self) -> bool:
        return False


def rehearsed(home: Path) -> tuple[Line, ...]:
    (home / "a.png").write_bytes(tiny_png() + os.urandom(8))
    file = write(
        home,
        {"name": "a", "first_frame": "a.png"},
        {"first_frame": "a.png", "prompt": "bad"},
        {"first_frame": "$a"},
    )
    return load_file(file, {}).lines


@pytest.mark.parametrize(("sending", "files"), [(True, 1), (False, 0)])
async def test_a_file_is_checked_once_and_links_by_a_stand_in(
    tmp_path: Path, sending: bool, files: int
) -> None:
    checks = Checks(lambda order: ("no", "never") if order.spec.prompt == "bad" else ())
    faults = await rehearse(Uplink(checks, 0), rehearsed(tmp_path), sending=sending)
    assert [fault.placed.en for fault in faults] == ["line 2: no", "line 2: never"]
    sources = [source for order in checks.orders for source in order.sources]
    assert sum(isinstance(source, FromFile) for source in sources) == files
    assert sum(isinstance(source, FromTask) for source in sources) == 3 - files


async def test_an_endpoint_that_is_not_there_is_said_as_it_is(tmp_path: Path) -> None:
    def away(order: Order) -> tuple[str, ...]:
        raise Unreachable(same("away"))

    with pytest.raises(Unreachable, match="away"):
        await rehearse(Uplink(Checks(away), 0), rehearsed(tmp_path))
