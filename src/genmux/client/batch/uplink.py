"""The way to the endpoint: any flow is run until it is answered, for as long as the patience lasts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from genmux.client.effects import THROWN, Effect, Flow, Pause, Tell, Turn
from genmux.client.endpoint import Endpoint
from genmux.client.errors import Unreachable
from genmux.domain.errors import RateLimited, ServiceError, Unauthorized, Unavailable

T = TypeVar("T")

LONGEST_PAUSE_SECONDS: Final = 5.0
PASSING: Final = (ServiceError, RateLimited)
"""What says nothing of the line: nobody answered, somebody answered nonsense, or asked for patience."""
UNMADE: Final = (Unreachable, Unavailable, RateLimited)
"""What proves of a create that it made nothing."""


SENDING: Final = "sending"
UNSENT: Final = "unsent"
CREATES: Final = "create:"
"""How the limits of creates begin."""


class Stopped(Exception):
    """The batch stops: what is not answered yet is not waited for."""


class Way(Protocol):
    """How an endpoint is reached at the moment."""

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint, which may be another one after `renew`."""
        ...

    async def run(self, flow: Flow[T], tell: Callable[[Any], object] | None = None) -> T:
        """Run a flow of the endpoint; `tell` is shown what it tells."""
        ...

    async def renew(self) -> bool:
        """Look whether the endpoint is somewhere else now; return whether it is."""
        ...


class Uplink:
    """Runs flows for all lines of a batch. A platform that answers one of them has not gone."""

    def __init__(self, way: Way, patience_seconds: float, first_pause_seconds: float = 0.2) -> None:
        self._way = way
        self._patience_seconds = patience_seconds
        self._first_pause_seconds = first_pause_seconds
        self._heard = time.monotonic()
        self._stop = asyncio.Event()

    @property
    def stopping(self) -> bool:
        """True once `stop` was called."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Begin nothing any more; whoever waits is told `Stopped`."""
        self._stop.set()

    async def pause(self, seconds: float) -> None:
        """Wait that long. Raises `Stopped`."""
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return
        raise Stopped

    @property
    def gone(self) -> bool:
        """True once nobody was answered for longer than the patience."""
        return time.monotonic() - self._heard > self._patience_seconds

    async def back_off(self, tries: int) -> None:
        """Wait before something is tried again that was tried again `tries` times. Raises `Stopped`."""
        await self.pause(min(self._first_pause_seconds * 2.0**tries, LONGEST_PAUSE_SECONDS))
        await self._way.renew()

    async def once(
        self, flow_of: Callable[[Endpoint], Flow[T]], tell: Callable[[Any], object] | None = None
    ) -> T:
        """Run a flow, and raise whatever it raises."""
        return await self._way.run(flow_of(self._way.endpoint), tell)

    async def ask(
        self,
        flow_of: Callable[[Endpoint], Flow[T]],
        tell: Callable[[Any], object] | None = None,
        *,
        harmless: bool = True,
    ) -> T:
        """Run a flow again and again until it is answered.

        Raises what the endpoint refuses, the last trouble when the patience is over, `Stopped`; and at
        once what leaves open whether a flow that is not `harmless` has done its work.
        """
        began, tries = time.monotonic(), 0
        while True:
            try:
                result = await self.once(flow_of, tell)
            except Unauthorized:
                if not await self._way.renew():
                    raise
            except PASSING as error:
                doubtful = not harmless and not isinstance(error, UNMADE)
                if doubtful or time.monotonic() - began > self._patience_seconds:
                    raise
                await self.back_off(tries)
                tries += 1
            else:
                self._heard = time.monotonic()
                return result


def announced(flow: Flow[T]) -> Flow[T]:
    """Return the flow of a create that tells `SENDING` whenever its call is about to leave.

    An endpoint may wait for room, for another task, or for its turn before it sends anything. It tells
    `UNSENT` once it is proven that the call made nothing: only then may such a create wait to be sent again.
    """
    move: Callable[[], Effect] = partial(next, flow)
    sent = False
    while True:
        try:
            effect = move()
        except StopIteration as stop:
            result: T = stop.value
            return result
        except UNMADE:
            if sent:
                yield Tell(UNSENT)
            raise
        if sent and isinstance(effect, Pause):
            yield Tell(UNSENT)
            sent = False
        try:
            reply = yield effect
        except THROWN as error:
            move = partial(flow.throw, error)
        else:
            if isinstance(effect, Turn) and effect.pace.startswith(CREATES):
                yield Tell(SENDING)
                sent = True
            move = partial(flow.send, reply)
