"""The options that most commands share: which server, which data directory, and JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Target:
    """Where a command finds its server."""

    server: str | None = None
    token: str | None = None
    data: Path | None = None
    config: Path | None = None


_TARGET_OPTIONS = (
    click.option(
        "--server", envvar="GENMUX_SERVER", metavar="URL", help="Talk to this server.  [GENMUX_SERVER]"
    ),
    click.option(
        "--token",
        envvar="GENMUX_TOKEN",
        metavar="TOKEN",
        help="Access key token for --server.  [GENMUX_TOKEN]",
    ),
    click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Data directory; its server is found, or started for this command.  [GENMUX_DATA]",
    ),
    click.option(
        "--config",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        metavar="FILE",
        help="Settings to read instead of ./genmux.toml.",
    ),
)


def target_options(command: F) -> F:
    """Give a command the options of `Target`, passed to it as the one argument `target`."""

    @wraps(command)
    def with_target(
        *args: Any,
        server: str | None,
        token: str | None,
        data: Path | None,
        config: Path | None,
        **rest: Any,
    ) -> Any:
        return command(*args, target=Target(server, token, data, config), **rest)

    decorated: Any = with_target
    for option in reversed(_TARGET_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def json_option(command: F) -> F:
    """Give a command `--json`, passed to it as `as_json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON value on stdout and nothing else."
    )(command)
