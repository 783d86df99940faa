"""What became of every task: ledger, database and media store read side by side after the last restart."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from genmux.compose.database import DATABASE_NAME
from genmux.domain.states import TaskState
from genmux.testing.upstream.ledger import Entry, accepted

_TASKS: Final = """
SELECT tasks.seq, tasks.id, tasks.state, tasks.error, task_specs.spec, channels.name
FROM tasks JOIN task_specs ON task_specs.task_seq = tasks.seq
LEFT JOIN channels ON channels.id = tasks.channel_id
"""
_ARTIFACTS: Final = "SELECT task_seq, media_key, sha256 FROM artifacts WHERE role = 'result'"
_OPEN: Final = "SELECT task_seq FROM attempts WHERE closed_at IS NULL"


@dataclass(frozen=True, slots=True)
class Kept:
    """One task as the gateway's database has it; `files` says of each result whether its bytes are whole."""

    label: str
    hex_id: str
    state: TaskState
    error: str
    channel: str
    files: tuple[bool, ...]
    open_attempts: int


@dataclass(slots=True)
class Verdict:
    """The labels of tasks with which something is wrong, and how many ended in which state."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    billed: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, made twice or left behind."""
        return not (self.lost or self.duplicated or self.stuck)

    def row(self) -> dict[str, Any]:
        """Return the numbers alone."""
        return {
            "tasks": sum(self.states.values()),
            "lost": len(self.lost),
            "duplicated": len(self.duplicated),
            "stuck": len(self.stuck),
            "billed": self.billed,
            **{state: self.states[state] for state in sorted(self.states)},
        }


def read_tasks(data: Path) -> list[Kept]:
    """Return every task of a gateway's database, read without the gateway."""
    with closing(sqlite3.connect(f"file:{data / DATABASE_NAME}?mode=ro", uri=True)) as db:
        return _read(db, data / "media")


def read_shared_tasks(url: str, media: Path) -> list[Kept]:
    """Return every task of a PostgreSQL database at one instant; its results lie in the directory `media`."""
    with psycopg.connect(url) as db:
        db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return _read(db, media)


def _read(db: Any, media: Path) -> list[Kept]:
    files: defaultdict[int, list[bool]] = defaultdict(list)
    for seq, key, digest in db.execute(_ARTIFACTS):
        files[seq].append(whole(media / key, digest))
    still_open = Counter(seq for (seq,) in db.execute(_OPEN))
    return [
        Kept(
            label=label_of(spec),
            hex_id=bytes(task_id).hex(),
            state=TaskState(state),
            error=json.loads(error)["code"] if error else "",
            channel=channel or "",
            files=tuple(files[seq]),
            open_attempts=still_open[seq],
        )
        for seq, task_id, state, error, spec, channel in db.execute(_TASKS).fetchall()
    ]


def whole(path: Path, digest: bytes) -> bool:
    """Return whether a file is there with exactly these bytes."""
    return path.exists() and hashlib.sha256(path.read_bytes()).digest() == bytes(digest)


def label_of(spec: str) -> str:
    """Return what the prompt of a spec says behind `label=`."""
    words = json.loads(spec).get("prompt", "").split()
    return next((word[6:] for word in words if word.startswith("label=")), "")


def judge(
    channel: str, acknowledged: Iterable[str], tasks: Iterable[Kept], entries: Iterable[Entry]
) -> Verdict:
    """Return what is wrong with the tasks of one channel, whose labels begin with its name.

    Lost: acknowledged and not there, or billed and neither kept nor known to be unknown. Duplicated:
    billed more than once. Stuck: neither over nor, where the upstream cannot be asked, unknown.
    """
    verdict = Verdict()
    mine = {task.label: task for task in tasks if task.label.startswith(channel)}
    billed = Counter(e.label for e in accepted(entries) if e.label.startswith(channel) and e.billed)
    for label in acknowledged:
        if label.startswith(channel) and label not in mine:
            verdict.lost.append(label)
    for label, task in mine.items():
        verdict.states[task.state.word] += 1
        if not _honest(task, channel):
            verdict.stuck.append(label)
        elif task.state is not TaskState.UNKNOWN and not _kept(task):
            verdict.lost.append(label)
    verdict.lost += [label for label in billed if label not in mine]
    verdict.duplicated = [label for label, times in billed.items() if times > 1]
    verdict.billed = sum(billed.values())
    return verdict


def _honest(task: Kept, channel: str) -> bool:
    if task.state is TaskState.UNKNOWN:
        return channel == "mps"
    return task.state.final and task.open_attempts == 0


def _kept(task: Kept) -> bool:
    return task.state is TaskState.SUCCEEDED and bool(task.files) and all(task.files)
