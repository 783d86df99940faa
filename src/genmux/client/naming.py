"""Where results go: the names of files that nobody named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genmux.domain.words import EXTENSIONS


def place(task_id: str, types: Sequence[str | None], output: Path | None, *, inside: bool) -> list[Path]:
    """Return where each result goes: `output`, numbered when there are several, else a name of the task's.

    `inside` says that `output` is a directory. A name without an ending gets the one of its content type.
    """
    if output is None or inside:
        stem = (output or Path()) / f"genmux-{_short(task_id)}"
        bases = [stem.with_name(stem.name + _ending(t)) for t in types]
    else:
        bases = [output if output.suffix else output.with_name(output.name + _ending(t)) for t in types]
    if len(bases) == 1:
        return bases
    return [base.with_name(f"{base.stem}-{n}{base.suffix}") for n, base in enumerate(bases, 1)]


def _short(task_id: str) -> str:
    """Return as much of an id as tells tasks apart; the random part of every wire's ids is hexadecimal."""
    tail = task_id.removeprefix("task_").rpartition("-")[2]
    return tail.replace("/", "_")[:12]


def _ending(content_type: str | None) -> str:
    extension = EXTENSIONS.get(content_type or "")
    return f".{extension}" if extension else ""
