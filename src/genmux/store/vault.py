"""Credentials for upstreams: sealed at rest, found by an id that says nothing of them."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from genmux.engine.ports import Clock
from genmux.store.keyring import MasterKeyError, derive_key

_ID_BYTES: Final = 12
_NONCE_BYTES: Final = 12
_NAMED: Final = "name:"
"""Begins the id of a credential that an operator named; content ids are hexadecimal."""


class CredentialStore(Protocol):
    """What the vault needs of the store."""

    async def put_credential(self, credential_id: str, sealed: bytes, now: int) -> None:
        """Insert a sealed credential, or replace the one with the same id."""
        ...

    async def credential(self, credential_id: str) -> bytes | None:
        """Return a sealed credential."""
        ...


class Vault:
    """Keeps and finds credentials; implements the `Credentials` port.

    A credential is kept under a keyed hash of its content: an attempt that was made with it finds
    it under the same id, whatever its channel uses by then.
    """

    def __init__(self, store: CredentialStore, master: bytes, clock: Clock) -> None:
        self._store = store
        self._cipher = AESGCM(derive_key(master, "genmux upstream credentials"))
        self._id_key = derive_key(master, "genmux upstream credential ids")
        self._clock = clock
        self._known: dict[str, Mapping[str, str]] = {}

    async def keep(self, parts: Mapping[str, str]) -> str:
        """Seal a credential into the store and return its id; the same parts have the same id."""
        plain = _encode(parts)
        found = hmac.new(self._id_key, plain, hashlib.sha256).hexdigest()[: 2 * _ID_BYTES]
        if await self._store.credential(found) is None:
            await self._put(found, plain)
        self._known[found] = dict(parts)
        return found

    async def get(self, credential_id: str) -> Mapping[str, str] | None:
        """Return the parts of a credential, None if it is gone. Raises `MasterKeyError`."""
        known = self._known.get(credential_id)
        if known is None:
            known = await self._read(credential_id)
            if known is not None:
                self._known[credential_id] = known
        return known

    async def keep_named(self, name: str, parts: Mapping[str, str]) -> None:
        """Seal a credential under a name, in the place of the one that had it."""
        await self._put(_NAMED + name, _encode(parts))

    async def named(self, name: str) -> Mapping[str, str] | None:
        """Return the credential that was sealed under a name. Raises `MasterKeyError`."""
        return await self._read(_NAMED + name)

    async def _put(self, key: str, plain: bytes) -> None:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, plain, key.encode())
        await self._store.put_credential(key, sealed, self._clock())

    async def _read(self, key: str) -> Mapping[str, str] | None:
        sealed = await self._store.credential(key)
        if sealed is None:
            return None
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], key.encode())
        except InvalidTag:
            raise MasterKeyError("the master key does not open the stored credentials") from None
        return msgspec.json.decode(plain, type=dict[str, str])


def _encode(parts: Mapping[str, str]) -> bytes:
    return msgspec.json.encode(dict(parts), order="sorted")
