"""`genmux channels`: the accounts at upstreams that make the tasks."""

from __future__ import annotations

import json
from typing import IO, Any

import click

from genmux.cli.exits import FAILED, run
from genmux.cli.options import Target, json_option, target_options


@click.group()
def channels() -> None:
    """List, test, change, disable and enable channels."""


@channels.command("list")
@json_option
@target_options
def list_(target: Target, as_json: bool) -> None:
    """Show every channel, disabled ones too; never a secret.

    \b
    Example:
      genmux channels list
    """
    run(_list(target, as_json))


async def _list(target: Target, as_json: bool) -> None:
    from genmux.cli.connect import connect
    from genmux.cli.show import print_json, print_table

    async with connect(target, working=False) as api:
        found = await api.channels()
    if as_json:
        print_json(found)
        return
    print_table(
        ("NAME", "PROVIDER", "STATE", "SLOTS", "PRIORITY", "SOURCE", "MODELS"), [_row(c) for c in found]
    )
    for channel in found:
        if channel["problem"]:
            click.echo(f"{channel['name']}: {channel['problem']}", err=True)


def _row(channel: dict[str, Any]) -> tuple[str, ...]:
    limit = "?" if channel["slots_limit"] is None else channel["slots_limit"]
    return (
        channel["name"],
        channel["provider"],
        describe_state(channel),
        f"{channel['slots_used']}/{limit}",
        str(channel["priority"]),
        channel["source"],
        " ".join(channel["models"]),
    )


def describe_state(channel: dict[str, Any]) -> str:
    """Return how a channel stands, in a few words."""
    if not channel["enabled"]:
        return "disabled"
    health = channel["health"]
    if health is None or health["breaker"] == "closed":
        return "ok"
    return f"{health['breaker']}: {health['why']}"


@channels.command()
@click.argument("name", metavar="NAME")
@json_option
@target_options
def test(target: Target, name: str, as_json: bool) -> int:
    """Sign a harmless call to a channel's upstream and say in a sentence how it went.

    Nothing is made and nothing is paid. The exit code is 1 when the channel does not work.

    \b
    Example:
      genmux channels test mps
    """
    return run(_test(target, name, as_json))


async def _test(target: Target, name: str, as_json: bool) -> int:
    from genmux.cli.connect import connect
    from genmux.cli.show import print_json

    async with connect(target, working=False) as api:
        found = await api.test_channel(name)
    if as_json:
        print_json(found)
    elif found["ok"]:
        click.echo(found["message"])
    else:
        click.echo(f"{found['message']} [{found['code']}]", err=True)
    return 0 if found["ok"] else FAILED


@channels.command()
@click.argument("name", metavar="NAME")
@json_option
@target_options
def enable(target: Target, name: str, as_json: bool) -> None:
    """Let a channel take new tasks.

    \b
    Example:
      genmux channels enable mps
    """
    run(_switch(target, name, "enable", as_json))


@channels.command()
@click.argument("name", metavar="NAME")
@json_option
@target_options
def disable(target: Target, name: str, as_json: bool) -> None:
    """Give a channel no new tasks; those that run on it go on.

    \b
    Example:
      genmux channels disable mps
    """
    run(_switch(target, name, "disable", as_json))


async def _switch(target: Target, name: str, verb: str, as_json: bool) -> None:
    from genmux.cli.connect import connect

    async with connect(target, working=False) as api:
        _show(await api.switch_channel(name, verb), as_json)


@channels.command()
@click.argument("name", metavar="NAME")
@json_option
@target_options
def remove(target: Target, name: str, as_json: bool) -> None:
    """Disable a channel for good; once no real channel is left, the preview serves again.

    \b
    Example:
      genmux channels remove mps
    """
    run(_remove(target, name, as_json))


async def _remove(target: Target, name: str, as_json: bool) -> None:
    from genmux.cli.connect import connect
    from genmux.cli.show import print_json
    from genmux.cli.words import say

    async with connect(target, working=False) as api:
        await api.remove_channel(name)
    if as_json:
        print_json({"name": name, "removed": True})
    else:
        click.echo(
            say(f"{name} is removed; its running tasks go on.", f"通道 {name} 已移除；运行中的任务不受影响。")
        )


@channels.command("set")
@click.argument("name", metavar="NAME")
@click.argument("pairs", nargs=-1, metavar="KEY=VALUE...")
@click.option(
    "--credential",
    "credential",
    type=click.File("r", encoding="utf-8"),
    metavar="FILE",
    help="Seal the credential of this file (- is stdin): JSON, or name=value lines.",
)
@json_option
@target_options
def set_(
    target: Target, name: str, pairs: tuple[str, ...], credential: IO[str] | None, as_json: bool
) -> None:
    """Make a channel, or change the keys that are given; it routes by that at once.

    Keys are those of a [channels.NAME] table. A value is JSON, or else text; an empty one takes the
    key back. slots.video=2 sets one part of a table. What runs keeps the settings it began with.

    \b
    Examples:
      genmux channels set mps provider=mps credential=env:MPS_ID,MPS_KEY models=video/Kling/*
      genmux channels set mps slots.video=4 priority=10
      genmux channels set vod provider=vod sub_app_id=1500044236 --credential vod.json
    """
    body = read_pairs(pairs)
    if credential is not None:
        body["credential"] = read_parts(credential.read())
    run(_set(target, name, body, as_json))


async def _set(target: Target, name: str, body: dict[str, Any], as_json: bool) -> None:
    from genmux.cli.connect import connect

    async with connect(target, working=False) as api:
        _show(await api.put_channel(name, body), as_json)


def read_pairs(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Return what `KEY=VALUE` words say, as a table. Raises `click.UsageError`."""
    from genmux.cli.words import say

    body: dict[str, Any] = {}
    for pair in pairs:
        path, equals, text = pair.partition("=")
        *tables, key = path.split(".", 1)
        if not equals or not key or not all(tables):
            raise click.UsageError(say(f"{pair} must read KEY=VALUE.", f"{pair} 应写作 KEY=VALUE。"))
        into = body
        for table in tables:
            into = into.setdefault(table, {})
            if not isinstance(into, dict):
                raise click.UsageError(say(f"{table} is given twice.", f"{table} 重复给出。"))
        into[key] = _value(text)
    return body


def _value(text: str) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_parts(text: str) -> dict[str, str]:
    """Return the parts of a credential file. Raises `click.UsageError`, which tells nothing of it."""
    from genmux.cli.words import say
    from genmux.settings.credentials import read_all_parts

    parts = read_all_parts(text)
    if not parts:
        raise click.UsageError(
            say(
                "The credential file must hold JSON or name=value lines.",
                "凭据文件应为 JSON，或由 name=value 行组成。",
            )
        )
    return parts


def _show(channel: dict[str, Any], as_json: bool) -> None:
    from genmux.cli.show import print_json

    if as_json:
        print_json(channel)
        return
    click.echo(f"{channel['name']}  {channel['provider']}  {describe_state(channel)}")
    if channel["problem"]:
        click.echo(channel["problem"], err=True)
