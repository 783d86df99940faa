"""Writes what came of a call, and hands results that lie on this machine to whoever keeps them here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from genmux.domain.states import TaskState
from genmux.engine.outcomes import parse_made
from genmux.engine.ports import Change, Store, TaskRow

SPOOLED: Final = "spool/{}"
"""The media key of paid bytes that lie in a spool, so that they outlive its machine."""


@dataclass(slots=True)
class Handover:
    """With `keep`, a result in the spool stays leased and is given to it; other engines cannot read it."""

    store: Store
    keep: Callable[[TaskRow], None] | None = None

    async def write(self, change: Change) -> bool:
        """Write one change; return whether it landed."""
        if self.keep is None or not lies_here(change, change.upstream_ref):
            return change.seq in await self.store.apply([change])
        if change.seq not in await self.store.apply([replace(change, keep_lease=True)]):
            return False
        row = await self.store.get_seq(change.seq)
        if row is not None:
            self.keep(row)
        return True


def lies_here(change: Change, upstream_ref: str | None) -> bool:
    """Return whether a change leaves a result to be collected that only this machine can read."""
    return change.to is TaskState.COLLECTING and any(o.spool for o in parse_made(upstream_ref)[1])
