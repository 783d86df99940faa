"""What a client offers, written once: each method returns its result, or a coroutine of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, Literal, TypeVar, Unpack

from genmux.client.desk import Desk
from genmux.client.effects import Flow
from genmux.client.endpoint import Listing, Page, Ref, Snapshot
from genmux.client.orders import ImageWords, StepWords, VideoWords, Work, read_order
from genmux.client.raw import recorded
from genmux.client.sources import Giving, kind_of, kind_of_medium, parse_source
from genmux.client.tasks import TaskPage
from genmux.domain.errors import (
    ContentRefused,
    InvalidInput,
    InvalidValue,
    MissingValue,
    ModelNotSupported,
    Unsupported,
)
from genmux.domain.spec import Kind, Step
from genmux.domain.text import Text
from genmux.wires.rest_values import missing, read_text, read_word

T = TypeVar("T")
"""A task, or a coroutine of one."""
S = TypeVar("S")
"""Sentences (`tuple[str, ...]`), or a coroutine of them."""
R = TypeVar("R")
"""A raw response that parses into a task, or a coroutine of one."""
P = TypeVar("P")
"""A page of tasks, or a coroutine of one."""
M = TypeVar("M")
"""The models, or a coroutine of them."""

ABOUT_ORDERS: Final = (InvalidValue, MissingValue, ModelNotSupported, InvalidInput, ContentRefused)
"""What a create is refused for because of what it asks; everything else is about the call."""

Through = Callable[[Flow[Any]], Flow[Any]]


class Creates(Generic[T, S, R]):
    """Makes tasks of one kind."""

    def __init__(self, desk: Desk, kind: Kind, through: Through | None = None) -> None:
        """`through` wraps the flow of every create."""
        self._desk = desk
        self._kind = kind
        self._through = through

    def _create(self, prompt: str, said: Mapping[str, Any]) -> T:
        flow = _created(self._desk, self._kind, prompt, said)
        made: T = self._desk.run(self._through(flow) if self._through else flow)
        return made

    def _check(self, prompt: str, said: Mapping[str, Any]) -> S:
        found: S = self._desk.run(_checked(self._desk, self._kind, prompt, said))
        return found


class Images(Creates[T, S, R]):
    """Makes pictures."""

    def __init__(self, desk: Desk, through: Through | None = None) -> None:
        super().__init__(desk, Kind.IMAGE, through)

    def create(self, prompt: str = "", **said: Unpack[ImageWords]) -> T:
        """Create a task that makes pictures; it is accepted, not ended, when this returns.

        Raises `CallerError`s that name the argument at fault, `ServiceError`s, and `OutcomeUnknown` when
        the answer was lost and nothing can tell whether a task was made.
        """
        return self._create(prompt, said)

    def check(self, prompt: str = "", **said: Unpack[ImageWords]) -> S:
        """Return everything that `create` would be refused for, in the client's language; nothing is made."""
        return self._check(prompt, said)

    @property
    def with_raw_response(self) -> Images[R, S, R]:
        """The same, but `create` returns what came over the wire too (`RawResponse`)."""
        return Images(self._desk, recorded)


class Videos(Creates[T, S, R]):
    """Makes films."""

    def __init__(self, desk: Desk, through: Through | None = None) -> None:
        super().__init__(desk, Kind.VIDEO, through)

    def create(self, prompt: str = "", **said: Unpack[VideoWords]) -> T:
        """Create a task that makes a film; it is accepted, not ended, when this returns.

        Raises `CallerError`s that name the argument at fault, `ServiceError`s, and `OutcomeUnknown` when
        the answer was lost and nothing can tell whether a task was made.
        """
        return self._create(prompt, said)

    def check(self, prompt: str = "", **said: Unpack[VideoWords]) -> S:
        """Return everything that `create` would be refused for, in the client's language; nothing is made."""
        return self._check(prompt, said)

    @property
    def with_raw_response(self) -> Videos[R, S, R]:
        """The same, but `create` returns what came over the wire too (`RawResponse`)."""
        return Videos(self._desk, recorded)


