"""Attempts that outlived their task: watched to their end, so that slots and costs stay true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from genmux.domain.catalog import Catalogue
from genmux.domain.states import TaskState
from genmux.engine.channels import Router
from genmux.engine.flows import FlowRunner
from genmux.engine.poll import ignore_progress
from genmux.engine.ports import AttemptRow, Clock, Store
from genmux.engine.work import build_work
from genmux.providers.seam import Finished, Forgotten, Outcome, Puzzling, Refused

log = structlog.get_logger(__name__)

LOOK_AGAIN_MS: Final = 15_000
BATCH: Final = 64


@dataclass(slots=True)
class Abandoned:
    """Polls open attempts of cancelled tasks; what they make is dropped, that they made it is kept."""

    store: Store
    router: Router
    runner: FlowRunner
    catalogue: Catalogue
    clock: Clock
    on_settled: Callable[[TaskState, int], None]

    async def step(self) -> int:
        """Look at every due attempt; return how many ended."""
        due = await self.store.take_due_attempts(self.clock(), LOOK_AGAIN_MS, BATCH)
        ended = await asyncio.gather(*(self._look(seq, attempt) for seq, attempt in due))
        return sum(ended)

    async def _look(self, seq: int, attempt: AttemptRow) -> bool:
        outcome = await self._ask(seq, attempt)
        word = outcome_word(outcome)
        if word is None:
            return False
        await self.store.close_attempt(seq, attempt.n, word, self.clock())
        self.on_settled(TaskState.CANCELLED, seq)
        return True

    async def _ask(self, seq: int, attempt: AttemptRow) -> Outcome:
        row = await self.store.get_seq(seq)
        channel = self.router.by_id(attempt.channel_id)
        detail = await self.store.detail(row.id) if row is not None else None
        if detail is None or channel is None or attempt.upstream_ref is None:
            return Forgotten("nobody is left to ask")
        work = build_work(detail, self.catalogue, attempt.n)
        try:
            return await self.runner.run(channel.provider.poll(work), channel, work.inputs, ignore_progress)
        except Exception as error:
            log.exception("abandoned attempt could not be polled", seq=seq, channel=channel.name)
            return Puzzling(type(error).__name__)


def outcome_word(outcome: Outcome) -> str | None:
    """Return how an attempt nobody waits for ended, None while it goes on.

    `dropped` was made, and so billed, for nobody.
    """
    match outcome:
        case Finished():
            return "dropped"
        case Refused():
            return "refused"
        case Forgotten():
            return "expired"
        case _:
            return None
