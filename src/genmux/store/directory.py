"""Who may call and what can be called: tenants, access keys, channels, and small facts."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Table, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from genmux.domain.errors import InvalidValue
from genmux.domain.text import Text
from genmux.engine.ports import ChannelRow, KeyRow
from genmux.store import rows
from genmux.store.compiled import Db, arg, sql
from genmux.store.schema import access_keys, channels, meta, tenants


def put_statement(into: Table, key: str, *columns: str) -> Any:
    """Return the statement that inserts a row or replaces the one with the same key."""
    values = {name: arg(name) for name in (key, *columns)}
    statement = upsert(into).values(values)
    return statement.on_conflict_do_update(
        index_elements=[key], set_={name: statement.excluded[name] for name in columns or (key,)}
    )


_TENANT: Final = sql(upsert(tenants).values(name=arg("name"), created_at=arg("now")).on_conflict_do_nothing())
_TENANT_ID: Final = sql(select(tenants.c.id).where(tenants.c.name == arg("name")))
_KEY_COLUMNS: Final = tuple(c.name for c in access_keys.c if c.name != "id")
_ADD_KEY: Final = sql(
    upsert(access_keys)
    .values({name: arg(name) for name in _KEY_COLUMNS})
    .on_conflict_do_nothing()
    .returning(*rows.KEY)
)
_KEYS: Final = sql(select(*rows.KEY).order_by(access_keys.c.id))
_BY_SECRET_ID: Final = sql(select(*rows.KEY).where(access_keys.c.secret_id == arg("wanted")))
_BY_TOKEN: Final = sql(select(*rows.KEY).where(access_keys.c.token_sha256 == arg("wanted")))
_REVOKE: Final = sql(
    update(access_keys)
    .values(revoked_at=arg("now"))
    .where(access_keys.c.secret_id == arg("wanted"), access_keys.c.revoked_at.is_(None))
    .returning(access_keys.c.id)
)
_PUT_CHANNEL: Final = sql(
    put_statement(channels, "name", "provider", "config", "enabled").returning(*rows.CHANNEL)
)
_CHANNELS: Final = sql(select(*rows.CHANNEL).order_by(channels.c.id))
_PUT_META: Final = sql(put_statement(meta, "key", "value"))
_META: Final = sql(select(meta.c.value).where(meta.c.key == arg("wanted")))


def tenant(db: Db, name: str, now: int) -> int:
    """Return the id of the tenant of this name, made now if there was none."""
    row = db.execute(_TENANT_ID, {"name": name}).fetchone()
    if row is None:  # another process may make it meanwhile: one of both does
        db.execute(_TENANT, {"name": name, "now": now})
        row = db.execute(_TENANT_ID, {"name": name}).fetchone()
    found: int = row[0]
    return found


def add_key(db: Db, key: KeyRow) -> KeyRow:
    """Insert an access key; the row returned carries its id, the one given is ignored.

    Raises `InvalidValue` where its secret id is known already.
    """
    added = db.execute(_ADD_KEY, {name: getattr(key, name) for name in _KEY_COLUMNS}).fetchall()
    if not added:
        raise InvalidValue(
            Text(f"The key {key.secret_id} exists already.", f"密钥 {key.secret_id} 已存在。"),
            field="secret_id",
        )
    return rows.key(added[0])


def keys(db: Db) -> tuple[KeyRow, ...]:
    """Return all access keys, revoked ones too, oldest first."""
    return tuple(map(rows.key, db.execute(_KEYS).fetchall()))


def find_secret_id(db: Db, secret_id: str) -> KeyRow | None:
    """Return the access key of this secret id, revoked or not."""
    row = db.execute(_BY_SECRET_ID, {"wanted": secret_id}).fetchone()
    return None if row is None else rows.key(row)


def find_token(db: Db, token_sha256: bytes) -> KeyRow | None:
    """Return the access key of this hashed token, revoked or not."""
    row = db.execute(_BY_TOKEN, {"wanted": token_sha256}).fetchone()
    return None if row is None else rows.key(row)


def revoke_key(db: Db, secret_id: str, now: int) -> bool:
    """Revoke a live access key; False when there is none of this secret id."""
    return bool(db.execute(_REVOKE, {"wanted": secret_id, "now": now}).fetchall())


def put_channel(db: Db, name: str, provider: str, config: str, enabled: bool) -> ChannelRow:
    """Insert or update a channel by name; its id never changes."""
    values = {"name": name, "provider": provider, "config": config, "enabled": int(enabled)}
    return rows.channel(db.execute(_PUT_CHANNEL, values).fetchall()[0])


def all_channels(db: Db) -> tuple[ChannelRow, ...]:
    """Return all channels, oldest first."""
    return tuple(map(rows.channel, db.execute(_CHANNELS).fetchall()))


def put_meta(db: Db, key: str, value: str) -> None:
    """Remember one small fact about this database."""
    db.execute(_PUT_META, {"key": key, "value": value})


def get_meta(db: Db, key: str) -> str | None:
    """Return one small fact, None if it was never put."""
    row = db.execute(_META, {"wanted": key}).fetchone()
    return None if row is None else str(row[0])
