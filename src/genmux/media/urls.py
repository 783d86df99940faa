"""Signed, expiring URLs of our files: made, checked, and recognised when they come back as inputs."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, urlsplit

_SIGNATURE_BYTES: Final = 16
_PURPOSE: Final = "genmux-file-1"
_PATH: Final = re.compile(r"/files/([0-9a-f]{32})/(0|[1-9][0-9]{0,3})\.([a-z0-9]{1,8})\Z", re.ASCII)
_EXPIRES: Final = re.compile(r"(0|[1-9][0-9]{0,11})\Z", re.ASCII)
_MAX_URL_CHARACTERS: Final = 2048


class UrlFault(StrEnum):
    """Why a file URL opens nothing."""

    MALFORMED = "malformed"
    FORGED = "forged"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class FileRef:
    """One artifact of one task; `expires_at` is in seconds since the epoch."""

    task_hex: str
    n: int
    extension: str
    expires_at: int


class FileUrls:
    """Makes and checks file URLs with one key of at least 16 bytes. Equal inputs give equal URLs."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("the key of file URLs must have at least 16 bytes")
        self._key = key

    def path(self, task_hex: str, n: int, extension: str, expires_at_seconds: int) -> str:
        """Return the path and query that open artifact `n` of a task until `expires_at_seconds`."""
        path = f"/files/{task_hex}/{n}.{extension}"
        if not _PATH.match(path) or not _EXPIRES.match(str(expires_at_seconds)):
            raise ValueError(f"no file URL can say {path!r} until {expires_at_seconds}")
        ref = FileRef(task_hex, n, extension, expires_at_seconds)
        return f"{path}?e={expires_at_seconds}&s={self._sign(ref)}"

    def parse(self, path: str, query: str, now: int) -> FileRef | UrlFault:
        """Return what a request's path and raw query open at `now` (seconds), or why nothing.

        Takes only the exact spelling that `path` gave, parameters in that order.
        """
        match = re.match(r"e=([0-9]{1,12})&s=([A-Za-z0-9_-]{22})\Z", query, re.ASCII)
        if match is None or not _PATH.match(path):
            return UrlFault.MALFORMED
        ref = self._proved(path, match[1], match[2])
        if isinstance(ref, FileRef) and now >= ref.expires_at:
            return UrlFault.EXPIRED
        return ref

    def recognise(self, url: str, own_hosts: Collection[str] | None) -> FileRef | None:
        """Return which artifact a full URL of ours names, expired or not; None for a foreign URL.

        The signature proves that it is ours, so scheme, port, a proxy's path prefix and added
        parameters do not matter; nor does the host when `own_hosts` (lower case) is None.
        """
        if len(url) > _MAX_URL_CHARACTERS:
            return None
        try:
            parts = urlsplit(url)
            host = parts.hostname
            wanted = parse_qs(parts.query, max_num_fields=20)
        except ValueError:
            return None
        if parts.scheme not in ("http", "https") or not host:
            return None
        if own_hosts is not None and host.rstrip(".") not in own_hosts:
            return None
        expires, signature = wanted.get("e", ()), wanted.get("s", ())
        if len(expires) != 1 or len(signature) != 1:
            return None
        ref = self._proved(parts.path, expires[0], signature[0])
        return ref if isinstance(ref, FileRef) else None

    def _proved(self, path: str, expires: str, signature: str) -> FileRef | UrlFault:
        match = _PATH.search(path)
        if match is None or not _EXPIRES.match(expires):
            return UrlFault.MALFORMED
        ref = FileRef(match[1], int(match[2]), match[3], int(expires))
        if not hmac.compare_digest(self._sign(ref).encode(), signature.encode()):
            return UrlFault.FORGED
        return ref

    def _sign(self, ref: FileRef) -> str:
        text = f"{_PURPOSE}\n{ref.task_hex}\n{ref.n}\n{ref.extension}\n{ref.expires_at}"
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).rstrip(b"=").decode()
