"""Shows a batch while it runs: a table on a terminal, a line per change elsewhere, or nothing."""

from __future__ import annotations

import sys
import time
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Final

import click

from genmux.cli.words import language, say
from genmux.client.batch.tally import ENDED, WORDS, Mark, News, Tally

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

REFRESHES_PER_SECOND: Final = 4
LAST_FAILURES: Final = 5
STYLES: Final = {
    Mark.DONE: "green",
    Mark.RUNNING: "cyan",
    Mark.WAITING: "",
    Mark.FAILED: "red",
    Mark.UNKNOWN: "yellow",
}
"""The marks in the order in which they are shown, and how."""
SIGNS: Final = {Mark.FAILED: "✗", Mark.UNKNOWN: "?"}
BAR_WIDTH: Final = 60


class Board:
    """Draws on stderr; what it counts is true whether anything is drawn or not."""

    def __init__(self, *, silent: bool) -> None:
        self.tally = Tally(time.monotonic())
        self.failures: list[tuple[int, News]] = []
        self._silent = silent
        self._last: deque[News] = deque(maxlen=LAST_FAILURES)
        self._live: Live | None = None

    def __enter__(self) -> Board:
        if not self._silent and sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(
                get_renderable=self._draw,
                refresh_per_second=REFRESHES_PER_SECOND,
                console=Console(stderr=True),
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
            for _, news in self.failures:
                click.echo(_sentence(news), err=True)

    def show(self, n: int, news: News) -> None:
        """Count and show that line `n` has moved; where it stood before is no news."""
        if self.tally.mark(n) is news.mark:
            return
        self.tally.move(n, news.mark, time.monotonic())
        if news.mark in SIGNS:
            self.failures.append((n, news))
            self._last.append(news)
        if self._live is None and not self._silent:
            click.echo(_sentence(news), err=True)

    def _draw(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        counts = (
            Text(f"{WORDS[mark].say(language())} {count}", style if count else "dim")
            for mark, style in STYLES.items()
            for count in (self.tally.count(mark),)
        )
        pace = Text(_pace(self.tally, time.monotonic()), "dim")
        return Group(_bar(self.tally), Text("  ").join(counts), pace, *(_failure(n) for n in self._last))


def _bar(tally: Tally) -> RenderableType:
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    ended = sum(tally.count(mark) for mark in ENDED)
    bar = ProgressBar(tally.total, ended, width=BAR_WIDTH, complete_style="green", finished_style="green")
    row = Table.grid(padding=(0, 1))
    row.add_row(bar, f"{ended}/{tally.total}")
    return row


def _failure(news: News) -> RenderableType:
    from rich.text import Text

    said = Text(no_wrap=True, overflow="ellipsis")
    return said.append(f"{SIGNS[news.mark]} {news.name}  ", STYLES[news.mark]).append(news.detail)


def _sentence(news: News) -> str:
    return f"{news.name}  {WORDS[news.mark].say(language())}  {news.detail}"


def _pace(tally: Tally, now: float) -> str:
    """Return how fast lines end, and when all will have; dashes while nobody can tell."""
    rate = tally.rate(now)
    speed = "–" if rate is None else f"{rate:.1f}/s" if rate >= 1 else f"{rate * 60:.1f}/min"
    left, gone = _clock(tally.seconds_left(now)), _clock(tally.seconds_gone(now))
    return say(
        f"{tally.total} lines  {speed}  left {left}  gone {gone}",
        f"共 {tally.total} 行  {speed}  剩余 {left}  已用 {gone}",
    )


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"
