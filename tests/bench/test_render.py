"""The rendering bench on one scene and films of a few frames; no time is asserted."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.render import measure

from genmux.render.showcase import showcase


def test_the_tables_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (scene,) = [shown for shown in showcase() if shown.name == "silk"]
    measure(0.1, 1, tmp_path, [scene])
    lines = capsys.readouterr().out.splitlines()
    for row in ("silk", "720p film, median", "first frame to film", "films and stills to 1080p"):
        assert any(line.startswith(f"| {row}") for line in lines), row
    assert list(tmp_path.iterdir()) == []
