"""What to do with a line next: one pure decision from where it stands, and what may be done again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from genmux.client.batch.manifest import Progress, Stage
from genmux.client.endpoint import Facts, Ref
from genmux.domain.spec import TaskError

AGAIN: Final = {
    "upstream_failed": True,
    "internal": True,
    "input_failed": True,
    "content_refused": False,
    "invalid_value": False,
    "no_channel": False,
    "upstream_expired": False,  # these four may have been paid for, or will be
    "source_gone": False,
    "output_failed": False,
    "deadline": False,
    "outcome_unknown": False,
}
"""Whether a task that failed with this code is made again by itself. A code that is not here is not."""
UNKNOWN: Final = frozenset({"outcome_unknown"})
"""Codes of failed tasks that may exist all the same: making them again is for a person to decide."""
KEY_SECONDS: Final = {"genmux": 23 * 3600, "vod": 71 * 3600}
"""How long an endpoint remembers a create's key (24 hours, 3 days), less an hour for clocks that differ."""
WAITING_THERE: Final = frozenset({"genmux"})
"""Endpoints that keep a task waiting for the one that it links to; at others the line waits here."""
CLOCK_SECONDS: Final = 3600
"""How far a clock may have been set back since an intent before nobody can tell its age any more."""
LONGEST_PAUSE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What a batch may rely on at its endpoint, and how often it makes a failed line again.

    `key_seconds` is how long a create may be repeated under its key, 0 where there are no keys; `chained`
    says that a line may be created before those that it links to have ended. A failed line is made again
    after `first_pause_seconds`, then after twice as long.
    """

    key_seconds: float
    chained: bool = False
    retries: int = 2
    first_pause_seconds: float = 1.0

    @property
    def keyed(self) -> bool:
        """True where a create whose answer was lost may be sent again."""
        return self.key_seconds > 0


@dataclass(frozen=True, slots=True)
class Create:
    """Send the create that `tries` numbers, after `pause_seconds`."""

    tries: int
    pause_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Follow:
    """Wait for the task to end, and bring its results home."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Done:
    """There is nothing left to do."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The line has failed for good."""

    error: TaskError


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The line may have been made, and nobody here can find out."""

    error: TaskError


Step: TypeAlias = Create | Follow | Done | GivenUp | InDoubt

_NO_ANSWER: Final = TaskError(
    "outcome_unknown",
    "the create was sent and its answer never came; --resubmit-unknown sends it again, and may pay twice",
    "创建请求已发出但未收到响应；可用 --resubmit-unknown 重新提交，但可能重复计费",
)


def rules_for(facts: Facts, retries: int) -> Rules:
    """Return the rules of a batch at an endpoint."""
    seconds = KEY_SECONDS.get(facts.name, 0) if facts.keyed else 0
    return Rules(seconds, chained=facts.chains and facts.name in WAITING_THERE, retries=retries)


def decide(progress: Progress, rules: Rules, now: int) -> Step:
    """Return what is next for a line; `now` is milliseconds since the epoch.

    A create that was meant to be sent is sent again only under the same key while the endpoint
    remembers it: so no line has two tasks unless somebody asked for that.
    """
    match progress.stage:
        case Stage.NEW:
            return Create(progress.tries)
        case Stage.INTENDED:
            if remembered(progress, rules, now):
                return Create(progress.tries)
            return InDoubt(_NO_ANSWER)
        case Stage.CREATED:
            return Follow(Ref(progress.id, progress.kind))
        case Stage.SAVED:
            return Done()
        case Stage.FAILED:
            return _after_failure(progress, rules)


def remembered(progress: Progress, rules: Rules, now: int) -> bool:
    """Return whether the endpoint certainly still knows the key of the create that was last intended."""
    age = (now - progress.intended_at) / 1000
    return rules.keyed and -CLOCK_SECONDS <= age < rules.key_seconds


def _after_failure(progress: Progress, rules: Rules) -> Step:
    error = progress.error
    assert error is not None  # a failure says why
    if error.code in UNKNOWN:
        return InDoubt(error)
    if AGAIN.get(error.code, False) and progress.failures <= rules.retries:
        pause = min(rules.first_pause_seconds * 2.0 ** (progress.failures - 1), LONGEST_PAUSE_SECONDS)
        return Create(progress.tries + 1, pause)
    return GivenUp(error)


def key_of(line: str, tries: int) -> str:
    """Return the key of a line's create (32 to 35 characters: fits a VOD SessionId)."""
    return f"{line}-r{tries}" if tries else line
