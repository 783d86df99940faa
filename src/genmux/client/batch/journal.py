"""The manifest on disk: records are appended and synced, many waiting ones at once."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from genmux.client.batch.manifest import NAME, History, Record, render_record, replay


class Journal:
    """The manifest of a directory, which nobody else may write."""

    def __init__(self, descriptor: int) -> None:
        """Take over a descriptor that `open_journal` made."""
        self._descriptor = descriptor
        self._waiting: deque[bytes] = deque()  # filled by the loop's thread, emptied by the writer's
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
        data = b"".join(self._waiting.popleft() for _ in range(len(self._waiting)))
        if not data:
            return
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fsync(self._descriptor)
        except OSError as error:
            self._broken = error
            raise

    def close(self) -> None:
        """Close the file once everything is written."""
        self._writer.shutdown()
        os.close(self._descriptor)


class Busy(Exception):
    """Another process writes the manifest."""


def read_history(directory: Path) -> History:
    """Return what the manifest of a directory says, nothing where there is none.

    Raises `OSError` and `ManifestBroken`.
    """
    try:
        return replay((directory / NAME).read_bytes())
    except FileNotFoundError:
        return History()


def open_journal(directory: Path) -> tuple[Journal, History]:
    """Open the manifest for more records, rid of what its last writer could not finish; make it if needed.

    It is this process's until it is closed. Raises `Busy`, `OSError` and `ManifestBroken`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory / NAME, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        history = read_history(directory)
        os.ftruncate(descriptor, history.whole_bytes)
        os.fsync(descriptor)
        sync_directory(directory)
    except BlockingIOError:
        os.close(descriptor)
        raise Busy from None
    except BaseException:
        os.close(descriptor)
        raise
    return Journal(descriptor), history


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
