"""kill -9 of a batch and of its server, at random moments: every line is made, and none twice."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.crash.children import Child
from tests.e2e.serving import poll

from genmux.store.ownership import CARD_NAME

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ends servers that share a machine")

LINES = 500
RECORDS = 3 * LINES
KILLS = ("batch", "server", "batch", "server", "either")
TINY = {"kind": "image", "model": "GEM/3.0", "size": "64x64"}


@pytest.fixture
def chance() -> random.Random:
    """Random moments that can be had again: the seed is printed when a test fails."""
    seed = int(os.environ.get("GENMUX_TEST_SEED", random.SystemRandom().randrange(1_000_000)))
    print(f"GENMUX_TEST_SEED={seed}")
    return random.Random(seed)


def start(home: Path) -> subprocess.Popen[bytes]:
    """Start the batch, always with the same words; what it prints is in `told` and `errors`."""
    words = ("batch", home / "tiny.jsonl", "-o", home / "out", "--data", home / "data", "--json")
    with (home / "told").open("wb") as told, (home / "errors").open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "genmux", *map(str, words)],
            env={k: v for k, v in os.environ.items() if not k.startswith("GENMUX_")},
            stdout=told,
            stderr=errors,
        )


def records(home: Path) -> int:
    """Return how many records the manifest has."""
    manifest = home / "out" / "manifest.jsonl"
    return manifest.read_bytes().count(b"\n") if manifest.exists() else 0


def tasks(server: Child) -> Iterator[dict[str, Any]]:
    """Yield every task of the server's table."""
    cursor = ""
    while True:
        page = json.loads(server.operator.rest("GET", f"/tasks?limit=100&detail=1{cursor}").body)
        yield from page["tasks"]
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.timeout(300)
def test_five_hundred_lines_survive_five_kills(tmp_path: Path, chance: random.Random) -> None:
    lines = [json.dumps({**TINY, "prompt": f"tile {n}"}) for n in range(LINES)]
    (tmp_path / "tiny.jsonl").write_text("\n".join(lines))
    server = Child(tmp_path / "data")
    batch = start(tmp_path)
    try:
        for victim, moment in zip(KILLS, sorted(chance.sample(range(RECORDS - 50), len(KILLS))), strict=True):
            poll(lambda m=moment: records(tmp_path) > m, f"the manifest has {moment} records", 120)  # type: ignore[misc]
            if victim == "batch" or (victim == "either" and chance.random() < 0.5):
                batch.kill()
                assert batch.wait(10) == -9
                batch = start(tmp_path)
            else:
                server.kill()
                server = Child(tmp_path / "data")
        assert batch.wait(200) == 0, (tmp_path / "errors").read_text()
        assert json.loads((tmp_path / "told").read_text())["done"] == LINES
        found = [task["spec"]["prompt"] for task in tasks(server)]
        assert sorted(found) == sorted(f"tile {n}" for n in range(LINES))
        files = sorted((tmp_path / "out").iterdir())
        assert [file.name for file in files] == [
            *(f"{n:04}.png" for n in range(1, LINES + 1)),
            "manifest.jsonl",
        ]
        for file in files[:-1]:
            with Image.open(file) as picture:
                picture.load()
                assert picture.size == (64, 64)
        assert server.stop() == 0
    finally:
        batch.kill()
        if server.process.poll() is None:
            server.kill()
    assert not (tmp_path / "data" / CARD_NAME).exists()
