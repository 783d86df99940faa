"""The tasks an upstream took on: how long they take, how they end, and who asked for them."""

from __future__ import annotations

import math
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final
from uuid import uuid4

from genmux.testing.upstream.faults import Script, read_script
from genmux.testing.upstream.ledger import ACCEPT, Entry, Ledger
from genmux.testing.upstream.options import Options

WAITING_SHARE: Final = 0.1
"""The part of a task's time in which it waits before it runs."""


class Phase(Enum):
    """How far a task is."""

    WAITING = auto()
    RUNNING = auto()
    DONE = auto()
    FAILED = auto()

    @property
    def over(self) -> bool:
        """Whether nothing changes any more."""
        return self in (Phase.DONE, Phase.FAILED)


@dataclass(slots=True)
class Task:
    """One task; times are seconds since the epoch."""

    id: str
    api: str
    kind: str
    secret_id: str
    body: dict[str, Any]
    script: Script
    created: float
    ends: float
    overflow: bool = False
    downloads: Counter[int] = field(default_factory=Counter)

    @property
    def failure(self) -> str:
        """How it fails, "" if it does not."""
        return "overflow" if self.overflow else self.script.text("fails")

    @property
    def session(self) -> str:
        """Its SessionId, "" for none."""
        session: str = self.body.get("SessionId", "")
        return session

    @property
    def sub_app_id(self) -> int:
        """Its VOD application, 0 on the other platforms."""
        number: int = self.body.get("SubAppId", 0)
        return number

    def phase(self, now: float) -> Phase:
        """Return how far it is."""
        if now >= self.ends:
            return Phase.FAILED if self.failure else Phase.DONE
        if "backwards" in self.script:
            return Phase.RUNNING if self._share(now) < 0.5 else Phase.WAITING
        return Phase.WAITING if self._share(now) < WAITING_SHARE else Phase.RUNNING

    def _share(self, now: float) -> float:
        return (now - self.created) / max(self.ends - self.created, 1e-9)

    def count(self) -> int:
        """Return how many results were asked for."""
        said = self.body.get("OutputConfig", self.body).get("OutputImageCount", 1) or 1
        return int(said) if self.kind == "image" else 1


class Tasks:
    """All tasks of one run; each one accepted is in the ledger before anybody hears of it."""

    def __init__(self, options: Options, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self._options = options
        self._ledger = ledger
        self._clock = clock
        self._random = random.Random(options.seed)
        self._by_id: dict[str, Task] = {}
        self._sessions: set[tuple[str, int, str]] = set()
        self._running: dict[str, deque[Task]] = {}
        self._seen: Counter[tuple[str, str]] = Counter()

    def now(self) -> float:
        """Return the upstream's time."""
        return self._clock()

    def first(self, word: str, of: str, times: float) -> bool:
        """Count something that happens to `of`; return whether it happened at most `times` times."""
        if not times:
            return False
        self._seen[word, of] += 1
        return self._seen[word, of] <= times

    def known_session(self, secret_id: str, sub_app_id: int, session: str) -> bool:
        """Return whether an application has used a SessionId before."""
        return (secret_id, sub_app_id, session) in self._sessions

    def accept(
        self, task_id: str, api: str, kind: str, secret_id: str, body: dict[str, Any], at_us: int
    ) -> Task:
        """Take a task on: from here on it is made and billed, unless its script or the slots say else."""
        prompt = body.get("Prompt") or body.get("prompt") or ""
        script = read_script(prompt)
        now = self._clock()
        overflow = api == "vod" and self._full(secret_id, now)
        seconds = 0.05 if overflow else self._seconds(script)
        task = Task(task_id, api, kind, secret_id, body, script, now, now + seconds, overflow)
        self._ledger.write(
            Entry(
                what=ACCEPT,
                at_us=at_us,
                api=api,
                task=task_id,
                kind=kind,
                session=task.session,
                prompt=prompt,
                secret_id=secret_id,
                billed=not task.failure,
            )
        )
        self._by_id[task_id] = task
        if task.session:
            self._sessions.add((secret_id, task.sub_app_id, task.session))
        if not overflow:
            self._running.setdefault(secret_id, deque()).append(task)
        return task

    def _full(self, secret_id: str, now: float) -> bool:
        if not self._options.slots:
            return False
        running = self._running.setdefault(secret_id, deque())
        for _ in range(len(running)):
            task = running.popleft()
            if task.ends > now:
                running.append(task)
        return len(running) >= self._options.slots

    def _seconds(self, script: Script) -> float:
        if "seconds" in script:
            return script.number("seconds")
        return self._random.lognormvariate(math.log(self._options.median_seconds), self._options.spread)

    def find(self, task_id: str) -> Task | None:
        """Return a task by its id, None for one that is not known or was forgotten."""
        task = self._by_id.get(task_id)
        return None if task is None or "forgotten" in task.script else task

    def of(self, api: str, secret_id: str, sub_app_id: int) -> list[Task]:
        """Return all tasks of one application, oldest first."""
        return [
            t
            for t in self._by_id.values()
            if (t.api, t.secret_id, t.sub_app_id) == (api, secret_id, sub_app_id)
            and "forgotten" not in t.script
        ]


def new_hex() -> str:
    """Return what the ids of tasks end with."""
    return uuid4().hex
