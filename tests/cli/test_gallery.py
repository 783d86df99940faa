"""The gallery's pages, one of them painted for real."""

from __future__ import annotations

import io
import json
from pathlib import Path

import click
from click.testing import CliRunner
from PIL import Image

from genmux.cli import cli
from genmux.cli.gallery import FILMS, FROM_BOTH, FROM_FIRST, PAGES, RATIOS, RESTYLED, gallery
from genmux.render.showcase import showcase


def test_what_is_shown_is_in_the_showcase() -> None:
    shown = {one.name for one in showcase()}
    names = [name for _, row in RATIOS for name in row] + [name for row in FILMS for name in row]
    names += [name for name, _ in RESTYLED] + [FROM_FIRST[0], *FROM_BOTH[0]]
    assert set(names) <= shown
    assert len(shown) == len(showcase()) == 24


def test_every_page_can_be_asked_for_alone() -> None:
    (only,) = (option for option in gallery.params if option.name == "only")
    assert isinstance(only.type, click.Choice)
    assert tuple(only.type.choices) == tuple(PAGES)


def test_a_page_is_painted(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["gallery", "--only", "modes", "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    (path,) = json.loads(done.output)["files"]
    with Image.open(io.BytesIO(Path(path).read_bytes())) as page:
        assert (page.format, page.width) == ("WEBP", 1920)
