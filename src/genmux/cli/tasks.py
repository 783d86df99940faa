"""`genmux tasks`: look at tasks, wait for them, end them, settle them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from genmux.cli.exits import run
from genmux.cli.options import Target, json_option, target_options


@click.group()
def tasks() -> None:
    """List, show, wait for, cancel and resolve tasks."""


@tasks.command("list")
@click.option("--state", metavar="STATE[,STATE]", help="Only these states.")
@click.option("--kind", type=click.Choice(["image", "video"]))
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@click.option("--cursor", metavar="TASK", help="Go on after this task.")
@json_option
@target_options
def list_(
    target: Target, state: str | None, kind: str | None, limit: int, cursor: str | None, as_json: bool
) -> None:
    """Show tasks, newest first.

    \b
    Examples:
      genmux tasks list --state running,unknown
      genmux tasks list --limit 100 --json | jq -r '.[].id'
    """
    run(_list(target, as_json, state=state, kind=kind, limit=str(limit), cursor=cursor))


async def _list(target: Target, as_json: bool, **wanted: str | None) -> None:
    from genmux.cli.connect import connect
    from genmux.cli.show import print_json, print_table

    async with connect(target, working=False) as api:
        page = await api.tasks(**wanted)
    if as_json:
        print_json(page["tasks"])
        return
    rows = [_row(task) for task in page["tasks"]]
    print_table(("TASK", "KIND", "MODEL", "STATE", "PROGRESS", "CREATED"), rows)
    if page["next_cursor"]:
        click.echo(f"--cursor {page['next_cursor']}", err=True)


def _row(task: dict[str, Any]) -> tuple[str, ...]:
    progress = "" if task["progress"] is None else f"{task['progress']} %"
    created = task["created_at"].replace("T", " ")[:19]
    return task["id"], task["kind"], task["model"] or "", task["state"], progress, created


@tasks.command()
@click.argument("task_id", metavar="TASK")
@json_option
@target_options
def show(target: Target, task_id: str, as_json: bool) -> None:
    """Show everything of one task: spec, attempts, timeline, results.

    \b
    Example:
      genmux tasks show task_0123456789abcdef0123456789abcdef
    """
    run(_show(target, task_id, as_json))


async def _show(target: Target, task_id: str, as_json: bool) -> None:
    from genmux.cli.connect import connect

    async with connect(target, working=False) as api:
        _print(await api.task_json(task_id), as_json)


def _print(fields: dict[str, Any], as_json: bool) -> None:
    from genmux.cli.show import print_json, print_task
    from genmux.wires.rest import parse_task

    if as_json:
        print_json(fields)
    else:
        print_task(parse_task(fields))


@tasks.command()
@click.argument("task_id", metavar="TASK")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Download the result.")
@json_option
@target_options
def wait(target: Target, task_id: str, output: Path | None, as_json: bool) -> int:
    """Wait until a task has ended; download its result with -o.

    \b
    Example:
      genmux tasks wait task_0123… -o film.mp4
    """
    return run(_wait(target, task_id, output, as_json))


async def _wait(target: Target, task_id: str, output: Path | None, as_json: bool) -> int:
    from genmux.cli.connect import connect
    from genmux.cli.generate import report
    from genmux.cli.waiting import watch

    async with connect(target) as api:
        task = await api.client.tasks.get(task_id)
        await watch(task, silent=as_json)
        return await report(api, task, output, as_json=as_json, download=output is not None)


@tasks.command()
@click.argument("task_id", metavar="TASK")
@json_option
@target_options
def cancel(target: Target, task_id: str, as_json: bool) -> None:
    """Ask for a task to end; one that has ended stays as it is.

    \b
    Example:
      genmux tasks cancel task_0123…
    """
    run(_cancel(target, task_id, as_json))


async def _cancel(target: Target, task_id: str, as_json: bool) -> None:
    from genmux.cli.connect import connect

    async with connect(target, working=False) as api:
        fields = await api.cancel(task_id)
    if as_json:
        _print(fields, as_json)
    else:
        click.echo(f"{fields['id']}  {fields['state']}")


@tasks.command()
@click.argument("task_id", metavar="TASK")
@click.option("--accepted", "upstream_ref", metavar="REF", help="The upstream has it, under this id.")
@click.option("--not-accepted", is_flag=True, help="The upstream never got it: send it again.")
@click.option("--give-up", is_flag=True, help="Stop waiting: the task fails as outcome_unknown.")
@json_option
@target_options
def resolve(
    target: Target,
    task_id: str,
    upstream_ref: str | None,
    not_accepted: bool,
    give_up: bool,
    as_json: bool,
) -> None:
    """Settle a task whose outcome is unknown, as you found it out at the upstream.

    \b
    Examples:
      genmux tasks resolve task_0123… --accepted 24-AigcVideo-abc
      genmux tasks resolve task_0123… --give-up
    """
    from genmux.cli.words import say

    if (upstream_ref is not None) + not_accepted + give_up != 1:
        raise click.UsageError(
            say(
                "Give exactly one of --accepted REF, --not-accepted, --give-up.",
                "请在 --accepted REF、--not-accepted、--give-up 中恰好给出一个。",
            )
        )
    outcome = "accepted" if upstream_ref is not None else "not_accepted" if not_accepted else "give_up"
    body = {"outcome": outcome, "upstream_ref": upstream_ref}
    run(_resolve(target, task_id, body, as_json))


async def _resolve(target: Target, task_id: str, body: dict[str, Any], as_json: bool) -> None:
    from genmux.cli.connect import connect

    async with connect(target, working=False) as api:
        _print(await api.resolve(task_id, body), as_json)
