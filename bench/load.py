"""The load generator: keep-alive connections that write prepared requests and count right answers."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Final, cast

from bench import machine
from bench.children import BenchError, Child

CONNECTIONS: Final = 64
GRACE_SECONDS: Final = 10.0
LEAST_ANSWERS: Final = 2
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"


@dataclass(frozen=True, slots=True)
class Burst:
    """What one server did in one burst of load; latencies as the clients saw them."""

    answered: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_us: float | None  # CPU of the server per answer

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answered / self.seconds


@dataclass(slots=True)
class _Run:
    """What all connections of one burst share."""

    requests: Iterator[bytes]
    marker: bytes
    deadline: float
    finished: asyncio.Future[None]
    open: int = 0
    last: float = 0.0
    latencies: list[float] = field(default_factory=list)

    def fail(self, reason: str) -> None:
        if not self.finished.done():
            self.finished.set_exception(BenchError(reason))

    def leave(self) -> None:
        self.open -= 1
        if self.open == 0 and not self.finished.done():
            self.finished.set_result(None)


class _Connection(asyncio.Protocol):
    """One client: writes a request, reads the answer, writes the next."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._sent = 0.0
        self._left = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def begin(self) -> None:
        """Write the next request, or leave when there is none."""
        assert self._transport is not None
        request = next(self._run.requests, None)
        if request is None:
            self._leave()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        try:
            size = _answer_size(buffer)
        except BenchError as error:
            self._run.fail(str(error))
            return
        if size is None or len(buffer) < size:
            self._buffer = buffer
            return
        self._buffer = b""
        self._take(buffer, size)

    def _take(self, answer: bytes, size: int) -> None:
        run, now = self._run, time.perf_counter()
        if len(answer) > size or not answer.startswith(b"HTTP/1.1 200 ") or run.marker not in answer:
            run.fail(f"wrong answer: {answer[:2000].decode(errors='replace')}")
            return
        if now > run.deadline and len(run.latencies) >= LEAST_ANSWERS:
            self._leave()
            return
        run.latencies.append(now - self._sent)
        run.last = now
        self.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._left:
            self._run.fail(f"the server closed a connection: {exc}")

    def _leave(self) -> None:
        assert self._transport is not None
        self._left = True
        self._transport.close()
        self._run.leave()


def _answer_size(buffer: bytes) -> int | None:
    """Return how long the answer at the start of `buffer` is, None while its head is not whole."""
    end = buffer.find(_HEAD_END)
    if end < 0:
        return None
    head = buffer[: end + 2].lower()
    at = head.find(_LENGTH)
    if at < 0:
        raise BenchError(f"an answer without Content-Length: {head.decode(errors='replace')}")
    at += len(_LENGTH)
    return end + len(_HEAD_END) + int(head[at : head.find(b"\r\n", at)])


async def _burst(
    address: tuple[str, int], requests: Iterator[bytes], marker: bytes, seconds: float, connections: int
) -> tuple[list[float], float]:
    loop = asyncio.get_running_loop()
    run = _Run(requests, marker, 0.0, loop.create_future())
    clients = [
        (await loop.create_connection(lambda: _Connection(run), *address))[1] for _ in range(connections)
    ]
    begun = time.perf_counter()
    run.deadline, run.open = begun + seconds, connections
    for client in clients:
        client.begin()
    async with asyncio.timeout(seconds + GRACE_SECONDS):
        await run.finished
    return run.latencies, run.last - begun


def burst(
    child: Child, requests: Iterator[bytes], marker: bytes, seconds: float, connections: int = CONNECTIONS
) -> Burst:
    """Load a server until `requests` or the time is used up. Raises `BenchError` at the first wrong answer.

    Every answer must be a 200 and contain `marker`. What arrives after the time is not counted, unless
    it is one of the first two. CPU is that of the server process and of those that it started.
    """
    before = machine.family_cpu_seconds(child.pid)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        latencies, elapsed = runner.run(_burst(child.address, requests, marker, seconds, connections))
    after = machine.family_cpu_seconds(child.pid)
    if len(latencies) < LEAST_ANSWERS:
        raise BenchError(f"only {len(latencies)} answers in {seconds} s")
    cuts = quantiles(latencies, n=100)
    used = None if before is None or after is None else (after - before) * 1e6 / len(latencies)
    return Burst(len(latencies), elapsed, cuts[49] * 1000, cuts[98] * 1000, used)


def loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    """Return the fastest loop that this system has, None for its usual one."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.Loop
