"""Channels: the operator's configured accounts, and which of them can make what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef
from genmux.providers.seam import Account, Provider

MAX_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class Channel:
    """One account at one provider, with everything the loops need to use it.

    `models` are patterns over `<kind>/<family>/<version>`; `names` maps such patterns to the
    upstream's name of the model, `Family/version`. Channels of a higher `priority` come first;
    those of one priority share by `weight`. `slots` is how many tasks it may have open at once,
    `kind_slots` how many of one kind; a channel that `learns` starts with `slots` and follows what
    the upstream lets through. `rates` are calls per second by pace name (absent: not paced).
    """

    id: int
    name: str
    provider: Provider
    account: Account = field(default_factory=lambda: Account(channel=""))
    models: tuple[str, ...] = ("*",)
    names: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    weight: int = 1
    slots: int = 1
    kind_slots: Mapping[str, int] = field(default_factory=dict)
    learns: bool = False
    rates: Mapping[str, float] = field(default_factory=dict)
    own_slots: bool = False  # the slots are those of each process: its own workers do the work
    variant: str = ""
    on_unknown: str = "hold"  # hold | fail | resubmit
    failover: bool = False  # after an asynchronous failure for want of capacity or an internal one
    deadline_ms: int | None = None  # None: the server's
    poll_ceiling_ms: int | None = None  # the longest wait between two polls of one task
    events: str = "off"  # off | exclusive: the upstream's event queue is ours alone
    enabled: bool = True  # a channel that is not takes no new tasks; its running ones go on

    def matches(self, model_path: str) -> bool:
        """Return whether a `<kind>/<family>/<version>` path is one of this channel's models."""
        path = model_path.lower()
        return any(fnmatchcase(path, pattern.lower()) for pattern in self.models)

    def upstream_model(self, model_path: str) -> ModelRef | None:
        """Return what the upstream calls a model, None where it has the public name.

        A `*` in the upstream name stands for the public version.
        """
        path = model_path.lower()
        for pattern, name in self.names.items():
            if fnmatchcase(path, pattern.lower()):
                family, _, version = name.partition("/")
                public = model_path.rsplit("/", 1)[-1]
                return ModelRef(family, version.replace("*", public))
        return None


def model_path(kind: Kind | str, model: ModelRef) -> str:
    """Return the path that channel patterns are matched with."""
    return f"{kind}/{model.family}/{model.version}"


@dataclass(frozen=True, slots=True)
class Lane:
    """A queue: what one set of channels can serve.

    Spelt `<kind>/<family>/<version>[#variant][@provider+provider][!channel,channel]`: without
    providers every channel of the model serves it, the channels after `!` have failed it before.
    """

    path: str
    variant: str = ""
    providers: tuple[str, ...] = ()
    excluded: tuple[int, ...] = ()

    def __str__(self) -> str:
        variant = f"#{self.variant}" if self.variant else ""
        providers = f"@{'+'.join(self.providers)}" if self.providers else ""
        excluded = f"!{','.join(map(str, self.excluded))}" if self.excluded else ""
        return f"{self.path}{variant}{providers}{excluded}"

    @property
    def kind(self) -> str:
        """What is made: image or video."""
        return self.path.partition("/")[0]

    def takes(self, channel: Channel) -> bool:
        """Return whether a channel of the model takes work from this queue."""
        return (
            channel.variant == self.variant
            and channel.id not in self.excluded
            and (not self.providers or channel.provider.name in self.providers)
        )


def parse_lane(text: str) -> Lane:
    """Read back a lane's spelling; names of models may hold any character but `#@!`."""
    rest, _, excluded = text.partition("!")
    rest, _, providers = rest.partition("@")
    path, _, variant = rest.partition("#")
    return Lane(
        path,
        variant,
        tuple(providers.split("+")) if providers else (),
        tuple(map(int, excluded.split(","))) if excluded else (),
    )


