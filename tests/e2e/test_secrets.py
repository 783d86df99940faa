"""Secrets: where they lie, where they never lie, and how soon a key lives and dies."""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from tests.e2e.serving import IMAGE, SMALL_PICTURE, Client, Running, poll, send

from genmux.engine.ports import KeyRow, Store
from genmux.store.keyring import MASTER_NAME, Keyring, load_master_key
from genmux.store.ownership import CARD_NAME
from genmux.store.sql_store import SqlStore

GONE = "AuthFailure.SecretIdNotFound"


def test_private_files_are_private(running: Running) -> None:
    for name in (MASTER_NAME, CARD_NAME):
        mode = (running.data / name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600, name
    assert stat.S_IMODE(running.data.stat().st_mode) & 0o077 == 0


def bytes_of_directory(directory: Path) -> Iterator[tuple[Path, bytes]]:
    for path in directory.rglob("*"):
        if path.is_file() and path.name not in (MASTER_NAME, CARD_NAME):
            yield path, path.read_bytes()


def test_no_file_holds_a_secret(running: Running) -> None:
    clients = [running.client, running.new_client("one"), running.new_client("two")]
    for client in clients:
        client.create(IMAGE, {"Prompt": "[[genmux stuck]]"})
    assert clients[0].rest("GET", "/tasks").status == 200
    master = (running.data / MASTER_NAME).read_bytes().strip()
    secrets = [s.encode() for c in clients for s in (c.secret_key, c.token)]
    secrets += [master, bytes.fromhex(master.decode()), running.server.admin_token.encode()]
    for path, data in bytes_of_directory(running.data):
        for secret in secrets:
            assert secret not in data, path


def test_a_new_key_works_at_once_and_a_revoked_one_never_again(running: Running) -> None:
    operator = running.operator()
    made = json.loads(operator.rest("POST", "/keys", {"name": "guest"}).body)
    guest = Client(running.address, made["secret_id"], made["secret_key"], made["token"])
    guest.create(IMAGE, {"Prompt": "[[genmux stuck]]"})
    assert guest.rest("GET", "/tasks").status == 200
    assert operator.rest("DELETE", f"/keys/{guest.secret_id}").status in (200, 204)
    assert guest.refusal(IMAGE, SMALL_PICTURE)[0] == GONE
    assert guest.rest("GET", "/tasks").status == 401


class SlowStore:
    """The key tables of a real store, with a look-up that waits for a sign after it has read."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.has_read = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def find_secret_id(self, secret_id: str) -> KeyRow | None:
        row = await self._store.find_secret_id(secret_id)
        self.has_read.set()
        await self.may_answer.wait()
        return row

    async def find_token(self, digest: bytes) -> KeyRow | None:
        row = await self._store.find_token(digest)
        self.has_read.set()
        await self.may_answer.wait()
        return row

    async def revoke_key(self, secret_id: str, now: int) -> bool:
        revoked = await self._store.revoke_key(secret_id, now)
        self.may_answer.set()
        return revoked


@pytest.mark.parametrize("by", ["secret id", "token"])
def test_a_key_revoked_while_it_is_looked_up_stays_revoked(running: Running, by: str) -> None:
    """The look-up read the row just before it was revoked: what it read must not be remembered."""
    guest = running.new_client("guest")

    async def race() -> object:
        slow = SlowStore(running.server.parts.store)
        master = load_master_key(running.data, {})
        keyring = Keyring(cast(Store, slow), master, lambda: 1, running.server.parts.store.tenant)

        async def look_up() -> object:
            return await (
                keyring.by_token(guest.token) if by == "token" else keyring.by_secret_id(guest.secret_id)
            )

        looking = asyncio.create_task(look_up())
        await slow.has_read.wait()
        assert await keyring.revoke(guest.secret_id)
        await looking
        return await look_up()

    assert running.do(race()) is None


def test_a_key_manages_no_keys(running: Running) -> None:
    guest = running.new_client("guest")
    assert guest.rest("POST", "/keys", {"name": "mine"}).status == 403
    assert guest.rest("DELETE", f"/keys/{running.client.secret_id}").status == 403
    assert running.client.rest("GET", "/tasks").status == 200


def test_listed_keys_show_no_secret(running: Running) -> None:
    listed = running.operator().rest("GET", "/keys").body.decode()
    assert running.client.secret_id in listed
    assert running.client.secret_key not in listed
    assert running.client.token not in listed


# ------------------------------------------------------------ a process of its own


@contextmanager
def child(data: Path, log: Path) -> Iterator[tuple[str, str]]:
    """Run `genmux serve` and yield its address and its operator's token."""
    environ = {**os.environ, "GENMUX_LOG_LEVEL": "debug"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "genmux", "serve", "--port", "0", "--data", str(data)],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environ,
        )
    try:
        card = wait_for_card(data, process)
        yield card["url"].removeprefix("http://"), card["token"]
    finally:
        process.terminate()
        assert process.wait(30) == 0


def wait_for_card(data: Path, process: subprocess.Popen[bytes]) -> dict[str, str]:
    path = data / CARD_NAME

    def written() -> bool:
        assert process.poll() is None, "the server ended"
        return path.exists()

    poll(written, "the server announces itself", 30)
    card: dict[str, str] = json.loads(path.read_text())
    return card


def genmux(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command against whatever serves this directory."""
    command = [sys.executable, "-m", "genmux", *words, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_log_holds_no_secret_and_keys_are_made_beside_a_running_server(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    with child(data, log) as (address, token):
        made = genmux(data, "keys", "create", "guest", "--json")
        assert made.returncode == 0, made.stderr
        told = json.loads(made.stdout)
        assert set(told) == {"secret_id", "secret_key", "token"}
        client = Client(address, told["secret_id"], told["secret_key"], told["token"])
        _, (url,) = client.done(IMAGE, SMALL_PICTURE)
        wrong = Client(address, client.secret_id, "wrong" * 6, "gmx_wrong")
        assert wrong.refusal(IMAGE, {})[0] == "AuthFailure.SignatureFailure"
        assert wrong.rest("GET", "/tasks").status == 401
        assert client.refusal(IMAGE, b"{")[0] == "InvalidParameter"
        headers = client.sign(IMAGE, b"{}")
        assert send(address, "PUT", "/", tuple(headers.items())).status == 200
        revoked = genmux(data, "keys", "revoke", client.secret_id)
        assert revoked.returncode == 0, revoked.stderr
        assert client.refusal(IMAGE, SMALL_PICTURE)[0] == GONE
        assert client.rest("GET", "/tasks").status == 401
    said = log.read_text("utf-8", "replace")
    assert re.search(r"serving|http://", said)
    master = (data / MASTER_NAME).read_text().strip()
    signature = re.findall(r"Signature=(\w+)", headers["Authorization"])[0]
    for secret in (client.secret_key, client.token, token, master, "wrong" * 6, "gmx_wrong", signature, url):
        assert secret not in said
