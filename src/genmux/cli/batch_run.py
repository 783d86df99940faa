"""One run of `genmux batch`: load, rehearse, arrange, and go the course, with an exit code for every end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from genmux.cli.api import cli_error
from genmux.cli.batch_show import Board
from genmux.cli.batch_summary import plan_rows, print_plan, summary
from genmux.cli.batch_way import BatchWay, open_way
from genmux.cli.exits import FAILED, INTERRUPTED, UNREACHABLE, USAGE, CliError
from genmux.cli.options import Target
from genmux.cli.show import print_json
from genmux.cli.words import say
from genmux.client.batch.arrangement import Arranged, arrange
from genmux.client.batch.course import Course
from genmux.client.batch.decision import GivenUp, InDoubt, Rules, decide, rules_for
from genmux.client.batch.faults import LineFault, place_faults
from genmux.client.batch.journal import Busy, Journal, open_journal, read_history
from genmux.client.batch.loading import BatchFile, load_file
from genmux.client.batch.manifest import (
    NAME,
    Forgiven,
    History,
    ManifestBroken,
    Progress,
    Record,
    Stage,
    advance,
)
from genmux.client.batch.naming import Template
from genmux.client.batch.rehearsal import rehearse
from genmux.client.batch.results import clear_aside
from genmux.client.batch.tally import Mark
from genmux.client.batch.turns import Turns
from genmux.client.batch.uplink import Uplink
from genmux.domain.errors import GenmuxError
from genmux.domain.text import Text

REHEARSAL_PATIENCE_SECONDS: Final = 15.0
"""How long the endpoint may be away before anything has begun."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says beside the file and the server."""

    output: Path | None
    template: Template
    defaults: dict[str, Any]
    per_model: dict[str, int]
    dry_run: bool
    endpoint: str | None
    only: tuple[str, ...]
    concurrency: int
    retries: int
    retry_failed: bool
    resubmit_unknown: bool
    elsewhere: bool
    patience: float


async def run_batch(target: Target, file: Path, wishes: Wishes, *, as_json: bool) -> int:
    """Make what a file lists; return the exit code. Raises `CliError`."""
    try:
        loaded = load_file(file, wishes.defaults)
        async with open_way(target, wishes.endpoint, working=not wishes.dry_run) as way:
            history = read_history(wishes.output) if wishes.output is not None else History()
            batch = await _rehearsed(loaded, history, way, wishes)
            if wishes.dry_run:
                return _show_plan(batch, as_json=as_json)
            return await _go(batch, history, way, wishes, as_json=as_json)
    except ManifestBroken as error:
        raise CliError(USAGE, error.text) from None
    except GenmuxError as error:
        raise cli_error(error) from None
    except OSError as error:
        where = error.filename or wishes.output or file
        reason = error.strerror or str(error)
        raise CliError(USAGE, Text(f"{where}: {reason}.", f"{where}：{reason}。")) from None


# ---------------------------------------------------------------- before anything is created


async def _rehearsed(batch: BatchFile, history: History, way: BatchWay, wishes: Wishes) -> Arranged:
    """Return the batch beside its manifest once nothing is wrong. Raises `CliError` with every fault."""
    faults = [*batch.faults, *_moved(history, way, wishes)]
    arranged = None
    lines, directory = batch.lines, wishes.output or Path(os.devnull)
    if not faults:
        arranged = arrange(batch, history, wishes.template, directory, way.identity, wishes.only)
        faults += arranged.faults
        lines = tuple(p.line for p in arranged.lines if arranged.progress[p.key].stage is Stage.NEW)
    patience = min(wishes.patience, REHEARSAL_PATIENCE_SECONDS)
    away = arranged.away(directory) if arranged is not None else {}
    faults += await rehearse(Uplink(way, patience), lines, away, sending=not faults)
    if faults or arranged is None:
        _refuse(faults)
    return arranged


def _moved(history: History, way: BatchWay, wishes: Wishes) -> Iterable[LineFault]:
    before = history.opened.endpoint if history.opened is not None else way.identity
    if before != way.identity and not wishes.elsewhere:
        yield LineFault(
            0,
            Text(
                f"{wishes.output} is made by {before}, not by {way.identity}; use that one,"
                " or give --elsewhere to make here what is not done yet.",
                f"{wishes.output} 由 {before} 生成，而非 {way.identity}；"
                "请使用原端点，或用 --elsewhere 在此重新生成未完成的部分。",
            ),
        )


def _refuse(faults: list[LineFault]) -> NoReturn:
    placed = place_faults(faults)
    en = f"Nothing was created; {len(faults)} to mend:\n" + "\n".join(f"  {text.en}" for text in placed)
    zh = f"未创建任何任务；有 {len(faults)} 处需要修改：\n" + "\n".join(f"  {text.zh}" for text in placed)
    raise CliError(USAGE, Text(en, zh))


