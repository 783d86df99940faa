"""`genmux demo`: a picture and a film from it, made by a fresh server over Tencent's own wire."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from genmux.cli.exits import FAILED, CliError, run
from genmux.cli.options import json_option

if TYPE_CHECKING:
    from genmux.cli.api import Api
    from genmux.client.client import AsyncClient
    from genmux.client.tasks import AsyncTask
    from genmux.store.ownership import OwnerCard
    from genmux.wires.rest import TaskStatus

IMAGE_PROMPT: Final = "a calm ocean at golden hour, low sun, long gentle waves"
VIDEO_PROMPT: Final = "the waves roll in, the light shimmers, the camera slowly pushes forward"
POLL_SECONDS: Final = 0.25
LONGEST_SECONDS: Final = 300.0


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    metavar="DIR",
    help="Where the files and the demo's own data directory go.",
)
@json_option
def demo(out: Path, as_json: bool) -> int:
    """Start a server, make a picture and a film from it through MPS and TC3, stop the server.

    Needs no key and no network: everything is made by the built-in preview.

    \b
    Examples:
      genmux demo
      genmux demo --out /tmp/genmux-demo
    """
    out.mkdir(parents=True, exist_ok=True)
    return run(_demo(out, Narrator(silent=as_json), as_json))


class Narrator:
    """Tells the steps of the demo on stdout, unless it is silent."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        self._began = time.monotonic()

    def step(self, text: str) -> None:
        """Tell one step, with the seconds since the start."""
        if not self.silent:
            seconds = click.style(f"{time.monotonic() - self._began:6.2f} s", dim=True)
            click.echo(f"{seconds}  {text}")

    def head(self, text: str) -> None:
        """Tell what follows."""
        if not self.silent:
            click.echo("\n" + click.style(text, bold=True))


async def _demo(out: Path, narrator: Narrator, as_json: bool) -> int:
    from genmux.cli.api import cli_error
    from genmux.cli.child import child_server
    from genmux.cli.show import describe_artifact, print_json
    from genmux.client.errors import TaskFailed, WaitTimeout
    from genmux.domain.errors import GenmuxError

    async with child_server(out / "data", out / "server.log") as card:
        narrator.step(f"genmux serve   {card.url}")
        try:
            tasks, made = await _make_both(card, out, narrator)
        except (TaskFailed, WaitTimeout) as error:
            raise CliError(FAILED, error.text) from None
        except GenmuxError as error:
            raise cli_error(error) from None
    narrator.step("server stopped")
    if as_json:
        print_json(made)
        return 0
    for task in tasks:
        _tell_timeline(narrator, task)
    narrator.head("files")
    for task, one in zip(tasks, made.values(), strict=True):
        click.echo(f"  {one['file']}  {describe_artifact(task.artifacts[0])}")
    return 0


async def _make_both(
    card: OwnerCard, out: Path, narrator: Narrator
) -> tuple[tuple[TaskStatus, TaskStatus], dict[str, Any]]:
    """Return the two ended tasks with their timelines, and for each its id, URL and file."""
    from genmux.cli.api import Api
    from genmux.client.client import AsyncClient

    api = Api(card.url, card.token)
    async with api.client:
        key = await api.create_key("demo", None)
        narrator.step(f"access key     {key['secret_id']}")
        pair = {name: key[name] for name in ("secret_id", "secret_key")}
        async with AsyncClient("mps", base_url=card.url, **pair) as mps:
            picture = await _make(api, await _picture(mps), narrator)
            film = await _make(api, await _film(mps, picture), narrator)
            files = {picture: out / "image.png", film: out / "film.mp4"}
            for task, path in files.items():
                await task.save(path)
        shown = [await api.task(_own_id(task.id), full=True) for task in files]
    return (shown[0], shown[1]), {task.kind: _told(task, path) for task, path in files.items()}


async def _picture(mps: AsyncClient) -> AsyncTask:
    return await mps.images.create(
        IMAGE_PROMPT,
        model="Hunyuan/3.0",
        aspect_ratio="16:9",
        watermark=False,  # the film made from it carries the mark; twice would be ugly
    )


async def _film(mps: AsyncClient, picture: AsyncTask) -> AsyncTask:
    return await mps.videos.create(
        VIDEO_PROMPT, model="Kling/3.0", first_frame=picture, duration=5, audio=True
    )


async def _make(api: Api, task: AsyncTask, narrator: Narrator) -> AsyncTask:
    """Ask over MPS until the task has ended; the bar shows what REST reports of its progress."""
    import asyncio

    from genmux.cli.progress import Watcher

    narrator.step(f"{task.kind:<5} accepted {task.id}  {task.model}")
    until = time.monotonic() + LONGEST_SECONDS
    with Watcher(f"{task.kind:<5}", silent=narrator.silent) as watcher:
        while not task.final and time.monotonic() < until:
            await asyncio.sleep(POLL_SECONDS)
            await task.refresh()
            watcher.show(await api.task(_own_id(task.id)))
    await task.wait(timeout=0)
    narrator.step(f"{task.kind:<5} {task.snapshot.raw['Status']:<8} {task.id}")
    return task


def _told(task: AsyncTask, path: Path) -> dict[str, str]:
    return {"task": _own_id(task.id), "url": task.result.url, "file": str(path.absolute())}


def _own_id(task_id: str) -> str:
    """Return a TaskId of MPS as REST spells it."""
    from genmux.wires import mps, rest

    parsed = mps.parse_task_id(task_id)
    assert parsed is not None  # it is this server's own
    return rest.render_task_id(parsed[1])


def _tell_timeline(narrator: Narrator, task: TaskStatus) -> None:
    from genmux.cli.show import print_timeline

    narrator.head(f"{task.id}  {task.model}  {task.state}")
    print_timeline(task, indent="  ")
