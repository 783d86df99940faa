"""A few processes on one database: who does what, and how soon one learns what another did."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from tests.chaos.gateway import MODELS, write_config
from tests.e2e.serving import IMAGE, SMALL_FILM, VIDEO, Client, get, poll, send
from tests.fleet.members import Fleet, Member

from genmux.testing.postgres import Postgres, with_database
from genmux.testing.upstream.launch import Launched, launched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

SMALL: dict[str, Any] = {"kind": "image", "prompt": "silk", "size": "512x512"}
SKEWED = (str(Path(__file__).with_name("skewed.py")), "serve")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fleet")


@pytest.fixture(scope="module")
def fleet(home: Path, postgres: Postgres) -> Iterator[Fleet]:
    (home / "genmux.toml").touch()
    with postgres.database() as url:
        fleet = Fleet(home, url, home / "genmux.toml", {"LOG_LEVEL": "info"})
        yield fleet
        fleet.close()


@pytest.fixture(scope="module")
def apis(fleet: Fleet) -> list[Member]:
    """Two processes that answer clients."""
    return [member.up() for member in [fleet.member(name, "api") for name in ("api-1", "api-2")]]


@pytest.fixture(scope="module")
def engine(fleet: Fleet) -> Member:
    """One process that makes tasks."""
    return fleet.member("engine", "engine").up()


def asked(client: Client, method: str, path: str, body: Any = None) -> Any:
    reply = client.rest(method, path, body)
    assert reply.status in (200, 201, 204), (reply.status, reply.body)
    return json.loads(reply.body) if reply.body else None


def test_who_answers_clients_makes_nothing_and_who_makes_answers_no_clients(
    apis: list[Member], engine: Member
) -> None:
    client = apis[0].client()
    assert engine.stop() == 0
    task = asked(client, "POST", "/tasks", SMALL)
    time.sleep(1.5)
    other = apis[1].client(client)
    assert asked(other, "GET", f"/tasks/{task['id']}")["state"] == "queued"
    engine.start()
    engine.up()
    made = asked(other, "GET", f"/tasks/{task['id']}?wait=30")
    assert made["state"] == "succeeded"
    assert get(made["artifacts"][0]["url"]).body[:4] == b"\x89PNG"
    assert send(engine.address, "POST", "/api/v1/tasks", body=b"{}").status == 404
    assert send(engine.address, "GET", "/healthz").status == 200
    figures = send(engine.address, "GET", "/metrics").body.decode()
    assert 'genmux_tasks{state="succeeded"}' in figures
    assert send(apis[0].address, "GET", "/metrics").status != 200  # where clients are, only if asked for


def test_a_render_that_is_cancelled_elsewhere_stops(apis: list[Member], engine: Member) -> None:
    client = apis[0].client()
    film = client.create(VIDEO, {**SMALL_FILM, "Duration": 10, "ExtraParameters": {"Resolution": "1080P"}})
    client.wait(film, ("RUN",))
    other = apis[1].client(client)
    asked(other, "POST", f"/tasks/task_{film.rsplit('-', 1)[1]}/cancel")
    assert client.wait(film, seconds=10)["Status"] == "FAIL"


def test_a_revoked_key_is_refused_everywhere_within_a_second(apis: list[Member]) -> None:
    client = apis[0].client()
    other = apis[1].client(client)
    assert asked(other, "GET", "/tasks") is not None
    asked(apis[0].operator, "DELETE", f"/keys/{client.secret_id}")
    poll(lambda: other.rest("GET", "/tasks").status == 401, "the other process refuses it", 2.0)


def test_an_operator_is_one_everywhere_and_so_are_urls_and_channels(
    apis: list[Member], engine: Member
) -> None:
    one, two = (member.operator for member in apis)
    task = asked(one, "POST", "/tasks", SMALL)
    url = asked(two, "GET", f"/tasks/{task['id']}?wait=20")["artifacts"][0]["url"]
    assert get(url.replace(apis[1].address, apis[0].address)).status == 200
    body = {"provider": "preview", "models": ["image/Hunyuan/*"], "slots": 3}
    asked(one, "PUT", "/channels/mine", body)

    def routed(client: Client) -> bool:
        listed = asked(client, "GET", "/channels")["channels"]
        return any(c["name"] == "mine" and c["enabled"] and c["slots_limit"] == 3 for c in listed)

    poll(lambda: routed(two), "the other process routes by the new channel", 2.5)
    asked(two, "DELETE", "/channels/mine")
    poll(lambda: not routed(one), "the other process routes by it no more", 2.5)


def test_a_database_that_is_away_for_a_while_is_waited_for(
    fleet: Fleet, apis: list[Member], engine: Member
) -> None:
    client = apis[0].client()
    slow = asked(client, "POST", "/tasks", {**SMALL, "prompt": "[[genmux delay=2]] silk"})
    poll(
        lambda: asked(client, "GET", f"/tasks/{slow['id']}")["state"] == "submitting", "it is being made", 10
    )
    name = sql.Identifier(urlsplit(fleet.database).path.lstrip("/"))
    with psycopg.connect(with_database(fleet.database, "postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        try:
            ours = urlsplit(fleet.database).path.lstrip("/")
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (ours,)
            )
            time.sleep(4.0)
            assert client.rest("GET", "/tasks").status == 503
        finally:
            admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
    poll(lambda: client.rest("GET", "/tasks").status == 200, "clients are answered again", 15)
    for member in (*apis, engine):
        poll(lambda m=member: send(m.address, "GET", "/readyz").status == 200, "it is ready again", 15)  # type: ignore[misc]
    assert asked(client, "GET", f"/tasks/{slow['id']}?wait=30")["state"] == "succeeded"
    task = asked(apis[1].client(client), "POST", "/tasks", SMALL)
    assert asked(client, "GET", f"/tasks/{task['id']}?wait=30")["state"] == "succeeded"


def test_another_key_is_refused_at_the_start(fleet: Fleet, apis: list[Member]) -> None:
    member = fleet.member("stranger", "api", SECRET_KEY="ab" * 32)
    assert member.process is not None
    assert member.process.wait(30) == 3
    assert "sealed with another key" in member.log.read_text()
    member.kill()


def test_the_password_is_never_said(fleet: Fleet) -> None:
    url = "postgresql://genmux:not-a-real-password@127.0.0.1:9/genmux"
    member = fleet.member("lost", "api", DATABASE=url)
    assert member.process is not None
    assert member.process.wait(30) == 3
    said = member.log.read_text()
    assert "cannot be opened" in said
    assert "not-a-real-password" not in said
    member.kill()


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Launched]:
    with launched(tmp_path / "upstream", median=1.0, spread=0.3, seed=3) as upstream:
        yield upstream


def test_a_clock_that_is_a_minute_off_breaks_no_lease(
    tmp_path: Path, postgres: Postgres, upstream: Launched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One engine believes in another minute; everything is made once, and leases are in the database's."""
    monkeypatch.setenv("SKEW_SECONDS", "60")
    with postgres.database() as url:
        fleet = Fleet(tmp_path, url, write_config(tmp_path / "genmux.toml", upstream.url))
        try:
            right = fleet.member("right", "all")
            wrong = fleet.member("wrong", "engine", SKEWED)
            client = right.up().client()
            wrong.up()
            family, version = MODELS["vod"]["image"]
            made = [
                client.create(
                    IMAGE,
                    {"ModelName": family, "ModelVersion": version, "Prompt": f"label=vod-{n:05d} a cat"},
                )
                for n in range(30)
            ]
            with psycopg.connect(url, autocommit=True) as db:
                ends = "SELECT max(abs(due_at - extract(epoch FROM now()) * 1000)) FROM tasks"
                leased = db.execute(f"{ends} WHERE worker_id IS NOT NULL").fetchone()
                assert leased is None or leased[0] is None or leased[0] < 20_000
            for task_id in made:
                assert client.wait(task_id)["Status"] == "DONE"
            labels = [entry.label for entry in upstream.accepted()]
            assert len(labels) == len(set(labels)) == 30
            assert [member.stop() for member in (right, wrong)] == [0, 0]
        finally:
            fleet.close()
