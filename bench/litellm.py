"""genmux beside LiteLLM's proxy: the same calls, the same upstream, one worker on one core each."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from bench import litellm_peer, machine, requests
from bench.asking import call, wait_for
from bench.children import Child, serving
from bench.fake_upstream import DONE
from bench.litellm_peer import NotInstalled
from bench.load import Burst, burst
from bench.table import middle, print_table, ratio

SECONDS: Final = 2.0
ROUNDS: Final = 3
CONNECTIONS: Final = (64, 16, 1)
WARM_SECONDS: Final = 1.5
RUNNING: Final = 128
FINISHED: Final = 32
"""So many films are asked about in turn, of each sort."""
IDLE_SECONDS: Final = 2.0
ACCOUNT: Final = {"creates_per_second": 20, "describes_per_second": 50, "slots": 1_000}
"""What one account at an upstream lets through: creates are kept durably and sent on at this pace."""
UNLIMITED: Final = {"creates_per_second": 0, "describes_per_second": 0, "slots": 100_000}
HEAD: Final = (
    *("call", "connections", "LiteLLM per s", "p50 ms", "p99 ms", "CPU µs"),
    *("genmux per s", "p50 ms", "p99 ms", "CPU µs", "times the rate", "CPU of LiteLLM's", "p99 of LiteLLM's"),
)
START_HEAD: Final = ("what", "LiteLLM", "genmux", "ratio")
GOALS: Final = {"video create": 25.0, "video status, running": 35.0, "video status, finished": 50.0}
"""How many times LiteLLM's rate is wanted."""
REFERENCE: Final = "LiteLLM 1.106.2 on two shared x86-64 vCPU, November 2026, 16 connections, one worker"
REFERENCES: Final = {
    "image generation": (188, 79.6, 500, 4_900),
    "video create": (240, 60.8, 412, 4_000),
    "video status, running": (220, 66.0, 91, 4_300),
}
"""Rate, p50 and p99 in ms, CPU µs: what stands where LiteLLM cannot be installed."""


@dataclass(slots=True)
class Side:
    """One kind of call to one server, and what its bursts were like."""

    child: Child
    requests: Callable[[], Iterator[bytes]]
    marker: bytes
    bursts: list[Burst] = field(default_factory=list)

    def load(self, seconds: float, connections: int) -> Burst:
        """Run one burst while every other server of the bench stands still."""
        with awake(self.child):
            return burst(self.child, self.requests(), self.marker, seconds, connections)


@contextmanager
def awake(child: Child) -> Iterator[None]:
    """Let a server run for the length of the block; before and after it gets no CPU."""
    os.kill(child.pid, signal.SIGCONT)
    try:
        yield
    finally:
        os.kill(child.pid, signal.SIGSTOP)


@dataclass(frozen=True, slots=True)
class Ids:
    """The films at one server that are asked about."""

    running: Sequence[str]
    finished: Sequence[str]


def _make_films(child: Child) -> Ids:
    """Create the films that are asked about and wait until all are at the upstream, and made or not."""
    with awake(child):
        running = [_create(child, n) for n in range(RUNNING)]
        finished = [_create(child, n, DONE.decode()) for n in range(FINISHED)]
        for wanted, ids in (("in_progress", running), ("completed", finished)):
            for name in ids:
                wait_for(child, f"/v1/videos/{name}", "status", wanted)
    return Ids(running, finished)


def _create(child: Child, n: int, words: str = "") -> str:
    body = requests.openai_body("fake-video", n, seconds="4")
    if words:
        body = msgspec.json.encode({"model": "fake-video", "prompt": f"{words}, take {n}", "seconds": "4"})
    return str(call(child, "POST", "/v1/videos", body)["id"])


def _genmux(upstream: Child, **limits: int) -> dict[str, Any]:
    host, port = upstream.address
    channel = {
        "provider": "openai",
        "endpoint": f"http://{host}:{port}/v1",
        "allow_private": True,
        "models": ["video/fake/*", "image/fake/*"],
        **limits,
    }
    return {"channels": {"fake": channel}}


# What is measured.


def _pictures(child: Child, **more: str) -> Side:
    bodies = [requests.openai_body("fake-image", n, **more) for n in range(requests.FEW)]
    return Side(
        child, lambda: requests.bearer_posts(child, "/v1/images/generations", bodies), b'"b64_json":"'
    )


def _creates(child: Child) -> Side:
    bodies = [requests.openai_body("fake-video", n, seconds="4") for n in range(requests.FEW)]
    return Side(child, lambda: requests.bearer_posts(child, "/v1/videos", bodies), b'"id":"video_')


def _looks(child: Child, ids: Sequence[str], status: bytes) -> Side:
    targets = [f"/v1/videos/{name}" for name in ids]
    return Side(child, lambda: requests.bearer_gets(child, targets), b'"status":"%s"' % status)


def _sides(child: Child, ids: Ids) -> dict[str, Side]:
    return {
        "video create": _creates(child),
        "video status, running": _looks(child, ids.running, b"in_progress"),
        "video status, finished": _looks(child, ids.finished, b"completed"),
    }


def _measure(
    name: str, peer: Side | None, ours: Side, seconds: float, rounds: int, connections: int
) -> tuple[str, ...]:
    """Let both take turns at one kind of call; return the row."""
    sides = [side for side in (peer, ours) if side is not None]
    for side in sides:
        side.bursts.clear()
        side.load(WARM_SECONDS if peer is not None else seconds, connections)
    for _ in range(rounds):
        for side in sides:
            side.bursts.append(side.load(seconds, connections))
    return _row(name, peer, ours, connections)


