"""Channels: the operator's configured accounts, and which of them can make what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from genmux.domain.spec import GenerationSpec, Kind, ModelRef
from genmux.providers.seam import Provider

MAX_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class Channel:
    """One account at one provider, with everything the loops need to use it.

    `models` are patterns over `<kind>/<family>/<version>`; `slots` is how many tasks it may have
    open at once; `interval_us` spaces its creates evenly (0: not paced).
    """

    id: int
    name: str
    provider: Provider
    models: tuple[str, ...] = ("*",)
    priority: int = 0
    slots: int = 1
    interval_us: int = 0
    lease_ms: int = 60_000
    variant: str = ""
    on_unknown: str = "hold"  # hold | fail
    allow_private: bool = False
    credential: Mapping[str, str] = field(default_factory=dict)
    frozen: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pace_name(self) -> str:
        """The row of `pace` that spaces this channel's creates."""
        return f"channel:{self.id}:create"

    def matches(self, model_path: str) -> bool:
        """Return whether a `<kind>/<family>/<version>` path is one of this channel's models."""
        path = model_path.lower()
        return any(fnmatchcase(path, pattern.lower()) for pattern in self.models)


def model_path(kind: Kind | str, model: ModelRef) -> str:
    """Return the path that channel patterns are matched with."""
    return f"{kind}/{model.family}/{model.version}"


def lane_of(spec: GenerationSpec, variant: str) -> str:
    """Return the queue a spec belongs to: what one set of channels can serve."""
    if spec.model is None:
        raise ValueError("a lane needs a chosen model")
    path = model_path(spec.kind, spec.model)
    return f"{path}#{variant}" if variant else path


class Router:
    """Finds the channels for a spec or a lane, best first."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = tuple(sorted(channels, key=lambda channel: (-channel.priority, channel.id)))
        self._by_id = {channel.id: channel for channel in channels}
        self._lanes: dict[str, tuple[Channel, ...]] = {}
        self._paths: dict[str, tuple[Channel, ...]] = {}

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All channels, best first."""
        return self._channels

    def by_id(self, channel_id: int | None) -> Channel | None:
        """Return the channel with this id, None when it is not configured any more."""
        return self._by_id.get(channel_id) if channel_id is not None else None

    def serving(self, lane: str) -> tuple[Channel, ...]:
        """Return the channels that take work from a lane."""
        found = self._lanes.get(lane)
        if found is None:
            path, _, variant = lane.partition("#")
            found = tuple(c for c in self._matching(path) if c.variant == variant)
            if len(self._lanes) >= MAX_REMEMBERED:
                self._lanes.clear()
            self._lanes[lane] = found
        return found

    def eligible(self, spec: GenerationSpec) -> tuple[Channel, ...]:
        """Return the channels that can make `spec` without losing anything that changes the result."""
        if spec.model is None:
            return ()
        return tuple(
            channel
            for channel in self._matching(model_path(spec.kind, spec.model))
            if channel.provider.variant(spec) == channel.variant and channel.provider.serves(spec)
        )

    def _matching(self, path: str) -> tuple[Channel, ...]:
        found = self._paths.get(path)
        if found is None:
            if len(self._paths) >= MAX_REMEMBERED:
                self._paths.clear()  # names are the caller's: memory must not grow with them
            found = self._paths[path] = tuple(c for c in self._channels if c.matches(path))
        return found

    def claims(self, kind: Kind | str, model: ModelRef) -> bool:
        """Return whether a channel names this model outright (a bare `*` claims nothing)."""
        path = model_path(kind, model)
        return any(
            pattern != "*" and channel.matches(path) and fnmatchcase(path.lower(), pattern.lower())
            for channel in self._channels
            for pattern in channel.models
        )
