"""The processes on one store: who they are, and which of them does what only one should do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """What a process does."""

    ALL = "all"
    API = "api"  # dialects and web, no loops
    ENGINE = "engine"  # loops and workers, no clients

    @property
    def serves(self) -> bool:
        """Whether clients are answered."""
        return self is not Role.ENGINE

    @property
    def works(self) -> bool:
        """Whether the loops run."""
        return self is not Role.API


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One process that works on the store; times in milliseconds on the store's clock."""

    id: str
    role: Role
    host: str
    started_at: int
    seen_at: int


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells that keys or channels were changed by somebody: unequal marks, other contents."""

    revoked: int  # access keys that were revoked
    channels: tuple[tuple[int, str, str, str, int], ...]
    sealed: tuple[int, int]  # credentials under a name: how many, and when the last one was put


@dataclass(frozen=True, slots=True)
class Permit:
    """A wish for calls in one second: `wanted` of the `limit` that all processes share."""

    name: str
    second: int
    wanted: int
    limit: int


@dataclass(frozen=True, slots=True)
class ServerTime:
    """The store's clock at one instant of ours, both in milliseconds, and how long the answer took."""

    store_ms: float
    monotonic_ms: float
    round_trip_ms: float


class FleetStore(Protocol):
    """What processes on one store tell each other through it."""

    async def server_time(self) -> ServerTime:
        """Return the store's clock, by the fastest of a few answers."""
        ...

    async def beat(self, worker: WorkerRow, dead_before: int) -> tuple[WorkerRow, ...]:
        """Say that a process is alive; return all that were seen since, the oldest first."""
        ...

    async def leave(self, worker_id: str) -> None:
        """Say that a process ends."""
        ...

    async def reserve(self, name: str, interval_us: int, wanted: int, now_us: int) -> int:
        """Take the next `wanted` instants of a pace, evenly spaced; return the first, in microseconds."""
        ...

    async def hold(self, name: str, until_us: int) -> None:
        """Let a pace give no instant before."""
        ...

    async def permit(self, wishes: Sequence[Permit]) -> list[int]:
        """Return how many calls of each wish may be made."""
        ...

    async def cancelled(self, seqs: Sequence[int]) -> set[int]:
        """Return which of these tasks somebody has asked to end."""
        ...

    async def marks(self) -> Marks:
        """Return what keys and channels are like now."""
        ...

    async def learnt_since(self, since: int) -> tuple[tuple[str, str, int], ...]:
        """Return (name, data, time) of what was learnt after a time."""
        ...


class TryStore(Protocol):
    """Creates that their clients may send again without a key, as all processes know them.

    A `mark` is a digest of who sent what; `number` says which try of its client it is.
    """

    async def begin_try(self, mark: bytes, number: int, now: int) -> int:
        """Remember a try; return its id."""
        ...

    async def settle_try(self, try_id: int, answer: str | None) -> None:
        """Remember what a try made; None forgets it."""
        ...

    async def claim_try(
        self, mark: bytes, number: int, now: int, since: int
    ) -> tuple[int, str | None] | None:
        """Return (id, answer) of the try that this one repeats, which nobody else may repeat then.

        The furthest along, then the newest, of those with a lower number that are not older than `since`.
        """
        ...

    async def tried(self, try_id: int) -> tuple[str | None] | None:
        """Return what a try has made so far, None when it is forgotten."""
        ...

    async def answer_tries(self, mark: bytes, since: int, answer: str) -> None:
        """Remember what those made that have made nothing yet."""
        ...

    async def take_answer(self, mark: bytes, since: int) -> str | None:
        """Return what a try made, and forget it."""
        ...

    async def tidy(self, tries_before: int, permits_before_second: int) -> None:
        """Forget what is too old to matter."""
        ...


@dataclass(slots=True)
class Fleet:
    """This process among those on its store; alone until somebody else was seen.

    `engines` and `apis` are the ids of the live processes that run loops, and that answer clients.
    """

    me: str = "worker-1"
    engines: tuple[str, ...] = ()
    apis: tuple[str, ...] = ()
    shared: bool = False  # others may be there, now or later

    def keeps(self, number: int) -> bool:
        """Return whether this engine is the one that does thing `number`, which only one should do.

        While processes come and go two may believe it for a moment, or none.
        """
        if not self.engines:
            return True
        return self.engines[number % len(self.engines)] == self.me

    @property
    def alone(self) -> bool:
        """Whether no other process was seen."""
        return all(worker == self.me for worker in (*self.engines, *self.apis))

    def take_in(self, workers: Sequence[WorkerRow]) -> bool:
        """Count who is alive; return whether that has changed."""
        engines = tuple(sorted(w.id for w in workers if w.role.works))
        apis = tuple(sorted(w.id for w in workers if w.role.serves))
        changed = (engines, apis) != (self.engines, self.apis)
        self.engines, self.apis = engines, apis
        return changed
