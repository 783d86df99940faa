"""Task ids: 128 random bits inside, spelt by each wire in its own way."""

from __future__ import annotations

import os
import re
from threading import Lock
from typing import Final

ID_BYTES: Final = 16
_HEX: Final = re.compile(r"[0-9a-f]{32}\Z")


class _Entropy:
    """The system's random bytes, fetched a page at a time.

    Every fetch gives up the interpreter lock, which a busy database thread then keeps for a while:
    65 µs per id were measured under load, a fraction of one this way.
    """

    def __init__(self, page_bytes: int = 8192) -> None:
        self._page_bytes = page_bytes
        self._page = b""
        self._at = 0
        self._lock = Lock()

    def take(self, length: int) -> bytes:
        """Return `length` bytes that nobody was given before; safe between threads."""
        with self._lock:
            if self._at + length > len(self._page):
                self._page, self._at = os.urandom(self._page_bytes), 0
            taken = self._page[self._at : self._at + length]
            self._at += length
            return taken

    def forget(self) -> None:
        """Drop what is left of the page, which a forked process would share with its parent."""
        self._page, self._at, self._lock = b"", 0, Lock()


_ENTROPY: Final = _Entropy()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ENTROPY.forget)


def new_task_id() -> bytes:
    """Return 16 fresh random bytes."""
    return _ENTROPY.take(ID_BYTES)


def new_request_id() -> str:
    """Return a fresh random id of one request, spelt as a UUID of version 4."""
    text = _ENTROPY.take(ID_BYTES).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def parse_hex_id(text: str) -> bytes | None:
    """Return the id that 32 lower-case hex digits spell, or None for anything else."""
    return bytes.fromhex(text) if _HEX.match(text) else None


def attempt_key(task_id: bytes, attempt: int) -> str:
    """Return the key one attempt is known by upstream (34 to 36 characters: fits a VOD SessionId)."""
    return f"{task_id.hex()}-{attempt}"


def new_file_id() -> int:
    """Return a fresh random FileId: 18 decimal digits, the first not zero."""
    return 10**17 + int.from_bytes(_ENTROPY.take(ID_BYTES), "big") % (9 * 10**17)
