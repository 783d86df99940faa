"""What the endpoints of channels need: somebody who shows, changes and tries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from genmux.domain.text import Text
from genmux.wires.rest_channels import ChannelStatus


@dataclass(frozen=True, slots=True)
class Probe:
    """What a harmless call found out; `code` is "" where nothing is wrong."""

    ok: bool
    text: Text
    code: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)


class ChannelDesk(Protocol):
    """Shows, changes and tries channels. What is unknown raises `NotFound`, what is wrong `CallerError`."""

    async def list(self) -> tuple[ChannelStatus, ...]:
        """Return every channel, disabled ones too, without anything secret."""
        ...

    async def put(self, name: str, said: Mapping[str, Any]) -> ChannelStatus:
        """Make a channel, or change the keys that are said; None takes a key back."""
        ...

    async def set_enabled(self, name: str, enabled: bool) -> ChannelStatus:
        """Let a channel take new tasks, or not; its running ones go on."""
        ...

    async def remove(self, name: str) -> None:
        """Disable a channel for good: it does not count as configured any more."""
        ...

    async def test(self, name: str) -> Probe:
        """Make a harmless call with the channel's credential and say how it went."""
        ...
