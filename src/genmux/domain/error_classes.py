"""What an upstream's error means: for its task, for the account, and as the code of a failed task."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ErrorClass(StrEnum):
    """What an upstream's error means for the task and for its channel."""

    AUTH = "auth"  # the credential is wrong or may not do this
    QUOTA = "quota"  # the account has no money or no package left
    RATE = "rate"  # too many calls in this second
    CONCURRENCY = "concurrency"  # too many tasks at once: nothing was made, the same channel may go on later
    CAPACITY = "capacity"  # the upstream itself has no room for this model now
    CONTENT = "content"  # moderation: never tried again anywhere
    INVALID = "invalid"  # the request can never work there
    TRANSIENT = "transient"  # said to pass
    LOST = "lost"  # the upstream does not know the task (any more)
    INTERNAL = "internal"  # the model failed


ERROR_CODE: Final[dict[ErrorClass, str]] = {
    ErrorClass.AUTH: "upstream_failed",
    ErrorClass.QUOTA: "upstream_failed",
    ErrorClass.RATE: "upstream_failed",
    ErrorClass.CONCURRENCY: "upstream_failed",
    ErrorClass.CAPACITY: "upstream_failed",
    ErrorClass.CONTENT: "content_refused",
    ErrorClass.INVALID: "invalid_value",
    ErrorClass.TRANSIENT: "upstream_failed",
    ErrorClass.LOST: "upstream_expired",
    ErrorClass.INTERNAL: "upstream_failed",
}
"""The task error code each class of upstream error becomes."""
