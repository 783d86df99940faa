"""Messages about finished tasks reach a real receiver: VOD's event push and fal's signed webhook."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.serving import Running, get, poll, send, serving

from genmux.wires import fal_webhooks, vod

FAILING = "a cat [[genmux fail=Boom]]"


class Receiver:
    """An HTTP server that remembers what it was sent."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def wait(self, path: str) -> tuple[dict[str, str], bytes]:
        poll(lambda: any(call[0] == path for call in self.calls), f"something is posted to {path}")
        return next((headers, body) for at, headers, body in self.calls if at == path)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def calling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that may call loopback addresses."""
    with serving(tmp_path_factory.mktemp("calling"), allow_private_callbacks=True) as server:
        yield server


def ask(running: Running, action: str, body: dict[str, Any]) -> dict[str, Any]:
    return running.client.call(action, body, service="vod", version=vod.VERSION)


def test_an_application_in_push_mode_is_told_with_sign(calling: Running, receiver: Receiver) -> None:
    application = {"SubAppId": 5}
    config = {
        **application,
        "Mode": "PUSH",
        "NotificationUrl": f"{receiver.url}/vod",
        "SignKey": "abc123",
    }
    assert "Error" not in ask(calling, "ModifyEventConfig", config)
    told = ask(calling, "DescribeEventConfig", application)
    assert (told["Mode"], told["NotificationUrl"]) == ("PUSH", f"{receiver.url}/vod")
    body = {**application, "ModelName": "Hunyuan", "ModelVersion": "3.0", "Prompt": FAILING}
    made = ask(calling, "CreateAigcImageTask", body)["TaskId"]
    event = json.loads(receiver.wait("/vod")[1])
    assert event["EventType"] == "AigcImageTaskComplete"
    assert event["AigcImageCompleteEvent"]["TaskId"] == made
    assert "EventHandle" not in event
    assert event["Sign"] == hashlib.md5(f"abc123{event['T']}".encode()).hexdigest()
    assert ask(calling, "PullEvents", application)["EventSet"] == []


def test_a_fal_webhook_is_signed_with_the_published_key(calling: Running, receiver: Receiver) -> None:
    headers = (("Authorization", f"Key {calling.client.token}"), ("Content-Type", "application/json"))
    target = f"/hunyuan/3.0/text-to-image?fal_webhook={receiver.url}/fal"
    reply = send(calling.address, "POST", target, headers, json.dumps({"prompt": FAILING}).encode())
    request_id = json.loads(reply.body)["request_id"]
    signed, body = receiver.wait("/fal")
    keys = fal_webhooks.parse_jwks(get(f"{calling.server.url}/.well-known/jwks.json").body)
    fal_webhooks.verify(signed, body, keys, int(time.time()))
    message = json.loads(body)
    assert (message["request_id"], message["status"]) == (request_id, "ERROR")
    assert message["error"]
    forged = body.replace(b"ERROR", b"OK")
    with pytest.raises(fal_webhooks.WebhookRefused):
        fal_webhooks.verify(signed, forged, keys, int(time.time()))


def test_private_callbacks_are_refused_unless_allowed(tmp_path: Path, receiver: Receiver) -> None:
    with serving(tmp_path) as closed:
        headers = (("Authorization", f"Key {closed.client.token}"), ("Content-Type", "application/json"))
        target = f"/hunyuan/3.0/text-to-image?fal_webhook={receiver.url}/never"
        reply = send(closed.address, "POST", target, headers, json.dumps({"prompt": FAILING}).encode())
        assert reply.status == 422
        assert not any(call[0] == "/never" for call in receiver.calls)
