"""Questions about an attempt: with the credential it was made with, else with its channel's of today."""

from __future__ import annotations

from dataclasses import replace as dataclass_replace
from typing import Protocol

from msgspec.structs import replace

from genmux.engine.channels import Channel
from genmux.providers.seam import Account, ErrorClass, Flow, InputFacts, Outcome, Puzzling, Refused, Work


class Runner(Protocol):
    """Performs what a flow asks for."""

    async def run(
        self, flow: Flow, channel: Channel, account: Account, inputs: tuple[InputFacts, ...] = ()
    ) -> Outcome:
        """Drive `flow` to its end as this account of the channel."""
        ...


async def ask(runner: Runner, channel: Channel, work: Work, verb: str) -> Outcome:
    """Run the provider's flow `verb` (`poll`, `lookup`, `cancel`, …) for an attempt; return how it ended.

    A credential that was replaced since the attempt was made is refused upstream: then the channel's
    present one asks. Raises what the flow raises.
    """
    outcome = await _run(runner, channel, work, verb)
    if not _unauthorized(outcome) or channel.account.credential == work.account.credential:
        return outcome
    account = replace(work.account, credential=channel.account.credential)
    return await _run(runner, channel, dataclass_replace(work, account=account), verb)


async def _run(runner: Runner, channel: Channel, work: Work, verb: str) -> Outcome:
    flow: Flow | None = getattr(channel.provider, verb)(work)
    if flow is None:
        return Puzzling(f"the provider cannot {verb}")
    return await runner.run(flow, channel, work.account, work.inputs)


def _unauthorized(outcome: Outcome) -> bool:
    return isinstance(outcome, Refused) and outcome.error_class is ErrorClass.AUTH
