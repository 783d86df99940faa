"""Runs flows in an event loop, over whatever carries calls: aiohttp, or the application in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable
from typing import Any, Final, Protocol, TypeVar

from genmux.client.effects import (
    THROWN,
    Answer,
    AnswerLost,
    Call,
    Download,
    Downloaded,
    Effect,
    Flow,
    NotSent,
    Pause,
    ReadFile,
    Tell,
    Turn,
)
from genmux.client.local_files import read_file
from genmux.client.pace import Pace
from genmux.client.part_file import PartFile

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Streamed:
    """The head of an answer whose body is still coming; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class Carrier(Protocol):
    """Carries calls to the other side. Raises `NotSent` and `AnswerLost`."""

    async def exchange(self, call: Call) -> Answer:
        """Carry a call and bring its whole answer."""
        ...

    def stream(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Streamed]:
        """Ask for a URL and bring its answer piece by piece; redirects are answers like others."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


class AsyncShell:
    """Performs what flows ask for, any number of flows at once, in the loop that is running."""

    def __init__(self, pace: Pace, carrier: Carrier) -> None:
        self._pace = pace
        self._carrier = carrier
        self._perform: Final[dict[type[Any], Callable[[Any], Awaitable[Any]]]] = {
            Call: carrier.exchange,
            Turn: self._turn,
            Pause: _pause,
            ReadFile: _read,
            Download: self._download,
        }

    async def run(self, flow: Flow[T], tell: Callable[[Any], object] | None = None) -> T:
        """Run a flow to its end and return its result; a `tell` that is a coroutine function is awaited."""
        move: Callable[[], Effect] = partial(next, flow)
        with closing(flow):  # at once, whoever keeps the error: others wait for what the flow holds
            while True:
                try:
                    effect = move()
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                if type(effect) is Tell:
                    await _show(effect.news, tell)
                    move = partial(next, flow)
                    continue
                try:
                    reply = await self._perform[type(effect)](effect)
                except THROWN as error:
                    move = partial(flow.throw, error)
                else:
                    move = partial(flow.send, reply)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._carrier.close()

    async def _turn(self, turn: Turn) -> None:
        seconds = self._pace.claim(turn.pace, time.monotonic(), refused=turn.refused)
        if seconds > 0:
            await asyncio.sleep(seconds)

    async def _download(self, wanted: Download) -> Downloaded:
        part = PartFile(wanted)
        try:
            while True:
                try:
                    if await self._pour(part):
                        return await asyncio.to_thread(part.finish)
                except (NotSent, AnswerLost) as error:
                    await asyncio.sleep(part.again(error))
        finally:
            part.discard()

    async def _pour(self, part: PartFile) -> bool:
        """Ask for what is missing and write what comes; return False when another URL is to be asked."""
        async with self._carrier.stream(part.url, part.headers()) as reply:
            if not part.begin(reply.status, reply.headers):
                return False
            async for chunk in reply.chunks:
                await asyncio.to_thread(part.write, chunk)
        return True


async def _show(news: Any, tell: Callable[[Any], object] | None) -> None:
    if tell is not None:
        said = tell(news)
        if isawaitable(said):
            await said


async def _pause(pause: Pause) -> None:
    await asyncio.sleep(pause.seconds)


async def _read(wanted: ReadFile) -> bytes:
    return await asyncio.to_thread(read_file, wanted)
