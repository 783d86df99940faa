"""What most providers share: an ordinary queue, nothing ignored, no batch look, no callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from genmux.domain.spec import RESULT_FIELDS, GenerationSpec
from genmux.providers.seam import (
    Account,
    Flow,
    Forgotten,
    Healthy,
    HttpCall,
    News,
    ProviderFacts,
    Recovery,
    Work,
)

_LAST: Final[list[tuple[object, object, tuple[str, ...]]]] = [(None, None, ())]
"""The provider and the spec that were asked for last, and the answer: a spec never changes."""


class BaseProvider:
    """A provider that overrides what its upstream can do; `submit` and `poll` it must have.

    The defaults are those of an upstream with no credential, no lookup, no cancel and one slot.
    """

    name: str = ""
    recovery: Recovery = Recovery.NEVER
    needs_credential: bool = True
    facts: ProviderFacts = ProviderFacts()

    def options(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Take no option."""
        for name in said:
            raise ValueError(f"{name} is no option of the provider {self.name}")
        return {}

    def endpoint(self, options: Mapping[str, Any]) -> str:
        """Return the provider's one endpoint."""
        return self.facts.endpoint

    def variant(self, spec: GenerationSpec) -> str:
        """Return the ordinary queue."""
        return ""

    def unsaid(self, spec: GenerationSpec) -> tuple[str, ...]:
        """Return the said spec fields that the upstream's wire cannot say in full."""
        return ()

    def serves(self, spec: GenerationSpec) -> bool:
        """Return whether everything that changes the result can be said; no upstream does steps."""
        return spec.step is None and not RESULT_FIELDS.intersection(self._unsaid_of(spec))

    def check(self, spec: GenerationSpec) -> None:
        """Refuse nothing at create: the upstream knows best."""

    def ignored(self, spec: GenerationSpec, preview_ignores: tuple[str, ...]) -> tuple[str, ...]:
        """Name what is not passed on, for the timeline."""
        return self._unsaid_of(spec)

    def _unsaid_of(self, spec: GenerationSpec) -> tuple[str, ...]:
        """Return what `unsaid` says; a create asks twice of the same spec, and rendering it takes long."""
        provider, judged, unsaid = _LAST[0]
        if provider is not self or judged is not spec:
            unsaid = self.unsaid(spec)
            _LAST[0] = (self, spec, unsaid)
        return unsaid

    def authorize(self, call: HttpCall, credential: dict[str, str], now: int) -> HttpCall:
        """Return the call as it is."""
        return call

    def submit(self, work: Work) -> Flow:
        """Ask the upstream to make it."""
        raise NotImplementedError

    def poll(self, work: Work) -> Flow:
        """Ask the upstream how it goes."""
        raise NotImplementedError

    def lookup(self, work: Work) -> Flow:
        """There is nobody to ask."""
        yield from ()
        return Forgotten(f"the provider {self.name} has no lookup")

    def cancel(self, work: Work) -> Flow | None:
        """The upstream has no cancel."""
        return None

    def watch(self, account: Account, since: int) -> Flow | None:
        """The upstream cannot be asked for many tasks at once."""
        return None

    def confirm(self, account: Account, receipts: tuple[str, ...]) -> Flow | None:
        """Nobody asks for confirmations."""
        return None

    def probe(self, account: Account) -> Flow:
        """There is no harmless call to make."""
        yield from ()
        return Healthy()

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> News:
        """Refuse: this upstream makes no calls."""
        raise ValueError(f"the provider {self.name} has no callbacks")


def with_bearer(call: HttpCall, token: str) -> HttpCall:
    """Return the call with a bearer token, as it is where there is none."""
    return replace(call, headers=(*call.headers, ("Authorization", f"Bearer {token}"))) if token else call
