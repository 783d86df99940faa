"""The manifest on disk: records are appended and synced, many waiting ones at once."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from genmux.client.batch.manifest import NAME, History, Record, render_record, replay


class Journal:
    """The manifest of a directory, which nobody else may write."""

    def __init__(self, descriptor: int) -> None:
        """Take over a descriptor that `open_journal` made."""
        self._descriptor = descriptor
        self._waiting: list[bytes] = []
        self._broken: OSError | None = None
        self._writer = ThreadPoolExecutor(1, "journal")

    async def write(self, record: Record) -> None:
        """Return once the record, and all before it, are on disk.

        Raises `OSError`, from then on at every call: what could not be written may not be relied on.
        """
        self._waiting.append(render_record(record))
        await asyncio.get_running_loop().run_in_executor(self._writer, self._flush)

    def _flush(self) -> None:
        """Write what waits, which may be nothing: an earlier call has written it with its own then."""
        if self._broken is not None:
            raise self._broken
        waiting, self._waiting = self._waiting, []
        data = b"".join(waiting)
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            if waiting:
                os.fsync(self._descriptor)
        except OSError as error:
            self._broken = error
            raise

    def close(self) -> None:
        """Close the file once everything is written."""
        self._writer.shutdown()
        os.close(self._descriptor)


def read_history(directory: Path) -> History:
    """Return what the manifest of a directory says, nothing where there is none. Raises `ManifestBroken`."""
    path = directory / NAME
    return replay(path.read_bytes()) if path.exists() else History()


def open_journal(directory: Path, history: History) -> Journal:
    """Open the manifest for more records, rid of what its last writer could not finish. Raises `OSError`."""
    descriptor = os.open(directory / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.ftruncate(descriptor, history.whole_bytes)
    os.fsync(descriptor)
    sync_directory(directory)
    return Journal(descriptor)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
