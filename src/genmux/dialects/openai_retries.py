"""Tells a client's retry from a second wish, so that a lost answer is not made and paid for twice.

The official clients number the tries of one call in a header, and send no key of their own. A retry
therefore belongs to an earlier try with the same sender and the same content. What is remembered
lives as long as the process, or in the database that several share; an `Idempotency-Key` is kept with
the task instead.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from genmux.dialects.shared_tries import SharedTries

HEADER: Final = "x-stainless-retry-count"
WINDOW_MS: Final = 20 * 60_000
"""Longer than the clients' usual time-out of ten minutes and the pause after it."""
MAX_REMEMBERED: Final = 10_000
MAX_TRIES: Final = 1000

Key = tuple[int, int | None, bytes]
"""Tenant, access key and fingerprint of a create."""


@dataclass(slots=True, eq=False)
class Try:
    """One create, from its arrival on; `made` becomes its task's id, None when it made nothing."""

    number: int
    at: int
    made: asyncio.Future[bytes | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def lives(self, now: int) -> bool:
        """Return whether a retry may still belong to it."""
        empty = self.made.done() and self.made.result() is None
        return not empty and now - self.at <= WINDOW_MS

    def settle(self, task_id: bytes | None) -> None:
        """Tell the retries what came of it."""
        if not self.made.done():
            self.made.set_result(task_id)


Settle = Callable[[bytes | None], Awaitable[None]]
"""Tells the retries what came of a try; None: nothing."""


class Retries:
    """The creates of the last minutes whose clients number their tries."""

    def __init__(self) -> None:
        self._tries: OrderedDict[Key, list[Try]] = OrderedDict()

    def claim(self, key: Key, number: int, now: int) -> Try | None:
        """Return the try that this one repeats: the furthest along, then the newest, that none has claimed.

        The newest, since equal wishes made one after the other were mostly answered. None for a
        first try, and for one whose forerunners never arrived or made nothing.
        """
        open_tries = [t for t in self._tries.get(key, ()) if t.number < number and t.lives(now)]
        if not open_tries:
            return None
        earlier = max(reversed(open_tries), key=lambda t: (t.number, t.at))
        earlier.number, earlier.at = number, now
        self._tries.move_to_end(key)
        return earlier

    def begin(self, key: Key, number: int, now: int) -> Try:
        """Remember a create that is about to be made."""
        self._forget(now)
        begun = Try(number, now)
        kept = [t for t in self._tries.get(key, ()) if t.lives(now)]
        self._tries[key] = [*kept[1 - MAX_TRIES :], begun]
        self._tries.move_to_end(key)
        return begun

    def _forget(self, now: int) -> None:
        while self._tries:
            key, tries = next(iter(self._tries.items()))
            if len(self._tries) < MAX_REMEMBERED and now - tries[-1].at <= WINDOW_MS:
                return
            del self._tries[key]


@dataclass(frozen=True, slots=True)
class Wishes:
    """The tries that this process remembers, and those that all do where there are several."""

    local: Retries = field(default_factory=Retries)
    shared: SharedTries | None = None

    async def repeated(self, key: Key, number: int, now: int) -> bytes | None:
        """Return the task of the try that this one repeats, None for a first one."""
        if self.shared is not None and self.shared.wanted and number:
            made = await self.shared.repeat(mark_of(key), number, now, WINDOW_MS)
            if made is not None:
                return bytes.fromhex(made)
        earlier = self.local.claim(key, number, now)
        return await earlier.made if earlier is not None else None

    async def begin(self, key: Key, number: int, now: int) -> Settle:
        """Remember a create that is about to be made; return what is to be told what it made."""
        if self.shared is None or not self.shared.wanted:
            return _settling(self.local.begin(key, number, now))
        store, try_id = self.shared.store, await self.shared.store.begin_try(mark_of(key), number, now)

        async def settle(task_id: bytes | None) -> None:
            await store.settle_try(try_id, task_id.hex() if task_id is not None else None)

        return settle


def _settling(begun: Try) -> Settle:
    async def settle(task_id: bytes | None) -> None:
        begun.settle(task_id)

    return settle


def mark_of(key: Key) -> bytes:
    """Return what stands for a key where all processes look."""
    tenant, access_key, digest = key
    return hashlib.sha256(b"%d:%d:%b" % (tenant, access_key or 0, digest)).digest()


def parse_number(text: str | None) -> int | None:
    """Return which try of a call this is, 0 for the first; None where the client does not tell."""
    told = text is not None and text.isascii() and text.isdigit() and len(text) <= 4
    return int(text) if told and text is not None else None
