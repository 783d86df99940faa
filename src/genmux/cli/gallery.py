"""`genmux gallery`: everything the built-in preview can paint, on four pages."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from genmux.cli.exits import FAILED, CliError, run
from genmux.cli.options import json_option
from genmux.domain.text import Text

if TYPE_CHECKING:
    from genmux.pool.scratch import Scratch

COLUMNS: Final = 4
WIDE: Final = (1280, 720)
SMALL: Final = (640, 360)
FILM_SECONDS: Final = 4
MOVING_WIDTH: Final = 960
RENDER_SECONDS: Final = 300.0
WORKER_MB: Final = 3072

# Sizes of the other ratios, and which pictures of the showcase are shown in each, row by row.
RATIOS: Final[tuple[tuple[tuple[int, int], tuple[str, ...]], ...]] = (
    ((720, 1280), ("panda", "jellyfish", "portrait", "street", "ink", "fireflies")),
    ((1680, 720), ("desert", "shanghai")),
    ((1024, 1024), ("sakura", "perfume", "planet", "fox", "lighthouse")),
)
FILMS: Final = (("sailboat", "panda", "jellyfish"), ("islands", "fireflies", "cyberpunk"))

# Image to image: what each restyles, and the prompt it is restyled with.
RESTYLED: Final = (
    ("fox", ("oil painting", "watercolor", "水墨", "pixel art")),
    ("lake", ("at sunset", "sketch", "anime", "low poly")),
)
FROM_FIRST: Final = ("balloons", "the camera slowly pushes forward")
FROM_BOTH: Final = (("mist", "aurora"), "the night falls")


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("gallery"),
    show_default=True,
    metavar="DIR",
    help="Where the pages go.",
)
@click.option(
    "--only",
    type=click.Choice(("scenes", "ratios", "films", "modes")),
    multiple=True,
    help="Paint this page alone; may be said again.",
)
@json_option
def gallery(out: Path, only: tuple[str, ...], as_json: bool) -> int:
    """Paint the whole sheet of the built-in preview: scenes, ratios, films, modes.

    Needs no server, no key and no network, and makes the same pages every time.

    \b
    Examples:
      genmux gallery
      genmux gallery --only films --out /tmp/gallery
    """
    out.mkdir(parents=True, exist_ok=True)
    return run(_gallery(out, only or tuple(PAGES), as_json))


async def _gallery(out: Path, names: Sequence[str], as_json: bool) -> int:
    import os

    from genmux.cli.show import print_json
    from genmux.engine.ports import WorkerDied
    from genmux.pool.scratch import scratch

    began, files = time.monotonic(), []
    workers = max(1, (os.cpu_count() or 1) // 2)
    try:
        async with scratch(render_workers=workers, memory_mb=WORKER_MB, job_seconds=RENDER_SECONDS) as opened:
            painter = Painter(opened)
            for name in names:
                path = out / f"{name}.webp"
                path.write_bytes(await PAGES[name](painter))
                files.append(str(path.absolute()))
                if not as_json:
                    click.echo(f"{time.monotonic() - began:6.1f} s  {path}")
    except WorkerDied as error:
        raise CliError(
            FAILED, Text(f"a worker could not render: {error}", f"渲染进程出错：{error}")
        ) from None
    if as_json:
        print_json({"files": files})
    return 0


class Painter:
    """Has pictures and films of the showcase made by the workers and returns their bytes."""

    def __init__(self, workers: Scratch) -> None:
        from genmux.render.showcase import showcase

        self._workers = workers
        self.showcase = showcase()
        self._shown = {shown.name: shown for shown in self.showcase}

    async def still(
        self, name: str, size: tuple[int, int] = WIDE, prompt: str | None = None, source: bytes | None = None
    ) -> bytes:
        """A picture of the showcase as PNG; `prompt` replaces its own, `source` is restyled."""
        from genmux.domain.spec import Kind
        from genmux.pool.scratch import plain_job

        shown = self._shown[name]
        job = plain_job(Kind.IMAGE, shown.prompt if prompt is None else prompt, shown.seed, size)
        return await self._workers.render(job, [] if source is None else [("reference", source)])

    async def film(
        self, name: str, size: tuple[int, int] = SMALL, prompt: str | None = None, **frames: bytes
    ) -> bytes:
        """A silent film of the showcase, or from `first_frame` and `last_frame`."""
        from genmux.domain.spec import Kind
        from genmux.pool.scratch import plain_job
        from genmux.render.order import FPS

        shown, count = self._shown[name], FILM_SECONDS * FPS
        text = shown.prompt if prompt is None else prompt
        job = plain_job(Kind.VIDEO, text, shown.seed, size, frames=count)
        return await self._workers.render(job, list(frames.items()))


async def paint_scenes(painter: Painter) -> bytes:
    """Every picture of the showcase."""
    from genmux.render.sheet import still_sheet

    pictures = await _together(painter.still(shown.name) for shown in painter.showcase)
    return still_sheet([pictures[n : n + COLUMNS] for n in range(0, len(pictures), COLUMNS)])


async def paint_ratios(painter: Painter) -> bytes:
    """Pictures of the showcase in other ratios."""
    from genmux.render.sheet import still_sheet

    return still_sheet(
        [await _together(painter.still(name, size) for name in names) for size, names in RATIOS]
    )


async def paint_films(painter: Painter) -> bytes:
    """Films of the showcase, moving."""
    from genmux.render.sheet import moving_sheet

    rows = [await _together(painter.film(name) for name in names) for names in FILMS]
    return moving_sheet(rows, MOVING_WIDTH)


async def paint_modes(painter: Painter) -> bytes:
    """Pictures restyled, a film from its first frame, a film from its first and last."""
    from genmux.render.sheet import moments, still_sheet

    rows = []
    for name, prompts in RESTYLED:
        source = await painter.still(name)
        rows.append([source, *await _together(painter.still(name, WIDE, p, source) for p in prompts)])
    name, prompt = FROM_FIRST
    first = await painter.still(name, SMALL)
    rows.append(moments(await painter.film(name, SMALL, prompt, first_frame=first), COLUMNS))
    names, prompt = FROM_BOTH
    first, last = await _together(painter.still(name, SMALL) for name in names)
    film = await painter.film(names[0], SMALL, prompt, first_frame=first, last_frame=last)
    rows.append(moments(film, COLUMNS))
    return still_sheet(rows)


async def _together(pictures: Iterable[Coroutine[Any, Any, bytes]]) -> list[bytes]:
    import asyncio

    return await asyncio.gather(*pictures)


PAGES: Final[dict[str, Callable[[Painter], Awaitable[bytes]]]] = {
    "scenes": paint_scenes,
    "ratios": paint_ratios,
    "films": paint_films,
    "modes": paint_modes,
}
"""Every page, by the name of its file."""
