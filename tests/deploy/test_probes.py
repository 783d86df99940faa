"""What asks whether a server is well asks what the server answers: image, proxy, Kubernetes."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.deploy.shipping import CADDYFILE, DOCKERFILE, pods
from tests.e2e.serving import Running, send, serving

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("probes") / "data") as server:
        yield server


def asked_paths() -> set[str]:
    """Return every path of ours that something asks for health."""
    paths = {pod["containers"][0][probe]["httpGet"]["path"] for pod in pods().values() for probe in PROBES}
    match = re.search(r"health_uri (\S+)", CADDYFILE.read_text("utf-8"))
    assert match is not None
    return paths | {match[1]}


@pytest.mark.parametrize("path", sorted(asked_paths()))
def test_a_server_that_is_well_says_so(path: str, running: Running) -> None:
    assert send(running.address, "GET", path).status == 200


@pytest.mark.parametrize("path", sorted(asked_paths()))
def test_a_server_that_drains_gets_no_more_calls(path: str, running: Running) -> None:
    app = running.server.parts.app
    app.ready = False
    try:
        assert send(running.address, "GET", path).status == 503
    finally:
        app.ready = True


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def healthcheck(port: int) -> int:
    """Run the image's health check against a port; return its exit status."""
    match = re.search(
        r"^HEALTHCHECK .*?CMD (\[.*?\])$", DOCKERFILE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert match is not None
    python, *words = json.loads(match[1])
    assert python == "python"
    environ = os.environ | {"GENMUX_PORT": str(port), "http_proxy": "http://192.0.2.1:9"}
    return subprocess.run([sys.executable, *words], env=environ, capture_output=True, timeout=30).returncode


def test_the_image_knows_whether_it_is_well(running: Running) -> None:
    port = urlsplit(f"//{running.address}").port
    assert port is not None
    assert healthcheck(port) == 0
    assert healthcheck(free_port()) != 0
    running.server.parts.app.ready = False
    try:
        assert healthcheck(port) != 0
    finally:
        running.server.parts.app.ready = True


def test_the_image_has_all_that_it_is_built_from() -> None:
    root = Path(DOCKERFILE).parent
    kept = set(re.findall(r"^!(\S+)$", (root / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    text = DOCKERFILE.read_text("utf-8")
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for name in line.split()
    }
    assert copied == kept
    assert all((root / name).exists() for name in copied)
    assert (root / ".dockerignore").read_text("utf-8").splitlines()[1] == "*"
