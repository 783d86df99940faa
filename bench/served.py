"""genmux itself as a bench child; no rate is limited."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench import instant
from bench.children import begin, say_ready
from genmux.compose import configure_logging, run
from genmux.compose.server import Server
from genmux.settings import Settings
from genmux.settings.channels import parse_channel
from genmux.store import connections

ENVIRON: Final = {"GENMUX_SECRET_KEY": "0f" * 32}
"""What several processes on one database share; nothing that a bench keeps is worth a secret."""


def settings_of(directory: Path, options: dict[str, Any]) -> Settings:
    """Return the settings of a bench: `options` are fields of them, channels as genmux.toml says them."""
    channels = {name: parse_channel(name, table) for name, table in options.pop("channels", {}).items()}
    plain = Settings(data=directory, port=0, rates={}, log_level="error", channels=channels)
    return replace(plain, **options)


def relax(synchronous: str) -> None:
    """Let commits of SQLite wait less for the disk; only benches do, so it is no setting."""
    wanted = f"synchronous = {synchronous}"
    pragmas = tuple(wanted if p.startswith("synchronous") else p for p in connections.PRAGMAS)
    setattr(connections, "PRAGMAS", pragmas)  # noqa: B010 - there is no setting for it


async def _serve(settings: Settings) -> None:
    server = await Server.open(settings, environ=ENVIRON if settings.database else {})
    row, secret, token = await server.parts.keyring.create("bench", None)
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    said = {"secret_id": row.secret_id, "secret_key": secret, "token": token}
    say_ready(host=host, port=int(port), operator=server.admin_token, **said)
    await server.run()


def main() -> None:
    """Serve until told to end; of the options `synchronous` is SQLite's pragma, `instant` plugs that in."""
    told = begin(sys.argv[1:])
    told.directory.mkdir(exist_ok=True)
    options = dict(told.options)
    relax(options.pop("synchronous", "FULL"))
    if options.pop("instant", False):
        instant.plug_in()
    configure_logging("error")
    run(_serve(settings_of(told.directory, options)))


if __name__ == "__main__":
    main()
