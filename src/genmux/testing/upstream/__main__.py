"""`python -m genmux.testing.upstream`: runs one scripted upstream until it is ended."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
from pathlib import Path

from genmux.testing.upstream.ledger import Ledger, write_ready
from genmux.testing.upstream.options import Options
from genmux.testing.upstream.server import Upstream

BACKLOG = 1024


def main() -> None:
    """Listen, say so in the ready file, and serve."""
    said = _parser().parse_args()
    options = Options(
        rates=dict(said.rate),
        slots=said.slots,
        median_seconds=said.median,
        spread=said.spread,
        seed=said.seed,
        event_wait_seconds=said.event_wait,
    )
    ledger = Ledger(said.ledger)
    with socket.create_server((said.host, said.port), backlog=BACKLOG) as listening:
        write_ready(said.ready_file, port=listening.getsockname()[1], pid=os.getpid())
        try:
            asyncio.run(Upstream(options, ledger).serve(listening))
        except KeyboardInterrupt:
            return
        finally:
            ledger.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m genmux.testing.upstream", description=__doc__)
    default = Options()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 for a free one (default)")
    parser.add_argument("--ledger", type=Path, required=True, help="where accepted tasks and calls are noted")
    parser.add_argument("--ready-file", type=Path, required=True, help="gets port and process id")
    parser.add_argument("--rate", type=_rate, action="append", default=[], metavar="ACTION=N")
    parser.add_argument("--slots", type=int, default=default.slots, help="VOD tasks that run at once, 0: any")
    parser.add_argument("--median", type=float, default=default.median_seconds, help="seconds a task takes")
    parser.add_argument("--spread", type=float, default=default.spread, help="sigma of its logarithm")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--event-wait", type=float, default=default.event_wait_seconds)
    return parser


def _rate(text: str) -> tuple[str, int]:
    action, _, number = text.partition("=")
    return action, int(number)


if __name__ == "__main__":
    main()
