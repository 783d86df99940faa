"""The configuration of Tencent's AIGC guides, in our words: their JSON file and their environment names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from genmux.domain.errors import InvalidValue
from genmux.domain.spec import Kind
from genmux.settings.channels import FROM_ENVIRONMENT, ChannelSettings, parse_channel
from genmux.settings.errors import SettingsError
from genmux.wires.guide_config import GuideConfig, is_guide_config, parse_guide_config

CHANNEL: Final = "mps"
VOD_CHANNEL: Final = "vod"
VOD_NAMES: Final = ("VITE_VOD_SECRET_ID", "VITE_VOD_SECRET_KEY", "VITE_VOD_SUB_APP_ID")


def is_seed(raw: Mapping[str, Any]) -> bool:
    """Return whether this is the guides' file."""
    return is_guide_config(raw)


def seed_values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that the guides' file says. Raises `SettingsError`."""
    try:
        guide = parse_guide_config(raw)
    except InvalidValue as error:
        raise SettingsError(error.text.en, error.text.zh, field=error.field or "") from None
    values: dict[str, Any] = {"channels": {CHANNEL: _channel(guide)}}
    for kind, model in guide.models.items():
        values[f"default_{kind}_model"] = f"{model.family}/{model.version}"
    films = {"duration": guide.duration, "audio": guide.audio}
    if defaults := {name: value for name, value in films.items() if value is not None}:
        values["defaults"] = {str(Kind.VIDEO): defaults}
    return {**values, **_output(guide)}


def _channel(guide: GuideConfig) -> dict[str, Any]:
    said: dict[str, Any] = {
        "provider": "mps",
        "credential": _credential(guide),
        "models": ["*"] if len(guide.served) != 1 else [f"{guide.served[0]}/*"],
        "enabled": bool(guide.served),
    }
    if guide.max_tasks:
        said["slots"] = {str(kind): limit for kind, limit in guide.max_tasks.items()}
    if guide.poll_seconds is not None:
        said["poll_seconds"] = guide.poll_seconds
    if guide.region is not None:
        said["region"] = guide.region
    return said


def _credential(guide: GuideConfig) -> dict[str, str]:
    return {"secret_id": guide.secret_id, "secret_key": guide.secret_key}


def _output(guide: GuideConfig) -> dict[str, Any]:
    """Return the bucket and that every result goes there; the guides use one credential for both."""
    if guide.output is None:
        return {}
    bucket, region, path = guide.output.bucket, guide.output.region, guide.output.path
    place = {"type": "cos", "bucket": bucket, "region": region, **_credential(guide)}
    return {
        "buckets": {bucket: place},
        "default_output": {"bucket": bucket, "region": region, "path": path},
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
