"""A download on its way to the disk: goes on where a broken connection left it, and is whole or not there."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from typing import IO, Final
from urllib.parse import quote, urljoin, urlsplit

from genmux.client.checks import is_web_url
from genmux.client.downloads import shown
from genmux.client.effects import AnswerLost, Download, Downloaded, NotSent, NotServed, Untrusted
from genmux.client.errors import BrokenAnswer
from genmux.client.retries import PATIENT
from genmux.client.sources import HEAD_BYTES, is_medium
from genmux.domain.text import Text

TRIES: Final = 8
"""How often a download is begun or gone on with, at most, without a single new byte in between."""
CHUNK_BYTES: Final = 256 * 1024
MOST_REDIRECTS: Final = 5
_AS_IT_IS: Final = "!#$%&'()*+,/:;=?@[]~"
"""The marks of RFC 3986, and escapes that are there already."""
_REDIRECTS: Final = (301, 302, 303, 307, 308)


class PartFile:
    """The bytes of one download so far, in a hidden file of its own beside the one it becomes.

    A shell asks for `url` with `headers()`, tells `begin` how that was answered, hands the body to
    `write` and calls `finish`; after a broken connection it asks again while `again` allows.
    """

    def __init__(self, wanted: Download) -> None:
        self._wanted = wanted
        self.url = self._asked(wanted.url)
        self._redirects = 0
        self._path = wanted.path.with_name(f".genmux-{secrets.token_hex(8)}.part")
        self._file: IO[bytes] | None = None
        self._size = 0
        self._head = b""
        self._hash = hashlib.sha256()
        self._etag = ""
        self._type = ""
        self._expected: int | None = None
        self._failures = 0

    def headers(self) -> dict[str, str]:
        """Return what the next request says; only what has not arrived yet is asked for."""
        same_host = urlsplit(self.url).netloc == urlsplit(self._wanted.url).netloc
        said = dict(self._wanted.headers) if same_host else {}
        if self._size:
            said["Range"] = f"bytes={self._size}-"
            said |= {"If-Range": self._etag} if self._etag else {}
        return said

    def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        """Take the head of an answer; return whether a body follows that is wanted.

        False means that `url` has changed and must be asked next. Raises `NotServed`, and `AnswerLost`
        where the same request may succeed later.
        """
        if status in _REDIRECTS and "location" in headers and self._redirects < MOST_REDIRECTS:
            self._redirects += 1
            self.url = self._asked(urljoin(self.url, headers["location"]))
            return False
        if status in (429, 500, 502, 503, 504):
            raise AnswerLost(f"HTTP {status}")
        resumed = status == 206 and headers.get("content-range", "").startswith(f"bytes {self._size}-")
        if status != 200 and not resumed:
            self._restart()
            if status in (206, 416):
                raise AnswerLost(f"HTTP {status}")
            raise NotServed(status)
        if not resumed:
            self._restart()
            self._etag = _strong(headers.get("etag", ""))
            self._type = headers.get("content-type", "").partition(";")[0].strip()
            self._expected = _number(headers.get("content-length", ""))
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb")
        return True

    def write(self, chunk: bytes) -> None:
        """Append what arrived."""
        assert self._file is not None
        self._file.write(chunk)
        self._hash.update(chunk)
        self._head += chunk[: HEAD_BYTES - len(self._head)]
        self._size += len(chunk)
        self._failures = 0

    def again(self, error: NotSent | AnswerLost) -> float:
        """Return the seconds to wait before the next try after a broken connection.

        Raises the error when there were enough in a row, or when to try again would not help.
        """
        self._failures += 1
        if self._failures >= TRIES or isinstance(error, Untrusted):
            raise error
        return PATIENT.pause(self._failures, None, 1.0)

    def finish(self) -> Downloaded:
        """Verify, sync and name the file. Raises `AnswerLost` while bytes are missing, `BrokenAnswer`."""
        assert self._file is not None
        if self._expected is not None and self._size < self._expected:
            raise AnswerLost(f"the connection ended after {self._size} of {self._expected} bytes")
        self._verify()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(self._wanted.path)
        return Downloaded(self._wanted.path, self._size, self._hash.hexdigest(), self._type)

    def discard(self) -> None:
        """Remove what is not whole; harmless after `finish`."""
        if self._file is not None:
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _asked(self, url: str) -> str:
        """Return a URL as it is asked for: what no request line carries is escaped, the rest untouched."""
        if not is_web_url(url):
            raise _broken(self._wanted, f"it leads to {shown(url)}, which is no http or https URL")
        return quote(url, safe=_AS_IT_IS)

    def _restart(self) -> None:
        self._size = 0
        self._head = b""
        self._hash = hashlib.sha256()
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()

    def _verify(self) -> None:
        wanted = self._wanted
        if wanted.medium and not (self._head and is_medium(self._head, self._type, wanted.medium)):
            raise _broken(wanted, f"{self._size} bytes of {self._type or 'no type'}, no {wanted.medium}")
        if wanted.size is not None and self._size != wanted.size:
            raise _broken(wanted, f"{self._size} bytes instead of {wanted.size}")
        if wanted.sha256 and self._hash.hexdigest() != wanted.sha256:
            raise _broken(wanted, f"SHA-256 {self._hash.hexdigest()} instead of {wanted.sha256}")


def _strong(etag: str) -> str:
    """Return an entity tag that If-Range may carry, "" for a weak one."""
    return "" if etag.startswith("W/") else etag


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _broken(wanted: Download, why: str) -> BrokenAnswer:
    where = shown(wanted.url)
    return BrokenAnswer(Text(f"The result at {where} is damaged: {why}.", f"结果 {where} 已损坏：{why}。"))
