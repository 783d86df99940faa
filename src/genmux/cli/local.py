"""Settings and a server of one's own, without anything that only a client needs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genmux.cli.exits import UNREACHABLE, USAGE, CliError
from genmux.cli.options import Target
from genmux.domain.errors import Unavailable
from genmux.domain.text import Text
from genmux.settings import Settings, SettingsError, load_settings
from genmux.store.ownership import AlreadyOwned

if TYPE_CHECKING:
    from genmux.compose.server import Server
    from genmux.compose.supervisor import Supervisor


def read_settings(target: Target, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings that a command runs with. Raises `CliError`."""
    try:
        return load_settings(
            environ=os.environ, config=target.config, overrides={"data": target.data, **(overrides or {})}
        )
    except SettingsError as error:
        raise CliError(USAGE, error.text) from None


async def open_server(settings: Settings, log_level: str) -> Server:
    """Start a server in this process. Raises `CliError`, and `AlreadyOwned` for the caller to word."""
    from genmux.compose import configure_logging
    from genmux.compose.server import Server

    configure_logging(log_level)
    with _worded(settings):
        return await Server.open(settings, environ=os.environ)


async def open_supervisor(settings: Settings, config: Path | None, flags: Mapping[str, Any]) -> Supervisor:
    """Start the processes of a server. Raises as `open_server` does; `flags` are those of the command."""
    from genmux.compose import configure_logging
    from genmux.compose.supervisor import Supervisor

    configure_logging(settings.log_level)
    with _worded(settings):
        return await Supervisor.open(settings, environ=os.environ, config=config, overrides=flags)


@contextmanager
def _worded(settings: Settings) -> Iterator[None]:
    """Turn what keeps a server from starting into a sentence."""
    try:
        yield
    except (AlreadyOwned, asyncio.CancelledError):
        raise
    except SettingsError as error:  # a channel whose credential or options cannot be used
        raise CliError(USAGE, error.text) from None
    except Unavailable as error:  # a database that cannot be reached, or of a newer version
        raise CliError(UNREACHABLE, error.text) from None
    except OSError as error:
        where = error.filename or f"{settings.host}:{settings.port}"
        raise _not_started(f"{where}: {error.strerror or error}") from None
    except ValueError as error:  # a master key or an overlay of the catalogue that cannot be read
        raise _not_started(str(error)) from None


def _not_started(reason: str) -> CliError:
    return CliError(UNREACHABLE, Text(f"The server cannot start: {reason}.", f"服务无法启动：{reason}。"))
