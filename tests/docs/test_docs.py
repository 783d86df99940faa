"""The pages hold together: links lead somewhere, every page is in the site, and the site builds."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.docs.__main__ import ZENSICAL
from tests.docs.pages import DOCS, ROOT, name_of

TEXTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
SITE = ROOT / "zensical.toml"


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_every_page_is_in_the_site_once() -> None:
    listed = list(_listed(tomllib.loads(SITE.read_text("utf-8"))["project"]["nav"]))
    assert sorted(listed) == [path.relative_to(DOCS).as_posix() for path in sorted(DOCS.rglob("*.md"))]


def _listed(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
        return
    for inner in entry.values() if isinstance(entry, dict) else entry:
        yield from _listed(inner)


def test_the_chinese_readme_says_the_same() -> None:
    """Equal programs, which the English page's tests run, equal links, and as many headings and rows."""
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
    for pattern in (r"^```.*?^```", r"\]\((?!README)[^)]+\)"):
        found = [re.findall(pattern, text, re.MULTILINE | re.DOTALL) for text in (english, chinese)]
        assert sorted(found[0]) == sorted(found[1])
    for mark in ("^#+ ", r"^\|", r"^- "):
        counted = [len(re.findall(mark, text, re.MULTILINE)) for text in (english, chinese)]
        assert counted[0] == counted[1], mark


def test_the_site_builds_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(SITE, tmp_path)
    done = subprocess.run(
        [ZENSICAL, "build", "--strict"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for page in (tmp_path / "build" / "site").rglob("*.html"):
        text = page.read_text("utf-8")
        assert not re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=.?https?://[^>]*", text), page


def test_the_tour_names_modules_that_exist() -> None:
    text = (DOCS / "tour.md").read_text("utf-8")
    for name in re.findall(r"`([a-z_0-9]+(?:/[a-z_0-9]+)*\.py)`", text):
        assert (ROOT / "src/genmux" / name).exists() or (ROOT / name).exists(), name
    for name in re.findall(r"`([a-z]+)`(?=[ ,.:])", text):
        if (ROOT / "src/genmux" / name).is_dir():
            continue
        assert name not in {"helpers", "utils"}


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(p.name[:4]) for p in sorted((DOCS / "adr").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
