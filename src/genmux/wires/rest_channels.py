"""What our own REST wire is asked and answers about channels; never anything secret."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from genmux.wires.rest_answers import Time
from genmux.wires.rest_bodies import Name

Positive: TypeAlias = Annotated[float, Meta(gt=0)]
Rate: TypeAlias = Annotated[float, Meta(ge=0)]
Slots: TypeAlias = Annotated[int, Meta(ge=1)]


class ChannelBody(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a channel: null takes a key back, any other key is an option of the provider."""

    provider: Name | None = None
    credential: Name | dict[str, str] | None = None
    endpoint: str | None = None
    models: str | list[str] | None = None
    names: dict[str, Name] | None = None
    priority: int | None = None
    weight: Slots | None = None
    slots: Slots | dict[str, Slots] | None = None
    learns: bool | None = None
    creates_per_second: Rate | dict[str, Rate] | None = None
    describes_per_second: Rate | dict[str, Rate] | None = None
    rates: dict[str, Rate] | None = None
    deadline_minutes: Positive | None = None
    poll_seconds: Positive | None = None
    on_unknown: Literal["hold", "fail", "resubmit"] | None = None
    failover: bool | None = None
    events: Literal["off", "exclusive"] | None = None
    allow_private: bool | None = None
    price: str | None = None
    enabled: bool | None = None


class ChannelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a channel is left alone for a while; `breaker` is closed, open or half_open."""

    breaker: str
    error_class: str | None = None
    why: str | None = None
    open_until: Time | None = None


class ChannelStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One channel as it is now; `slots_limit` is null where nobody counts."""

    name: str
    provider: str
    enabled: bool
    source: str
    endpoint: str
    models: tuple[str, ...]
    names: dict[str, str]
    priority: int
    weight: int
    slots_used: int
    slots_limit: int | None
    kind_slots: dict[str, int]
    rates: dict[str, float]
    options: dict[str, Any]
    has_credential: bool
    price: str
    problem: str | None
    callback_path: str | None  # below this server's address, for upstreams that call
    health: ChannelHealth | None


class ChannelList(msgspec.Struct, frozen=True):
    """Every channel, disabled ones too."""

    channels: tuple[ChannelStatus, ...]


class ProbeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a harmless call to a channel's upstream found out; `code` is null where nothing is wrong."""

    ok: bool
    message: str
    code: str | None
    notes: dict[str, Any]
