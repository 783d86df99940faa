"""The gateway under test as a child process: killed by its id, or ending itself at a named point."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.e2e.serving import Client

from genmux.settings import RATES
from genmux.store.ownership import CARD_NAME, read_card
from genmux.testing.crash import VARIABLE
from genmux.testing.upstream.options import SECRET_ID, SECRET_KEY, SUB_APP_ID

NO_RATES: Final = ",".join(f"{action}=0" for action in RATES)
START_SECONDS: Final = 60.0

VOD_MODEL: Final = {"image": ("Kling", "2.1"), "video": ("Kling", "2.1")}
MPS_MODEL: Final = {"image": ("Vidu", "q2"), "video": ("Vidu", "q2")}
MODELS: Final = {"vod": VOD_MODEL, "mps": MPS_MODEL}
"""Which model leads to which channel: each channel makes one family."""

_CHANNEL: Final = """
[channels.{name}]
provider = "{name}"
credential = {{ secret_id = "{secret_id}", secret_key = "{secret_key}" }}
endpoint = "{endpoint}"
allow_private = true
models = ["*/{family}/*"]
slots = {slots}
creates_per_second = {creates}
describes_per_second = {describes}
{more}
"""


def write_config(
    path: Path, endpoint: str, *, slots: int = 500, creates: str = "0", describes: str = "0", more: str = ""
) -> Path:
    """Write a genmux.toml with a VOD and an MPS channel at one upstream; rates are TOML, 0 for no limit."""
    own = {"vod": f"sub_app_id = {SUB_APP_ID}", "mps": ""}
    tables = [
        _CHANNEL.format(
            name=name,
            secret_id=SECRET_ID,
            secret_key=SECRET_KEY,
            endpoint=endpoint,
            family=MODELS[name]["image"][0],
            slots=slots,
            creates=creates,
            describes=describes,
            more="\n".join(line for line in (own[name], more) if line),
        )
        for name in own
    ]
    path.write_text("".join(tables))
    return path


class Nursery:
    """The process that gateways are born from, one after the other; see `genmux.testing.crash`."""

    def __init__(self, home: Path) -> None:
        self.log = home / "gateway.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "genmux.testing.crash", "--nursery"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def bear(self, data: Path, config: Path, environ: dict[str, str]) -> int:
        """Start a gateway and return its process id."""
        order = {"data": str(data), "config": str(config), "environ": environ}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return self._told()

    def ended(self, seconds: float) -> int | None:
        """Return the exit code of the last gateway, None if it has not ended within `seconds`."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        return self._told() if ready else None

    def _told(self) -> int:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.log.read_text()[-4000:]
        return int(line)

    def close(self) -> None:
        """End the nursery."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class Gateway:
    """One life of the gateway on a data directory."""

    def __init__(
        self, nursery: Nursery, data: Path, config: Path, crash_at: str = "", **settings: str
    ) -> None:
        named = {f"GENMUX_{name.upper()}": value for name, value in settings.items()}
        environ = {"GENMUX_RATES": NO_RATES, "GENMUX_LOG_LEVEL": "warning", VARIABLE: crash_at, **named}
        self.data = data
        self.address = ""
        self._nursery = nursery
        self._code: int | None = None
        self.pid = nursery.bear(data, config, environ)

    def up(self) -> bool:
        """Wait until it serves; return False if it ended itself before."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.ended(0.01):
                return False
            card = read_card(self.data)
            if card is not None and card.pid == self.pid:
                self.address = card.url.removeprefix("http://")
                self.operator = Client(self.address, "", "", card.token)
                return True
        raise AssertionError(
            f"{CARD_NAME} does not name the gateway: {self._nursery.log.read_text()[-4000:]}"
        )

    def client(self, old: Client | None) -> Client:
        """Return the client of an earlier life at this one's address, or a new one."""
        if old is not None:
            return Client(self.address, old.secret_id, old.secret_key, old.token)
        made = json.loads(self.operator.rest("POST", "/keys", {"name": "chaos"}).body)
        return Client(self.address, made["secret_id"], made["secret_key"], made["token"])

    def ended(self, seconds: float = 0.0) -> bool:
        """Return whether SIGKILL has ended it, waiting for that at most `seconds`; fail for any other end."""
        if self._code is None:
            self._code = self._nursery.ended(seconds)
        assert self._code in (None, -signal.SIGKILL), self._nursery.log.read_text()[-4000:]
        return self._code is not None

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        if self._code is None and not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            assert self.ended(30.0)

    def stop(self) -> int:
        """Ask it to drain and end; return its exit code."""
        os.kill(self.pid, signal.SIGTERM)
        self._code = self._nursery.ended(60.0)
        assert self._code is not None
        return self._code
