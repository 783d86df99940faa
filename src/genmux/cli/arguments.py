"""From the options of commands to the arguments of the client's creates."""

from __future__ import annotations

import json
from typing import Any, Final

from genmux.cli.exits import USAGE, CliError
from genmux.domain.text import Text

_PLAIN: Final = (
    *("model", "negative_prompt", "duration", "resolution", "aspect_ratio", "size", "audio", "count"),
    *("seed", "watermark", "output_format", "off_peak", "priority", "idempotency_key"),
)


def create_arguments(kind: str, said: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a create beside its prompt. Raises `CliError`."""
    if said.get("from_task") and said.get("image"):
        raise CliError(USAGE, Text("Give --image or --from, not both.", "--image 与 --from 只能给出一个。"))
    first = f"task:{said['from_task']}" if said.get("from_task") else said.get("image")
    references = list(said["references"])
    frames = {"first_frame": first, "last_frame": said.get("last_image")}
    if kind == "image":
        references, frames = [*([first] if first else ()), *references], {}
    given = {name: value for name, value in {**frames, "references": references}.items() if value}
    return {**plain_arguments(said), **given}


def plain_arguments(said: dict[str, Any]) -> dict[str, Any]:
    """Return what options say as they are, extra options too. Raises `CliError`."""
    fields = {name: said[name] for name in _PLAIN if said.get(name) not in (None, "")}
    if said.get("options"):
        fields["options"] = dict(read_option(text) for text in said["options"])
    return fields


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
