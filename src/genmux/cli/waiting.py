"""Waits for tasks and brings their results home."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from genmux.cli.api import Api
from genmux.cli.progress import Watcher
from genmux.cli.words import say
from genmux.wires.rest import ArtifactStatus, TaskStatus

FIRST_POLL_SECONDS: Final = 0.1
LONGEST_POLL_SECONDS: Final = 1.0
_EXTENSIONS: Final = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
}


async def wait_for(api: Api, task: TaskStatus, show: Callable[[TaskStatus], None]) -> TaskStatus:
    """Ask until the task has ended, showing each answer; return the last one."""
    pause = FIRST_POLL_SECONDS
    while True:
        show(task)
        if task.final:
            return task
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
        task = await api.task(task.id)


async def watch(api: Api, task: TaskStatus, *, silent: bool) -> TaskStatus:
    """Wait with a bar; when interrupted, say that the task goes on and how to come back to it."""
    try:
        with Watcher(task.id, silent=silent) as watcher:
            return await wait_for(api, task, watcher.show)
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


async def fetch_results(api: Api, task: TaskStatus, output: Path | None) -> list[Path]:
    """Download every result; return the files. `output` is a file, or a directory that exists."""
    names = place(task, output)
    for artifact, path in zip(task.artifacts, names, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        await api.download(await api.artifact_url(task.id, artifact.n), path)
    return names


def place(task: TaskStatus, output: Path | None) -> list[Path]:
    """Return where each result goes: `output`, numbered when there are several, else a name of the task's."""
    if output is None or output.is_dir():
        stem = (output or Path()) / f"genmux-{task.id.removeprefix('task_')[:12]}"
        bases = [stem.with_name(stem.name + _extension(a)) for a in task.artifacts]
    else:
        bases = [
            output if output.suffix else output.with_name(output.name + _extension(a)) for a in task.artifacts
        ]
    if len(bases) == 1:
        return bases
    return [base.with_name(f"{base.stem}-{n}{base.suffix}") for n, base in enumerate(bases, 1)]


def _extension(artifact: ArtifactStatus) -> str:
    return _EXTENSIONS.get(artifact.content_type, "")


async def finish(
    api: Api, task: TaskStatus, output: Path | None, *, wanted: bool
) -> tuple[dict[str, Any], list[Path]]:
    """Return the ended task as the server writes it, with `files` where its results were downloaded."""
    files = await fetch_results(api, task, output) if wanted and task.state == "succeeded" else []
    told = await api.task_json(task.id, full=False)
    if files:
        told["files"] = [str(path) for path in files]
    return told, files
