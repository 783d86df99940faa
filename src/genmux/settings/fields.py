"""Everything an operator can set, and what holds when nothing is said."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from genmux.domain.spec import Kind, ModelRef
from genmux.settings.channels import ChannelSettings
from genmux.settings.errors import SettingsError

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


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can set; each field is a key of genmux.toml and GENMUX_<NAME>.

    `rates` are calls per second per access key and action (0: no limit). `buckets` maps a bucket
    name that StoreCosParam may name to a directory, or to a table that says where it is; `media` is
    where artifacts live, in the same words (empty: in the data directory). `staging` names the
    bucket from which upstreams fetch inputs. `default_output` (bucket, region, path) gets a copy of
    every result whose create names no other place. `defaults` are fields, by kind, for what a
    create for the default model leaves unsaid. `public_url` starts every result URL. `tls` is
    empty, `auto` or `CERT,KEY`. `database` is a PostgreSQL URL (empty: SQLite in the data directory),
    `database_direct` one that leads past a pooler, `pooled` whether there is one (None: find out).
    """

    data: Path = Path("genmux-data")
    database: str = field(default="", repr=False)
    database_direct: str = field(default="", repr=False)
    pooled: bool | None = None
    role: str = "all"
    processes: int = 1
    lease_seconds: int = 12
    host: str = "127.0.0.1"
    port: int = 8080
    tls: str = ""
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    validation: str = "early"
    default_image_model: str = "Hunyuan/3.0"
    default_video_model: str = "Kling/3.0"
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    catalogue: str = ""
    rates: Mapping[str, int] = field(default_factory=lambda: dict(RATES))
    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)
    media: str | Mapping[str, Any] = field(default="", repr=False)
    buckets: Mapping[str, str | Mapping[str, Any]] = field(default_factory=dict, repr=False)
    staging: str = ""
    default_output: Mapping[str, str] = field(default_factory=dict)
    redirect_files: bool = False
    cors_origins: tuple[str, ...] = ()
    model_aliases: Mapping[str, str] = field(default_factory=dict)
    signed_hosts: tuple[str, ...] = TENCENT_HOSTS
    render_workers: int = 0
    worker_memory_mb: int = 3072
    worker_seconds: int = 900
    worker_idle_seconds: int = 60
    input_max_mb: int = 10
    film_upload_max_mb: int = 200
    input_max_megapixels: int = 50
    input_fetch_seconds: int = 20
    result_max_mb: int = 2048
    result_fetch_seconds: int = 600
    fit_inputs: bool = True
    allow_private_inputs: bool = False
    allow_private_callbacks: bool = False
    url_hours: int = 12
    keep_days: int = 7
    deadline_hours: int = 24
    drain_seconds: int = 20
    paused: bool = False
    emulator: bool = False
    metrics: bool = False
    log_level: str = "info"

    def default_models(self) -> dict[Kind, ModelRef]:
        """Return the model each kind gets when a create names none."""
        return {
            Kind.IMAGE: _model("default_image_model", self.default_image_model),
            Kind.VIDEO: _model("default_video_model", self.default_video_model),
        }

    def workers(self) -> int:
        """Return how many films each process renders at once (0 in the settings: the cores, divided)."""
        return self.render_workers or max(1, min((os.cpu_count() or 1) // self.processes, 8))


def _model(name: str, text: str) -> ModelRef:
    family, slash, version = text.partition("/")
    if not slash or not family:
        raise SettingsError(f"setting {name} is {text!r}; it must read Family/version, e.g. Kling/3.0")
    return ModelRef(family, version)
