"""A provider whose upstream is in this process and answers at once, for the benches of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from genmux.compose import parts
from genmux.compose.channels import load_providers
from genmux.providers.base import BaseProvider
from genmux.providers.seam import Accepted, Finished, Flow, Pending, ProviderFacts, Recovery, Wait, Work

NAME: Final = "instant"
FOREVER: Final = "never to be finished"
"""A prompt with these words stays in progress."""


class Instant(BaseProvider):
    """Accepts everything; each film is finished at the first look, without a file, unless it is `FOREVER`.

    The option `look_seconds` is how long it takes to say so. A create is known again by its key.
    """

    name = NAME
    recovery = Recovery.LOOKUP
    needs_credential = False
    facts = ProviderFacts(slots=1_000_000)

    def options(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Take `look_seconds`."""
        return {"look_seconds": float(said.get("look_seconds", 0.0))}

    def submit(self, work: Work) -> Flow:
        """Accept the task."""
        yield from ()
        return Accepted(work.key)

    def poll(self, work: Work) -> Flow:
        """Say how it goes."""
        seconds = work.account.options["look_seconds"]
        if seconds:
            yield Wait(seconds)
        return Pending() if FOREVER in work.spec.prompt else Finished(())

    def lookup(self, work: Work) -> Flow:
        """Know every key."""
        yield from ()
        return Accepted(work.key)


def plug_in() -> None:
    """Let servers of this process know the provider."""
    providers = {**load_providers(), NAME: Instant()}
    setattr(parts, "load_providers", lambda: providers)  # noqa: B010 - there is no setting for it
