"""Where a channel's credential comes from: variables, a private file, a sealed one, or the table itself."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from genmux.settings.errors import SettingsError

ENV: Final = "env"
FILE: Final = "file"
SEALED: Final = "sealed"
INLINE: Final = "inline"
USUAL: Final = {
    "mps": ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"),
    "vod": ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"),
}
"""The variables of a channel that names no credential, by provider."""
OPTIONAL: Final = ("token",)
"""Parts that a credential may have besides: a temporary one of Tencent comes with a token."""
_WORLD_READABLE: Final = stat.S_IROTH | stat.S_IWOTH
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """A reference to a credential: `names` are its variables, its path, or what it was sealed as.

    `parts` are the secrets of an `inline` one; they are never shown.
    """

    scheme: str
    names: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict, repr=False)


def parse_credential(path: str, value: Any) -> CredentialSource:
    """Read `env:ID,KEY`, `file:/path`, `sealed:NAME`, or a table of the parts. Raises `SettingsError`."""
    if isinstance(value, Mapping):
        if not value or not all(isinstance(v, str) and v for v in value.values()):
            raise _unclear(path)
        return CredentialSource(INLINE, parts=dict(value))
    scheme, colon, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    names = tuple(name.strip() for name in (rest.split(",") if scheme == ENV else [rest]))
    if not colon or scheme not in (ENV, FILE, SEALED) or not all(names):
        raise _unclear(path)
    return CredentialSource(scheme, names)


def _unclear(path: str) -> SettingsError:
    return SettingsError(  # the value may be a secret that somebody wrote in the wrong place
        f"setting {path} must be env:ID_VARIABLE,KEY_VARIABLE, file:/path, sealed:NAME, or a table of texts",
        f"设置项 {path} 应为 env:变量1,变量2、file:/路径、sealed:名称，或由字符串组成的表",
        field=path,
    )


def read_credential(
    path: str, source: CredentialSource, wanted: Sequence[str], environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the parts that a provider wants, by name. Raises `SettingsError`, which tells no secret.

    A sealed credential is not here to be read.
    """
    match source.scheme:
        case "env":
            return _from_environ(path, source.names, wanted, environ)
        case "file":
            parts = _from_file(path, Path(source.names[0]).expanduser(), known_parts(wanted))
            return check_parts(path, parts, wanted)
        case _:
            return check_parts(path, source.parts, wanted)


def known_parts(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the parts that a credential may have: those that are wanted first."""
    return (*wanted, *(name for name in OPTIONAL if name not in wanted))


def _from_environ(
    path: str, names: Sequence[str], wanted: Sequence[str], environ: Mapping[str, str]
) -> dict[str, str]:
    known = known_parts(wanted)
    if not len(wanted) <= len(names) <= len(known):
        raise _wrong_parts(path, f"names {len(names)} variables", f"列出了 {len(names)} 个变量", wanted)
    for name in names:
        if not environ.get(name):
            raise SettingsError(
                f"setting {path} names the environment variable {name}, which is not set",
                f"设置项 {path} 引用的环境变量 {name} 未设置",
                field=path,
            )
    return dict(zip(known, (environ[name] for name in names), strict=False))


def _from_file(path: str, file: Path, wanted: Sequence[str]) -> dict[str, str]:
    try:
        mode, text = file.stat().st_mode, file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(
            f"setting {path} names the file {file}, which cannot be read: {reason}",
            f"设置项 {path} 指定的文件 {file} 无法读取：{reason}",
            field=path,
        ) from None
    if mode & _WORLD_READABLE:
        raise SettingsError(
            f"setting {path} names the file {file}, which everybody may read; run chmod 600 {file}",
            f"设置项 {path} 指定的文件 {file} 对所有用户可读；请运行 chmod 600 {file}",
            field=path,
        )
    return parse_parts(text, wanted)


def parse_parts(text: str, wanted: Sequence[str]) -> dict[str, str]:
    """Return the wanted parts of what a credential file holds, which may be one bare value.

    A name may carry a prefix and any case: `export TENCENTCLOUD_SECRET_ID=…` is `secret_id`.
    """
    lines = _lines(text)
    if len(lines) == 1 and "=" not in lines[0] and not lines[0].startswith("{"):
        return {wanted[0]: lines[0]}
    return {
        part: value
        for part in wanted
        for name, value in read_all_parts(text).items()
        if name == part or name.endswith(f"_{part}")
    }


def read_all_parts(text: str) -> dict[str, str]:
    """Return the texts of a JSON object or of `name=value` lines, by their names in lower case."""
    try:
        found = json.loads(text)
    except ValueError:
        pairs = (line.removeprefix("export ").partition("=") for line in _lines(text))
        found = {name.strip(): value.strip().strip("\"'") for name, equals, value in pairs if equals}
    if not isinstance(found, dict):
        return {}
    return {
        _CAMEL.sub("_", name).lower(): value
        for name, value in found.items()
        if isinstance(value, str) and value
    }


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def check_parts(path: str, parts: Mapping[str, str], wanted: Sequence[str]) -> dict[str, str]:
    """Return a credential's parts if they are those that a provider wants. Raises `SettingsError`."""
    for name in wanted:
        if not parts.get(name):
            raise _wrong_parts(path, f"has no {name}", f"缺少 {name}", wanted)
    for name in parts:
        if name not in known_parts(wanted):
            raise _wrong_parts(f"{path}.{name}", "is no part of it", "不是凭据字段", wanted)
    return dict(parts)


def _wrong_parts(path: str, en: str, zh: str, wanted: Sequence[str]) -> SettingsError:
    listed = ", ".join(wanted) or "nothing"
    return SettingsError(
        f"setting {path} {en}; this provider's credential has: {listed}",
        f"设置项 {path} {zh}；此提供方的凭据包括：{listed}",
        field=path,
    )
