"""Who asks."""

from __future__ import annotations

import msgspec

from genmux.engine.ports import TaskRow


class Caller(msgspec.Struct, frozen=True):
    """The tenant that owns what is created, and the key it came with.

    An `operator` sees and manages every tenant's tasks.
    """

    tenant_id: int
    key_id: int | None = None
    operator: bool = False

    def may_see(self, row: TaskRow) -> bool:
        """Return whether this caller may know of the task."""
        return self.operator or row.tenant_id == self.tenant_id
