"""`genmux doctor`: whether this machine can serve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from genmux.cli.exits import FAILED, run
from genmux.cli.options import Target, json_option

if TYPE_CHECKING:
    from genmux.settings import Settings

MIN_PYTHON: Final = (3, 11)
MIN_SQLITE: Final = (3, 35, 0)
MIN_FREE_BYTES: Final = 500_000_000
EARLIEST_YEAR: Final = 2025
RENDER_SECONDS: Final = 60.0


class Check(NamedTuple):
    """One finding."""

    name: str
    ok: bool
    detail: str


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Data directory."
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Settings to read instead of ./genmux.toml.",
)
@json_option
def doctor(data: Path | None, config: Path | None, as_json: bool) -> int:
    """Check this machine: Python, the database, disk, port, clock, and one frame rendered by a worker.

    \b
    Examples:
      genmux doctor
      genmux doctor --data /var/lib/genmux --json
    """
    from genmux.cli.local import read_settings
    from genmux.cli.show import print_json

    settings = read_settings(Target(data=data, config=config))
    checks = [check(settings) for check in CHECKS]
    well = all(check.ok for check in checks)
    if as_json:
        print_json({"ok": well, "checks": [check._asdict() for check in checks]})
    else:
        for check in checks:
            mark = click.style("ok  ", fg="green") if check.ok else click.style("FAIL", fg="red")
            click.echo(f"{mark}  {check.name:<8} {check.detail}")
    return 0 if well else FAILED


def check_python(settings: Settings) -> Check:
    """Python is new enough."""
    import sys

    version = ".".join(str(part) for part in sys.version_info[:3])
    return Check("python", sys.version_info >= MIN_PYTHON, f"{version} ({sys.executable})")


def check_sqlite(settings: Settings) -> Check:
    """SQLite is new enough."""
    import sqlite3

    return Check("sqlite", sqlite3.sqlite_version_info >= MIN_SQLITE, sqlite3.sqlite_version)


def check_database(settings: Settings) -> Check:
    """The shared database answers, has a schema that this version knows, and keeps about our time."""
    from genmux.compose.databases import look_at
    from genmux.domain.errors import Unavailable

    if not settings.database:
        return Check("database", True, "SQLite, in the data directory")
    try:
        report = look_at(settings)
    except Unavailable as error:
        return Check("database", False, str(error))
    where = f"{report.database}, {report.kind} {report.version}{', pooled' if report.pooled else ''}"
    return Check(
        "database",
        report.revision is None or report.current,
        f"{where}, schema {report.revision or 'none yet'}, answers in {report.latency_ms:.1f} ms, "
        f"clock {report.clock_offset_ms:+.0f} ms",
    )


def check_data(settings: Settings) -> Check:
    """The data directory, or the nearest one above it that exists, can be written to."""
    import tempfile

    from genmux.store.ownership import owner_of

    home = _existing(settings.data)
    try:
        with tempfile.NamedTemporaryFile(dir=home):
            pass
    except OSError as error:
        return Check("data", False, f"{settings.data}: {error.strerror}")
    card = owner_of(settings.data)
    return Check("data", True, f"{settings.data}" + (f", served at {card.url}" if card else ", writable"))


def check_disk(settings: Settings) -> Check:
    """There is room for results."""
    import shutil

    from genmux.cli.show import describe_bytes

    free = shutil.disk_usage(_existing(settings.data)).free
    return Check("disk", free >= MIN_FREE_BYTES, f"{describe_bytes(free)} free")


def check_port(settings: Settings) -> Check:
    """The port is free, or the server on it is ours."""
    import socket

    from genmux.store.ownership import owner_of

    where = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        card = owner_of(settings.data)
        ours = card is not None and card.url.endswith(f":{settings.port}")
        return Check("port", ours, f"{where} is ours" if ours else f"{where}: {error.strerror or error}")
    return Check("port", True, f"{where} is free")


def check_clock(settings: Settings) -> Check:
    """The clock is not obviously wrong (signatures are good for five minutes)."""
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    return Check("clock", now.year >= EARLIEST_YEAR, now.isoformat(timespec="seconds"))


def check_render(settings: Settings) -> Check:
    """A worker process renders a small picture."""
    import time

    from genmux.engine.ports import WorkerDied

    began = time.monotonic()
    try:
        size = run(_render_one(settings))
    except (WorkerDied, OSError) as error:
        return Check("render", False, f"a worker could not render: {error}")
    return Check("render", size > 0, f"64x64 in {time.monotonic() - began:.2f} s, {size} bytes")


async def _render_one(settings: Settings) -> int:
    from genmux.domain.spec import Kind
    from genmux.pool.scratch import plain_job, scratch

    async with scratch(
        render_workers=1, memory_mb=settings.worker_memory_mb, job_seconds=RENDER_SECONDS
    ) as workers:
        return len(await workers.render(plain_job(Kind.IMAGE, "ocean", 1, (64, 64))))


def _existing(path: Path) -> Path:
    path = path.absolute()
    return next(parent for parent in (path, *path.parents) if parent.exists())


CHECKS: Final[tuple[Callable[[Settings], Check], ...]] = (
    check_python,
    check_sqlite,
    check_database,
    check_data,
    check_disk,
    check_port,
    check_clock,
    check_render,
)
"""Every check, in the order in which they are told."""
