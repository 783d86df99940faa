"""Puts queued tasks into the queues that today's channels serve."""

from __future__ import annotations

from typing import Final

import structlog

from genmux.domain.spec import decode_spec
from genmux.engine.channels import Router, parse_lane
from genmux.engine.ports import Store

log = structlog.get_logger(__name__)

BATCH: Final = 500


async def relane(store: Store, router: Router) -> int:
    """Move every unclaimed task whose queue is another one by now; return how many moved.

    A task that no channel can make any more stays where it is: one may come back. Needed whenever
    the channels have changed, since a queue names the providers that can say its tasks in full.
    """
    moved, after = 0, 0
    while rows := await store.unclaimed(after, BATCH):
        after = rows[-1][0]
        moves = []
        for seq, text, spec in rows:
            lane = router.lane(decode_spec(spec), excluded=parse_lane(text).excluded)
            if lane is not None and str(lane) != text:
                moves.append((seq, str(lane)))
        moved += len(await store.relane(moves)) if moves else 0
    if moved:
        log.info("tasks moved to other queues", tasks=moved)
    return moved
