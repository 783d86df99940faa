"""The task machine: nine states, one table of legal moves, one function that makes them."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Final, NamedTuple

from genmux.domain.errors import IllegalMove
from genmux.domain.text import same


class TaskState(IntEnum):
    """Where a task stands; the numbers are stored, so they never change."""

    WAITING = 0
    QUEUED = 1
    SUBMITTING = 2
    RUNNING = 3
    UNKNOWN = 4
    COLLECTING = 5
    SUCCEEDED = 6
    FAILED = 7
    CANCELLED = 8

    @property
    def final(self) -> bool:
        """True once nothing but `found` can move the task again."""
        return self >= TaskState.SUCCEEDED

    @property
    def word(self) -> str:
        """The state's name on our own wire."""
        return _WORDS[self]


_WORDS: Final = tuple(name.lower() for name in TaskState.__members__)


class Event(Enum):
    """What can happen to a task."""

    INPUTS_READY = "inputs_ready"  # every input is frozen in our media store
    INPUT_FAILED = "input_failed"  # an input can never be frozen
    CLAIMED = "claimed"  # a worker took it; the intent is durable before the call
    NOT_SENT = "not_sent"  # the call never left, or lost work is free to repeat
    ACCEPTED = "accepted"  # the upstream has it and told us its reference
    MADE = "made"  # the result exists, spooled or at a URL
    REFUSED = "refused"  # the upstream will never make it
    AMBIGUOUS = "ambiguous"  # the call may or may not have arrived
    ABSENT = "absent"  # a lookup proved it never arrived: same key, again
    UPSTREAM_FAILED = "upstream_failed"  # the upstream tried and failed
    UPSTREAM_EXPIRED = "upstream_expired"  # the upstream forgot it
    STORED = "stored"  # the bytes are verified and in our store
    LOST = "lost"  # the result is gone and cannot be fetched again
    REDO = "redo"  # the result is gone but free to make again
    BROKE = "broke"  # our own worker failed for good
    DEADLINE = "deadline"  # time is up
    GIVEN_UP = "given_up"  # the operator stopped waiting for an unknown outcome
    CANCELLED = "cancelled"  # the caller wants it no more
    FOUND = "found"  # a late success turned up after the task was given up


class Effect(Enum):
    """What must be written together with a move."""

    OPEN_ATTEMPT = "open_attempt"
    CLOSE_ATTEMPT = "close_attempt"
    WAKE_DEPENDANTS = "wake_dependants"
    FAIL_DEPENDANTS = "fail_dependants"


class Move(NamedTuple):
    """The state after an event, and what has to be written with it."""

    state: TaskState
    effects: frozenset[Effect]


REOPENABLE: Final = frozenset({"outcome_unknown", "deadline"})
"""Error codes of failed tasks that `found` may bring back."""

_S = TaskState
_E = Event
_OPEN = frozenset({Effect.OPEN_ATTEMPT})
_NONE: frozenset[Effect] = frozenset()
_CLOSE = frozenset({Effect.CLOSE_ATTEMPT})
_WIN = frozenset({Effect.CLOSE_ATTEMPT, Effect.WAKE_DEPENDANTS})
_LOSE = frozenset({Effect.CLOSE_ATTEMPT, Effect.FAIL_DEPENDANTS})
_LOSE_EARLY = frozenset({Effect.FAIL_DEPENDANTS})

