"""What bytes are and how many there should be, told from their own headers and nothing else."""

from __future__ import annotations

from typing import BinaryIO, Final

CONTENT_TYPES: Final = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "matroska": "video/x-matroska",
}
_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"%PDF", "PDF"),
    (b"#EXTM3U", "a playlist"),
)
_SEGMENT_ID: Final = b"\x18\x53\x80\x67"
_STILL_BRANDS: Final = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIF"}


def sniff(head: bytes) -> str:
    """Return what the first 64 bytes say: a key of `CONTENT_TYPES`, or a word for a message, or ""."""
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return name
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _STILL_BRANDS.get(head[8:12]) or ("mov" if head[8:12] == b"qt  " else "mp4")
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free"):
        return "mov"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "webm" if b"webm" in head else "matroska"
    return _sniff_text(head)


def _sniff_text(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<svg", b"<?xml")):
        return "SVG or XML"
    if text.startswith(b"<"):
        return "HTML"
    return "JSON" if text.startswith((b"{", b"[")) else ""


def whole(name: str, head: bytes, size: int) -> bool:
    """Return False when the header itself says that there should be more than `size` bytes."""
    if name == "webp":
        return int.from_bytes(head[4:8], "little") + 8 <= size
    return True


def boxes_are_whole(file: BinaryIO, size: int) -> bool:
    """Return whether the top-level boxes of an ISO film fill it and none reaches past its end."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length == 0:  # the last box: to the end of the file
            return True
        if length < 8 or at + length > size:
            return False
        at += length
    return at > 0


def segment_is_whole(file: BinaryIO, size: int) -> bool:
    """Return False when a Matroska film's segment says that it is longer than the file."""
    file.seek(0)
    head = file.read(4096)
    at = head.find(_SEGMENT_ID)
    first = head[at + 4 : at + 5]
    if at < 0 or not first or not first[0]:
        return True
    octets = 9 - first[0].bit_length()
    written = int.from_bytes(head[at + 4 : at + 4 + octets], "big")
    unknown = (1 << 7 * octets) - 1
    length = written & unknown
    return length == unknown or at + 4 + octets + length <= size
