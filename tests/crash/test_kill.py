"""kill -9 of the server alone, at random moments: nothing acknowledged is lost, nothing is made twice."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from tests.crash.children import Child, child, no_workers_left, spool_files, workers_of
from tests.e2e.serving import IMAGE, SMALL_FILM, SMALL_PICTURE, VIDEO, Client, get, hex_of, poll

from genmux.store.ownership import CARD_NAME

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

KILLS = 5
FILMS: tuple[dict[str, Any], ...] = (
    {**SMALL_FILM, "Duration": 2},
    {**SMALL_FILM, "ExtraParameters": {"Resolution": "540P", "EnableAudio": True}},
    SMALL_FILM,
    {**SMALL_FILM, "Prompt": "[[genmux delay=2]] silk"},
    {**SMALL_FILM, "Prompt": "[[genmux delay=1]] silk"},
    {**SMALL_FILM, "Prompt": "[[genmux delay=0.5]] silk"},
)


@pytest.fixture
def chance() -> random.Random:
    """Random moments that can be had again: the seed is printed when a test fails."""
    seed = int(os.environ.get("GENMUX_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"GENMUX_TEST_SEED={seed}")
    return random.Random(seed)


def full(client: Client, task_id: str) -> dict[str, Any]:
    """Return everything the server says of a task, by its id at MPS or REST."""
    digits = hex_of(task_id.replace("_", "-"))
    answer: dict[str, Any] = json.loads(client.rest("GET", f"/tasks/task_{digits}").body)
    return answer


@pytest.mark.timeout(180)
def test_six_films_survive_five_kills(tmp_path: Path, chance: random.Random) -> None:
    data, dead = tmp_path / "data", []
    with child(data) as server:
        client = server.new_client()
        films = [client.create(VIDEO, body) for body in FILMS]
        client.wait(films[0], ("RUN", "DONE"))
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.0, 1.0))  # the moment is what is tested
            server.kill()
            dead.append(server.process.pid)
            server = Child(data)
            client = server.same_client(client)
        try:
            for task_id in films:
                answer = client.wait(task_id)
                assert answer["Status"] == "DONE", answer
                (url,) = answer["VideoUrls"]
                assert get(url).body[4:8] == b"ftyp"
                told = full(client, task_id)
                assert len(told["artifacts"]) == 1
                assert [event["kind"] for event in told["events"]].count("succeeded") == 1
            no_workers_left(dead)
            poll(lambda: not spool_files(data), f"the spool is empty: {spool_files(data)}", 10)
        finally:
            assert server.stop() == 0
    no_workers_left([server.process.pid])
    assert not spool_files(data)


SMALL: dict[str, Any] = {"kind": "video", "model": "PixVerse/v6", "prompt": "silk", "size": "64x48"}


def storyboard(client: Client) -> list[str]:
    """Create twenty tasks, each waiting for others: scenes from frames, joined, extended, converted."""
    made: list[str] = []

    def create(body: dict[str, Any], *sources: str, **reference: str) -> str:
        references = [{"source": f"task:{source}", **reference} for source in sources]
        reply = client.rest("POST", "/tasks", {**body, "references": references})
        assert reply.status == 201, reply.body
        made.append(json.loads(reply.body)["id"])
        return made[-1]

    def step(word: str, *sources: str, kind: str = "video", **said: Any) -> str:
        return create({"kind": kind, "step": word, **said}, *sources)

    frame, scenes = create({"kind": "image", "prompt": "silk", "size": "512x512"}), []
    for _ in range(5):
        scenes.append(create({**SMALL, "duration": 1}, frame, role="first_frame"))
        frame = step("last_frame", scenes[-1], kind="image")
    film = step("concatenate", *scenes)
    longer = step("extend", film, **{k: v for k, v in SMALL.items() if k != "kind"}, duration=1)
    whole = step("concatenate", longer, scenes[0])
    step("poster", whole, kind="image")
    step("convert", whole)
    step("convert", frame, kind="image")
    create({"kind": "image", "prompt": "silk", "size": "512x512"}, frame, role="reference")
    parts = full(client, longer)["events"][0]["data"]["parts"]
    return [*made, *(source.replace("task:", "task_") for source in parts.values())]


@pytest.mark.timeout(120)
def test_a_storyboard_survives_kills_and_every_task_of_it_is_made_once(
    tmp_path: Path, chance: random.Random
) -> None:
    data = tmp_path / "data"
    with child(data) as server:
        client = server.new_client()
        board = storyboard(client)
        server.kill()
    for _ in range(3):
        with child(data) as server:
            client = server.same_client(client)
            time.sleep(chance.uniform(0.0, 0.8))  # the moment is what is tested
            server.kill()
    with child(data) as server:
        client = server.same_client(client)
        for task_id in board:
            poll(lambda t=task_id: full(client, t)["finished_at"] is not None, f"{task_id} ends")  # type: ignore[misc]
            told = full(client, task_id)
            assert told["state"] == "succeeded", told
            assert len(told["artifacts"]) == 1
            assert [event["kind"] for event in told["events"]].count("succeeded") == 1
        listed = json.loads(client.rest("GET", "/tasks?limit=100").body)["tasks"]
        assert sorted(task["id"] for task in listed) == sorted(board)
        assert len(board) == 20
        poll(lambda: not spool_files(data), "the spool is empty", 10)
        assert server.stop() == 0


@pytest.mark.timeout(120)
def test_acknowledged_tasks_are_never_lost(tmp_path: Path, chance: random.Random) -> None:
    """Eight clients create as fast as they can while the server is killed; whoever got a TaskId keeps it."""
    data = tmp_path / "data"
    acknowledged: list[str] = []
    key: Client | None = None
    for _ in range(3):
        with child(data, paused="true") as server, ThreadPoolExecutor(8) as pool:
            client = server.same_client(key) if key is not None else server.new_client()
            key = client

            def create_until_dead(client: Client = client) -> list[str]:
                made: list[str] = []
                try:
                    while True:
                        made.append(client.create(IMAGE, SMALL_PICTURE))
                except (OSError, HTTPException):
                    return made

            bursts = [pool.submit(create_until_dead) for _ in range(8)]
            time.sleep(chance.uniform(0.1, 0.3))  # the moment is what is tested
            server.kill()
            for burst in bursts:
                acknowledged += burst.result()
    assert len(acknowledged) > 30
    assert len(set(acknowledged)) == len(acknowledged)
    with child(data, paused="true") as server:
        assert key is not None
        client = server.same_client(key)
        for task_id in acknowledged:
            assert client.describe(task_id)["Status"] == "WAIT"
        assert server.stop() == 0


def test_a_chain_survives_a_kill_between_its_tasks(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with child(data) as server:
        client = server.new_client()
        picture = client.create(IMAGE, {**SMALL_PICTURE, "Prompt": "[[genmux delay=1]] silk"})
        film = client.create(VIDEO, {**SMALL_FILM, "ImageUrl": f"genmux://task/{picture}"})
        client.wait(picture, ("RUN",))
        server.kill()
    with child(data) as server:
        client = server.same_client(client)
        assert client.describe(film)["Status"] == "WAIT"
        assert client.wait(film)["Status"] == "DONE"
        (entry,) = full(client, film)["inputs"]
        (artifact,) = full(client, picture)["artifacts"]
        assert entry["sha256"] == artifact["sha256"]
        assert server.stop() == 0


def test_an_extended_film_survives_kills_and_leaves_no_copy_behind(tmp_path: Path) -> None:
    """Killed as it is accepted, and again while the films are joined on local copies of them."""
    data = tmp_path / "data"
    with child(data) as server:
        client = server.new_client()
        film = client.create(VIDEO, {**SMALL_FILM, "Duration": 2})
        body = {"kind": "video", "step": "extend", "model": "PixVerse/v6", "prompt": "silk", "duration": 1}
        reply = client.rest("POST", "/tasks", {**body, "references": [{"source": f"task:{film}"}]})
        whole = f"4-AigcVideo-{json.loads(reply.body)['id'].removeprefix('task_')}"
        server.kill()
    with child(data) as server:
        client = server.same_client(client)
        client.wait(whole, ("RUN",))
        server.kill()
    with child(data) as server:
        client = server.same_client(client)
        assert client.wait(whole)["Status"] == "DONE"
        assert abs(full(client, whole)["artifacts"][0]["seconds"] - 3) < 0.01
        poll(lambda: not spool_files(data), "the spool is empty", 10)
        assert server.stop() == 0


def test_sigterm_drains(tmp_path: Path) -> None:
    """What is being rendered goes back to the queue, and is made by the next server."""
    data = tmp_path / "data"
    with child(data) as server:
        client = server.new_client()
        film = client.create(VIDEO, {**SMALL_FILM, "Duration": 5})
        poll(lambda: bool(workers_of(server.process.pid)), "a worker renders")
        asked = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - asked < 10
        no_workers_left([server.process.pid])
        assert not spool_files(data)
        assert not (data / CARD_NAME).exists()
    with child(data) as server:
        client = server.same_client(client)
        assert full(client, film)["attempts"][0]["outcome"] == "drained"
        assert client.wait(film)["Status"] == "DONE"
        assert server.stop(number=signal.SIGINT) == 0
    assert not (data / CARD_NAME).exists()


def test_a_task_survives_one_dead_worker_and_not_two(tmp_path: Path) -> None:
    """The deaths are of the workers alone; the server tells them from its own."""
    data = tmp_path / "data"
    with child(data, render_workers="1") as server:
        client = server.new_client()
        for deaths, status in ((1, "DONE"), (2, "FAIL")):
            task_id = client.create(VIDEO, {**SMALL_FILM, "Duration": 3})
            for n in range(deaths):
                poll(lambda n=n, t=task_id: rendering(client, t) > n, "an attempt renders")  # type: ignore[misc]
                for pid in workers_of(server.process.pid):
                    os.kill(pid, signal.SIGKILL)
            answer = client.wait(task_id)
            assert answer["Status"] == status, answer
            told = full(client, task_id)
            assert [a["outcome"] for a in told["attempts"]].count("worker_died") == deaths
            if status == "FAIL":
                assert told["error"]["code"] == "internal"
        poll(lambda: not spool_files(data), "the spool is empty", 10)
        assert server.stop() == 0


def rendering(client: Client, task_id: str) -> int:
    """Return the number of the attempt that reports progress now, 0 when none does."""
    told = full(client, task_id)
    return len(told["attempts"]) if told["progress"] else 0
