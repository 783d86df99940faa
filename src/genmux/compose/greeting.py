"""The first word with upstreams at start, so that a wrong server is known before a task finds out."""

from __future__ import annotations

import asyncio

import structlog

from genmux.engine.channels import Channel, Router
from genmux.engine.flows import FlowRunner
from genmux.engine.standing import Standing
from genmux.providers.seam import Healthy

log = structlog.get_logger(__name__)


async def greet(router: Router, runner: FlowRunner, standing: Standing) -> None:
    """Probe the enabled channels whose provider wants that; what is wrong is logged and noted."""
    wanted = [c for c in router.channels if c.enabled and c.provider.facts.greets]
    await asyncio.gather(*(_greet(channel, runner, standing) for channel in wanted))


async def _greet(channel: Channel, runner: FlowRunner, standing: Standing) -> None:
    try:
        outcome = await runner.run(channel.provider.probe(channel.account), channel, channel.account)
    except Exception:
        log.exception("channel could not be probed", channel=channel.name)
        return
    if isinstance(outcome, Healthy):
        log.info("channel answers", channel=channel.name, **outcome.notes)
        return
    log.warning("channel does not answer well", channel=channel.name, outcome=str(outcome)[:300])
    standing.health.accuse(channel.id, outcome, standing.clock())
