"""Byte ranges of files: one well-formed range is served, anything else is the whole file."""

from __future__ import annotations

import re
from typing import Final

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z", re.ASCII)


class Unsatisfiable(Exception):
    """A Range that lies outside the file."""


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Return (start, length) of a single byte range, None when the whole file is to be sent.

    A header that is not one well-formed range is ignored, as RFC 9110 allows.
    Raises `Unsatisfiable`.
    """
    match = _RANGE.match(header.replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        length = min(int(match[2]), size)
        if not length:
            raise Unsatisfiable
        return size - length, length
    start = int(match[1])
    if start >= size:
        raise Unsatisfiable
    end = min(int(match[2]), size - 1) if match[2] else size - 1
    return (start, end - start + 1) if end >= start else None
