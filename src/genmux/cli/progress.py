"""Shows a task while somebody waits for it: a bar on a terminal, a line per state elsewhere, or nothing."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Seen(Protocol):
    """A task as it was last seen."""

    @property
    def state(self) -> str:
        """A word of `domain.states`."""
        ...

    @property
    def progress(self) -> int | None:
        """Per cent, None while nobody reported any."""
        ...


class Watcher:
    """Draws on stderr. The bar moves only by reported progress; without any it just shows life."""

    def __init__(self, label: str, *, silent: bool = False) -> None:
        """A `silent` watcher draws nothing, whatever stderr is."""
        self._label = label
        self._silent = silent
        self._state = ""
        self._bar: Progress | None = None
        self._line: TaskID | None = None

    def __enter__(self) -> Watcher:
        if not self._silent and sys.stderr.isatty():
            self._bar = _bar()
            self._line = self._bar.add_task(self._label, total=None, state="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, status: Seen) -> None:
        """Show where the task stands now."""
        if self._bar is not None and self._line is not None:
            fields: dict[str, Any] = {"state": status.state}
            if status.progress is not None:
                fields |= {"total": 100, "completed": status.progress}
            self._bar.update(self._line, **fields)
        elif not self._silent and status.state != self._state:
            click.echo(f"{self._label}  {status.state}", err=True)
        self._state = status.state


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
