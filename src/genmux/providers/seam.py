"""The provider seam: what a flow may ask for, what it is answered, and what it ends with.

A flow is a generator. It yields one effect (`HttpCall`, `RenderJob`, `ReadInput`) and is sent
that effect's reply; its return value is the flow's outcome. It does no I/O of its own, so it
runs unchanged in the engine, in a test and at a desk.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from genmux.domain.spec import GenerationSpec, Kind


class Recovery(StrEnum):
    """What may be done with a submit whose outcome was lost."""

    FREE = "free"  # do it again: nothing is paid
    LOOKUP = "lookup"  # ask the upstream by our attempt key, then send the same key again
    NEVER = "never"  # neither ask nor repeat: the task becomes `unknown`


class ErrorClass(StrEnum):
    """What an upstream's error means for the task and for its channel."""

    AUTH = "auth"
    QUOTA = "quota"
    RATE = "rate"
    CONCURRENCY = "concurrency"
    CONTENT = "content"
    INVALID = "invalid"
    TRANSIENT = "transient"
    LOST = "lost"
    INTERNAL = "internal"


# Effects a flow may yield, each with its reply.


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP exchange; `authorize` of the provider signs it just before it leaves."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout_seconds: float = 20.0
    max_reply_bytes: int = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ReadInput:
    """Asks for the bytes and facts of the task's frozen input number `n`."""

    n: int


@dataclass(frozen=True, slots=True)
class InputFacts:
    """What was learnt of an input when it was frozen; sizes in pixels after EXIF rotation."""

    n: int
    role: str
    media_key: str
    sha256: str
    width: int
    height: int
    content_type: str


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One picture or film for the built-in renderer, made in a worker process.

    `inputs` are (role, media key) pairs; the pool hands their bytes to the worker.
    """

    kind: Kind
    prompt: str
    negative_prompt: str
    seed: int
    index: int
    width: int
    height: int
    frames: int
    audio: bool
    image_format: str
    mark: bool
    label: str
    inputs: tuple[tuple[str, str], ...] = ()
    siblings: int = 1  # how many jobs the task has in all, for its progress


@dataclass(frozen=True, slots=True)
class RenderReply:
    """Where the finished file is spooled, and what the renderer said of it."""

    spool: str
    content_type: str
    understood: tuple[str, ...]
    mode: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Asks to be resumed after `seconds`; a cancelled task is not resumed."""

    seconds: float


Effect = HttpCall | ReadInput | RenderJob | Wait
Reply = HttpReply | InputFacts | RenderReply | None


# Outcomes a flow ends with.


@dataclass(frozen=True, slots=True)
class Output:
    """One finished medium: a URL to fetch, or a spooled file of ours (`spool` wins)."""

    role: str = "result"
    url: str = ""
    spool: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The upstream has the task and calls it `upstream_ref`."""

    upstream_ref: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The result exists; `notes` and `understood` go into the timeline."""

    outputs: tuple[Output, ...]
    notes: dict[str, Any] = field(default_factory=dict)
    source_expires_at: int | None = None  # milliseconds since the epoch


@dataclass(frozen=True, slots=True)
class Pending:
    """Not done yet; `progress` is the upstream's own percentage, None when it says nothing."""

    progress: int | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The upstream said no, or tried and failed; `error_class` decides what follows."""

    error_class: ErrorClass
    code: str
    message: str
    message_zh: str = ""


@dataclass(frozen=True, slots=True)
class NotSent:
    """The call certainly never reached the upstream; it may be made again."""

    message: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The call may have reached the upstream; nobody knows."""

    message: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The upstream does not know the task (any more)."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The upstream confirmed a cancel: nothing more is made."""


@dataclass(frozen=True, slots=True)
class Puzzling:
    """The poll itself failed or said something unknown: it says nothing about the task."""

    message: str


Outcome = Accepted | Finished | Pending | Refused | NotSent | Ambiguous | Forgotten | Stopped | Puzzling
Flow = Generator[Effect, Any, Outcome]


@dataclass(frozen=True, slots=True)
class ModelDefaults:
    """What a model makes when the spec does not say; `takes_ratio` is False where a stated ratio is void."""

    duration: float
    resolution: str
    aspect_ratio: str
    takes_ratio: bool


@dataclass(frozen=True, slots=True)
class Work:
    """One attempt, as a provider sees it."""

    task_id: bytes
    attempt: int
    key: str  # the attempt key: what an upstream with de-duplication is given
    spec: GenerationSpec
    inputs: tuple[InputFacts, ...]
    upstream_ref: str | None
    defaults: ModelDefaults
    frozen: dict[str, Any]  # endpoint, credential id, upstream model, price, output target


class Provider(Protocol):
    """Code for one upstream vendor. Methods are pure; flows do their I/O by yielding effects."""

    @property
    def name(self) -> str:
        """What channels call this provider."""
        ...

    @property
    def recovery(self) -> Recovery:
        """What may be done with a submit whose outcome was lost."""
        ...

    @property
    def needs_credential(self) -> bool:
        """Whether a channel without a credential is a mistake."""
        ...

    def variant(self, spec: GenerationSpec) -> str:
        """Return the name of the separate queue this spec belongs to, or "" for the ordinary one."""
        ...

    def serves(self, spec: GenerationSpec) -> bool:
        """Return whether this provider can say everything in `spec` that changes the result."""
        ...

    def check(self, spec: GenerationSpec) -> None:
        """Raise `CallerError` when the upstream would refuse `spec` at create."""
        ...

    def ignored(self, spec: GenerationSpec, preview_ignores: tuple[str, ...]) -> tuple[str, ...]:
        """Return the said fields that this provider does not use, for the timeline.

        `preview_ignores` are those that the wire's own table marks as not applicable to preview,
        by their wire paths.
        """
        ...

    def authorize(self, call: HttpCall, credential: dict[str, str], now: int) -> HttpCall:
        """Return `call` with its authentication; the only place that sees a secret. `now` in seconds."""
        ...

    def submit(self, work: Work) -> Flow:
        """Ask the upstream to make it."""
        ...

    def poll(self, work: Work) -> Flow:
        """Ask the upstream how it goes."""
        ...

    def lookup(self, work: Work) -> Flow:
        """Find out by the attempt key whether the upstream has the task (`recovery` is lookup)."""
        ...

    def cancel(self, work: Work) -> Flow | None:
        """Ask the upstream to stop; it ends in `Stopped` if that worked. None where there is no such call."""
        ...
