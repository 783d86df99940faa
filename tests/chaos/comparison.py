"""One client call, one fault: how many creates the upstream's ledger has behind genmux and behind LiteLLM.

Both stand in front of the same OpenAI-compatible upstream. LiteLLM is installed into a virtual
environment of its own and runs with its default settings, but for a time-out of five seconds instead
of its hundred minutes, so that the call that is never answered ends.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from tests.chaos.gateway import Gateway, Nursery
from tests.docs.parts import table
from tests.e2e.serving import fail, poll

from genmux.testing.upstream.launch import Launched, launched
from genmux.testing.upstream.options import API_KEY

FAULTS: Final = {
    "": "none",
    "lost-answer": "accepted, connection closed",
    "error-after": "accepted, HTTP 500",
    "hang": "accepted, never answered",
}
PATHS: Final = {"video": "/v1/videos", "image": "/v1/images/generations"}
CALL_SECONDS: Final = 100.0
LATE_SECONDS: Final = 3.0
"""How long after the client's call creates are still counted."""
MASTER_KEY: Final = "sk-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

_LITELLM: Final = """
model_list:
  - model_name: video
    litellm_params: {{model: openai/sora-2, api_base: "{url}/v1", api_key: {key}}}
  - model_name: image
    litellm_params: {{model: openai/gpt-image-1, api_base: "{url}/v1", api_key: {key}}}
litellm_settings:
  request_timeout: 5
general_settings:
  master_key: {master_key}
"""
_GENMUX: Final = """
[channels.openai]
provider = "openai"
credential = {{ token = "{key}" }}
endpoint = "{url}/v1"
allow_private = true
slots = 20
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Something that forwards OpenAI's wire: its address, a key for it, and its names of models."""

    name: str
    address: str
    key: str
    models: dict[str, str]


def compare(home: Path) -> str:
    """Return a table of accepted creates per client call; each fault meets both of them fresh."""
    shutil.rmtree(home, ignore_errors=True)
    counts: dict[tuple[str, str, str], int] = {}
    for start in (genmux, litellm):
        for fault in FAULTS:
            place = home / f"{start.__name__}-{fault}"
            with launched(place / "upstream") as upstream, start(place, upstream) as proxy:
                for kind in PATHS:
                    counts[proxy.name, fault, kind] = creates_of(proxy, upstream, fault, kind)
                    print(proxy.name, fault, kind, counts[proxy.name, fault, kind], flush=True)
    names = list(dict.fromkeys(name for name, _, _ in counts))
    head = ["fault", *(f"{name}, {kind}" for name in names for kind in PATHS)]
    rows = [
        [said, *(str(counts[name, fault, kind]) for name in names for kind in PATHS)]
        for fault, said in FAULTS.items()
    ]
    return table(head, rows)


def creates_of(proxy: Proxy, upstream: Launched, fault: str, kind: str) -> int:
    """Make one client call, and return how many creates the upstream accepted for it."""
    label = f"{proxy.name.partition(' ')[0]}-{kind}-{fault}"
    body = {"model": proxy.models[kind], "prompt": f"label={label} {fault} a cat"}
    headers = {"Authorization": f"Bearer {proxy.key}", "Content-Type": "application/json"}
    connection = HTTPConnection(proxy.address, timeout=CALL_SECONDS)
    try:
        connection.request("POST", PATHS[kind], json.dumps(body), headers)
        connection.getresponse().read()
    except (OSError, HTTPException):
        pass  # what the client hears is not what is counted
    finally:
        connection.close()
    time.sleep(LATE_SECONDS)
    return len(upstream.accepted(label))


@contextmanager
def genmux(home: Path, upstream: Launched) -> Iterator[Proxy]:
    """Run a gateway with one channel at the upstream."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "genmux.toml"
    config.write_text(_GENMUX.format(url=upstream.url, key=API_KEY))
    nursery = Nursery(home)
    gateway = Gateway(nursery, home / "data", config)
    try:
        assert gateway.up()
        client = gateway.client(None)
        models = {"video": "sora-2", "image": "gpt-image-1"}
        yield Proxy("genmux", gateway.address, client.token, models)
    finally:
        gateway.kill()
        nursery.close()


@contextmanager
def litellm(home: Path, upstream: Launched) -> Iterator[Proxy]:
    """Install LiteLLM if it is not there, and run its proxy."""
    scripts = installed(home.parents[1] / "litellm-venv")
    config = home / "litellm.yaml"
    config.write_text(_LITELLM.format(url=upstream.url, key=API_KEY, master_key=MASTER_KEY))
    port = free_port()
    environ = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    with (home / "litellm.log").open("ab") as log:
        process = subprocess.Popen(
            [
                *(str(scripts / "litellm"), "--config", str(config), "--num_workers", "1"),
                *("--host", "127.0.0.1", "--port", str(port)),
            ],
            env=environ,
            stdout=log,
            stderr=log,
        )
    address = f"127.0.0.1:{port}"
    try:
        poll(lambda: answers(address, process), "LiteLLM answers", 120)
        name = f"LiteLLM {version(scripts)}"
        yield Proxy(name, address, MASTER_KEY, {"video": "video", "image": "image"})
    finally:
        process.terminate()
        process.wait(30)


def installed(venv: Path) -> Path:
    """Return where LiteLLM's scripts are, after installing it."""
    scripts = venv / "bin"
    if not (scripts / "litellm").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(scripts / "pip"), "install", "--quiet", "litellm[proxy]"], check=True)
    return scripts


def version(scripts: Path) -> str:
    """Return the installed version of LiteLLM."""
    code = "import importlib.metadata as m; print(m.version('litellm'))"
    told = subprocess.run([str(scripts / "python"), "-c", code], check=True, capture_output=True, text=True)
    return told.stdout.strip()


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Return whether a proxy serves; fail if it has ended."""
    if process.poll() is not None:
        fail(f"LiteLLM ended with {process.returncode}")
    connection = HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/health/liveliness")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
