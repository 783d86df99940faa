"""From the options of `image` and `video` to a create's body; files travel by value."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final

from genmux.cli.exits import USAGE, CliError
from genmux.domain.text import Text

TYPES: Final = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
"""How each kind of picture that is taken begins."""
MAX_FILE_BYTES: Final = 32 * 1024 * 1024

_AS_THEY_ARE: Final = ("http://", "https://", "data:", "task:", "genmux:")

_PLAIN: Final = (
    *("model", "prompt", "negative_prompt", "duration", "resolution", "aspect_ratio", "size"),
    *("audio", "count", "seed", "watermark", "output_format", "off_peak", "priority"),
)


def create_body(kind: str, said: dict[str, Any]) -> dict[str, Any]:
    """Return the body. Raises `CliError`."""
    body: dict[str, Any] = {"kind": kind, **plain_fields(said)}
    references = _references(kind, said)
    if references:
        body["references"] = references
    return body


def plain_fields(said: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a create that options say as they are, extra options too. Raises `CliError`."""
    fields = {name: said[name] for name in _PLAIN if said.get(name) not in (None, "")}
    if said.get("options"):
        fields["options"] = dict(read_option(text) for text in said["options"])
    return fields


def _references(kind: str, said: dict[str, Any]) -> list[dict[str, str]]:
    first = "first_frame" if kind == "video" else "reference"
    if said.get("from_task") and said.get("image"):
        raise CliError(USAGE, Text("Give --image or --from, not both.", "--image 与 --from 只能给出一个。"))
    found: list[tuple[str, str]] = []
    if said.get("from_task"):
        found.append((first, f"task:{said['from_task']}"))
    if said.get("image"):
        found.append((first, said["image"]))
    if said.get("last_image"):
        found.append(("last_frame", said["last_image"]))
    found += [("reference", item) for item in said["references"]]
    return [{"role": role, "source": read_source(item)} for role, item in found]


def read_source(item: str) -> str:
    """Return a URL or a task's result as it is, and a picture file as a data URL. Raises `CliError`."""
    if item.startswith(_AS_THEY_ARE):
        return item
    path = Path(item).expanduser()
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_FILE_BYTES else b""
    except OSError as error:
        reason = error.strerror or str(error)
        raise CliError(
            USAGE,
            Text(f"The picture {item} cannot be read: {reason}.", f"无法读取图片 {item}：{reason}。"),
        ) from None
    kind = next((name for head, name in TYPES.items() if data.startswith(head)), None)
    if kind is None:
        raise CliError(
            USAGE,
            Text(
                f"{item} must be a PNG, JPEG or WebP picture of at most 32 MB.",
                f"{item} 必须是不超过 32 MB 的 PNG、JPEG 或 WebP 图片。",
            ),
        )
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def read_option(text: str) -> tuple[str, Any]:
    """Read NAME=JSON; what is no JSON is a text. Raises `CliError`."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise CliError(
            USAGE,
            Text(f"The option {text} must read NAME=VALUE.", f"选项 {text} 的格式应为 NAME=VALUE。"),
        )
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
