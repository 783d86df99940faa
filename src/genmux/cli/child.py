"""A `genmux serve` of one's own: a child process on a free port, stopped when the block ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp

from genmux.cli.exits import UNREACHABLE, CliError
from genmux.domain.text import Text
from genmux.store.ownership import OwnerCard, owner_of

SETTING: Final = ("GENMUX_", "VITE_VOD_")
"""How the environment variables begin that a server takes settings from."""
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.05


@asynccontextmanager
async def child_server(data: Path, log: Path) -> AsyncIterator[OwnerCard]:
    """Yield the card of a server on `data` that answers; it is told to stop (SIGTERM) and waited for.

    It runs with the default settings, whatever the environment says. Raises `CliError`.
    """
    owner = owner_of(data)
    if owner is not None:
        raise CliError(
            UNREACHABLE,
            Text(f"{data} is in use already, by process {owner.pid}.", f"{data} 正被进程 {owner.pid} 使用。"),
        )
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "genmux", "serve", "--port", "0"),
            *("--data", str(data), "--config", os.devnull),
            stdout=sink,
            stderr=sink,
            env={k: v for k, v in os.environ.items() if not k.startswith(SETTING) or k == "GENMUX_LANG"},
        )
    try:
        yield await _ready(process, data, log)
    finally:
        await _stop(process)


async def _ready(process: asyncio.subprocess.Process, data: Path, log: Path) -> OwnerCard:
    """Return the server's card once `GET /healthz` answers 200."""
    until = time.monotonic() + START_SECONDS
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while time.monotonic() < until and process.returncode is None:
            card = owner_of(data)
            if card is not None and card.pid == process.pid and await _healthy(session, card.url):
                return card
            await asyncio.sleep(_LOOK_SECONDS)
    last = _last_line(log) or f"exit code {process.returncode}"
    raise CliError(
        UNREACHABLE,
        Text(f"The server did not start: {last} (log: {log}).", f"服务未能启动：{last}（日志：{log}）。"),
    )


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


async def _healthy(session: aiohttp.ClientSession, url: str) -> bool:
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with session.get(f"{url}/healthz") as reply:
            return reply.status == 200
    return False


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
