"""LiteLLM's proxy in a virtual environment of its own: installed once, started on the server core."""

from __future__ import annotations

import http.client
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench import machine
from bench.children import BenchError, Child, running

VERSION: Final = "1.106.2"
WANTED: Final = f"litellm[proxy]=={VERSION}"
CACHE: Final = "GENMUX_BENCH_CACHE"
INSTALL_SECONDS: Final = 900.0
READY_SECONDS: Final = 120.0
PAUSE_SECONDS: Final = 0.005
ENVIRONMENT: Final = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
"""Prices come from the package, not the network; no line is logged per call."""

CONFIG: Final = """\
model_list:
  - model_name: fake-video
    litellm_params: {{model: openai/sora-2, api_base: "{upstream}", api_key: fake}}
  - model_name: fake-image
    litellm_params: {{model: openai/gpt-image-1, api_base: "{upstream}", api_key: fake}}
general_settings: {{master_key: {key}}}
"""


class NotInstalled(Exception):
    """LiteLLM cannot be installed here; the message says what failed."""


def cache() -> Path:
    """Return where the environment is kept: `GENMUX_BENCH_CACHE`, else below the user's cache."""
    own = os.environ.get(CACHE)
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(own) if own else usual / "genmux-bench"


def install() -> Path:
    """Return the command `litellm`, installed now if it never was. Raises `NotInstalled`."""
    home = cache() / f"litellm-{VERSION}"
    command, done = home / "bin" / "litellm", home / "installed"
    if not done.exists():
        print(f"installing {WANTED} into {home}: a minute or two, once", file=sys.stderr, flush=True)
        _run(sys.executable, "-m", "venv", "--clear", str(home))
        _run(str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", WANTED)
        done.touch()
    return command


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(str(error)) from error
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [done.stderr]
        raise NotInstalled(told[-1].strip()[-500:])


@contextmanager
def proxy(command: Path, directory: Path, upstream: str) -> Iterator[Child]:
    """Run the proxy with one worker on the server core; `ready` in what it says are the seconds it took."""
    key = f"sk-{secrets.token_hex(32)}"
    config = directory / "litellm.yaml"
    config.write_text(CONFIG.format(upstream=upstream, key=key))
    port = free_port()
    arguments = ("--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1")
    with started((str(command), *arguments), port, "/health/liveliness", ENVIRONMENT) as (process, ready):
        said = {"host": "127.0.0.1", "port": port, "token": key, "ready": ready}
        yield Child(process, said)


@contextmanager
def started(
    command: Sequence[str], port: int, path: str, environment: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Run a server on the server core; yields it and the seconds until `path` was answered by 200."""
    with tempfile.TemporaryFile() as told, machine.pinned(machine.server_core()):
        begun = time.perf_counter()
        streams = {"stdout": told, "stderr": told, "stdin": subprocess.DEVNULL}
        with running(command, env={**os.environ, **environment}, **streams) as process:
            machine.pin(machine.generator_core())
            while not healthy(port, path):
                if process.poll() is not None or time.perf_counter() - begun > READY_SECONDS:
                    told.seek(0)
                    raise BenchError(f"{command[0]} did not start: {told.read().decode()[-2000:]}")
                time.sleep(PAUSE_SECONDS)
            yield process, time.perf_counter() - begun


def healthy(port: int, path: str) -> bool:
    """Return whether a server on this machine answers `path` by 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    """Return a loopback port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
