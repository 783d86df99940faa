"""The collect loop: fetches, verifies and stores results; only then is a task done."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import structlog

from genmux.domain.catalog import Catalogue
from genmux.domain.polling.planner import next_poll_delay_ms
from genmux.domain.spec import TaskError
from genmux.domain.states import Event, TaskState
from genmux.engine.asking import ask
from genmux.engine.channels import Channel, Router
from genmux.engine.crew import Crew
from genmux.engine.flows import FlowRunner, NoCredentialError
from genmux.engine.handover import SPOOLED, lies_here
from genmux.engine.keeping import OUTPUT_ERROR, Haul, Keeper, OutputFailed
from genmux.engine.leases import Held, Leases
from genmux.engine.loans import copy_object
from genmux.engine.outcomes import Settled, cancelled, change_for, failed, made_ref, once, parse_made
from genmux.engine.ports import (
    Change,
    Clock,
    FetchFailed,
    MediaFacts,
    MediaRefused,
    MediaStore,
    Net,
    Pool,
    Spool,
    Store,
    TaskDetail,
    TaskRow,
    WorkerDied,
)
from genmux.engine.work import build_work
from genmux.providers.seam import Finished, HttpCall, Output, Recovery, Work

log = structlog.get_logger(__name__)

CREW: Final = 16
"""How many results are fetched at once; those whose source dies soonest come first."""
GONE: Final = frozenset({"bad_url", "refused_address", "too_large", "wrong_type", "too_many_redirects"})
"""Fetch failures that waiting cannot mend."""
MOST_TRIES: Final = 5
"""A URL that answers with an error, or gives no whole file, is tried so often before it counts as gone."""
FIRST_RETRY_MS: Final = 2_000
EXPIRED_GRACE_MS: Final = 3_600_000
"""URLs are tried for an hour longer than they should live."""
WAITS: Final = "collect_wait"
"""The timeline's word for trouble with the network or a bucket, which is waited out."""
NOT_YET: Final = "collect_retry"
"""The timeline's word for a result that could not be had at the first try."""


@dataclass(frozen=True, slots=True)
class CollectLimits:
    """What a result may be at most, and how long it is kept."""

    max_bytes: int = 2 * 1024**3
    download_seconds: float = 600.0
    keep_ms: int = 7 * 24 * 3_600_000


