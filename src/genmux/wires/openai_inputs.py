"""Input media on OpenAI's wire: files, data URLs, web URLs and results of tasks, there and back."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from genmux.domain.errors import InvalidInput
from genmux.domain.results import parse_result
from genmux.domain.spec import GenerationSpec, Kind, Medium, Reference, Role
from genmux.domain.text import Text
from genmux.wires.openai_form import Fields, Upload
from genmux.wires.openai_rows import refuse, unsupported
from genmux.wires.results import FORM, NoResultError, normal_source, url_source

PICTURES: Final = ("image", "images")
"""The fields of an edit's pictures: files, or in JSON objects with an `image_url`."""
REFERENCE: Final = "input_reference"
"""The field of what a film begins with."""

_DATA_URL: Final = re.compile(r"data:([^;,]*);base64,", re.ASCII)
_URLS: Final = ("http://", "https://", "data:")


# ---------------------------------------------------------------- the server's half


def parse_references(kind: Kind, fields: Fields) -> list[tuple[str, Reference]]:
    """Return the inputs of a create, each with the wire's name of it. Raises `CallerError`."""
    return _parse_first_frame(fields) if kind is Kind.VIDEO else _parse_pictures(fields)


def _parse_first_frame(fields: Fields) -> list[tuple[str, Reference]]:
    value = fields.get(REFERENCE)
    if value is None:
        return []
    if isinstance(value, list):
        raise refuse(REFERENCE, value, "There can be one only.", "只能有一个。")
    return [(REFERENCE, Reference(role=Role.FIRST_FRAME, source=_source(value, REFERENCE)))]


def _parse_pictures(fields: Fields) -> list[tuple[str, Reference]]:
    """Return the pictures of an edit: files `image` or `image[]`, or JSON `images` with `image_url`."""
    found: list[tuple[str, Reference]] = []
    for name in PICTURES:
        value = fields.get(name, [])
        several = isinstance(value, list)
        for n, item in enumerate(value if several else [value]):
            param = f"{name}[{n}]" if several else name
            found.append((param, Reference(role=Role.REFERENCE, source=_source(item, param))))
    return found


def _source(value: Any, param: str) -> str:
    """Return where an input comes from: bytes become a `data:` URL, a URL stays as it is."""
    if isinstance(value, Upload):
        media_type = value.content_type.partition(";")[0].strip().lower()
        stated = media_type if media_type.startswith("image/") else ""
        return f"data:{stated};base64,{base64.b64encode(value.data).decode()}"
    url = value.get("image_url") if isinstance(value, dict) else value
    if isinstance(value, dict) and url is None and "file_id" in value:
        raise unsupported(f"{param}.file_id")
    try:
        source = normal_source(url) if isinstance(url, str) else ""
    except NoResultError:
        raise InvalidInput(Text(f"'{param}': {FORM.en}", f"'{param}'：{FORM.zh}"), field=param) from None
    if not _is_url(source):
        raise InvalidInput(
            Text(
                f"'{param}' must be a file, or an object whose image_url is an http, https or data URL.",
                f"'{param}' 应为文件，或包含 image_url（http、https 或 data URL）的对象。",
            ),
            field=param,
        )
    return source


def _is_url(source: str) -> bool:
    """Return whether a source can be said as a URL on this wire."""
    return source.startswith(_URLS) or parse_result(source) is not None


# ---------------------------------------------------------------- the client's half


def render_references(spec: GenerationSpec, fields: Fields) -> list[str]:
    """Write the inputs into `fields`, files where they are given by value; return what was not said."""
    role = Role.FIRST_FRAME if spec.kind is Kind.VIDEO else Role.REFERENCE
    most = 1 if spec.kind is Kind.VIDEO else len(spec.references)
    said = [r for r in spec.references if _sayable(r, role)][:most]
    values = [_render_source(reference.source) for reference in said]
    if spec.kind is Kind.VIDEO:
        fields.update({REFERENCE: values[0]} if values else {})
    elif values and all(isinstance(value, Upload) for value in values):
        fields["image"] = values if len(values) > 1 else values[0]
    elif values:
        fields["images"] = [{"image_url": url_source(reference.source)} for reference in said]
    return [] if len(said) == len(spec.references) else ["references"]


def _sayable(reference: Reference, role: Role) -> bool:
    plain = Reference(role=role, source=reference.source, medium=Medium.IMAGE)
    return reference == plain and _is_url(reference.source)


def _render_source(source: str) -> Upload | dict[str, str]:
    """Return a `data:` URL as a file, if that is read back the same, and any other URL as it is."""
    match = _DATA_URL.match(source)
    if match is not None:
        try:
            upload = Upload(base64.b64decode(source[match.end() :], validate=True), match[1])
        except (binascii.Error, ValueError):
            return {"image_url": source}
        if _source(upload, REFERENCE) == source:
            return upload
    return {"image_url": url_source(source)}