class Router:
    """Finds the channels for a spec or a lane, best first; channels may be replaced at any time."""

    def __init__(self, channels: Sequence[Channel], providers: Mapping[str, Provider] | None = None) -> None:
        self._providers = dict(providers or {})
        self.replace(channels)

    def replace(self, channels: Sequence[Channel]) -> None:
        """Route by these channels from now on."""
        self._all = tuple(sorted(channels, key=lambda channel: (-channel.priority, channel.id)))
        self._enabled = tuple(channel for channel in self._all if channel.enabled)
        self._by_id = {channel.id: channel for channel in channels}
        self._lanes: dict[str, tuple[Channel, ...]] = {}
        self._paths: dict[str, tuple[Channel, ...]] = {}

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All channels, best first; disabled ones too, whose running tasks go on."""
        return self._all

    def by_id(self, channel_id: int | None) -> Channel | None:
        """Return the channel with this id, None when there is none any more."""
        return self._by_id.get(channel_id) if channel_id is not None else None

    def by_name(self, name: str) -> Channel | None:
        """Return the channel of this name."""
        return next((channel for channel in self._all if channel.name == name), None)

    def pinned(self, channel: Channel, account: Account) -> Channel:
        """Return the channel as it was for an attempt: an edit may have given it another provider since."""
        if account.provider in ("", channel.provider.name) or account.provider not in self._providers:
            return channel
        return replace(channel, provider=self._providers[account.provider])

    def serving(self, lane: str) -> tuple[Channel, ...]:
        """Return the enabled channels that take work from a lane."""
        found = self._lanes.get(lane)
        if found is None:
            wanted = parse_lane(lane)
            found = tuple(c for c in self._matching(wanted.path) if wanted.takes(c))
            if len(self._lanes) >= MAX_REMEMBERED:
                self._lanes.clear()
            self._lanes[lane] = found
        return found

    def eligible(
        self, spec: GenerationSpec, *, unfetchable: frozenset[Medium] = frozenset()
    ) -> tuple[Channel, ...]:
        """Return the channels that can make `spec` without losing anything that changes the result.

        `unfetchable` are the media of those inputs that no upstream could fetch from us.
        """
        if spec.model is None:
            return ()
        return tuple(
            channel
            for channel in self._matching(model_path(spec.kind, spec.model))
            if channel.provider.variant(spec) == channel.variant
            and not channel.provider.facts.by_url & unfetchable
            and channel.provider.serves(spec)
        )

    def of_model(self, spec: GenerationSpec) -> tuple[Channel, ...]:
        """Return the channels of a spec's model, whether or not they can make this spec."""
        return self._matching(model_path(spec.kind, spec.model)) if spec.model is not None else ()

    def lane(self, spec: GenerationSpec, *, excluded: tuple[int, ...] = ()) -> Lane | None:
        """Return the queue that a spec belongs to, None where no channel can make it."""
        return self.lane_of(spec, self.eligible(spec), excluded)

    def lane_of(
        self, spec: GenerationSpec, eligible: Sequence[Channel], excluded: tuple[int, ...] = ()
    ) -> Lane | None:
        """Return the queue of a spec that these channels can make, None for none."""
        if spec.model is None or not eligible:
            return None
        path = model_path(spec.kind, spec.model)
        able = {channel.provider.name for channel in eligible}
        every = {channel.provider.name for channel in self._matching(path)}
        providers = tuple(sorted(able)) if able != every else ()
        return Lane(path, eligible[0].variant, providers, excluded)

    def _matching(self, path: str) -> tuple[Channel, ...]:
        found = self._paths.get(path)
        if found is None:
            if len(self._paths) >= MAX_REMEMBERED:
                self._paths.clear()  # names are the caller's: memory must not grow with them
            found = self._paths[path] = tuple(c for c in self._enabled if c.matches(path))
        return found

    def claims(self, kind: Kind | str, model: ModelRef) -> bool:
        """Return whether a channel names this model's family outright: `*` and `video/*` claim nothing."""
        path = model_path(kind, model).lower()
        return any(
            names_family(pattern) and fnmatchcase(path, pattern.lower())
            for channel in self._enabled
            for pattern in channel.models
        )


def names_family(pattern: str) -> bool:
    """Return whether a pattern says which family it is for, at least in part."""
    family = (*pattern.split("/"), "")[1]
    return bool(family.strip("*?"))


def account_of(channel: Channel, path: str) -> Account:
    """Return what an attempt at a model (`<kind>/<family>/<version>`) freezes of its channel."""
    return msgspec.structs.replace(
        channel.account,
        channel=channel.name,
        provider=channel.provider.name,
        model=channel.upstream_model(path),
    )
