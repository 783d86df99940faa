"""Circuit breakers: which channels are left alone for a while, why, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from genmux.domain.spec import encode_json
from genmux.providers.seam import (
    Ambiguous,
    ErrorClass,
    NotSent,
    Outcome,
    Puzzling,
    Refused,
)


class Trip(NamedTuple):
    """After how many failures in a row a breaker opens, and for how long: at first, and at most."""

    failures: int
    first_ms: int
    longest_ms: int


TRIPS: Final[dict[ErrorClass, Trip]] = {
    ErrorClass.AUTH: Trip(1, 30_000, 900_000),
    ErrorClass.QUOTA: Trip(1, 60_000, 900_000),
    ErrorClass.CAPACITY: Trip(3, 15_000, 300_000),
    ErrorClass.TRANSIENT: Trip(2, 10_000, 300_000),  # each may have left a task nobody knows about
}
"""What opens a breaker; every other class says nothing about the channel.

RATE slows the channel down instead, CONCURRENCY takes slots from it.
"""


NAME: Final = "health:{}"
"""Under which name a channel's open breakers are kept for other processes."""


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """One open breaker, as processes tell each other of it."""

    error_class: ErrorClass
    open_until: int
    open_ms: int
    failures: int
    why: str = ""


_decode_told: Final = msgspec.json.Decoder(tuple[Told, ...]).decode


@dataclass(slots=True)
class Breaker:
    """The record of one error class at one channel."""

    failures: int = 0  # in a row
    open_until: int | None = None
    open_ms: int = 0
    trying: bool = False  # one attempt is on its way to see whether it is over
    why: str = ""


@dataclass(frozen=True, slots=True)
class HealthView:
    """What an operator is told: `state` is closed, open or half_open; times in milliseconds."""

    state: str
    error_class: str = ""
    why: str = ""
    open_until: int | None = None


HEALTHY: Final = HealthView("closed")


def trouble_of(outcome: Outcome) -> tuple[ErrorClass, str] | None:
    """Return the class of trouble with the channel that an outcome shows, None for none."""
    match outcome:
        case NotSent(message) | Ambiguous(message) | Puzzling(message):
            return ErrorClass.TRANSIENT, message
        case Refused(error_class, code, message) if error_class in TRIPS:
            return error_class, f"{code}: {message}"
        case _:
            return None


class Health:
    """One breaker per channel and error class; times are given, in milliseconds."""

    def __init__(self) -> None:
        self._breakers: dict[int, dict[ErrorClass, Breaker]] = {}

    def room(self, channel_id: int, now: int) -> int | None:
        """Return how many attempts may start: None is any number, 1 is a try, 0 is none."""
        room: int | None = None
        for breaker in self._breakers.get(channel_id, {}).values():
            if breaker.open_until is None:
                continue
            if breaker.trying or now < breaker.open_until:
                return 0
            room = 1
        return room

    def started(self, channel_id: int) -> None:
        """An attempt starts: where a breaker was half open, it is the one that tries."""
        for breaker in self._breakers.get(channel_id, {}).values():
            if breaker.open_until is not None:
                breaker.trying = True

    def learn(self, channel_id: int, outcome: Outcome, now: int) -> None:
        """Take note of how an attempt's submit ended."""
        trouble = trouble_of(outcome)
        if trouble is None:
            self._breakers.pop(channel_id, None)
        else:
            self._failed(channel_id, *trouble, now)

    def accuse(self, channel_id: int, outcome: Outcome, now: int) -> None:
        """Take note of trouble that another call met; a success of such a call proves nothing."""
        trouble = trouble_of(outcome)
        if trouble is not None and trouble[0] in (ErrorClass.AUTH, ErrorClass.QUOTA):
            self._failed(channel_id, *trouble, now)

    def undecided(self, channel_id: int) -> None:
        """A try ended without the upstream having been asked."""
        for breaker in self._breakers.get(channel_id, {}).values():
            breaker.trying = False

    def forgive(self, channel_id: int) -> None:
        """Forget everything about a channel: its operator has changed it."""
        self._breakers.pop(channel_id, None)

    def told(self, channel_id: int) -> tuple[str, str]:
        """Return the name and the text by which other processes learn of a channel's open breakers."""
        breakers = self._breakers.get(channel_id, {})
        found = tuple(
            Told(error_class, b.open_until, b.open_ms, b.failures, b.why)
            for error_class, b in breakers.items()
            if b.open_until is not None
        )
        return NAME.format(channel_id), encode_json(found)

    def adopt(self, channel_id: int, text: str) -> None:
        """Take over what another process told; a try that is under way here stays one."""
        known, found = self._breakers.get(channel_id, {}), _decode_told(text)
        kept = {name: b for name, b in known.items() if b.open_until is None and found}
        for told in found:
            trying = told.error_class in known and known[told.error_class].trying
            kept[told.error_class] = Breaker(told.failures, told.open_until, told.open_ms, trying, told.why)
        self._breakers[channel_id] = kept

    def _failed(self, channel_id: int, error_class: ErrorClass, why: str, now: int) -> None:
        breakers = self._breakers.setdefault(channel_id, {})
        for breaker in breakers.values():
            breaker.trying = False
        breaker = breakers.setdefault(error_class, Breaker())
        trip = TRIPS[error_class]
        breaker.failures += 1
        breaker.why = why
        if breaker.failures < trip.failures:
            return
        if breaker.open_until is None or now >= breaker.open_until:
            breaker.open_ms = min(trip.longest_ms, breaker.open_ms * 2 or trip.first_ms)
            breaker.open_until = now + breaker.open_ms

    def view(self, channel_id: int, now: int) -> HealthView:
        """Return how a channel is, by its worst breaker."""
        found = HEALTHY
        for error_class, breaker in self._breakers.get(channel_id, {}).items():
            if breaker.open_until is None:
                continue
            state = "open" if now < breaker.open_until else "half_open"
            if found.open_until is None or breaker.open_until > found.open_until:
                found = HealthView(state, error_class, breaker.why, breaker.open_until)
        return found
