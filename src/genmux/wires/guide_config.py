"""The configuration file of Tencent's AIGC guides (JSON), read for servers and clients alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from genmux.domain.errors import InvalidValue
from genmux.domain.spec import Kind, ModelRef, OutputTarget
from genmux.domain.text import Text
from genmux.wires.rest_values import read_bool, read_int, read_seconds, read_text

MARK: Final = "tencentCloud"
"""The key that tells the guides' file from one of ours."""
PARTS: Final = {
    "": (MARK, "cosOutput", "mps", "concurrency"),
    MARK: ("secretId", "secretKey", "region"),
    "cosOutput": ("bucket", "region", "outputDir"),
    "mps": ("imageGeneration", "videoGeneration"),
    "mps.imageGeneration": ("enabled", "modelName", "modelVersion"),
    "mps.videoGeneration": ("enabled", "modelName", "modelVersion", "duration", "enableAudio"),
    "concurrency": ("maxImageTasks", "maxVideoTasks", "pollIntervalMs"),
}
"""The keys of each table of the guides' file, by its path."""
GENERATIONS: Final = {Kind.IMAGE: "mps.imageGeneration", Kind.VIDEO: "mps.videoGeneration"}
LIMITS: Final = {Kind.IMAGE: "maxImageTasks", Kind.VIDEO: "maxVideoTasks"}
LARGEST: Final = 2**31 - 1
_PLACEHOLDER: Final = re.compile(r"x{3,}|your.*|<.*>|.*[^\x21-\x7e].*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class GuideConfig:
    """What the file says; what it leaves out is None, or absent from a table.

    `served` are the kinds that are not switched off. `duration` and `audio` are what films are made
    like where nothing else is said, in seconds and with sound.
    """

    secret_id: str
    secret_key: str = field(repr=False)
    region: str | None = None
    output: OutputTarget | None = None
    served: tuple[Kind, ...] = tuple(Kind)
    models: Mapping[Kind, ModelRef] = field(default_factory=dict)
    duration: float | None = None
    audio: bool | None = None
    max_tasks: Mapping[Kind, int] = field(default_factory=dict)
    poll_seconds: float | None = None


Tables = Mapping[str, dict[str, Any]]
"""The tables of the file by their paths."""


def is_placeholder(value: str) -> bool:
    """Return whether a value is what guides write where one's own belongs: `您的 SecretId`, `xxx`."""
    return bool(_PLACEHOLDER.fullmatch(value))


def is_guide_config(raw: Mapping[str, Any]) -> bool:
    """Return whether this is the guides' file."""
    return MARK in raw


def parse_guide_config(raw: Mapping[str, Any]) -> GuideConfig:
    """Return what the guides' file says. Raises `InvalidValue` naming the key as the guides spell it."""
    tables = {path: _table(raw, path) for path in PARTS}
    poll = _said(tables, "concurrency", "pollIntervalMs", _count)
    return GuideConfig(
        secret_id=_secret(tables[MARK], "secretId"),
        secret_key=_secret(tables[MARK], "secretKey"),
        region=_said(tables, MARK, "region", read_text),
        output=_output(tables),
        served=tuple(
            k for k, path in GENERATIONS.items() if _said(tables, path, "enabled", read_bool) is not False
        ),
        models={kind: model for kind, path in GENERATIONS.items() if (model := _model(tables, path))},
        duration=_said(tables, GENERATIONS[Kind.VIDEO], "duration", read_seconds),
        audio=_said(tables, GENERATIONS[Kind.VIDEO], "enableAudio", read_bool),
        max_tasks={
            kind: limit
            for kind, name in LIMITS.items()
            if (limit := _said(tables, "concurrency", name, _count)) is not None
        },
        poll_seconds=None if poll is None else poll / 1000,
    )


def _table(raw: Mapping[str, Any], path: str) -> dict[str, Any]:
    found: Any = raw
    for step in path.split(".") if path else ():
        found = found.get(step, {})
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        name = type(found).__name__  # what should be a table may be a secret
        raise _refuse(path, f"is {name}; it must be a table", f"的类型为 {name}；应为表（table）")
    unknown = sorted(set(found) - set(PARTS[path]))
    if unknown:
        raise _refuse(
            f"{path}.{unknown[0]}" if path else unknown[0],
            f"is unknown in the guides' file; known there: {', '.join(PARTS[path])}",
            f"不在示例配置中；可用项：{'、'.join(PARTS[path])}",
        )
    return dict(found)


def _output(tables: Tables) -> OutputTarget | None:
    """Return the bucket that every result goes to; the guides use one credential for both."""
    if not tables["cosOutput"].get("bucket"):
        return None
    region = _said(tables, "cosOutput", "region", read_text) or _said(tables, MARK, "region", read_text)
    folder = _said(tables, "cosOutput", "outputDir", read_text) or ""
    return OutputTarget(
        _said(tables, "cosOutput", "bucket", read_text) or "", region or "", folder.strip("/")
    )


def _model(tables: Tables, path: str) -> ModelRef | None:
    family = _said(tables, path, "modelName", read_text)
    return None if family is None else ModelRef(family, _said(tables, path, "modelVersion", read_text) or "")


def _said(tables: Tables, path: str, name: str, read: Callable[[Any, str], Any]) -> Any:
    """Return a value of a table, read; None where it is left out."""
    return read(tables[path][name], f"{path}.{name}") if name in tables[path] else None


def _secret(account: Mapping[str, Any], name: str) -> str:
    value = account.get(name)
    if not isinstance(value, str) or not value:
        raise _refuse(f"{MARK}.{name}", "must be a text", "应为字符串")
    return value


def _count(value: Any, path: str) -> int:
    return read_int(value, path, 1, LARGEST)


def _refuse(path: str, en: str, zh: str) -> InvalidValue:
    name = path or "of the file"
    return InvalidValue(Text(f"setting {name} {en}", f"设置项 {name} {zh}"), field=path or None)
