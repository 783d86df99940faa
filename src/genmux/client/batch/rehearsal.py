"""The rehearsal of a batch: every line is checked at its endpoint before any is created."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from genmux.client.batch.faults import LineFault
from genmux.client.batch.lines import Line, Made
from genmux.client.batch.uplink import Uplink
from genmux.client.effects import Flow
from genmux.client.endpoint import Endpoint, Order
from genmux.domain.text import same

AT_ONCE: Final = 16
NOTHING_AWAY: Final[Mapping[str, Made]] = MappingProxyType({})


async def rehearse(
    uplink: Uplink, lines: Iterable[Line], away: Mapping[str, Made] = NOTHING_AWAY, *, sending: bool = True
) -> tuple[LineFault, ...]:
    """Return everything that the endpoint would refuse.

    `away` are the files of lines, by name, that another endpoint has made.
    A file that several lines name is sent once, and none unless `sending`: where the batch cannot begin
    anyway, some may not even be there.
    Raises what says nothing of the lines: a refused credential, an endpoint that has gone.
    """
    faults: list[LineFault] = []
    orders = _orders(tuple(lines), away, sending=sending)

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


def _orders(
    lines: Sequence[Line], away: Mapping[str, Made], *, sending: bool
) -> Iterator[tuple[Line, Order]]:
    sent = set[Path]() if sending else {path for line in lines for path in line.files}
    for line in lines:
        yield line, line.rehearsal(sent, away)
        sent.update(line.files)


def _checking(order: Order, endpoint: Endpoint) -> Flow[tuple[str, ...]]:
    return endpoint.check(order)
