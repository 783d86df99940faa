"""The floor of PostgreSQL: an INSERT in a transaction of its own per create, a SELECT by key per status."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import psycopg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.children import Told
from bench.floors.serving import serve
from bench.floors.status_floor import ROWS, WORDS

CONNECTIONS: Final = 16
TABLE: Final = """
CREATE TABLE IF NOT EXISTS floor_tasks (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id BYTEA NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    state SMALLINT NOT NULL,
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    spec TEXT NOT NULL
)
"""
INSERT: Final = (
    "INSERT INTO floor_tasks (id, tenant_id, kind, lane, state, due_at, created_at, spec) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)
SELECT: Final = "SELECT id, tenant_id, kind, lane, state, due_at, created_at FROM floor_tasks WHERE id = %s"


class Connections:
    """A few connections, opened when first wanted and lent one by one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()
        self._opened = 0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Lend a connection; each statement is a transaction of its own."""
        if self._free.empty() and self._opened < CONNECTIONS:
            self._opened += 1
            db = await psycopg.AsyncConnection.connect(self._url, autocommit=True, prepare_threshold=0)
        else:
            db = await self._free.get()
        try:
            yield db
        finally:
            self._free.put_nowait(db)


def build(told: Told) -> tuple[Starlette, dict[str, str]]:
    """Return the application on a table of `ROWS` tasks, and the ids of some."""
    url = str(told.options["database"])
    ids = [secrets.token_bytes(16) for _ in range(ROWS)]
    now = time.time_ns() // 1_000_000
    with psycopg.connect(url) as db:
        db.execute(TABLE)
        rows = [(i, 1, "video", "video/Kling/3.0", 1, now, now, '{"kind":"video"}') for i in ids]
        db.cursor().executemany(INSERT, rows)
    lent = Connections(url)

    async def create(request: Request) -> Response:
        body = await request.body()
        task_id, at = secrets.token_bytes(16), time.time_ns() // 1_000_000
        async with lent.one() as db:
            await db.execute(INSERT, (task_id, 1, "video", "video/Kling/3.0", 1, at, at, body.decode()))
        return JSONResponse({"Response": {"TaskId": f"4-AigcVideo-{task_id.hex()}"}})

    async def status(request: Request) -> Response:
        async with lent.one() as db:
            found = await db.execute(SELECT, (bytes.fromhex(request.path_params["id"]),))
            row = await found.fetchone()
        if row is None:
            return JSONResponse({"error": "not found"}, 404)
        return JSONResponse({"Response": {"Status": WORDS[row[4]], "VideoUrls": [], "Message": ""}})

    routes = [Route("/", create, methods=["POST"]), Route("/{id}", status)]
    return Starlette(routes=routes), {"ids": ",".join(i.hex() for i in ids[:512])}


if __name__ == "__main__":
    serve(build)
