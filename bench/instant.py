"""A provider whose upstream is in this process and answers at once, for the benches of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from genmux.compose import parts
from genmux.compose.channels import load_providers
from genmux.net.client import GuardedNet
from genmux.providers.base import BaseProvider
from genmux.providers.seam import (
    Accepted,
    Finished,
    Flow,
    HttpCall,
    HttpReply,
    Pending,
    ProviderFacts,
    Recovery,
    Wait,
    Work,
)

NAME: Final = "instant"
URL: Final = "http://instant.invalid/"
FOREVER: Final = "never to be finished"
"""A prompt with these words stays in progress."""


class Instant(BaseProvider):
    """Accepts everything; each film is finished at the first look, without a file, unless it is `FOREVER`.

    The option `look_seconds` is how long it takes to say so for the first time: a result without a file
    is asked for once more when it is kept. A create is known again by its key. Creates and looks are
    calls that wait for their turn like any other; with `looks_at_once` looks are not.
    """

    name = NAME
    recovery = Recovery.LOOKUP
    needs_credential = False
    facts = ProviderFacts(slots=1_000_000)

    def __init__(self) -> None:
        self._told: set[str] = set()

    def options(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Take `look_seconds` and `looks_at_once`."""
        return {
            "look_seconds": float(said.get("look_seconds", 0.0)),
            "looks_at_once": bool(said.get("looks_at_once", False)),
        }

    def submit(self, work: Work) -> Flow:
        """Accept the task."""
        yield HttpCall("POST", URL, pace=f"create:{work.spec.kind}")
        return Accepted(work.key)

    def poll(self, work: Work) -> Flow:
        """Say how it goes."""
        options = work.account.options
        yield HttpCall("GET", URL, pace="" if options["looks_at_once"] else f"describe:{work.spec.kind}")
        seconds = options["look_seconds"]
        if seconds and work.key not in self._told:
            yield Wait(seconds)
            self._told.add(work.key)
        return Pending() if FOREVER in work.spec.prompt else Finished(())

    def lookup(self, work: Work) -> Flow:
        """Know every key."""
        yield from ()
        return Accepted(work.key)


class InstantNet(GuardedNet):
    """A network whose calls are answered at once."""

    async def send(
        self, call: HttpCall, *, allow_private: bool = False, on_sent: Callable[[], None] | None = None
    ) -> HttpReply:
        """Answer."""
        if on_sent is not None:
            on_sent()
        return HttpReply(200, {}, b"")


def plug_in() -> None:
    """Let servers of this process know the provider, and its network instead of the real one."""
    setattr(parts, "GuardedNet", InstantNet)  # noqa: B010 - there is no setting for it
    providers = {**load_providers(), NAME: Instant()}
    setattr(parts, "load_providers", lambda: providers)  # noqa: B010 - there is no setting for it
