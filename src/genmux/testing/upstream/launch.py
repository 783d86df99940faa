"""Starts a scripted upstream as a child process, and reads what it noted."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from genmux.testing.upstream.ledger import Entry, accepted, calls, read_ledger

START_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Launched:
    """A running upstream."""

    process: subprocess.Popen[bytes]
    port: int
    ledger: Path

    @property
    def address(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where it is called."""
        return f"http://{self.address}"

    def entries(self) -> list[Entry]:
        """Return everything it noted."""
        return read_ledger(self.ledger)

    def accepted(self, label: str = "") -> list[Entry]:
        """Return the tasks it took on, of one label if any is given."""
        return [e for e in accepted(self.entries()) if label in ("", e.label)]

    def calls(self, *actions: str) -> list[Entry]:
        """Return the calls it got, of these actions if any are named."""
        return calls(self.entries(), *actions)


@contextmanager
def launched(home: Path, **options: object) -> Iterator[Launched]:
    """Run an upstream with its files in `home` until the block ends.

    `options` are those of the command line, `rates` a mapping of actions.
    """
    home.mkdir(parents=True, exist_ok=True)
    ledger, ready = home / "ledger.jsonl", home / "ready.json"
    ready.unlink(missing_ok=True)
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(_command(ledger, ready, options), stdout=log, stderr=log)
    try:
        yield Launched(process, _port(process, ready, home / "log"), ledger)
    finally:
        process.terminate()
        process.wait(10)


def _command(ledger: Path, ready: Path, options: dict[str, object]) -> list[str]:
    command = [sys.executable, "-m", "genmux.testing.upstream"]
    command += ["--ledger", str(ledger), "--ready-file", str(ready)]
    rates = options.pop("rates", {})
    assert isinstance(rates, dict)
    for action, number in rates.items():
        command += ["--rate", f"{action}={number}"]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    return command


def _port(process: subprocess.Popen[bytes], ready: Path, log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"the upstream did not start: {log.read_text()[-2000:]}")
        time.sleep(0.02)
    port: int = json.loads(ready.read_text())["port"]
    return port
