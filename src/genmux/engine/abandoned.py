"""Attempts that outlived their task: watched to their end, so that slots, costs and results stay true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from genmux.domain.catalog import Catalogue
from genmux.domain.spec import decode_error
from genmux.domain.states import REOPENABLE, TaskState
from genmux.engine.asking import ask
from genmux.engine.channels import Channel, Router
from genmux.engine.flows import FlowRunner
from genmux.engine.outcomes import CALL_ONLY, made_ref
from genmux.engine.ports import AttemptRow, Binding, Clock, Store, TaskDetail
from genmux.engine.work import build_work
from genmux.providers.seam import Accepted, Finished, Forgotten, Outcome, Puzzling, Recovery, Refused, Work

log = structlog.get_logger(__name__)

LOOK_AGAIN_MS: Final = 15_000
BATCH: Final = 64
LONGEST_MS: Final = 72 * 3_600_000
"""After this nobody upstream knows the task any more (VOD: three days)."""


@dataclass(slots=True)
class Abandoned:
    """Polls open attempts of tasks that have ended without them.

    What a cancelled task's attempt makes is dropped, that it was made is kept. A task that failed
    because its time was up, or because nobody knew its outcome, gets its late result.
    """

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
        row = await self.store.get_seq(seq)
        detail = await self.store.detail(row.id) if row is not None else None
        outcome = await self._ask(detail, attempt)
        if isinstance(outcome, Finished) and detail is not None and reopenable(detail, attempt):
            return await self._found(seq, attempt, outcome)
        word = outcome_word(outcome)
        if word is None and self.clock() - attempt.opened_at > LONGEST_MS:
            word = "expired"
        if word is None:
            return False
        await self.store.close_attempt(seq, attempt.n, word, self.clock())
        self.on_settled(TaskState.CANCELLED, seq)
        return True

    async def _found(self, seq: int, attempt: AttemptRow, outcome: Finished) -> bool:
        """Bring a task back that was given up too early."""
        ref = attempt.upstream_ref or ""
        found = await self.store.reopen(seq, ref, self.clock(), made_ref(ref, outcome.outputs))
        if found:
            self.on_settled(TaskState.COLLECTING, seq)
        return found

    async def _ask(self, detail: TaskDetail | None, attempt: AttemptRow) -> Outcome:
        channel = self.router.by_id(attempt.channel_id)
        if detail is None or channel is None:
            return Forgotten("nobody is left to ask")
        work = build_work(detail, self.catalogue, attempt.n)
        pinned = self.router.pinned(channel, work.account)
        try:
            if attempt.upstream_ref is None:
                return await self._lookup(detail, attempt, pinned, work)
            return await ask(self.runner, pinned, work, "poll")
        except Exception as error:
            log.exception("abandoned attempt could not be polled", seq=detail.task.seq, channel=channel.name)
            return Puzzling(type(error).__name__)

    async def _lookup(self, detail: TaskDetail, attempt: AttemptRow, channel: Channel, work: Work) -> Outcome:
        """Find out whether an attempt without a reference was accepted; if so it is polled from now on."""
        if channel.provider.recovery is not Recovery.LOOKUP:
            return Forgotten("nobody can be asked")
        outcome = await ask(self.runner, channel, work, "lookup")
        if isinstance(outcome, Accepted):
            now = self.clock()
            await self.store.bind([Binding(detail.task.seq, attempt.n, outcome.upstream_ref, now, now)])
        return Puzzling("looked up")


def reopenable(detail: TaskDetail, attempt: AttemptRow) -> bool:
    """Return whether a late result of this attempt is still wanted."""
    task = detail.task
    if task.state is not TaskState.FAILED or task.error is None or task.attempt != attempt.n:
        return False
    return decode_error(task.error).code in REOPENABLE


def outcome_word(outcome: Outcome) -> str | None:
    """Return how an attempt nobody waits for ended, None while it goes on.

    `dropped` was made, and so billed, for nobody.
    """
    match outcome:
        case Finished():
            return "dropped"
        case Refused(error_class) if error_class in CALL_ONLY:
            return None
        case Refused():
            return "refused"
        case Forgotten():
            return "expired"
        case _:
            return None