def _row(name: str, peer: Side | None, ours: Side, connections: int) -> tuple[str, ...]:
    told = _told(ours)
    if peer is None:
        return (name, str(connections), *_referred(name), *told, "-", "-", "-")
    goal = GOALS.get(name)
    factor = ratio([b.rate for b in ours.bursts], [b.rate for b in peer.bursts], goal)
    cpu = _share([b.cpu_us for b in ours.bursts], [b.cpu_us for b in peer.bursts])
    late = _share([b.p99_ms for b in ours.bursts], [b.p99_ms for b in peer.bursts])
    return (name, str(connections), *_told(peer), *told, factor, cpu, late)


def _told(side: Side) -> tuple[str, ...]:
    found = side.bursts
    return (
        middle([b.rate for b in found]),
        middle([b.p50_ms for b in found], 1),
        middle([b.p99_ms for b in found], 1),
        middle([b.cpu_us for b in found]),
    )


def _referred(name: str) -> tuple[str, ...]:
    return tuple(f"({value:,})" for value in REFERENCES[name]) if name in REFERENCES else ("-",) * 4


def _share(ours: Sequence[float | None], peers: Sequence[float | None]) -> str:
    pairs = [(o, p) for o, p in zip(ours, peers, strict=True) if o and p]
    return f"1/{median(p / o for o, p in pairs):.1f}" if pairs else "-"


def _start_rows(
    peer: Child | None, command: Path | None, directory: Path, rounds: int
) -> list[tuple[str, ...]]:
    """Measure how soon both answer, what they hold when idle, and how soon their help is there."""
    ours = [sys.executable, "-m", "genmux"]
    readies, resident, shared = [], [], []
    for n in range(rounds):
        port = litellm_peer.free_port()
        serve = (*ours, "serve", "--port", str(port), "--data", str(directory / f"idle-{n}"))
        with litellm_peer.started(serve, port, "/healthz", {}) as (process, ready):
            time.sleep(IDLE_SECONDS)
            readies.append(ready)
            resident.append(machine.rss_mb(process.pid))
            shared.append(machine.memory_mb(process.pid)[0])
    helped = _help_seconds([*ours, "--help"], rounds)
    theirs: tuple[float | None, ...] = (None,) * 4
    if peer is not None and command is not None:
        idle = machine.rss_mb(peer.pid), machine.memory_mb(peer.pid)[0]
        theirs = (float(peer.said["ready"]), *idle, _help_seconds([str(command), "--help"], 1))
    mine = (median(readies), median(resident), median(shared), helped)
    names = (("ready, new directory", "s"), ("idle, RSS", "MB"), ("idle, PSS", "MB"), ("--help", "s"))
    return [_start_row(*name, t, m) for name, t, m in zip(names, theirs, mine, strict=True)]


def _start_row(name: str, unit: str, theirs: float | None, ours: float) -> tuple[str, ...]:
    digits = 0 if unit == "MB" else 2
    peer = "-" if theirs is None else f"{theirs:.{digits}f} {unit}"
    return (name, peer, f"{ours:.{digits}f} {unit}", "-" if theirs is None else f"1/{theirs / ours:.1f}")


def _help_seconds(command: Sequence[str], rounds: int) -> float:
    from bench.start import time_command

    time_command(command)
    return median(time_command(command) for _ in range(rounds))


def measure(seconds: float | None, rounds: int, directory: Path) -> None:
    """Print the tables; every burst lasts `seconds`, the servers take turns and never run at once."""
    each = SECONDS if seconds is None else seconds
    directory.mkdir(parents=True, exist_ok=True)
    machine.pin(machine.generator_core())
    try:
        command: Path | None = litellm_peer.install()
    except NotInstalled as error:
        print(f"\nLiteLLM cannot be installed here ({error}); in brackets: {REFERENCE}.", flush=True)
        command = None
    with ExitStack() as stack:
        upstream = stack.enter_context(serving("bench.fake_upstream", directory / "upstream", beside=True))
        peer = None
        if command is not None:
            url = "http://{}:{}/v1".format(*upstream.address)
            peer = stack.enter_context(litellm_peer.proxy(command, directory, url))
            time.sleep(IDLE_SECONDS)
        starts = _start_rows(peer, command, directory, min(rounds, 3))
        rows = _compare(upstream, peer, each, rounds, directory / "genmux")
    print_table(f"Beside LiteLLM {litellm_peer.VERSION}, one worker on one core", HEAD, rows)
    print_table("Start and footprint beside LiteLLM", START_HEAD, starts)


def _compare(
    upstream: Child, peer: Child | None, seconds: float, rounds: int, directory: Path
) -> list[tuple[str, ...]]:
    rows = []
    with serving("bench.served", directory, **_genmux(upstream, **UNLIMITED)) as genmux:
        ids = _make_films(genmux)
        their_ids = _make_films(peer) if peer is not None else None
        pictures = _pictures(peer) if peer is not None else None
        for connections in CONNECTIONS[:2]:
            mine = _pictures(genmux, response_format="b64_json")
            rows.append(_measure("image generation", pictures, mine, seconds, rounds, connections))
        os.kill(genmux.pid, signal.SIGCONT)
    with serving("bench.served", directory, **_genmux(upstream, **ACCOUNT)) as genmux:
        ours = _sides(genmux, ids)
        theirs = _sides(peer, their_ids) if peer is not None and their_ids is not None else {}
        for connections in CONNECTIONS:
            for name, side in ours.items():
                rows.append(_measure(name, theirs.get(name), side, seconds, rounds, connections))
        os.kill(genmux.pid, signal.SIGCONT)
    if peer is not None:
        os.kill(peer.pid, signal.SIGCONT)
    return rows
