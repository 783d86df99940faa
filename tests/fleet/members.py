"""Processes of one fleet, each on a machine of its own as far as it can tell: own directory, shared media."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.chaos.gateway import NO_RATES
from tests.e2e.serving import Client, poll, send

from genmux.store.keyring import operator_token
from genmux.store.ownership import read_card

SECRET_KEY: Final = "0f" * 32
START_SECONDS: Final = 40.0
SERVE: Final = ("-m", "genmux", "serve")


@dataclass(slots=True)
class Fleet:
    """What all members share; `settings` are environment names without their prefix."""

    home: Path
    database: str
    config: Path
    settings: dict[str, str] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)

    @property
    def media(self) -> Path:
        """The directory that every machine mounts."""
        return self.home / "media"

    def member(self, name: str, role: str, program: tuple[str, ...] = SERVE, **settings: str) -> Member:
        """Start a process; `up` waits for it."""
        member = Member(self, name, role, settings, program)
        member.start()
        self.members.append(member)
        return member

    def close(self) -> None:
        """End whoever is left."""
        for member in self.members:
            member.kill()

    def log(self) -> str:
        """Return the end of what every member has said."""
        return "\n".join(f"{m.name}: {m.log.read_text()[-3000:]}" for m in self.members)


@dataclass(slots=True)
class Member:
    """One process, which may be killed and started again under its name."""

    fleet: Fleet
    name: str
    role: str
    settings: dict[str, str]
    program: tuple[str, ...] = SERVE
    address: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The directory that only this machine has."""
        return self.fleet.home / self.name

    @property
    def log(self) -> Path:
        """What it has said on standard error."""
        return self.fleet.home / f"{self.name}.log"

    def start(self) -> None:
        """Begin, or begin again; the old address is used again."""
        said = {
            **{"DATABASE": self.fleet.database, "SECRET_KEY": SECRET_KEY, "MEDIA": str(self.fleet.media)},
            **{"ROLE": self.role, "DATA": str(self.data), "RATES": NO_RATES, "RENDER_WORKERS": "1"},
            **{"LOG_LEVEL": "warning"},
            **self.fleet.settings,
            **self.settings,
        }
        environ = {**os.environ, **{f"GENMUX_{name}": value for name, value in said.items()}}
        port = self.address.rpartition(":")[2] or "0"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program, "--json", "--port", port, "--config", str(self.fleet.config)],
                stdout=subprocess.PIPE,
                stderr=log,
                env=environ,
            )

    def up(self) -> Member:
        """Wait until it serves."""
        assert self.process is not None
        assert self.process.stdout is not None
        said = b""
        while not said.endswith(b"}\n"):
            line = self.process.stdout.readline()
            assert line, self.log.read_text()[-4000:]
            said += line
        self.address = json.loads(said)["url"].removeprefix("http://")
        poll(
            lambda: send(self.address, "GET", "/readyz").status == 200, f"{self.name} is ready", START_SECONDS
        )
        return self

    @property
    def operator(self) -> Client:
        """The operator's client; its token is the same everywhere, but for who owns a SQLite database."""
        card = read_card(self.data)
        token = card.token if card is not None else operator_token(bytes.fromhex(SECRET_KEY))
        return Client(self.address, "", "", token)

    def client(self, like: Client | None = None) -> Client:
        """Return a client with a new access key, or with that of another one."""
        if like is not None:
            return Client(self.address, like.secret_id, like.secret_key, like.token)
        made = json.loads(self.operator.rest("POST", "/keys", {"name": "test"}).body)
        return Client(self.address, made["secret_id"], made["secret_key"], made["token"])

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to drain and end; return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(40)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code
