"""The proxy of compose.yaml in front of real gateways: what is signed stays valid, and one may die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.deploy.shipping import CADDYFILE
from tests.deploy.test_probes import free_port
from tests.e2e.serving import IMAGE, PATIENCE_SECONDS, SMALL_PICTURE, Client, get, poll, send, serving

from genmux.store.ownership import owner_of


@contextmanager
def proxy(folder: Path, *upstreams: str) -> Iterator[str]:
    """Run Caddy with the file of compose.yaml; yields its address."""
    address = f"127.0.0.1:{free_port()}"
    environ = {"UPSTREAMS": " ".join(upstreams), "PORT": address.rsplit(":", 1)[1], "HOME": str(folder)}
    caddy = str(Path(sys.executable).with_name("caddy"))
    command = [caddy, "run", "--adapter", "caddyfile", "--config", str(CADDYFILE)]
    with (
        (folder / "caddy.log").open("wb") as log,
        subprocess.Popen(command, env=environ, stderr=log) as process,
    ):
        try:
            poll(lambda: well(address), f"the proxy answers, see {log.name}")
            yield address
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def well(address: str) -> bool:
    try:
        return send(address, "GET", "/healthz").status == 200
    except (OSError, HTTPException):
        return False


@contextmanager
def gateway(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `genmux serve` in a process of its own; it is killed at the end, if nobody did it before."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GENMUX_")}
    command = [sys.executable, "-m", "genmux", "serve", "--port", "0", "--data", str(data), "--paused"]
    with subprocess.Popen(command, cwd=data.parent, env=environ, stdout=subprocess.DEVNULL) as process:
        try:
            poll(lambda: owner_of(data) is not None, "the gateway serves")
            yield process
        finally:
            process.kill()


def test_what_was_signed_for_the_proxy_is_valid_behind_it(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server, proxy(tmp_path, server.address) as address:
        client = Client(address, server.client.secret_id, server.client.secret_key)
        _, (url,) = client.done(IMAGE, SMALL_PICTURE)
        assert urlsplit(url).netloc == address
        assert get(url).status == 200


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda how: how.name)
def test_nobody_notices_that_a_gateway_ends(how: signal.Signals, tmp_path: Path) -> None:
    with gateway(tmp_path / "first"), gateway(tmp_path / "second") as second:
        cards = [owner_of(tmp_path / name) for name in ("first", "second")]
        with proxy(tmp_path, *(urlsplit(card.url).netloc for card in cards if card is not None)) as address:
            asked = time.monotonic() + 3.0
            second.send_signal(how)
            while time.monotonic() < asked:
                assert send(address, "GET", "/api/v1/openapi.json").status == 200
                assert send(address, "POST", "/", body=b"{}").status == 200  # refused: nothing is signed
            assert second.wait(PATIENCE_SECONDS) == (0 if how is signal.SIGTERM else -how)
