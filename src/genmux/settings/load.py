"""Reads the settings: file, then environment, then the flags of the command."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from genmux.settings.channels import KINDS, ChannelSettings, parse_channel
from genmux.settings.errors import SettingsError, fault
from genmux.settings.fields import RATES, Settings
from genmux.settings.fleet import check_fleet, read_pooled
from genmux.settings.seed import environment_channels, is_seed, seed_values
from genmux.settings.values import (
    read_bool,
    read_number,
    read_table,
    read_text,
    read_word,
    to_bool,
    to_int,
    to_table,
    to_tuple,
)

ENV_PREFIX: Final = "GENMUX_"
CONFIG_NAME: Final = "genmux.toml"
VALIDATIONS: Final = ("early", "platform", "off")
DEFAULT_FIELDS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "duration": read_number,
    "resolution": read_text,
    "aspect_ratio": read_text,
    "audio": read_bool,
}
"""What `defaults` may say of a kind."""
OUTPUT_FIELDS: Final = ("bucket", "region", "path")


def load_settings(
    *, environ: Mapping[str, str], config: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Read settings: file, then environment, then `overrides` (command-line flags that were given).

    Without `config`, `genmux.toml` of the working directory is read when there is one. A file that
    holds JSON is read as such, the guides' own one too. Raises `SettingsError`.
    """
    values = _from_file(config)
    values.update(_from_environ(environ))
    values.update({k: v for k, v in (overrides or {}).items() if v is not None})
    known = {f.name for f in fields(Settings)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise SettingsError(f"setting {unknown[0]} is unknown; known settings: {', '.join(sorted(known))}")
    found = {name: _convert(name, value) for name, value in values.items()}
    channels = found.get("channels", {})
    found["channels"] = {**channels, **environment_channels(environ, channels)}
    settings = Settings(**found)
    _check(settings)
    return settings


def _from_file(config: Path | None) -> dict[str, Any]:
    path = config or Path(CONFIG_NAME)
    if config is None and not path.exists():
        return {}
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    word, parse = ("JSON", json.loads) if text.lstrip().startswith("{") else ("TOML", tomllib.loads)
    try:
        raw: dict[str, Any] = parse(text)
    except ValueError as error:
        raise SettingsError(f"{path} cannot be read as {word}: {error}") from None
    return seed_values(raw) if is_seed(raw) else raw


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    known = {f.name for f in fields(Settings)}
    found = {}
    for name, value in environ.items():
        if name.startswith(ENV_PREFIX):
            key = name[len(ENV_PREFIX) :].lower()
            if key in known:
                found[key] = value
    return found


def _convert(name: str, value: Any) -> Any:
    if name in TABLES:
        return TABLES[name](name, value)
    default = getattr(Settings(), name)
    if isinstance(default, bool):
        return to_bool(name, value)
    if isinstance(default, int):
        return to_int(name, value)
    if isinstance(default, Path):
        return Path(str(value)).expanduser()
    if isinstance(default, tuple):
        return to_tuple(name, value)
    return read_text(name, value)


# ---------------------------------------------------------------- tables


def _rates(name: str, value: Any) -> dict[str, int]:
    said = {key: to_int(f"{name}.{key}", item) for key, item in to_table(name, value).items()}
    return {**RATES, **said}


def _texts(name: str, value: Any) -> dict[str, str]:
    return {key: str(item) for key, item in to_table(name, value).items()}


def _channels(name: str, value: Any) -> dict[str, ChannelSettings]:
    return {key: parse_channel(key, table) for key, table in to_table(name, value).items()}


def _media(name: str, value: Any) -> str | dict[str, Any]:
    if isinstance(value, str) and not value.lstrip().startswith("{"):
        return value
    return to_table(name, value)


def _buckets(name: str, value: Any) -> dict[str, str | dict[str, Any]]:
    table = to_table(name, value)
    return {key: v if isinstance(v, str) else read_table(f"{name}.{key}", v) for key, v in table.items()}


def _defaults(name: str, value: Any) -> dict[str, dict[str, Any]]:
    by_kind = {read_word(f"{name}.{k}", k, KINDS): t for k, t in to_table(name, value).items()}
    return {kind: _default_fields(f"{name}.{kind}", table) for kind, table in by_kind.items()}


def _default_fields(path: str, value: Any) -> dict[str, Any]:
    table = read_table(path, value)
    for key in table:
        read_word(f"{path}.{key}", key, DEFAULT_FIELDS)
    return {key: DEFAULT_FIELDS[key](f"{path}.{key}", item) for key, item in table.items()}


def _output(name: str, value: Any) -> dict[str, str]:
    table = to_table(name, value)
    return {
        read_word(f"{name}.{key}", key, OUTPUT_FIELDS): read_text(f"{name}.{key}", item)
        for key, item in table.items()
    }


TABLES: Final[dict[str, Callable[[str, Any], Any]]] = {
    "rates": _rates,
    "model_aliases": _texts,
    "channels": _channels,
    "media": _media,
    "buckets": _buckets,
    "defaults": _defaults,
    "default_output": _output,
    "pooled": read_pooled,
}
"""How each setting is read that is a table, or of no simple type."""


def _check(settings: Settings) -> None:
    if settings.validation not in VALIDATIONS:
        raise fault(
            "validation",
            settings.validation,
            f"be one of {', '.join(VALIDATIONS)}",
            f"应为以下之一：{'、'.join(VALIDATIONS)}",
        )
    check_fleet(settings)
    if settings.port > 65535:
        raise fault("port", settings.port, "be at most 65535", "最大为 65535")
    if settings.public_url and not settings.public_url.startswith(("http://", "https://")):
        raise fault(
            "public_url",
            settings.public_url,
            "start with http:// or https://",
            "必须以 http:// 或 https:// 开头",
        )
    if settings.staging:
        _check_bucket(settings, "staging", settings.staging)
    if settings.default_output:
        _check_bucket(settings, "default_output.bucket", settings.default_output.get("bucket", ""))
    settings.default_models()


def _check_bucket(settings: Settings, path: str, bucket: str) -> None:
    if bucket not in settings.buckets:
        known = ", ".join(sorted(settings.buckets)) or "none"
        raise fault(
            path, bucket, f"be one of the buckets ({known})", f"应为 buckets 中配置的存储桶（{known}）"
        )
