"""Lets go of old tasks and of media that nobody uses any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Table, and_, delete, exists, null, select, tuple_, union, update

from genmux.engine.ports import ArtifactRow
from genmux.store import media, rows
from genmux.store.compiled import Batch, Db, Sql, arg, given, sql
from genmux.store.schema import (
    artifacts,
    attempts,
    events,
    idempotency,
    outbox,
    task_inputs,
    task_specs,
    tasks,
)

PRUNE_STEP: Final = 100
"""Tasks that one transaction prunes, so that creates need not wait for long."""

KEYS_STEP: Final = 1_000
"""Idempotency keys that one transaction forgets."""

_i = idempotency.c

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


DELETES: Final = tuple(
    _delete(t) for t in (artifacts, task_inputs, attempts, events, outbox, task_specs, tasks)
)
_lapsed = select(_i.tenant_id, _i.scope, _i.key).where(_i.expires_at <= arg("now")).limit(arg("most"))
FORGET_KEYS: Final = Sql.spelt(
    sql(
        delete(idempotency).where(tuple_(_i.tenant_id, _i.scope, _i.key).in_(_lapsed)).returning(_i.tenant_id)
    ),
    # By place, since joining the keys back would read the whole table where it is not large.
    "DELETE FROM idempotency WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency"
    " WHERE expires_at <= %(now)s LIMIT %(most)s FOR UPDATE SKIP LOCKED)) RETURNING tenant_id",
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
_placed = and_(
    artifacts.c.task_seq == _places.c.task_seq,
    artifacts.c.role == _places.c.role,
    artifacts.c.n == _places.c.n,
)
_NAMED: Final = Batch(
    _places,
    select(artifacts.c.media_key)
    .join_from(_places, artifacts, _placed)
    .where(artifacts.c.media_key.is_not(None)),
)
_DROP: Final = Batch(
    _places,
    update(artifacts).values(media_key=null()).where(_placed),
)


def prune(db: Db, finished_before: int, limit: int, now: int) -> tuple[int, set[str]]:
    """Delete tasks that ended before; return how many, and the media keys that are the caller's to delete."""
    media.letting_go(db)
    seqs = db.execute(OLD, {"before": finished_before, "most": limit}).fetchall()
    named = [row[0] for row in _MEDIA.run(db, seqs)]
    for statement in DELETES:
        statement.run(db, seqs)
    return len(seqs), media.doom(db, named, now)


def forget_idempotency(db: Db, now: int) -> int:
    """Delete some idempotency keys that have expired; return how many (`KEYS_STEP`: there may be more)."""
    return len(db.execute(FORGET_KEYS, {"now": now, "most": KEYS_STEP}).fetchall())


def expired_artifacts(db: Db, now: int, limit: int) -> tuple[ArtifactRow, ...]:
    """Return artifacts past their time whose bytes are still held, the oldest first."""
    found = db.execute(EXPIRED, {"now": now, "most": limit}).fetchall()
    return tuple(map(rows.artifact, found))


def drop_artifact_media(db: Db, keys: Sequence[tuple[int, str, int]], now: int) -> set[str]:
    """Forget the bytes of (task seq, role, n) artifacts, whose rows stay; return the media keys to delete."""
    media.letting_go(db)
    named = [row[0] for row in _NAMED.run(db, sorted(keys))]
    _DROP.run(db, sorted(keys))
    return media.doom(db, named, now)