class Steps(Generic[T]):
    """Works on finished media; each step is a task like others. A task that is not finished is waited for.

    Every method raises what a create raises, and `Unsupported` where the platform has no steps.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def concatenate(self, films: Sequence[Giving], **said: Unpack[StepWords]) -> T:
        """Join films one after the other; the first one's size is everybody's unless one is said."""
        media = {f"films.{n}": film for n, film in enumerate(films)}
        return self._work(Step.CONCATENATE, Kind.VIDEO, media, said)

    def last_frame(self, film: Giving, **said: Unpack[StepWords]) -> T:
        """Make a picture of a film's last frame."""
        return self._work(Step.LAST_FRAME, Kind.IMAGE, {"film": film}, said)

    def poster(self, film: Giving, **said: Unpack[StepWords]) -> T:
        """Make a picture of a film's first frame that shows something."""
        return self._work(Step.POSTER, Kind.IMAGE, {"film": film}, said)

    def convert(
        self, media: Giving, kind: Literal["image", "video"] | None = None, **said: Unpack[StepWords]
    ) -> T:
        """Make another format or size of a picture or a film; `kind` says which it is where nothing tells."""
        return self._work(Step.CONVERT, kind and parse_kind(kind), {"media": media}, said)

    def extend(self, film: Giving, prompt: str = "", **said: Unpack[VideoWords]) -> T:
        """Make a film that goes on from a film's last frame, and join both."""
        return self._work(Step.EXTEND, Kind.VIDEO, {"film": film}, said, prompt)

    def _work(
        self,
        step: Step,
        kind: Kind | None,
        media: Mapping[str, Any],
        said: Mapping[str, Any],
        prompt: str = "",
    ) -> T:
        made: T = self._desk.run(_worked(self._desk, Work(step, media), kind, prompt, said))
        return made


class Tasks(Generic[T, P]):
    """Finds tasks that were made before."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def get(self, task_id: str, kind: Literal["image", "video"] | None = None) -> T:
        """Return a task by its id as the endpoint's wire spells it.

        `kind` is needed only where ids do not tell and both kinds are kept apart (AnyAPI). Raises `NotFound`.
        """
        if not read_text(task_id, "task_id"):
            raise missing("task_id")
        ref = Ref(task_id, parse_kind(kind) if kind else kind_of(task_id))
        found: T = self._desk.run(_handled(self._desk, self._desk.endpoint.look(ref)))
        return found

    def list(self, **wanted: str | int | None) -> P:
        """Return a page of tasks, newest first, with the words of a genmux server's own query.

        These are `kind`, `state`, `created_after`, `created_before`, `order`, `limit` and `cursor`.
        Raises `Unsupported` for every other platform.
        """
        said = {name: str(value) for name, value in wanted.items() if value is not None}
        page: P = self._desk.run(_page(self._desk, _listing(self._desk).tasks(said)))
        return page


class Models(Generic[M]):
    """Tells what can be made."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def list(self, kind: Literal["image", "video"] | None = None) -> M:
        """Return every version of every model as a genmux server tells it. Raises `Unsupported` elsewhere."""
        found: M = self._desk.run(_listing(self._desk).models(parse_kind(kind) if kind else None))
        return found


def parse_kind(word: str) -> Kind:
    """Return the kind that a caller names. Raises `InvalidValue`."""
    return Kind(read_word(word, "kind", tuple(Kind)))


def _created(desk: Desk, kind: Kind, prompt: str, said: Mapping[str, Any]) -> Flow[Any]:
    return (yield from _handled(desk, desk.endpoint.create(read_order(kind, prompt, said))))


def _worked(desk: Desk, work: Work, kind: Kind | None, prompt: str, said: Mapping[str, Any]) -> Flow[Any]:
    if not desk.endpoint.facts.steps:
        name = desk.endpoint.facts.name
        raise Unsupported(
            Text(
                f"{name} has no steps; only a genmux server does.", f"{name} 没有步骤；只有 genmux 服务提供。"
            )
        )
    if kind is None:
        (field, given), *_ = work.media.items()
        source = parse_source(given, field)
        kind, work = kind_of_medium(given, source, field), Work(work.step, {field: source})
    return (yield from _handled(desk, desk.endpoint.create(read_order(kind, prompt, said, work))))


def _checked(desk: Desk, kind: Kind, prompt: str, said: Mapping[str, Any]) -> Flow[tuple[str, ...]]:
    try:
        return (yield from desk.endpoint.check(read_order(kind, prompt, said)))
    except ABOUT_ORDERS as fault:
        return (fault.text.say(desk.language),)


def _handled(desk: Desk, flow: Flow[Snapshot]) -> Flow[Any]:
    return desk.handle(desk, (yield from flow))


def _page(desk: Desk, flow: Flow[Page]) -> Flow[Any]:
    page = yield from flow
    return TaskPage(tuple(desk.handle(desk, s) for s in page.tasks), page.cursor)


def _listing(desk: Desk) -> Listing:
    endpoint = desk.endpoint
    if isinstance(endpoint, Listing):
        return endpoint
    name = endpoint.facts.name
    raise Unsupported(
        Text(
            f"{name} keeps no list that can be asked; only a genmux server does.",
            f"{name} 没有可查询的列表；只有 genmux 服务提供。",
        )
    )
