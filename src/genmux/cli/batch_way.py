"""How a batch reaches its endpoint: a server that may come back at another address, or a platform."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from genmux.cli.connect import find_server
from genmux.cli.exits import USAGE, CliError
from genmux.cli.local import read_settings
from genmux.cli.options import Target
from genmux.cli.words import language
from genmux.client.async_shell import AsyncShell
from genmux.client.effects import Flow
from genmux.client.endpoint import Endpoint
from genmux.client.http_carrier import HttpCarrier
from genmux.client.pace import Pace
from genmux.client.targets import choose_endpoint, guide_target
from genmux.domain.errors import CallerError
from genmux.domain.text import Text
from genmux.store.ownership import OwnerCard, owner_of

T = TypeVar("T")


class BatchWay:
    """An endpoint and the shell that runs its flows; `identity` is the same in every run."""

    def __init__(self, identity: str, endpoint: str, said: dict[str, Any], data: Path | None = None) -> None:
        """`data` is the directory whose server is meant, wherever that is. Raises `CliError`."""
        self.identity = identity
        self._data = data
        self._reached = (endpoint, said)
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
        """Run a flow of the endpoint."""
        return await self._shell.run(flow, tell)

    async def renew(self) -> bool:
        """Look whether the directory's server is at another address now; return whether it is."""
        card = owner_of(self._data) if self._data is not None else None
        if card is None or self._reached == _address(card):
            return False
        old, self._reached = self._shell, _address(card)
        self._open(*self._reached)
        await old.close()
        return True

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
        try:
            yield way
        finally:
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
