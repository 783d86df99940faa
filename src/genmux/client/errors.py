"""What can go wrong in a client, beside the refusals of `domain.errors` that the other side answers.

GenmuxError
├── CallerError
│   ├── … the tree of domain.errors, with the platform's own code and request id
│   └── ClockSkew            clock_skew        this machine's clock is wrong, so no signature is good
├── ServiceError
│   ├── Unreachable          unreachable       the call never left, or nobody answered a question
│   ├── OutcomeUnknown       outcome_unknown   a create's answer was lost; it may have been made
│   └── BrokenAnswer         broken_answer     the answer is not what the wire promises
├── TaskFailed               task_failed       the task ended without a result
│   └── TaskCancelled        task_cancelled    because somebody cancelled it
└── WaitTimeout              wait_timeout      the task goes on, but the time to wait is over
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genmux.domain.errors import GenmuxError, ServiceError, Unauthorized
from genmux.domain.text import Text

if TYPE_CHECKING:
    from genmux.client.endpoint import Snapshot


class ClockSkew(Unauthorized):
    """This machine's clock differs from the platform's by more than signatures allow.

    `seconds` is how far it is behind (negative: ahead), None where the platform gave no time.
    """

    code = "clock_skew"

    def __init__(self, text: Text, seconds: float | None = None) -> None:
        super().__init__(text)
        self.seconds = seconds


class Unreachable(ServiceError):
    """Nothing was made: the call never left, or it was only a question."""

    code = "unreachable"


class OutcomeUnknown(ServiceError):
    """A create's answer was lost: the task may exist, and sending it again may pay twice."""

    code = "outcome_unknown"


class BrokenAnswer(ServiceError):
    """The other side answered something that its wire does not have."""

    code = "broken_answer"


class TaskFailed(GenmuxError):
    """A task ended without a result; `snapshot.error` says why in the platform's words."""

    code = "task_failed"

    def __init__(self, text: Text, snapshot: Snapshot) -> None:
        super().__init__(text)
        self.snapshot = snapshot
        self.request_id = snapshot.request_id


class TaskCancelled(TaskFailed):
    """A task was cancelled before it had a result."""

    code = "task_cancelled"


class WaitTimeout(GenmuxError, TimeoutError):
    """The time to wait is over; the task goes on, and can be waited for again."""

    code = "wait_timeout"
