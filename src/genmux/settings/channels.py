"""One channel's table, as genmux.toml, the environment, the database and REST spell it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from genmux.domain.spec import Kind
from genmux.settings.credentials import CredentialSource, parse_credential
from genmux.settings.errors import SettingsError, fault
from genmux.settings.values import (
    LARGEST,
    read_bool,
    read_int,
    read_number,
    read_table,
    read_text,
    read_word,
    to_tuple,
)

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
KINDS: Final = tuple(str(kind) for kind in Kind)
ON_UNKNOWN: Final = ("hold", "fail", "resubmit")
EVENTS: Final = ("off", "exclusive")
FROM_FILE: Final = "file"
FROM_ENVIRONMENT: Final = "environment"


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """What an operator said of one channel; None is what was not said.

    `rates` are calls per second by pace name, 0 for no limit; a name without a kind holds for all
    kinds together. `options` are the provider's own. `said` is the table as it was written, which
    may hold secrets.
    """

    name: str
    provider: str
    credential: CredentialSource | None = None
    endpoint: str = ""
    models: tuple[str, ...] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    weight: int = 1
    slots: int | None = None
    kind_slots: Mapping[str, int] = field(default_factory=dict)
    learns: bool | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    deadline_minutes: float | None = None
    poll_seconds: float | None = None
    on_unknown: str = "hold"
    failover: bool = False
    events: str = "off"
    allow_private: bool = False
    price: str = ""
    enabled: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    source: str = FROM_FILE
    said: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def parse_channel(name: str, table: Any, source: str = FROM_FILE) -> ChannelSettings:
    """Read a channel's table; a key that is not ours is an option of its provider.

    Raises `SettingsError`, which names the channel, the key, the value and what would be right.
    """
    path = f"channels.{name}"
    if not NAME.fullmatch(name):
        raise SettingsError(
            f"setting {path}: a channel's name has 1 to 64 of a-z, 0-9, - and _, a letter or digit first",
            f"设置项 {path}：通道名应为 1 到 64 个 a-z、0-9、- 或 _，且以字母或数字开头",
            field="channels",
        )
    said = read_table(path, table)
    if "provider" not in said:
        raise SettingsError(
            f"setting {path}.provider is missing; it names the provider, e.g. mps or vod",
            f"缺少设置项 {path}.provider，应为提供方名称，例如 mps 或 vod",
            field=f"{path}.provider",
        )
    found: dict[str, Any] = {}
    for key, value in said.items():
        if key in READERS:
            found.update(READERS[key](f"{path}.{key}", value))
    rates = {k: v for part in RATE_KEYS for k, v in found.pop(part, {}).items()}
    options = {key: value for key, value in said.items() if key not in READERS}
    return ChannelSettings(name=name, rates=rates, options=options, source=source, said=said, **found)


Read = Callable[[str, Any], dict[str, Any]]
"""Returns fields of `ChannelSettings` (or one of `RATE_KEYS`) from the value at a path."""


def _field(name: str, read: Callable[[str, Any], Any]) -> Read:
    return lambda path, value: {name: read(path, value)}


def _filled(path: str, value: Any) -> str:
    if not read_text(path, value).strip():
        raise fault(path, value, "not be empty", "不能为空")
    return str(value)


def _endpoint(path: str, value: Any) -> str:
    text = read_text(path, value)
    if text and not text.startswith(("http://", "https://")):
        raise fault(path, value, "start with http:// or https://", "必须以 http:// 或 https:// 开头")
    return text.rstrip("/")


def _models(path: str, value: Any) -> tuple[str, ...]:
    patterns = to_tuple(path, value)
    for pattern in patterns:
        _check_pattern(path, pattern)
    if not patterns:
        raise fault(path, value, "name a model at least", "至少应有一个模型")
    return patterns


def _check_pattern(path: str, pattern: str) -> None:
    kind, slash, _ = pattern.partition("/")
    if not pattern or (kind not in KINDS and "*" not in kind) or (not slash and "*" not in pattern):
        raise fault(
            path,
            pattern,
            "read <kind>/<family>/<version>, e.g. video/Kling/3.0, video/Kling/* or *",
            "应写作 <类型>/<模型>/<版本>，例如 video/Kling/3.0、video/Kling/* 或 *",
        )


def _names(path: str, value: Any) -> dict[str, str]:
    table = read_table(path, value)
    for pattern, name in table.items():
        _check_pattern(f"{path}.{pattern}", pattern)
        _filled(f"{path}.{pattern}", name)
    return table


def _slots(path: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {"slots": read_int(path, value)}
    by_kind = {kind: read_int(f"{path}.{_kind(path, kind)}", n) for kind, n in value.items()}
    if not by_kind:
        raise fault(path, value, "be a whole number, or a table by kind", "应为整数，或按类型给出的表")
    return {"kind_slots": by_kind}


def _kind(path: str, kind: str) -> str:
    return read_word(f"{path}.{kind}", kind, KINDS)


def _paced(key: str, name: str) -> Read:
    def read(path: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            return {key: {name: read_number(path, value, zero=True)}}
        by_kind = {_kind(path, k): read_number(f"{path}.{k}", v, zero=True) for k, v in value.items()}
        return {key: {f"{name}:{kind}": rate for kind, rate in by_kind.items()}}

    return read


def _rates(path: str, value: Any) -> dict[str, float]:
    table = read_table(path, value)
    return {pace: read_number(f"{path}.{pace}", rate, zero=True) for pace, rate in table.items()}


RATE_KEYS: Final = ("creates_per_second", "describes_per_second", "rates")
"""Where rates are said; the later one wins."""

READERS: Final[dict[str, Read]] = {
    "provider": _field("provider", _filled),
    "credential": _field("credential", parse_credential),
    "endpoint": _field("endpoint", _endpoint),
    "models": _field("models", _models),
    "names": _field("names", _names),
    "priority": _field("priority", lambda path, value: read_int(path, value, -LARGEST)),
    "weight": _field("weight", read_int),
    "slots": _slots,
    "learns": _field("learns", read_bool),
    "creates_per_second": _paced("creates_per_second", "create"),
    "describes_per_second": _paced("describes_per_second", "describe"),
    "rates": _field("rates", _rates),
    "deadline_minutes": _field("deadline_minutes", read_number),
    "poll_seconds": _field("poll_seconds", read_number),
    "on_unknown": _field("on_unknown", lambda path, value: read_word(path, value, ON_UNKNOWN)),
    "failover": _field("failover", read_bool),
    "events": _field("events", lambda path, value: read_word(path, value, EVENTS)),
    "allow_private": _field("allow_private", read_bool),
    "price": _field("price", read_text),
    "enabled": _field("enabled", read_bool),
}
"""Every key of a channel that is not an option of its provider, and how it is read."""
