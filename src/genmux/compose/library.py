"""The engine as a library: a data directory at work inside a program, and the client that talks to it."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import structlog

from genmux.client.checks import language_word
from genmux.client.client import AsyncClient
from genmux.client.http_carrier import HttpCarrier
from genmux.client.rest import RestEndpoint
from genmux.compose.asgi_carrier import AsgiCarrier
from genmux.compose.process import configure_logging
from genmux.compose.working import Works
from genmux.domain.errors import InvalidValue, Unavailable
from genmux.domain.text import Text
from genmux.settings import Settings, SettingsError, load_settings
from genmux.store.ownership import AlreadyOwned, OwnerCard, Ownership, owner_of

ADDRESS: Final = "http://genmux.invalid"
"""What result URLs begin with where no setting says it: nobody outside this program can open them."""
OWNER_WAIT_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.1
LOG_LEVEL: Final = "warning"


@asynccontextmanager
async def open(
    data: str | Path, *, config: str | Path | None = None, language: str = "en", **settings: Any
) -> AsyncIterator[AsyncClient]:
    """Yield a client of the engine that works on `data` in this process; no socket is opened.

    The client is the operator. `settings` are those of the server by their names; what is not said comes
    from GENMUX_* and from the file `config`. Where a server owns the directory already, the client talks
    to that server, and the settings are not looked at. Leaving the block drains as a server does; what is
    not finished then, or at a crash, goes on when the directory is opened again.
    Raises `InvalidValue` for a setting or a path that is no directory, `Unavailable` where another program
    has the directory open.
    """
    language, wanted = language_word(language), _settings(data, config, settings)
    owner = await _own(wanted.data)
    if isinstance(owner, OwnerCard):
        endpoint = RestEndpoint(owner.url, owner.token, language=language, clock=time.monotonic)
        async with AsyncClient.over(endpoint, HttpCarrier(owner.certificate), language) as client:
            yield client
        return
    async with _at_work(wanted, owner) as (works, token):
        endpoint = RestEndpoint(works.parts.base.url, token, language=language, clock=time.monotonic)
        carrier = AsgiCarrier(works.parts.app, works.parts.base.url, HttpCarrier())
        async with AsyncClient.over(endpoint, carrier, language) as client:
            yield client


def _settings(data: str | Path, config: str | Path | None, said: Mapping[str, Any]) -> Settings:
    """Return the settings; unlike the commands, a program reads no file that it did not name."""
    values = {"data": Path(data), "log_level": LOG_LEVEL, **said}
    file = Path(config) if config is not None else Path(os.devnull)
    try:
        return load_settings(environ=os.environ, config=file, overrides=values)
    except SettingsError as error:
        raise InvalidValue(error.text, field=error.field or None) from None


async def _own(data: Path) -> Ownership | OwnerCard:
    """Return the directory's lock, or the card of the server that has it."""
    until = time.monotonic() + OWNER_WAIT_SECONDS
    while True:
        try:
            return Ownership.take(data)
        except AlreadyOwned:
            card = owner_of(data)
        except OSError as error:
            raise _unusable(data, error) from None
        if card is not None and card.url:
            return card
        if card is not None or time.monotonic() > until:
            raise _in_use(data, card)
        await asyncio.sleep(_LOOK_SECONDS)  # its owner has not said yet who it is


def _unusable(data: Path, error: OSError) -> InvalidValue:
    why = error.strerror or str(error)
    return InvalidValue(
        Text(f"{data} cannot be a data directory: {why}.", f"{data} 不能用作数据目录：{why}。"), field="data"
    )


def _in_use(data: Path, card: OwnerCard | None) -> Unavailable:
    if card is not None and card.pid == os.getpid():
        return Unavailable(
            Text(
                f"{data} is open in this program already; share its client.",
                f"{data} 已在本程序中打开；请共用其客户端。",
            )
        )
    who = f"process {card.pid}" if card is not None else "a process"
    return Unavailable(
        Text(
            f"{data} is open in {who}, which serves nobody else; stop it, or run genmux serve and open both.",
            f"{data} 正被进程 {card.pid if card is not None else '?'} 打开且不对外服务；请先停止它，"
            "或改用 genmux serve 供双方使用。",
        )
    )


@asynccontextmanager
async def _at_work(settings: Settings, ownership: Ownership) -> AsyncIterator[tuple[Works, str]]:
    if not structlog.is_configured():  # the program's own logging comes first
        configure_logging(settings.log_level)
    token = secrets.token_urlsafe(32)
    try:
        works = await Works.open(settings, os.environ, ownership, token)
    except SettingsError as error:
        ownership.release()
        raise InvalidValue(error.text, field=error.field or None) from None
    except BaseException:
        ownership.release()
        raise
    try:
        await works.start(ADDRESS)
        ownership.announce("", token)
        works.parts.app.ready = True
        yield works, token
    finally:
        await works.drain()
        await works.close()
