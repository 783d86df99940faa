"""Runs a floor's application with the options genmux gives to the same ASGI server."""

from __future__ import annotations

import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette

from bench.children import Told, begin, say_ready

TABLE: Final = """
CREATE TABLE IF NOT EXISTS tasks (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    tenant_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    state SMALLINT NOT NULL,
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    spec TEXT NOT NULL
)
"""
INSERT: Final = (
    "INSERT INTO tasks (id, tenant_id, kind, lane, state, due_at, created_at, spec) VALUES (?,?,?,?,?,?,?,?)"
)
SELECT: Final = "SELECT id, tenant_id, kind, lane, state, due_at, created_at FROM tasks WHERE id = ?"


def open_database(directory: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    """Open the floor's database as durably as genmux opens its own, or less so."""
    db = sqlite3.connect(directory / "floor.sqlite3", isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute(f"PRAGMA synchronous = {synchronous}")
    db.execute("PRAGMA wal_autocheckpoint = 4000")
    db.execute(TABLE)
    return db


def serve(build: Callable[[Told], tuple[Starlette, dict[str, str]]]) -> None:
    """Serve on a free loopback port until told to end; the second of the pair is said when ready."""
    app, said = build(begin(sys.argv[1:]))
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    host, port = listening.getsockname()
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="asyncio" if sys.platform == "win32" else "uvloop",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,
        backlog=2048,
    )
    say_ready(host=host, port=port, **said)
    uvicorn.Server(config).run(sockets=[listening])
