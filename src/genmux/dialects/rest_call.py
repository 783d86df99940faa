"""What every endpoint of our own REST works with: one call, the services, and how answers are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.rest_channel_desk import ChannelDesk
from genmux.domain.errors import InvalidValue
from genmux.domain.text import Text
from genmux.engine.ports import Clock, Keys, TaskRow
from genmux.engine.service import Caller, TaskService

_encode = msgspec.json.Encoder().encode


class FilePaths(Protocol):
    """Makes the signed path of a file."""

    def path(self, task_hex: str, n: int, extension: str, expires_at_seconds: int) -> str:
        """Return the path and query that open artifact `n` of a task until then."""
        ...


class Emulator(Protocol):
    """Moves the clock that everything here goes by."""

    def advance(self, seconds: float) -> int:
        """Let `seconds` pass at once; return now in milliseconds since the epoch."""
        ...


class Access(Enum):
    """Who may call an endpoint."""

    ANYBODY = "anybody"
    CALLER = "caller"  # any live access key, or the operator
    OPERATOR = "operator"


Handler: TypeAlias = "Callable[[Desk, Call], Awaitable[WireReply]]"


class Route(NamedTuple):
    """One endpoint; `{name}` in the path matches one segment."""

    method: str
    path: str
    access: Access
    handler: Handler


class Rendered:
    """Answers about tasks that have not changed since, by what they depend on; keeps the latest ones."""

    def __init__(self, capacity: int = 2_000) -> None:
        self._capacity = capacity
        self._bodies: dict[tuple[Any, ...], bytes] = {}

    def get(self, key: tuple[Any, ...]) -> bytes | None:
        """Return the answer kept under a key."""
        return self._bodies.get(key)

    def put(self, key: tuple[Any, ...], value: Any) -> bytes:
        """Encode an answer and keep it."""
        if len(self._bodies) >= self._capacity:
            del self._bodies[next(iter(self._bodies))]
        body = self._bodies[key] = _encode(value)
        return body


@dataclass(frozen=True, slots=True)
class Desk:
    """What the endpoints need from the rest of the house."""

    service: TaskService
    keys: Keys
    clock: Clock
    urls: FilePaths
    url_hours: int
    version: str
    routes: tuple[Route, ...] = ()
    emulator: Emulator | None = None
    channels: ChannelDesk | None = None
    rendered: Rendered = field(default_factory=Rendered)


@dataclass(frozen=True, slots=True)
class Call:
    """One request whose sender is known; `caller` is None only where anybody may call."""

    request: WireRequest
    caller: Caller | None
    params: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"

    @property
    def sender(self) -> Caller:
        """The caller of an endpoint that not anybody may call."""
        assert self.caller is not None
        return self.caller

    def flag(self, name: str, default: bool) -> bool:
        """Return whether the query says `name=1` or `name=true`."""
        word = self.query.get(name)
        if word is None:
            return default
        if word.lower() not in ("1", "true", "0", "false"):
            raise query_refusal(name, "must be 1 or 0.", "必须是 1 或 0。")
        return word.lower() in ("1", "true")


def query_refusal(name: str, en: str, zh: str) -> InvalidValue:
    """Return the error for a query parameter."""
    return InvalidValue(Text(f"The parameter {name} {en}", f"参数 {name} {zh}"), field=name)


def rendered_key(call: Call, row: TaskRow) -> tuple[Any, ...]:
    """Return what a short answer about a task depends on."""
    return (row.id, row.revision, call.request.base_url, call.language)


def reply_json(value: Any, status: int = 200, *headers: tuple[str, str]) -> WireReply:
    """Return a JSON answer."""
    return WireReply(status, _encode(value), headers=headers)
