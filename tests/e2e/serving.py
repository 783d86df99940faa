"""A real server on a loopback port, and a client that signs by hand and checks every envelope."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

from genmux.compose import run
from genmux.compose.server import Server
from genmux.domain.ids import parse_hex_id
from genmux.engine.ports import TaskFilter
from genmux.engine.service import Caller
from genmux.settings import RATES, Settings
from genmux.wires import tc3, vod

T = TypeVar("T")

IMAGE: Final = "CreateAigcImageTask"
VIDEO: Final = "CreateAigcVideoTask"
VERSION: Final = "2019-06-12"
NO_RATES: Final = dict.fromkeys(RATES, 0)
OPERATOR: Final = Caller(1, operator=True)
PATIENCE_SECONDS: Final = 60.0
SUB_APP_ID: Final = 1
"""The VOD application of everything that comes through the relay's wire."""

SMALL_PICTURE: Final = {"Prompt": "flowing blue silk", "AdditionalParameters": '{"size":"512x512"}'}
SMALL_FILM: Final = {
    "ModelName": "PixVerse",
    "ModelVersion": "v6",
    "Prompt": "flowing red silk",
    "Duration": 1,
    "ExtraParameters": {"Resolution": "540P"},
}

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def envelope(self) -> dict[str, Any]:
        """Return the fields of the answer, having checked all that the official SDKs rely on."""
        assert self.status == 200, self
        assert self.headers["content-type"] == "application/json", self.headers
        answer = json.loads(self.body)
        assert list(answer) == ["Response"], answer
        fields: dict[str, Any] = answer["Response"]
        assert fields["RequestId"], answer
        return fields


def send(address: str, method: str, target: str, headers: Headers = (), body: bytes = b"") -> Reply:
    """Send exactly this over a connection of its own; `address` is host:port."""
    connection = HTTPConnection(address, timeout=PATIENCE_SECONDS)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        names = {name.lower() for name, _ in headers}
        if "host" not in names:
            connection.putheader("Host", address)
        if "content-length" not in names and (body or method == "POST"):
            connection.putheader("Content-Length", str(len(body)))
        for name, value in headers:
            connection.putheader(name, value.encode("utf-8"))
        connection.endheaders(body)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, found, answer.read())
    finally:
        connection.close()


def get(url: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Reply:
    """Ask for a URL."""
    parts = urlsplit(url)
    return send(parts.netloc, method, f"{parts.path}?{parts.query}", tuple((headers or {}).items()))


@dataclass(frozen=True, slots=True)
class Client:
    """One access key at one server, by MPS and by REST."""

    address: str
    secret_id: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)

    def sign(self, action: str, body: bytes, **fields: Any) -> dict[str, str]:
        """Return the headers of a signed request; `fields` are those of `tc3.sign`."""
        said: dict[str, Any] = {
            "host": self.address,
            "service": "mps",
            "version": VERSION,
            "timestamp": int(time.time()),
            **fields,
        }
        return tc3.sign(tc3.Credential(self.secret_id, self.secret_key), action=action, body=body, **said)

    def post(self, action: str, body: Any, *, extra: Headers = (), **fields: Any) -> Reply:
        """Send a signed POST; a `body` that is no bytes is sent as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = self.sign(action, raw, **fields)
        return send(self.address, "POST", "/", (*headers.items(), *extra), raw)

    def call(self, action: str, body: Any, **fields: Any) -> dict[str, Any]:
        """Return the fields of the answer, be it an error."""
        return self.post(action, body, **fields).envelope()

    def refusal(self, action: str, body: Any, **fields: Any) -> tuple[str, str]:
        """Return (code, message) of a call that must be refused."""
        answer = self.call(action, body, **fields)
        assert set(answer) == {"Error", "RequestId"}, answer
        return answer["Error"]["Code"], answer["Error"]["Message"]

    def create(self, action: str, body: Mapping[str, Any], **fields: Any) -> str:
        """Return the TaskId of a create that must succeed."""
        answer = self.call(action, body, **fields)
        assert set(answer) == {"TaskId", "RequestId"}, answer
        task_id: str = answer["TaskId"]
        return task_id

    def describe(self, task_id: str, **fields: Any) -> dict[str, Any]:
        """Return the status answer of a task."""
        action = f"Describe{task_id.split('-')[1]}Task"
        answer = self.call(action, {"TaskId": task_id}, **fields)
        assert "Error" not in answer, answer
        return answer

    def wait(
        self, task_id: str, until: Sequence[str] = ("DONE", "FAIL"), *, seconds: float = PATIENCE_SECONDS
    ) -> dict[str, Any]:
        """Poll until the status is one of `until`."""
        found: dict[str, Any] = {}

        def there() -> bool:
            found.update(self.describe(task_id))
            return found["Status"] in until

        poll(there, f"{task_id} becomes {' or '.join(until)}", seconds)
        return found

    def done(self, action: str, body: Mapping[str, Any]) -> tuple[str, list[str]]:
        """Create, wait, and return the TaskId and the result URLs."""
        task_id = self.create(action, body)
        answer = self.wait(task_id)
        assert answer["Status"] == "DONE", answer
        return task_id, answer["ImageUrls" if action == IMAGE else "VideoUrls"]

    def rest(self, method: str, path: str, body: Any = None) -> Reply:
        """Send a request to `/api/v1` with the bearer token."""
        raw = json.dumps(body).encode() if body is not None else b""
        headers = (("Authorization", f"Bearer {self.token}"), ("Content-Type", "application/json"))
        return send(self.address, method, f"/api/v1{path}", headers, raw)


def bearer(client: Client, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Send a request with the bearer token; return the status and the JSON of the answer."""
    raw = json.dumps(body).encode() if body is not None else b""
    headers = (("Authorization", f"Bearer {client.token}"), ("Content-Type", "application/json"))
    reply = send(client.address, method, path, headers, raw)
    return reply.status, json.loads(reply.body)


