"""What came over the wire for one call, beside what it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from genmux.client.effects import Answer, Effect, Flow

T = TypeVar("T")

REQUEST_ID_HEADERS: Final = ("x-request-id", "x-tc-requestid", "x-cos-request-id")


@dataclass(frozen=True, slots=True)
class RawResponse(Generic[T]):
    """The last answer of a call; header names are lower-case, `body` is as it came."""

    status: int
    headers: dict[str, str]
    body: bytes
    request_id: str
    parsed: T

    def parse(self) -> T:
        """Return what the call without `with_raw_response` returns."""
        return self.parsed


def recorded(flow: Flow[T]) -> Flow[RawResponse[T]]:
    """Run a flow and return its result with the last answer that it got."""
    answer = Answer(0, {}, b"")
    move: Callable[[], Effect] = partial(next, flow)
    while True:
        try:
            effect = move()
        except StopIteration as stop:
            return _response(answer, stop.value)
        try:
            reply = yield effect
        except Exception as error:
            move = partial(flow.throw, error)
        else:
            answer = reply if isinstance(reply, Answer) else answer
            move = partial(flow.send, reply)


def _response(answer: Answer, parsed: Any) -> RawResponse[Any]:
    told = (answer.headers[name] for name in REQUEST_ID_HEADERS if name in answer.headers)
    request_id = getattr(parsed, "request_id", "") or next(told, "")
    return RawResponse(answer.status, answer.headers, answer.body, request_id, parsed)
