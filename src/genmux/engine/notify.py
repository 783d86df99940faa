"""The notify loop: tells receivers that tasks have ended, at least once each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol
from urllib.parse import urlsplit

import structlog

from genmux.engine.ports import Clock, FetchFailed, Net, OutboxRow, Sink, Store
from genmux.providers.seam import HttpCall

log = structlog.get_logger(__name__)

LEASE_MS: Final = 30_000
TIMEOUT_SECONDS: Final = 10.0
FIRST_RETRY_MS: Final = 10_000
LONGEST_RETRY_MS: Final = 3_600_000
MOST_TRIES: Final = 32
"""Tries before a message is given up: 23.4 hours after the first, with the delays above."""

MOST_FLIGHTS: Final = 64
MOST_PER_HOST: Final = 32
MOST_PER_AILING_HOST: Final = 4
CROWDED_MS: Final = 1_000
AILING_MS: Final = 60_000
UNWANTED_MS: Final = 10_000
"""How long a message waits for which nobody could be told where to send it."""


class SinkRenderer(Protocol):
    """Words the messages of one sink."""

    async def __call__(self, row: OutboxRow, /) -> HttpCall | None:
        """Return the call that tells the receiver how the task stands, signed as its wire wants it.

        None hands the message back untried, for instance because its application pulls by now.
        """
        ...


@dataclass(slots=True)
class Host:
    """What we remember of one receiver: calls under way, and for a minute that one went wrong."""

    calls: int = 0
    ailing_until: int = 0

    def postponed_ms(self, now: int) -> int:
        """Return how long one more message has to wait so that others need not; 0: not at all."""
        if self.ailing_until > now:
            return AILING_MS if self.calls >= MOST_PER_AILING_HOST else 0
        return CROWDED_MS if self.calls >= MOST_PER_HOST else 0


def retry_delay_ms(tries: int) -> int:
    """Return how long to wait after failed try number `tries` (doubling, at most an hour)."""
    return int(min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** min(max(tries - 1, 0), 10)))


@dataclass(slots=True)
class Notifier:
    """Takes due messages and makes one call for each; 2xx is yes, anything else is tried again.

    Calls run beside the loop, so a slow receiver holds up nobody but itself. A message whose
    delivery dies with the process is due again when its lease ends.
    """

    store: Store
    net: Net
    clock: Clock
    renderers: Mapping[Sink, SinkRenderer]
    allow_private: bool = False
    flights: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)

    async def step(self) -> int:
        """Start a call for every due message there is room for; return how many."""
        if len(self.flights) >= MOST_FLIGHTS:
            await asyncio.wait(self.flights.values(), return_when=asyncio.FIRST_COMPLETED)
        now, room = self.clock(), MOST_FLIGHTS - len(self.flights)
        self.hosts = {name: h for name, h in self.hosts.items() if h.calls or h.ailing_until > now}
        rows = await self.store.take_outbox(tuple(self.renderers), now, LEASE_MS, room)
        for row in rows:
            self.flights[row.n] = asyncio.create_task(self._fly(row), name=f"notify-{row.n}")
        return len(rows)

    async def drain(self, seconds: float) -> None:
        """Wait for the calls under way; those that take longer are dropped and made again later."""
        if self.flights:
            await asyncio.wait(self.flights.values(), timeout=seconds)
        left = list(self.flights.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    # ------------------------------------------------------------ one flight

    async def _fly(self, row: OutboxRow) -> None:
        try:
            await self._deliver(row)
        except Exception:
            log.exception("a notification could not be settled", message=row.n, sink=row.sink)
        finally:
            if self.flights.get(row.n) is asyncio.current_task():
                del self.flights[row.n]

    async def _deliver(self, row: OutboxRow) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                call = await self.renderers[row.sink](row)
        except Exception as error:
            log.exception("a notification could not be rendered", task=row.task_seq, sink=row.sink)
            await self._failed(row, f"rendering raised {type(error).__name__}")
            return
        if call is None:
            await self._hand_back(row, UNWANTED_MS)
            return
        await self._call(row, replace(call, timeout_seconds=TIMEOUT_SECONDS))

    async def _call(self, row: OutboxRow, call: HttpCall) -> None:
        host = self.hosts.setdefault(_host(call.url), Host())
        postponed_ms = host.postponed_ms(self.clock())
        if postponed_ms:
            await self._hand_back(row, postponed_ms)
            return
        host.calls += 1
        try:
            trouble, final = await self._send(call)
        finally:
            host.calls -= 1
        host.ailing_until = self.clock() + AILING_MS if trouble else 0
        if trouble:
            await self._failed(row, trouble, final=final)
        else:
            await self._settle(row)

    async def _send(self, call: HttpCall) -> tuple[str, bool]:
        """Return what went wrong, "" if nothing did, and whether it always will."""
        try:
            reply = await self.net.send(call, allow_private=self.allow_private)
        except FetchFailed as error:
            return f"{error.code}: {error.reason}", error.code == "bad_url"
        except Exception as error:
            log.exception("a notification could not be sent")
            return f"sending raised {type(error).__name__}", False
        return ("" if 200 <= reply.status < 300 else f"HTTP {reply.status}"), False

    async def _failed(self, row: OutboxRow, trouble: str, *, final: bool = False) -> None:
        tries = row.tries + 1
        if final or tries >= MOST_TRIES:
            log.warning("notification given up", task=row.task_seq, sink=row.sink, tries=tries, error=trouble)
            await self._settle(row, error=trouble)
        else:
            await self._settle(row, due_at=self.clock() + retry_delay_ms(tries), error=trouble)

    async def _hand_back(self, row: OutboxRow, delay_ms: int) -> None:
        await self._settle(row, due_at=self.clock() + delay_ms)

    async def _settle(self, row: OutboxRow, *, due_at: int | None = None, error: str | None = None) -> None:
        assert row.handle is not None
        await self.store.settle_outbox(row.n, row.handle, now=self.clock(), due_at=due_at, error=error)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