def vod_call(client: Client, action: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of VOD's answer, be it an error."""
    return client.call(action, {"SubAppId": SUB_APP_ID, **body}, service="vod", version=vod.VERSION)


def ok(answer: tuple[int, Any]) -> Any:
    """Return the JSON of an answer that must be good."""
    status, body = answer
    assert status < 300, body
    return body


def poll(there: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Ask `there` again and again until it holds."""
    deadline = time.monotonic() + seconds
    while not there():
        if time.monotonic() > deadline:
            fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)


def fail(why: str) -> NoReturn:
    raise AssertionError(why)


def hex_of(task_id: str) -> str:
    """Return the id that all wires share, from an MPS TaskId."""
    return task_id.rsplit("-", 1)[1]


@dataclass(slots=True)
class Running:
    """A server in a thread of this process, with a first access key."""

    server: Server
    loop: asyncio.AbstractEventLoop
    client: Client

    @property
    def address(self) -> str:
        return urlsplit(self.server.url).netloc

    @property
    def data(self) -> Path:
        return self.server.settings.data

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_SECONDS)

    def new_client(self, tenant: str) -> Client:
        """Return a client with a fresh key of that tenant."""
        row, secret, token = self.do(self.server.parts.keyring.create("test", tenant))
        return Client(self.address, row.secret_id, secret, token)

    def operator(self) -> Client:
        """Return a client whose bearer token manages everything."""
        return Client(self.address, "", "", self.server.admin_token)

    def timeline(self, task_id: str) -> list[tuple[str, dict[str, Any]]]:
        """Return (kind, note) of every event of a task."""
        found = parse_hex_id(hex_of(task_id))
        assert found is not None
        detail = self.do(self.server.parts.service.detail(OPERATOR, found))
        return [(event.kind, json.loads(event.data or "{}")) for event in detail.events]

    def newest(self) -> int:
        """Return the number of the newest task, of everybody: it moves when anything is created."""
        rows = self.do(self.server.parts.service.list_tasks(OPERATOR, TaskFilter(limit=1)))
        return rows[0].seq if rows else 0


@contextmanager
def serving(data: Path, **settings: Any) -> Iterator[Running]:
    """Run a server on a free port until the block ends, its rates lifted unless told otherwise."""
    wanted = Settings(**{"data": data, "port": 0, "rates": NO_RATES, "render_workers": 2, **settings})
    started: Future[Running] = Future()
    stop: Future[None] = Future()

    async def main() -> None:
        server = await Server.open(wanted, environ={})
        try:
            row, secret, token = await server.parts.keyring.create("first", None)
            client = Client(urlsplit(server.url).netloc, row.secret_id, secret, token)
            started.set_result(Running(server, asyncio.get_running_loop(), client))
            await asyncio.wrap_future(stop)
        finally:
            await server.close()

    def live() -> None:
        try:
            run(main())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=live, name="server")
    thread.start()
    try:
        yield started.result(PATIENCE_SECONDS)
    finally:
        stop.set_result(None)
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
