"""What the engine and the dialects need from the outside; infrastructure implements it.

All times are integer milliseconds since the epoch unless a name says otherwise. Every method
that writes returns only after its transaction is durable.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import msgspec

from genmux.domain.states import TaskState
from genmux.domain.words import EXTENSIONS
from genmux.providers.seam import HttpCall as HttpCall
from genmux.providers.seam import HttpReply, InputBytes, PictureLimits, RenderJob, RenderReply, StepJob

Clock = Callable[[], int]
"""Returns now in milliseconds since the epoch."""

# ---------------------------------------------------------------- records


class TaskRow(msgspec.Struct, frozen=True, gc=False):
    """The hot row of one task, as stored."""

    seq: int
    id: bytes
    tenant_id: int
    key_id: int | None
    wire: str
    sub_app_id: int | None
    kind: str
    lane: str
    state: TaskState
    revision: int
    fence: int
    priority: int
    attempt: int
    channel_id: int | None
    upstream_ref: str | None
    progress: int | None
    error: str | None  # JSON of domain.spec.TaskError
    usage: str | None  # JSON of domain.spec.Usage
    due_at: int | None
    worker_id: str | None
    deadline_at: int
    source_expires_at: int | None
    cancel_at: int | None
    created_at: int
    submitted_at: int | None
    accepted_at: int | None
    finished_at: int | None


@dataclass(frozen=True, slots=True)
class NewInput:
    """One reference of a new task; frozen already when `sha256` is set."""

    role: str
    source: str  # value | url | artifact | task | file_id
    url: str | None = None  # what to fetch when `source` is url
    from_task: bytes | None = None
    from_n: int | None = None
    sha256: bytes | None = None
    media_key: str | None = None
    probe: str | None = None  # JSON: width, height, content_type, bytes
    n: int = 0  # its place among all references of the spec


@dataclass(frozen=True, slots=True)
class InputRow:
    """One stored input; `n` is its place among all references of the spec."""

    n: int
    role: str
    source: str
    url: str | None
    from_task: bytes | None
    from_n: int | None
    sha256: bytes | None
    media_key: str | None
    probe: str | None
    error: str | None


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """One line of a task's timeline; `data` is JSON text."""

    kind: str
    at: int
    data: str = "{}"


@dataclass(frozen=True, slots=True)
class EventRow:
    """One stored line of a timeline; `n` counts from 1 per task."""

    n: int
    at: int
    kind: str
    data: str


@dataclass(frozen=True, slots=True)
class IdempotencyClaim:
    """A key that must be new, or must come back with the same body."""

    scope: str
    key: str
    body_sha256: bytes
    expires_at: int


class NewTask(msgspec.Struct, frozen=True):
    """Everything one create writes."""

    id: bytes
    tenant_id: int
    key_id: int | None
    wire: str
    sub_app_id: int | None
    kind: str
    lane: str
    state: TaskState  # WAITING or QUEUED
    priority: int
    deadline_at: int
    created_at: int
    spec: str
    extra: str
    inputs: tuple[NewInput, ...] = ()
    events: tuple[NewEvent, ...] = ()
    idempotency: IdempotencyClaim | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """A create that met a live idempotency key: the task it made, and whether the body was equal."""

    task_id: bytes
    same_body: bool


@dataclass(frozen=True, slots=True)
class NewArtifact:
    """One output medium we hold."""

    n: int
    role: str
    media_key: str  # "" once the bytes were dropped
    sha256: bytes
    size: int  # bytes
    content_type: str
    width: int
    height: int
    seconds: float | None
    probe: str
    expires_at: int | None
    file_id: int | None = None

    @property
    def extension(self) -> str:
        """The ending of its file name; known even after its bytes were dropped."""
        return EXTENSIONS.get(self.content_type, "bin")


