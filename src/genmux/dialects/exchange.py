"""The HTTP request and reply that dialects work on, free of any framework."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

JSON: Final = "application/json"


class WireRequest(msgspec.Struct, frozen=True):
    """One request, whole in memory unless its dialect wants to read the body itself: then `stream` is it.

    `headers` have lower-case names, the first of equal names wins. `query` is the raw query string
    as sent. `base_url` is where this client reaches us, without a trailing slash.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    params: dict[str, str] = {}  # from the route's path
    stream: AsyncIterator[bytes] | None = None  # raises `ClientGone`


class WireReply(msgspec.Struct, frozen=True):
    """One reply; `stream` replaces `body` where the answer is a file."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Sequence[tuple[str, str]] = ()
    stream: AsyncIterator[bytes] | None = None
    length: int | None = None  # of the stream, in bytes


class ClientGone(Exception):
    """The client closed the connection before its request was whole: nobody hears an answer."""


@dataclass(frozen=True, slots=True)
class BodyTooLarge(Exception):
    """The request body is over the limit; `limit` in bytes."""

    limit: int
