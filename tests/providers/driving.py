"""Runs a flow at a desk: its effects are kept, and each is answered by the next reply."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from genmux.providers.seam import Effect, Flow, HttpCall, HttpReply, Outcome

DATA = Path(__file__).parent / "data"


def answers(name: str) -> dict[str, Any]:
    """Return the answers of a data file by their names."""
    listed = json.loads((DATA / name).read_text("utf-8"))
    return {name: entry["answer"] for name, entry in listed.items()}


def run(flow: Flow | None, replies: Iterable[Any] = ()) -> tuple[Outcome, list[Effect]]:
    """Return what a flow ends with and what it asked for; a `dict` stands for the JSON of an answer.

    Every reply must be wanted and every effect must have one.
    """
    assert flow is not None
    left = [reply_of(reply) for reply in replies]
    effects: list[Effect] = []
    try:
        effects.append(next(flow))
        while True:
            assert left, f"no reply for {effects[-1]}"
            effects.append(flow.send(left.pop(0)))
    except StopIteration as stop:
        assert not left, f"nobody asked for {left}"
        outcome: Outcome = stop.value
        return outcome, effects


def reply_of(reply: Any) -> Any:
    """Return the reply that a shorthand stands for."""
    return http(reply) if isinstance(reply, dict) else reply


def http(answer: Any, status: int = 200, **headers: str) -> HttpReply:
    """Return an HTTP reply with a JSON body, or with the given bytes."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return HttpReply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def failure(code: str, message: str = "said why", request_id: str = "r-1") -> dict[str, Any]:
    """Return the envelope of a failed call."""
    return {"Response": {"Error": {"Code": code, "Message": message}, "RequestId": request_id}}


def calls(effects: list[Effect]) -> list[HttpCall]:
    """Return the HTTP calls among the effects."""
    return [effect for effect in effects if isinstance(effect, HttpCall)]


def sent(effects: list[Effect]) -> tuple[str, dict[str, Any]]:
    """Return the action and the parsed body of the last HTTP call."""
    call = calls(effects)[-1]
    return dict(call.headers)["X-TC-Action"], json.loads(call.body)
