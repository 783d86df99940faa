"""Finds the server a command talks to, or starts one for as long as the command runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from genmux.cli.api import Api, cli_error
from genmux.cli.exits import UNREACHABLE, USAGE, CliError
from genmux.cli.local import open_server, read_settings
from genmux.cli.options import Target
from genmux.domain.errors import GenmuxError
from genmux.domain.text import Text
from genmux.settings import Settings
from genmux.store.ownership import AlreadyOwned, OwnerCard, owner_of

if TYPE_CHECKING:
    from genmux.compose.server import Server

OWNER_WAIT_SECONDS: Final = 15.0
_TRIES_PER_SECOND: Final = 10


@asynccontextmanager
async def connect(target: Target, *, working: bool = True) -> AsyncIterator[Api]:
    """Yield the target's server; see `find_server`. Errors of its client become `CliError`s."""
    async with find_server(target, working=working) as card:
        api = Api(card.url, card.token, card.certificate)
        try:
            async with api.client:
                yield api
        except GenmuxError as error:
            raise cli_error(error) from None


@asynccontextmanager
async def find_server(target: Target, *, working: bool = True) -> AsyncIterator[OwnerCard]:
    """Yield how to reach the target's server, which outlives the block only if it was there before.

    A server started for the command makes queued tasks only when it is `working`.
    Raises `CliError`.
    """
    if target.server:
        yield OwnerCard(_checked(target.server), target.token or "", 0)
        return
    card, server = await _owner_or_server(read_settings(target), working)
    try:
        yield card
    finally:
        if server is not None:
            await server.close()


async def _owner_or_server(settings: Settings, working: bool) -> tuple[OwnerCard, Server | None]:
    """Return the card of the directory's owner; a server that had to be started comes along."""
    for _ in range(int(OWNER_WAIT_SECONDS * _TRIES_PER_SECOND)):
        card = owner_of(settings.data)
        if card is not None and not card.url:
            raise CliError(
                UNREACHABLE,
                Text(
                    f"{settings.data} is open in process {card.pid}, a program that serves nobody else.",
                    f"{settings.data} 正被进程 {card.pid} 打开，该程序不对外提供服务。",
                ),
            )
        if card is not None:
            return card, None
        try:
            server = await open_server(
                replace(
                    settings,
                    host="127.0.0.1",
                    port=0,
                    tls="",
                    processes=1,
                    role="api" if settings.database and not working else "all",
                    paused=settings.paused or not working,
                ),
                "warning",
            )
        except AlreadyOwned:  # its owner has not said yet where it is
            await asyncio.sleep(1 / _TRIES_PER_SECOND)
            continue
        return OwnerCard(server.url, server.admin_token, os.getpid()), server
    raise CliError(
        UNREACHABLE,
        Text(
            f"{settings.data} is in use by a process that gives no address.",
            f"{settings.data} 正被另一进程占用，且该进程未公布地址。",
        ),
    )


def _checked(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise CliError(
            USAGE,
            Text(
                f"The server {url} must start with http:// or https://.",
                f"服务地址 {url} 必须以 http:// 或 https:// 开头。",
            ),
        )
    return url
