"""Code as users write it: mypy reads it with everything else, nobody runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import genmux


def synchronous() -> None:
    """Everything a synchronous client returns has a type."""
    with genmux.Client("https://genmux.example", token="gmx_x") as client:
        assert_type(client, genmux.Client)
        image = client.images.create("fog", model="Hunyuan/3.0", size=(1024, 1024), count=2)
        assert_type(image, genmux.Task)
        film = client.videos.create("pan", model="mine/1", first_frame=image, last_frame=Path("b.png"))
        assert_type(film.wait(timeout=60, on_progress=lambda task: print(task.progress)), genmux.Task)
        client.videos.create("pan", references=image, subjects=genmux.Subject(images=["a.png"]))
        assert_type(film.result, genmux.Result)
        assert_type(film.save("film.mp4"), list[Path])
        assert_type(film.cancel(), genmux.Task)
        assert_type(film.progress, int | None)
        for event in film:
            assert_type(event, genmux.TaskEvent)
        assert_type(client.images.check("x"), tuple[str, ...])
        raw = client.videos.with_raw_response.create("x", duration=5, references=[b"", (image, 1)])
        assert_type(raw, genmux.RawResponse[genmux.Task])
        assert_type(raw.parse(), genmux.Task)
        assert_type(client.steps.concatenate([film, "b.mp4"], size="64x48"), genmux.Task)
        assert_type(client.tasks.get("task_1"), genmux.Task)
        assert_type(client.tasks.list(limit=2).tasks, tuple[genmux.Task, ...])
        assert_type(client.models.list("image"), tuple[dict[str, Any], ...])


async def asynchronous() -> None:
    """Everything an asynchronous client returns has a type."""
    async with genmux.AsyncClient() as client:
        image = await client.images.create("fog", references=[genmux.Reference("a.png", role="style")])
        assert_type(image, genmux.AsyncTask)
        assert_type(await image.wait(), genmux.AsyncTask)
        assert_type(await image.save(), list[Path])
        async for event in image:
            assert_type(event, genmux.TaskEvent)
        assert_type(await client.videos.check("x", audio=True), tuple[str, ...])
        raw = await client.images.with_raw_response.create("x")
        assert_type(raw, genmux.RawResponse[genmux.AsyncTask])
        assert_type((await client.tasks.list()).tasks, tuple[genmux.AsyncTask, ...])
    async with genmux.open("data", paused=True) as client:
        assert_type(client, genmux.AsyncClient)


def mistaken(client: genmux.Client) -> None:
    """What is wrong is wrong before it runs."""
    client.images.create("x", durration=5)  # type: ignore[call-arg]
    client.images.create("x", duration=5)  # type: ignore[call-arg]
    client.videos.create("x", audio="yes")  # type: ignore[arg-type]
    client.videos.create("x", first_frame=5)  # type: ignore[arg-type]
    client.tasks.get("x", kind="audio")  # type: ignore[arg-type]
