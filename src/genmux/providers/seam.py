"""The provider seam: what a flow may ask for, what it is answered, and what it ends with.

A flow is a generator. It yields one effect (`HttpCall`, `RenderJob`, `StepJob`, `ReadInput`,
`StageInput`, `Wait`) and is sent that effect's reply; its return value is the flow's outcome. It
does no I/O of its own, so it runs unchanged in the engine, in a test and at a desk.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from genmux.domain.error_classes import ErrorClass as ErrorClass
from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, Step


class Recovery(StrEnum):
    """What may be done with a submit whose outcome was lost."""

    FREE = "free"  # do it again: nothing is paid
    LOOKUP = "lookup"  # ask the upstream by our attempt key, then send the same key again
    NEVER = "never"  # neither ask nor repeat: the task becomes `unknown`


# Effects a flow may yield, each with its reply.


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP exchange; `authorize` of the provider signs it just before it leaves.

    `pace` names the limit of the channel that it counts against, such as `create:video`; "" is
    never held back.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout_seconds: float = 20.0
    max_reply_bytes: int = 16 * 1024 * 1024
    pace: str = ""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What an upstream takes of a picture; a larger or other one is scaled down or converted for it.

    0 is no limit. `formats` are content types, best first: what is converted becomes the first.
    """

    max_bytes: int = 0
    max_side: int = 0
    formats: tuple[str, ...] = ()


ANY_PICTURE = PictureLimits()


@dataclass(frozen=True, slots=True)
class ReadInput:
    """Asks for the bytes of the task's frozen input number `n`; answered by `InputBytes`."""

    n: int
    limits: PictureLimits = ANY_PICTURE


@dataclass(frozen=True, slots=True)
class StageInput:
    """Asks for a URL from which the upstream can fetch frozen input number `n`; answered by `StagedInput`."""

    n: int
    limits: PictureLimits = ANY_PICTURE


@dataclass(frozen=True, slots=True)
class InputBytes:
    """A frozen input as an upstream takes it; `note` says in English what was changed, "" for nothing."""

    data: bytes
    content_type: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class StagedInput:
    """Where an upstream fetches an input; an empty `url` says that this server cannot be fetched from."""

    url: str
    note: str = ""


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
    size: int = 0  # bytes
    source: str = "value"  # how it came: value, url, artifact, …


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One picture or film for the built-in renderer, made in a worker process.

    `inputs` are (role, media key) pairs; the pool hands their bytes to the worker. A film among
    them stands for its first frame that shows something.
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
    caption: str = ""  # text to draw into the picture
    siblings: int = 1  # how many jobs the task has in all, for its progress


@dataclass(frozen=True, slots=True)
class StepJob:
    """One step on finished media, done in a worker process; answered by `RenderReply`.

    `inputs` are media keys. `size` is the exact size of the result, `resolution` a word for one of
    the first input's own ratio; neither keeps that input's size. `sound` False leaves a film silent.
    """

    step: Step
    kind: Kind
    inputs: tuple[str, ...]
    size: tuple[int, int] | None = None
    resolution: str | None = None
    sound: bool = True
    image_format: str = "png"


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


Effect = HttpCall | ReadInput | StageInput | RenderJob | StepJob | Wait
Reply = HttpReply | InputBytes | StagedInput | RenderReply | None


# Outcomes a flow ends with.


