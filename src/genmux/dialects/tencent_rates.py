"""Rates of the Tencent wires: creates wait a moment for room, and a retried create is made once.

The official Python SDK's `StandardRetryer` never forgets an error: refused once for its rate, it
sends the request twice more and raises although both succeeded (SDK 3.1.194, run). So a create
first waits up to a second for room, and if it is refused after all, its second successful repeat
is answered with the task of the first.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from genmux.dialects.shared_rates import SharedWindow
from genmux.dialects.shared_tries import SharedTries
from genmux.domain.limits import RateWindow
from genmux.engine.ports import Clock
from genmux.wires.tencent import refuse

REPEAT_MS: Final = 10_000
RETRYING_CLIENT: Final = "SDK_PYTHON"
MAX_REMEMBERED: Final = 4096


@dataclass(slots=True)
class RateGate:
    """Counts calls per access key and action; a `patient` call may wait for the next second."""

    rates: Mapping[str, int]
    clock: Clock
    shared: SharedWindow | None = None
    _window: RateWindow = field(default_factory=RateWindow)
    _waiting: dict[str, int] = field(default_factory=dict)

    async def admit(self, key_id: int | None, action: str, *, patient: bool) -> None:
        """Return once the call may be made. Raises `WireError` RequestLimitExceeded; nothing was made."""
        rate = self.rates.get(action, 0)
        name = f"{key_id}:{action}"
        made = await self._count(name, rate)
        if made is None:
            return
        if patient and self._waiting.get(name, 0) < rate:
            made = await self._wait(name, rate)
        if made is not None:
            raise refuse("RequestLimitExceeded", times=made, limit=rate)

    async def _wait(self, name: str, rate: int) -> int | None:
        self._waiting[name] = self._waiting.get(name, 0) + 1
        try:
            await asyncio.sleep((1000 - self.clock() % 1000) / 1000)
            return await self._count(name, rate)
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                del self._waiting[name]

    async def _count(self, name: str, rate: int) -> int | None:
        if self.shared is not None and self.shared.wanted:
            return await self.shared.admit(name, rate, self.clock())
        return self._window.admit(name, rate, self.clock())


@dataclass(slots=True)
class _Refused:
    until: int
    answer: dict[str, Any] | None = None


@dataclass(slots=True)
class RetryMemory:
    """Creates that were refused for their rate in the last ten seconds, and what a repeat made.

    Nothing else is ever de-duplicated here: equal requests that were never refused are two wishes.
    """

    clock: Clock
    _refused: dict[bytes, _Refused] = field(default_factory=dict)

    def key(self, key_id: int | None, action: str, client: str, body: bytes) -> bytes | None:
        """Return what identifies a request that its client would repeat, None for other clients."""
        if not client.startswith(RETRYING_CLIENT):
            return None
        digest = hashlib.sha256(f"{key_id}\n{action}\n{client}\n".encode())
        digest.update(body)
        return digest.digest()

    def refused(self, key: bytes | None) -> None:
        """Remember that this request was refused now."""
        if key is None:
            return
        if len(self._refused) >= MAX_REMEMBERED:
            self._forget_old()
        if len(self._refused) < MAX_REMEMBERED:
            self._refused[key] = _Refused(self.clock() + REPEAT_MS)

    def recall(self, key: bytes | None) -> dict[str, Any] | None:
        """Return what an earlier repeat made, and forget it: a third repeat is a new wish."""
        entry = self._refused.get(key) if key is not None else None
        if key is None or entry is None or entry.answer is None:
            return None
        del self._refused[key]
        return entry.answer if entry.until > self.clock() else None

    def made(self, key: bytes | None, answer: dict[str, Any]) -> None:
        """Remember what the first successful repeat of a refused request made."""
        entry = self._refused.get(key) if key is not None else None
        if entry is not None and entry.until > self.clock():
            entry.answer = answer

    @property
    def empty(self) -> bool:
        """True while nothing is remembered: then no request needs to be hashed."""
        return not self._refused

    def _forget_old(self) -> None:
        now = self.clock()
        self._refused = {key: entry for key, entry in self._refused.items() if entry.until > now}


@dataclass(frozen=True, slots=True)
class Repeats:
    """The memory of this process, and that of all where there are several."""

    memory: RetryMemory
    shared: SharedTries | None = None

    @property
    def empty(self) -> bool:
        """True while nothing can be remembered: then no request needs to be hashed."""
        return self.memory.empty and (self.shared is None or not self.shared.wanted)

    async def refused(self, key: bytes | None) -> None:
        """Remember that this request was refused now."""
        self.memory.refused(key)
        if key is not None and self.shared is not None and self.shared.wanted:
            await self.shared.store.begin_try(key, 0, self.memory.clock())

    async def recall(self, key: bytes | None) -> dict[str, Any] | None:
        """Return what an earlier repeat made, and forget it: a third repeat is a new wish."""
        made = self.memory.recall(key)
        if key is None or self.shared is None or not self.shared.wanted:
            return made
        told = await self.shared.store.take_answer(key, self.memory.clock() - REPEAT_MS)
        return made if told is None else json.loads(told)

    async def made(self, key: bytes | None, answer: dict[str, Any]) -> None:
        """Remember what the first successful repeat of a refused request made."""
        self.memory.made(key, answer)
        if key is not None and self.shared is not None and self.shared.wanted:
            since = self.memory.clock() - REPEAT_MS
            await self.shared.store.answer_tries(key, since, json.dumps(answer))
