"""Single calls to a server under test: what a bench needs to be there before it measures."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from typing import Any, Final

import msgspec

from bench import requests
from bench.children import BenchError, Child
from genmux.wires import mps

MADE_SECONDS: Final = 90.0
LOOK_SECONDS: Final = 0.05


def call(child: Child, method: str, target: str, body: bytes = b"", **headers: str) -> dict[str, Any]:
    """Return the JSON of one answer, with a bearer token unless other `headers` are given."""
    connection = HTTPConnection(*child.address, timeout=60)
    sent = headers or {"Authorization": f"Bearer {child.said['token']}", "Content-Type": "application/json"}
    try:
        connection.request(method, target, body, sent)
        answer = connection.getresponse()
        told = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise BenchError(f"{method} {target} was answered {answer.status}: {told.decode()[:2000]}")
    return dict(msgspec.json.decode(told))


def create(child: Child, action: str, body: bytes) -> bytes:
    """Create a task over TC3 and return its id."""
    answer = call(child, "POST", "/", body, **requests.signed_headers(child, action, body))["Response"]
    named = mps.parse_task_id(answer.get("TaskId", ""))
    if named is None:
        raise BenchError(f"a create was refused: {answer}")
    return named[1]


def make_films(child: Child, count: int) -> list[bytes]:
    """Create films that wait; return their ids."""
    return [create(child, "CreateAigcVideoTask", requests.create_body(n)) for n in range(count)]


def finish_pictures(child: Child, count: int) -> list[bytes]:
    """Create small pictures by the preview, wait until they are done, and return their ids."""
    bodies = [
        msgspec.json.encode({"ModelName": "Hunyuan", "Prompt": f"a harbour at dusk, take {n}"})
        for n in range(count)
    ]
    ids = [create(child, "CreateAigcImageTask", body) for body in bodies]
    for task_id in ids:
        wait_for(child, f"/api/v1/tasks/task_{task_id.hex()}?detail=0", "state", "succeeded")
    return ids


def wait_for(child: Child, target: str, field: str, wanted: str) -> None:
    """Look until a field of an answer is as wanted. Raises `BenchError`."""
    until = time.monotonic() + MADE_SECONDS
    while (told := call(child, "GET", target))[field] != wanted:
        if time.monotonic() > until:
            raise BenchError(f"{field} should be {wanted} and is not: {told}")
        time.sleep(LOOK_SECONDS)