def _show_plan(batch: Arranged, *, as_json: bool) -> int:
    if as_json:
        print_json({"lines": len(batch.lines), "plan": plan_rows(batch), "gone": list(batch.gone)})
    else:
        print_plan(batch)
    return 0


# ---------------------------------------------------------------- the run itself


async def _go(batch: Arranged, history: History, way: BatchWay, wishes: Wishes, *, as_json: bool) -> int:
    assert wishes.output is not None  # only a rehearsal goes without
    journal = _open(wishes.output, history)
    began = time.monotonic()
    try:
        clear_aside(wishes.output)
        rules = rules_for(way.endpoint.facts, wishes.retries)
        batch = await _begin(batch, journal, rules, wishes)
        uplink = Uplink(way, wishes.patience)
        with Board(silent=as_json) as board:
            for planned in batch.lines:
                saved = batch.progress[planned.key].stage is Stage.SAVED
                board.tally.place(planned.line.n, Mark.DONE if saved else Mark.WAITING)
            turns = Turns(wishes.concurrency, wishes.per_model)
            course = Course(uplink, journal, wishes.output, batch, rules, turns, board.show)
            trouble = await _run(course, board)
        clear_aside(wishes.output)
    finally:
        journal.close()
    told = summary(batch, board, wishes.output / NAME, time.monotonic() - began)
    if as_json:
        print_json(told)
    else:
        click.echo(told["said"])
    return _end(board, trouble, stopped=uplink.stopping)


def _open(directory: Path, history: History) -> Journal:
    """Open the manifest; nobody may have written since it was read. Raises `CliError`."""
    try:
        journal, now = open_journal(directory)
        if now == history:
            return journal
        journal.close()
    except Busy:
        pass
    raise CliError(
        UNREACHABLE,
        Text(
            f"Another genmux batch is at work in {directory}.",
            f"另一个 genmux batch 正在 {directory} 中运行。",
        ),
    )


async def _begin(batch: Arranged, journal: Journal, rules: Rules, wishes: Wishes) -> Arranged:
    """Write down that a run begins, and which lines are begun anew because somebody wishes it."""
    anew = [p.key for p in batch.lines if _anew(batch.progress[p.key], rules, wishes)]
    events = [Forgiven(batch.opened.at, key) for key in anew]
    records: list[Record] = [batch.opened, *events]
    await asyncio.gather(*(journal.write(record) for record in records))
    forgiven = {event.line: advance(batch.progress[event.line], event) for event in events}
    return replace(batch, progress={**batch.progress, **forgiven})


def _anew(progress: Progress, rules: Rules, wishes: Wishes) -> bool:
    step = decide(progress, rules, time.time_ns() // 1_000_000)
    return (wishes.retry_failed and isinstance(step, GivenUp)) or (
        wishes.resubmit_unknown and isinstance(step, InDoubt)
    )


async def _run(course: Course, board: Board) -> GenmuxError | OSError | None:
    """Go the course; the first Ctrl-C stops it in order, the second ends this process."""
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        loop.add_signal_handler(signal.SIGINT, leave)
        if course.under_way:
            click.echo(_hearing(course.under_way), err=True)
        course.stop()

    def leave() -> None:
        board.__exit__(None, None, None)
        os._exit(INTERRUPTED)

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        await course.run()
    except (GenmuxError, OSError) as error:
        return error
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    return None


def _hearing(creates: int) -> str:
    return say(
        f"Waiting for the answers of {creates} creates; Ctrl-C again ends at once.",
        f"正在等待 {creates} 个创建请求的响应；再按一次 Ctrl-C 立即退出。",
    )


def _end(board: Board, trouble: GenmuxError | OSError | None, *, stopped: bool) -> int:
    """Say why it ends before its time, and return the exit code."""
    if trouble is None and not stopped:
        return 0 if board.tally.count(Mark.DONE) == board.tally.total else FAILED
    again = say(
        "No task is lost; the same command goes on from here.",
        "已创建的任务不会丢失；再次运行同一命令即可继续。",
    )
    if trouble is None:
        click.echo(say(f"Interrupted. {again}", f"已中断。{again}"), err=True)
        return INTERRUPTED
    if isinstance(trouble, OSError):  # the disk is full, or has gone
        click.echo(f"{trouble.filename or NAME}: {trouble.strerror or trouble}. {again}", err=True)
        return FAILED
    error = cli_error(trouble)
    click.echo(f"{error.say()} {again}", err=True)
    return error.exit_code
