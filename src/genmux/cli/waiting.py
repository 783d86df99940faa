"""Waits for a task in front of somebody who may lose patience."""

from __future__ import annotations

import asyncio
import contextlib

import click

from genmux.cli.progress import Watcher
from genmux.cli.words import say
from genmux.client.errors import TaskFailed
from genmux.client.tasks import AsyncTask


async def watch(task: AsyncTask, *, silent: bool) -> None:
    """Wait until the task has ended, with a bar; when interrupted, say how to come back to it."""
    try:
        with Watcher(task.id, silent=silent) as watcher, contextlib.suppress(TaskFailed):
            await task.wait(on_progress=watcher.show)
    except asyncio.CancelledError:
        resume = f"genmux tasks wait {task.id}"
        click.echo(
            say(
                f"Interrupted. The task {task.id} is kept and goes on; come back to it with: {resume}",
                f"已中断。任务 {task.id} 会保留并继续；可用以下命令恢复等待：{resume}",
            ),
            err=True,
        )
        raise
