"""What the endpoints of Tencent's platforms and relays share: inputs, room, looks, events and results."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec.structs import replace as replace_struct

from genmux.client.cos import CosBucket
from genmux.client.downloads import URL_GONE, downloaded, not_served
from genmux.client.effects import Download, Flow, NotServed, Pause
from genmux.client.endpoint import Artifact, Facts, FromTask, Order, Ref, Snapshot, TaskEvent
from genmux.client.errors import BrokenAnswer, Unreachable
from genmux.client.inputs import Doors, given, refuse_shut_out, with_handed
from genmux.client.platform_words import (
    expired,
    no_cancel,
    no_output,
    no_result,
    no_such_result,
    refuse_unsaid,
    reserved,
)
from genmux.client.slots import Slots, Ticket, patience
from genmux.client.watching import Watch, Watchlist
from genmux.domain.catalog import builtin
from genmux.domain.error_classes import ERROR_CODE, ErrorClass
from genmux.domain.errors import CallerError, NotFound
from genmux.domain.ids import new_task_id
from genmux.domain.spec import RESULT_FIELDS, GenerationSpec, Kind, OutputTarget, TaskError
from genmux.domain.text import Text
from genmux.domain.words import CONTENT_TYPES
from genmux.wires.tencent_rows import STAGED

LONGEST_LOOK_SECONDS: Final = 3600.0
MOST_TROUBLES: Final = 6
"""So many looks in a row may tell nothing before a wait gives up."""
PACED_SHARE: Final = 0.95
"""How much of a documented rate is used: one call too many in any second would need to be 50 ms early."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What a caller wants of an endpoint beside its credential; numbers of tasks, and seconds.

    `defaults` are spec fields that hold where a create of the kind does not say them. `language` is that
    of what `check` finds.
    """

    paced: bool = True
    max_tasks: Mapping[Kind, int] = field(default_factory=dict)
    poll_seconds: float | None = None
    bucket: CosBucket | None = None
    output: OutputTarget | None = None
    defaults: Mapping[Kind, Mapping[str, Any]] = field(default_factory=dict)
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where an endpoint gets its time: `wall` in seconds since the epoch, for signatures and dates.

    `steady` counts seconds, from anywhere; `chance` (0 to 1) spreads repeated calls.
    """

    wall: Callable[[], float]
    steady: Callable[[], float]
    chance: Callable[[], float] = random.random