@dataclass(frozen=True, slots=True)
class Output:
    """One finished medium: a URL to fetch, or a spooled file of ours (`spool` wins), or `data` by value.

    With `authorized` the URL needs the channel's credential, which never follows a redirect to
    another host. `data` is for synchronous upstreams; the engine spools it before it is reported.
    """

    role: str = "result"
    url: str = ""
    spool: str = ""
    content_type: str = ""
    authorized: bool = False
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The upstream has the task and calls it `upstream_ref`; `notes` go into the timeline."""

    upstream_ref: str
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """The result exists; `notes` and `understood` go into the timeline."""

    outputs: tuple[Output, ...]
    notes: dict[str, Any] = field(default_factory=dict)
    source_expires_at: int | None = None  # milliseconds since the epoch
    finished_at: int | None = None  # when the upstream says that it was done; milliseconds


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
    request_id: str = ""
    retry_after_seconds: float | None = None  # what the upstream asked for, if it did


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


@dataclass(frozen=True, slots=True)
class News:
    """What an upstream told of many tasks at once: those that ended, or changed, since the last look.

    `refs` are upstream references, `keys` attempt keys; both are only hints that make the engine
    ask for the tasks. `receipts` are (reference, receipt) pairs of events that the upstream wants
    confirmed; the engine confirms those whose task is its own. `since` is where the next look
    begins, milliseconds since the epoch.
    """

    refs: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    receipts: tuple[tuple[str, str], ...] = ()
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Healthy:
    """A harmless call worked; `notes` say what was learnt."""

    notes: dict[str, Any] = field(default_factory=dict)


Outcome = (
    Accepted
    | Finished
    | Pending
    | Refused
    | NotSent
    | Ambiguous
    | Forgotten
    | Stopped
    | Puzzling
    | News
    | Healthy
)
Flow = Generator[Effect, Any, Outcome]


class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an attempt keeps of its channel, whatever becomes of the channel's settings afterwards.

    `credential` is the id of a credential, never a secret; `options` are the provider's own
    (`region`, `sub_app_id`, …); `model` is the upstream's name of the model, None where it is the
    public one; `price` is in the operator's own words.
    """

    channel: str
    provider: str = ""
    endpoint: str = ""
    credential: str = ""
    options: dict[str, Any] = {}
    model: ModelRef | None = None
    allow_private: bool = False
    price: str = ""


class ProviderFacts(msgspec.Struct, frozen=True):
    """What holds for every channel of a provider unless the operator says otherwise.

    `rates` are calls per second by pace name. `learns` says that the number of slots is not known:
    it starts at `slots` and follows what the upstream lets through.
    """

    endpoint: str = ""
    rates: dict[str, float] = {}
    slots: int = 1
    learns: bool = False
    credential_names: tuple[str, ...] = ()  # the parts a credential has, such as secret_id, secret_key
    by_url: frozenset[Medium] = frozenset()  # what it takes only as URLs that it can fetch
    greets: bool = False  # is probed at start, so that a wrong server is known before a task is
    calls_back: bool = False  # may call us, at the URL that the operator gives it
    result_hours: float = 12.0  # how long result URLs live where the upstream does not say


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
    account: Account
    wire: str = ""  # the wire the task came by; `extra` is spelt in its words
    extra: Mapping[str, Any] = field(default_factory=dict)
    submitted_at: int = 0  # when the attempt was opened, milliseconds since the epoch

    @property
    def upstream_spec(self) -> GenerationSpec:
        """The spec with the model as the upstream calls it."""
        model = self.account.model or self.spec.model
        return msgspec.structs.replace(self.spec, model=model)


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

    @property
    def facts(self) -> ProviderFacts:
        """What holds for its channels unless the operator says otherwise."""
        ...

    def options(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return a channel's own options, checked and completed. Raises `ValueError` naming the option."""
        ...

    def endpoint(self, options: Mapping[str, Any]) -> str:
        """Return where a channel with these options calls when the operator names no endpoint."""
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

    def watch(self, account: Account, since: int) -> Flow | None:
        """Ask in few calls which tasks have ended since `since` (ms); it ends in `News`.

        None where the upstream cannot be asked so, or the account's options do not want it.
        """
        ...

    def confirm(self, account: Account, receipts: tuple[str, ...]) -> Flow | None:
        """Tell the upstream that these events of our own tasks were received. None where nobody asks."""
        ...

    def probe(self, account: Account) -> Flow:
        """Make a harmless call that proves endpoint and credential; it ends in `Healthy` or `Refused`."""
        ...

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> News:
        """Read a call that an upstream made to us; what it says is only a hint. Raises `ValueError`."""
        ...