@dataclass(frozen=True, slots=True)
class ArtifactRow(NewArtifact):
    """One stored artifact."""

    task_seq: int = 0


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try at one channel."""

    n: int
    key: str
    channel_id: int
    frozen: str
    upstream_ref: str | None
    outcome: str | None
    due_at: int | None
    opened_at: int
    closed_at: int | None


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """A task with everything that belongs to it."""

    task: TaskRow
    spec: str
    extra: str
    inputs: tuple[InputRow, ...]
    attempts: tuple[AttemptRow, ...]
    artifacts: tuple[ArtifactRow, ...]
    events: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks to list, newest first unless `ascending`.

    `sort` is `created` or `finished` (unfinished tasks are left out then). `cursor` is the id of
    the last task of the page before; the service turns it into `before`. Times are inclusive.
    """

    tenant_id: int | None = None
    kind: str | None = None
    states: tuple[TaskState, ...] = ()
    sub_app_id: int | None = None
    file_id: int | None = None
    created_after: int | None = None
    created_before: int | None = None
    finished_after: int | None = None
    finished_before: int | None = None
    sort: str = "created"
    ascending: bool = False
    cursor: bytes | None = None
    before_seq: int | None = None  # with `ascending`: after it
    before_time: int | None = None  # the cursor's finished_at, when sorted by it
    limit: int = 20


@dataclass(frozen=True, slots=True)
class ClaimOrder:
    """What one dispatch round wants from one lane for one channel."""

    channel_id: int
    lane: str
    worker_id: str
    now: int
    lease_ms: int
    want: int  # at most this many
    slots: int  # concurrency of the channel; open attempts count against it
    pace_name: str
    interval_us: int  # 0: not paced
    horizon_us: int
    after_tenant: int  # the rotating cursor: tenants above it come first
    frozen: str  # JSON of providers.seam.Account, kept with each attempt
    kind: str = ""
    kind_slots: int | None = None  # how many open attempts of `kind` at most, None: `slots` alone counts


@dataclass(frozen=True, slots=True)
class Claim:
    """One task taken from the queue for one attempt; its call may leave at `send_at_us`."""

    seq: int
    id: bytes
    tenant_id: int
    attempt: int
    fence: int
    send_at_us: int


@dataclass(frozen=True, slots=True)
class ClaimRound:
    """The result of one dispatch round: fair, ordered by send time, and the next cursor."""

    claims: tuple[Claim, ...]
    after_tenant: int


