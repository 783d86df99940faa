"""Pictures that a tenant sent ahead: kept for a while, whether a task uses them or not."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from genmux.engine.ports import UploadRow
from genmux.store import media
from genmux.store.compiled import Db, arg, greatest, sql
from genmux.store.schema import uploads

_COLUMNS: Final = tuple(c.name for c in uploads.c)
_insert = upsert(uploads).values({name: arg(name) for name in _COLUMNS})
_KEEP: Final = sql(
    _insert.on_conflict_do_update(
        index_elements=[uploads.c.tenant_id, uploads.c.sha256],
        set_={"expires_at": greatest(uploads.c.expires_at, _insert.excluded["expires_at"])},
    )
)
_FIND: Final = sql(
    select(*uploads.c).where(
        uploads.c.tenant_id == arg("tenant"),
        uploads.c.sha256 == arg("wanted"),
        uploads.c.expires_at > arg("now"),
    )
)
_FORGET: Final = sql(
    delete(uploads).where(uploads.c.expires_at <= arg("before")).returning(uploads.c.media_key)
)


def keep(db: Db, upload: UploadRow, now: int) -> bool:
    """Remember an upload, or go on remembering one of the same bytes; False while they are deleted."""
    media.naming(db)
    if media.doomed(db, upload.media_key, now):
        return False
    db.execute(_KEEP, {name: getattr(upload, name) for name in _COLUMNS})
    return True


def find(db: Db, tenant_id: int, sha256: bytes, now: int) -> UploadRow | None:
    """Return a tenant's live upload of these bytes."""
    row = db.execute(_FIND, {"tenant": tenant_id, "wanted": sha256, "now": now}).fetchone()
    return None if row is None else UploadRow(*row)


def forget(db: Db, expired_before: int, now: int) -> set[str]:
    """Delete uploads that expired until then; return the media keys that are the caller's to delete.

    What somebody died deleting is among them.
    """
    media.letting_go(db)
    keys = [row[0] for row in db.execute(_FORGET, {"before": expired_before}).fetchall()]
    return media.doom(db, keys, now)
