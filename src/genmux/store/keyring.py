"""Access keys: secrets sealed at rest, bearer tokens only hashed, both told exactly once."""

from __future__ import annotations

import hashlib
import os
import secrets
import string
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from genmux.engine.ports import Clock, KeyRow, Store
from genmux.store.ownership import write_private

MASTER_NAME: Final = "master.key"
MASTER_ENV: Final = "GENMUX_SECRET_KEY"
OLD_MASTER_ENV: Final = "GENMUX_MASTER_KEY"
"""What the variable was called before; still read."""
FROM_FILE: Final = "file:"
CHECK_NAME: Final = "secret_key_check"
"""The small fact that tells whether a key is the one that the database was written with."""
SECRET_ID_PREFIX: Final = "AKID"  # noqa: S105 (a prefix, not a secret)
TOKEN_PREFIX: Final = "gmx_"  # noqa: S105
_ALPHABET: Final = string.ascii_letters + string.digits
_NONCE_BYTES: Final = 12


class MasterKeyError(ValueError):
    """The master key cannot be used; nothing is opened with a guess."""


def load_master_key(directory: Path, environ: Mapping[str, str]) -> bytes:
    """Return the 32-byte master key: from the environment, else from its file, made at first start.

    The variable holds the key, or `file:` and the path of one. Of several processes that start at
    once on one directory the first makes the file. Raises `MasterKeyError` when there are no 64
    hexadecimal digits.
    """
    name = MASTER_ENV if MASTER_ENV in environ else OLD_MASTER_ENV
    text = environ.get(name)
    if text is None:
        path = directory / MASTER_NAME
        if not path.exists():
            write_private(path, secrets.token_bytes(32).hex().encode() + b"\n", replace=False)
        return _parsed_key(path.read_text(), str(path))
    if not text.startswith(FROM_FILE):
        return _parsed_key(text, name)
    path = Path(text.removeprefix(FROM_FILE)).expanduser()
    try:
        return _parsed_key(path.read_text(), f"{name}, {path},")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise MasterKeyError(f"{name} names the file {path}, which cannot be read: {why}") from None


def _parsed_key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise MasterKeyError(f"{where} must hold 64 hexadecimal digits (32 bytes)")
    return key


def derive_key(master: bytes, purpose: str) -> bytes:
    """Return the 32-byte key for one purpose, so that no key is used for two things."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(master)


def operator_token(master: bytes) -> str:
    """Return the operator's token of a database that many processes share: the same in all of them."""
    return urlsafe_b64encode(derive_key(master, "genmux operator token")).rstrip(b"=").decode()


def check_value(master: bytes) -> str:
    """Return what is kept in the database to tell whether a key is the right one; it says nothing of it."""
    return derive_key(master, "genmux secret key check").hex()


def token_hash(token: str) -> bytes:
    """Return what is stored of a bearer token."""
    return hashlib.sha256(token.encode()).digest()


class Keyring:
    """Creates, finds and revokes access keys; implements the `Keys` port."""

    def __init__(
        self, store: Store, master: bytes, clock: Clock, tenant: Callable[[str], Awaitable[int]]
    ) -> None:
        self._store = store
        self._cipher = AESGCM(derive_key(master, "genmux access key secrets"))
        self._clock = clock
        self._tenant = tenant
        self._by_id: dict[str, tuple[KeyRow, str]] = {}
        self._by_token: dict[bytes, KeyRow] = {}
        self._revocations = 0

    def forget(self) -> None:
        """Look every key up anew: somebody else may have revoked one."""
        self._revocations += 1
        self._by_id.clear()
        self._by_token.clear()

    async def by_secret_id(self, secret_id: str) -> tuple[KeyRow, str] | None:
        """Return a live key and its plain secret."""
        known = self._by_id.get(secret_id)
        if known is not None:
            return known
        before = self._revocations
        row = await self._store.find_secret_id(secret_id)
        if row is None or row.revoked_at is not None:
            return None
        found = (row, self.unseal(row.sealed_secret, row.secret_id))
        if before == self._revocations:
            self._by_id[secret_id] = found
        return found

    async def by_token(self, token: str) -> KeyRow | None:
        """Return the live key a bearer token belongs to."""
        digest = token_hash(token)
        known = self._by_token.get(digest)
        if known is not None:
            return known
        before = self._revocations
        row = await self._store.find_token(digest)
        if row is None or row.revoked_at is not None:
            return None
        if before == self._revocations:
            self._by_token[digest] = row
        return row

    async def create(self, name: str, tenant: str | None) -> tuple[KeyRow, str, str]:
        """Return a new key, its secret and its bearer token: the only time they are told."""
        secret_id = SECRET_ID_PREFIX + _random(32)
        secret = _random(32)
        token = TOKEN_PREFIX + _random(40)
        row = KeyRow(
            id=0,
            tenant_id=await self._tenant(tenant or "default"),
            name=name,
            secret_id=secret_id,
            sealed_secret=self.seal(secret, secret_id),
            token_sha256=token_hash(token),
            created_at=self._clock(),
            revoked_at=None,
        )
        return await self._store.add_key(row), secret, token

    async def adopt(self, name: str, tenant: str | None, secret_id: str, secret: str) -> KeyRow:
        """Store a key pair the operator already has (a Tencent pair, a test vector).

        Raises `InvalidValue` where there is one of this id.
        """
        row = KeyRow(
            id=0,
            tenant_id=await self._tenant(tenant or "default"),
            name=name,
            secret_id=secret_id,
            sealed_secret=self.seal(secret, secret_id),
            token_sha256=token_hash(TOKEN_PREFIX + _random(40)),
            created_at=self._clock(),
            revoked_at=None,
        )
        return await self._store.add_key(row)

    async def revoke(self, secret_id: str) -> bool:
        """Make a key useless from this moment on; return whether there was a live one."""
        revoked = await self._store.revoke_key(secret_id, self._clock())
        self._revocations += 1
        self._by_id.pop(secret_id, None)
        row = await self._store.find_secret_id(secret_id)
        if row is not None:
            self._by_token.pop(row.token_sha256, None)
        return revoked

    async def all(self) -> tuple[KeyRow, ...]:
        """Return every key, revoked ones too."""
        return await self._store.keys()

    def seal(self, secret: str, name: str) -> bytes:
        """Return a secret encrypted and bound to `name`: under another name it does not open."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), name.encode())

    def unseal(self, sealed: bytes, name: str) -> str:
        """Return what was sealed. Raises `MasterKeyError`."""
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
        except InvalidTag:
            raise MasterKeyError("the master key does not open the stored secrets") from None
        return plain.decode()


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
