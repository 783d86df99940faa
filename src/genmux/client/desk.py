"""What the resources and tasks of one client share: its endpoint, and the shell that runs its flows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from genmux.client.effects import Flow
from genmux.client.endpoint import Endpoint, Snapshot


class Run(Protocol):
    """Runs a flow: returns its result, or a coroutine of it where the shell is asynchronous."""

    def __call__(self, flow: Flow[Any], tell: Callable[[Any], object] | None = None) -> Any:
        """Run a flow; `tell` is shown what it tells."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """One client's means; `clock` counts seconds, from anywhere. `language` is "en" or "zh"."""

    endpoint: Endpoint
    run: Run
    handle: Callable[[Desk, Snapshot], Any]
    clock: Callable[[], float]
    language: str = "en"
