"""The port of the store over one connection that writes in groups and some that read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from genmux.domain.errors import Unavailable
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.engine.ports import (
    ArtifactRow,
    AttemptRow,
    Binding,
    Change,
    ChannelRow,
    ClaimOrder,
    ClaimRound,
    Clock,
    EventConfig,
    IdempotencyClaim,
    InputRow,
    KeyRow,
    NewTask,
    OutboxRow,
    Repeat,
    Sink,
    TaskDetail,
    TaskFilter,
    TaskRow,
    UploadRow,
)
from genmux.store import (
    abandoned,
    claims,
    creates,
    directory,
    media,
    moves,
    outbox,
    reads,
    retention,
    uploads,
    upstreams,
)
from genmux.store.changes import apply_joined, bind_joined
from genmux.store.compiled import Db
from genmux.store.fleet import FleetWork
from genmux.store.leases import extend as extend_leases
from genmux.store.leases import next_due, release_all, take_due
from genmux.store.readers import Readers
from genmux.store.writer import CREATES, FIRST, Together, Turn, Writer, closed

T = TypeVar("T")

HOUSEKEEPING: Final = (3, "")
CLAIMS: Final = 4
"""Turns of operations that take a lock of many; the instants of paces and permits come before (`fleet`)."""

HOLD_MS: Final = 3_600_000
"""How long media that is about to be published is held for the row that will name it."""
KEEP_TRIES: Final = 40
KEEP_PAUSE_SECONDS: Final = 0.05
"""How long bytes that are being deleted are waited for, before their sender is asked to send them again."""


def being_deleted() -> Unavailable:
    """Return the error of bytes that are being deleted just now."""
    return Unavailable(
        Text("These bytes are being deleted; send them again.", "这些数据正在删除中，请重新发送。")
    )


class SqlStore(FleetWork):
    """The `Store` port on one database, whichever it is.

    Use it from the event loop that opened it. Every write returns after its transaction is on disk.
    A read sees every write that returned before it. `clock` dates what no caller dates (new tenants,
    expired idempotency keys). A subclass opens the connections, and says how near reads are.
    """

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._writer: Writer | None = None
        self._creates: Together | None = None
        self._readers: Readers | None = None

    @property
    def commits(self) -> int:
        """How many transactions were committed since `open`."""
        return 0 if self._writer is None else self._writer.commits

    async def open(self) -> None:
        """Create or migrate the database and open the connections. Raises `Unavailable` if it cannot."""
        raise NotImplementedError

    def connect(self) -> Db:
        """Open one more connection, which belongs to the caller; it may only read where that can be."""
        raise NotImplementedError

    async def close(self) -> None:
        """Commit what waits, then close every connection; calls that come later are refused."""
        await asyncio.get_running_loop().run_in_executor(None, self._shut)

    def _shut(self) -> None:
        if self._writer is not None:
            self._writer.stop()
        if self._readers is not None:
            self._readers.close()
        self._writer = self._readers = None

    def _write(self, work: Callable[[Db], T], turn: Turn = FIRST) -> asyncio.Future[T]:
        if self._writer is None:
            raise closed()
        return self._writer.run(work, turn)

    def _join(self, together: Together, wish: object, turn: Turn = FIRST) -> asyncio.Future[Any]:
        if self._writer is None:
            raise closed()
        return self._writer.join(together, wish, turn)

    async def _read(self, read: Callable[[Db], T]) -> T:
        if self._readers is None:
            raise closed()
        return await self._readers.run(read)

    async def _near(self, read: Callable[[Db], T]) -> T:
        """Run a read by key; a subclass that can do it at once does."""
        return await self._read(read)

    async def _scan(self, read: Callable[[Db], T]) -> T:
        """Run a read of a whole table; a subclass may keep it from standing in the way of others."""
        return await self._read(read)

    # creates and reads

    async def create(self, task: NewTask, parts: Sequence[NewTask] = ()) -> int | Repeat:
        """Insert a task with everything of it in a group commit; return its seq, or the repeat.

        Its parts are written with it or not at all; they get the seqs just before its own. A
        waiting task whose producers have ended by then is queued or failed at once.
        """
        if self._creates is None:
            raise closed()
        stored: int | Repeat = await self._join(self._creates, (*parts, task), CREATES)
        return stored

    async def find_repeat(self, tenant_id: int, claim: IdempotencyClaim, now: int) -> Repeat | None:
        """Return what a create with this key would repeat, None while the key is free."""
        return await self._near(partial(creates.find_repeat, tenant_id=tenant_id, claim=claim, now=now))

    async def get(self, task_id: bytes) -> TaskRow | None:
        """Return the hot row of a task."""
        return await self._near(partial(reads.get, task_id=task_id))

    async def get_seq(self, seq: int) -> TaskRow | None:
        """Return the hot row of a task by its seq."""
        return await self._near(partial(reads.get_seq, seq=seq))

    async def artifacts(self, seq: int) -> tuple[ArtifactRow, ...]:
        """Return a task's artifacts by number, the result before any other role."""
        return await self._near(partial(reads.made, seq=seq))

    async def detail(self, task_id: bytes) -> TaskDetail | None:
        """Return a task with everything of it, as it was at one instant."""
        return await self._near(partial(reads.detail, task_id=task_id))

    async def list_tasks(self, wanted: TaskFilter) -> tuple[TaskRow, ...]:
        """Return the tasks that match, one page beyond the cursor."""
        return await self._read(partial(reads.list_tasks, wanted=wanted))

    async def counts(self) -> dict[TaskState, int]:
        """Return how many tasks are in each state (reads the whole table)."""
        return await self._scan(reads.counts)

    async def queue_position(self, row: TaskRow, most: int) -> int:
        """Return how many queued tasks of its lane come before a queued one, counting up to `most`."""
        return await self._read(partial(reads.queue_position, row=row, most=most))

    # the loops' statements

    async def queued_lanes(self, now: int) -> tuple[str, ...]:
        """Return the lanes that have due queued work."""
        return await self._read(partial(claims.queued_lanes, now=now))

    async def claim_queued(self, order: ClaimOrder) -> ClaimRound:
        """Move queued tasks to submitting, the same number for every tenant, and open attempts."""
        return await self._write(partial(claims.claim, order=order), (CLAIMS, f"{order.channel_id:012}"))

    async def take_due(
        self, state: TaskState, channel_id: int | None, worker_id: str, now: int, lease_ms: int, limit: int
    ) -> tuple[TaskRow, ...]:
        """Lease the rows of one state that are due the longest; None is any channel."""
        return await self._write(
            partial(
                take_due,
                state=state,
                channel_id=channel_id,
                worker_id=worker_id,
                now=now,
                lease_ms=lease_ms,
                limit=limit,
            )
        )

    async def extend(self, leases: Sequence[tuple[int, int]], due_at: int) -> set[int]:
        """Heart-beat (seq, fence) leases; return the seqs still held."""
        return await self._write(partial(extend_leases, held=leases, due_at=due_at))

    async def apply(self, changes: Sequence[Change]) -> set[int]:
        """Write back in one transaction, each row fenced; return the seqs that landed."""
        landed: set[int] = await self._join(apply_joined, changes)
        return landed

    async def bind(self, bindings: Sequence[Binding]) -> set[int]:
        """Record upstream references; return the seqs whose task moved to running."""
        running: set[int] = await self._join(bind_joined, bindings)
        return running

    async def freeze_input(
        self, seq: int, n: int, *, sha256: bytes, media_key: str, probe: str, now: int
    ) -> bool:
        """Record a fetched input; return True when it was the last one and the task is queued now."""
        return await self._write(
            partial(
                moves.freeze_input, seq=seq, n=n, sha256=sha256, media_key=media_key, probe=probe, now=now
            )
        )

    async def open_inputs(self, seq: int) -> tuple[InputRow, ...]:
        """Return the inputs that are not frozen yet."""
        return await self._near(partial(moves.open_inputs, seq=seq))

    async def request_cancel(self, seq: int, now: int) -> TaskState | None:
        """Cancel at once what is waiting or queued; mark the rest; return the state now."""
        return await self._write(partial(moves.request_cancel, seq=seq, now=now))

    async def reopen(self, seq: int, upstream_ref: str, now: int, made: str | None = None) -> bool:
        """Bring a task that failed for want of an answer back to collecting; False for any other."""
        return await self._write(
            partial(moves.reopen, seq=seq, upstream_ref=upstream_ref, now=now, made=made)
        )

    async def release_all_leases(self, now: int) -> int:
        """End every lease; the rows are due now. Return how many there were."""
        return await self._write(partial(release_all, now=now))

    async def overdue(self, now: int, limit: int) -> tuple[TaskRow, ...]:
        """Return unfinished tasks past their deadline, the longest overdue first; results have longer."""
        return await self._read(partial(reads.overdue, now=now, limit=limit))

    async def attempt_outcomes(self, seq: int) -> tuple[str, ...]:
        """Return the outcomes of a task's attempts so far, oldest first."""
        return await self._near(partial(reads.attempt_outcomes, seq=seq))

    async def prune(self, finished_before: int, limit: int) -> tuple[str, ...]:
        """Delete old finished tasks, a few per transaction; return media keys nobody uses any more.

        Expired idempotency keys go with them.
        """
        free: set[str] = set()
        left = limit
        while left > 0:
            step = min(left, retention.PRUNE_STEP)
            pruned, keys = await self._write(
                partial(retention.prune, finished_before=finished_before, limit=step, now=self._clock()),
                HOUSEKEEPING,
            )
            free |= keys
            left = left - pruned if pruned == step else 0
        while (
            await self._write(partial(retention.forget_idempotency, now=self._clock())) == retention.KEYS_STEP
        ):
            pass
        return tuple(sorted(free))

    async def expired_artifacts(self, now: int, limit: int) -> tuple[ArtifactRow, ...]:
        """Return artifacts past their time whose bytes are still held."""
        return await self._read(partial(retention.expired_artifacts, now=now, limit=limit))

    async def drop_artifact_media(self, keys: Sequence[tuple[int, str, int]]) -> tuple[str, ...]:
        """Forget the bytes of (task seq, role, n) artifacts; their `media_key` reads as ''."""
        dropped = partial(retention.drop_artifact_media, keys=keys, now=self._clock())
        return tuple(sorted(await self._write(dropped, HOUSEKEEPING)))

    async def media_deleted(self, keys: Sequence[str]) -> None:
        """Let these media keys be published again: their bytes are gone."""
        if keys:
            await self._write(partial(media.deleted, keys=keys))

    async def media_in_use(self, media_key: str) -> bool:
        """True while an artifact or an input names this media key."""
        return await self._near(partial(media.in_use, media_key=media_key))

    async def keep_upload(self, upload: UploadRow) -> None:
        """Remember an upload; one of the same bytes by the same tenant lives as long as this one."""
        for _ in range(KEEP_TRIES):
            if await self._write(partial(uploads.keep, upload=upload, now=self._clock())):
                return
            await asyncio.sleep(KEEP_PAUSE_SECONDS)
        raise being_deleted()

    async def hold_media(self, media_key: str, sha256: bytes) -> None:
        """Keep for an hour what is about to be published, so that nobody deletes it meanwhile."""
        await self.keep_upload(UploadRow(0, sha256, media_key, "{}", self._clock() + HOLD_MS))

    async def find_upload(self, tenant_id: int, sha256: bytes, now: int) -> UploadRow | None:
        """Return a tenant's live upload of these bytes."""
        return await self._near(partial(uploads.find, tenant_id=tenant_id, sha256=sha256, now=now))

    async def forget_uploads(self, expired_before: int) -> tuple[str, ...]:
        """Forget uploads that expired until then; return media keys nobody uses any more."""
        forgotten = partial(uploads.forget, expired_before=expired_before, now=self._clock())
        return tuple(sorted(await self._write(forgotten, HOUSEKEEPING)))

    async def next_due(self, now: int) -> int | None:
        """Return when the earliest row that is neither queued nor final becomes due."""
        return await self._read(partial(next_due, now=now))

    async def take_due_attempts(
        self, now: int, lease_ms: int, limit: int
    ) -> tuple[tuple[int, AttemptRow], ...]:
        """Return due (task seq, attempt) that outlived their task; they are due again after the lease."""
        return await self._write(partial(abandoned.take, now=now, lease_ms=lease_ms, limit=limit))

    async def close_attempt(self, seq: int, n: int, outcome: str, now: int) -> bool:
        """End an open attempt and free its slot; False when it was closed already."""
        return await self._write(partial(abandoned.close, seq=seq, n=n, outcome=outcome, now=now))

    # keys, channels, meta

    async def tenant(self, name: str) -> int:
        """Return the id of the tenant of this name, made now if there was none."""
        return await self._write(partial(directory.tenant, name=name, now=self._clock()))

    async def add_key(self, key: KeyRow) -> KeyRow:
        """Insert an access key; return it with its id (the given one is ignored)."""
        return await self._write(partial(directory.add_key, key=key))

    async def keys(self) -> tuple[KeyRow, ...]:
        """Return all access keys, revoked ones too, oldest first."""
        return await self._near(directory.keys)

    async def find_secret_id(self, secret_id: str) -> KeyRow | None:
        """Return the access key of this secret id, revoked or not."""
        return await self._near(partial(directory.find_secret_id, secret_id=secret_id))

    async def find_token(self, token_sha256: bytes) -> KeyRow | None:
        """Return the access key of this hashed token, revoked or not."""
        return await self._near(partial(directory.find_token, token_sha256=token_sha256))

    async def revoke_key(self, secret_id: str, now: int) -> bool:
        """Revoke a live access key; False when there is none."""
        return await self._write(partial(directory.revoke_key, secret_id=secret_id, now=now))

    async def put_channel(self, name: str, provider: str, config: str, enabled: bool) -> ChannelRow:
        """Insert or update a channel by name; its id never changes."""
        return await self._write(
            partial(directory.put_channel, name=name, provider=provider, config=config, enabled=enabled)
        )

    async def channels(self) -> tuple[ChannelRow, ...]:
        """Return all channels, oldest first."""
        return await self._near(directory.all_channels)

    # what is kept about upstreams

    async def put_credential(self, credential_id: str, sealed: bytes, now: int) -> None:
        """Keep a sealed credential under its id."""
        await self._write(
            partial(upstreams.put_credential, credential_id=credential_id, sealed=sealed, now=now)
        )

    async def credential(self, credential_id: str) -> bytes | None:
        """Return a sealed credential."""
        return await self._near(partial(upstreams.credential, credential_id=credential_id))

    async def credentials(self) -> tuple[str, ...]:
        """Return the ids of all credentials, oldest first."""
        return await self._near(upstreams.credentials_kept)

    async def drop_credential(self, credential_id: str) -> None:
        """Forget a credential."""
        await self._write(partial(upstreams.drop_credential, credential_id=credential_id))

    async def accounts(self) -> tuple[str, ...]:
        """Return the different accounts of all attempts (reads the whole table)."""
        return await self._scan(upstreams.accounts)

    async def put_learnt(self, found: Sequence[tuple[str, str]], now: int) -> None:
        """Keep (name, data) pairs; a name known before gets the new data."""
        await self._write(partial(upstreams.put_learnt, found=found, now=now))

    async def learnt(self) -> dict[str, str]:
        """Return everything learnt, by name."""
        return await self._read(upstreams.all_learnt)

    async def slots_used(self) -> dict[tuple[int, str], int]:
        """Return how many attempts are open on each (channel, kind) that has any."""
        return await self._read(upstreams.slots_used)

    async def hasten(
        self, channel_id: int, refs: Sequence[str], keys: Sequence[str], now: int
    ) -> tuple[str, ...]:
        """Make open attempts with these upstream references or keys due now; return those we know."""
        return await self._write(
            partial(upstreams.hasten, channel_id=channel_id, refs=refs, keys=keys, now=now)
        )

    async def unclaimed(self, after_seq: int, limit: int) -> tuple[tuple[int, str, str], ...]:
        """Return (seq, lane, spec) of waiting and queued tasks beyond a seq, in order of seq."""
        return await self._read(partial(upstreams.unclaimed, after_seq=after_seq, limit=limit))

    async def relane(self, moves: Sequence[tuple[int, str]]) -> set[int]:
        """Put unclaimed tasks (seq, lane) into other lanes; return the seqs that moved."""
        return await self._write(partial(upstreams.relane, moves=moves))

    # the outbox

    async def pull_events(
        self, tenant_id: int, sub_app_id: int, now: int, limit: int, visible_again_at: int
    ) -> tuple[OutboxRow, ...]:
        """Lend the oldest unconfirmed VOD events of one application, each under a fresh handle.

        Looking in vain costs one indexed read, so that many may look often.
        """
        if not await self._near(partial(outbox.unread, tenant_id=tenant_id, sub_app_id=sub_app_id, now=now)):
            return ()
        return await self._write(
            partial(
                outbox.pull,
                tenant_id=tenant_id,
                sub_app_id=sub_app_id,
                now=now,
                limit=limit,
                visible_again_at=visible_again_at,
            )
        )

    async def confirm_events(self, tenant_id: int, handles: Sequence[str], now: int) -> int:
        """End the events lent under these handles; return how many different ones were good."""
        return await self._write(partial(outbox.confirm, tenant_id=tenant_id, handles=handles, now=now))

    async def take_outbox(
        self, sinks: Sequence[Sink], now: int, lease_ms: int, limit: int
    ) -> tuple[OutboxRow, ...]:
        """Lend the messages of these sinks that are due the longest, for delivery by us."""
        return await self._write(partial(outbox.take, sinks=sinks, now=now, lease_ms=lease_ms, limit=limit))

    async def settle_outbox(
        self, n: int, handle: str, *, now: int, due_at: int | None = None, error: str | None = None
    ) -> bool:
        """Write what came of a taken message; False when the lease is another's by now."""
        return await self._write(
            partial(outbox.settle, n=n, handle=handle, now=now, due_at=due_at, error=error)
        )

    async def event_config(self, tenant_id: int, sub_app_id: int) -> EventConfig | None:
        """Return how an application wants its events, None if it never said."""
        return await self._near(partial(outbox.config, tenant_id=tenant_id, sub_app_id=sub_app_id))

    async def put_event_config(self, config: EventConfig) -> None:
        """Insert or replace what an application wants; what waits for a retry is due at once."""
        await self._write(partial(outbox.put_config, new=config))

    async def prune_outbox(self, now: int) -> int:
        """Delete messages older than four days, some per transaction; return how many."""
        pruned = 0
        while step := await self._write(partial(outbox.prune, now=now)):
            pruned += step
        return pruned

    # small facts

    async def put_meta(self, key: str, value: str) -> None:
        """Remember one small fact about this database."""
        await self._write(partial(directory.put_meta, key=key, value=value))

    async def meta(self, key: str) -> str | None:
        """Return one small fact, None if it was never put."""
        return await self._near(partial(directory.get_meta, key=key))
