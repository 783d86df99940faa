"""Whether the secret key at hand is the one that a database was written with."""

from __future__ import annotations

from genmux.store.keyring import CHECK_NAME, MASTER_ENV, Keyring, MasterKeyError, check_value
from genmux.store.sql_store import SqlStore


async def prove_key(store: SqlStore, master: bytes) -> None:
    """Raise `MasterKeyError` where the key does not open what the database holds.

    The first to come leaves a value to compare with; a database from before that is tried out first.
    """
    kept = await store.meta(CHECK_NAME)
    if kept is None:
        await _try_out(store, master)
        kept = await store.keep_meta(CHECK_NAME, check_value(master))
    if kept != check_value(master):
        raise _wrong_key()


async def _try_out(store: SqlStore, master: bytes) -> None:
    keys = await store.keys()
    if keys:
        try:
            Keyring(store, master, int, store.tenant).unseal(keys[0].sealed_secret, keys[0].secret_id)
        except MasterKeyError:
            raise _wrong_key() from None


def _wrong_key() -> MasterKeyError:
    return MasterKeyError(
        f"the secrets in the database were sealed with another key; set {MASTER_ENV} to the one that they "
        "were sealed with (all processes on one database have the same; it is the file master.key of the "
        "data directory where it was first made)"
    )
