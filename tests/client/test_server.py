"""Both clients against a real server: made, chained, followed, saved, refused, shared by threads."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import av
import pytest
import uvloop
from PIL import Image
from tests.e2e.serving import Running, poll, serving

import genmux

SILK: Any = {"prompt": "flowing blue silk", "size": (512, 512)}
FILM: Any = {"prompt": "flowing red silk", "model": "PixVerse/v6", "duration": 1, "size": "64x48"}


def frames(path: Path) -> int:
    with av.open(str(path), "r") as film:
        return sum(1 for _ in film.decode(film.streams.video[0]))


def test_a_picture_becomes_a_film_and_nobody_waits_in_between(client: genmux.Client, tmp_path: Path) -> None:
    image = client.images.create(**SILK)
    film = client.videos.create(**FILM, first_frame=image)
    states: list[str] = []
    assert film.wait(60, on_progress=lambda task: states.append(task.state)) is film
    assert states[-1] == "succeeded"
    (path,) = film.save(tmp_path / "film")
    assert (path.name, frames(path)) == ("film.mp4", 24)
    assert (film.result.width, film.result.seconds, film.result.content_type) == (64, 1.0, "video/mp4")
    assert film.usage is not None
    assert film.usage.seconds == 1.0
    assert [event.kind for event in film] == [event.kind for event in film.events()]
    assert list(film.events())[-1].kind == "succeeded"


def test_every_kind_of_input_arrives(client: genmux.Client, tmp_path: Path) -> None:
    picture = Image.new("RGB", (64, 64), "red")
    picture.save(tmp_path / "red.png")
    buffer = io.BytesIO()
    Image.effect_noise((1400, 1400), 200).save(buffer, "PNG")  # over a megabyte: it is uploaded
    noise = buffer.getvalue()
    image = client.images.create(**SILK).wait()
    given: list[Any] = [tmp_path / "red.png", str(tmp_path / "red.png"), noise, picture, image.result.url]
    tasks = [client.videos.create(**FILM, first_frame=source) for source in given]
    assert [task.wait(60).state for task in tasks] == ["succeeded"] * 5


def test_steps_work_on_films(client: genmux.Client, tmp_path: Path) -> None:
    film = client.videos.create(**FILM)
    joined = client.steps.concatenate([film, film])
    longer = client.steps.extend(film, "it settles", model="PixVerse/v6", duration=1)
    poster = client.steps.poster(joined, output_format="png")
    (path,) = joined.save(tmp_path / "joined.mp4")
    assert frames(path) == 48
    assert longer.wait(60).result.seconds == 2.0
    assert poster.wait(60).result.content_type == "image/png"
    smaller = client.steps.convert(path.read_bytes(), size=(32, 32)).wait(60)
    assert (smaller.kind, smaller.result.width) == ("video", 32)


def test_the_same_key_makes_one_task(client: genmux.Client) -> None:
    first, again = [client.images.create(**SILK, idempotency_key="client-1") for _ in "ab"]
    assert first.id == again.id
    with pytest.raises(genmux.KeyReused):
        client.images.create("another", idempotency_key="client-1")


def test_tasks_are_found_listed_and_cancelled(client: genmux.Client) -> None:
    stuck = client.images.create(**SILK, options={"genmux": {"stuck": True}})
    found = client.tasks.get(stuck.id)
    assert found.id in [task.id for task in client.tasks.list(limit=20)]
    found.cancel()
    with pytest.raises(genmux.TaskCancelled):
        found.save()
    assert stuck.refresh().state == found.state == "cancelled"
    with pytest.raises(genmux.NotFound) as caught:
        client.tasks.get("task_" + "0" * 32)
    assert len(caught.value.request_id) == 36
    assert {row["family"] for row in client.models.list("image")} >= {"Hunyuan"}


def test_a_failed_task_says_why(client: genmux.Client) -> None:
    failing = client.images.create(**SILK, options={"genmux": {"fail": "ContentViolation"}})
    with pytest.raises(genmux.TaskFailed) as caught:
        failing.save()
    assert caught.value.snapshot.error is not None
    assert failing.error == caught.value.snapshot.error


def test_refusals_name_the_argument_in_the_client_s_language(running: Running) -> None:
    said: Any = {"token": running.client.token, "language": "zh"}
    with genmux.Client(running.server.url, **said) as client:
        with pytest.raises(genmux.InvalidValue, match="最接近的是") as caught:
            client.videos.create("x", model="Kling/3.0", duration=30)
        assert caught.value.field == "duration"
        assert len(client.videos.check("x", model="Kling/3.0", duration=30)) == 1
        raw = client.images.with_raw_response.create(**SILK)
        assert (raw.status, raw.headers["x-request-id"]) == (201, raw.request_id)
    with pytest.raises(genmux.Unauthorized):
        genmux.Client(running.server.url, token="wrong").images.create("x")


def test_threads_share_a_client(client: genmux.Client, tmp_path: Path) -> None:
    def make(n: int) -> tuple[str, int]:
        task = client.images.create(**SILK, seed=n, idempotency_key=f"thread-{n // 2}-{n}")
        (path,) = task.save(tmp_path / f"{n}.png")
        return task.id, path.stat().st_size

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(make, range(16)))
    assert len({task_id for task_id, _ in made}) == 16
    assert all(size > 0 for _, size in made)


def test_threads_share_a_task(client: genmux.Client) -> None:
    task = client.images.create(**SILK)
    with ThreadPoolExecutor(16) as pool:
        ended = list(pool.map(lambda _: task.wait(60), range(16)))
    assert all(one is task for one in ended)


async def made_and_followed(running: Running, path: Path) -> None:
    async with genmux.AsyncClient(running.server.url, token=running.client.token) as client:
        images = await asyncio.gather(*(client.images.create(**SILK, seed=n) for n in range(4)))
        film = await client.videos.create(**FILM, first_frame=(images[0], 0))
        kinds = [event.kind async for event in film]
        assert kinds[-1] == "succeeded"
        assert (await film.save(path)) == [path]
        await asyncio.gather(*(image.wait(60) for image in images))
        with pytest.raises(genmux.NotFound):
            await client.tasks.get("task_" + "0" * 32)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_the_asynchronous_client_works_in_any_loop(running: Running, tmp_path: Path, loop: Any) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(made_and_followed(running, tmp_path / "film.mp4"))
    assert frames(tmp_path / "film.mp4") == 24


async def test_a_cancelled_create_is_found_again_by_its_key(running: Running) -> None:
    async with genmux.AsyncClient(running.server.url, token=running.client.token) as client:
        newest = running.newest()
        waiting = asyncio.create_task(client.images.create(**SILK, idempotency_key="cancelled"))
        await asyncio.to_thread(poll, lambda: running.newest() > newest, "the task is accepted")
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        again = await client.images.create(**SILK, idempotency_key="cancelled")
        assert running.newest() == newest + 1
        assert (await again.wait(60)).state == "succeeded"


def test_a_wait_outlives_the_server_s_restart(tmp_path: Path) -> None:
    with ExitStack() as serves, ThreadPoolExecutor(1) as pool:
        running = serves.enter_context(serving(tmp_path))
        port = int(running.address.rpartition(":")[2])
        with genmux.Client(running.server.url, token=running.client.token) as client:
            task = client.images.create(**SILK, options={"genmux": {"delay": 1}})
            seen = Event()
            waiting = pool.submit(task.wait, 60, lambda _: seen.set())
            assert seen.wait(30)
            serves.close()
            with serving(tmp_path, port=port):
                assert waiting.result(60).state == "succeeded"
