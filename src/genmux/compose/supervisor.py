"""Several processes that serve one port: started, watched, started again when they die, and drained."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from genmux.compose.server import choose_certificate_of, choose_token, own, reachable
from genmux.compose.worker import Order, Serving, plain
from genmux.domain.errors import Unavailable
from genmux.domain.text import Text
from genmux.engine.fleet import Role
from genmux.settings import Settings
from genmux.store.ownership import Ownership
from genmux.web.server import bind

log = structlog.get_logger(__name__)

COMMAND: Final = (sys.executable, "-m", "genmux.compose.worker")
FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 15.0
STEADY_SECONDS: Final = 10.0
"""Who has lived so long is started again at once when it dies."""
UNLISTENED_SECONDS: Final = 1.0
"""Connections wait at the socket of a process that is started again; for a longer pause it is closed."""
GRACE_SECONDS: Final = 15.0
"""How much longer than the drain a process may take to end before it is killed."""


@dataclass(slots=True)
class Slot:
    """One process of several: its socket outlives it, so that no connection is lost when it dies."""

    number: int
    socket: socket.socket
    process: asyncio.subprocess.Process | None = None
    pause: float = FIRST_PAUSE_SECONDS
    serving: asyncio.Event = field(default_factory=asyncio.Event)


class Supervisor:
    """Runs `processes` workers on one port until it is told to stop.

    The sockets of the workers share the port, and the kernel divides connections among them. This
    process keeps each of them open, so that a worker's successor goes on with the same one.
    """

    def __init__(
        self,
        settings: Settings,
        config: Path | None,
        overrides: Mapping[str, Any],
        ownership: Ownership | None,
    ) -> None:
        self.settings = settings
        self._config = config
        self._overrides = plain(overrides)
        self._ownership = ownership
        self._stopping = asyncio.Event()
        bind(settings.host, settings.port).close()  # else another one would share its port with us
        first = bind(settings.host, settings.port, divided=True)
        host, port = first.getsockname()[:2]
        self._address = (host, port)
        others = [bind(host, port, divided=True) for _ in range(settings.processes - 1)]
        self._slots = [Slot(number, one) for number, one in enumerate((first, *others), 1)]
        self._tasks: list[asyncio.Task[None]] = []
        self.url = ""
        self.certificate: Path | None = None

    @classmethod
    async def open(
        cls,
        settings: Settings,
        *,
        environ: Mapping[str, str],
        config: Path | None,
        overrides: Mapping[str, Any],
    ) -> Supervisor:
        """Bind, start every worker and return once all of them serve.

        Raises `OSError` (port in use), `MasterKeyError`, `CertificateError`, `Unavailable`.
        """
        ownership = own(settings)
        try:
            token = choose_token(settings, environ)  # makes the key before several would
            certificate = choose_certificate_of(settings)
            supervisor = cls(settings, config, overrides, ownership)
            supervisor.certificate = certificate.certificate if certificate is not None else None
        except BaseException:
            if ownership is not None:
                ownership.release()
            raise
        try:
            await supervisor._start()
        except BaseException:
            await supervisor.close()
            raise
        supervisor._announce(token)
        return supervisor

    async def _start(self) -> None:
        for slot in self._slots:
            await self._spawn(slot)
        waiting = [asyncio.create_task(self._first_word(slot)) for slot in self._slots]
        try:
            for word in asyncio.as_completed(waiting):
                self.url = (await word).url
        finally:
            for task in waiting:
                task.cancel()
        self._tasks = [
            asyncio.create_task(self._watch(slot), name=f"slot-{slot.number}") for slot in self._slots
        ]
        log.info("all processes serve", url=self.url, processes=len(self._slots))

    def _announce(self, token: str) -> None:
        if self._ownership is not None and Role(self.settings.role).serves:
            self._ownership.announce(reachable(self.url), token, self.certificate)

    async def run(self) -> None:
        """Supervise until SIGINT or SIGTERM, then drain."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        try:
            await self._stopping.wait()
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            await self.close()

    async def close(self) -> None:
        """Let every worker drain; who takes too long is killed."""
        self._stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self._end(slot) for slot in self._slots))
        for slot in self._slots:
            slot.socket.close()
        if self._ownership is not None:
            self._ownership.release()
            self._ownership = None

    def pids(self) -> list[int]:
        """Return the processes of the workers that are alive."""
        alive = (slot.process for slot in self._slots)
        return [process.pid for process in alive if process is not None and process.returncode is None]

    # ------------------------------------------------------------ one worker

    async def _spawn(self, slot: Slot) -> None:
        slot.serving.clear()
        descriptor = slot.socket.fileno()
        slot.process = await asyncio.create_subprocess_exec(
            *COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(descriptor,),
            env={**os.environ},
        )
        config = str(self._config) if self._config is not None else None
        order = Order(slot.number, descriptor, config, self._overrides)
        assert slot.process.stdin is not None
        slot.process.stdin.write(msgspec.json.encode(order) + b"\n")
        with suppress(ConnectionError):
            await slot.process.stdin.drain()

    async def _first_word(self, slot: Slot) -> Serving:
        """Return what a worker says when it serves. Raises `Unavailable` when it ends instead."""
        assert slot.process is not None
        assert slot.process.stdout is not None
        line = await slot.process.stdout.readline()
        if not line:
            await slot.process.wait()
            raise Unavailable(
                Text(
                    f"process {slot.number} ended before it served; the log says why",
                    f"进程 {slot.number} 未能启动；原因见日志",
                )
            )
        slot.serving.set()
        return msgspec.json.decode(line, type=Serving)

    async def _watch(self, slot: Slot) -> None:
        """Start a worker again whenever it ends, later each time while it does not last."""
        loop = asyncio.get_running_loop()
        while True:
            assert slot.process is not None
            born = loop.time()
            code = await slot.process.wait()
            slot.pause = FIRST_PAUSE_SECONDS if loop.time() - born >= STEADY_SECONDS else slot.pause
            log.warning("a process has ended", process=slot.number, code=code, again_in_seconds=slot.pause)
            if slot.pause > UNLISTENED_SECONDS:
                slot.socket.close()
            await asyncio.sleep(slot.pause)
            slot.pause = min(LONGEST_PAUSE_SECONDS, slot.pause * 2)
            if slot.socket.fileno() < 0:
                slot.socket = bind(*self._address, divided=True)
            await self._spawn(slot)
            with suppress(Unavailable):
                await self._first_word(slot)
                log.info("a process serves again", process=slot.number)

    async def _end(self, slot: Slot) -> None:
        process = slot.process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(2 * self.settings.drain_seconds + GRACE_SECONDS):
                await process.wait()
        except TimeoutError:
            log.warning("a process does not end, it is killed", process=slot.number)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
