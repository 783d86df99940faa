"""Which media are used, and who deletes those that nobody uses any more.

Inputs are named after their bytes, so what one process lets go another may want at the same moment.
Whoever publishes an input first keeps an upload of it, of tenant 0 if it is nobody's. Whoever lets go
of media gets those that are unused, each marked by an upload of `DELETER`: nobody keeps it until it is
deleted. On PostgreSQL a lock of all media parts the two: many may name media at once, or one may let go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from sqlalchemy import delete, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from genmux.store.compiled import Batch, Db, Sql, arg, given, number, shared, sql
from genmux.store.schema import artifacts, task_inputs, uploads

DELETER: Final = -1
"""The tenant of what is being deleted."""

DELETING_MS: Final = 120_000
"""Who deletes has this long; then it is dead, and what it left is deleted by another."""

LOCK: Final = 0x67_6D_75_79
_NAMING: Final = Sql.spelt("", f"SELECT pg_advisory_xact_lock_shared({LOCK})")
_LETTING_GO: Final = Sql.spelt("", f"SELECT pg_advisory_xact_lock({LOCK})")

_keys = given("media_key")
UNUSED: Final = Batch(
    _keys,
    select(_keys.c.media_key).where(
        _keys.c.media_key.is_not(None),
        ~exists().where(artifacts.c.media_key == _keys.c.media_key),
        ~exists().where(task_inputs.c.media_key == _keys.c.media_key),
        ~exists().where(uploads.c.media_key == _keys.c.media_key, uploads.c.tenant_id != DELETER),
    ),
)
USED: Final = sql(
    select(
        exists().where(artifacts.c.media_key == arg("stored_as"))
        | exists().where(task_inputs.c.media_key == arg("stored_as"))
        | exists().where(uploads.c.media_key == arg("stored_as"), uploads.c.tenant_id != DELETER)
    )
)
DOOMED: Final = sql(
    select(
        exists().where(
            uploads.c.media_key == arg("stored_as"),
            uploads.c.tenant_id == DELETER,
            uploads.c.expires_at > arg("now"),
        )
    )
)
_marks = given("sha256", "media_key", "expires_at", "now")
_mark = upsert(uploads).from_select(
    ["tenant_id", "sha256", "media_key", "probe", "expires_at"],
    select(number(DELETER), _marks.c.sha256, _marks.c.media_key, literal("{}"), _marks.c.expires_at).where(
        _marks.c.sha256.is_not(None)
    ),
)
_MARK: Final = Batch(
    _marks,
    _mark.on_conflict_do_update(
        index_elements=[uploads.c.tenant_id, uploads.c.sha256],
        set_={"expires_at": _mark.excluded["expires_at"]},
        where=uploads.c.expires_at <= select(func.min(_marks.c.now)).scalar_subquery(),
    ).returning(uploads.c.media_key),
)
_gone = given("sha256")
_UNMARK: Final = Batch(
    _gone,
    delete(uploads).where(
        uploads.c.tenant_id == DELETER,
        uploads.c.sha256.in_(select(_gone.c.sha256).where(_gone.c.sha256.is_not(None))),
    ),
)


def naming(db: Db) -> None:
    """Begin to write rows that name media: what is let go meanwhile is none of them."""
    if shared(db):
        db.execute(_NAMING, ()).fetchall()


def letting_go(db: Db) -> None:
    """Begin to write off media: nobody names any until the transaction ends."""
    if shared(db):
        db.execute(_LETTING_GO, ()).fetchall()


def in_use(db: Db, media_key: str) -> bool:
    """True while an artifact, an input or an upload names this media key."""
    return bool(db.execute(USED, {"stored_as": media_key}).fetchone()[0])


def doomed(db: Db, media_key: str, now: int) -> bool:
    """True while somebody deletes this media key."""
    return bool(db.execute(DOOMED, {"stored_as": media_key, "now": now}).fetchone()[0])


def doom(db: Db, keys: Iterable[str], now: int) -> set[str]:
    """Mark those of the keys that nobody uses; return those that are the caller's to delete.

    The transaction has called `letting_go` before it let go of them.
    """
    unused = {row[0] for row in UNUSED.run(db, [(key,) for key in set(keys)])}
    marks = [(_mark_of(key), key, now + DELETING_MS, now) for key in sorted(unused)]
    return {row[0] for row in _MARK.run(db, marks)}


def deleted(db: Db, keys: Iterable[str]) -> None:
    """Take the marks away: the bytes are gone, and whoever wants them publishes them anew."""
    _UNMARK.run(db, [(_mark_of(key),) for key in sorted(set(keys))])


def _mark_of(media_key: str) -> bytes:
    return hashlib.sha256(media_key.encode()).digest()
