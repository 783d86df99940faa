"""Calls per second of clients, all against one server that answers at once: the official SDK's and ours."""

from __future__ import annotations

import asyncio
import time
import timeit
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp
import httpx2
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.mps.v20190612 import models, mps_client, mps_client_async

import genmux
from bench import machine, requests
from bench.children import Child, serving
from bench.load import loop_factory
from bench.table import middle, print_table, ratio
from genmux.wires import mps, tc3

SECONDS: Final = 2.0
IN_FLIGHT: Final = 64
"""So many calls are under way at once in an asynchronous client."""
TASK: Final = "4-AigcVideo-" + "0" * 32
SECRET: Final = ("AKIDbench", "not-a-secret-of-anybody")
REGION: Final = "ap-guangzhou"
HEAD: Final = (
    *("client", "calls per s", "CPU µs per call"),
    *("× official", "× official, async", "CPU of official", "CPU of official, async"),
)
SIGNATURES: Final = 20_000

Call = Callable[[], Any]
AsyncCall = Callable[[], Awaitable[Any]]


@dataclass(slots=True)
class Burst:
    """What a client did in one burst; CPU is that of this whole process."""

    calls: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU µs per call."""
        return self.cpu_seconds * 1e6 / self.calls


@dataclass(slots=True)
class Contender:
    """One way to make a call over and over, and what its bursts were like."""

    name: str
    burst: Callable[[float], Burst]
    bursts: list[Burst] = field(default_factory=list)

    def rates(self) -> list[float]:
        """Return the rate of every burst."""
        return [b.rate for b in self.bursts]

    def cpu(self) -> list[float]:
        """Return the CPU µs per call of every burst."""
        return [b.cpu_us for b in self.bursts]


# How a burst is made.


def in_turn(opened: Callable[[], Any]) -> Callable[[float], Burst]:
    """Return bursts of a client that makes one call after the other; `opened` gives its call in a `with`."""

    def burst(seconds: float) -> Burst:
        with opened() as call:
            call()
            done, begun, cpu = 0, time.perf_counter(), time.process_time()
            while (now := time.perf_counter()) < begun + seconds:
                call()
                done += 1
            return Burst(max(1, done), now - begun, time.process_time() - cpu)

    return burst


def at_once(
    opened: Callable[[], AbstractAsyncContextManager[AsyncCall]], *, uv: bool = False
) -> Callable[[float], Burst]:
    """Return bursts of a client with `IN_FLIGHT` calls under way, in asyncio's loop or in uvloop."""

    def burst(seconds: float) -> Burst:
        with asyncio.Runner(loop_factory=loop_factory() if uv else None) as runner:
            return runner.run(_at_once(opened, seconds))

    return burst


async def _at_once(opened: Callable[[], AbstractAsyncContextManager[AsyncCall]], seconds: float) -> Burst:
    done = 0

    async def work(call: AsyncCall, until: float) -> None:
        nonlocal done
        while time.perf_counter() < until:
            await call()
            done += 1

    async with opened() as call:
        await asyncio.gather(*(call() for _ in range(IN_FLIGHT)))
        begun, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work(call, begun + seconds) for _ in range(IN_FLIGHT)))
        return Burst(done, time.perf_counter() - begun, time.process_time() - cpu)


# The clients.


def _profile(child: Child) -> ClientProfile:
    host, port = child.address
    return ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=f"{host}:{port}", reqTimeout=30))


def _sdk_request(kind: Any, n: int = 0) -> Any:
    request = kind()
    request.from_json_string(requests.create_body(n).decode())
    return request


def _sdk_call(client: Any, kind: str) -> Callable[[], Any]:
    if kind == "create":
        return lambda: client.CreateAigcVideoTask(_sdk_request(models.CreateAigcVideoTaskRequest))
    asked = models.DescribeAigcVideoTaskRequest()
    asked.TaskId = TASK
    return lambda: client.DescribeAigcVideoTask(asked)


def _ours(child: Child) -> dict[str, Any]:
    host, port = child.address
    return {
        "base_url": f"http://{host}:{port}",
        "secret_id": SECRET[0],
        "secret_key": SECRET[1],
        "region": REGION,
        "paced": False,
    }


def _our_call(client: Any, kind: str) -> Callable[[], Any]:
    """Return the same create, or the same look, by our own client."""
    if kind == "look":
        return lambda: client.tasks.get(TASK)
    return lambda: client.videos.create(
        requests.PROMPT,
        model="Kling/2.1",
        negative_prompt=requests.NEGATIVE,
        enhance_prompt=False,
        duration=5,
        resolution="1080P",
        aspect_ratio="16:9",
        watermark=False,
        extra={"Operator": "studio-7"},
    )


