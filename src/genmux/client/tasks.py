"""A task in a caller's hands; what it does is defined once for both clients."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from genmux.client.desk import Desk
from genmux.client.effects import Flow, Tell
from genmux.client.endpoint import Artifact, Ref, Snapshot, TaskEvent
from genmux.client.errors import TaskCancelled, TaskFailed, WaitTimeout
from genmux.client.naming import place
from genmux.domain.errors import NotFound
from genmux.domain.spec import TaskError, Usage
from genmux.domain.text import Text

Me = TypeVar("Me")
Ended = TypeVar("Ended")
Files = TypeVar("Files")

FOLLOW_SECONDS: Final = 3600.0
"""How long an endpoint may take between two looks when nobody set a time-out; each has shorter ways."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a task made; `url` and the sizes are those of the first artifact, None where nobody told."""

    artifacts: tuple[Artifact, ...]

    @property
    def urls(self) -> tuple[str, ...]:
        """The URL of every artifact; platforms let them expire (MPS after 12 hours), so save soon."""
        return tuple(a.url for a in self.artifacts)

    @property
    def url(self) -> str:
        """The URL of the first artifact."""
        return self.artifacts[0].url

    @property
    def content_type(self) -> str | None:
        """Such as `image/png` or `video/mp4`."""
        return self.artifacts[0].content_type

    @property
    def width(self) -> int | None:
        """Pixels."""
        return self.artifacts[0].width

    @property
    def height(self) -> int | None:
        """Pixels."""
        return self.artifacts[0].height

    @property
    def seconds(self) -> float | None:
        """How long a film is."""
        return self.artifacts[0].seconds


class Handle(Generic[Me, Ended, Files]):
    """One task, as it was last seen (`snapshot`); only what says so asks the platform.

    It may be shared between threads: each call sees a whole snapshot, the newest one wins.
    """

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        self._desk = desk
        self.snapshot = snapshot

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.state}>"

    @property
    def ref(self) -> Ref:
        """The task as its endpoint knows it."""
        return self.snapshot.ref

    @property
    def id(self) -> str:
        """The id as the endpoint's wire spells it."""
        return self.snapshot.ref.id

    @property
    def kind(self) -> str:
        """`image` or `video`."""
        return str(self.snapshot.ref.kind)

    @property
    def state(self) -> str:
        """A word of `domain.states`, such as `queued`, `running`, `succeeded`."""
        return self.snapshot.state

    @property
    def final(self) -> bool:
        """True once the task will not move by itself any more."""
        return self.snapshot.final

    @property
    def progress(self) -> int | None:
        """Per cent, None while nobody reported any."""
        return self.snapshot.progress

    @property
    def model(self) -> str | None:
        """The model as "family/version", None where the platform does not tell."""
        return self.snapshot.model

    @property
    def error(self) -> TaskError | None:
        """Why the task failed, None unless it did."""
        return self.snapshot.error

    @property
    def usage(self) -> Usage | None:
        """What the platform bills, None until the end and where it does not tell."""
        return self.snapshot.usage

    @property
    def request_id(self) -> str:
        """The platform's id of the call that showed this state."""
        return self.snapshot.request_id

    @property
    def result(self) -> Result:
        """What the task made. Raises `TaskFailed`, and `NotFound` while there is nothing yet, or no more."""
        snapshot = self.snapshot
        if snapshot.state == "succeeded" and snapshot.artifacts:
            return Result(snapshot.artifacts)
        if snapshot.state == "succeeded":
            raise NotFound(Text(f"The task {self.id} keeps no result.", f"任务 {self.id} 未保留结果。"))
        if snapshot.final:
            raise _failure(snapshot)
        raise NotFound(
            Text(
                f"The task {self.id} is {self.state} and has no result yet; wait for it first.",
                f"任务 {self.id} 的状态为 {self.state}，尚无结果；请先等待其结束。",
            )
        )

    def wait(self, timeout: float | None = None, on_progress: Callable[[Me], object] | None = None) -> Ended:
        """Return this task once it has succeeded.

        `timeout` is in seconds: None waits as long as it takes, 0 looks once. `on_progress` is shown the
        task at once and after every change that the platform tells. Raises `TaskFailed`, `TaskCancelled`,
        and `WaitTimeout` or `Unreachable`, after which the task goes on and can be waited for again.
        """
        ended: Ended = self._desk.run(self._waiting(timeout), on_progress)
        return ended

    def refresh(self) -> Ended:
        """Ask how the task is doing and return it."""
        seen: Ended = self._desk.run(self._asked(self._desk.endpoint.look(self.ref)))
        return seen

    def cancel(self) -> Ended:
        """Ask for the task to end and return it; what has ended stays as it is.

        Raises `Unsupported` where the platform cannot.
        """
        seen: Ended = self._desk.run(self._asked(self._desk.endpoint.cancel(self.ref)))
        return seen

    def save(self, path: str | os.PathLike[str] | None = None) -> Files:
        """Wait if need be, write every result to a file, whole or not at all, and return the paths.

        `path` is a file (several results are numbered `film-1.mp4`, …; without an ending it gets one) or
        a directory (it exists, or ends in a slash); None makes a name in the working directory. An expired
        URL is renewed where the platform can. Raises what `wait` raises, and `OSError`.
        """
        output = None if path is None else Path(path).expanduser()
        inside = output is not None and (output.is_dir() or str(path).endswith(("/", os.sep)))
        files: Files = self._desk.run(self._saving(output, inside))
        return files

    def _asked(self, flow: Flow[Snapshot]) -> Flow[Any]:
        self.snapshot = yield from flow
        return self

    def _waiting(self, timeout: float | None) -> Flow[Any]:
        clock = self._desk.clock
        until = None if timeout is None else clock() + timeout
        left = FOLLOW_SECONDS if timeout is None else max(0.0, timeout)
        yield Tell(self)
        while not self.snapshot.final:
            last = self.snapshot
            self.snapshot = yield from self._desk.endpoint.follow(last, left)
            if (self.snapshot.state, self.snapshot.progress) != (last.state, last.progress):
                yield Tell(self)
            left = FOLLOW_SECONDS if until is None else until - clock()
            if left <= 0 and not self.snapshot.final:
                raise _too_late(self.snapshot, timeout or 0)
        if self.snapshot.state != "succeeded":
            raise _failure(self.snapshot)
        return self

    def _saving(self, output: Path | None, inside: bool) -> Flow[list[Path]]:
        yield from self._waiting(None)
        artifacts = self.result.artifacts
        names = place(self.id, [a.content_type for a in artifacts], output, inside=inside)
        files = []
        for artifact, path in zip(artifacts, names, strict=True):
            files.append((yield from self._desk.endpoint.fetch(artifact, self.ref, path)))
        return files