class PlatformEndpoint:
    """One platform under one credential; `render`, `send` and `look_once` are the wire's own.

    It may be shared between threads and between the tasks of a loop.
    """

    name: str = ""
    rates: Mapping[str, float] = {}
    keyed: bool = False
    value_bytes: int = 0
    takes_output: bool = False
    reserved: Mapping[str, str] = {}
    """Words of the wire that `extra` may not say, and the argument that says them instead."""
    result_hours: int = 12

    def __init__(self, habits: Habits, clocks: Clocks) -> None:
        rates = {name: rate * PACED_SHARE for name, rate in self.rates.items()} if habits.paced else {}
        self.facts = Facts(
            name=self.name, keyed=self.keyed, chains=True, cancels=False, steps=False, paces=rates
        )
        self._habits = habits
        self._clocks = clocks
        self._doors = Doors(self.value_bytes, habits.bucket, clocks.wall)
        self._watches = Watchlist(clocks.steady, rates, habits.poll_seconds, clocks.wall)
        self._slots = Slots(habits.max_tasks)

    # ---------------------------------------------------------------- the wire's own

    def render(self, order: Order, key: str) -> tuple[str, dict[str, Any], tuple[str, ...]]:
        """Return where a create goes, its body, and the spec fields that it cannot say."""
        raise NotImplementedError

    def send(self, target: str, body: dict[str, Any], order: Order, key: str) -> Flow[Snapshot]:
        """Send a create, again only where that cannot pay twice."""
        raise NotImplementedError

    def look_once(self, ref: Ref) -> Flow[Snapshot]:
        """Ask how a task is doing."""
        raise NotImplementedError

    def result_source(self, snapshot: Snapshot, n: int) -> str:
        """Return how the wire names result `n` of a task as an input."""
        return next(a.url for a in snapshot.artifacts if a.n == n)

    # ---------------------------------------------------------------- the endpoint

    def create(self, order: Order) -> Flow[Snapshot]:
        """Create a task, once there is room for it. Raises `OutcomeUnknown` as the endpoint's facts say."""
        order, kind, key = self._completed(order), order.spec.kind, order.key or new_task_id().hex()
        target, body, unsaid = self._rendered(order, key)
        if order.sources:
            order = replace(order, spec=(yield from given(order, self._doors, self._result_of)))
            target, body, unsaid = self.render(order, key)
            refuse_unsaid(unsaid)
        yield from self._await_room(kind)
        made: Snapshot | None = None
        try:
            made = yield from self.send(target, with_words(body, order.extra), order, key)
        finally:
            self._slots.started(kind, None if made is None else made.ref.id)
        if soft := [name for name in unsaid if name not in RESULT_FIELDS]:
            made = replace(made, raw={**made.raw, "unsaid": soft})
        return self._watches.accepted(made, order.spec)

    def check(self, order: Order) -> Flow[tuple[str, ...]]:
        """Return what a create would be refused for, as far as this machine knows; nothing is sent."""
        yield from ()
        found: list[Text] = []
        try:
            order = self._completed(order)
            self._rendered(order, order.key or "key")
        except CallerError as error:
            found.append(error.text)
        found += [violation.text for violation in builtin().check(order.spec, surface=self.name)]
        return tuple(text.say(self._habits.language) for text in found)

    def look(self, ref: Ref) -> Flow[Snapshot]:
        """Return how a task is doing now."""
        return (yield from self._observe(self._watches.of(ref)))

    def follow(self, last: Snapshot, seconds: float) -> Flow[Snapshot]:
        """Return how a task is doing at its next look, where its end is likely, or after `seconds`."""
        if last.final:
            return last
        watch = self._watches.of(last.ref)
        with self._watches.following(watch):
            wait = min(seconds, LONGEST_LOOK_SECONDS, self._watches.due(watch) - self._clocks.steady())
            if wait > 0:
                yield Pause(wait)
            try:
                return (yield from self._observe(watch))
            except BrokenAnswer:
                if self._watches.troubled(watch) >= MOST_TROUBLES:
                    raise
                return last

    def cancel(self, ref: Ref) -> Flow[Snapshot]:
        """Raise `Unsupported`: no such call exists there."""
        yield from ()
        raise no_cancel(self.name, ref.id)

    def events(self, ref: Ref, after: int) -> Flow[tuple[TaskEvent, ...]]:
        """Return what this client's looks have seen change since line `after`; there is no timeline."""
        watch = self._watches.of(ref)
        if not watch.lines:
            yield from self._observe(watch)
        return tuple(line for line in watch.lines if line.n > after)

    def fetch(self, artifact: Artifact, ref: Ref, path: Path) -> Flow[Path]:
        """Write a result to `path`, whole or not at all; a URL that has gone is asked for anew, once."""
        wanted = Download(artifact.url, path, medium=artifact.medium(ref.kind))
        try:
            return (yield from downloaded(wanted))
        except NotServed as refused:
            if refused.status not in URL_GONE:
                raise not_served(artifact.url, refused.status) from None
        snapshot = yield from self.look(ref)
        url = next((a.url for a in snapshot.artifacts if a.n == artifact.n), artifact.url)
        try:
            return (yield from downloaded(replace(wanted, url=url)))
        except NotServed as refused:
            raise expired(self.name, url, refused.status, self.result_hours) from None

    # ---------------------------------------------------------------- orders

    def _completed(self, order: Order) -> Order:
        """Return the order with what the caller's configuration says where it does not."""
        said = self._habits.defaults.get(order.spec.kind, {})
        if said := {name: value for name, value in said.items() if getattr(order.spec, name) is None}:
            order = replace(order, spec=replace_struct(order.spec, **said))
        if self.takes_output and order.output is None and self._habits.output is not None:
            order = replace(order, output=self._habits.output)
        return order

    def _rendered(self, order: Order, key: str) -> tuple[str, dict[str, Any], tuple[str, ...]]:
        """Return what `render` does of an order whose inputs all have a URL.

        Refuses what the wire cannot say before any input is read, put anywhere or sent.
        """
        for name in order.extra:
            if name in self.reserved:
                raise reserved(name, self.reserved[name])
        if order.output is not None and not self.takes_output:
            raise no_output(self.name)
        if order.sources:
            refuse_shut_out(order, self._doors)
            stand_ins = {n: f"{STAGED}{n}" for n in range(len(order.sources))}
            order = replace(order, spec=with_handed(order.spec, stand_ins))
        rendered = self.render(order, key)
        refuse_unsaid(rendered[2])
        return rendered

    def _result_of(self, source: FromTask, field: str) -> Flow[str]:
        """Wait for another task of this endpoint and return its result as an input."""
        watch = self._watches.of(source.ref)
        last = watch.last or (yield from self._observe(watch))
        while not last.final:
            last = yield from self.follow(last, LONGEST_LOOK_SECONDS)
        if last.state != "succeeded":
            raise no_result(field, last)
        n = last.artifacts[0].n if source.n is None and last.artifacts else source.n
        if all(a.n != n for a in last.artifacts):
            raise no_such_result(field, last, n)
        return self.result_source(last, n or 0)

    # ---------------------------------------------------------------- room

    def _await_room(self, kind: Kind) -> Flow[None]:
        """Wait in line until one task more may run; whoever is first looks after those that do."""
        ticket = self._slots.line_up(kind)
        if ticket is None:
            return
        try:
            while not self._slots.enter(ticket):
                yield from self._look_around(ticket)
        finally:
            self._slots.give_up(ticket)

    def _look_around(self, ticket: Ticket) -> Flow[None]:
        place = self._slots.place(ticket)
        watches = [self._watches.of(Ref(id_, ticket.kind)) for id_ in self._slots.running(ticket.kind)]
        alone = [watch for watch in watches if not watch.followers]
        due = min(alone, key=self._watches.due) if alone and place == 0 else None
        wait = patience(place)
        left = wait if due is None else self._watches.due(due) - self._clocks.steady()
        if due is None or left > wait:
            yield Pause(wait)
            return
        with self._watches.following(due):
            yield Pause(max(0.0, left))
            try:
                yield from self._observe(due)
            except NotFound:
                return  # its room is free
            except (BrokenAnswer, Unreachable):
                self._watches.troubled(due)

    # ---------------------------------------------------------------- looks

    def _observe(self, watch: Watch) -> Flow[Snapshot]:
        """Look at a task once; one that has ended or is forgotten gives its room back."""
        try:
            snapshot = self._watches.seen(watch, (yield from self.look_once(watch.ref)))
        except NotFound:
            self._slots.ended(watch.ref.kind, watch.ref.id)
            raise
        if snapshot.final:
            self._slots.ended(watch.ref.kind, watch.ref.id)
        return snapshot


def task_error(found: ErrorClass, code: str, message: str) -> TaskError:
    """Return why a task failed, as a snapshot carries it."""
    return TaskError(ERROR_CODE[found], message, upstream_code=code)


def content_type_of_url(url: str) -> str | None:
    """Return the content type that a URL's ending stands for, None where it has no known one."""
    return CONTENT_TYPES.get(urlsplit(url).path.rpartition(".")[2].lower())


def with_words(body: dict[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with the caller's own words of the wire; tables are merged, one level deep."""
    said = dict(body)
    for name, value in extra.items():
        table = said.get(name)
        said[name] = {**table, **value} if isinstance(table, dict) and isinstance(value, dict) else value
    return said


def with_version(spec: GenerationSpec, surface: str) -> GenerationSpec:
    """Return a spec whose model has a version: the newest stable one where the caller named none."""
    if spec.model is None or spec.model.version:
        return spec
    chosen = builtin().choose(spec.kind, spec.model.family, None, surface=surface, defaults={})
    return replace_struct(spec, model=chosen.model)
