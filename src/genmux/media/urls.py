"""Signed, expiring URLs of our results and inputs: made, checked, and recognised when they come back."""

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

INPUTS: Final = "inputs/"
INPUT_KEY: Final = re.compile(
    r"(inputs/[0-9a-f]{64}|tasks/[0-9a-f]{2}/[0-9a-f]{32}/(?:0|[1-9][0-9]{0,3}))\.([a-z0-9]{1,8})\Z", re.ASCII
)
"""The media key of a frozen input: its name, unique to its bytes, and what they are.

An input that came from elsewhere is named by its hash, a task's result by the task and its number.
"""
_SIGNATURE_BYTES: Final = 16
_FILE_PURPOSE: Final = "genmux-file-1"
_INPUT_PURPOSE: Final = "genmux-input-1"
_PATH: Final = re.compile(r"/files/([0-9a-f]{32})/(0|[1-9][0-9]{0,3})\.([a-z0-9]{1,8})\Z", re.ASCII)
_EXPIRES: Final = re.compile(r"(0|[1-9][0-9]{0,11})\Z", re.ASCII)
_QUERY: Final = re.compile(r"e=(0|[1-9][0-9]{0,11})&s=([A-Za-z0-9_-]{22})\Z", re.ASCII)
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


@dataclass(frozen=True, slots=True)
class InputRef:
    """One frozen input by its media key; `expires_at` is in seconds since the epoch."""

    media_key: str
    expires_at: int


class FileUrls:
    """Makes and checks file URLs with one key of at least 16 bytes. Equal inputs give equal URLs."""

    def __init__(self, key: bytes) -> None:
        self._key = _checked(key)

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
        match = _QUERY.match(query)
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
        said = (_FILE_PURPOSE, ref.task_hex, ref.n, ref.extension, ref.expires_at)
        return _signature(self._key, *said)


class InputUrls:
    """Makes and checks URLs of frozen inputs; no file URL is one, even under the same key."""

    def __init__(self, key: bytes) -> None:
        self._key = _checked(key)

    def path(self, media_key: str, expires_at_seconds: int) -> str:
        """Return the path and query that open an input until `expires_at_seconds`."""
        if not INPUT_KEY.match(media_key) or not _EXPIRES.match(str(expires_at_seconds)):
            raise ValueError(f"no input URL can say {media_key[:80]!r} until {expires_at_seconds}")
        signature = _signature(self._key, _INPUT_PURPOSE, media_key, expires_at_seconds)
        return f"/{INPUTS}{media_key.removeprefix(INPUTS)}?e={expires_at_seconds}&s={signature}"

    def parse(self, path: str, query: str, now: int) -> InputRef | UrlFault:
        """Return what a request's path and raw query open at `now` (seconds), or why nothing.

        Takes only the exact spelling that `path` gave, parameters in that order.
        """
        match, media_key = _QUERY.match(query), _media_key(path)
        if match is None or not INPUT_KEY.match(media_key):
            return UrlFault.MALFORMED
        ref = InputRef(media_key, int(match[1]))
        wanted = _signature(self._key, _INPUT_PURPOSE, ref.media_key, ref.expires_at)
        if not hmac.compare_digest(wanted, match[2]):
            return UrlFault.FORGED
        return UrlFault.EXPIRED if now >= ref.expires_at else ref


def _media_key(path: str) -> str:
    """Return the media key that an input's path may stand for, "" for none."""
    if not path.startswith(f"/{INPUTS}"):
        return ""
    rest = path.removeprefix(f"/{INPUTS}")
    return rest if rest.startswith("tasks/") else INPUTS + rest


def _checked(key: bytes) -> bytes:
    if len(key) < 16:
        raise ValueError("the key of file URLs must have at least 16 bytes")
    return key


def _signature(key: bytes, *said: str | int) -> str:
    digest = hmac.new(key, "\n".join(map(str, said)).encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).rstrip(b"=").decode()
