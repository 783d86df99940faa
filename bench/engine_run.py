"""A child of the engine bench: a whole genmux whose upstream is in this process; it tells what it saw."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import Iterator
from statistics import quantiles
from typing import Any, Final

from bench import instant, machine
from bench.children import Told, begin, say_ready
from bench.requests import PROMPT
from bench.served import ENVIRON, relax, settings_of
from genmux.compose import configure_logging, run
from genmux.compose.server import Server
from genmux.domain.spec import GenerationSpec, Kind
from genmux.domain.states import TaskState
from genmux.engine.caller import Caller
from genmux.engine.channels import Channel
from genmux.engine.learning import Plans
from genmux.engine.service import Draft

CLIENTS: Final = 64
LOOK_SECONDS: Final = 0.05
LONGEST_SECONDS: Final = 540.0
MODEL: Final = ("Kling", "2.1")
CALLER: Final = Caller(tenant_id=1, key_id=None)


class Bench:
    """One server and the creates that are made inside it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.latencies: list[float] = []

    async def create(self, prompts: Iterator[str]) -> None:
        """Create tasks, one by one, as long as there are prompts."""
        service = self._server.parts.service
        for prompt in prompts:
            spec = GenerationSpec(kind=Kind.VIDEO, prompt=prompt, duration=5.0)
            begun = time.perf_counter()
            await service.create(CALLER, Draft("rest", "rest", spec, *MODEL))
            self.latencies.append(time.perf_counter() - begun)

    async def create_all(self, tasks: int, words: str) -> float:
        """Create so many tasks by all clients; return the seconds it took."""
        begun = time.perf_counter()
        prompts = (f"{words}, take {n}" for n in range(tasks))
        await asyncio.gather(*(self.create(prompts) for _ in range(CLIENTS)))
        return time.perf_counter() - begun

    async def until(self, state: TaskState, tasks: int) -> None:
        """Return once so many tasks are in a state. Raises `TimeoutError`."""
        async with asyncio.timeout(LONGEST_SECONDS):
            while (await self._server.parts.store.counts())[state] < tasks:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(LOOK_SECONDS)


async def go_through(bench: Bench, tasks: int) -> dict[str, Any]:
    """Create tasks and wait until all are finished."""
    cpu, begun = time.process_time(), time.perf_counter()
    created = await bench.create_all(tasks, PROMPT)
    await bench.until(TaskState.SUCCEEDED, tasks)
    seconds, used = time.perf_counter() - begun, time.process_time() - cpu
    cuts = quantiles(bench.latencies, n=100)
    return {
        "creates": tasks / created,
        "rate": tasks / seconds,
        "p50_ms": cuts[49] * 1000,
        "p99_ms": cuts[98] * 1000,
        "cpu_us": used * 1e6 / tasks,
    }


async def hold(bench: Bench, tasks: int, seconds: float) -> dict[str, Any]:
    """Bring tasks into flight and let them settle for `seconds`, then watch as long what they cost."""
    before = machine.rss_mb(os.getpid())
    took = await bench.create_all(tasks, f"{instant.FOREVER}: {PROMPT}")
    bench.latencies.clear()
    await bench.until(TaskState.RUNNING, tasks)
    await asyncio.sleep(seconds)
    gc.collect()
    held = machine.rss_mb(os.getpid()) - before
    late_ms = _watch_looks()
    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - begun
    cuts = quantiles(late_ms, n=100) if len(late_ms) > 1 else [0.0] * 99
    return {
        "creates": tasks / took,
        "kb": held * 1024 / tasks,
        "cpu": (time.process_time() - cpu) / elapsed,
        "looks": len(late_ms) / elapsed,
        "late_p50_ms": cuts[49],
        "late_p99_ms": cuts[98],
    }


def _watch_looks() -> list[float]:
    """Return a list that will tell, for each look from now on, how many milliseconds it was late."""
    late: list[float] = []
    looking = Plans.looking

    def watched(plans: Plans, seq: int, channel: Channel, kind: str) -> None:
        seen = plans._seen.get(seq)
        if seen is not None and seen.due_at is not None:
            late.append(float(plans.clock() - seen.due_at))
        looking(plans, seq, channel, kind)

    setattr(Plans, "looking", watched)  # noqa: B010 - it is another function
    return late


async def _measure(told: Told) -> None:
    options = dict(told.options)
    options.pop("synchronous", None)
    phase, tasks = options.pop("phase"), int(options.pop("tasks"))
    seconds = float(options.pop("seconds", 0.0))
    channel = {"provider": instant.NAME, **options.pop("channel", {})}
    settings = settings_of(told.directory, {**options, "channels": {"instant": channel}})
    server = await Server.open(settings, environ=ENVIRON if settings.database else {})
    try:
        bench = Bench(server)
        found = await (go_through(bench, tasks) if phase == "through" else hold(bench, tasks, seconds))
    finally:
        await server.close()
    say_ready(**found)


def main() -> None:
    """Measure what the options ask for."""
    told = begin(sys.argv[1:])
    relax(told.options.get("synchronous", "FULL"))
    configure_logging("error")
    instant.plug_in()
    run(_measure(told))


if __name__ == "__main__":
    main()
