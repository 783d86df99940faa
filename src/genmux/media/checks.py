"""The two checks of bytes that somebody else made; run them in a worker process only."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import BinaryIO, Final

from genmux.domain.spec import Kind
from genmux.engine.ports import MediaFacts, MediaRefused
from genmux.media.films import film_facts
from genmux.media.pictures import check_image, picture_facts

__all__ = ["check_image", "verify_file"]

MAX_RESULT_BYTES: Final = 4 << 30
MAX_RESULT_PIXELS: Final = 160_000_000
_BLOCK_BYTES: Final = 1 << 20


def verify_file(file: BinaryIO, kind: str) -> MediaFacts:
    """Decode a result of kind "image" or "video" from start to end, and hash it.

    `file` is seekable. Raises `MediaRefused` when anything in it cannot be decoded, when bytes are
    missing, or when it is absurdly large.
    """
    size, sha256 = _measure(file)
    if not size:
        raise MediaRefused("truncated", "the file is empty")
    if size > MAX_RESULT_BYTES:
        raise MediaRefused("too_large", f"the file has {size} bytes, more than {MAX_RESULT_BYTES}")
    file.seek(0)
    decode = picture_facts if Kind(kind) is Kind.IMAGE else film_facts
    return replace(decode(file, size, MAX_RESULT_PIXELS), size=size, sha256=sha256)


def _measure(file: BinaryIO) -> tuple[int, bytes]:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
        size += len(block)
    return size, digest.digest()
