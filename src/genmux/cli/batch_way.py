"""How a batch reaches its endpoint: a server that may come back at another address, or a platform."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from genmux.cli.connect import find_server
from genmux.cli.exits import USAGE, CliError
from genmux.cli.local import read_settings
from genmux.cli.options import Target
from genmux.cli.words import language
from genmux.client.async_shell import AsyncShell
from genmux.client.effects import Flow
from genmux.client.endpoint import Endpoint
from genmux.client.errors import Unreachable
from genmux.client.http_carrier import HttpCarrier
from genmux.client.pace import Pace
from genmux.client.targets import choose_endpoint, guide_target
from genmux.domain.errors import CallerError
from genmux.domain.text import Text
from genmux.store.ownership import OwnerCard, owner_of

T = TypeVar("T")

LOOK_SECONDS: Final = 0.25
"""How often the data directory is looked at: its server may come back at another address."""


class BatchWay:
    """An endpoint and the shell that runs its flows; `identity` is the same in every run."""

    def __init__(self, identity: str, endpoint: str, said: dict[str, Any], data: Path | None = None) -> None:
        """`data` is the directory whose server is meant, wherever that is. Raises `CliError`."""
        self.identity = identity
        self._data = data
        self._reached = (endpoint, said)
        self._running: set[asyncio.Future[Any]] = set()
        self._open(endpoint, said)

    def _open(self, endpoint: str, said: dict[str, Any]) -> None:
        words = {name: value for name, value in said.items() if value}
        try:
            self.endpoint: Endpoint = choose_endpoint(
                endpoint, {"language": language(), **words}, os.environ, time.monotonic
            )
        except CallerError as error:
            raise CliError(USAGE, error.text) from None
        pace = Pace(self.endpoint.facts.paces)
        self._shell = AsyncShell(pace, HttpCarrier(said.get("certificate", "")))

    async def run(self, flow: Flow[T], tell: Callable[[Any], object] | None = None) -> T:
        """Run a flow of the endpoint. Raises `Unreachable` as soon as that is somewhere else."""
        work = asyncio.ensure_future(self._shell.run(flow, tell))
        self._running.add(work)
        try:
            return await work
        except asyncio.CancelledError:
            if work in self._running:  # nobody but whoever waits has cancelled it
                raise
            url = self._reached[0]
            raise Unreachable(Text(f"The server is at {url} now.", f"服务现已位于 {url}。")) from None
        finally:
            self._running.discard(work)

    async def renew(self) -> bool:
        """Look whether the directory's server is at another address now; return whether it is.

        Its predecessor is dead then, and whatever still tries to reach it is ended.
        """
        card = owner_of(self._data) if self._data is not None else None
        if card is None or not card.url or self._reached == _address(card):
            return False
        old, self._reached = self._shell, _address(card)
        running, self._running = self._running, set()
        self._open(*self._reached)
        for work in running:
            work.cancel()
        await old.close()
        return True

    async def watch(self) -> None:
        """Follow the directory's server wherever it comes up, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.renew()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._shell.close()


@asynccontextmanager
async def open_way(target: Target, endpoint: str | None, *, working: bool) -> AsyncIterator[BatchWay]:
    """Yield the way to a platform by its name, or to the target's server. Raises `CliError`."""
    if endpoint is not None and not endpoint.startswith(("http://", "https://")):
        way = BatchWay(_name_of(endpoint), endpoint, _guide(target, endpoint))
        try:
            yield way
        finally:
            await way.close()
        return
    if endpoint is not None:
        target = Target(endpoint, target.token, target.data, target.config)
    async with find_server(target, working=working) as card:
        data = None if target.server else read_settings(target).data.absolute()
        way = BatchWay(f"data {data}" if data else card.url.rstrip("/"), *_address(card), data)
        watching = asyncio.create_task(way.watch()) if data else None
        try:
            yield way
        finally:
            if watching is not None:
                watching.cancel()
            await way.close()


def _name_of(platform: str) -> str:
    """Return what tells a platform from the same one at another address."""
    return f"{platform} {os.environ.get(f'{platform.upper()}_BASE_URL', '')}".strip()


def _guide(target: Target, platform: str) -> dict[str, Any]:
    """Return what the guides' configuration file says, which is about MPS. Raises `CliError`."""
    if target.config is None:
        return {}
    if platform != "mps":
        raise CliError(
            USAGE,
            Text(
                f"--config is for a genmux server and for mps, not for {platform}.",
                f"--config 仅用于 genmux 服务和 mps，不适用于 {platform}。",
            ),
        )
    try:
        return dict(guide_target(target.config))
    except CallerError as error:
        raise CliError(USAGE, error.text) from None


def _address(card: OwnerCard) -> tuple[str, dict[str, Any]]:
    return card.url, {"token": card.token, "certificate": card.certificate}