@dataclass(frozen=True, slots=True)
class TaskPage(Generic[Me]):
    """A page of tasks; `cursor` asks for the next one, None on the last."""

    tasks: tuple[Me, ...]
    cursor: str | None = None

    def __iter__(self) -> Iterator[Me]:
        return iter(self.tasks)


class Timeline:
    """A task's events in order, the one after the other, until the task has ended."""

    def __init__(self, task: Handle[Any, Any, Any], after: int) -> None:
        self._task = task
        self._after = after
        self._lines: deque[TaskEvent] = deque()
        self._whole = False

    def next(self, desk: Desk) -> Flow[TaskEvent | None]:
        """Return the next event once there is one, None after the last."""
        task = self._task
        while not self._lines:
            if self._whole:
                return None
            self._whole = task.snapshot.final  # what is told after the end is all there is
            self._lines.extend((yield from desk.endpoint.events(task.ref, self._after)))
            if not self._lines and not self._whole:
                task.snapshot = yield from desk.endpoint.follow(task.snapshot, FOLLOW_SECONDS)
        self._after = self._lines[0].n
        return self._lines.popleft()


class Task(Handle["Task", "Task", list[Path]]):
    """A task of a `Client`; iterating over it yields its events until it has ended."""

    def __iter__(self) -> Iterator[TaskEvent]:
        return self.events()

    def events(self, after: int = 0) -> Iterator[TaskEvent]:
        """Yield the events after number `after` as they happen, until the task has ended."""
        timeline = Timeline(self, after)
        while (event := self._desk.run(timeline.next(self._desk))) is not None:
            yield event


class AsyncTask(Handle["AsyncTask", Coroutine[Any, Any, "AsyncTask"], Coroutine[Any, Any, list[Path]]]):
    """A task of an `AsyncClient`; `async for` over it yields its events until it has ended."""

    def __aiter__(self) -> AsyncIterator[TaskEvent]:
        return self.events()

    async def events(self, after: int = 0) -> AsyncIterator[TaskEvent]:
        """Yield the events after number `after` as they happen, until the task has ended."""
        timeline = Timeline(self, after)
        while (event := await self._desk.run(timeline.next(self._desk))) is not None:
            yield event


def _failure(snapshot: Snapshot) -> TaskFailed:
    task_id, error = snapshot.ref.id, snapshot.error
    if snapshot.state == "cancelled":
        return TaskCancelled(
            Text(f"The task {task_id} was cancelled.", f"任务 {task_id} 已被取消。"), snapshot
        )
    if error is None:
        return TaskFailed(Text(f"The task {task_id} failed.", f"任务 {task_id} 失败。"), snapshot)
    failed = TaskFailed(
        Text(
            f"The task {task_id} failed: {error.code}: {error.message}",
            f"任务 {task_id} 失败：{error.code}：{error.say('zh')}",
        ),
        snapshot,
    )
    failed.upstream_code = error.upstream_code
    return failed


def _too_late(snapshot: Snapshot, seconds: float) -> WaitTimeout:
    task_id = snapshot.ref.id
    return WaitTimeout(
        Text(
            f"The task {task_id} is {snapshot.state} after {seconds:g} s; it goes on and can be waited for"
            " again.",
            f"任务 {task_id} 在 {seconds:g} 秒后仍为 {snapshot.state}；任务会继续，可再次等待。",
        )
    )
