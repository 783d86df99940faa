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
from tests.crash.children import Child, child
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


def start(home: Path, *target: object, **environ: str) -> subprocess.Popen[bytes]:
    """Start the batch at a target, always with the same words; what it prints is in `told` and `errors`."""
    words = ("batch", home / "tiny.jsonl", "-o", home / "out", "--json", *target)
    with (home / "told").open("wb") as told, (home / "errors").open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "genmux", *map(str, words)],
            env={k: v for k, v in os.environ.items() if not k.startswith("GENMUX_")} | environ,
            stdout=told,
            stderr=errors,
        )


def write(home: Path, lines: int, **fields: str) -> None:
    rows = [json.dumps({**TINY, **fields, "prompt": f"tile {n}"}) for n in range(lines)]
    (home / "tiny.jsonl").write_text("\n".join(rows))


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
    write(tmp_path, LINES)
    server = Child(tmp_path / "data")
    batch = start(tmp_path, "--data", tmp_path / "data")
    try:
        for victim, moment in zip(KILLS, sorted(chance.sample(range(RECORDS - 50), len(KILLS))), strict=True):
            poll(lambda m=moment: records(tmp_path) > m, f"the manifest has {moment} records", 120)  # type: ignore[misc]
            if victim == "batch" or (victim == "either" and chance.random() < 0.5):
                batch.kill()
                assert batch.wait(10) == -9
                batch = start(tmp_path, "--data", tmp_path / "data")
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


def test_at_mps_a_killed_batch_knows_which_lines_it_is_in_doubt_about(
    tmp_path: Path, chance: random.Random
) -> None:
    """Our server plays MPS, which has no keys: no line is made twice unless somebody asks for it."""
    lines = 12
    write(tmp_path, lines, model="Hunyuan/3.0", size="512x512")
    with child(tmp_path / "data") as server:
        client = server.new_client()
        key = {"secretId": client.secret_id, "secretKey": client.secret_key}
        config = {"tencentCloud": key, "concurrency": {"maxImageTasks": 8, "pollIntervalMs": 200}}
        (tmp_path / "config.json").write_text(json.dumps(config))
        target = ("--endpoint", "mps", "--config", tmp_path / "config.json")
        environ = {"MPS_BASE_URL": f"http://{server.address}"}
        batch = start(tmp_path, *target, **environ)
        moment = chance.randrange(3, 2 * lines)
        poll(lambda: records(tmp_path) > moment, f"the manifest has {moment} records", 60)
        batch.kill()
        assert batch.wait(10) == -9
        ended = start(tmp_path, *target, **environ).wait(100)
        told = json.loads((tmp_path / "told").read_text())
        assert told["done"] + told["unknown"] == lines, told
        assert ended == (1 if told["unknown"] else 0)
        assert told["done"] <= len(list(tasks(server))) <= lines
        assert start(tmp_path, *target, "--resubmit-unknown", **environ).wait(100) == 0
        assert len(list((tmp_path / "out").glob("*.png"))) == lines
