"""Places as an operator writes them: a directory, memory, COS, S3, or any other service of OpenDAL."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from opendal import AsyncOperator, config
from opendal.exceptions import ConfigInvalid, Unsupported

from genmux.media.objects import Place

DISK: Final = "disk"
MEMORY: Final = "memory"
_OWN_OPTIONS: Final = {DISK: ("path",), MEMORY: ()}
_REQUIRED: Final = {
    DISK: ("path",),
    "cos": ("bucket", "secret_id", "secret_key"),
    "s3": ("bucket", "access_key_id", "secret_access_key"),
}
_SETTLED_BY_US: Final = frozenset({"scheme", "disable_config_load"})
_COS_ENDPOINT: Final = "https://cos.{}.myqcloud.com"
_S3_SIGNING_REGION: Final = "us-east-1"  # what servers that have no regions sign for
_REGION: Final = re.compile(r"[a-z0-9-]{1,64}\Z", re.ASCII)
_UNFINISHED: Final = ".unfinished"
_STALE_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class PlaceConfig:
    """One place, checked but not opened.

    `kind` is `disk`, `memory` or the name of an OpenDAL service; `options` are that service's own
    and hold its secrets in plain, so they are never shown. `region` is "" unless the operator said it.
    """

    kind: str
    options: Mapping[str, str] = field(repr=False, default_factory=dict)
    region: str = ""


def parse_place(name: str, raw: Any, environ: Mapping[str, str]) -> PlaceConfig:
    """Return the place that a setting describes: a directory as text, or a table with a `type`.

    An option may be `env:NAME` or `file:PATH`, which keeps secrets out of the settings. `name`
    says in messages which setting it is. Raises `ValueError` naming the option, never its value.
    """
    if isinstance(raw, str):
        raw = {"type": DISK, "path": raw}
    if not isinstance(raw, Mapping):
        raise ValueError(f"{name} must be a directory, or a table with a type")
    kind = raw.get("type")
    if not isinstance(kind, str) or not kind:
        raise ValueError(f"{name}.type is missing; it is {DISK}, {MEMORY}, cos, s3 or an OpenDAL service")
    known = _known_options(name, kind)
    options = {key: _resolved(f"{name}.{key}", value, environ) for key, value in raw.items() if key != "type"}
    for key in options:
        if key not in known and key != "region":
            raise ValueError(f"{name}.{key} is unknown; a place of type {kind} takes {', '.join(known)}")
    for key in _REQUIRED.get(kind, ()):
        if not options.get(key):
            raise ValueError(f"{name}.{key} is missing; a place of type {kind} needs it")
    return _placed(name, kind, options)


def open_place(config: PlaceConfig) -> Place:
    """Return a place ready for use; no service is asked yet. Raises `ValueError`."""
    if config.kind == DISK:
        return disk_place(Path(config.options["path"]), config.region)
    options = dict(config.options)
    if config.kind != MEMORY:
        options["disable_config_load"] = "true"  # nothing ambient may change where media go
    try:
        return Place(AsyncOperator(config.kind, **options), region=config.region)
    except (ConfigInvalid, Unsupported) as error:
        # Only the first line: what follows may quote an option.
        reason = str(error).splitlines()[0].partition("=> ")[2] or "its options do not fit"
        raise ValueError(f"a place of type {config.kind} cannot be opened: {reason}") from None


def disk_place(root: Path, region: str = "") -> Place:
    """Return a directory as a place; it is made if it is not there, readable by us alone."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    root = root.resolve()
    unfinished = root / _UNFINISHED
    operator = AsyncOperator("fs", root=str(root), atomic_write_dir=str(unfinished))
    sweep_unfinished(unfinished, time.time() - _STALE_SECONDS)
    return Place(operator, settle=partial(_settle, root), region=region)


def sweep_unfinished(directory: Path, before_seconds: float) -> int:
    """Delete what broken-off writes left behind before a time; return how many files went.

    Younger ones may belong to a live process that shares the directory.
    """
    swept = 0
    for path in directory.glob("*"):
        if path.is_file() and path.stat().st_mtime < before_seconds:
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def _known_options(name: str, kind: str) -> tuple[str, ...]:
    if kind in _OWN_OPTIONS:
        return (*_OWN_OPTIONS[kind], "region")
    wanted = kind.replace("-", "").replace("_", "") + "config"
    table = next((item for title, item in vars(config).items() if title.lower() == wanted), None)
    if table is None or kind == "fs":
        raise ValueError(f"{name}.type {kind!r} is unknown; it is {DISK}, {MEMORY}, cos, s3, …")
    return tuple(sorted({*table.__annotations__, "region"} - _SETTLED_BY_US))


def _resolved(name: str, value: Any, environ: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text")
    scheme, _, target = value.partition(":")
    if scheme == "env":
        if not environ.get(target):
            raise ValueError(f"{name} refers to the environment variable {target}, which is not set")
        return environ[target]
    return _file_text(name, target) if scheme == "file" else value


def _file_text(name: str, path: str) -> str:
    try:
        return Path(path).expanduser().read_text("utf-8").strip()
    except (OSError, ValueError):
        raise ValueError(f"{name} refers to the file {path}, which cannot be read") from None


def _placed(name: str, kind: str, options: dict[str, str]) -> PlaceConfig:
    region = options.get("region", "")
    if region and not _REGION.match(region):
        raise ValueError(f"{name}.region must be a name such as ap-guangzhou")
    if kind == "s3":
        return PlaceConfig(kind, {"region": _S3_SIGNING_REGION, **options}, region)
    options.pop("region", None)
    if kind == "cos" and not options.get("endpoint"):
        if not region:
            raise ValueError(f"{name}.region is missing; a place of type cos needs it, or an endpoint")
        options["endpoint"] = _COS_ENDPOINT.format(region)
    if kind == DISK:
        options["path"] = str(Path(options["path"]).expanduser())
    return PlaceConfig(kind, options, region)


def _settle(root: Path, path: str) -> None:
    """Force a file and every directory entry that leads to it onto the disk."""
    file = root / path
    flags = os.O_RDWR if os.name == "nt" else os.O_RDONLY
    _sync(file, flags)
    if os.name != "nt":
        for directory in file.parents:
            _sync(directory, flags)
            if directory == root:
                break


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
