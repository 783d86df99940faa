"""Circuit breakers and learnt slots: what a channel's answers do to the work it is given."""

from __future__ import annotations

import pytest

from genmux.engine.channels import Channel
from genmux.engine.health import TRIPS, Health
from genmux.engine.slots import PATIENCE, Slots
from genmux.providers.preview import provider
from genmux.providers.seam import Accepted, Ambiguous, ErrorClass, NotSent, Outcome, Refused

NOW = 1_000_000
HARMLESS = set(ErrorClass) - set(TRIPS)


def refused(error_class: ErrorClass) -> Refused:
    return Refused(error_class, "Code", "message")


@pytest.mark.parametrize("error_class", [ErrorClass.AUTH, ErrorClass.QUOTA])
def test_one_refusal_of_the_account_opens_the_breaker(error_class: ErrorClass) -> None:
    health = Health()
    assert health.room(1, NOW) is None
    health.learn(1, refused(error_class), NOW)
    assert health.room(1, NOW) == 0
    assert health.room(2, NOW) is None
    view = health.view(1, NOW)
    assert (view.state, view.error_class, view.why) == ("open", error_class, "Code: message")


@pytest.mark.parametrize(
    "outcome", [NotSent("refused"), Ambiguous("time-out"), refused(ErrorClass.TRANSIENT)]
)
def test_an_upstream_that_fails_twice_in_a_row_is_left_alone(outcome: Outcome) -> None:
    health = Health()
    health.learn(1, outcome, NOW)
    assert health.room(1, NOW) is None
    health.learn(1, Accepted("ref"), NOW)
    for _ in range(2):
        assert health.room(1, NOW) is None
        health.learn(1, outcome, NOW)
    assert health.room(1, NOW) == 0


@pytest.mark.parametrize("error_class", sorted(HARMLESS))
def test_what_is_about_the_task_says_nothing_about_the_channel(error_class: ErrorClass) -> None:
    health = Health()
    for _ in range(20):
        health.learn(1, refused(error_class), NOW)
    assert health.room(1, NOW) is None


def test_when_the_time_is_up_one_attempt_tries() -> None:
    health = Health()
    health.learn(1, refused(ErrorClass.AUTH), NOW)
    later = NOW + TRIPS[ErrorClass.AUTH].first_ms
    assert health.room(1, later - 1) == 0
    assert health.room(1, later) == 1
    assert health.view(1, later).state == "half_open"
    health.started(1)
    assert health.room(1, later) == 0
    health.learn(1, refused(ErrorClass.AUTH), later)
    assert health.room(1, later + TRIPS[ErrorClass.AUTH].first_ms) == 0  # twice as long now
    again = later + 2 * TRIPS[ErrorClass.AUTH].first_ms
    assert health.room(1, again) == 1
    health.started(1)
    health.learn(1, Accepted("ref"), again)
    assert health.room(1, again) is None
    assert health.view(1, again).state == "closed"


def test_a_try_that_never_asked_leaves_room_for_another() -> None:
    health = Health()
    health.learn(1, refused(ErrorClass.QUOTA), NOW)
    later = NOW + TRIPS[ErrorClass.QUOTA].first_ms
    health.started(1)
    health.undecided(1)
    assert health.room(1, later) == 1


def test_a_poll_accuses_but_never_acquits() -> None:
    health = Health()
    health.accuse(1, NotSent("network"), NOW)
    assert health.room(1, NOW) is None
    health.accuse(1, refused(ErrorClass.AUTH), NOW)
    assert health.room(1, NOW) == 0
    health.accuse(1, Accepted("x"), NOW)
    assert health.room(1, NOW) == 0
    health.forgive(1)
    assert health.room(1, NOW) is None


def learning(slots: int = 1) -> Channel:
    return Channel(3, "vod", provider, slots=slots, learns=True)


def test_slots_grow_while_they_are_all_in_use_and_shrink_on_overflow() -> None:
    slots, channel = Slots(), learning()
    assert slots.limit(channel) == 1
    assert not slots.ended(channel, 0)  # a slot was free: nothing is learnt
    assert slots.ended(channel, 1)
    assert slots.limit(channel) == 2
    assert not slots.ended(channel, 2)
    assert slots.ended(channel, 2)
    assert slots.limit(channel) == 3
    assert slots.overflowed(channel, 3)
    assert slots.limit(channel) == 2
    for _ in range(2 * PATIENCE - 1):
        assert not slots.ended(channel, 2)
    assert slots.ended(channel, 2)
    assert slots.limit(channel) == 3


def test_slots_never_fall_below_what_is_configured() -> None:
    slots, channel = Slots(), learning(slots=4)
    slots.overflowed(channel, 2)
    assert slots.limit(channel) == 4


def test_slots_survive_a_restart() -> None:
    slots, channel = Slots(), learning()
    slots.ended(channel, 1)
    again = Slots()
    again.remember({"1/video": "[1,0,[]]", **dict([slots.told(channel.id)])})
    assert again.limit(channel) == 2


def test_a_channel_with_a_fixed_number_learns_nothing() -> None:
    slots, channel = Slots(), Channel(1, "c", provider, slots=2)
    assert not slots.ended(channel, 2)
    assert not slots.overflowed(channel, 2)
    assert slots.limit(channel) == 2
