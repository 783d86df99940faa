"""`fal-client`, unpatched, over TLS on loopback: submit, follow, fetch, cancel, fail, and what it repeats.

It speaks https only, so each test runs it in a process of its own with `FAL_QUEUE_RUN_HOST` and
`SSL_CERT_FILE` (both read when the package is imported).
"""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.fal import FalDialect
from genmux.dialects.fal_call import Desk
from genmux.engine.service import TaskView
from genmux.media.urls import FileUrls
from genmux.net.guard import check_url
from genmux.providers.seam import Recovery
from genmux.store.keyring import Keyring
from genmux.testing.harness import Harness
from genmux.testing.scripted import ScriptedProvider

pytest.importorskip("fal_client", reason="fal-client is not installed")

APP = "fal-ai/qwen-image"
PATIENCE_SECONDS = 60
TICK_SECONDS = 0.02

PREAMBLE = """
import json, sys
import fal_client
client = fal_client.SyncClient()
APP, tell = "fal-ai/qwen-image", lambda **said: print(json.dumps(said))
"""


@dataclass
class FalServer:
    """A whole engine and the dialect behind TLS, with what its clients said."""

    address: str
    certificate: Path
    token: str
    requests: list[WireRequest] = field(default_factory=list)
    drop: int = 0  # how many answers to submits are lost on the way

    def run(self, script: str, **environ: str) -> list[dict[str, Any]]:
        """Run a script with the client in its own process; return what it told."""
        known = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        done = subprocess.run(
            [sys.executable, "-c", PREAMBLE + script],
            env={
                **known,
                "FAL_KEY": self.token,
                "FAL_QUEUE_RUN_HOST": self.address,
                "FAL_RUN_HOST": f"{self.address}/run",
                "SSL_CERT_FILE": str(self.certificate),
                **environ,
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def submits(self) -> list[WireRequest]:
        """Return every POST that arrived."""
        return [request for request in self.requests if request.method == "POST"]


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """Write a self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "genmux test")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "cert.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def result_urls(base_url: str, view: TaskView) -> tuple[str, ...]:
    urls = FileUrls(b"k" * 32)
    return tuple(base_url + urls.path(view.row.id.hex(), a.n, a.extension, 1) for a in view.artifacts)


class Application:
    """The dialect as an ASGI application; a dropped answer closes the connection without a word."""

    def __init__(self, dialect: FalDialect, running: FalServer) -> None:
        self._dialect = dialect
        self._running = running

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = await self._request(scope, receive)
        self._running.requests.append(request)
        reply = await self._dialect.handle(request)
        if request.method == "POST" and self._running.drop:
            self._running.drop -= 1
            scope["extensions"]["drop"]["connection"].abort()
            return
        await self._answer(reply, send)

    async def _request(self, scope: Any, receive: Any) -> WireRequest:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        return WireRequest(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            base_url=f"https://{headers['host']}",
        )

    async def _answer(self, reply: WireReply, send: Any) -> None:
        headers = [(b"content-type", reply.content_type.encode())]
        headers += [(name.encode(), value.encode()) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if reply.stream is not None:
            async for chunk in reply.stream:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": reply.body})


def droppable(application: Application) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol with a way for the application to cut its connection."""
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Droppable(HttpToolsProtocol):
        def on_headers_complete(self) -> None:
            self.scope["extensions"] = {"drop": {"connection": self.transport}}
            super().on_headers_complete()

    return Droppable


async def serve(directory: Path, started: threading.Event, box: list[Any], stop: threading.Event) -> None:
    engine = await Harness.open(directory, provider=ScriptedProvider(Recovery.NEVER), validation="early")
    keyring = Keyring(engine.store, bytes(32), engine.clock, engine.store.tenant)
    token = (await keyring.create("ann", "ann"))[2]
    dialect = FalDialect(Desk(engine.service, keyring, engine.clock, result_urls, check_url))
    certificate, key = make_certificate(directory)
    bound = socket.create_server(("127.0.0.1", 0))
    running = FalServer(f"127.0.0.1:{bound.getsockname()[1]}", certificate, token)
    application = Application(dialect, running)
    config = uvicorn.Config(
        application,
        http=droppable(application),
        ssl_certfile=str(certificate),
        ssl_keyfile=str(key),
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    task = asyncio.create_task(server.serve([bound]))
    box.append(running)
    started.set()
    while not stop.is_set():
        await engine.step()
        engine.clock.advance(TICK_SECONDS * 10)
        await asyncio.sleep(TICK_SECONDS)
    server.should_exit = True
    await task
    await engine.close()


@pytest.fixture
def fal_server(tmp_path: Path) -> Iterator[FalServer]:
    started, stop = threading.Event(), threading.Event()
    box: list[FalServer] = []
    thread = threading.Thread(target=lambda: asyncio.run(serve(tmp_path, started, box, stop)))
    thread.start()
    try:
        assert started.wait(PATIENCE_SECONDS)
        yield box[0]
    finally:
        stop.set()
        thread.join()


def test_subscribe_follows_to_the_result(fal_server: FalServer) -> None:
    script = """
seen = []
result = client.subscribe(APP, {"prompt": "a cat polls=2", "seed": 7}, with_logs=True,
    on_enqueue=lambda request_id: tell(id=request_id),
    on_queue_update=lambda update: seen.append(type(update).__name__))
tell(seen=sorted(set(seen)), result=result)
"""
    enqueued, told = fal_server.run(script)
    assert len(enqueued["id"]) == 36
    assert told["seen"][0] == "Completed"
    assert set(told["seen"]) <= {"Completed", "InProgress", "Queued"}
    (image,) = told["result"]["images"]
    assert image["url"].startswith(f"https://{fal_server.address}/files/")
    assert told["result"]["seed"] == 7


def test_an_id_alone_is_enough(fal_server: FalServer) -> None:
    script = """
handle = client.submit(APP + "-2/text-to-image", {"prompt": "a cat"},
                       priority="low", hint="h", start_timeout=60)
again = client.get_handle(APP + "-2/text-to-image", handle.request_id)
tell(same=(again.status_url, again.response_url, again.cancel_url)
     == (handle.status_url, handle.response_url, handle.cancel_url))
tell(result=again.get())
"""
    same, told = fal_server.run(script)
    assert same["same"]
    assert told["result"]["images"]


def test_run_answers_at_once(fal_server: FalServer) -> None:
    (told,) = fal_server.run('tell(result=client.run(APP, {"prompt": "a cat"}))')
    assert told["result"]["images"]


@pytest.mark.parametrize("word", ["content", "fails"])
def test_a_failure_is_an_exception_with_its_type(fal_server: FalServer, word: str) -> None:
    script = f"""
handle = client.submit(APP, {{"prompt": "{word}"}})
*_, last = handle.iter_events()
tell(error=last.error, error_type=last.error_type)
try:
    handle.get()
except fal_client.FalClientHTTPError as error:
    tell(status=error.status_code, message=str(error), detail=error.message)
"""
    status, raised = fal_server.run(script)
    assert status["error"]
    assert status["error_type"] == raised["detail"][0]["type"]
    assert raised["status"] in (422, 500)


def test_cancelling(fal_server: FalServer) -> None:
    script = """
handle = client.submit(APP, {"prompt": "a cat polls=100000"})
handle.cancel()
*_, last = handle.iter_events()
tell(error_type=last.error_type)
for ask in (handle.get, handle.cancel):
    try:
        ask()
    except fal_client.FalClientHTTPError as error:
        tell(status=error.status_code)
"""
    assert fal_server.run(script) == [{"error_type": "client_cancelled"}, {"status": 499}, {"status": 400}]


def test_bad_input_and_strangers_are_refused_once(fal_server: FalServer) -> None:
    script = """
for app, arguments in ((APP, {"prompt": 5}), ("fal-ai/flux/dev", {"prompt": "x"})):
    try:
        client.submit(app, arguments)
    except fal_client.FalClientHTTPError as error:
        tell(status=error.status_code, message=error.message)
try:
    fal_client.SyncClient(key="id:wrong").submit(APP, {"prompt": "x"})
except fal_client.FalClientHTTPError as error:
    tell(status=error.status_code)
"""
    bad, absent, stranger = fal_server.run(script)
    assert (bad["status"], bad["message"][0]["loc"]) == (422, ["body", "prompt"])
    assert absent["status"] == 404
    assert stranger["status"] == 401
    assert len(fal_server.submits()) == 3


def test_the_asynchronous_client(fal_server: FalServer) -> None:
    script = """
import asyncio
async def main():
    client = fal_client.AsyncClient()
    tell(result=await client.subscribe(APP, {"prompt": "a cat"}))
asyncio.run(main())
"""
    (told,) = fal_server.run(script)
    assert told["result"]["images"]


def test_a_repeated_submit_looks_exactly_like_a_new_wish(fal_server: FalServer) -> None:
    fal_server.drop = 1
    (told,) = fal_server.run('tell(id=client.submit(APP, {"prompt": "a cat"}).request_id)')
    first, again = fal_server.submits()
    assert (first.path, first.query, first.body, first.headers) == (
        again.path,
        again.query,
        again.body,
        again.headers,
    )
    (second,) = fal_server.run('tell(id=client.submit(APP, {"prompt": "a cat"}).request_id)')
    assert fal_server.submits()[2].headers == first.headers
    assert told["id"] != second["id"]


def test_with_a_key_a_repeated_submit_makes_one_request(fal_server: FalServer) -> None:
    fal_server.drop = 2
    script = """
for key in ("k1", "k1", "k2"):
    tell(id=client.submit(APP, {"prompt": "a cat"}, headers={"Idempotency-Key": key}).request_id)
"""
    first, again, other = fal_server.run(script)
    assert len(fal_server.submits()) == 5
    assert first["id"] == again["id"] != other["id"]
