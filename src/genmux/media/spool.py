"""Scratch files on local disk, each owned by whoever asked for it."""

from __future__ import annotations

import contextlib
import re
import secrets
from pathlib import Path
from typing import Final

_SUFFIX: Final = re.compile(r"(\.[A-Za-z0-9]{1,10})?\Z")
_NAME: Final = re.compile(r"[0-9a-f]{32}(\.[A-Za-z0-9]{1,10})?\Z")


class DiskSpool:
    """The `Spool` port on one directory, which only we can read."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        directory.chmod(0o700)
        self._directory = directory.resolve()

    def new(self, suffix: str) -> Path:
        """Return a fresh, unguessable path that does not exist yet; `suffix` is "" or like ".mp4"."""
        if not _SUFFIX.match(suffix):
            raise ValueError(f"a spool suffix is a dot and up to ten letters or digits, not {suffix!r}")
        return self._directory / (secrets.token_hex(16) + suffix)

    def resolve(self, name: str) -> Path:
        """Return the path of a name that `new` gave; `ValueError` for any other name."""
        if not _NAME.match(name):
            raise ValueError(f"not the name of a spool file: {name[:80]!r}")
        return self._directory / name

    def drop(self, path: Path) -> None:
        """Delete a spool file; one that is not there is fine."""
        self.resolve(path.name).unlink(missing_ok=True)

    def sweep(self, keep: frozenset[str]) -> int:
        """Delete every spool file whose name is not in `keep`; return how many went."""
        swept = 0
        for path in self._directory.iterdir():
            if _NAME.match(path.name) and path.name not in keep:
                with contextlib.suppress(OSError):
                    path.unlink()
                    swept += 1
        return swept
