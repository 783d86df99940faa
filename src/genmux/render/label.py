"""The machine-readable label: how it is written into each format's metadata and read back."""

from __future__ import annotations

import io
from typing import Final
from xml.sax.saxutils import escape

import av
from av.container import InputContainer
from PIL import ExifTags, Image, PngImagePlugin

KEY: Final = "AIGC"
_UNICODE: Final = b"UNICODE\0"
_XMP: Final = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"><TC260:AIGC>{}</TC260:AIGC>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def png_info(label: str) -> PngImagePlugin.PngInfo:
    """The label as a PNG text chunk (tEXt, or iTXt when it is not Latin-1)."""
    info = PngImagePlugin.PngInfo()
    info.add_text(KEY, label)
    return info


def exif(label: str) -> bytes:
    """The label as the EXIF UserComment."""
    block = Image.Exif()
    block.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = _UNICODE + label.encode("utf-16-be")
    return block.tobytes()


def xmp(label: str) -> bytes:
    """The label as an XMP packet."""
    return _XMP.format(escape(label)).encode()


def film_metadata(label: str) -> dict[str, str]:
    """The label as MP4 metadata."""
    return {KEY: label, "comment": label}


def read_label(data: bytes) -> str | None:
    """The label in a PNG, JPEG, WebP or MP4 file, or None when it carries none."""
    if data[4:8] == b"ftyp":
        with av.open(io.BytesIO(data), "r") as container:
            return film_label(container)
    with Image.open(io.BytesIO(data)) as image:
        return picture_label(image)


def film_label(film: InputContainer) -> str | None:
    """The label of an opened film."""
    return film.metadata.get(KEY)


def picture_label(image: Image.Image) -> str | None:
    """The label of an opened picture."""
    text = image.info.get(KEY)
    if isinstance(text, str):
        return text
    comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    if isinstance(comment, bytes) and comment.startswith(_UNICODE):
        return comment.removeprefix(_UNICODE).decode("utf-16-be")
    return None
