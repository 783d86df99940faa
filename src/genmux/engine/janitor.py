"""The janitor: rescues lost leases, ends what is overdue, forgets what is old."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from genmux.domain.spec import TaskError
from genmux.domain.states import Event, TaskState
from genmux.engine.channels import Router
from genmux.engine.fleet import Fleet
from genmux.engine.leases import Leases
from genmux.engine.outcomes import UNKNOWN_ERROR, Settled, cancelled, change_for, failed, settle_lost
from genmux.engine.ports import Clock, MediaStore, Store, TaskRow
from genmux.engine.submits import Stop, SubmitDesk, is_local
from genmux.engine.work import parse_account
from genmux.providers.seam import Recovery

log = structlog.get_logger(__name__)

BATCH: Final = 256
THE_JANITOR: Final = 0
"""What `Fleet.keeps` is asked."""
CREDENTIALS_MS: Final = 3_600_000
GRACE_MS: Final = 3_600_000
"""Media are let go so long after their time: a create that found them before has ended by then."""
SEALED_PREFIX: Final = "name:"
"""Credentials that an operator stored under a name of their own; only the operator deletes them."""

DEADLINE_ERROR: Final = TaskError(
    code="deadline",
    message="The task was not finished before its deadline.",
    message_zh="任务未能在截止时间前完成。",
)

NEVER_FETCHED: Final = TaskError(
    code="source_gone",
    message="The result was made but could not be fetched and kept in time.",
    message_zh="结果已生成,但未能在期限内取回并保存。",
)
OVERDUE_ERRORS: Final = {TaskState.UNKNOWN: UNKNOWN_ERROR, TaskState.COLLECTING: NEVER_FETCHED}
"""Why a task fails whose time is up, where it is not simply late."""


@dataclass(slots=True)
class Janitor:
    """Steps are idempotent: whatever is left undone is found again by the next one."""

    store: Store
    media: MediaStore
    router: Router
    submits: SubmitDesk
    clock: Clock
    leases: Leases
    fleet: Fleet
    worker_id: str
    retention_ms: int
    on_settled: Callable[[TaskState, int], None]
    _credentials_at: int = 0
    _unused: set[str] = field(default_factory=set)

    async def step(self) -> int:
        """Do one round of everything; return how many rows were touched.

        Of several engines one alone ends what is overdue and forgets what is old.
        """
        touched = await self.rescue()
        if not self.fleet.keeps(THE_JANITOR):
            return touched
        touched += await self.end_overdue()
        touched += await self.expire_artifacts()
        touched += await self.prune()
        touched += await self.store.prune_outbox(self.clock())
        touched += await self.forget_uploads()
        await self.forget_credentials()
        return touched

    async def rescue(self) -> int:
        """Settle submits whose lease ran out: their worker is gone, the recovery fact decides."""
        rows = await self.store.take_due(
            TaskState.SUBMITTING, None, self.worker_id, self.clock(), self.leases.lease_ms, BATCH
        )
        orphans = [row for row in rows if not self.submits.renew(row.seq, row.fence)]
        for row in orphans:
            await self._apply(row, self._rescued(row))
        return len(orphans)

    def _rescued(self, row: TaskRow) -> Settled:
        channel = self.router.by_id(row.channel_id)
        recovery = channel.provider.recovery if channel is not None else Recovery.NEVER
        if recovery is Recovery.FREE and row.cancel_at is not None:
            return cancelled()
        policy = channel.on_unknown if channel is not None else "hold"
        return settle_lost("the worker that submitted it is gone", recovery, policy)

    async def end_overdue(self) -> int:
        """Fail what is past its deadline; an unknown outcome keeps its own code."""
        rows = await self.store.overdue(self.clock(), BATCH)
        for row in rows:
            error = OVERDUE_ERRORS.get(row.state, DEADLINE_ERROR)
            await self._apply(row, failed(Event.DEADLINE, error, self._deadline_word(row)))
            if is_local(self.submits.flights, row):
                self.submits.stop(row.seq, Stop.LEASE_LOST)
        return len(rows)

    def _deadline_word(self, row: TaskRow) -> str | None:
        """Return how the attempt ends, None where it stays open: its upstream may still finish it."""
        channel = self.router.by_id(row.channel_id)
        recovery = channel.provider.recovery if channel is not None else Recovery.NEVER
        if row.state is TaskState.RUNNING and recovery is not Recovery.FREE:
            return None
        if row.state is TaskState.UNKNOWN and recovery is Recovery.LOOKUP:
            return None
        return None if row.state in (TaskState.WAITING, TaskState.QUEUED) else "deadline"

    async def expire_artifacts(self) -> int:
        """Delete the bytes of artifacts whose time was up an hour ago; their rows stay as a record."""
        rows = await self.store.expired_artifacts(self.clock() - GRACE_MS, BATCH)
        if not rows:
            return 0
        dropped = [(row.task_seq, row.role, row.n) for row in rows]
        await self._delete(await self.store.drop_artifact_media(dropped))
        return len(rows)

    async def prune(self) -> int:
        """Delete tasks that ended an hour longer ago than the retention, with their media."""
        before = self.clock() - self.retention_ms - GRACE_MS
        return await self._delete(await self.store.prune(before, BATCH))

    async def forget_uploads(self) -> int:
        """Let go of uploads an hour after their time."""
        return await self._delete(await self.store.forget_uploads(self.clock() - GRACE_MS))

    async def forget_credentials(self) -> int:
        """Forget credentials that neither a channel nor a kept attempt uses; return how many went.

        Looks once an hour: a late result may need the credential of an attempt that has ended. Where
        several processes share the store, one that was kept just now may be of a channel that we have
        not heard of yet, so it goes only when it was found unused an hour before, too.
        """
        if self.clock() < self._credentials_at:
            return 0
        self._credentials_at = self.clock() + CREDENTIALS_MS
        kept = await self.store.credentials()
        used = {channel.account.credential for channel in self.router.channels}
        used |= {parse_account(frozen).credential for frozen in await self.store.accounts()}
        unused = {name for name in kept if name not in used and not name.startswith(SEALED_PREFIX)}
        stale = unused & self._unused if self.fleet.shared else unused
        self._unused = unused
        for name in stale:
            await self.store.drop_credential(name)
        return len(stale)

    async def _delete(self, keys: Sequence[str]) -> int:
        """Delete the bytes that nobody uses any more; return how many there were."""
        for key in keys:
            await self.media.delete(key)
        await self.store.media_deleted(keys)
        return len(keys)

    async def _apply(self, row: TaskRow, settled: Settled) -> None:
        change = change_for(row, settled, self.clock())
        if row.seq in await self.store.apply([change]):
            self.on_settled(change.to, row.seq)
