"""How things look in print: tasks, timelines, tables and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import click

if TYPE_CHECKING:
    from genmux.wires.rest import ArtifactStatus, EventStatus, InputStatus, TaskStatus


def print_json(value: Any) -> None:
    """Print one JSON value on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns, as wide as they need to be; the first row is the heads."""
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(_width(line[n]) for line in lines) for n in range(len(heads))]
    for number, line in enumerate(lines):
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)]
        text = "  ".join(cells).rstrip()
        click.echo(click.style(text, bold=True) if number == 0 else text)


def _width(text: str) -> int:
    """Return how many columns a terminal needs (Chinese characters take two)."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def describe_artifact(artifact: ArtifactStatus) -> str:
    """Return what a result is: size, length, type, bytes."""
    parts = [f"{artifact.width}x{artifact.height}"]
    if artifact.seconds is not None:
        parts.append(f"{artifact.seconds:.2f} s")
    return "  ".join([*parts, artifact.content_type, describe_bytes(artifact.bytes)])


def describe_bytes(size: int) -> str:
    """Return a size as people read it."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{size / 1000:.1f} kB"


def print_files(task: TaskStatus, files: Sequence[Path]) -> None:
    """Print each result's file and what it is."""
    for artifact, path in zip(task.artifacts, files, strict=True):
        click.echo(f"{path}  {describe_artifact(artifact)}")


def print_task(task: TaskStatus) -> None:
    """Print a task with everything that is known of it."""
    click.echo(click.style(f"{task.id}  {task.state}", bold=True))
    for name, value in _facts(task):
        click.echo(f"  {name:<10} {value}")
    for entry in task.inputs or ():
        click.echo(f"  {'input ' + str(entry.n):<10} {entry.role}  {_origin(entry)}")
    for artifact in task.artifacts:
        click.echo(
            f"  {'result ' + str(artifact.n):<10} {describe_artifact(artifact)}\n             {artifact.url}"
        )
    for attempt in task.attempts or ():
        ended = attempt.outcome or "open"
        click.echo(
            f"  {'attempt ' + str(attempt.n):<10} channel {attempt.channel_id}  {ended}  {attempt.key}"
        )
    if task.events:
        click.echo("  timeline")
        print_timeline(task, indent="    ")


def _origin(entry: InputStatus) -> str:
    """Return where an input comes from: a task's result, a URL, or the bytes that were sent."""
    if entry.from_task:
        return entry.from_task if entry.from_n is None else f"{entry.from_task}#{entry.from_n}"
    return entry.url or f"sha256:{entry.sha256}"


def _facts(task: TaskStatus) -> list[tuple[str, str]]:
    facts = [("kind", str(task.kind)), ("model", task.model or ""), ("wire", task.wire)]
    if task.reason:
        facts.append(("reason", task.reason))
    if task.progress is not None:
        facts.append(("progress", f"{task.progress} %"))
    if task.error is not None:
        facts.append(("error", f"{task.error.code}: {task.error.message}"))
    if task.spec is not None and task.spec.get("prompt"):
        facts.append(("prompt", task.spec["prompt"]))
    return facts


def print_timeline(task: TaskStatus, indent: str = "") -> None:
    """Print a task's events, each with the seconds since it was created."""
    for event in task.events or ():
        seconds = (event.at - task.created_at) / 1000
        click.echo(f"{indent}{seconds:+9.3f} s  {event.kind:<14} {_event_data(event)}".rstrip())


def _event_data(event: EventStatus) -> str:
    text = ", ".join(
        f"{name}={_short(value)}" for name, value in event.data.items() if value not in ([], {}, "")
    )
    return text if len(text) <= 160 else text[:159] + "…"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return "/".join(str(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
