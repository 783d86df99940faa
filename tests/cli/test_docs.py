"""docs/cli.md and docs/rest.md are total: every command, option, exit code, endpoint, field and error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from genmux.cli import cli
from genmux.cli.exits import EXITS
from genmux.cli.options import target_options
from genmux.dialects.rest import PREFIX, ROUTES
from genmux.wires import rest
from genmux.wires.rest_problems import TITLE

DOCS = Path(__file__).parents[2] / "docs"


def sections(name: str) -> dict[str, str]:
    """Return each section's text by its heading."""
    parts = re.split(r"^## (.+)$", (DOCS / name).read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def commands(group: click.Command = cli, path: str = "genmux") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(group, click.Group):
        yield path, group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from commands(command, f"{path} {name}")


ALL = list(commands())


@target_options
def _shared() -> None: ...


SHARED = {option for item in _shared.__click_params__ for option in item.opts} | {"--json"}  # type: ignore[attr-defined]


def test_every_command_has_a_heading_and_every_heading_a_command() -> None:
    assert {h for h in sections("cli.md") if h.startswith("genmux")} == {path for path, _ in ALL}


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_a_command_shows_examples_and_names_its_options(path: str, command: click.Command) -> None:
    section = sections("cli.md")[path]
    assert f"\n{path}" in section, "no example"
    assert re.search(rf"\n +{path}\b", command.help or ""), "no example in the help"
    options = [o for p in command.params if isinstance(p, click.Option) for o in (*p.opts, *p.secondary_opts)]
    shared = SHARED if "--server" in options else set()
    for option in set(options) - shared:
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", section), option


def test_the_shared_options_and_exit_codes_are_listed() -> None:
    found = sections("cli.md")
    for option in SHARED:
        assert f"`{option}" in found["Options of every command that talks to a server"]
    listed = dict(re.findall(r"^\| (\d+) \| ([^|:]+?)(?::[^|]*)? \|$", found["Exit codes"], re.MULTILINE))
    assert listed == {str(code): text.en for code, text in EXITS.items()}


def test_every_endpoint_has_a_heading_and_every_heading_an_endpoint() -> None:
    headings = {h for h in sections("rest.md") if PREFIX in h}
    assert headings == {f"{route.method} {PREFIX}{route.path}" for route in ROUTES}


def test_every_field_of_a_create_is_named() -> None:
    section = sections("rest.md")["POST /api/v1/tasks"]
    for name in rest.KNOWN:
        assert re.search(rf"^\|[^|]*`{name}`", section, re.MULTILINE), name


def test_every_field_of_a_task_is_named() -> None:
    section = sections("rest.md")["GET /api/v1/tasks/{id}"]
    for name in (*rest.TaskStatus.__struct_fields__, *rest.ArtifactStatus.__struct_fields__):
        assert f'"{name}"' in section or f"`{name}`" in section, name


def test_every_error_code_is_listed_with_its_status() -> None:
    rows = re.findall(r"^\| (`[^|]+) \| (\d+) \|", sections("rest.md")["What comes back"], re.MULTILINE)
    listed = {code: int(status) for codes, status in rows for code in re.findall(r"`(\w+)`", codes)}
    assert set(listed) == set(TITLE)
    for cls, status in rest.STATUS.items():
        assert listed[cls.code] == status
