"""Task ids: 128 random bits inside, spelt by each wire in its own way."""

from __future__ import annotations

import re
import secrets
from typing import Final

ID_BYTES: Final = 16
_HEX: Final = re.compile(r"[0-9a-f]{32}\Z")


def new_task_id() -> bytes:
    """Return 16 fresh random bytes."""
    return secrets.token_bytes(ID_BYTES)


def parse_hex_id(text: str) -> bytes | None:
    """Return the id that 32 lower-case hex digits spell, or None for anything else."""
    return bytes.fromhex(text) if _HEX.match(text) else None


def attempt_key(task_id: bytes, attempt: int) -> str:
    """Return the key one attempt is known by upstream (34 to 36 characters: fits a VOD SessionId)."""
    return f"{task_id.hex()}-{attempt}"
