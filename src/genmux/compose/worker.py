"""One of the processes of `serve --processes`, told by its supervisor what to be.

It reads its order from standard input, one line of JSON, and says on standard output where it serves,
once it does. When standard input ends the supervisor is gone: it drains, as after SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from genmux.compose.process import configure_logging, run
from genmux.compose.server import Place, Server
from genmux.domain.errors import GenmuxError
from genmux.settings import Settings, load_settings

FAILED: Final = 3
"""How a worker ends that could not start."""


class Order(msgspec.Struct, frozen=True):
    """What a worker is told: its number from 1, its socket's descriptor, and where the settings are."""

    number: int
    descriptor: int
    config: str | None
    overrides: dict[str, Any]

    def settings(self) -> Settings:
        """Return the settings, as the supervisor has read them."""
        config = Path(self.config) if self.config is not None else None
        return load_settings(environ=os.environ, config=config, overrides=self.overrides)


class Serving(msgspec.Struct, frozen=True):
    """What a worker says once it serves."""

    url: str


def plain(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return flags as JSON can say them."""
    return {name: str(v) if isinstance(v, Path) else v for name, v in overrides.items() if v is not None}


async def work(order: Order, commands: asyncio.StreamReader) -> int:
    """Serve until told to end."""
    settings = order.settings()
    configure_logging(settings.log_level, process=order.number)
    place = Place(order.number, socket.socket(fileno=order.descriptor))
    try:
        server = await Server.open(settings, environ=os.environ, place=place)
    except (GenmuxError, OSError, ValueError) as error:
        print(f"process {order.number} cannot start: {error}", file=sys.stderr, flush=True)
        return FAILED
    print(msgspec.json.encode(Serving(server.url)).decode(), flush=True)
    stop = asyncio.Event()
    orphaned = asyncio.create_task(_end_of(commands, stop), name="orphaned")
    await server.run(stop)
    orphaned.cancel()
    return 0


async def _end_of(commands: asyncio.StreamReader, stop: asyncio.Event) -> None:
    await commands.read()
    stop.set()


async def _main() -> int:
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    order = msgspec.json.decode(await commands.readline(), type=Order)
    return await work(order, commands)


def main() -> None:
    """Be one worker, and end this process with it: OpenDAL's threads may abort it in Python's farewell."""
    code = run(_main())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
