"""What the media of a step's command mean: tasks, URLs, and local files, which the client uploads."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from genmux.cli.exits import USAGE, CliError
from genmux.client.client import AsyncClient
from genmux.client.sources import Giving
from genmux.domain.text import Text
from genmux.domain.words import CONTENT_TYPES
from genmux.wires.rest import render_task_id
from genmux.wires.results import parse_any_id

_SOURCES: Final = ("http://", "https://", "task:", "genmux://", "sha256:")
_ENDINGS: Final = (*CONTENT_TYPES, "jpeg")


async def find_source(client: AsyncClient, item: str, *, picture: bool) -> Giving:
    """Return what a command's FILM or MEDIA means. Raises `CliError`.

    Only with `picture` it may be one, so that a task has to be asked what it makes.
    """
    task_id = parse_any_id(item.partition(":")[2].partition("#")[0] if item.startswith("task:") else item)
    if task_id is not None and picture:
        _, _, number = item.partition("#")
        task = await client.tasks.get(render_task_id(task_id))
        return (task, int(number)) if number else task
    if task_id is not None:
        return item if item.startswith("task:") else f"task:{item}"
    if item.startswith(_SOURCES):
        return item
    return _local_file(item)


def _local_file(item: str) -> Path:
    path = Path(item).expanduser()
    if not path.is_file() or path.suffix.lower().removeprefix(".") not in _ENDINGS:
        raise CliError(
            USAGE,
            Text(
                f"{item} is no task, no URL and no file that ends in {', '.join(_ENDINGS)}.",
                f"{item} 不是任务、URL，也不是以 {'、'.join(_ENDINGS)} 结尾的文件。",
            ),
        )
    return path
