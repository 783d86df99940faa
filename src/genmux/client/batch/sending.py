"""The moment at which a create leaves: until then nothing can have been made, however long it has waited."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from genmux.client.effects import THROWN, Effect, Flow, Tell, Turn

T = TypeVar("T")

SENDING: Final = "sending"
CREATES: Final = "create:"
"""How the limits of creates begin."""


def announced(flow: Flow[T]) -> Flow[T]:
    """Return the flow of a create that tells `SENDING` whenever its call is about to leave.

    An endpoint may wait for room, for another task, or for its turn before it sends anything.
    """
    move: Callable[[], Effect] = partial(next, flow)
    while True:
        try:
            effect = move()
        except StopIteration as stop:
            result: T = stop.value
            return result
        try:
            reply = yield effect
        except THROWN as error:
            move = partial(flow.throw, error)
        else:
            if isinstance(effect, Turn) and effect.pace.startswith(CREATES):
                yield Tell(SENDING)
            move = partial(flow.send, reply)
