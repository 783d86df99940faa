"""`genmux db`: the database as a whole, looked at, brought to the newest schema, or moved."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from genmux.cli.exits import FAILED, UNREACHABLE, CliError, run
from genmux.cli.options import Target, json_option

if TYPE_CHECKING:
    from genmux.compose.databases import Report
    from genmux.settings import Settings

_DATABASE = click.option(
    "--database", metavar="URL", help="PostgreSQL database, postgresql://….  [GENMUX_DATABASE]"
)
_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Data directory with the SQLite database, where there is no other.  [GENMUX_DATA]",
)
_CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Settings to read instead of ./genmux.toml.",
)


@click.group()
def db() -> None:
    """Look at the database, bring it to the newest schema, or move it to another one."""


@db.command()
@_DATABASE
@_DATA
@_CONFIG
@json_option
def check(database: str | None, data: Path | None, config: Path | None, as_json: bool) -> int:
    """Connect, and say which database it is, how far away, how large, and who works on it.

    Nothing is changed. It fails where the schema is not that of this version.

    \b
    Examples:
      genmux db check
      genmux db check --database postgresql://genmux@db.example/genmux --json
    """
    from genmux.cli.show import print_json
    from genmux.compose.databases import look_at

    with _worded():
        report = look_at(_settings(database, data, config))
    if as_json:
        print_json(report.told())
    else:
        _print(report)
    return 0 if report.current else FAILED


def _print(report: Report) -> None:
    from genmux.cli.show import describe_bytes, print_table
    from genmux.cli.words import say

    pooled = say("through a pooler", "经连接池") if report.pooled else say("directly", "直连")
    outdated = say("; run genmux db upgrade", "；请运行 genmux db upgrade")
    lines = [
        (say("database", "数据库"), report.database),
        (say("server", "服务端"), f"{report.kind} {report.version}, {pooled}"),
        (
            say("schema", "结构版本"),
            f"{report.revision or say('none yet', '尚无')}{'' if report.current else outdated}",
        ),
        (say("answers in", "响应时间"), f"{report.latency_ms:.2f} ms"),
        (say("clock", "时钟"), say(_offset(report.clock_offset_ms, "ahead of", "behind"), _chinese(report))),
        (say("size", "大小"), describe_bytes(report.bytes)),
    ]
    for name, value in lines:
        click.echo(f"{name:<12} {value}")
    for worker in report.workers:
        click.echo(f"{say('process', '进程'):<12} {worker.id}  {worker.role}")
    rows = [
        (t.name, str(t.rows), describe_bytes(t.bytes) if t.bytes is not None else "") for t in report.tables
    ]
    if rows:
        click.echo("")
        print_table((say("table", "表"), say("rows", "行数"), say("size", "大小")), rows)


def _offset(milliseconds: float, ahead: str, behind: str) -> str:
    word = ahead if milliseconds >= 0 else behind
    return f"{abs(milliseconds):.0f} ms {word} this machine's"


def _chinese(report: Report) -> str:
    word = "快" if report.clock_offset_ms >= 0 else "慢"
    return f"比本机{word} {abs(report.clock_offset_ms):.0f} ms"


@db.command()
@_DATABASE
@_DATA
@_CONFIG
@json_option
def upgrade(database: str | None, data: Path | None, config: Path | None, as_json: bool) -> None:
    """Bring the database to the newest schema, as `serve` does at its start.

    Run it first when several processes are to be replaced one after the other: those of the version
    before go on working on the newer schema.

    \b
    Examples:
      genmux db upgrade
      genmux db upgrade --database postgresql://genmux@db.example/genmux
    """
    from genmux.cli.show import print_json
    from genmux.cli.words import say
    from genmux.compose.databases import upgrade as bring

    with _worded():
        before, after = bring(_settings(database, data, config))
    if as_json:
        print_json({"before": before, "after": after, "changed": before != after})
    elif before == after:
        click.echo(say(f"The schema is {after} already.", f"数据库结构已是 {after}。"))
    else:
        was = before or say("none", "无")
        click.echo(say(f"The schema is {after} now; it was {was}.", f"数据库结构已升级：{was} → {after}。"))


@db.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@json_option
def copy(source: str, target: str, as_json: bool) -> None:
    """Copy everything from one database into another, empty one: an installation grows up.

    FROM and TO are a data directory or a PostgreSQL URL. Whoever serves either of them has to be
    stopped first. Media and the secret key stay in the data directory.

    \b
    Examples:
      genmux db copy genmux-data postgresql://genmux@db.example/genmux
      genmux db copy postgresql://genmux@db.example/genmux backup --json
    """
    from genmux.cli.show import print_json
    from genmux.cli.words import say
    from genmux.compose.databases import copy as move

    def told(table: str, done: int, total: int) -> None:
        if done == total and not as_json:
            click.echo(f"{table:<16} {total}", err=True)

    with _worded():
        rows = run(move(source, target, told))
    if as_json:
        print_json({"rows": rows})
        return
    count = rows.get("tasks", 0)
    click.echo(say(f"{count} tasks and all that belongs to them.", f"已复制 {count} 个任务及其全部数据。"))
    if "://" in target and "://" not in source:
        command = shlex.join(("genmux", "serve", "--data", source, "--database", _without_password(target)))
        click.echo(say(f"Go on with: {command}", f"接下来运行：{command}"))


def _without_password(url: str) -> str:
    from genmux.compose.database import shown

    return shown(url)


def _settings(database: str | None, data: Path | None, config: Path | None) -> Settings:
    from genmux.cli.local import read_settings

    return read_settings(Target(data=data, config=config), {"database": database})


@contextmanager
def _worded() -> Iterator[None]:
    """Turn what keeps a database from being used into a sentence."""
    from genmux.domain.errors import Unavailable
    from genmux.domain.text import Text
    from genmux.store.ownership import AlreadyOwned

    try:
        yield
    except Unavailable as error:
        raise CliError(UNREACHABLE, error.text) from None
    except AlreadyOwned as error:
        text = Text(f"{error}; stop it first.", f"数据目录正在使用中，请先停止其进程（{error}）。")
        raise CliError(UNREACHABLE, text) from None
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise CliError(UNREACHABLE, Text(f"{reason}.", f"{reason}。")) from None
