"""Configuration: read once from `genmux.toml` and `GENMUX_*`, then frozen."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from genmux.domain.spec import Kind, ModelRef

ENV_PREFIX: Final = "GENMUX_"
CONFIG_NAME: Final = "genmux.toml"
TRUE_WORDS: Final = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS: Final = frozenset({"0", "false", "no", "off"})
VALIDATIONS: Final = ("early", "platform", "off")
TENCENT_HOSTS: Final = (
    "mps.tencentcloudapi.com",
    "vod.tencentcloudapi.com",
    "mps.intl.tencentcloudapi.com",
    "vod.intl.tencentcloudapi.com",
)
RATES: Final = {
    "CreateAigcImageTask": 20,
    "DescribeAigcImageTask": 20,
    "CreateAigcVideoTask": 10,
    "DescribeAigcVideoTask": 50,
    "vod:CreateAigcImageTask": 20,
    "vod:CreateAigcVideoTask": 20,
    "vod:PullEvents": 100,
    "vod:ConfirmEvents": 100,
}


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it, its value and what would be right."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can set; each field is a key of genmux.toml and GENMUX_<NAME>.

    `rates` are calls per second per access key and action (0: no limit). `buckets` maps a bucket
    name that StoreCosParam may name to a directory. `public_url` starts every result URL. `tls` is empty,
    `auto` or `CERT,KEY`.
    """

    data: Path = Path("genmux-data")
    host: str = "127.0.0.1"
    port: int = 8080
    tls: str = ""
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    validation: str = "early"
    default_image_model: str = "Hunyuan/3.0"
    default_video_model: str = "Kling/3.0"
    catalogue: str = ""
    rates: Mapping[str, int] = field(default_factory=lambda: dict(RATES))
    buckets: Mapping[str, str] = field(default_factory=dict)
    cors_origins: tuple[str, ...] = ()
    model_aliases: Mapping[str, str] = field(default_factory=dict)
    signed_hosts: tuple[str, ...] = TENCENT_HOSTS
    render_workers: int = 0
    worker_memory_mb: int = 3072
    worker_seconds: int = 900
    worker_idle_seconds: int = 60
    input_max_mb: int = 10
    input_max_megapixels: int = 50
    input_fetch_seconds: int = 20
    allow_private_inputs: bool = False
    allow_private_callbacks: bool = False
    url_hours: int = 12
    keep_days: int = 7
    deadline_hours: int = 24
    drain_seconds: int = 20
    paused: bool = False
    emulator: bool = False
    log_level: str = "info"

    def default_models(self) -> dict[Kind, ModelRef]:
        """Return the model each kind gets when a create names none."""
        return {
            Kind.IMAGE: _model("default_image_model", self.default_image_model),
            Kind.VIDEO: _model("default_video_model", self.default_video_model),
        }

    def workers(self) -> int:
        """Return how many films are rendered at once (0 in the settings means one per core)."""
        return self.render_workers or max(1, min(os.cpu_count() or 1, 8))


def load_settings(
    *, environ: Mapping[str, str], config: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Read settings: file, then environment, then `overrides` (command-line flags that were given).

    Without `config`, `genmux.toml` of the working directory is read when there is one.
    Raises `SettingsError`.
    """
    values = _from_file(config)
    values.update(_from_environ(environ))
    values.update({k: v for k, v in (overrides or {}).items() if v is not None})
    known = {f.name for f in fields(Settings)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise SettingsError(f"setting {unknown[0]} is unknown; known settings: {', '.join(sorted(known))}")
    settings = Settings(**{name: _convert(name, value) for name, value in values.items()})
    _check(settings)
    return settings


def _from_file(config: Path | None) -> dict[str, Any]:
    path = config or Path(CONFIG_NAME)
    if config is None and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read as TOML: {error}") from None


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
    default = getattr(Settings(), name)
    if isinstance(default, bool):
        return _to_bool(name, value)
    if isinstance(default, int):
        return _to_int(name, value)
    if isinstance(default, Path):
        return Path(str(value)).expanduser()
    if isinstance(default, tuple):
        return _to_tuple(name, value)
    if isinstance(default, dict):
        return _to_table(name, value, default)
    if not isinstance(value, str):
        raise SettingsError(f"setting {name} is {value!r}; it must be text")
    return value


def _to_bool(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if str(value).lower() not in words:
        raise SettingsError(f"setting {name} is {value!r}; it must be true or false")
    return words[str(value).lower()]


def _to_int(name: str, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise SettingsError(f"setting {name} is {value!r}; it must be a whole number") from None
    if number < 0:
        raise SettingsError(f"setting {name} is {number}; it must not be negative")
    return number


def _to_tuple(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise SettingsError(f"setting {name} is {value!r}; it must be a list of texts")


def _to_table(name: str, value: Any, default: dict[str, Any]) -> dict[str, Any]:
    """Read a table; in the environment it is written `name=value,name=value`."""
    if isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        value = {key.strip(): item.strip() for key, _, item in pairs}
    if not isinstance(value, Mapping):
        raise SettingsError(f"setting {name} is {value!r}; it must be a table")
    if name == "rates":
        return {**default, **{key: _to_int(f"rates.{key}", item) for key, item in value.items()}}
    return {key: str(item) for key, item in value.items()}


def _model(name: str, text: str) -> ModelRef:
    family, slash, version = text.partition("/")
    if not slash or not family:
        raise SettingsError(f"setting {name} is {text!r}; it must read Family/version, e.g. Kling/3.0")
    return ModelRef(family, version)


def _check(settings: Settings) -> None:
    if settings.validation not in VALIDATIONS:
        raise SettingsError(
            f"setting validation is {settings.validation!r}; it must be one of {', '.join(VALIDATIONS)}"
        )
    if settings.port > 65535:
        raise SettingsError(f"setting port is {settings.port}; it must be at most 65535")
    if settings.public_url and not settings.public_url.startswith(("http://", "https://")):
        raise SettingsError(
            f"setting public_url is {settings.public_url!r}; it must start with http:// or https://"
        )
    settings.default_models()
