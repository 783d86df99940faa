"""What a client knows of the tasks it watches: how long they take, when to look again, what was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final, NamedTuple

from genmux.client.endpoint import Ref, Snapshot, TaskEvent
from genmux.domain.polling.planner import Load, phase_of, plan
from genmux.domain.polling.timings import TimingBook, timing_names
from genmux.domain.spec import GenerationSpec, Kind

CLIENT: Final = 0
"""Stands where the server's timings name a channel: a client has one account."""
MOST_WATCHES: Final = 10_000
"""So many tasks are remembered; the oldest of those that ended are forgotten first."""


class Accepted(NamedTuple):
    """A task that was made here and that nobody has asked for since; `at_ms` is since the epoch.

    It is all that is kept of most tasks at first: few objects, since Python's collector visits each.
    """

    spec: GenerationSpec
    n: int
    begun: float
    at_ms: int
    state: str


@dataclass(slots=True)
class Watch:
    """One task; times are seconds of the client's clock.

    `begun` is when it was accepted, if it was `made_here`, else when this client heard of it.
    `running_at` is when it was last known to be unfinished, `due` when to look next, None until that is
    asked for. `names` are those of `domain.polling.timings`, once they are needed.
    """

    ref: Ref
    n: int
    spec: GenerationSpec
    begun: float
    running_at: float
    made_here: bool
    due: float | None = None
    names: tuple[str, ...] = ()
    model: str | None = None
    last: Snapshot | None = None
    followers: int = 0
    troubles: int = 0
    lines: list[TaskEvent] = field(default_factory=list)


