"""The configuration of Tencent's AIGC guides, in our words: their JSON file and their environment names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from genmux.domain.spec import Kind
from genmux.settings.channels import FROM_ENVIRONMENT, ChannelSettings, parse_channel
from genmux.settings.errors import SettingsError
from genmux.settings.values import read_bool, read_int, read_number, read_table, read_text

CHANNEL: Final = "mps"
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
VOD_CHANNEL: Final = "vod"
VOD_NAMES: Final = ("VITE_VOD_SECRET_ID", "VITE_VOD_SECRET_KEY", "VITE_VOD_SUB_APP_ID")


def is_seed(raw: Mapping[str, Any]) -> bool:
    """Return whether this is the guides' file."""
    return MARK in raw


def seed_values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that the guides' file says. Raises `SettingsError`."""
    tables = {path: _table(raw, path) for path in PARTS}
    values: dict[str, Any] = {"channels": {CHANNEL: _channel(tables)}}
    for kind, path in GENERATIONS.items():
        values.update(_default_model(kind, path, tables[path]))
    defaults = _defaults(tables[GENERATIONS[Kind.VIDEO]])
    if defaults:
        values["defaults"] = {str(Kind.VIDEO): defaults}
    return {**values, **_output(tables[MARK], tables["cosOutput"])}


def _table(raw: Mapping[str, Any], path: str) -> dict[str, Any]:
    found: Any = raw
    for step in path.split(".") if path else ():
        found = found.get(step, {})
    table = read_table(path or "of the file", found)
    unknown = sorted(set(table) - set(PARTS[path]))
    if unknown:
        name = f"{path}.{unknown[0]}" if path else unknown[0]
        raise SettingsError(
            f"setting {name} is unknown in the guides' file; known there: {', '.join(PARTS[path])}",
            f"示例配置中没有设置项 {name}；可用项：{'、'.join(PARTS[path])}",
            field=name,
        )
    return table


def _channel(tables: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    served = [kind for kind, path in GENERATIONS.items() if _enabled(path, tables[path])]
    return {
        "provider": "mps",
        "credential": _credential(tables[MARK]),
        "models": ["*"] if len(served) != 1 else [f"{served[0]}/*"],
        "enabled": bool(served),
        **_limits(tables["concurrency"]),
        **({"region": tables[MARK]["region"]} if "region" in tables[MARK] else {}),
    }


def _enabled(path: str, table: Mapping[str, Any]) -> bool:
    return read_bool(f"{path}.enabled", table.get("enabled", True))


def _credential(account: Mapping[str, Any]) -> dict[str, str]:
    return {
        ours: _secret(account, theirs)
        for ours, theirs in (("secret_id", "secretId"), ("secret_key", "secretKey"))
    }


def _secret(account: Mapping[str, Any], name: str) -> str:
    value = account.get(name)
    if not isinstance(value, str) or not value:
        path = f"{MARK}.{name}"
        raise SettingsError(f"setting {path} must be a text", f"设置项 {path} 应为字符串", field=path)
    return value


def _limits(concurrency: Mapping[str, Any]) -> dict[str, Any]:
    slots = {
        str(kind): read_int(f"concurrency.{name}", concurrency[name])
        for kind, name in ((Kind.IMAGE, "maxImageTasks"), (Kind.VIDEO, "maxVideoTasks"))
        if name in concurrency
    }
    found: dict[str, Any] = {"slots": slots} if slots else {}
    if "pollIntervalMs" in concurrency:
        interval = read_number("concurrency.pollIntervalMs", concurrency["pollIntervalMs"])
        found["poll_seconds"] = interval / 1000
    return found


def _default_model(kind: Kind, path: str, table: Mapping[str, Any]) -> dict[str, str]:
    if "modelName" not in table:
        return {}
    family = read_text(f"{path}.modelName", table["modelName"])
    version = read_text(f"{path}.modelVersion", table.get("modelVersion", ""))
    return {f"default_{kind}_model": f"{family}/{version}"}


def _defaults(video: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "duration" in video:
        found["duration"] = read_number("mps.videoGeneration.duration", video["duration"])
    if "enableAudio" in video:
        found["audio"] = read_bool("mps.videoGeneration.enableAudio", video["enableAudio"])
    return found


def _output(account: Mapping[str, Any], cos: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bucket and that every result goes there; the guides use one credential for both."""
    if not cos.get("bucket"):
        return {}
    bucket = read_text("cosOutput.bucket", cos["bucket"])
    region = read_text("cosOutput.region", cos.get("region", account.get("region", "")))
    place = {"type": "cos", "bucket": bucket, "region": region, **_credential(account)}
    folder = read_text("cosOutput.outputDir", cos.get("outputDir", ""))
    return {
        "buckets": {bucket: place},
        "default_output": {"bucket": bucket, "region": region, "path": folder.strip("/")},
    }


def environment_channels(
    environ: Mapping[str, str], configured: Mapping[str, ChannelSettings]
) -> dict[str, ChannelSettings]:
    """Return the VOD channel that the guides' variables describe, if no VOD channel is configured."""
    if not all(environ.get(name) for name in VOD_NAMES):
        return {}
    if VOD_CHANNEL in configured or any(c.provider == "vod" for c in configured.values()):
        return {}
    application = environ[VOD_NAMES[2]].strip()
    table = {
        "provider": "vod",
        "credential": f"env:{VOD_NAMES[0]},{VOD_NAMES[1]}",
        "sub_app_id": int(application) if application.isascii() and application.isdigit() else application,
    }
    return {VOD_CHANNEL: parse_channel(VOD_CHANNEL, table, FROM_ENVIRONMENT)}
