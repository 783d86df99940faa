"""`serve --processes`: one port, several processes, none of which is missed when it dies."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

import pytest
from tests.e2e.serving import IMAGE, SMALL_PICTURE, poll, send
from tests.fleet.members import SERVE, Fleet, Member

from genmux.store.ownership import owner_of
from genmux.testing.postgres import Postgres

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture
def fleet(tmp_path: Path, postgres: Postgres) -> Iterator[Fleet]:
    (tmp_path / "genmux.toml").touch()
    with postgres.database() as url:
        fleet = Fleet(tmp_path, url, tmp_path / "genmux.toml", {"LOG_LEVEL": "info"})
        yield fleet
        fleet.close()


def children(pid: int) -> list[int]:
    """Return the workers of a supervisor."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if b"genmux.compose.worker" in words and parent == pid:
            found.append(int(entry.name))
    return found


def start(fleet: Fleet, **settings: str) -> tuple[Member, int]:
    member = fleet.member("served", "all", (*SERVE, "--processes", "2"), **settings).up()
    assert member.process is not None
    return member, member.process.pid


def test_a_process_that_dies_is_replaced_and_no_new_connection_fails(fleet: Fleet) -> None:
    member, pid = start(fleet)
    client = member.client()
    workers = children(pid)
    assert len(workers) == 2
    card = owner_of(member.data)
    assert card is not None
    assert (card.pid, card.token) == (pid, member.operator.token)
    for victim in workers:
        os.kill(victim, signal.SIGKILL)
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            assert send(member.address, "GET", "/healthz").status == 200
        poll(lambda: len(children(pid)) == 2, "there are two again", 10)
    assert not set(workers) & set(children(pid))
    assert client.wait(client.create(IMAGE, SMALL_PICTURE))["Status"] == "DONE"
    second = Member(fleet, "second", "all", {}, (*SERVE, "--processes", "2"), member.address)
    second.start()
    fleet.members.append(second)
    assert second.process is not None
    assert second.process.wait(30) == 3
    assert "in use" in second.log.read_text()
    said = member.log.read_text()
    assert "process=1" in said
    assert "process=2" in said
    left = children(pid)
    assert member.stop() == 0
    assert not any(Path(f"/proc/{worker}").exists() for worker in left)
    assert owner_of(member.data) is None


def test_workers_of_a_supervisor_that_was_killed_drain(fleet: Fleet) -> None:
    member, pid = start(fleet, ROLE="api")
    left = children(pid)
    assert len(left) == 2
    member.kill()
    poll(lambda: not any(Path(f"/proc/{worker}").exists() for worker in left), "they have ended", 20)
    with pytest.raises((OSError, HTTPException)):
        send(member.address, "GET", "/healthz")


def test_what_keeps_a_worker_from_starting_ends_the_start(fleet: Fleet) -> None:
    member = fleet.member(
        "lost", "all", (*SERVE, "--processes", "2"), DATABASE="postgresql://x@127.0.0.1:9/x"
    )
    assert member.process is not None
    assert member.process.wait(30) == 3
    said = member.log.read_text()
    assert "cannot be opened" in said
    assert "ended before it served" in said
    assert "Traceback" not in said
