"""The parts of commands that need no server: bodies, file names, tables, doctor."""

from __future__ import annotations

import base64
import json
import socket
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from genmux.cli import cli
from genmux.cli.bodies import create_body, read_source
from genmux.cli.exits import USAGE, CliError
from genmux.cli.show import print_table, print_timeline
from genmux.cli.waiting import place
from genmux.domain.spec import Kind
from genmux.testing.scripted import tiny_png
from genmux.wires.rest import ArtifactStatus, EventStatus, TaskStatus, parse_create

NOTHING: dict[str, Any] = {"references": (), "options": ()}


def task(count: int = 1, content_type: str = "image/png") -> TaskStatus:
    artifacts = tuple(
        ArtifactStatus(n=n, url="u", content_type=content_type, width=1, height=1, bytes=1, sha256="")
        for n in range(count)
    )
    return TaskStatus(
        id="task_0123456789abcdef0123456789abcdef",
        kind=Kind.IMAGE,
        state="succeeded",
        wire="rest",
        created_at=1000,
        artifacts=artifacts,
    )


def test_what_was_not_said_is_not_in_the_body() -> None:
    said = {**NOTHING, "prompt": "x", "model": None, "audio": None, "seed": 0, "watermark": False}
    assert create_body("image", said) == {
        "kind": "image",
        "prompt": "x",
        "seed": 0,
        "watermark": False,
    }


def test_pictures_travel_by_value_in_their_roles(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(tiny_png())
    said = {
        **NOTHING,
        "image": str(picture),
        "last_image": "https://a.example/z.png",
        "references": (str(picture),),
        "options": ('genmux={"delay": 3}', "style=oil"),
    }
    body = create_body("video", said)
    assert [r["role"] for r in body["references"]] == ["first_frame", "last_frame", "reference"]
    assert base64.b64decode(body["references"][0]["source"].partition(",")[2]) == tiny_png()
    assert body["references"][1]["source"] == "https://a.example/z.png"
    assert body["options"] == {"genmux": {"delay": 3}, "style": "oil"}
    parse_create(json.dumps(body).encode())


@pytest.mark.parametrize(("kind", "role"), [("video", "first_frame"), ("image", "reference")])
def test_an_earlier_result_is_where_it_begins(kind: str, role: str) -> None:
    result = f"task_{'0f' * 16}#1"
    body = create_body(kind, {**NOTHING, "from_task": result})
    assert body["references"] == [{"role": role, "source": f"task:{result}"}]
    assert create_body(kind, {**NOTHING, "image": f"task:{result}"}) == body
    parse_create(json.dumps(body).encode())
    with pytest.raises(CliError):
        create_body(kind, {**NOTHING, "image": "https://b.example", "from_task": result})


def test_a_directory_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(CliError) as caught:
        read_source(str(tmp_path))
    assert caught.value.exit_code == USAGE


def test_results_are_named_after_the_task_or_as_asked(tmp_path: Path) -> None:
    assert place(task(), None) == [Path("genmux-0123456789ab.png")]
    assert place(task(content_type="video/mp4"), tmp_path) == [tmp_path / "genmux-0123456789ab.mp4"]
    assert place(task(), Path("a/b.jpg")) == [Path("a/b.jpg")]
    assert place(task(), Path("b")) == [Path("b.png")]
    assert place(task(3), Path("b.png")) == [Path("b-1.png"), Path("b-2.png"), Path("b-3.png")]


def printed(draw: Any) -> str:
    @click.command()
    def command() -> None:
        draw()

    return CliRunner().invoke(command).output


def test_tables_line_up_whatever_the_script() -> None:
    text = printed(lambda: print_table(("A", "B"), [("竹林", "x"), ("abc", "y")]))
    assert text == "A     B\n竹林  x\nabc   y\n"


def test_a_timeline_counts_from_the_create() -> None:
    events = (EventStatus(n=1, at=2500, kind="made", data={"mode": "t2i", "notes": [], "a": ["x", "y"]}),)
    shown = TaskStatus(id="t", kind=Kind.IMAGE, state="running", wire="rest", created_at=1000, events=events)
    assert printed(lambda: print_timeline(shown)) == "   +1.500 s  made           mode=t2i, a=x/y\n"


def test_doctor_finds_a_machine_that_can_serve(tmp_path: Path) -> None:
    done = CliRunner(env={"GENMUX_PORT": "0"}).invoke(
        cli, ["doctor", "--data", str(tmp_path / "new"), "--json"]
    )
    told = json.loads(done.stdout)
    assert done.exit_code == 0, told
    assert told["ok"] is True
    names = [check["name"] for check in told["checks"]]
    assert names == ["python", "sqlite", "data", "disk", "port", "clock", "render"]
    assert not (tmp_path / "new").exists()


def test_doctor_fails_with_1_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environ = {"GENMUX_PORT": str(taken.getsockname()[1])}
        done = CliRunner(env=environ).invoke(cli, ["doctor", "--data", str(tmp_path)])
    assert done.exit_code == 1
    assert "FAIL  port" in done.stdout