@dataclass(frozen=True, slots=True)
class Change:
    """One fenced write: lands only if seq, fence and state still match.

    `to` is the state that `domain.states.advance` gave (equal to `state` for a mere poll or
    progress note). When it lands, events, artifacts and the attempt's end are written in the
    same transaction, and dependants are woken or failed as `to` demands.
    """

    seq: int
    fence: int
    state: TaskState
    to: TaskState
    now: int
    due_at: int | None = None
    keep_lease: bool = False  # progress while the work goes on: worker_id and due_at stay
    visible: bool = True  # raises `revision`
    progress: int | None = None
    upstream_ref: str | None = None
    source_expires_at: int | None = None
    error: str | None = None
    usage: str | None = None
    attempt_outcome: str | None = None  # set: the open attempt is closed with this word
    lane: str | None = None  # set: the task goes back into another queue
    events: tuple[NewEvent, ...] = ()
    artifacts: tuple[NewArtifact, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """The upstream's name for one attempt; unfenced, it always lands on the attempt."""

    seq: int
    attempt: int
    upstream_ref: str
    now: int
    first_poll_at: int
    events: tuple[NewEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One access key; the secret is sealed, the bearer token only hashed."""

    id: int
    tenant_id: int
    name: str
    secret_id: str
    sealed_secret: bytes
    token_sha256: bytes
    created_at: int
    revoked_at: int | None


@dataclass(frozen=True, slots=True)
class UploadRow:
    """A picture that a tenant sent ahead, usable until `expires_at`."""

    tenant_id: int
    sha256: bytes
    media_key: str
    probe: str  # JSON: width, height, content_type, bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One configured account at a provider."""

    id: int
    name: str
    provider: str
    config: str  # JSON
    enabled: bool


class Sink(StrEnum):
    """Who wants to hear that a task has ended."""

    VOD = "vod"  # the application of a task created through the VOD wire: pulled, or pushed to its URL
    FAL = "fal"  # the `fal_webhook` URL in the task's `extra`
    WEBHOOK = "webhook"  # the `webhook` URL in the task's `extra`


class EventMode(StrEnum):
    """How an application gets its VOD events; PULL until it says otherwise."""

    PULL = "PULL"
    PUSH = "PUSH"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message that a task has ended, written in the transaction that ended it.

    It says that, not how: the task says how it stands when the message is rendered.
    """

    n: int  # age
    task_seq: int
    task_id: bytes
    tenant_id: int
    sub_app_id: int | None  # never None where `sink` is vod
    sink: Sink
    created_at: int
    due_at: int  # while it is lent: the end of the lease
    tries: int  # deliveries that failed
    handle: str | None  # the lease; a fresh one each time it is lent
    done_at: int | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class EventConfig:
    """How one application wants its events; `sign_key` is sealed by whoever gives it."""

    tenant_id: int
    sub_app_id: int
    mode: EventMode
    updated_at: int
    notification_url: str = ""  # "": none
    sign_key: bytes | None = None
    upload_switch: bool = False
    delete_switch: bool = False
    persistence_switch: bool = False


# ---------------------------------------------------------------- store


class Store(Protocol):
    """Durable state. One implementation per database; one conformance suite for all."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    # creates and reads
    async def create(self, task: NewTask, parts: Sequence[NewTask] = ()) -> int | Repeat:
        """Insert a task with everything of it in a group commit; return its seq, or the repeat.

        `parts` are tasks that exist only for it and have no key of their own: they are written with
        it or not at all, and get the seqs just before its own, in their order.
        """
        ...

    async def find_repeat(self, tenant_id: int, claim: IdempotencyClaim, now: int) -> Repeat | None: ...
    async def get(self, task_id: bytes) -> TaskRow | None: ...
    async def get_seq(self, seq: int) -> TaskRow | None: ...
    async def artifacts(self, seq: int) -> tuple[ArtifactRow, ...]: ...
    async def detail(self, task_id: bytes) -> TaskDetail | None: ...
    async def list_tasks(self, wanted: TaskFilter) -> tuple[TaskRow, ...]: ...
    async def counts(self) -> dict[TaskState, int]: ...
    async def queue_position(self, row: TaskRow, most: int) -> int:
        """Return how many queued tasks of its lane come before a queued one, counting up to `most`."""
        ...

    # the loops' statements
    async def queued_lanes(self, now: int) -> tuple[str, ...]:
        """Return the lanes that have due queued work (loose index scan)."""
        ...

    async def claim_queued(self, order: ClaimOrder) -> ClaimRound:
        """Move queued tasks to submitting, the same number for every tenant, and open attempts."""
        ...

    async def take_due(
        self, state: TaskState, channel_id: int | None, worker_id: str, now: int, lease_ms: int, limit: int
    ) -> tuple[TaskRow, ...]:
        """Lease due rows of one state; submitting rows are due when their lease ran out."""
        ...

    async def extend(self, leases: Sequence[tuple[int, int]], due_at: int) -> set[int]:
        """Heart-beat (seq, fence) leases; return the seqs still held."""
        ...

    async def apply(self, changes: Sequence[Change]) -> set[int]:
        """Write back in one transaction, each row fenced; return the seqs that landed."""
        ...

    async def bind(self, bindings: Sequence[Binding]) -> set[int]:
        """Record upstream references; return the seqs whose task moved to running."""
        ...

    async def freeze_input(
        self, seq: int, n: int, *, sha256: bytes, media_key: str, probe: str, now: int
    ) -> bool:
        """Record a fetched input; return True when it was the last one and the task is queued now."""
        ...

    async def open_inputs(self, seq: int) -> tuple[InputRow, ...]: ...
    async def request_cancel(self, seq: int, now: int) -> TaskState | None:
        """Cancel at once what is waiting or queued (with its event); mark the rest; return the state now."""
        ...

    async def reopen(self, seq: int, upstream_ref: str, now: int, made: str | None = None) -> bool:
        """Bring a failed task with error `outcome_unknown` or `deadline` back to collecting (`found`).

        `made` is what its `upstream_ref` says while it is collected, if the outputs are known.
        """
        ...

    async def release_all_leases(self, now: int) -> int:
        """Clear every lease (the owner of an embedded database does this at start); return how many."""
        ...

    async def overdue(self, now: int, limit: int) -> tuple[TaskRow, ...]:
        """Return unfinished tasks past their deadline; those being collected have three days more.

        One that waits for another task is never late: its time begins when it is queued.
        """
        ...

    async def attempt_outcomes(self, seq: int) -> tuple[str, ...]: ...
    async def take_due_attempts(
        self, now: int, lease_ms: int, limit: int
    ) -> tuple[tuple[int, AttemptRow], ...]:
        """Return due (task seq, attempt) that outlived their task; they are due again after the lease."""
        ...

    async def close_attempt(self, seq: int, n: int, outcome: str, now: int) -> bool:
        """End an open attempt and free its slot; False when it was closed already."""
        ...

    async def prune(self, finished_before: int, limit: int) -> tuple[str, ...]:
        """Delete old finished tasks with everything of theirs; return media keys nobody uses any more.

        They are the caller's alone to delete, who says `media_deleted` then; `forget_uploads` returns
        what a caller died deleting.
        """
        ...

    async def expired_artifacts(self, now: int, limit: int) -> tuple[ArtifactRow, ...]: ...
    async def drop_artifact_media(self, keys: Sequence[tuple[int, str, int]]) -> tuple[str, ...]:
        """Forget the bytes of (task_seq, role, n) artifacts, whose rows stay; return as `prune` does."""
        ...

    async def media_deleted(self, keys: Sequence[str]) -> None:
        """Let media keys that were the caller's to delete be published again: their bytes are gone."""
        ...

    async def media_in_use(self, media_key: str) -> bool: ...
    async def hold_media(self, media_key: str, sha256: bytes) -> None:
        """Keep for an hour what is about to be published, so that nobody deletes it before a row names it.

        Raises `Unavailable` while it is being deleted.
        """
        ...

    async def keep_upload(self, upload: UploadRow) -> None:
        """Remember an upload; one of the same bytes by the same tenant lives as long as this one.

        Raises `Unavailable` while its bytes are being deleted.
        """
        ...

    async def find_upload(self, tenant_id: int, sha256: bytes, now: int) -> UploadRow | None: ...
    async def forget_uploads(self, expired_before: int) -> tuple[str, ...]:
        """Forget uploads that expired until then; return as `prune` does."""
        ...

    async def next_due(self, now: int) -> int | None:
        """Return when the earliest non-queued row becomes due."""
        ...

    # keys, channels, meta
    async def add_key(self, key: KeyRow) -> KeyRow:
        """Insert a key. Raises `InvalidValue` where its secret id is known already."""
        ...

    async def keys(self) -> tuple[KeyRow, ...]: ...
    async def find_secret_id(self, secret_id: str) -> KeyRow | None: ...
    async def find_token(self, token_sha256: bytes) -> KeyRow | None: ...
    async def revoke_key(self, secret_id: str, now: int) -> bool: ...
    async def put_channel(self, name: str, provider: str, config: str, enabled: bool) -> ChannelRow:
        """Insert or update a channel by name; its id never changes."""
        ...

    async def channels(self) -> tuple[ChannelRow, ...]: ...

    # what is kept about upstreams
    async def put_credential(self, credential_id: str, sealed: bytes, now: int) -> None: ...
    async def credential(self, credential_id: str) -> bytes | None: ...
    async def credentials(self) -> tuple[str, ...]: ...
    async def drop_credential(self, credential_id: str) -> None: ...
    async def accounts(self) -> tuple[str, ...]:
        """Return the different `ClaimOrder.frozen` of all attempts (reads the whole table)."""
        ...

    async def put_learnt(self, found: Sequence[tuple[str, str]], now: int) -> None:
        """Keep (name, data) pairs; a name known before gets the new data."""
        ...

    async def learnt(self) -> dict[str, str]: ...
    async def slots_used(self) -> dict[tuple[int, str], int]:
        """Return how many attempts are open on each (channel, kind) that has any."""
        ...

    async def hasten(
        self, channel_id: int, refs: Sequence[str], keys: Sequence[str], now: int
    ) -> tuple[str, ...]:
        """Make open attempts with these upstream references or keys due now; return those we know."""
        ...

    async def unclaimed(self, after_seq: int, limit: int) -> tuple[tuple[int, str, str], ...]:
        """Return (seq, lane, spec) of waiting and queued tasks beyond a seq, in order of seq."""
        ...

    async def relane(self, moves: Sequence[tuple[int, str]]) -> set[int]:
        """Put unclaimed tasks (seq, lane) into other lanes; return the seqs that moved."""
        ...

    # the outbox
    async def pull_events(
        self, tenant_id: int, sub_app_id: int, now: int, limit: int, visible_again_at: int
    ) -> tuple[OutboxRow, ...]:
        """Lend the oldest unconfirmed VOD events of one application, each under a fresh handle.

        Until `visible_again_at` nobody else sees them. Nothing in PUSH mode, nothing older than
        four days.
        """
        ...

    async def confirm_events(self, tenant_id: int, handles: Sequence[str], now: int) -> int:
        """End the events lent under these handles; return how many different ones were good.

        A handle whose event is visible again is not, one that was confirmed before still is.
        """
        ...

    async def take_outbox(
        self, sinks: Sequence[Sink], now: int, lease_ms: int, limit: int
    ) -> tuple[OutboxRow, ...]:
        """Lend the messages of these sinks that are due the longest, for delivery by us.

        Those of `Sink.VOD` only where the application has PUSH mode and a URL.
        """
        ...

    async def settle_outbox(
        self, n: int, handle: str, *, now: int, due_at: int | None = None, error: str | None = None
    ) -> bool:
        """Write what came of a taken message; False when the lease is another's by now.

        Neither `due_at` nor `error`: delivered. An error counts as a try, and without `due_at` as
        the last: the message is given up and the task's timeline says `notify_failed`. `due_at`
        alone hands it back untried.
        """
        ...

    async def event_config(self, tenant_id: int, sub_app_id: int) -> EventConfig | None: ...
    async def put_event_config(self, config: EventConfig) -> None:
        """Insert or replace what an application wants; what waits for a retry is due at once."""
        ...

    async def prune_outbox(self, now: int) -> int:
        """Delete messages older than four days, delivered or not; return how many."""
        ...


# ---------------------------------------------------------------- media, pool, net


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What a full decode of some bytes proved."""

    content_type: str
    width: int
    height: int
    size: int  # bytes
    sha256: bytes
    seconds: float | None = None
    frames: int | None = None
    audio: bool = False
    probe: dict[str, Any] = field(default_factory=dict)  # container, codecs, bitrate, fps, …
    poster: bytes = b""  # a film's first frame as JPEG, at most 1280 pixels on its long side


class MediaRefused(Exception):
    """Bytes that cannot be what they should be: `reason` says why in a few words, `code` stays stable.

    Codes: too_large, too_many_pixels, not_decodable, wrong_type, truncated.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class WorkerDied(Exception):
    """The worker process ended, ran out of memory or time while it had the job."""


class FetchFailed(Exception):
    """A URL that could not be fetched; `code` is one of: refused_address, bad_url, unreachable,
    bad_status, too_large, timeout, too_many_redirects, wrong_type."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class MediaStore(Protocol):
    """Where artifacts and inputs live. Keys are relative paths of ours; nothing is ever overwritten."""

    async def publish(self, spool: Path, key: str) -> None:
        """Copy a spooled file to its final key, durable and whole before it returns; idempotent."""
        ...

    async def size(self, key: str) -> int | None: ...
    async def read(self, key: str) -> bytes: ...
    def stream(self, key: str, start: int, length: int) -> AsyncIterator[bytes]: ...
    async def delete(self, key: str) -> None: ...
    def check_output(self, bucket: str, path: str, region: str = "") -> None:
        """Raise `ValueError` when `copy_out` would refuse this bucket, or names in this folder."""
        ...

    async def copy_out(self, key: str, bucket: str, path: str) -> None:
        """Write the object into a named output bucket as well (StoreCosParam)."""
        ...

    def buckets(self) -> frozenset[str]: ...


class Staging(Protocol):
    """Gives upstreams URLs from which they can fetch the inputs that we hold."""

    @property
    def available(self) -> bool:
        """Whether anybody outside can fetch from us: a staging bucket, or a public URL of the server."""
        ...

    async def url(self, media_key: str) -> str:
        """Return a URL of a frozen input that lives at least an hour. Raises `OSError`."""
        ...


class Credentials(Protocol):
    """Secrets for upstreams, by an id that says nothing of them."""

    async def get(self, credential_id: str) -> Mapping[str, str] | None:
        """Return the parts of a credential (`secret_id`, `secret_key`, `token`, …), None if it is gone."""
        ...


class Spool(Protocol):
    """Scratch files on local disk; anything not referenced is swept at start."""

    def new(self, suffix: str) -> Path: ...
    def resolve(self, name: str) -> Path: ...
    def drop(self, path: Path) -> None: ...
    def sweep(self, keep: frozenset[str]) -> int: ...


class Pool(Protocol):
    """Worker processes for rendering and for every decode of foreign bytes."""

    async def render(
        self, job: RenderJob, inputs: Sequence[tuple[str, bytes]], on_progress: Callable[[int, int], None]
    ) -> RenderReply:
        """Render into a spool file. Cancelling the awaiting task stops the render. Raises `WorkerDied`."""
        ...

    async def step(
        self, job: StepJob, inputs: Sequence[Path], on_progress: Callable[[int, int], None]
    ) -> RenderReply:
        """Do a step on local files into a spool file, as `render` does. Raises `MediaRefused` as well."""
        ...

    async def check_image(self, data: bytes, max_pixels: int) -> tuple[MediaFacts, bytes]:
        """Decode a picture fully, apply EXIF rotation; return facts and the bytes to keep.

        The bytes are the original ones unless a rotation had to be applied. Raises `MediaRefused`, or
        `WorkerDied` where no worker could look.
        """
        ...

    async def check_film(self, path: Path) -> MediaFacts:
        """Decode a caller's film fully and hash it; raises as `check_image` does.

        It may take minutes, so it waits its turn among the renders: no picture and no result waits for it.
        """
        ...

    async def fit_image(self, data: bytes, limits: PictureLimits) -> InputBytes:
        """Return a frozen picture as an upstream takes it, scaled down or converted only where it must be."""
        ...

    async def verify(self, path: Path, kind: str) -> MediaFacts:
        """Decode a result fully (every frame) and hash it. Raises `MediaRefused` or `WorkerDied`."""
        ...

    async def close(self) -> None: ...


class Net(Protocol):
    """Sends calls and fetches inputs; owns the address guard."""

    async def send(
        self, call: HttpCall, *, allow_private: bool = False, on_sent: Callable[[], None] | None = None
    ) -> HttpReply:
        """Make one call; `on_sent` hears when it leaves, which may be long after it was asked for."""
        ...

    async def fetch(
        self, url: str, *, max_bytes: int, timeout_seconds: float, allow_private: bool = False
    ) -> bytes:
        """GET a foreign URL behind the guard (3 redirects, each re-checked). Raises `FetchFailed`."""
        ...

    async def download(
        self,
        url: str,
        path: Path,
        *,
        max_bytes: int,
        timeout_seconds: float,
        allow_private: bool = False,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Stream a foreign URL into a spool file behind the guard. Raises `FetchFailed`.

        `headers` carry a credential: they go to the URL's own origin only, never along a redirect
        to another one.
        """
        ...

    async def close(self) -> None: ...


class Keys(Protocol):
    """Access keys: who may call, and the plain secret a signature is checked with."""

    async def by_secret_id(self, secret_id: str) -> tuple[KeyRow, str] | None:
        """Return a live key and its plain secret (cached; a revoked key is gone at once)."""
        ...

    async def by_token(self, token: str) -> KeyRow | None: ...
    async def create(self, name: str, tenant: str | None) -> tuple[KeyRow, str, str]:
        """Return the new key, its plain secret and its bearer token: the only time they are told."""
        ...

    async def revoke(self, secret_id: str) -> bool: ...
    async def all(self) -> tuple[KeyRow, ...]: ...
