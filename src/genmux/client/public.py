"""What `import genmux` offers, loaded when its first name is asked for."""

from genmux.client.client import AsyncClient, Client
from genmux.client.endpoint import Artifact, TaskEvent
from genmux.client.errors import (
    BrokenAnswer,
    ClockSkew,
    OutcomeUnknown,
    TaskCancelled,
    TaskFailed,
    Unreachable,
    WaitTimeout,
)
from genmux.client.orders import Reference, Subject
from genmux.client.raw import RawResponse
from genmux.client.tasks import AsyncTask, Result, Task, TaskPage
from genmux.domain.errors import (
    CallerError,
    ContentRefused,
    Forbidden,
    GenmuxError,
    IllegalMove,
    InvalidInput,
    InvalidValue,
    KeyReused,
    MissingValue,
    ModelNotSupported,
    NotFound,
    RateLimited,
    ServiceError,
    Unauthorized,
    Unavailable,
    Unsupported,
)
from genmux.domain.spec import OutputTarget

__all__ = [
    "Artifact",
    "AsyncClient",
    "AsyncTask",
    "BrokenAnswer",
    "CallerError",
    "Client",
    "ClockSkew",
    "ContentRefused",
    "Forbidden",
    "GenmuxError",
    "IllegalMove",
    "InvalidInput",
    "InvalidValue",
    "KeyReused",
    "MissingValue",
    "ModelNotSupported",
    "NotFound",
    "OutcomeUnknown",
    "OutputTarget",
    "RateLimited",
    "RawResponse",
    "Reference",
    "Result",
    "ServiceError",
    "Subject",
    "Task",
    "TaskCancelled",
    "TaskEvent",
    "TaskFailed",
    "TaskPage",
    "Unauthorized",
    "Unavailable",
    "Unreachable",
    "Unsupported",
    "WaitTimeout",
]
