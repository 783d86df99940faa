"""Runs flows of the client at a desk: each effect is kept, and answered by the next reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from genmux.client.effects import Answer, Call, Effect, Flow, Tell

T = TypeVar("T")

TASK = "task_0123456789abcdef0123456789abcdef"


def run(flow: Flow[T], replies: Iterable[Any] = ()) -> tuple[T, list[Effect]]:
    """Return a flow's result and what it asked for; a reply that is an exception is thrown in.

    Every reply must be wanted and every effect but `Tell` must have one.
    """
    left = list(replies)
    effects: list[Effect] = []
    move: Callable[[], Effect] = partial(next, flow)
    while True:
        try:
            effect = move()
        except StopIteration as stop:
            assert not left, f"nobody asked for {left}"
            return stop.value, effects
        effects.append(effect)
        if isinstance(effect, Tell):
            move = partial(next, flow)
            continue
        assert left, f"no reply for {effect}"
        reply = left.pop(0)
        move = partial(flow.throw if isinstance(reply, Exception) else flow.send, reply)


def calls(effects: Iterable[Effect]) -> list[Call]:
    """Return the calls among the effects."""
    return [effect for effect in effects if isinstance(effect, Call)]


def answer(body: Any = None, status: int = 200, **headers: Any) -> Answer:
    """Return an answer with a JSON body, or with the given bytes."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def task(state: str = "queued", **fields: Any) -> dict[str, Any]:
    """Return a task as the server shows it."""
    return {
        "id": TASK,
        "kind": "video",
        "state": state,
        "wire": "rest",
        "created_at": "2026-01-31T08:00:00.000Z",
        **fields,
    }


def problem(code: str, status: int, **fields: Any) -> Answer:
    """Return a refusal as the server words it."""
    said = {"code": code, "detail": f"because of {code}", "request_id": "r-1", **fields}
    headers = {"content-type": "application/problem+json"}
    return Answer(status, headers, json.dumps(said).encode())
