"""How many tasks a channel may have open: as configured, or as far as its upstream lets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from genmux.domain.spec import encode_json
from genmux.engine.channels import Channel

MOST_LEARNT: Final = 1_000
PATIENCE: Final = 8
"""After an overflow, this many tasks per slot must end well before one more is tried."""


class Learnt(msgspec.Struct, frozen=True):
    """What is known of one channel: tasks that it let through at once, and how sure that is."""

    limit: int
    good: int = 0  # ends without overflow since the last change, while every slot was in use
    patience: int = 1  # such ends wanted per slot before the next one is tried


NAME: Final = "slots:{}"


@dataclass(slots=True)
class Slots:
    """The slots of channels that learn: one more after each full round, fewer after an overflow."""

    _known: dict[int, Learnt]

    def __init__(self) -> None:
        self._known = {}

    def limit(self, channel: Channel) -> int:
        """Return how many attempts the channel may have open."""
        if not channel.learns:
            return channel.slots
        known = self._known.get(channel.id)
        return max(channel.slots, known.limit) if known is not None else channel.slots

    def ended(self, channel: Channel, in_use: int) -> bool:
        """A task ended without overflow while `in_use` slots were taken; return whether more was learnt."""
        if not channel.learns:
            return False
        known = self._known.get(channel.id, Learnt(channel.slots))
        limit = self.limit(channel)
        if in_use < limit or limit >= MOST_LEARNT:
            return False
        good = known.good + 1
        grown = good >= limit * known.patience
        self._known[channel.id] = (
            Learnt(limit + 1, 0, known.patience) if grown else Learnt(limit, good, known.patience)
        )
        return grown

    def overflowed(self, channel: Channel, in_use: int) -> bool:
        """The upstream took no more while `in_use` slots were taken; return whether less was learnt."""
        if not channel.learns:
            return False
        before = self.limit(channel)
        self._known[channel.id] = Learnt(max(1, min(before, in_use) - 1), 0, PATIENCE)
        return True

    def told(self, channel_id: int) -> tuple[str, str]:
        """Return the name and the text under which the channel's record is kept."""
        return NAME.format(channel_id), encode_json(self._known[channel_id])

    def remember(self, kept: Mapping[str, str]) -> None:
        """Take over what was kept before; names of other records are passed over."""
        head = NAME.format("")
        for name, data in kept.items():
            if name.startswith(head) and name.removeprefix(head).isdigit():
                self._known[int(name.removeprefix(head))] = msgspec.json.decode(data, type=Learnt)
