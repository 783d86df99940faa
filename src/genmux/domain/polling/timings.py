"""How long generations take: learnt from completions, from the exact kind of work to the general."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import msgspec

from genmux.domain.polling.outlook import (
    BINS,
    Completion,
    Outlook,
    believed_completion,
    outlook_of,
    prior_shares,
)
from genmux.domain.polling.planner import strain_after
from genmux.domain.spec import GenerationSpec

MEMORY: Final = 400
"""About so many completions count; older ones fade."""
TRUST: Final = 1.0
"""A coarser belief weighs as much as so many completions of the finer one's own."""
KERNEL_ROUNDS: Final = 10
"""So often a single completion is smoothed; n completions are n ** -0.4 times as often."""
REFRESH: Final = 0.02
"""An outlook holds for so many completions of its channel's kind, as a share of what its own timing knows."""
RECENT: Final = 200
"""About so many completions decide what the average task of a channel costs."""
MAX_NAMES: Final = 4_096
"""So many distributions are kept in memory; the one that learnt longest ago goes first."""
VERSION: Final = 1
"""The bins that stored text was written for."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A learnt distribution of completion ages: how many completions fell into each bin, fading."""

    weights: tuple[float, ...] = (0.0,) * BINS

    @property
    def count(self) -> float:
        """How many completions it stands for, at most `MEMORY`."""
        return math.fsum(self.weights)

    def with_completion(self, completion: Completion) -> Timing:
        """Return this timing after one more completion."""
        keep = 1.0 - 1.0 / MEMORY
        weights = [weight * keep for weight in self.weights]
        for k, share in enumerate(completion.shares, completion.first):
            weights[k] += share
        return Timing(tuple(weights))


NOTHING: Final = Timing()


class _Stored(msgspec.Struct, array_like=True, frozen=True):
    """A timing as text: its bins' version, the first bin with weight, and the weights from there."""

    version: int
    first: int
    weights: list[float]


_decode_stored = msgspec.json.Decoder(_Stored).decode


def encode_timing(timing: Timing) -> str:
    """Return a timing as compact JSON text; weights keep three decimals."""
    weights = [round(weight, 3) for weight in timing.weights]
    told = [k for k, weight in enumerate(weights) if weight]
    first, end = (told[0], told[-1] + 1) if told else (0, 0)
    return msgspec.json.encode(_Stored(VERSION, first, weights[first:end])).decode()


def decode_timing(text: str) -> Timing:
    """Read back what `encode_timing` wrote; text that is damaged or of other bins knows nothing."""
    try:
        stored = _decode_stored(text)
    except (msgspec.DecodeError, UnicodeError):
        return Timing()
    room = BINS - stored.first - len(stored.weights)
    sound = all(weight >= 0.0 for weight in stored.weights) and math.fsum(stored.weights) <= 2 * MEMORY
    if stored.version != VERSION or stored.first < 0 or room < 0 or not sound:
        return Timing()
    return Timing((*(0.0,) * stored.first, *stored.weights, *(0.0,) * room))


def blend(timings: Sequence[Timing], kind: str) -> Outlook:
    """Return what timings, the finest first, say together; each speaks as loud as it knows."""
    shares = prior_shares(kind)
    for timing in reversed(timings):
        known = timing.count
        own = _smooth(timing.weights, known)
        shares = tuple((w + TRUST * p) / (known + TRUST) for w, p in zip(own, shares, strict=True))
    return outlook_of(shares)


def _smooth(weights: Sequence[float], known: float) -> Sequence[float]:
    """Spread weights over neighbouring bins: wide while little is known, hardly later."""
    for _ in range(max(1, round(KERNEL_ROUNDS * max(1.0, known) ** -0.4))):
        padded = (weights[0], *weights, weights[-1])
        weights = [(a + b + b + c) / 4.0 for a, b, c in zip(padded, padded[1:], padded[2:], strict=False)]
    return weights


def timing_names(channel_id: int, spec: GenerationSpec) -> tuple[str, ...]:
    """Return the names of the distributions a task belongs to, the finest first.

    `7/video/Kling/2.1/first_frame/5/720P` belongs to `7/video/Kling/2.1/first_frame/5` too, and so
    on up to `7/video`: the channel's kind.
    """
    family, version = (spec.model.family, spec.model.version) if spec.model is not None else ("", "")
    duration = f"{spec.duration:.0f}" if spec.duration is not None else ""
    parts = (str(channel_id), spec.kind, family, version, mode_of(spec), duration, spec.resolution or "")
    words = [quote(part, safe="+") for part in parts]
    return tuple("/".join(words[:length]) for length in range(len(words), 1, -1))


