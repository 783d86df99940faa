"""Results on their way home: fetched aside, verified, and given their name once they are whole."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from genmux.client.batch.journal import sync_directory
from genmux.client.batch.manifest import SavedFile
from genmux.client.batch.naming import number_stem
from genmux.client.batch.uplink import Uplink
from genmux.client.effects import Flow
from genmux.client.endpoint import Artifact, Endpoint, Ref, Snapshot
from genmux.client.errors import BrokenAnswer
from genmux.client.sources import HEAD_BYTES, content_type_of
from genmux.domain.errors import CallerError, ServiceError
from genmux.domain.text import Text
from genmux.domain.words import EXTENSIONS

ASIDE: Final = ".partial"
"""The directory, in the batch's own, of what is not whole yet."""
FETCHES: Final = 8


class ResultsLost(Exception):
    """A task has succeeded, but what it made cannot be had; `code` is one of a failed task's."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text.en)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line's results go: `stem` names `count` files of the directory."""

    directory: Path
    key: str
    stem: str
    count: int

    def names(self, found: int) -> tuple[str, ...]:
        """Return the path of each result; another number than planned gets names that nobody else has."""
        return number_stem(self.stem if found == self.count else f"{self.stem}-{self.key[:8]}", found)


async def bring_home(uplink: Uplink, snapshot: Snapshot, place: Place) -> tuple[SavedFile, ...]:
    """Fetch every result of a task; return the files, whole and synced.

    Raises `ResultsLost`, `ServiceError` for what may be had later, and `OSError` where this disk cannot
    take them.
    """
    if not snapshot.artifacts:
        raise ResultsLost("source_gone", Text("the task has no result", "任务没有结果"))
    files = []
    for index, name in enumerate(place.names(len(snapshot.artifacts))):
        aside = place.directory / ASIDE / f"{place.key}-{index}"
        artifact = await _fetch(uplink, snapshot, index, aside)
        files.append(await asyncio.to_thread(_settle, aside, place.directory, name, artifact.sha256))
    return tuple(files)


async def _fetch(uplink: Uplink, snapshot: Snapshot, index: int, aside: Path) -> Artifact:
    """Fetch a result, asking after each failure where it is now."""
    ref = snapshot.ref
    for tries in range(FETCHES):
        artifact = snapshot.artifacts[index]
        try:
            await uplink.once(partial(_fetching, artifact, ref, aside))
        except (ServiceError, CallerError) as error:
            if tries + 1 == FETCHES:
                raise _lost(error) from None
            await uplink.back_off(tries)
            snapshot = await uplink.ask(lambda endpoint: endpoint.look(ref))
        else:
            break
    return artifact


def _lost(error: ServiceError | CallerError) -> Exception:
    """Return what it means that a result could not be fetched: a platform that is away may have it still."""
    match error:
        case BrokenAnswer():
            return ResultsLost("output_failed", error.text)
        case CallerError():
            return ResultsLost("source_gone", error.text)
    return error


def _fetching(artifact: Artifact, ref: Ref, aside: Path, endpoint: Endpoint) -> Flow[Path]:
    return endpoint.fetch(artifact, ref, aside)


def _settle(aside: Path, directory: Path, name: str, sha256: str | None) -> SavedFile:
    """Give a fetched file its name. Raises `ResultsLost` for what is no picture and no film."""
    with aside.open("rb") as file:
        kind = content_type_of(file.read(HEAD_BYTES))
        file.seek(0)
        digest = sha256 or hashlib.file_digest(file, "sha256").hexdigest()
    if kind not in EXTENSIONS:
        aside.unlink()
        raise ResultsLost(
            "output_failed", Text("the result is no picture and no film", "结果既不是图片也不是视频")
        )
    path = directory / f"{name}.{EXTENSIONS[kind]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    aside.replace(path)
    sync_directory(path.parent)
    return SavedFile(path.relative_to(directory).as_posix(), path.stat().st_size, digest)


def still_there(directory: Path, files: Iterable[SavedFile]) -> bool:
    """Return whether files that were saved are there with their sizes."""
    try:
        return all((directory / file.path).stat().st_size == file.size for file in files)
    except OSError:
        return False


def clear_aside(directory: Path) -> None:
    """Remove what an earlier run left unfinished."""
    shutil.rmtree(directory / ASIDE, ignore_errors=True)
