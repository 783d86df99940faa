"""`genmux channels` against a real server: an upstream on loopback, a channel for it, and its test."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from genmux.cli import cli
from genmux.cli.channels import describe_state, read_pairs, read_parts

AUTH_FAILURE = {
    "Response": {
        "Error": {"Code": "AuthFailure.SecretIdNotFound", "Message": "The SecretId is not found."},
        "RequestId": "r-1",
    }
}


def genmux(data: Path, *arguments: str, text: str | None = None, language: str = "en") -> Result:
    environ = {"GENMUX_LANG": language, "TENCENTCLOUD_SECRET_ID": None, "TENCENTCLOUD_SECRET_KEY": None}
    return CliRunner(env=environ).invoke(cli, ["channels", *arguments, "--data", str(data)], input=text)


def told(data: Path, *arguments: str) -> Any:
    done = genmux(data, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


class Refusing(BaseHTTPRequestHandler):
    """Answers every POST as the platform answers a SecretId that it does not know."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(AUTH_FAILURE).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_without_channels_the_built_in_ones_are_listed(tmp_path: Path) -> None:
    preview, steps = told(tmp_path, "list")
    assert (steps["name"], steps["enabled"], steps["models"]) == ("steps", True, ["*/genmux/*"])
    assert (preview["name"], preview["enabled"], preview["source"]) == ("preview", True, "built-in")
    table = genmux(tmp_path, "list").stdout.splitlines()
    assert table[0].split() == ["NAME", "PROVIDER", "STATE", "SLOTS", "PRIORITY", "SOURCE", "MODELS"]
    assert table[1].split()[:3] == ["preview", "preview", "ok"]


def test_a_channel_is_made_tested_switched_and_removed(tmp_path: Path, upstream: str) -> None:
    made = genmux(
        tmp_path,
        "set",
        "mps",
        "provider=mps",
        f"endpoint={upstream}",
        "allow_private=true",
        "slots.video=2",
        "--credential",
        "-",
        text="secret_id=AKIDcli\nsecret_key=cl1-secret\n",
    )
    assert made.exit_code == 0, made.output
    assert made.stdout == "mps  mps  ok\n"
    assert "cl1-secret" not in genmux(tmp_path, "list", "--json").stdout
    tested = genmux(tmp_path, "test", "mps")
    assert tested.exit_code == 1
    assert "SecretId" in tested.stderr
    assert "AuthFailure.SecretIdNotFound" in tested.stderr
    assert tested.stdout == ""
    failed = json.loads(genmux(tmp_path, "test", "mps", "--json").stdout)
    assert (failed["ok"], failed["code"]) == (False, "AuthFailure.SecretIdNotFound")
    assert genmux(tmp_path, "disable", "mps").stdout == "mps  mps  disabled\n"
    assert told(tmp_path, "enable", "mps")["enabled"] is True
    assert "removed" in genmux(tmp_path, "remove", "mps").stdout
    assert {c["name"] for c in told(tmp_path, "list") if c["enabled"]} == {"preview", "steps"}


def test_the_guides_file_is_a_channel_whose_test_names_the_placeholder(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(
        json.dumps(
            {
                "tencentCloud": {
                    "secretId": "您的 SecretId",
                    "secretKey": "您的 SecretKey",
                    "region": "ap-guangzhou",
                },
                "concurrency": {"maxImageTasks": 2, "maxVideoTasks": 1, "pollIntervalMs": 5000},
            }
        ),
        "utf-8",
    )
    config = ("--config", str(seed))
    (mps,) = [c for c in told(tmp_path / "data", "list", *config) if c["name"] == "mps"]
    assert (mps["enabled"], mps["kind_slots"], mps["source"]) == (True, {"image": 2, "video": 1}, "file")
    for language, words in (("en", "placeholder"), ("zh", "占位符")):
        tested = genmux(tmp_path / "data", "test", "mps", *config, language=language)
        assert tested.exit_code == 1
        assert words in tested.stderr


def test_what_the_server_refuses_is_4(tmp_path: Path) -> None:
    assert genmux(tmp_path, "test", "nobody").exit_code == 4
    refused = genmux(tmp_path, "set", "mps", "provider=mps", "weight=0")
    assert refused.exit_code == 4
    assert "weight" in refused.stderr


def test_a_channel_of_the_file_that_cannot_work_is_2(tmp_path: Path) -> None:
    config = tmp_path / "genmux.toml"
    config.write_text('[channels.mps]\nprovider = "mps"\ncredential = "env:NOT_SET_ID,NOT_SET_KEY"\n')
    done = genmux(tmp_path / "data", "list", "--config", str(config))
    assert done.exit_code == 2
    assert "channels.mps.credential names the environment variable NOT_SET_ID" in done.stderr


def test_a_channel_that_is_left_alone_says_why() -> None:
    health = {"breaker": "open", "error_class": "auth", "why": "AuthFailure: no", "open_until": None}
    assert describe_state({"enabled": True, "health": health}) == "open: AuthFailure: no"
    assert describe_state({"enabled": False, "health": health}) == "disabled"
    assert describe_state({"enabled": True, "health": None}) == "ok"


def test_pairs_are_json_or_text() -> None:
    said = (
        "provider=mps",
        "slots.video=2",
        "slots.image=1",
        'models=["video/*"]',
        "names.video/Kling/2.1=K/2.1",
    )
    assert read_pairs(said) == {
        "provider": "mps",
        "slots": {"video": 2, "image": 1},
        "models": ["video/*"],
        "names": {"video/Kling/2.1": "K/2.1"},
    }
    assert read_pairs(("price=", "failover=true")) == {"price": None, "failover": True}
    assert read_pairs(("endpoint=https://a.example/x?y=1",)) == {"endpoint": "https://a.example/x?y=1"}


@pytest.mark.parametrize("pairs", [("provider",), ("=x",), (".a=1",), ("a.=1",), ("a=1", "a.b=2")])
def test_pairs_that_are_none_are_refused(pairs: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError):
        read_pairs(pairs)


def test_a_credential_file_without_parts_is_refused_without_being_told() -> None:
    with pytest.raises(click.UsageError) as caught:
        read_parts("s3cret")
    assert "s3cret" not in caught.value.message
