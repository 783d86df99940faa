"""`/metrics`: how the server and its channels fare, for Prometheus; served only if the operator wants it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.domain.states import TaskState

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
QUANTILES: Final = ("0.5", "0.99")


class Lag(Protocol):
    """How late the ends of a channel's tasks were noticed, in milliseconds."""

    count: int
    total_ms: float

    def quantile_ms(self, share: float) -> float:
        """Return the lag that a share of all ends stayed within."""
        ...


class ChannelView(Protocol):
    """What is told of one channel."""

    @property
    def name(self) -> str: ...
    @property
    def health(self) -> str: ...
    @property
    def open_attempts(self) -> Mapping[str, int]: ...
    @property
    def slots(self) -> int: ...
    @property
    def slow_downs(self) -> Mapping[str, float]: ...


class Figures(Protocol):
    """Gathers the figures of one moment."""

    async def tasks(self) -> Mapping[TaskState, int]: ...
    async def channels(self) -> Iterable[ChannelView]: ...
    def puzzled(self) -> Mapping[str, int]:
        """Return by channel how many answers were not understood."""
        ...

    def lags(self) -> Mapping[str, Lag]: ...


class _Once:
    """Gives the client library metrics that were gathered already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = tuple(metrics)

    def collect(self) -> Iterator[Metric]:
        """Yield them."""
        yield from self._metrics


class Metrics:
    """Serves the figures of the moment they are asked for."""

    def __init__(self, figures: Figures, process: int = 0) -> None:
        """Of several processes on one port, `process` says whose counts these are."""
        self._figures = figures
        self._names = ["channel", *(["process"] if process else [])]
        self._own = [str(process)] if process else []

    async def handle(self, request: WireRequest) -> WireReply:
        """Answer one request."""
        if request.path != "/metrics":
            return WireReply(404, b'{"error":"there is nothing at this path"}')
        if request.method not in ("GET", "HEAD"):
            return WireReply(405, b"", headers=[("Allow", "GET, HEAD")])
        registry = CollectorRegistry()
        registry.register(
            _Once([*await self._tasks(), *await self._channels(), self._puzzled(), self._lags()])
        )
        return WireReply(200, generate_latest(registry), TEXT)

    async def _tasks(self) -> list[Metric]:
        family = GaugeMetricFamily("genmux_tasks", "Tasks by state.", labels=["state"])
        for state, count in (await self._figures.tasks()).items():
            family.add_metric([state.word], count)
        return [family]

    async def _channels(self) -> list[Metric]:
        used = GaugeMetricFamily(
            "genmux_channel_attempts", "Open attempts: slots in use.", labels=["channel", "kind"]
        )
        slots = GaugeMetricFamily("genmux_channel_slots", "Slots of a channel.", labels=["channel"])
        health = GaugeMetricFamily(
            "genmux_channel_health", "1 for the state its breakers are in.", labels=["channel", "state"]
        )
        slower = GaugeMetricFamily(
            "genmux_channel_slow_down",
            "How many times slower than configured calls leave.",
            labels=["channel", "pace"],
        )
        for channel in await self._figures.channels():
            slots.add_metric([channel.name], channel.slots)
            health.add_metric([channel.name, channel.health], 1)
            for kind, count in channel.open_attempts.items():
                used.add_metric([channel.name, kind], count)
            for pace, factor in channel.slow_downs.items():
                slower.add_metric([channel.name, pace], factor)
        return [used, slots, health, slower]

    def _puzzled(self) -> Metric:
        family = CounterMetricFamily(
            "genmux_puzzling_answers", "Answers of upstreams that were not understood.", labels=self._names
        )
        for name, count in self._figures.puzzled().items():
            family.add_metric([name, *self._own], count)
        return family

    def _lags(self) -> Metric:
        family = SummaryMetricFamily(
            "genmux_detection_lag_seconds",
            "From the end of a generation upstream to the poll that noticed it.",
            labels=self._names,
        )
        for name, lag in self._figures.lags().items():
            values = [name, *self._own]
            family.add_metric(values, lag.count, lag.total_ms / 1000)
            labels = dict(zip(self._names, values, strict=True))
            for quantile in QUANTILES:
                value = lag.quantile_ms(float(quantile)) / 1000
                family.add_sample(family.name, {**labels, "quantile": quantile}, value)
        return family

    def too_large(self, request: WireRequest, limit: int) -> WireReply:
        """Answer a request with a body, which nothing here takes."""
        return WireReply(413, b'{"error":"the body is too large"}')
