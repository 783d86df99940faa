"""`genmux serve` as a child process that a test may kill, and what it leaves behind in /proc."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.e2e.serving import Client, poll, send

from genmux.settings import RATES
from genmux.store.ownership import CARD_NAME, read_card

NO_RATES: Final = ",".join(f"{action}=0" for action in RATES)
START_SECONDS: Final = 30.0


class Child:
    """One server process on a data directory, answering when this returns."""

    def __init__(self, data: Path, **settings: str) -> None:
        named = {f"GENMUX_{name.upper()}": value for name, value in settings.items()}
        environ = {**os.environ, "GENMUX_RATES": NO_RATES, "GENMUX_RENDER_WORKERS": "2", **named}
        self._data = data
        self._log = (data.parent / "log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "genmux", "serve", "--port", "0", "--data", str(data)],
            stdout=self._log,
            stderr=self._log,
            env=environ,
        )
        poll(self._announced, f"{CARD_NAME} names the server", START_SECONDS)
        card = read_card(data)
        assert card is not None
        self.address = card.url.removeprefix("http://")
        self.operator = Client(self.address, "", "", card.token)
        assert send(self.address, "GET", "/healthz").status == 200

    def _announced(self) -> bool:
        assert self.process.poll() is None, (self._data.parent / "log").read_text()[-4000:]
        card = read_card(self._data)
        return card is not None and card.pid == self.process.pid

    def new_client(self) -> Client:
        """Return a client with a new access key, which outlives the process."""
        made = json.loads(self.operator.rest("POST", "/keys", {"name": "test"}).body)
        return Client(self.address, made["secret_id"], made["secret_key"], made["token"])

    def same_client(self, client: Client) -> Client:
        """Return a client of an older process's key at this process's address."""
        return Client(self.address, client.secret_id, client.secret_key, client.token)

    def kill(self) -> None:
        """End the server alone, in the middle of whatever it does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self._log.close()

    def stop(self, seconds: float = 20.0, number: int = signal.SIGTERM) -> int:
        """Ask it to drain and end; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(seconds)
        self._log.close()
        return code


@contextmanager
def child(data: Path, **settings: str) -> Iterator[Child]:
    """Run a server until the block ends, if the test has not ended it before."""
    server = Child(data, **settings)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()


def workers_of(pid: int) -> list[int]:
    """Return the worker processes that were started by the server with this process id."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"genmux.pool.worker" in words and str(pid).encode() in words:
            found.append(int(entry.name))
    return found


def no_workers_left(pids: list[int]) -> None:
    """Wait until no worker of these dead servers is alive; the kernel ends them with their parent."""
    poll(lambda: not any(workers_of(pid) for pid in pids), f"no worker of {pids} is left", 10)


def spool_files(data: Path) -> list[Path]:
    """Return what lies in the spool."""
    return [path for path in (data / "spool").rglob("*") if path.is_file()]
