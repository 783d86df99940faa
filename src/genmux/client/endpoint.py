"""What the client needs of a platform: an endpoint turns orders into flows, whatever wire it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from genmux.client.effects import Flow
from genmux.domain.spec import GenerationSpec, Kind, OutputTarget, TaskError, Usage
from genmux.domain.states import TaskState

FINAL: Final = frozenset(state.word for state in TaskState if state.final)
"""The words of the states that no task leaves by itself."""


@dataclass(frozen=True, slots=True)
class Given:
    """An input by value: `content_type` is told by the bytes themselves."""

    data: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class FromFile:
    """An input that is a local file."""

    path: Path


@dataclass(frozen=True, slots=True)
class FromUrl:
    """An input that the platform fetches itself: an http, https or data URL."""

    url: str


@dataclass(frozen=True, slots=True)
class FromTask:
    """An input that is output `n` of a task of the same endpoint, None for its first result."""

    ref: Ref
    n: int | None = None


Source: TypeAlias = Given | FromFile | FromUrl | FromTask


@dataclass(frozen=True, slots=True)
class Ref:
    """A task as its endpoint knows it: the id as the wire spells it, and what it makes."""

    id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Order:
    """One create. `spec`'s references carry the number of their source, `#0`, as `source`.

    `fields` are what the caller calls each source, for errors. `key` makes the create repeatable where
    `Facts.keyed` holds; `extra` are words of the endpoint's own wire that no spec has.
    """

    spec: GenerationSpec
    sources: tuple[Source, ...] = ()
    fields: tuple[str, ...] = ()
    key: str = ""
    priority: int = 0
    output: OutputTarget | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One result. What its platform does not tell is None; `seconds` is None for a picture too."""

    n: int
    url: str
    content_type: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    size: int | None = None  # bytes
    sha256: str | None = None

    def medium(self, kind: Kind) -> str:
        """Return "image" or "video": what it came as, else what a task of this kind makes."""
        told = (self.content_type or "").partition("/")[0]
        return told if told in tuple(Kind) else str(kind)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a task is doing, in our words, and what the platform said, in its own (`raw`).

    `state` is a word of `domain.states`; `progress` is per cent, None while nobody reported any.
    """

    ref: Ref
    state: str
    progress: int | None = None
    model: str | None = None
    artifacts: tuple[Artifact, ...] = ()
    error: TaskError | None = None
    usage: Usage | None = None
    request_id: str = ""
    revision: str = ""  # what the endpoint knows this state of the task by, "" if nothing
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def final(self) -> bool:
        """True once the task will not move by itself any more."""
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One line of a task's timeline; `at` is milliseconds since the epoch."""

    n: int
    at: int
    kind: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What an endpoint can do.

    `keyed`: a create that carries the same key twice makes one task, so it may be repeated after a lost
    answer. `chains`: it takes an unfinished task as an input and waits for it itself. `paces`: how many
    turns a second each limit gives, by its name in `Turn`; a limit that is not listed lets all pass.
    """

    name: str
    keyed: bool
    chains: bool
    cancels: bool
    steps: bool
    paces: Mapping[str, float] = field(default_factory=dict)


class Endpoint(Protocol):
    """One platform under one credential. Methods are flows; they raise the tree of `client.errors`."""

    @property
    def facts(self) -> Facts:
        """What this endpoint can do."""
        ...

    def create(self, order: Order) -> Flow[Snapshot]:
        """Create a task; repeated only where that cannot pay twice.

        Raises `OutcomeUnknown` when the answer was lost and the wire has no way to ask.
        """
        ...

    def check(self, order: Order) -> Flow[tuple[str, ...]]:
        """Return everything that a create would be refused for, as sentences; nothing is made."""
        ...

    def look(self, ref: Ref) -> Flow[Snapshot]:
        """Return how a task is doing now."""
        ...

    def follow(self, last: Snapshot, seconds: float) -> Flow[Snapshot]:
        """Return how a task is doing once it may have changed since `last`, after `seconds` at the latest."""
        ...

    def cancel(self, ref: Ref) -> Flow[Snapshot]:
        """Ask for a task to end. Raises `Unsupported` where the platform cannot."""
        ...

    def events(self, ref: Ref, after: int) -> Flow[tuple[TaskEvent, ...]]:
        """Return the lines of the timeline after number `after`; an endpoint without one tells its looks."""
        ...

    def fetch(self, artifact: Artifact, ref: Ref, path: Path) -> Flow[Path]:
        """Write a result to `path`, whole or not at all."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """A page of tasks; `cursor` asks for the next one, None on the last."""

    tasks: tuple[Snapshot, ...]
    cursor: str | None = None


@runtime_checkable
class Listing(Protocol):
    """What only an endpoint that keeps a table of tasks and models can do."""

    def tasks(self, wanted: Mapping[str, str]) -> Flow[Page]:
        """Return a page of tasks; `wanted` are the words of the endpoint's own query."""
        ...

    def models(self, kind: Kind | None) -> Flow[tuple[dict[str, Any], ...]]:
        """Return every version of every model, as the endpoint tells it."""
        ...
