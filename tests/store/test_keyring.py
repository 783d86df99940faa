"""Access keys: sealed, hashed, told once, revoked at once."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from genmux.domain.errors import InvalidValue
from genmux.store.keyring import Keyring, MasterKeyError, derive_key, load_master_key
from genmux.store.ownership import AlreadyOwned, Ownership, owner_of, read_card
from genmux.store.sqlite import SqliteStore

MASTER = bytes(range(32))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "keys.sqlite3", clock=lambda: 1)
    await store.open()
    yield store
    await store.close()


async def test_secret_and_token_are_told_once_and_never_stored_plain(
    store: SqliteStore, tmp_path: Path
) -> None:
    ring = Keyring(store, MASTER, lambda: 5, store.tenant)
    row, secret, token = await ring.create("app", None)
    assert await ring.by_secret_id(row.secret_id) == (row, secret)
    assert await ring.by_token(token) == row
    assert await ring.by_token(secret) is None
    fresh = Keyring(store, MASTER, lambda: 5, store.tenant)
    assert await fresh.by_secret_id(row.secret_id) == (row, secret)
    bytes_on_disk = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert secret.encode() not in bytes_on_disk
    assert token.encode() not in bytes_on_disk


async def test_a_revoked_key_is_gone_at_once(store: SqliteStore) -> None:
    ring = Keyring(store, MASTER, lambda: 5, store.tenant)
    row, _, token = await ring.create("app", "studio")
    assert await ring.by_token(token)
    assert await ring.revoke(row.secret_id) is True
    assert await ring.by_secret_id(row.secret_id) is None
    assert await ring.by_token(token) is None
    assert await ring.revoke(row.secret_id) is False
    assert await ring.revoke("AKIDnobody") is False


async def test_tenants_by_name_and_adopted_pairs(store: SqliteStore) -> None:
    ring = Keyring(store, MASTER, lambda: 5, store.tenant)
    first, _, _ = await ring.create("a", "studio")
    second, _, _ = await ring.create("b", "studio")
    other, _, _ = await ring.create("c", "agency")
    assert first.tenant_id == second.tenant_id != other.tenant_id
    await ring.adopt("mine", None, "AKIDmine0123456789", "secret")
    found = await ring.by_secret_id("AKIDmine0123456789")
    assert found is not None
    assert found[1] == "secret"
    with pytest.raises(InvalidValue):
        await ring.adopt("again", None, "AKIDmine0123456789", "other")
    assert len(await ring.all()) == 4


async def test_another_master_key_opens_nothing(store: SqliteStore) -> None:
    row, _, _ = await Keyring(store, MASTER, lambda: 5, store.tenant).create("app", None)
    with pytest.raises(MasterKeyError):
        await Keyring(store, bytes(32), lambda: 5, store.tenant).by_secret_id(row.secret_id)


def test_master_key_file_and_environment(tmp_path: Path) -> None:
    made = load_master_key(tmp_path, {})
    assert load_master_key(tmp_path, {}) == made
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600
    for name in ("GENMUX_SECRET_KEY", "GENMUX_MASTER_KEY"):
        assert load_master_key(tmp_path, {name: MASTER.hex()}) == MASTER
    (tmp_path / "secret").write_text(MASTER.hex() + "\n")
    assert load_master_key(tmp_path, {"GENMUX_SECRET_KEY": f"file:{tmp_path / 'secret'}"}) == MASTER
    with pytest.raises(MasterKeyError, match="cannot be read"):
        load_master_key(tmp_path, {"GENMUX_SECRET_KEY": f"file:{tmp_path / 'nowhere'}"})
    with pytest.raises(MasterKeyError, match="64 hexadecimal"):
        load_master_key(tmp_path, {"GENMUX_SECRET_KEY": "abc"})
    assert derive_key(MASTER, "a") != derive_key(MASTER, "b")


def test_one_process_owns_a_directory(tmp_path: Path) -> None:
    owner = Ownership.take(tmp_path / "data")
    assert owner_of(tmp_path / "data") is None  # owned, but it has not said where it listens
    owner.announce("http://127.0.0.1:1", "token")
    card = owner_of(tmp_path / "data")
    assert card is not None
    assert (card.url, card.token, card.pid) == ("http://127.0.0.1:1", "token", os.getpid())
    assert (tmp_path / "data/owner.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(AlreadyOwned, match="already served at http://127"):
        Ownership.take(tmp_path / "data")
    owner.release()
    assert owner_of(tmp_path / "data") is None
    Ownership.take(tmp_path / "data").release()


def test_a_card_that_a_dead_owner_left_is_not_believed(tmp_path: Path) -> None:
    owner = Ownership.take(tmp_path)
    owner.announce("http://127.0.0.1:1", "token")
    owner._lock.close()  # as the kernel does when a process dies
    assert read_card(tmp_path) is not None
    assert owner_of(tmp_path) is None
    (tmp_path / "owner.json").write_text("not json")
    assert read_card(tmp_path) is None
