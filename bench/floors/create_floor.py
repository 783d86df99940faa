"""The floor of creates on SQLite: one INSERT and one COMMIT per request, in WAL, nothing checked."""

from __future__ import annotations

import secrets
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.children import Told
from bench.floors.serving import INSERT, open_database, serve


def build(told: Told) -> tuple[Starlette, dict[str, str]]:
    """Return the application on a fresh database."""
    db = open_database(told.directory, told.options.get("synchronous", "FULL"))

    async def create(request: Request) -> Response:
        body = await request.body()
        task_id, now = secrets.token_bytes(16), time.time_ns() // 1_000_000
        db.execute("BEGIN IMMEDIATE")
        db.execute(INSERT, (task_id, 1, "video", "video/Kling/3.0", 1, now, now, body.decode()))
        db.execute("COMMIT")
        return JSONResponse({"Response": {"TaskId": f"4-AigcVideo-{task_id.hex()}"}})

    return Starlette(routes=[Route("/", create, methods=["POST"])]), {}


if __name__ == "__main__":
    serve(build)
