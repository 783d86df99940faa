"""Lets go of old tasks and of media that nobody uses any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Table, delete, exists, null, or_, select, union, update

from genmux.engine.ports import ArtifactRow
from genmux.store import rows
from genmux.store.compiled import Batch, Db, arg, given, sql
from genmux.store.schema import (
    artifacts,
    attempts,
    events,
    idempotency,
    outbox,
    task_inputs,
    task_specs,
    tasks,
    uploads,
)

PRUNE_STEP: Final = 100
"""Tasks that one transaction prunes, so that creates need not wait for long."""

_PERMANENT: Final = exists().where(artifacts.c.task_seq == tasks.c.seq, artifacts.c.file_id.is_not(None))
"""A task whose result was asked to stay: its FileId works as an input for ever."""
OLD: Final = sql(
    select(tasks.c.seq)
    .where(tasks.c.finished_at.is_not(None), tasks.c.finished_at < arg("before"), ~_PERMANENT)
    .order_by(tasks.c.finished_at)
    .limit(arg("most"))
    .with_for_update(skip_locked=True, of=tasks)
)
_seqs = given("task_seq")
_pruned = select(_seqs.c.task_seq).where(_seqs.c.task_seq.is_not(None))
_MEDIA: Final = Batch(
    _seqs,
    union(
        *(
            select(t.c.media_key).where(t.c.task_seq == _seqs.c.task_seq, t.c.media_key.is_not(None))
            for t in (artifacts, task_inputs)
        )
    ),
)


def _delete(from_: Table) -> Batch:
    seq = from_.c.seq if from_ is tasks else from_.c.task_seq
    return Batch(_seqs, delete(from_).where(seq.in_(_pruned)))


_DELETES: Final = tuple(
    _delete(t) for t in (artifacts, task_inputs, attempts, events, outbox, task_specs, tasks)
)
_FORGET_KEYS: Final = sql(delete(idempotency).where(idempotency.c.expires_at <= arg("now")))

_keys = given("media_key")
_used = or_(
    exists().where(artifacts.c.media_key == _keys.c.media_key),
    exists().where(task_inputs.c.media_key == _keys.c.media_key),
    exists().where(uploads.c.media_key == _keys.c.media_key),
)
_UNUSED: Final = Batch(_keys, select(_keys.c.media_key).where(_keys.c.media_key.is_not(None), ~_used))
USED: Final = sql(
    select(
        exists().where(artifacts.c.media_key == arg("stored_as"))
        | exists().where(task_inputs.c.media_key == arg("stored_as"))
        | exists().where(uploads.c.media_key == arg("stored_as"))
    )
)
EXPIRED: Final = sql(
    select(*rows.ARTIFACT)
    .where(
        artifacts.c.expires_at.is_not(None),
        artifacts.c.media_key.is_not(None),
        artifacts.c.expires_at <= arg("now"),
    )
    .order_by(artifacts.c.expires_at)
    .limit(arg("most"))
)
_places = given("task_seq", "role", "n")
_DROP: Final = Batch(
    _places,
    update(artifacts)
    .values(media_key=null())
    .where(
        artifacts.c.task_seq == _places.c.task_seq,
        artifacts.c.role == _places.c.role,
        artifacts.c.n == _places.c.n,
    ),
)


def prune(db: Db, finished_before: int, limit: int) -> tuple[int, set[str]]:
    """Delete tasks that ended before; return how many, and the media keys that nobody uses now."""
    seqs = db.execute(OLD, {"before": finished_before, "most": limit}).fetchall()
    media = [row[0] for row in _MEDIA.run(db, seqs)]
    for statement in _DELETES:
        statement.run(db, seqs)
    return len(seqs), unused(db, media)


def forget_idempotency(db: Db, now: int) -> None:
    """Delete the idempotency keys that have expired."""
    db.execute(_FORGET_KEYS, {"now": now})


def unused(db: Db, keys: Iterable[str]) -> set[str]:
    """Return which media keys no artifact, no input and no upload names."""
    return {row[0] for row in _UNUSED.run(db, [(key,) for key in keys])}


def media_in_use(db: Db, media_key: str) -> bool:
    """True while an artifact, an input or an upload names this media key."""
    return bool(db.execute(USED, {"stored_as": media_key}).fetchone()[0])


def expired_artifacts(db: Db, now: int, limit: int) -> tuple[ArtifactRow, ...]:
    """Return artifacts past their time whose bytes are still held, the oldest first."""
    found = db.execute(EXPIRED, {"now": now, "most": limit}).fetchall()
    return tuple(map(rows.artifact, found))


def drop_artifact_media(db: Db, keys: Sequence[tuple[int, str, int]]) -> None:
    """Forget the bytes of (task seq, role, n) artifacts; the rows stay."""
    _DROP.run(db, keys)