class ResultLost(Exception):
    """The result cannot be had, at least not now; with `for_good` no other try would change that."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


@dataclass(slots=True)
class Spools:
    """Files of one round: those the task names, needed until it is settled, and what was downloaded.

    `outputs` are those of the round, each with the spool of its verified download: if keeping them
    fails, the next round need not find its source alive.
    """

    named: list[Path] = field(default_factory=list)
    downloads: list[Path] = field(default_factory=list)
    outputs: tuple[Output, ...] = ()

    def verified(self, n: int, path: Path) -> None:
        """Remember where output `n` lies whole."""
        rescued = replace(self.outputs[n], spool=path.name)
        self.outputs = (*self.outputs[:n], rescued, *self.outputs[n + 1 :])

    def rescue(self) -> bool:
        """Keep verified downloads for the next round; return whether there are any."""
        names = {output.spool for output in self.outputs if output.spool}
        self.downloads = [path for path in self.downloads if path.name not in names]
        return bool(names)


@dataclass(slots=True)
class Collector:
    """Moves tasks from collecting to succeeded, one verified artifact after the other.

    Where several machines share the store (`shared`), a result that lies in the spool stays leased by
    this process until it is settled: nobody else can read it.
    """

    store: Store
    router: Router
    runner: FlowRunner
    media: MediaStore
    pool: Pool
    net: Net
    spool: Spool
    catalogue: Catalogue
    clock: Clock
    leases: Leases
    worker_id: str
    limits: CollectLimits
    on_settled: Callable[[TaskState, int], None]
    shared: bool = False
    crew: Crew = field(default_factory=lambda: Crew(CREW))
    _kept: deque[Held] = field(default_factory=deque)

    @property
    def keeper(self) -> Keeper:
        """Who publishes what is whole."""
        return Keeper(self.media, self.spool, self.clock, self.limits.keep_ms)

    async def step(self) -> int:
        """Start to collect due results, as many as may be fetched at once; return how many.

        It waits for room: nothing would wake the loop when there is some again.
        """
        await self.crew.room()
        started = self._start_kept()
        if self.crew.free <= 0:
            return started
        lease_ms = self.leases.lease_ms
        rows = await self.store.take_due(
            TaskState.COLLECTING, None, self.worker_id, self.clock(), lease_ms, self.crew.free
        )
        for row in rows:
            self.crew.start(self._taken(row), f"collect-{row.seq}")
        return started + len(rows)

    def keep(self, row: TaskRow) -> None:
        """Collect a result that lies here, leased already, as soon as there is room."""
        self._kept.append(self.leases.hold(row.seq, row.fence))

    def _start_kept(self) -> int:
        started = 0
        while self._kept and self.crew.free > 0:
            held = self._kept.popleft()
            self.crew.start(self._go_on(held), f"collect-{held.seq}")
            started += 1
        return started

    async def drain(self, seconds: float) -> None:
        """Collect what lies here, if it takes no longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._kept:
                    await self.crew.room()
                    self._start_kept()
                await self.crew.rest()

    async def _taken(self, row: TaskRow) -> None:
        await self._collect(row, self.leases.hold(row.seq, row.fence))

    async def _go_on(self, held: Held) -> None:
        """Collect a kept result as its task stands now, unless the lease is another's by now."""
        row = await self.store.get_seq(held.seq)
        if row is not None and row.fence == held.fence and row.state is TaskState.COLLECTING:
            await self._collect(row, held)
        else:
            self.leases.let_go(held)

    async def _collect(self, row: TaskRow, held: Held) -> None:
        spools = Spools()
        try:
            change = await self._change(row, spools)
            landed = await self._write(row, change, held)
        except Exception as error:
            log.exception("result could not be collected", seq=row.seq)
            change = change_for(row, self._rescued(row, spools, error), self.clock())
            landed = await self._write(row, change, held)
        finally:
            self._drop(spools.downloads)
        if landed:
            if change.to is not TaskState.COLLECTING:
                self._drop(spools.named)
                await self._drop_copies(row)
            self.on_settled(change.to, row.seq)

    async def _write(self, row: TaskRow, change: Change, held: Held) -> bool:
        """Write what came of a round; a result that lies here is tried again here."""
        stays = self.shared and lies_here(change, change.upstream_ref or row.upstream_ref)
        try:
            landed = row.seq in await self.store.apply([replace(change, keep_lease=stays)])
        except BaseException:
            self.leases.let_go(held)
            raise
        if not (stays and landed):
            self.leases.let_go(held)
            return landed
        delay_ms = max(0, (change.due_at or 0) - self.clock())
        asyncio.get_running_loop().call_later(delay_ms / 1000, self._kept.append, held)
        return True

    async def _drop_copies(self, row: TaskRow) -> None:
        """Delete the copies of spooled bytes that were made for other machines."""
        for output in parse_made(row.upstream_ref)[1] if self.shared else ():
            if output.spool:
                await self.media.delete(SPOOLED.format(output.spool))

    def _rescued(self, row: TaskRow, spools: Spools, error: Exception) -> Settled:
        """Try again later, with what was downloaded and verified already."""
        settled = self._later(row, error)
        if not spools.rescue():
            return settled
        ref, _ = parse_made(row.upstream_ref)
        return replace(settled, upstream_ref=made_ref(ref, spools.outputs))

    def _drop(self, spools: list[Path]) -> None:
        for path in spools:
            self.spool.drop(path)

    async def _change(self, row: TaskRow, spools: Spools) -> Change:
        detail = await self.store.detail(row.id)
        now = self.clock()
        _, outputs = parse_made(row.upstream_ref)
        spools.named.extend(self.spool.resolve(o.spool) for o in outputs if o.spool)
        if detail is None:
            raise LookupError(f"task {row.seq} vanished while it was collected")
        source = self._source(detail)
        if row.cancel_at is not None:
            return change_for(row, cancelled(), now)
        try:
            spools.outputs = await self._outputs(detail, outputs, source)
            haul = await self._haul(spools.outputs, detail.task.kind, spools, source)
            if haul.missing and (source.recovery is Recovery.FREE or not haul.found):
                raise ResultLost("; ".join(haul.missing.values()), for_good=haul.for_good)
            return await self.keeper.keep(detail, row, haul)
        except OutputFailed as failure:
            log.warning("output bucket refuses", seq=row.seq, reason=str(failure))
            return change_for(row, failed(Event.LOST, OUTPUT_ERROR, "output_failed"), self.clock())
        except ResultLost as loss:
            return change_for(row, self._without(detail, source, loss), self.clock())
        except (FetchFailed, WorkerDied) as trouble:
            if self.clock() > (row.source_expires_at or row.deadline_at) + EXPIRED_GRACE_MS:
                gone = ResultLost(str(trouble), for_good=True)
                return change_for(row, self._without(detail, source, gone), self.clock())
            return change_for(row, once(self._later(row, trouble), detail), self.clock())

    def _source(self, detail: TaskDetail) -> Source:
        """Return where the results of a task come from."""
        channel = self.router.by_id(detail.task.channel_id)
        work = build_work(detail, self.catalogue, detail.task.attempt)
        pinned = self.router.pinned(channel, work.account) if channel is not None else None
        return Source(work, pinned)

    async def _outputs(
        self, detail: TaskDetail, known: tuple[Output, ...], source: Source
    ) -> tuple[Output, ...]:
        """Return where the results are; an upstream that gave dead URLs before may give fresh ones."""
        tries = tries_of(detail)
        if known and (tries == 0 or source.channel is None or any(output.spool for output in known)):
            return known
        if source.channel is None:
            raise ResultLost("the channel that made it is not configured any more", for_good=True)
        outcome = await ask(self.runner, source.channel, source.work, "poll")
        if isinstance(outcome, Finished):
            return outcome.outputs
        if known:
            return known
        raise FetchFailed("unreachable", "the upstream does not show the result yet")

    async def _haul(self, outputs: tuple[Output, ...], kind: str, spools: Spools, source: Source) -> Haul:
        """Bring in and verify every output; one that is lost does not take the others with it."""
        haul = Haul()
        for n, output in enumerate(outputs):
            try:
                path = await self._local(output, spools, source)
                haul.found.append((n, path, await self._verify(path, kind)))
                spools.verified(n, path)
            except ResultLost as loss:
                haul.missing[n] = str(loss)
                haul.for_good = haul.for_good and loss.for_good
        return haul

    async def _verify(self, path: Path, kind: str) -> MediaFacts:
        try:
            return await self.pool.verify(path, kind)
        except MediaRefused as refusal:
            raise ResultLost(f"the result is not a whole {kind}: {refusal.reason}") from None

    async def _local(self, output: Output, spools: Spools, source: Source) -> Path:
        if output.spool and (found := await self._spooled(output, spools, source)) is not None:
            return found
        path = self.spool.new(".download")
        spools.downloads.append(path)
        try:
            await self.net.download(
                output.url,
                path,
                max_bytes=self.limits.max_bytes,
                timeout_seconds=self.limits.download_seconds,
                allow_private=source.work.account.allow_private,
                headers=await self._headers(output, source),
            )
        except FetchFailed as failure:
            if failure.code in GONE or failure.code == "bad_status":
                reason = f"the result URL gives {failure.reason}"
                raise ResultLost(reason, for_good=failure.code in GONE) from None
            raise
        return path

    async def _spooled(self, output: Output, spools: Spools, source: Source) -> Path | None:
        """Return where spooled bytes lie, None where they can be fetched from their source again."""
        path = self.spool.resolve(output.spool)
        if path.exists():
            return path
        if self.shared:
            try:
                await copy_object(self.media, SPOOLED.format(output.spool), path)
            except FileNotFoundError:
                path.unlink(missing_ok=True)
            else:
                spools.named.append(path)
                return path
        if output.url:
            return None
        if self.shared and source.recovery is not Recovery.FREE:
            raise FetchFailed("unreachable", "the result lies on the disk of another machine")
        raise ResultLost("the spooled result is gone", for_good=True)

    async def _headers(self, output: Output, source: Source) -> tuple[tuple[str, str], ...]:
        """Return the headers that prove who asks, for a result that is not for everybody."""
        if not output.authorized or source.channel is None:
            return ()
        try:
            secret = await self.runner.secret(source.channel, source.work.account)
        except NoCredentialError as missing:
            raise ResultLost(str(missing)) from None
        call = HttpCall("GET", output.url)
        return source.channel.provider.authorize(call, secret, self.clock() // 1000).headers

    def _without(self, detail: TaskDetail, source: Source, loss: ResultLost) -> Settled:
        """Settle a result that could not be had: free work is redone, a paid one is tried again."""
        if source.recovery is Recovery.FREE:
            return Settled(
                Event.REDO,
                due_in_ms=0,
                attempt_outcome="lost",
                note_kind="retry",
                note={"message": str(loss)},
            )
        tries = tries_of(detail) + 1
        if not loss.for_good and tries < MOST_TRIES:
            delay = FIRST_RETRY_MS * 3**tries
            return Settled(None, due_in_ms=delay, note_kind=NOT_YET, note={"message": str(loss)})
        error = TaskError(
            code="source_gone",
            message=f"The result was made but could not be kept: {loss}.",
            message_zh=f"结果已生成但未能保存:{loss}。",
        )
        settled = failed(Event.LOST, error, "lost")
        _, outputs = parse_made(detail.task.upstream_ref)
        known = {
            "upstream_ref": source.work.upstream_ref,
            "urls": [output.url for output in outputs],
            "expired_at": detail.task.source_expires_at,
            "tries": tries,
        }
        return replace(settled, note={**(settled.note or {}), **known})

    def _later(self, row: TaskRow, trouble: Exception) -> Settled:
        age = self.clock() - row.created_at
        log.warning("result not collected yet", seq=row.seq, reason=str(trouble))
        note = {"message": str(trouble)[:300]}
        return Settled(None, due_in_ms=next_poll_delay_ms(age), note_kind=WAITS, note=note)


@dataclass(frozen=True, slots=True)
class Source:
    """Whose results are collected: the attempt's work, and its channel while it is configured."""

    work: Work
    channel: Channel | None

    @property
    def recovery(self) -> Recovery:
        """What may be done when a result is lost."""
        return self.channel.provider.recovery if self.channel is not None else Recovery.NEVER


def tries_of(detail: TaskDetail) -> int:
    """Return how often the result could not be had since it was made."""
    tries = 0
    for event in detail.events:
        tries = tries + 1 if event.kind == NOT_YET else 0 if event.kind in ("made", "found") else tries
    return tries
