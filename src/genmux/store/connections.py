"""Opens SQLite connections the way the store needs them."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from genmux.domain.errors import Unavailable
from genmux.domain.text import same

OLDEST_SQLITE: Final = (3, 35, 0)
"""The first SQLite with RETURNING."""
READERS: Final = 2
BUSY_TIMEOUT_MS: Final = 5_000
CACHE_KIB: Final = 32 * 1024
CHECKPOINT_PAGES: Final = 4_000
WAL_LIMIT_BYTES: Final = 64 * 1024 * 1024


def check_version(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> None:
    """Raise `Unavailable` if the SQLite library is too old for our statements."""
    if version < OLDEST_SQLITE:
        have, need = (".".join(map(str, v)) for v in (version, OLDEST_SQLITE))
        raise Unavailable(same(f"The SQLite library is {have}; genmux needs {need} or newer."))


PRAGMAS: Final = (
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "journal_mode = WAL",
    "synchronous = FULL",  # a commit is on disk before it returns
    "temp_store = MEMORY",  # the statement journals of big inserts stay off the disk
    f"cache_size = -{CACHE_KIB}",
    f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
    f"journal_size_limit = {WAL_LIMIT_BYTES}",
)
"""How the connection that writes is set up."""


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the connection that writes: WAL, and every commit on disk before it returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    try:
        for pragma in PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        db.close()
        raise
    return db


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that can only read; it sees every commit that returned before its statement."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return db
