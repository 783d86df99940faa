"""The rehearsal of a batch: every line is checked at its endpoint before any is created."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from genmux.client.batch.faults import LineFault
from genmux.client.batch.lines import Line
from genmux.client.batch.uplink import Uplink
from genmux.client.effects import Flow
from genmux.client.endpoint import Endpoint, FromFile, Order
from genmux.domain.text import same

AT_ONCE: Final = 16


async def rehearse(uplink: Uplink, lines: Iterable[Line]) -> tuple[LineFault, ...]:
    """Return everything that the endpoint would refuse; a file that several lines name is sent once.

    Raises what says nothing of the lines: a refused credential, an endpoint that has gone.
    """
    faults: list[LineFault] = []
    orders = _orders(lines)

    async def check_some() -> None:
        for line, order in orders:
            sentences = await uplink.ask(partial(_checking, order))
            faults.extend(LineFault(line.row, same(sentence)) for sentence in sentences)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(check_some())
    except BaseExceptionGroup as troubles:
        raise troubles.exceptions[0] from None
    return tuple(sorted(faults, key=lambda fault: fault.row))


def _orders(lines: Iterable[Line]) -> Iterator[tuple[Line, Order]]:
    sent: set[Path] = set()
    for line in lines:
        yield line, line.rehearsal(sent)
        sent.update(item.path for item in line.inputs if isinstance(item, FromFile))


def _checking(order: Order, endpoint: Endpoint) -> Flow[tuple[str, ...]]:
    return endpoint.check(order)
