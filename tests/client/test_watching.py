"""How looks are shared: a quota for all waiting tasks of a client, a longest wait, and room in order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from tests.client.worlds import FILM, PICTURE, Account, World

from genmux.client.endpoint import Order, Ref
from genmux.client.slots import Slots, patience
from genmux.domain.errors import NotFound
from genmux.domain.spec import Kind


def world(seconds: float) -> tuple[World, Account]:
    place = World()
    account = Account(place, "mps", seconds=seconds)
    place.platform = account
    return place, account


def waited(endpoint: Any, order: Order) -> Any:
    last = yield from endpoint.create(order)
    while not last.final:
        last = yield from endpoint.follow(last, 3600.0)
    return last


def test_many_waits_share_the_quota_fairly() -> None:
    place, _ = world(seconds=100.0)
    endpoint = place.mps()
    ended = place.run_all(*(waited(endpoint, Order(PICTURE)) for _ in range(400)))

    assert {snapshot.state for snapshot in ended} == {"succeeded"}
    looks = [at for at, call in place.calls if b"TaskId" in call.body]
    assert all(sum(1 for t in looks if begin <= t < begin + 1) <= 20 for begin in looks[::7])
    assert place.now < 180.0


@pytest.mark.parametrize("poll", [2.0, 5.0])
def test_the_longest_wait_between_two_looks_is_kept(poll: float) -> None:
    place, _ = world(seconds=100.0)
    place.run(waited(place.mps(poll_seconds=poll), Order(FILM)))
    times = [at for at, _ in place.calls]
    assert max(b - a for a, b in pairwise(times)) <= poll * 1.1 + 0.1


def test_a_task_of_another_client_is_looked_at_at_once() -> None:
    place, account = world(seconds=0.0)
    account.made["4-AigcVideo-1"] = 0.0
    ref = Ref("4-AigcVideo-1", Kind.VIDEO)
    assert place.run(place.mps().look(ref)).state == "succeeded"
    with pytest.raises(NotFound):
        place.run(place.mps().look(Ref("4-AigcVideo-2", Kind.VIDEO)))


def test_the_line_is_served_in_order() -> None:
    slots = Slots({Kind.VIDEO: 1})
    assert slots.line_up(Kind.IMAGE) is None
    first, second = slots.line_up(Kind.VIDEO), slots.line_up(Kind.VIDEO)
    assert first is not None
    assert second is not None
    assert not slots.enter(second)
    assert slots.enter(first)
    slots.started(Kind.VIDEO, "a")
    assert (slots.place(second), slots.enter(second)) == (0, False)
    slots.ended(Kind.VIDEO, "a")
    slots.ended(Kind.VIDEO, "a")
    assert slots.enter(second)
    slots.started(Kind.VIDEO, None)
    assert slots.running(Kind.VIDEO) == ()


def test_whoever_is_far_behind_looks_less_often() -> None:
    waits = [patience(place) for place in range(200)]
    assert waits == sorted(waits)
    assert waits[-1] <= 5.0
