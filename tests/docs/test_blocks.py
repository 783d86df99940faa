"""Every block of the documentation is checked by what it is, and what is not run says why."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.docs.pages import PAGES, ROOT, Block, blocks, name_of, sections
from tests.docs.reader import SERVERS, SHELLS, installs, runs
from tests.official.node.installed import PACKAGE

from genmux.settings import load_settings

ALL = [block for path in PAGES for block in blocks(path)]
NOT_RUN = {
    ("README.md", "needs Docker"),
    ("README.md", "needs a PostgreSQL server; tests/fleet/test_move.py runs it"),
    ("docs/cli.md", "needs a task whose outcome an upstream left unknown"),
    ("docs/cli.md", "calls the platform"),
    ("docs/cli.md", "tests/cli/test_gallery.py runs it"),
    ("docs/cli.md", "tests/cli/test_server.py runs it"),
    ("docs/cli.md", "needs a PostgreSQL server; tests/fleet runs it"),
    ("docs/cli.md", "needs a PostgreSQL server; tests/cli/test_db.py runs it"),
    ("docs/performance.md", "takes minutes; tests/bench runs each bench in small"),
    ("docs/deploy.md", "needs Docker"),
    ("docs/deploy.md", "needs a cluster"),
    ("docs/scaling.md", "takes two minutes; tests/bench/test_fleet.py runs it in small"),
}
READ = ("go", "java")
SIX = ("The complete flow in six lines", "The flow with a queue in six lines")
"""The guides' two flows with our own client."""
SHOWN = ("text",)
"""What is printed: outputs, trees, prompts."""


def those(*languages: str) -> list[Block]:
    return [block for block in ALL if block.language in languages]


def test_what_is_not_run_is_this_and_says_why() -> None:
    assert {(block.page, block.notes["not run"]) for block in ALL if "not run" in block.notes} == NOT_RUN


def test_every_block_is_run_or_checked_or_shown() -> None:
    for block in ALL:
        checked = runs(block) or installs(block) or block.language in ("json", "toml", *READ, *SHOWN)
        assert checked or "not run" in block.notes, block.place


def test_every_server_that_a_block_wants_can_be_had() -> None:
    for block in ALL:
        assert block.wants.keys() <= {"server"}, block.place
        assert block.wants.get("server", "genmux") in SERVERS, block.place


def test_a_file_that_is_saved_is_used_by_its_page() -> None:
    for path in PAGES:
        page = blocks(path)
        for number, block in enumerate(page):
            name = Path(block.notes.get("file", "")).stem.replace("conftest", "pytest")
            assert any(re.search(rf"\b{name}\b", later.text) for later in page[number + 1 :]) or not name, (
                block.place
            )


@pytest.mark.parametrize("block", those("json"), ids=lambda b: b.place)
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", those("toml"), ids=lambda b: b.place)
def test_settings_are_settings(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "genmux.toml"
    file.write_text(block.text, "utf-8")
    load_settings(environ={}, config=file)


@pytest.mark.parametrize("path", [ROOT / block.page for block in those(*READ)], ids=name_of)
def test_a_page_whose_program_is_not_run_says_so(path: Path) -> None:
    assert "\nRead, not run: " in path.read_text("utf-8")


@pytest.mark.parametrize("heading", SIX)
def test_the_flows_of_the_guides_are_six_lines(heading: str) -> None:
    (program,) = re.findall(
        r"^```python\n(.*?)^```$", sections("migration.md")[heading], re.MULTILINE | re.DOTALL
    )
    assert len([line for line in program.splitlines() if line]) == 6


def test_what_is_installed_is_what_the_tests_have() -> None:
    node = json.loads(PACKAGE.read_text("utf-8"))["dependencies"]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for block in filter(installs, those(*SHELLS)):
        for line in block.text.splitlines():
            command, *names = re.sub(r" *#.*", "", line).replace(" install", "").split()
            for name in names:
                assert (
                    version(name)
                    if command.endswith("pip")
                    else name in (node if command == "npm" else targets)
                )
