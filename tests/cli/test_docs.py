"""docs/cli.md and docs/rest.md are total: every command, exit code, endpoint and field of an answer."""

from __future__ import annotations

import re

import click
import pytest
from tests.docs.pages import sections
from tests.docs.reference import commands

from genmux.cli.exits import EXITS
from genmux.dialects.rest import PREFIX, ROUTES
from genmux.wires import rest

ALL = list(commands())


def test_every_command_has_a_heading_and_every_heading_a_command() -> None:
    assert {h for h in sections("cli.md") if h.startswith("genmux")} == {path for path, _ in ALL}


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_a_command_shows_examples(path: str, command: click.Command) -> None:
    assert re.search(rf"^(\w+=\$\(|eval \"\$\(|echo .* \| )?{path}\b", sections("cli.md")[path], re.MULTILINE)
    assert re.search(rf"\n +{path}\b", command.help or ""), "no example in the help"


def test_the_exit_codes_are_listed() -> None:
    rows = re.findall(
        r"^\| (\d+) \| ([^|:]+?)(?::[^|]*)? \|$", sections("cli.md")["Exit codes"], re.MULTILINE
    )
    assert dict(rows) == {str(code): text.en for code, text in EXITS.items()}


def test_every_endpoint_has_a_heading_and_every_heading_an_endpoint() -> None:
    headings = {h for h in sections("rest.md") if PREFIX in h}
    assert headings == {f"{route.method} {PREFIX}{route.path}" for route in ROUTES}


def test_every_field_of_a_task_is_named() -> None:
    section = sections("rest.md")["GET /api/v1/tasks/{id}"]
    for name in (*rest.TaskStatus.__struct_fields__, *rest.ArtifactStatus.__struct_fields__):
        assert f'"{name}"' in section or f"`{name}`" in section, name