class Watchlist:
    """The watched tasks of one client, and what their completions teach; safe to share between threads.

    Looks are spread by `domain.polling`: where an end is likely, and no more of them than the quota of
    all followed tasks allows.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        rates: Mapping[str, float],
        poll_seconds: float | None,
        wall: Callable[[], float],
    ) -> None:
        """`rates` are turns per second by name; `poll_seconds` is the longest wait between two looks.

        `clock` counts seconds, from anywhere; `wall` since the epoch, for the lines of events.
        """
        self._clock = clock
        self._wall = wall
        self._rates = rates
        self._ceiling_ms = (poll_seconds or 0.0) * 1000
        self._book = TimingBook()
        self._accepted: dict[str, Accepted] = {}
        self._watches: dict[str, Watch] = {}
        self._followed = dict.fromkeys(Kind, 0)
        self._count = 0
        self._lock = Lock()

    def accepted(self, snapshot: Snapshot, spec: GenerationSpec) -> Snapshot:
        """Begin to watch a task that was made just now; return its snapshot with the model."""
        task_id, model = snapshot.ref.id, model_name(spec)
        with self._lock:
            known = self._watches.get(task_id)
            if known is not None:  # a key of before found it again
                known.model = model
            elif task_id not in self._accepted:
                n, at_ms = self._next(), int(self._wall() * 1000)
                self._accepted[task_id] = Accepted(spec, n, self._clock(), at_ms, snapshot.state)
        return replace(snapshot, model=model)

    def of(self, ref: Ref) -> Watch:
        """Return the watch of a task; one that another client made is looked at soon."""
        with self._lock:
            return self._watches.get(ref.id) or self._begin(ref)

    @contextmanager
    def following(self, watch: Watch) -> Iterator[None]:
        """Count a task among those that share the quota of looks."""
        with self._lock:
            watch.followers += 1
            self._followed[watch.ref.kind] += 1
        try:
            yield
        finally:
            with self._lock:
                watch.followers -= 1
                self._followed[watch.ref.kind] -= 1

    def due(self, watch: Watch) -> float:
        """Return when a task is to be looked at next; one that another client made, at once."""
        with self._lock:
            if watch.due is None:
                at = watch.running_at
                watch.due = at if watch.last is None else at + self._wait(watch, at)
            return watch.due

    def seen(self, watch: Watch, snapshot: Snapshot) -> Snapshot:
        """Take in a look: note what changed, learn from an end, plan the next look.

        Returns the snapshot with the model, which the platforms do not tell.
        """
        with self._lock:
            now, before = self._clock(), watch.last
            watch.troubles = 0
            watch.last = replace(snapshot, model=watch.model) if watch.model else snapshot
            self._note(watch, before, watch.last)
            if watch.due is not None:
                self._book.looked(_names(watch)[-1], max(0.0, now - watch.due) * 1000)
            if not snapshot.final:
                watch.running_at, watch.due = now, None
            elif before is None or not before.final:
                self._learn(watch, now)
            return watch.last

    def troubled(self, watch: Watch) -> int:
        """Put the next look off after one that told nothing; return how many there were in a row."""
        with self._lock:
            now = self._clock()
            watch.troubles += 1
            watch.due = now + self._wait(watch, now)
            return watch.troubles

    def _begin(self, ref: Ref) -> Watch:
        made = self._accepted.pop(ref.id, None)
        if made is None:
            now = self._clock()
            watch = Watch(ref, self._next(), GenerationSpec(kind=ref.kind), now, now, made_here=False)
        else:
            watch = Watch(ref, made.n, made.spec, made.begun, made.begun, made_here=True)
            watch.model = model_name(made.spec)
            watch.last = Snapshot(ref, made.state, model=watch.model)
            watch.lines.append(TaskEvent(1, made.at_ms, made.state))
        self._watches[ref.id] = watch
        return watch

    def _next(self) -> int:
        """Return the number of one more task, once there is room for it."""
        if len(self._accepted) + len(self._watches) >= MOST_WATCHES:
            self._forget()
        self._count += 1
        return self._count

    def _forget(self) -> None:
        """Forget half of all: those that ended, else those that nobody asked for, else the oldest."""
        ended = [task_id for task_id, watch in self._watches.items() if watch.last and watch.last.final]
        unasked = () if ended else self._accepted
        for task_id in [*(ended or unasked or self._watches)][: MOST_WATCHES // 2]:
            self._watches.pop(task_id, None)
            self._accepted.pop(task_id, None)

    def _wait(self, watch: Watch, now: float) -> float:
        kind, names = watch.ref.kind, _names(watch)
        load = Load(
            in_flight=max(1, self._followed[kind]),
            describes_per_second=self._rates.get(f"describe:{kind}", 0.0),
            effort_rate=self._book.effort_rate(names),
            ceiling_ms=self._ceiling_ms,
        )
        age_ms = max(0.0, now - watch.begun) * 1000
        return plan(self._book.outlook(names), age_ms, load, phase_of(watch.n, age_ms)).delay_ms / 1000

    def _learn(self, watch: Watch, now: float) -> None:
        if watch.made_here and watch.last is not None and watch.last.state == "succeeded":
            after, until = watch.running_at - watch.begun, now - watch.begun
            self._book.learn(_names(watch), max(0.0, after) * 1000, max(0.0, until) * 1000)

    def _note(self, watch: Watch, before: Snapshot | None, now: Snapshot) -> None:
        if before is not None and (before.state, before.progress) == (now.state, now.progress):
            return
        data: dict[str, object] = {} if now.progress is None else {"progress": now.progress}
        if now.error is not None:
            data |= {"code": now.error.code, "message": now.error.message}
        kind = now.state if before is None or before.state != now.state else "progress"
        watch.lines.append(TaskEvent(len(watch.lines) + 1, int(self._wall() * 1000), kind, data))


def _names(watch: Watch) -> tuple[str, ...]:
    watch.names = watch.names or timing_names(CLIENT, watch.spec)
    return watch.names


def model_name(spec: GenerationSpec) -> str | None:
    """Return a spec's model as `Kling/3.0`, None where it says none."""
    return str(spec.model).replace(" ", "/") if spec.model is not None else None
