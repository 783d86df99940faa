"""What compose.yaml starts, started as processes here: with its environment, its proxy and its bucket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.deploy.shipping import SECRETS, gateways, image_environment, services
from tests.deploy.test_probes import free_port
from tests.deploy.test_proxy import proxy, well
from tests.e2e.serving import IMAGE, SMALL_PICTURE, Client, get, poll
from tests.media.servers import ACCESS_KEY, RCLONE, SECRET_KEY, rclone

from genmux.store.keyring import operator_token
from genmux.testing.postgres import Postgres

APIS = ("api-1", "api-2")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the services of compose.yaml are here."""

    home: Path
    database: str
    store: str

    def environment(self, name: str) -> dict[str, str]:
        """Return a service's variables, with the addresses that hold here."""
        said: dict[str, str] = services()[name]["environment"]
        here = {key: value.replace("http://s3:7070", self.store) for key, value in said.items()}
        keys = {"S3_ACCESS_KEY": ACCESS_KEY, "S3_SECRET_KEY": SECRET_KEY}
        bucket = {
            "RCLONE_CONFIG_S3_ACCESS_KEY_ID": ACCESS_KEY,
            "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY": SECRET_KEY,
        }
        return here | {key: value for key, value in (keys | bucket).items() if key in said}


@contextmanager
def gateway(place: Place, name: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of our services until the block ends."""
    own = {"GENMUX_DATA": str(place.home / name), "GENMUX_PORT": str(port), "GENMUX_HOST": "127.0.0.1"}
    own |= {"GENMUX_DATABASE": place.database}
    outside = {key: value for key, value in os.environ.items() if not key.startswith("GENMUX_")}
    environ = outside | image_environment() | place.environment(name) | own
    command = [sys.executable, "-m", "genmux", *gateways()[name].get("command", ["serve"])]
    with (place.home / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=place.home, env=environ, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.timeout(180)
def test_what_compose_starts_goes_on_without_one_gateway(tmp_path: Path, postgres: Postgres) -> None:
    (tmp_path / "s3").mkdir()
    with ExitStack() as stack:
        database = stack.enter_context(postgres.database())
        place = Place(tmp_path, database, stack.enter_context(rclone(tmp_path / "s3")))
        made = subprocess.run(
            [RCLONE, *services()["bucket"]["command"]], env=place.environment("bucket"), timeout=60
        )
        assert made.returncode == 0
        ports = {name: free_port() for name in gateways()}
        running = {name: stack.enter_context(gateway(place, name, port)) for name, port in ports.items()}
        for port in ports.values():
            poll(lambda port=port: well(f"127.0.0.1:{port}"), "a service is well")  # type: ignore[misc]
        address = stack.enter_context(proxy(tmp_path, *(f"127.0.0.1:{ports[name]}" for name in APIS)))
        operator = Client(address, "", "", operator_token(bytes.fromhex(SECRETS["GENMUX_SECRET_KEY"])))
        made_key = operator.rest("POST", "/keys", {"name": "first"})
        assert made_key.status == 201, made_key
        key = json.loads(made_key.body)
        client = Client(address, key["secret_id"], key["secret_key"], key["token"])
        _, (before,) = client.done(IMAGE, SMALL_PICTURE)
        running["api-1"].kill()
        running["api-1"].wait()
        _, (after,) = client.done(IMAGE, SMALL_PICTURE)
        for url in (before, after):
            assert get(url).body.startswith(b"\x89PNG")
        assert [*(tmp_path / "s3/genmux").rglob("*.png")]
        for name in ("api-2", "engine"):
            running[name].terminate()
            assert running[name].wait(60) == 0, (tmp_path / f"{name}.log").read_text()
