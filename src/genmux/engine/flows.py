"""Runs a provider's flow: performs each effect it yields and sends the reply back in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from genmux.engine.channels import Channel
from genmux.engine.ports import Clock, FetchFailed, MediaStore, Net, Pool
from genmux.providers.seam import (
    Ambiguous,
    Effect,
    Flow,
    HttpCall,
    InputFacts,
    NotSent,
    Outcome,
    ReadInput,
    RenderJob,
    Reply,
    Wait,
)

NEVER_LEFT: Final = frozenset({"unreachable", "bad_url", "refused_address"})
"""Failures of a call that certainly did not reach the upstream; after any other it may have."""

Progress = Callable[[int], None]
"""Takes a percentage that somebody really reported."""


@dataclass(frozen=True, slots=True)
class FlowRunner:
    """The one place where a flow's effects become I/O."""

    net: Net
    pool: Pool
    media: MediaStore
    clock: Clock

    async def run(
        self, flow: Flow, channel: Channel, inputs: tuple[InputFacts, ...], on_progress: Progress
    ) -> Outcome:
        """Drive `flow` to its end and return its outcome.

        A call that never left becomes `NotSent`, one that may have arrived `Ambiguous`, unless
        the flow catches `FetchFailed` itself. `WorkerDied` and cancellation pass through.
        """
        reply: Reply = None
        try:
            effect = next(flow)
            while True:
                try:
                    reply = await self._perform(effect, channel, inputs, on_progress)
                except FetchFailed as failure:
                    effect = flow.throw(failure)
                else:
                    effect = flow.send(reply)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome
        except FetchFailed as failure:
            lost = NotSent if failure.code in NEVER_LEFT else Ambiguous
            return lost(f"{failure.code}: {failure.reason}")
        finally:
            flow.close()

    async def _perform(
        self, effect: Effect, channel: Channel, inputs: tuple[InputFacts, ...], on_progress: Progress
    ) -> Reply:
        match effect:
            case HttpCall():
                signed = channel.provider.authorize(effect, dict(channel.credential), self.clock() // 1000)
                return await self.net.send(signed, allow_private=channel.allow_private)
            case RenderJob():
                data = [(role, await self.media.read(key)) for role, key in effect.inputs]
                return await self.pool.render(
                    effect, data, lambda done, total: on_progress(percent(effect, done, total))
                )
            case ReadInput(n):
                return next(facts for facts in inputs if facts.n == n)
            case Wait(seconds):
                await asyncio.sleep(seconds)
                return None


def percent(job: RenderJob, done: int, total: int) -> int:
    """Return the whole task's percentage when `done` of `total` steps of one of its jobs are done."""
    share = done / max(total, 1)
    return int(100 * (job.index + share) / max(job.siblings, 1))
