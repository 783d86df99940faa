"""The parts of commands that need no server: arguments, errors, tables, doctor."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from genmux.cli import cli
from genmux.cli.api import cli_error
from genmux.cli.arguments import create_arguments
from genmux.cli.exits import REFUSED, UNREACHABLE, USAGE, CliError
from genmux.cli.show import print_table, print_timeline
from genmux.client.errors import Unreachable
from genmux.client.orders import read_order
from genmux.domain.errors import GenmuxError, InvalidInput, Unavailable
from genmux.domain.spec import Kind
from genmux.domain.text import same
from genmux.wires.rest import EventStatus, TaskStatus

NOTHING: dict[str, Any] = {"references": (), "options": ()}


def test_what_was_not_said_is_no_argument() -> None:
    said = {**NOTHING, "prompt": "x", "model": None, "audio": None, "seed": 0, "watermark": False}
    assert create_arguments("image", said) == {"seed": 0, "watermark": False}


def test_inputs_are_given_in_their_roles() -> None:
    said = {
        **NOTHING,
        "image": "a.png",
        "last_image": "https://a.example/z.png",
        "references": ("b.png",),
        "options": ('genmux={"delay": 3}', "style=oil"),
    }
    found = create_arguments("video", said)
    assert found == {
        "first_frame": "a.png",
        "last_frame": "https://a.example/z.png",
        "references": ["b.png"],
        "options": {"genmux": {"delay": 3}, "style": "oil"},
    }
    assert len(read_order(Kind.VIDEO, "x", found).sources) == 3
    assert create_arguments("image", said)["references"] == ["a.png", "b.png"]


@pytest.mark.parametrize(("kind", "name"), [("video", "first_frame"), ("image", "references")])
def test_an_earlier_result_is_where_it_begins(kind: str, name: str) -> None:
    result = f"task_{'0f' * 16}#1"
    found = create_arguments(kind, {**NOTHING, "from_task": result})
    assert found[name] in (f"task:{result}", [f"task:{result}"])
    assert create_arguments(kind, {**NOTHING, "image": f"task:{result}"}) == found
    with pytest.raises(CliError) as caught:
        create_arguments(kind, {**NOTHING, "image": "https://b.example", "from_task": result})
    assert caught.value.exit_code == USAGE


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (InvalidInput(same("no")), "", USAGE),
        (Unreachable(same("no")), "", UNREACHABLE),
        (InvalidInput(same("no")), "invalid_input", REFUSED),
        (Unavailable(same("no")), "unavailable", REFUSED),
    ],
)
def test_errors_of_the_client_end_a_command(error: GenmuxError, code: str, exit_code: int) -> None:
    error.upstream_code = code
    ended = cli_error(error)
    assert ended.exit_code == exit_code
    assert str(ended) == (f"no ({code})" if code else "no")


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
    assert names == ["python", "sqlite", "database", "data", "disk", "port", "clock", "render"]
    assert not (tmp_path / "new").exists()


def test_doctor_fails_with_1_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environ = {"GENMUX_PORT": str(taken.getsockname()[1])}
        done = CliRunner(env=environ).invoke(cli, ["doctor", "--data", str(tmp_path)])
    assert done.exit_code == 1
    assert "FAIL  port" in done.stdout
