"""Where a step's media come from: tasks, URLs, and local files, which are uploaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from genmux.cli.api import Api
from genmux.cli.bodies import plain_fields
from genmux.cli.exits import USAGE, CliError
from genmux.domain.text import Text
from genmux.domain.words import CONTENT_TYPES
from genmux.wires.rest import render_task_id
from genmux.wires.results import parse_any_id

_SOURCES: Final = ("http://", "https://", "task:", "genmux://", "sha256:")
_TYPES: Final = {**CONTENT_TYPES, "jpeg": "image/jpeg"}


class Found(NamedTuple):
    """A source as a create takes it, and whether it is an image or a video."""

    source: str
    kind: str


async def find_source(api: Api, item: str, *, picture: bool) -> Found:
    """Return what a command's FILM or MEDIA means; a local file is uploaded. Raises `CliError`.

    A picture is looked for only with `picture`; else everything is a film.
    """
    task_id = parse_any_id(item.partition(":")[2].partition("#")[0] if item.startswith("task:") else item)
    if task_id is not None:
        source = item if item.startswith("task:") else f"task:{item}"
        return Found(source, str((await api.task(render_task_id(task_id))).kind) if picture else "video")
    if item.startswith(_SOURCES):
        return Found(item, _type_of(urlsplit(item).path).partition("/")[0] if picture else "video")
    path, content_type = _local_file(item)
    return Found(await api.upload(path, content_type), content_type.partition("/")[0])


def _local_file(item: str) -> tuple[Path, str]:
    path = Path(item).expanduser()
    content_type = _type_of(path.name)
    if not path.is_file() or not content_type:
        raise CliError(
            USAGE,
            Text(
                f"{item} is no task, no URL and no file that ends in {', '.join(_TYPES)}.",
                f"{item} 不是任务、URL，也不是以 {'、'.join(_TYPES)} 结尾的文件。",
            ),
        )
    return path, content_type


def _type_of(name: str) -> str:
    """Return the content type of a file of this name, "" for none that is taken."""
    return _TYPES.get(Path(name).suffix.lower().removeprefix("."), "")


def step_body(name: str, kind: str, media: Sequence[Found], said: dict[str, Any]) -> dict[str, Any]:
    """Return a step's create."""
    references = [{"source": found.source} for found in media]
    return {"kind": kind or "video", "step": name, "references": references, **plain_fields(said)}
