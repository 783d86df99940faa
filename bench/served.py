"""genmux itself as a bench child: creates are accepted, nothing is started, no rate is limited."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.children import begin, say_ready
from genmux.compose import configure_logging, run
from genmux.compose.server import Server
from genmux.settings import Settings


async def _serve(directory: Path) -> None:
    settings = Settings(data=directory, port=0, paused=True, rates={}, log_level="warning")
    server = await Server.open(settings, environ={})
    row, secret, token = await server.parts.keyring.create("bench", None)
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    say_ready(host=host, port=int(port), secret_id=row.secret_id, secret_key=secret, token=token)
    await server.run()


def main() -> None:
    """Serve until told to end."""
    directory = begin(sys.argv[1:])
    directory.mkdir(exist_ok=True)
    configure_logging("warning")
    run(_serve(directory))


if __name__ == "__main__":
    main()
