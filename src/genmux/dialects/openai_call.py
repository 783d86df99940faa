"""What every endpoint of the OpenAI dialect works with: one call, the services, and how answers are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.openai_retries import Wishes
from genmux.domain.errors import InvalidValue
from genmux.domain.text import Text
from genmux.engine.ports import Clock, MediaStore
from genmux.engine.service import Caller, TaskService, TaskView
from genmux.wires.openai import FormLimits, ModelNames, Problem

_encode = msgspec.json.Encoder().encode

ResultUrls = Callable[[str, TaskView], tuple[str, ...]]
"""Takes the client's base URL and a finished task; returns its signed result URLs, always the same."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the endpoints need from the rest of the house."""

    service: TaskService
    clock: Clock
    result_urls: ResultUrls
    media: MediaStore
    names: ModelNames
    limits: FormLimits
    wait_seconds: float
    retries: Wishes = field(default_factory=Wishes)


@dataclass(frozen=True, slots=True)
class Call:
    """One request whose sender is known."""

    request: WireRequest
    sender: Caller
    params: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def head(self) -> bool:
        """True when only the headers of the answer are wanted."""
        return self.request.method == "HEAD"


class Refused(Exception):
    """An answer that is an error of this wire alone, or the failure of a task."""

    def __init__(self, problem: Problem, message: str, *headers: tuple[str, str]) -> None:
        super().__init__(message)
        self.problem = problem
        self.message = message
        self.headers = headers


Handler = Callable[[Desk, Call], Awaitable[WireReply]]


class Route(NamedTuple):
    """One endpoint; `{name}` in the path matches one segment, `{name...}` the rest of the path."""

    method: str
    path: str
    handler: Handler


def reply_json(value: Any, *headers: tuple[str, str]) -> WireReply:
    """Return a JSON answer."""
    return WireReply(200, _encode(value), headers=headers)


def query_refusal(name: str, en: str, zh: str) -> InvalidValue:
    """Return the error for a query parameter."""
    return InvalidValue(Text(f"The parameter '{name}' {en}", f"参数 '{name}' {zh}"), field=name)