TABLE: Final[dict[tuple[TaskState, Event], Move]] = {
    (_S.WAITING, _E.INPUTS_READY): Move(_S.QUEUED, _NONE),
    (_S.WAITING, _E.INPUT_FAILED): Move(_S.FAILED, _LOSE_EARLY),
    (_S.WAITING, _E.DEADLINE): Move(_S.FAILED, _LOSE_EARLY),
    (_S.WAITING, _E.CANCELLED): Move(_S.CANCELLED, _LOSE_EARLY),
    (_S.QUEUED, _E.CLAIMED): Move(_S.SUBMITTING, _OPEN),
    (_S.QUEUED, _E.REFUSED): Move(_S.FAILED, _LOSE_EARLY),
    (_S.QUEUED, _E.DEADLINE): Move(_S.FAILED, _LOSE_EARLY),
    (_S.QUEUED, _E.CANCELLED): Move(_S.CANCELLED, _LOSE_EARLY),
    (_S.SUBMITTING, _E.NOT_SENT): Move(_S.QUEUED, _CLOSE),
    (_S.SUBMITTING, _E.ACCEPTED): Move(_S.RUNNING, _NONE),
    (_S.SUBMITTING, _E.MADE): Move(_S.COLLECTING, _NONE),
    (_S.SUBMITTING, _E.REFUSED): Move(_S.FAILED, _LOSE),
    (_S.SUBMITTING, _E.BROKE): Move(_S.FAILED, _LOSE),
    (_S.SUBMITTING, _E.AMBIGUOUS): Move(_S.UNKNOWN, _NONE),
    (_S.SUBMITTING, _E.CANCELLED): Move(_S.CANCELLED, _LOSE),
    (_S.SUBMITTING, _E.DEADLINE): Move(_S.FAILED, _LOSE),
    (_S.RUNNING, _E.MADE): Move(_S.COLLECTING, _NONE),
    (_S.RUNNING, _E.UPSTREAM_FAILED): Move(_S.FAILED, _LOSE),
    (_S.RUNNING, _E.UPSTREAM_EXPIRED): Move(_S.FAILED, _LOSE),
    (_S.RUNNING, _E.REDO): Move(_S.QUEUED, _CLOSE),
    (_S.RUNNING, _E.DEADLINE): Move(_S.FAILED, _LOSE),
    (_S.RUNNING, _E.CANCELLED): Move(_S.CANCELLED, _LOSE),
    (_S.UNKNOWN, _E.ACCEPTED): Move(_S.RUNNING, _NONE),
    (_S.UNKNOWN, _E.MADE): Move(_S.COLLECTING, _NONE),
    (_S.UNKNOWN, _E.ABSENT): Move(_S.SUBMITTING, _NONE),
    (_S.UNKNOWN, _E.NOT_SENT): Move(_S.QUEUED, _CLOSE),
    (_S.UNKNOWN, _E.REFUSED): Move(_S.FAILED, _LOSE),
    (_S.UNKNOWN, _E.DEADLINE): Move(_S.FAILED, _LOSE),
    (_S.UNKNOWN, _E.GIVEN_UP): Move(_S.FAILED, _LOSE),
    (_S.UNKNOWN, _E.CANCELLED): Move(_S.CANCELLED, _LOSE),
    (_S.COLLECTING, _E.STORED): Move(_S.SUCCEEDED, _WIN),
    (_S.COLLECTING, _E.LOST): Move(_S.FAILED, _LOSE),
    (_S.COLLECTING, _E.REDO): Move(_S.QUEUED, _CLOSE),
    (_S.COLLECTING, _E.BROKE): Move(_S.FAILED, _LOSE),
    (_S.COLLECTING, _E.DEADLINE): Move(_S.FAILED, _LOSE),
    (_S.COLLECTING, _E.CANCELLED): Move(_S.CANCELLED, _LOSE),
    (_S.FAILED, _E.FOUND): Move(_S.COLLECTING, _OPEN),
}
"""Every legal move. `failed` by `found` is the one way out of a final state."""


def advance(state: TaskState, event: Event, *, error_code: str | None = None) -> Move:
    """Return the move that `event` makes from `state`.

    `error_code` is the code of a failed task; `found` needs it to be in `REOPENABLE`.
    Raises `IllegalMove` for every pair that is not in `TABLE`.
    """
    move = TABLE.get((state, event))
    if move is None or (state is TaskState.FAILED and error_code not in REOPENABLE):
        raise IllegalMove(same(f"a {state.word} task cannot take the event {event.value}"))
    return move
