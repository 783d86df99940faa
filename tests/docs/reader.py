"""Somebody who pastes every block of a page, one after the other, into one terminal."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.docs.pages import Block

ADDRESS: Final = "127.0.0.1:8080"
"""Where every page says that the server is, and where our own client looks; in the tests, another port."""
GENMUX: Final = (sys.executable, "-m", "genmux")
SERVERS: Final[dict[str, tuple[str, ...]]] = {
    "genmux": (),
    "emulator": ("--emulator",),
    "tls": ("--tls", "auto"),
    "spare": (),
}
"""The servers a page may ask for, by name: the options each is started with. `spare` may be spoilt."""
JAVASCRIPT: Final = ("js", "javascript")
PROGRAMS: Final = {"python": ("py", "python"), **dict.fromkeys(JAVASCRIPT, ("js", "node"))}
SHELLS: Final = ("sh", "bash")
PATIENCE_SECONDS: Final = 240

INSTALLS: Final = re.compile(r"(make [a-z]+|(\.venv/bin/)?pip install [\w -]+|npm install [\w@/ -]+)( +#.*)?")
SERVES: Final = re.compile(r"(\.venv/bin/)?genmux serve( [^|;&#]*)?( +#.*)?")

_START: Final = r"""
set -eEo pipefail
trap 'echo "FAILED $BLOCK" >&2' ERR
serves() {
  local said
  coproc SERVER { GENMUX_PORT=0 GENMUX_DATA="$(mktemp -d -p "$PWD")" exec "$@"; }
  local server=$SERVER_PID
  read -r -t 60 said <&"${SERVER[0]}"
  echo "$said"
  [[ $said == *http*://127.0.0.1:* ]]
  kill "$server"
  wait "$server" || [[ $? == 143 ]]
}
"""


@dataclass(slots=True)
class Servers:
    """The servers that pages ask for, each started when it is first wanted and kept."""

    home: Path
    environ: Mapping[str, str]
    _running: dict[str, tuple[subprocess.Popen[str], str]] = field(default_factory=dict)

    def url(self, name: str) -> str:
        """Return where a server is."""
        if name not in self._running:
            self._running[name] = self._start(name)
        return self._running[name][1]

    def data(self, name: str) -> Path:
        """Return the data directory of a server."""
        return self.home / name / "genmux-data"

    def close(self) -> None:
        """End them all."""
        for process, _ in self._running.values():
            process.terminate()
        for process, _ in self._running.values():
            process.communicate(timeout=60)

    def _start(self, name: str) -> tuple[subprocess.Popen[str], str]:
        directory = self.home / name
        directory.mkdir()
        process = subprocess.Popen(
            [*GENMUX, "serve", "--port", "0", *SERVERS[name]],
            env=dict(self.environ),
            cwd=directory,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"https?://\S+", said)
        assert found, f"the server {name} said {said!r}"
        return process, found[0]


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody in an empty directory, with `genmux` on the path and the servers the page speaks of."""

    home: Path
    servers: Servers
    environ: Mapping[str, str]

    def read(self, blocks: Sequence[Block]) -> None:
        """Paste the blocks of one page, in order; the first that fails ends it with what it said."""
        (self.home / ".venv").symlink_to(sys.prefix)
        script = _START + "\n".join(line for block in blocks for line in self._pasted(block))
        said = self.home / "said"
        with said.open("wb") as out:
            shell = subprocess.Popen(
                ["bash", "-c", script],
                env=dict(self.environ),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = shell.wait(PATIENCE_SECONDS)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(shell.pid, signal.SIGKILL)  # whatever the page left running
        assert code == 0, said.read_text("utf-8", "replace")[-4000:]

    def _pasted(self, block: Block) -> Iterable[str]:
        """Yield the lines of the page's script that one block comes to."""
        server = block.wants.get("server", "genmux")
        text = block.text.replace(ADDRESS, self.servers.url(server).partition("://")[2])
        yield f'BLOCK={shlex.quote(block.place)}; echo "== $BLOCK, $SECONDS s"'
        yield f"ln -sfn {shlex.quote(str(self.servers.data(server)))} genmux-data"
        if "file" in block.notes:
            (self.home / block.notes["file"]).write_text(text, "utf-8")
        elif block.language in PROGRAMS:
            ending, program = PROGRAMS[block.language]
            file = self.home / f"line{block.line}.{ending}"
            file.write_text(text, "utf-8")
            yield f"GENMUX_SERVER=${{GENMUX_SERVER:-{self.servers.url(server)}}} {program} {file.name}"
        elif serves(block):
            yield from (f"serves {line}" for line in _lines(_any_port(text)))
        else:
            yield text


def reader_environ(home: Path) -> dict[str, str]:
    """Return what a new user has: `genmux` and Python on the path, no key, no proxy."""
    gone = ("genmux_", "tencentcloud_", "vite_", "mps_", "vod_", "anyapi_", "openai_", "fal_", "pytest_")
    kept = {k: v for k, v in os.environ.items() if not k.lower().startswith(gone)}
    kept = {k: v for k, v in kept.items() if not k.lower().endswith("_proxy")}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**kept, "PATH": path, "HOME": str(home), "GENMUX_LANG": "en", "PYTHONWARNINGS": "ignore"}


def runs(block: Block) -> bool:
    """Return whether a block is pasted: a program, a shell's lines, or a file that others use."""
    if "not run" in block.notes or installs(block):
        return False
    return "file" in block.notes or block.language in (*PROGRAMS, *SHELLS)


def installs(block: Block) -> bool:
    """Return whether a block only installs packages or names targets of the Makefile."""
    return block.language in SHELLS and all(INSTALLS.fullmatch(line) for line in _lines(block.text))


def serves(block: Block) -> bool:
    """Return whether a block only starts servers, one line each."""
    return block.language in SHELLS and all(SERVES.fullmatch(line) for line in _lines(block.text))


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _any_port(text: str) -> str:
    return re.sub(r"--port \d+", "--port 0", text)
