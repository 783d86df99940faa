"""`genmux demo`: a picture and a film from it, made by a fresh server over Tencent's own wire."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from genmux.cli.exits import FAILED, run
from genmux.cli.options import json_option

if TYPE_CHECKING:
    from genmux.cli.api import Api
    from genmux.cli.tencent_api import MpsApi
    from genmux.domain.spec import GenerationSpec, Kind
    from genmux.wires.mps import StatusView
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
    import aiohttp

    from genmux.cli.api import Api
    from genmux.cli.child import child_server
    from genmux.cli.show import describe_artifact, print_json
    from genmux.cli.tencent_api import MpsApi

    async with child_server(out / "data", out / "server.log") as card, aiohttp.ClientSession() as session:
        narrator.step(f"genmux serve   {card.url}")
        api = Api(card.url, card.token)
        key = await api.create_key("demo", None)
        narrator.step(f"access key     {key['secret_id']}")
        mps = MpsApi(session, card.url, key["secret_id"], key["secret_key"])
        tasks, made = await _make_both(api, mps, out, narrator)
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
    api: Api, mps: MpsApi, out: Path, narrator: Narrator
) -> tuple[tuple[TaskStatus, TaskStatus], dict[str, Any]]:
    """Return the two ended tasks with their timelines, and for each its id, URL and file."""
    from genmux.domain.spec import GenerationSpec, Kind, ModelRef, Reference, Role

    picture = GenerationSpec(
        kind=Kind.IMAGE,
        model=ModelRef("Hunyuan", "3.0"),
        prompt=IMAGE_PROMPT,
        aspect_ratio="16:9",
        watermark=False,  # the film made from it carries the mark; twice would be ugly
    )
    image_task, url = await _make(api, mps, picture, narrator)
    film = GenerationSpec(
        kind=Kind.VIDEO,
        model=ModelRef("Kling", "3.0"),
        prompt=VIDEO_PROMPT,
        duration=5.0,
        audio=True,
        references=(Reference(role=Role.FIRST_FRAME, source=url),),
    )
    video_task, film_url = await _make(api, mps, film, narrator)
    files = {"image": out / "image.png", "video": out / "film.mp4"}
    await _save(api, image_task.id, files["image"])
    await _save(api, video_task.id, files["video"])
    return (image_task, video_task), {
        "image": {"task": image_task.id, "url": url, "file": str(files["image"].absolute())},
        "video": {"task": video_task.id, "url": film_url, "file": str(files["video"].absolute())},
    }


async def _make(api: Api, mps: MpsApi, spec: GenerationSpec, narrator: Narrator) -> tuple[TaskStatus, str]:
    """Create a task over MPS and poll it there; return it with its timeline, and its result's URL."""
    task_id = await mps.create(spec)
    narrator.step(f"{spec.kind:<5} accepted {task_id}  {spec.model}")
    view = await _poll(api, mps, spec.kind, task_id, narrator)
    if view.status != "DONE" or not view.urls:
        raise _failure(f"{task_id} {view.status}: {view.message}")
    narrator.step(f"{spec.kind:<5} {view.status}     {task_id}")
    return await api.task(_own_id(task_id), full=True), view.urls[0]


async def _poll(api: Api, mps: MpsApi, kind: Kind, task_id: str, narrator: Narrator) -> StatusView:
    """Ask over MPS until the task has ended; the bar shows what REST reports of its progress."""
    import asyncio

    from genmux.cli.progress import Watcher

    until = time.monotonic() + LONGEST_SECONDS
    with Watcher(f"{kind:<5}", silent=narrator.silent) as watcher:
        while time.monotonic() < until:
            view = await mps.describe(kind, task_id)
            watcher.show(await api.task(_own_id(task_id)))
            if view.status in ("DONE", "FAIL"):
                return view
            await asyncio.sleep(POLL_SECONDS)
    raise _failure(f"{task_id} did not end within {LONGEST_SECONDS:.0f} s")


def _own_id(task_id: str) -> str:
    from genmux.wires import mps, rest

    parsed = mps.parse_task_id(task_id)
    if parsed is None:
        raise _failure(f"{task_id} is no TaskId of this server")
    return rest.render_task_id(parsed[1])


async def _save(api: Api, task_id: str, path: Path) -> None:
    await (await api.client.tasks.get(task_id)).save(path)


def _failure(reason: str) -> Exception:
    from genmux.cli.exits import CliError
    from genmux.domain.text import Text

    return CliError(FAILED, Text(f"The demo failed: {reason}.", f"演示失败：{reason}。"))


def _tell_timeline(narrator: Narrator, task: TaskStatus) -> None:
    from genmux.cli.show import print_timeline

    narrator.head(f"{task.id}  {task.model}  {task.state}")
    print_timeline(task, indent="  ")
