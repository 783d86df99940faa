"""The gateway under test as a child process: killed by its id, or ending itself at a named point."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.e2e.serving import Client, poll, send

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
    path: Path, endpoint: str, *, slots: int = 500, creates: float = 0, describes: float = 0, more: str = ""
) -> Path:
    """Write a genmux.toml with a VOD and an MPS channel at one upstream; a rate of 0 is no limit."""
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


class Gateway:
    """One life of the gateway on a data directory; it answers when this returns."""

    def __init__(self, data: Path, config: Path, crash_at: str = "", **settings: str) -> None:
        named = {f"GENMUX_{name.upper()}": value for name, value in settings.items()}
        environ = {**os.environ, "GENMUX_RATES": NO_RATES, "GENMUX_LOG_LEVEL": "warning", **named}
        environ[VARIABLE] = crash_at
        self.data = data
        self._log_path = data.parent / "gateway.log"
        with self._log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "genmux.testing.crash"),
                    *("--data", str(data), "--config", str(config)),
                ],
                stdout=log,
                stderr=log,
                env=environ,
            )
        self.address = ""

    def up(self) -> bool:
        """Wait until it serves; return False if it ended itself before."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                assert self.process.returncode == -signal.SIGKILL, self._log_path.read_text()[-4000:]
                return False
            card = read_card(self.data)
            if card is not None and card.pid == self.process.pid:
                self.address = card.url.removeprefix("http://")
                self.operator = Client(self.address, "", "", card.token)
                return True
            time.sleep(0.01)
        raise AssertionError(f"{CARD_NAME} does not name the gateway: {self._log_path.read_text()[-4000:]}")

    def client(self, old: Client | None) -> Client:
        """Return the client of an earlier life at this one's address, or a new one."""
        if old is not None:
            return Client(self.address, old.secret_id, old.secret_key, old.token)
        made = json.loads(self.operator.rest("POST", "/keys", {"name": "chaos"}).body)
        return Client(self.address, made["secret_id"], made["secret_key"], made["token"])

    @property
    def dead(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        if not self.dead:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def died(self, seconds: float = 30.0) -> None:
        """Wait until it has ended itself at its point."""
        poll(lambda: self.dead, "the gateway passes its point", seconds)
        assert self.process.returncode == -signal.SIGKILL

    def stop(self) -> int:
        """Ask it to drain and end; return its exit code."""
        if not self.dead:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def healthy(self) -> bool:
        """Return whether it answers."""
        return send(self.address, "GET", "/healthz").status == 200
