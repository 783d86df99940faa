"""An installation on a laptop moves to PostgreSQL with everything that it has."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.serving import IMAGE, SMALL_PICTURE, Client, get
from tests.fleet.members import Fleet

from genmux.testing.postgres import Postgres

TASKS = 3


@pytest.fixture
def fleet(tmp_path: Path, postgres: Postgres) -> Iterator[Fleet]:
    (tmp_path / "genmux.toml").touch()
    with postgres.database() as url:
        fleet = Fleet(tmp_path, url, tmp_path / "genmux.toml")
        yield fleet
        fleet.close()


def copy(*places: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "genmux", "db", "copy", *places, "--json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def told(client: Client) -> list[dict[str, Any]]:
    """Return all tasks with everything of theirs but what differs by address."""
    listed = json.loads(client.rest("GET", "/tasks?limit=100").body)["tasks"]
    found = [json.loads(client.rest("GET", f"/tasks/{task['id']}").body) for task in listed]
    for task in found:
        for artifact in task["artifacts"]:
            artifact["url"] = artifact["url"].partition("/files/")[2]
    return found


def test_a_laptop_moves_to_postgres_without_losing_a_task(fleet: Fleet) -> None:
    laptop = fleet.member("laptop", "all", DATABASE="", MEDIA="").up()
    operator = laptop.client()
    made = [operator.create(IMAGE, SMALL_PICTURE) for _ in range(TASKS)]
    for task_id in made:
        assert operator.wait(task_id)["Status"] == "DONE"
    assert laptop.stop() == 0
    laptop.settings["PAUSED"] = "true"
    laptop.start()
    laptop.up()
    queued = operator.create(IMAGE, SMALL_PICTURE)
    before = told(operator)
    served = copy(str(laptop.data), fleet.database)
    assert served.returncode == 3
    assert "stop it first" in served.stderr
    assert laptop.stop() == 0

    moved = copy(str(laptop.data), fleet.database)
    assert moved.returncode == 0, moved.stderr
    assert json.loads(moved.stdout)["rows"]["tasks"] == TASKS + 1
    again = copy(str(laptop.data), fleet.database)
    assert again.returncode == 3, "the target is not empty any more"

    fleet_member = fleet.member("grown", "all", PAUSED="true", MEDIA="", DATA=str(laptop.data)).up()
    client = fleet_member.client(operator)
    assert told(client) == before
    for task_id in made:
        (url,) = client.describe(task_id)["ImageUrls"]
        assert get(url).body[:4] == b"\x89PNG"
    refused = copy(fleet.database, str(fleet.home / "back"))
    assert refused.returncode == 3
    assert "is at work" in refused.stderr
    assert fleet_member.stop() == 0
    fleet_member.settings.pop("PAUSED")
    fleet_member.start()
    fleet_member.up()
    assert client.wait(queued)["Status"] == "DONE"
    assert client.wait(client.create(IMAGE, SMALL_PICTURE))["Status"] == "DONE"
    assert fleet_member.stop() == 0
