"""The course of a batch: every line from its create to its files, whatever dies on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Final

from genmux.client.batch.arrangement import Arranged
from genmux.client.batch.decision import Create, Follow, GivenUp, InDoubt, Rules, Step
from genmux.client.batch.journal import Journal
from genmux.client.batch.ledger import Ledger, now_ms
from genmux.client.batch.manifest import (
    Created,
    Event,
    Failed,
    Saved,
    Stage,
    Unsent,
)
from genmux.client.batch.plan import Planned
from genmux.client.batch.results import ResultsLost, bring_home
from genmux.client.batch.tally import Mark, News
from genmux.client.batch.turns import Turns
from genmux.client.batch.uplink import PASSING, SENDING, UNMADE, Stopped, Uplink, announced
from genmux.client.effects import Flow
from genmux.client.endpoint import Endpoint, Order, Ref, Snapshot
from genmux.domain.errors import CallerError, Forbidden, GenmuxError, Unauthorized
from genmux.domain.spec import TaskError

FOLLOW_SECONDS: Final = 30.0
END_SECONDS: Final = 30.0
"""How long creates that are under way may take when the batch stops."""
FATAL: Final = (Unauthorized, Forbidden)
"""Refusals that every line would meet."""


class Course:
    """One run over the lines of a batch; what happens is in the journal before anything relies on it."""

    def __init__(
        self,
        uplink: Uplink,
        journal: Journal,
        directory: Path,
        batch: Arranged,
        rules: Rules,
        turns: Turns,
        show: Callable[[int, News], None],
    ) -> None:
        self._uplink = uplink
        self._ledger = Ledger(journal, directory, batch, rules)
        self._lines = batch.lines
        self._keyed = rules.keyed
        self._turns = turns
        self._show = show
        self._by_n = {planned.line.n: planned for planned in batch.lines}
        self._waiting: dict[str, list[Planned]] = {}
        self._lost: dict[str, TaskError] = {}
        self._seen: dict[str, Snapshot] = {}
        self._carrying: set[asyncio.Task[None]] = set()
        self._creating: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._trouble: BaseException | None = None

    async def run(self) -> None:
        """Bring every line as far as it gets; returns early after `stop`.

        Raises what no line can get past: a refused credential, an endpoint that has gone, a full disk.
        """
        for planned in self._lines:
            self._queue(planned)
        while not self._uplink.stopping:
            self._changed.clear()
            while (line := self._turns.take()) is not None:
                self._start(self._by_n[line.n])
            if not self._carrying:
                break
            await self._changed.wait()
        await self._end()
        if self._trouble is not None:
            raise self._trouble

    @property
    def under_way(self) -> int:
        """How many creates have been sent and not answered."""
        return len(self._creating)

    def stop(self) -> None:
        """Create nothing any more; tasks go on where they are made."""
        self._uplink.stop()
        self._changed.set()

    # ---------------------------------------------------------------- turns

    def _queue(self, planned: Planned) -> None:
        """Let a line wait for its turn, or for the lines that it links to, or for nothing any more."""
        step = self._ledger.next_step(planned)
        if not isinstance(step, Create | Follow):
            self._finish(planned, step)
        elif isinstance(step, Create) and (others := self._ledger.unready(planned, again=step.tries > 0)):
            self._wait_for(planned, others)
        else:
            self._turns.add([planned.line])

    def _wait_for(self, planned: Planned, others: list[Planned]) -> None:
        lost = next((other for other in others if other.key in self._lost), None)
        if lost is None:
            self._waiting.setdefault(others[0].key, []).append(planned)
            return
        self._finish(planned, GivenUp(_without(lost.line.name, self._lost[lost.key])))

    def _start(self, planned: Planned) -> None:
        task = asyncio.create_task(self._carry(planned))
        self._carrying.add(task)
        task.add_done_callback(lambda done: self._ended(planned, done))

    def _ended(self, planned: Planned, task: asyncio.Task[None]) -> None:
        self._carrying.discard(task)
        self._turns.give_back(planned.line)
        self._changed.set()
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, Stopped):
            self._trouble = self._trouble or error
            self._uplink.stop()

    async def _end(self) -> None:
        """Leave the tasks alone, but hear the answers of the creates that are under way."""
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)
        if self._creating:
            _, late = await asyncio.wait(self._creating, timeout=END_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # ---------------------------------------------------------------- one line

    async def _carry(self, planned: Planned) -> None:
        """Take every step of a line that is possible now."""
        try:
            while not self._uplink.stopping:
                step = self._ledger.next_step(planned)
                match step:
                    case Create() if self._ledger.unready(planned, again=step.tries > 0):
                        return self._queue(planned)
                    case Create():
                        await self._uplink.pause(step.pause_seconds)
                        await self._finished(self._create(planned, step.tries))
                    case Follow():
                        await self._follow(planned, step.ref)
                    case _:
                        return self._finish(planned, step)
        except PASSING as error:
            if self._uplink.gone:
                raise
            self._finish(planned, self._trouble_of(planned, error))

    async def _finished(self, work: Coroutine[object, object, None]) -> None:
        """Do something that goes on to its end, even when the batch stops."""
        task = asyncio.ensure_future(work)
        self._creating.add(task)
        task.add_done_callback(self._worked)
        await asyncio.shield(task)

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._creating.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited was told; when the batch stops, nobody waits

    async def _create(self, planned: Planned, tries: int) -> None:
        ledger, key = self._ledger, planned.key
        links = ledger.links(planned)
        order = ledger.order(planned, tries, links)

        async def hear(word: str) -> None:
            intent = ledger.intent(planned, tries, links)
            await self._record(planned, intent if word == SENDING else Unsent(now_ms(), key))

        try:
            if self._keyed:
                await hear(SENDING)
                snapshot = await self._uplink.ask(partial(self._keyed_create, planned, order))
            else:
                flow_of = partial(_announcing, order)
                snapshot = await self._uplink.ask(flow_of, hear, harmless=False)
        except (*FATAL, *UNMADE, Stopped):
            if not self._keyed:  # with a key, an earlier try may have made it
                await self._record(planned, Unsent(now_ms(), key))
            raise
        except _Forgotten:
            return
        except CallerError as error:
            # a server knows before we do that a linked task has failed
            code = error.code if ledger.links_stand(planned, links) else "input_failed"
            await self._record(planned, Failed(now_ms(), key, code, *error.text))
            return
        self._seen[key] = snapshot
        await self._record(planned, Created(now_ms(), key, snapshot.ref.id, snapshot.ref.kind))
        self._tell(planned, Mark.RUNNING, snapshot.ref.id)

    def _keyed_create(self, planned: Planned, order: Order, endpoint: Endpoint) -> Flow[Snapshot]:
        """Return the flow of a try under a key. Raises `_Forgotten`: this machine may have slept for days."""
        if not self._ledger.remembered(planned):
            raise _Forgotten
        return endpoint.create(order)

    async def _follow(self, planned: Planned, ref: Ref) -> None:
        """Wait for a task's end and write down what has come of it; a task that is not known has failed."""
        key = planned.key
        try:
            snapshot = await self._last_of(planned, ref)
            if snapshot.state == "succeeded":
                files = await bring_home(self._uplink, snapshot, self._ledger.place(planned))
                event: Event = Saved(now_ms(), key, files)
            else:
                event = _failure(key, snapshot)
        except (*FATAL, *PASSING):
            raise
        except ResultsLost as error:
            event = Failed(now_ms(), key, error.code, *error.text)
        except CallerError as error:
            event = Failed(now_ms(), key, "source_gone", *error.text)
        await self._record(planned, event)

    async def _last_of(self, planned: Planned, ref: Ref) -> Snapshot:
        snapshot = self._seen.pop(planned.key, None)
        if snapshot is None:
            self._tell(planned, Mark.RUNNING, ref.id)
            snapshot = await self._uplink.ask(lambda endpoint: endpoint.look(ref))
        while not snapshot.final:
            snapshot = await self._uplink.ask(partial(_following, snapshot))
        return snapshot

    async def _record(self, planned: Planned, event: Event) -> None:
        """Write down what happened, then believe it, and wake the lines that waited for it."""
        await self._ledger.record(planned, event)
        if isinstance(event, Created | Saved):
            self._wake(planned)

    def _wake(self, planned: Planned) -> None:
        for waiting in self._waiting.pop(planned.key, ()):
            self._queue(waiting)
        self._changed.set()

    def _finish(self, planned: Planned, step: Step) -> None:
        """Say how a line has ended; the lines that need its result end with it."""
        match step:
            case GivenUp(error) | InDoubt(error):
                self._lost[planned.key] = error
                mark = Mark.FAILED if isinstance(step, GivenUp) else Mark.UNKNOWN
                self._tell(planned, mark, f"{error.code}: {error.message}")
            case _:
                files = self._ledger.of(planned).files
                self._tell(planned, Mark.DONE, ", ".join(file.path for file in files))
        self._wake(planned)

    def _trouble_of(self, planned: Planned, error: GenmuxError) -> GivenUp | InDoubt:
        """Return how a line ends for this run whose trouble does not pass while others are answered."""
        told = TaskError(error.code, *error.text)
        sent = self._ledger.of(planned).stage is Stage.INTENDED
        return InDoubt(told) if sent else GivenUp(told)

    def _tell(self, planned: Planned, mark: Mark, detail: str) -> None:
        self._show(planned.line.n, News(planned.line.label, mark, detail))


class _Forgotten(Exception):
    """The endpoint may not know the key of a create any more: to send it again could make a second task."""


def _announcing(order: Order, endpoint: Endpoint) -> Flow[Snapshot]:
    return announced(endpoint.create(order))


def _following(last: Snapshot, endpoint: Endpoint) -> Flow[Snapshot]:
    return endpoint.follow(last, FOLLOW_SECONDS)


def _failure(key: str, snapshot: Snapshot) -> Failed:
    error = snapshot.error
    if error is not None:
        return Failed(now_ms(), key, error.code, error.message, error.message_zh)
    state = snapshot.state
    return Failed(now_ms(), key, state, f"the task is {state}", f"任务状态为 {state}")


def _without(name: str, why: TaskError) -> TaskError:
    return TaskError(
        "input_failed", f"${name} has no result: {why.message}", f"${name} 没有结果：{why.say('zh')}"
    )
