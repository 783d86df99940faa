"""What the pages list is what the code has: tables written from it are up to date, the others are total."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from tests.docs.pages import DOCS, PAGES, first_cells
from tests.docs.parts import named_parts, read_part, write_part
from tests.docs.reference import PARTS

from genmux.providers.script import WORDS
from genmux.settings import Settings
from genmux.wires import openai_errors, vod_tasks

IN_WORDS = {"database", "pooled", "signed_hosts", "rates", "channels", "render_workers", "media"}
"""Settings whose default the page says in words."""


@pytest.mark.parametrize(("page", "name"), PARTS, ids=lambda p: p.stem if isinstance(p, Path) else p)
def test_a_part_is_what_the_code_says(page: Path, name: str) -> None:
    assert read_part(page, name) == PARTS[page, name](), "run make docs"


def test_every_part_of_a_page_has_a_writer() -> None:
    written = {(page, name) for page in PAGES for name in named_parts(page) if page.stem != "reliability"}
    assert written == set(PARTS)


def test_a_part_of_a_page_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- x: written by make docs -->\nold\n<!-- end of x -->\nb\n")
    write_part(page, "x", "new")
    assert page.read_text() == "a\n<!-- x: written by make docs -->\n\nnew\n\n<!-- end of x -->\nb\n"
    assert read_part(page, "x") == "new"
    with pytest.raises(ValueError, match="has no part y"):
        write_part(page, "y", "new")


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    assert first_cells("settings.md") == {f.name for f in fields(Settings)}


@pytest.mark.parametrize("field", fields(Settings), ids=lambda f: f.name)
def test_a_setting_has_the_default_that_its_row_says(field: Field[Any]) -> None:
    text = (DOCS / "settings.md").read_text("utf-8")
    said = re.search(rf"^\| `{field.name}` \| ([^|]*)\|", text, re.MULTILINE)
    assert said is not None
    default = field.default if field.default is not MISSING else None
    if field.name in IN_WORDS:
        assert said[1].strip(" `")
    else:
        assert said[1].strip(" `") == _shown(default)


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default is None or default == () else str(default)


def test_every_script_word_has_a_row() -> None:
    assert first_cells("emulator.md") == set(WORDS)


def test_every_failure_of_a_task_has_a_row() -> None:
    codes: Mapping[str, Any] = openai_errors.FAILURES
    assert {*vod_tasks.FAILURES, openai_errors.CANCELLED} == set(codes)
    assert first_cells("errors.md") >= set(codes)


def test_every_provider_is_named_among_the_channels() -> None:
    text = (DOCS / "channels.md").read_text("utf-8")
    for provider in entry_points(group="genmux.providers"):
        assert f"`{provider.name}`" in text, provider.name
