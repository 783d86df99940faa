"""The ledger of a run: where every line stands, written down before it is believed, and what links name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from genmux.client.batch.arrangement import Arranged
from genmux.client.batch.decision import Rules, Step, decide, key_of, remembered
from genmux.client.batch.journal import Journal
from genmux.client.batch.lines import Made
from genmux.client.batch.manifest import Event, Intended, Progress, Stage, advance
from genmux.client.batch.plan import Planned
from genmux.client.batch.results import Place
from genmux.client.endpoint import Order, Ref


class Ledger:
    """What is known of the lines of a batch; only `record` changes it."""

    def __init__(self, journal: Journal, directory: Path, batch: Arranged, rules: Rules) -> None:
        self._journal = journal
        self._directory = directory
        self._away = batch.away(directory)
        self._rules = rules
        self._stems = batch.stems
        self._progress = dict(batch.progress)
        self._named = {planned.line.name: planned for planned in batch.lines if planned.line.name}

    def of(self, planned: Planned) -> Progress:
        """Return where a line stands."""
        return self._progress[planned.key]

    def next_step(self, planned: Planned) -> Step:
        """Return what is to be done for a line now, whatever it has to wait for."""
        return decide(self.of(planned), self._rules, now_ms())

    def remembered(self, planned: Planned) -> bool:
        """Return whether the create that was last intended may still be sent under its key."""
        return remembered(self.of(planned), self._rules, now_ms())

    async def record(self, planned: Planned, event: Event) -> None:
        """Write down what has happened, then believe it. Raises `OSError`."""
        await self._journal.write(event)
        self._progress[planned.key] = advance(self.of(planned), event)

    def place(self, planned: Planned) -> Place:
        """Return where the results of a line go."""
        line = planned.line
        return Place(self._directory, planned.key, self._stems[planned.key], line.spec.count or 1)

    # ---------------------------------------------------------------- links

    def unready(self, planned: Planned, *, again: bool) -> list[Planned]:
        """Return the linked lines without which this one cannot be created.

        A line that is made `again` may have failed because a linked task did: it waits for the whole result.
        A create that may have been sent goes out as it was, whatever has become of the tasks that it names.
        """
        if self._sent_links(planned):
            return []
        enough = {Stage.SAVED} if again or not self._rules.chained else {Stage.CREATED, Stage.SAVED}
        return [other for other in self._linked(planned) if self.of(other).stage not in enough]

    def links_stand(self, planned: Planned, links: tuple[str, ...]) -> bool:
        """Return whether the tasks that a create names have succeeded and are what its links stand for."""
        return all(
            self.of(other).stage is Stage.SAVED and self.of(other).id == task
            for other, task in zip(self._linked(planned), links, strict=True)
        )

    def links(self, planned: Planned) -> tuple[str, ...]:
        """Return the tasks that the next create names, "" for what another endpoint has made."""
        return self._sent_links(planned) or tuple(self.of(other).id for other in self._linked(planned))

    def intent(self, planned: Planned, tries: int, links: tuple[str, ...]) -> Intended:
        """Return the record that a create is about to be sent."""
        return Intended(now_ms(), planned.key, planned.line.label, tries, self._stems[planned.key], links)

    def order(self, planned: Planned, tries: int, links: tuple[str, ...]) -> Order:
        """Return the create that names the tasks `links`."""
        made: dict[str, Made] = {
            other.line.name: Ref(task, other.line.spec.kind) if task else self._away[other.line.name]
            for other, task in zip(self._linked(planned), links, strict=True)
        }
        return planned.line.order(key_of(planned.key, tries), made)

    def _linked(self, planned: Planned) -> Iterator[Planned]:
        return (self._named[name] for name in planned.line.links)

    def _sent_links(self, planned: Planned) -> tuple[str, ...]:
        progress = self.of(planned)
        return progress.links if progress.stage is Stage.INTENDED else ()


def now_ms() -> int:
    """Return the wall clock's time, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
