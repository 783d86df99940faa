"""Bodies of the OpenAI wire: JSON objects and multipart forms, read into the same fields and written again.

A field is a text, a number, an `Upload`, a list of these (`name[]`) or an object (`name[key]`).
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from genmux.domain.errors import CallerError, InvalidValue
from genmux.domain.text import Text
from genmux.wires.nesting import deeper

# The parser writes a log line for every bad form; the sender is told, that is enough.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

MULTIPART: Final = "multipart/form-data"
JSON: Final = "application/json"
MAX_DEPTH: Final = 16
_NAME: Final = re.compile(r"([^\[\]]+)(?:\[([^\[\]]*)\])?\Z")
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}\Z")

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form; `content_type` is as the sender stated it, "" when it did not."""

    data: bytes = field(repr=False)
    content_type: str = ""
    filename: str = ""


@dataclass(frozen=True, slots=True)
class FormLimits:
    """What a form may hold at most."""

    max_parts: int = 64
    max_part_bytes: int = 50 * 1024 * 1024


@dataclass(slots=True)
class _Part:
    headers: dict[str, str] = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)


def read_body(content_type: str, body: bytes, limits: FormLimits) -> Fields:
    """Return the fields of a form, or of a JSON object where the type is anything else.

    What is null or an empty text is left out: it says nothing. Raises `CallerError`.
    """
    if content_type.partition(";")[0].strip().lower() == MULTIPART:
        fields = parse_multipart(content_type, body, limits)
    else:
        fields = _read_json(body)
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def _read_json(body: bytes) -> Fields:
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise _malformed(
            "We could not parse the JSON body of your request.", "无法解析请求体中的 JSON。"
        ) from None
    if not isinstance(value, dict) or deeper(value, MAX_DEPTH):
        raise _malformed("The body must be a JSON object or a form.", "请求体必须是 JSON 对象或表单。")
    return value


def _malformed(en: str, zh: str) -> CallerError:
    return CallerError(Text(en, zh))


def parse_multipart(content_type: str, body: bytes, limits: FormLimits) -> Fields:
    """Return the fields of a form: texts and `Upload`s. Raises `CallerError`."""
    fields: Fields = {}
    for part in _split(content_type, body, limits):
        _, options = parse_options_header(part.headers.get("content-disposition", ""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        match = _NAME.match(name)
        if match is None:
            raise _malformed("A part of the form has no usable name.", "表单中有一部分缺少可用的名称。")
        _put(fields, match[1], match[2], _value(part, options, name))
    return fields


def _value(part: _Part, options: Mapping[bytes, bytes], name: str) -> str | Upload:
    if b"filename" in options:
        filename = options[b"filename"].decode("utf-8", "replace")
        return Upload(bytes(part.data), part.headers.get("content-type", ""), filename)
    try:
        return part.data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidValue(
            Text(f"The field '{name}' is not UTF-8 text.", f"字段 {name} 不是 UTF-8 文本。"), field=name
        ) from None


def _split(content_type: str, body: bytes, limits: FormLimits) -> list[_Part]:
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not boundary:
        raise _malformed("The form has no boundary.", "表单缺少 boundary。")
    reader = _Reader(limits)
    try:
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise _malformed("We could not parse the form.", "无法解析表单。") from None
    if not reader.ended:
        raise _malformed("The form breaks off before its end.", "表单不完整。")
    return reader.parts


class _Reader:
    """Gathers what the parser finds, within the limits."""

    def __init__(self, limits: FormLimits) -> None:
        self.parts: list[_Part] = []
        self.ended = False
        self._limits = limits
        self._name = b""
        self._text = b""

    def callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_header_begin": self._header_begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) >= self._limits.max_parts:
            most = self._limits.max_parts
            raise _malformed(f"The form has more than {most} parts.", f"表单超过 {most} 个部分。")
        self.parts.append(_Part())

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self.parts[-1].data
        if len(part) + end - start > self._limits.max_part_bytes:
            most = self._limits.max_part_bytes
            raise _malformed(f"A part of the form is over {most} bytes.", f"表单中有一部分超过 {most} 字节。")
        part += data[start:end]

    def _header_begin(self) -> None:
        self._name = self._text = b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._text += data[start:end]

    def _header_end(self) -> None:
        name = self._name.decode("latin-1").strip().lower()
        # Clients write UTF-8 here; as latin-1 it passes through parse_options_header and back unharmed.
        self.parts[-1].headers[name] = self._text.decode("latin-1").strip()

    def _end(self) -> None:
        self.ended = True


def _put(fields: Fields, name: str, key: str | None, value: Any) -> None:
    """Add a part: `name[]`, `name[0]` and repeated names make lists, `name[key]` an object."""
    held = fields.get(name)
    if key is not None and key and not key.isdigit():
        if not isinstance(held, dict | None) or (held and key in held):
            raise _contradiction(name)
        fields[name] = {**(held or {}), key: value}
        return
    if isinstance(held, dict):
        raise _contradiction(name)
    if key is None and held is None:
        fields[name] = value
    else:
        earlier = held if isinstance(held, list) else [] if held is None else [held]
        fields[name] = [*earlier, value]


def _contradiction(name: str) -> InvalidValue:
    return InvalidValue(
        Text(f"The field '{name}' is given in two ways.", f"字段 {name} 以两种方式给出。"), field=name
    )


def fingerprint(path: str, fields: Fields) -> bytes:
    """Return 32 bytes that are equal for equal requests, however their forms were cut."""
    digest = hashlib.sha256(path.encode())
    digest.update(msgspec.json.encode(fields, enc_hook=_hashed, order="deterministic"))
    return digest.digest()


def _hashed(value: Any) -> Any:
    if isinstance(value, Upload):
        return {"upload": hashlib.sha256(value.data).hexdigest(), "content_type": value.content_type}
    raise NotImplementedError


def render_json(fields: Fields) -> tuple[str, bytes]:
    """Return the content type and body of fields without uploads."""
    return JSON, msgspec.json.encode(fields)


def render_multipart(fields: Fields, boundary: str) -> tuple[str, bytes]:
    """Return the content type and body of a form. `ValueError` for a boundary that occurs in the data."""
    if not _BOUNDARY.match(boundary):
        raise ValueError(f"{boundary!r} is no boundary")
    mark = f"--{boundary}".encode()
    body = bytearray()
    for name, value in _flat(fields):
        data, head = _part(name, value)
        if mark in data:
            raise ValueError("the boundary occurs in the data")
        body += mark + b"\r\n" + head + b"\r\n\r\n" + data + b"\r\n"
    body += mark + b"--\r\n"
    return f"{MULTIPART}; boundary={boundary}", bytes(body)


def _flat(fields: Fields) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, list):
            yield from ((f"{name}[]", item) for item in value)
        elif isinstance(value, dict):
            yield from ((f"{name}[{key}]", item) for key, item in value.items())
        else:
            yield name, value


def _part(name: str, value: Any) -> tuple[bytes, bytes]:
    head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    if isinstance(value, Upload):
        head += f'; filename="{_quoted(value.filename or "file")}"'
        if value.content_type:
            head += f"\r\nContent-Type: {_quoted(value.content_type)}"
        return value.data, head.encode()
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"a form cannot say {name} = {value!r}")
    return str(value).encode(), head.encode()


def _quoted(text: str) -> str:
    """Escape as browsers do (HTML living standard, multipart/form-data)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
