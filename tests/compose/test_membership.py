"""One process among several: what it sees and hears of the others, and what it does about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from genmux.compose.clock import StoreClock
from genmux.compose.membership import ALIVE_MS, JOINED, Membership, Reactions
from genmux.domain.states import TaskState
from genmux.engine.fleet import Fleet, Role, WorkerRow
from genmux.store.keyring import Keyring
from genmux.store.news_words import Heard
from genmux.store.sqlite import SqliteStore
from genmux.testing.harness import FrozenClock
from genmux.testing.store_suite import claimed


@dataclass
class Noted:
    """Everything that was done about others."""

    said: list[Any] = field(default_factory=list)
    flights: list[int] = field(default_factory=list)

    async def reroute(self) -> None:
        self.said.append("reroute")

    def adopt(self, learnt: Mapping[str, str]) -> None:
        self.said.append(dict(learnt))

    def reactions(self) -> Reactions:
        return Reactions(
            notice=lambda state, seq: self.said.append((state, seq)),
            wake_all=lambda: self.said.append("wake all"),
            rekey=lambda: self.said.append("rekey"),
            reroute=self.reroute,
            adopt=self.adopt,
            flights=lambda: self.flights,
            stop=lambda seq: self.said.append(("stop", seq)),
        )

    def new(self) -> list[Any]:
        said, self.said = self.said, []
        return said


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "fleet.sqlite3", clock=clock)
    await store.open()
    yield store
    await store.close()


async def member(
    store: SqliteStore, clock: FrozenClock, noted: Noted, name: str, role: Role = Role.ALL, host: str = "h"
) -> Membership:
    return Membership(
        store=store,
        fleet=Fleet(name, shared=True),
        me=WorkerRow(name, role, host, clock(), clock()),
        store_clock=StoreClock(),
        clock=clock,
        reactions=noted.reactions(),
        on_hosts=lambda hosts: noted.said.append(sorted(hosts)),
        marks=await store.marks(),
    )


async def test_it_knows_who_is_alive_and_where(store: SqliteStore, clock: FrozenClock) -> None:
    noted = Noted()
    one = await member(store, clock, noted, "a")
    two = await member(store, clock, noted, "b", Role.API, "other")
    await one.join()
    assert noted.new() == [["h"]]
    assert one.fleet.alone
    await two.join()
    await one.join()
    assert noted.new() == [["h", "other"], ["h", "other"]]
    assert (one.fleet.engines, one.fleet.apis) == (("a",), ("a", "b"))
    assert one.answering()
    clock.advance(ALIVE_MS / 1000 + 1)
    await one.join()
    assert (one.fleet.apis, noted.new()) == (("a",), [["h"]])
    await one.stop()
    await one.stop()
    assert await store.alive(clock()) == ()


async def test_it_sees_what_others_changed_without_a_word(store: SqliteStore, clock: FrozenClock) -> None:
    noted = Noted()
    one = await member(store, clock, noted, "a")
    await one._look()
    assert noted.new() == []
    keys = Keyring(store, bytes(32), clock, store.tenant)
    key, _, _ = await keys.create("k", None)
    await one._look()
    assert noted.new() == []
    await keys.revoke(key.secret_id)
    await one._look()
    assert noted.new() == ["rekey"]
    await store.put_channel("c", "preview", "{}", True)
    await one._look()
    await one._look()
    assert noted.new() == ["reroute"]
    await store.put_learnt([("slots:1", "a")], clock())
    await one._look()
    await one._look()
    assert noted.new() == [{"slots:1": "a"}]
    await store.put_learnt([("health:1", "b")], clock() - 1_000)  # it became visible late
    await one._look()
    assert noted.new() == [{"health:1": "b"}]


async def test_a_submit_that_was_cancelled_elsewhere_is_stopped(
    store: SqliteStore, clock: FrozenClock
) -> None:
    noted = Noted()
    one = await member(store, clock, noted, "a")
    noted.flights = [7, 8]
    await one._look()
    assert noted.new() == []
    claim = await claimed(store)
    noted.flights = [claim.seq, 99]
    await store.request_cancel(claim.seq, clock())
    await one._look()
    assert noted.new() == [("stop", claim.seq)]


async def test_what_it_hears_wakes_who_waits(store: SqliteStore, clock: FrozenClock) -> None:
    noted = Noted()
    one = await member(store, clock, noted, "a")
    one.hear(Heard(frozenset({TaskState.QUEUED}), ((TaskState.SUCCEEDED, 5),)))
    assert noted.new() == [(TaskState.QUEUED, 0), (TaskState.SUCCEEDED, 5)]
    one.hear(Heard(all=True))
    assert noted.new() == ["wake all"]
    assert not one._newcomer.is_set()
    one.hear(Heard(words=frozenset({JOINED})))
    assert one._newcomer.is_set()