def timing_key(channel_id: int, spec: GenerationSpec) -> str:
    """Return the finest of `timing_names`."""
    return timing_names(channel_id, spec)[0]


def mode_of(spec: GenerationSpec) -> str:
    """Return what a task is made from, such as `first_frame+last_frame`, or `text`."""
    roles = sorted({reference.role.value for reference in spec.all_references()})
    return "+".join((*(roles or ["text"]), *(["off_peak"] if spec.off_peak else [])))


@dataclass(slots=True)
class _Recent:
    """What the tasks of one channel's kind cost lately: their mean effort and age, and the strain."""

    effort: float = 0.0
    age_ms: float = 0.0
    completions: int = 0
    strain: float = 1.0

    def add(self, effort: float, age_ms: float) -> None:
        self.completions += 1
        share = 1.0 / min(self.completions, RECENT)
        self.effort += (effort - self.effort) * share
        self.age_ms += (age_ms - self.age_ms) * share


@dataclass(slots=True)
class TimingBook:
    """Every distribution in memory; what it learns is taken out with `changed()` to be stored.

    Tasks are named by `timing_names`. Outlooks are kept until enough is new.
    """

    _timings: dict[str, Timing] = field(default_factory=dict)
    _outlooks: dict[str, tuple[Outlook, float]] = field(default_factory=dict)  # and how long they hold
    _recent: defaultdict[str, _Recent] = field(default_factory=lambda: defaultdict(_Recent))
    _changed: dict[str, list[Completion]] = field(default_factory=dict)  # what nobody else knows yet

    def load(self, stored: Iterable[tuple[str, str]]) -> None:
        """Take in (name, text) pairs as `changed()` gave them out, here or elsewhere.

        What was learnt here since then is learnt on top of them.
        """
        for name, text in stored:
            timing = decode_timing(text)
            for completion in self._changed.get(name, ()):
                timing = timing.with_completion(completion)
            self._timings[name] = timing
        self._outlooks.clear()

    def changed(self) -> list[tuple[str, str]]:
        """Return what has changed since the last time, as (name, text) pairs."""
        names, self._changed = sorted(self._changed), {}
        return [(name, encode_timing(self._timings[name])) for name in names if name in self._timings]

    def timing(self, name: str) -> Timing:
        """Return what one name has learnt itself."""
        return self._timings.get(name) or NOTHING

    def outlook(self, names: tuple[str, ...]) -> Outlook:
        """Return what is believed of a task with these names."""
        completions = self._recent[names[-1]].completions
        kept = self._outlooks.get(names[0])
        if kept is not None and completions < kept[1]:
            return kept[0]
        timings = [self.timing(name) for name in names]
        made = blend(timings, names[-1].partition("/")[2])
        if len(self._outlooks) >= MAX_NAMES:
            self._outlooks.clear()
        self._outlooks[names[0]] = (made, completions + max(1.0, REFRESH * timings[0].count))
        return made

    def effort_rate(self, names: tuple[str, ...]) -> float:
        """Return what `Load` wants to know: the effort per millisecond of the average task in flight.

        The average goes over the tasks that share the last name: one channel's kind.
        """
        recent = self._recent[names[-1]]
        own = self.outlook(names).effort_rate
        return recent.strain * (recent.effort / recent.age_ms if recent.age_ms else own)

    def looked(self, pool: str, late_ms: float) -> None:
        """Take in that a look was made so late; `pool` is the last name of the task."""
        recent = self._recent[pool]
        recent.strain = strain_after(recent.strain, late_ms)

    def learn(self, names: tuple[str, ...], after_ms: float, until_ms: float) -> float:
        """Take in a completion between two ages, equal ones for an exact one; return its believed age.

        `after_ms` is the age at which the task was last seen running, `until_ms` when it was seen done.
        """
        outlook = self.outlook(names)
        completion = believed_completion(outlook, after_ms, until_ms)
        for name in names:
            self._keep(name, self.timing(name).with_completion(completion))
            self._changed.setdefault(name, []).append(completion)
        self._recent[names[-1]].add(outlook.effort[0], completion.age_ms)
        return completion.age_ms

    def _keep(self, name: str, timing: Timing) -> None:
        self._timings.pop(name, None)  # the last to have learnt is the last in order
        while len(self._timings) >= MAX_NAMES:
            gone = next(iter(self._timings))
            del self._timings[gone]
            self._changed.pop(gone, None)
        self._timings[name] = timing