def _body(kind: str) -> tuple[str, bytes]:
    if kind == "create":
        return "CreateAigcVideoTask", requests.create_body(0)
    return "DescribeAigcVideoTask", f'{{"TaskId":"{TASK}"}}'.encode()


@asynccontextmanager
async def sdk_async(child: Child, kind: str) -> AsyncIterator[AsyncCall]:
    """Open the official asynchronous client."""
    async with mps_client_async.MpsClient(Credential(*SECRET), REGION, _profile(child)) as client:
        yield _sdk_call(client, kind)


@contextmanager
def sdk(child: Child, kind: str) -> Iterator[Call]:
    """Open the official client."""
    yield _sdk_call(mps_client.MpsClient(Credential(*SECRET), REGION, _profile(child)), kind)


@asynccontextmanager
async def ours_async(child: Child, kind: str) -> AsyncIterator[AsyncCall]:
    """Open our asynchronous client."""
    async with genmux.AsyncClient("mps", **_ours(child)) as client:
        yield _our_call(client, kind)


@contextmanager
def ours(child: Child, kind: str) -> Iterator[Call]:
    """Open our client."""
    with genmux.Client("mps", **_ours(child)) as client:
        yield _our_call(client, kind)


@asynccontextmanager
async def bare_aiohttp(child: Child, kind: str) -> AsyncIterator[AsyncCall]:
    """Open aiohttp alone, for one call that is signed already."""
    url, body, headers = _signed(child, kind)
    async with aiohttp.ClientSession() as session:

        async def call() -> bytes:
            async with session.post(url, data=body, headers=headers) as reply:
                return await reply.read()

        yield call


@asynccontextmanager
async def bare_httpx2(child: Child, kind: str) -> AsyncIterator[AsyncCall]:
    """Open httpx2 alone, for one call that is signed already."""
    url, body, headers = _signed(child, kind)
    limits = httpx2.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    async with httpx2.AsyncClient(limits=limits) as client:
        yield lambda: client.post(url, content=body, headers=headers)


def _signed(child: Child, kind: str) -> tuple[str, bytes, dict[str, str]]:
    action, body = _body(kind)
    host, port = child.address
    return f"http://{host}:{port}/", body, requests.signed(SECRET, child, action, body)


def contenders(child: Child, kind: str) -> tuple[Contender, ...]:
    """Return every way to make the call `kind`, the official SDK's two clients first."""
    return (
        Contender("official SDK", in_turn(partial(sdk, child, kind))),
        Contender("official SDK, async", at_once(partial(sdk_async, child, kind))),
        Contender("genmux.AsyncClient, uvloop", at_once(partial(ours_async, child, kind), uv=True)),
        Contender("genmux.AsyncClient", at_once(partial(ours_async, child, kind))),
        Contender("genmux.Client", in_turn(partial(ours, child, kind))),
        Contender("aiohttp alone, signed before", at_once(partial(bare_aiohttp, child, kind))),
        Contender("httpx2 alone, signed before", at_once(partial(bare_httpx2, child, kind))),
    )


# The tables.


def _row(contender: Contender, official: Sequence[Contender]) -> tuple[str, ...]:
    return (
        contender.name,
        middle(contender.rates()),
        middle(contender.cpu()),
        *(ratio(contender.rates(), sdk.rates()) for sdk in official),
        *(ratio(contender.cpu(), sdk.cpu()) for sdk in official),
    )


def _signing_row(name: str, body: bytes) -> tuple[str, str]:
    credential, now = tc3.Credential(*SECRET), int(time.time())

    def sign() -> None:
        tc3.sign(
            credential,
            host="mps.tencentcloudapi.com",
            service=mps.SERVICE,
            action="CreateAigcVideoTask",
            version=mps.VERSION,
            timestamp=now,
            body=body,
            region=REGION,
            language="en-US",
        )

    each = min(timeit.repeat(sign, number=SIGNATURES, repeat=5)) / SIGNATURES
    return name, f"{each * 1e6:.1f} (goal 10)"


def measure(seconds: float | None, rounds: int, directory: Path) -> None:
    """Print the tables; every burst lasts `seconds`, the clients take turns."""
    each = SECONDS if seconds is None else seconds
    machine.pin(machine.generator_core())
    with serving("bench.floors.constant_floor", directory / "constant") as child:
        for kind in ("create", "look"):
            clients = contenders(child, kind)
            for _ in range(rounds):
                for contender in clients:
                    contender.bursts.append(contender.burst(each))
            title = f"Clients: {kind} at MPS, one process on one core; asynchronous: {IN_FLIGHT} in flight"
            print_table(title, HEAD, [_row(contender, clients[:2]) for contender in clients])
    rows = [
        _signing_row("a look", _body("look")[1]),
        _signing_row("a create of 600 bytes", _body("create")[1]),
    ]
    print_table("Signing one call with the derived-key cache", ("call", "µs"), rows)
