"""A spool that several processes share: each has a shelf of its own, and reads those beside it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO, Final

from genmux.media.spool import DiskSpool

LOCK: Final = "lock-{}"


class ShelfSpool(DiskSpool):
    """The `Spool` port on the first directory `<root>/<n>` that no live process has.

    New files go there; a name is looked up on every shelf, and in the root itself, where an
    installation that was embedded before left its files. Only what dead processes left is swept.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._root = root.resolve()
        self.number, self._lock = next(
            (number, lock) for number in count() if (lock := _take(self._root, number)) is not None
        )
        super().__init__(self._root / str(self.number))

    def resolve(self, name: str) -> Path:
        """Return where a name lies, on its own shelf for one that is nowhere."""
        own = super().resolve(name)
        if own.exists():
            return own
        beside = (shelf / name for shelf in (*self._shelves(), self._root))
        return next((path for path in beside if path.exists()), own)

    def sweep(self, keep: frozenset[str]) -> int:
        """Delete every file of the dead whose name is not in `keep`; return how many went."""
        swept = super().sweep(keep)
        for shelf in self._shelves():
            with _lent(self._root, int(shelf.name)) as dead:
                swept += DiskSpool(shelf).sweep(keep) if dead else 0
        return swept

    def close(self) -> None:
        """Give the shelf up."""
        self._lock.close()

    def _shelves(self) -> list[Path]:
        found = (path for path in self._root.iterdir() if path.name.isdecimal() and path.is_dir())
        return [path for path in found if path.name != str(self.number)]


def _take(root: Path, number: int) -> IO[str] | None:
    """Return the lock of a shelf, None when a live process has it."""
    lock = (root / LOCK.format(number)).open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


@contextmanager
def _lent(root: Path, number: int) -> Iterator[bool]:
    """Yield whether a shelf is nobody's, and keep it so meanwhile."""
    lock = _take(root, number)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.close()
