"""Child processes: started on a core, told ready by one JSON line, always ended."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from bench import machine

ROOT: Final = Path(__file__).parent.parent
READY_SECONDS: Final = 60.0
END_SECONDS: Final = 15.0


class BenchError(Exception):
    """The bench cannot measure: a server did not start, or answered with an error."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running server and what it said of itself when it was ready."""

    process: subprocess.Popen[bytes]
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return str(self.said["host"]), int(self.said["port"])


@contextmanager
def running(command: Sequence[str], **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command for the length of the block, from the repository's root; it has ended afterwards.

    It has a session of its own, so that Ctrl-C reaches only us, and we end it once and in order.
    """
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, **streams)
    try:
        yield process
    finally:
        end(process)


@contextmanager
def serving(
    module: str,
    directory: Path,
    *,
    beside: bool = False,
    wait_seconds: float = READY_SECONDS,
    **options: Any,
) -> Iterator[Child]:
    """Run one of the bench's own servers on the server core, with a database in `directory`.

    `beside` puts it on the load generator's core instead; `options` are given to it as JSON. It has
    `wait_seconds` to say that it is ready, or what it has measured.
    """
    directory.mkdir(parents=True, exist_ok=True)
    core = machine.generator_core() if beside else machine.server_core()
    place = [str(directory), "-" if core is None else str(core)]
    command = [sys.executable, "-m", module, *place, json.dumps(options)]
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Child(process, json.loads(_first_line(module, process.stdout, wait_seconds)))


def _first_line(module: str, stdout: IO[bytes], wait_seconds: float) -> bytes:
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        if not selector.select(wait_seconds):
            raise BenchError(f"{module} was not ready after {wait_seconds:.0f} s")
    line = stdout.readline()
    if not line:
        raise BenchError(f"{module} ended before it was ready; its own message is above")
    return line


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process: politely, then for certain."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()


@dataclass(frozen=True, slots=True)
class Told:
    """What a server child was told by its parent."""

    directory: Path
    options: Mapping[str, Any]


def begin(arguments: Sequence[str]) -> Told:
    """Do what every server child does first: pin itself, and die with its parent."""
    directory, core, options = arguments
    machine.pin(None if core == "-" else int(core))
    threading.Thread(target=_die_with_parent, daemon=True).start()
    return Told(Path(directory), json.loads(options))


def _die_with_parent() -> None:
    """End this process when the parent's end of standard input closes, as it does however it dies."""
    os.read(0, 1)
    os._exit(1)


def say_ready(**said: Any) -> None:
    """Tell the parent that this child serves."""
    print(json.dumps(said), flush=True)
