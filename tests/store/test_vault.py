"""Upstream credentials: sealed, found by content or by name, opened by one master key only."""

from __future__ import annotations

from pathlib import Path

import pytest

from genmux.store.keyring import MasterKeyError
from genmux.store.sqlite import SqliteStore
from genmux.store.vault import Vault

MASTER = bytes(range(32))
PAIR = {"secret_id": "AKIDupstream", "secret_key": "s3cret-of-upstream"}


class Shelf:
    """The credential methods of the store, in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}

    async def put_credential(self, credential_id: str, sealed: bytes, now: int) -> None:
        self.rows[credential_id] = sealed

    async def credential(self, credential_id: str) -> bytes | None:
        return self.rows.get(credential_id)


def vault(shelf: Shelf, master: bytes = MASTER) -> Vault:
    return Vault(shelf, master, lambda: 1)


async def test_the_same_parts_have_the_same_id_and_are_kept_once() -> None:
    shelf = Shelf()
    first = await vault(shelf).keep(PAIR)
    sealed = shelf.rows[first]
    assert await vault(shelf).keep(dict(reversed(PAIR.items()))) == first
    assert shelf.rows == {first: sealed}
    assert await vault(shelf).get(first) == PAIR


async def test_a_rotated_credential_leaves_the_old_one_in_its_place() -> None:
    shelf = Shelf()
    old = await vault(shelf).keep(PAIR)
    new = await vault(shelf).keep({**PAIR, "secret_key": "another"})
    assert new != old
    assert await vault(shelf).get(old) == PAIR


async def test_neither_id_nor_row_tells_the_secret() -> None:
    shelf = Shelf()
    await vault(shelf).keep(PAIR)
    await vault(shelf).keep_named("mps", PAIR)
    told = repr(shelf.rows)
    for part in PAIR.values():
        assert part not in told


async def test_an_id_means_nothing_under_another_master_key() -> None:
    assert await vault(Shelf()).keep(PAIR) != await vault(Shelf(), bytes(32)).keep(PAIR)


async def test_a_named_one_is_replaced_and_read_afresh() -> None:
    shelf = Shelf()
    held = vault(shelf)
    assert await held.named("mps") is None
    await held.keep_named("mps", PAIR)
    assert await held.named("mps") == PAIR
    await held.keep_named("mps", {"token": "t"})
    assert await held.named("mps") == {"token": "t"}


async def test_what_is_gone_is_none() -> None:
    assert await vault(Shelf()).get("0" * 24) is None


async def test_another_master_key_opens_nothing() -> None:
    shelf = Shelf()
    kept = await vault(shelf).keep(PAIR)
    with pytest.raises(MasterKeyError, match="credentials"):
        await vault(shelf, bytes(32)).get(kept)


async def test_a_sealed_one_does_not_open_under_another_id() -> None:
    shelf = Shelf()
    kept = await vault(shelf).keep(PAIR)
    shelf.rows["f" * 24] = shelf.rows[kept]
    with pytest.raises(MasterKeyError):
        await vault(shelf).get("f" * 24)


async def test_it_lives_in_the_real_store_without_a_trace_of_the_secret(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "genmux.sqlite3", clock=lambda: 1)
    await store.open()
    try:
        kept = await Vault(store, MASTER, lambda: 1).keep(PAIR)
        assert await Vault(store, MASTER, lambda: 1).get(kept) == PAIR
    finally:
        await store.close()
    for path in tmp_path.iterdir():
        assert PAIR["secret_key"].encode() not in path.read_bytes()
