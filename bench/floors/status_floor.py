"""The floor of status answers: one SELECT by key per request, nothing checked."""

from __future__ import annotations

import secrets
import time
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.children import Told
from bench.floors.serving import INSERT, SELECT, open_database, serve

ROWS: Final = 2_000
WORDS: Final = ("WAIT", "WAIT", "RUN")


def build(told: Told) -> tuple[Starlette, dict[str, str]]:
    """Return the application on a database of `ROWS` tasks, and the ids of some."""
    db = open_database(told.directory)
    ids = [secrets.token_bytes(16) for _ in range(ROWS)]
    now = time.time_ns() // 1_000_000
    db.execute("BEGIN IMMEDIATE")
    db.executemany(INSERT, [(i, 1, "video", "video/Kling/3.0", 1, now, now, '{"kind":"video"}') for i in ids])
    db.execute("COMMIT")

    async def status(request: Request) -> Response:
        row = db.execute(SELECT, (bytes.fromhex(request.path_params["id"]),)).fetchone()
        if row is None:
            return JSONResponse({"error": "not found"}, 404)
        return JSONResponse({"Response": {"Status": WORDS[row[4]], "VideoUrls": [], "Message": ""}})

    return Starlette(routes=[Route("/{id}", status)]), {"ids": ",".join(i.hex() for i in ids[:512])}


if __name__ == "__main__":
    serve(build)
