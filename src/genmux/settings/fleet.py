"""What must fit together where several processes share a database."""

from __future__ import annotations

from typing import Any, Final

from genmux.settings.errors import SettingsError, fault
from genmux.settings.fields import Settings
from genmux.settings.values import WORDS, to_bool

ROLES: Final = ("all", "api", "engine")
SCHEMES: Final = ("postgresql://", "postgres://")
SHORTEST_LEASE: Final = 4
"""Beats come four times as often, and a beat may be late."""


def read_pooled(name: str, value: Any) -> bool | None:
    """Read true, false, or `auto`: find out."""
    if value is None or str(value).lower() == "auto":
        return None
    if not isinstance(value, bool) and str(value).lower() not in WORDS:
        raise fault(name, value, "be true, false or auto", "应为 true、false 或 auto")
    return to_bool(name, value)


def check_fleet(settings: Settings) -> None:
    """Raise `SettingsError` for what cannot be, never with a URL in it: that may hold a password."""
    for name in ("database", "database_direct"):
        _check_url(name, getattr(settings, name))
    if settings.role not in ROLES:
        raise fault(
            "role", settings.role, f"be one of {', '.join(ROLES)}", f"应为以下之一：{'、'.join(ROLES)}"
        )
    if settings.processes < 1:
        raise fault("processes", settings.processes, "be at least 1", "至少为 1")
    if settings.lease_seconds < SHORTEST_LEASE:
        least = SHORTEST_LEASE
        raise fault("lease_seconds", settings.lease_seconds, f"be at least {least}", f"至少为 {least}")
    if settings.processes == 1 and settings.role == "all":
        return
    name, value = (
        ("role", settings.role) if settings.role != "all" else ("processes", str(settings.processes))
    )
    if not settings.database:
        raise SettingsError(
            f"setting {name} is {value}, but a SQLite database belongs to one process that does everything; "
            "set database to a PostgreSQL URL (genmux db copy moves what is there), or leave it out",
            f"设置项 {name} 为 {value}，但 SQLite 数据库只能由一个完整的进程使用；"
            "请将 database 设为 PostgreSQL 地址（genmux db copy 可迁移现有数据），或使用默认值",
            field=name,
        )
    if settings.emulator:
        raise SettingsError(
            f"setting emulator is true, but with {name} {value} its clock would differ between processes; "
            "run the emulator in one process",
            f"设置项 emulator 为 true，但 {name} 为 {value} 时各进程的时钟会不一致；请以单进程运行模拟器",
            field="emulator",
        )


def _check_url(name: str, url: str) -> None:
    if url and not url.startswith(SCHEMES):
        raise SettingsError(
            f"setting {name} must be a URL such as postgresql://user@host/name; "
            "the password may be in PGPASSWORD",
            f"设置项 {name} 应为 postgresql://用户@主机/库名 形式的地址；密码可放在 PGPASSWORD 中",
            field=name,
        )
