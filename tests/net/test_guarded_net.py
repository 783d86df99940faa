"""The client against loopback servers that redirect, drip, lie and break off."""

from __future__ import annotations

import asyncio
import gzip
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from genmux.engine.ports import FetchFailed
from genmux.net import GuardedNet, forbidden_address
from genmux.net.guard import Address
from genmux.net.outbound import MAX_REDIRECTS, origin_of
from genmux.providers.seam import HttpCall

Answer = Callable[[str, bytes, asyncio.StreamWriter], Awaitable[None]]


class Peer:
    """A tiny HTTP server: `answers` maps a path to what is done, `seen` keeps every request head."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.seen: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.port = 0

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                body = await reader.readexactly(content_length(head))
                self.seen.append(head)
                self.bodies.append(body)
                path = head.split(" ", 2)[1]
                await self.answers[path.split("?")[0]](head, body, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def content_length(head: str) -> int:
    for line in head.lower().splitlines():
        if line.startswith("content-length:"):
            return int(line.partition(":")[2])
    return 0


def reply(status: str = "200 OK", body: bytes = b"", **headers: str) -> Answer:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    raw = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    async def answer(_head: str, _body: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return answer


def raw(*pieces: bytes, pause: float = 0, then_close: bool = True) -> Answer:
    async def answer(_head: str, _body: bytes, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        if then_close:
            raise ConnectionResetError

    return answer


def drip(pause: float) -> Answer:
    return raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *([b"x"] * 1000), pause=pause)


@asynccontextmanager
async def serving() -> AsyncIterator[Peer]:
    peer = Peer()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    yield peer
    server.close()
    tasks = [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__name__", "") == "serve"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await server.wait_closed()


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with serving() as peer:
        yield peer


@pytest.fixture
async def other() -> AsyncIterator[Peer]:
    async with serving() as other:
        yield other


class Names:
    """A name service whose answers are given in advance, one list per question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not answer:
            raise socket.gaierror(-2, "Name or service not known")
        return answer


@pytest.fixture
async def make_net() -> AsyncIterator[Callable[..., GuardedNet]]:
    nets = []

    def make(*answers: list[str]) -> GuardedNet:
        nets.append(GuardedNet(Names(*answers) if answers else None))
        return nets[-1]

    yield make
    for net in nets:
        await net.close()


MakeNet = Callable[..., GuardedNet]


async def fetched(net: GuardedNet, url: str, max_bytes: int = 10_000, seconds: float = 5) -> bytes:
    return await net.fetch(url, max_bytes=max_bytes, timeout_seconds=seconds, allow_private=True)


async def fetch_code(net: GuardedNet, url: str, *, private: bool = True, seconds: float = 5) -> str:
    with pytest.raises(FetchFailed) as failed:
        await net.fetch(url, max_bytes=10_000, timeout_seconds=seconds, allow_private=private)
    assert failed.value.reason
    return failed.value.code


# ---------------------------------------------------------------- fetch


async def test_fetch(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/a.png"] = reply(body=b"picture")
    assert await fetched(make_net(), peer.url("/a.png?sig=a%2Fb%3D")) == b"picture"
    head = peer.seen[0]
    assert head.startswith("GET /a.png?sig=a%2Fb%3D HTTP/1.1")
    assert "Accept-Encoding: identity" in head
    assert "User-Agent: genmux" in head


async def test_private_places_are_refused_before_anything_is_sent(peer: Peer, make_net: MakeNet) -> None:
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"):
        assert await fetch_code(make_net(), peer.url("/", host), private=False) in (
            "refused_address",
            "bad_url",
        )
    assert peer.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["2606:4700::1111", "10.0.0.1"]],
)
async def test_a_name_with_any_private_address_is_refused(
    peer: Peer, make_net: MakeNet, addresses: list[str]
) -> None:
    net = make_net(addresses)
    assert await fetch_code(net, peer.url("/", "rebind.example.com"), private=False) == "refused_address"
    with pytest.raises(FetchFailed) as failed:
        await net.send(HttpCall("POST", peer.url("/", "rebind.example.com")))
    assert failed.value.code == "refused_address"
    assert peer.connections == 0


async def test_a_name_is_resolved_once_and_the_connection_keeps_to_it(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/"] = reply(body=b"ok")
    names = Names(["127.0.0.1"], ["10.255.255.1"])
    net = GuardedNet(names)
    assert await fetched(net, peer.url("/", "pinned.example.com")) == b"ok"
    assert names.asked == ["pinned.example.com"]
    assert "Host: pinned.example.com" in peer.seen[0]
    await net.close()


async def test_trust_is_not_shared_between_calls(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/"] = reply(body=b"ok")
    net = make_net(["127.0.0.1"])
    url = peer.url("/", "shared.example.com")
    assert await fetched(net, url) == b"ok"  # leaves a warm connection behind
    assert await fetch_code(net, url, private=False) == "refused_address"
    assert len(peer.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(peer: Peer, make_net: MakeNet, status: int) -> None:
    peer.answers["/a"] = reply(f"{status} Moved", Location="b?x=1", Set_Cookie="id=1")
    peer.answers["/b"] = reply(body=b"there")
    assert await fetched(make_net(), peer.url("/a")) == b"there"
    assert "cookie" not in peer.seen[1].lower()
    assert "referer" not in peer.seen[1].lower()


LOOPBACK = ip_address("127.0.0.1")


def forbidden_but_loopback(address: Address) -> bool:
    """The real rule, but for names that lead to our own server."""
    return address != LOOPBACK and forbidden_address(address)


@pytest.mark.parametrize(
    "location",
    [
        *(
            "http://169.254.169.254/latest",
            "http://localhost/",
            "http://[::1]/",
            "//10.0.0.1/",
            "http://127.1/",
        ),
        *("http://inside.example.com/",),
    ],
)
async def test_a_redirect_to_a_private_place_is_refused(peer: Peer, location: str) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    net = GuardedNet(names, forbidden_but_loopback)
    peer.answers["/a"] = reply("302 Found", Location=location)
    assert await fetch_code(net, peer.url("/a", "public.example.com"), private=False) == "refused_address"
    assert len(peer.seen) == 1
    await net.close()


async def test_a_redirect_to_a_public_place_is_followed(peer: Peer) -> None:
    names = Names(["127.0.0.1"])
    net = GuardedNet(names, forbidden_but_loopback)
    peer.answers["/a"] = reply("302 Found", Location=peer.url("/b", "other.example.com"))
    peer.answers["/b"] = reply(body=b"there")
    url = peer.url("/a", "public.example.com")
    assert await net.fetch(url, max_bytes=100, timeout_seconds=5) == b"there"
    assert names.asked == ["public.example.com", "other.example.com"]
    await net.close()


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://u:p@example.com/", "http://a b/", "http://[/"]
)
async def test_a_redirect_to_no_url(peer: Peer, make_net: MakeNet, location: str) -> None:
    peer.answers["/a"] = reply("302 Found", Location=location)
    assert await fetch_code(make_net(), peer.url("/a")) in ("bad_url", "unreachable")


async def test_a_redirect_to_nowhere(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/a"] = reply("302 Found")
    assert await fetch_code(make_net(), peer.url("/a")) == "bad_status"


async def test_redirects_end(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/a"] = reply("302 Found", Location="/a")
    assert await fetch_code(make_net(), peer.url("/a")) == "too_many_redirects"
    assert len(peer.seen) == MAX_REDIRECTS + 1


async def test_too_large_by_its_own_word(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/a"] = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n", then_close=False)
    assert await fetch_code(make_net(), peer.url("/a")) == "too_large"


async def test_too_large_by_count(peer: Peer, make_net: MakeNet) -> None:
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    peer.answers["/a"] = raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *([chunk] * 1000))
    assert await fetch_code(make_net(), peer.url("/a")) == "too_large"


async def test_the_limit_itself_is_allowed(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/a"] = reply(body=b"x" * 100)
    assert len(await fetched(make_net(), peer.url("/a"), max_bytes=100)) == 100


async def test_compressed_answers_are_not_unpacked(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/a"] = reply(body=gzip.compress(bytes(1 << 20)), Content_Encoding="gzip")
    assert await fetch_code(make_net(), peer.url("/a")) == "wrong_type"


async def test_a_slow_drip_ends_at_the_time_limit(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/a"] = drip(0.02)
    async with asyncio.timeout(3):
        assert await fetch_code(make_net(), peer.url("/a"), seconds=0.3) == "timeout"


async def test_silence_ends_at_the_time_limit(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/a"] = raw(pause=0, then_close=False)
    assert await fetch_code(make_net(), peer.url("/a"), seconds=0.2) == "timeout"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply("404 Not Found", b"gone"), "bad_status"),
        (reply("403 Forbidden"), "bad_status"),
        (reply("500 Oops"), "bad_status"),
        (reply("206 Partial Content", b"x"), "bad_status"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"), "unreachable"),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "unreachable"),
        (raw(), "unreachable"),
    ],
)
async def test_what_servers_do(peer: Peer, make_net: MakeNet, answer: Answer, code: str) -> None:
    peer.answers["/a"] = answer
    assert await fetch_code(make_net(), peer.url("/a")) == code


async def test_nobody_is_there(make_net: MakeNet) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert await fetch_code(make_net(), f"http://127.0.0.1:{port}/") == "unreachable"
    assert await fetch_code(make_net([]), "http://nowhere.example.com/", private=False) == "unreachable"


# ---------------------------------------------------------------- download


class FullDisk(type(Path())):  # type: ignore[misc]
    """A path whose file takes nothing and cannot be deleted."""

    def unlink(self, missing_ok: bool = False) -> None:
        pass


async def test_download(peer: Peer, make_net: MakeNet, tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    peer.answers["/a"] = reply(body=data)
    target = tmp_path / "film"
    await make_net().download(
        peer.url("/a"), target, max_bytes=len(data), timeout_seconds=5, allow_private=True
    )
    assert target.read_bytes() == data


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply(body=b"x" * 2000), "too_large"),
        (drip(0.02), "timeout"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nonly this"), "unreachable"),
        (reply("404 Not Found"), "bad_status"),
    ],
)
async def test_a_failed_download_leaves_no_file(
    peer: Peer, make_net: MakeNet, tmp_path: Path, answer: Answer, code: str
) -> None:
    peer.answers["/a"] = answer
    target = tmp_path / "film"
    with pytest.raises(FetchFailed) as failed:
        await make_net().download(
            peer.url("/a"), target, max_bytes=1000, timeout_seconds=0.3, allow_private=True
        )
    assert failed.value.code == code
    assert not target.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /dev/full")
async def test_a_full_disk_is_not_blamed_on_the_network(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/a"] = reply(body=bytes(1 << 20))
    link = FullDisk("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        await make_net().download(
            peer.url("/a"), link, max_bytes=1 << 21, timeout_seconds=5, allow_private=True
        )


async def test_download_is_guarded(peer: Peer, make_net: MakeNet, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed) as failed:
        await make_net().download(peer.url("/a"), tmp_path / "x", max_bytes=10, timeout_seconds=1)
    assert failed.value.code == "refused_address"
    assert not (tmp_path / "x").exists()


async def download(net: GuardedNet, url: str, target: Path, **limits: Any) -> None:
    said: dict[str, Any] = {"max_bytes": 10_000, "timeout_seconds": 5, "allow_private": True, **limits}
    await net.download(url, target, headers=SECRET, **said)


SECRET = (("Authorization", "Bearer secret"), ("X-Key", "secret"))


def tells(head: str) -> bool:
    return "secret" in head


async def test_a_download_shows_its_credential(peer: Peer, make_net: MakeNet, tmp_path: Path) -> None:
    peer.answers["/a"] = reply(body=b"film")
    await download(make_net(), peer.url("/a"), tmp_path / "film")
    assert "Authorization: Bearer secret" in peer.seen[0]
    assert "X-Key: secret" in peer.seen[0]
    assert "User-Agent: genmux" in peer.seen[0]


async def test_a_credential_stays_with_its_origin(
    peer: Peer, other: Peer, make_net: MakeNet, tmp_path: Path
) -> None:
    peer.answers["/a"] = reply("302 Found", Location="/b")
    peer.answers["/b"] = reply("307 Elsewhere", Location=other.url("/c"))
    other.answers["/c"] = reply("302 Found", Location="/d")
    other.answers["/d"] = reply(body=b"film")
    await download(make_net(), peer.url("/a"), tmp_path / "film")
    assert (tmp_path / "film").read_bytes() == b"film"
    assert [tells(head) for head in peer.seen] == [True, True]
    assert [tells(head) for head in other.seen] == [False, False]


async def test_a_credential_does_not_follow_to_another_name_of_the_same_machine(
    peer: Peer, tmp_path: Path
) -> None:
    net = GuardedNet(Names(["127.0.0.1"]))
    peer.answers["/a"] = reply("302 Found", Location=peer.url("/b", "other.example.com"))
    peer.answers["/b"] = reply(body=b"film")
    await download(net, peer.url("/a", "one.example.com"), tmp_path / "film")
    assert [tells(head) for head in peer.seen] == [True, False]
    await net.close()


async def test_a_credential_may_come_home(peer: Peer, other: Peer, make_net: MakeNet, tmp_path: Path) -> None:
    peer.answers["/a"] = reply("302 Found", Location=other.url("/b"))
    other.answers["/b"] = reply("302 Found", Location=peer.url("/c"))
    peer.answers["/c"] = reply(body=b"film")
    await download(make_net(), peer.url("/a"), tmp_path / "film")
    assert [tells(head) for head in (*peer.seen, *other.seen)] == [True, True, False]


async def test_an_origin_is_one_however_it_is_written() -> None:
    for one, other, same in (
        ("https://a.example/x", "https://A.example:443/y", True),
        ("http://a.example", "http://a.example:80/", True),
        ("http://a.example", "https://a.example", False),
        ("http://a.example", "http://a.example:8080", False),
        ("http://a.example", "http://b.a.example", False),
    ):
        assert (origin_of(URL(one, encoded=True)) == origin_of(URL(other, encoded=True))) is same


async def test_a_download_redirected_to_a_private_place(peer: Peer, tmp_path: Path) -> None:
    net = GuardedNet(Names(["127.0.0.1"]), forbidden_but_loopback)
    peer.answers["/a"] = reply("302 Found", Location="http://169.254.169.254/latest/meta-data")
    with pytest.raises(FetchFailed) as failed:
        await download(net, peer.url("/a", "public.example.com"), tmp_path / "film", allow_private=False)
    assert failed.value.code == "refused_address"
    assert not (tmp_path / "film").exists()
    await net.close()


async def test_an_endless_download_stops_at_its_limit(peer: Peer, make_net: MakeNet, tmp_path: Path) -> None:
    async def endless(_head: str, _body: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:  # until the other side hangs up
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    peer.answers["/a"] = endless
    with pytest.raises(FetchFailed) as failed:
        await download(make_net(), peer.url("/a"), tmp_path / "film", max_bytes=100_000)
    assert failed.value.code == "too_large"
    assert not (tmp_path / "film").exists()


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 900\r\n\r\nonly this", b"Transfer-Encoding: chunked\r\n\r\n5\r\nonly "]
)
async def test_a_download_that_breaks_off_may_be_tried_again(
    peer: Peer, make_net: MakeNet, tmp_path: Path, framing: bytes
) -> None:
    peer.answers["/a"] = raw(b"HTTP/1.1 200 OK\r\n" + framing)
    with pytest.raises(FetchFailed) as failed:
        await download(make_net(), peer.url("/a"), tmp_path / "film")
    assert failed.value.code == "unreachable"
    peer.answers["/a"] = reply(body=b"film")
    await download(make_net(), peer.url("/a"), tmp_path / "film")
    assert (tmp_path / "film").read_bytes() == b"film"


async def test_what_is_downloaded_is_judged_later(peer: Peer, make_net: MakeNet, tmp_path: Path) -> None:
    peer.answers["/a"] = reply(body=b"<html>", Content_Type="text/html")
    await download(make_net(), peer.url("/a"), tmp_path / "film")
    assert (tmp_path / "film").read_bytes() == b"<html>"


# ---------------------------------------------------------------- send


async def test_send(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/v1"] = reply("429 Slow down", b'{"x": 1}', X_One="a", Retry_After="3")
    call = HttpCall(
        "POST", peer.url("/v1?a=%2F"), (("Content-Type", "application/json"), ("X-Key", "k")), b'{"y": 2}'
    )
    answer = await make_net().send(call, allow_private=True)
    assert (answer.status, answer.body) == (429, b'{"x": 1}')
    assert (answer.headers["x-one"], answer.headers["retry-after"]) == ("a", "3")
    assert peer.seen[0].startswith("POST /v1?a=%2F HTTP/1.1")
    assert "X-Key: k" in peer.seen[0]
    assert peer.seen[0].lower().count("content-type:") == 1
    assert peer.bodies == [b'{"y": 2}']


async def test_send_does_not_follow_redirects(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/v1"] = reply("307 Elsewhere", Location="http://127.0.0.1:1/")
    assert (await make_net().send(HttpCall("POST", peer.url("/v1")), allow_private=True)).status == 307


@pytest.mark.parametrize(
    ("method", "pace"), [("GET", ""), ("DELETE", ""), ("POST", "describe:video"), ("POST", "list")]
)
async def test_looks_share_a_connection(peer: Peer, make_net: MakeNet, method: str, pace: str) -> None:
    peer.answers["/v1"] = reply(body=b"{}")
    net = make_net()
    for _ in range(3):
        await net.send(HttpCall(method, peer.url("/v1"), body=b"x", pace=pace), allow_private=True)
    assert peer.connections == 1


@pytest.mark.parametrize("pace", ["", "create:video"])
async def test_a_paid_call_has_its_own_connection(peer: Peer, make_net: MakeNet, pace: str) -> None:
    peer.answers["/v1"] = reply(body=b"{}")
    net = make_net()
    await net.send(HttpCall("GET", peer.url("/v1")), allow_private=True)
    for _ in range(2):
        await net.send(HttpCall("POST", peer.url("/v1"), body=b"x", pace=pace), allow_private=True)
    assert peer.connections == 3
    assert "Connection: close" in peer.seen[-1]


async def test_a_server_that_closes_idle_connections_makes_no_paid_call_unknown(
    peer: Peer, make_net: MakeNet
) -> None:
    """The race that kept connections lose: the server closes one while the call is on its way."""
    taken: set[asyncio.StreamWriter] = set()

    async def once(head: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        if writer in taken:  # it closed this one as idle; whatever still comes is not read
            raise ConnectionResetError
        taken.add(writer)
        await reply(body=b"{}")(head, body, writer)

    peer.answers["/v1"] = once
    net = make_net()
    for pace in ("describe", "create:video", "create:video"):
        call = HttpCall("POST", peer.url("/v1"), body=b"paid", pace=pace)
        assert (await net.send(call, allow_private=True)).status == 200


async def test_headers_that_flows_need(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/v1"] = reply("429 Slow", Retry_After="3", Date="Wed, 05 Aug 2026 09:30:00 GMT")
    answer = await make_net().send(HttpCall("GET", peer.url("/v1")), allow_private=True)
    assert answer.headers["retry-after"] == "3"
    assert answer.headers["date"] == "Wed, 05 Aug 2026 09:30:00 GMT"


async def test_send_unpacks_what_an_upstream_packs_anyway(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/v1"] = reply(body=gzip.compress(b'{"x": 1}'), Content_Encoding="gzip")
    assert (await make_net().send(HttpCall("GET", peer.url("/v1")), allow_private=True)).body == b'{"x": 1}'


async def send_code(net: GuardedNet, url: str, seconds: float = 5) -> str:
    with pytest.raises(FetchFailed) as failed:
        await net.send(HttpCall("POST", url, (), b"paid", seconds), allow_private=True)
    return failed.value.code


async def test_nothing_sent_is_unreachable(make_net: MakeNet) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert await send_code(make_net(), f"http://127.0.0.1:{port}/") == "unreachable"
    assert await send_code(make_net([]), "http://nowhere.example.com/") == "unreachable"


async def test_a_handshake_that_fails_is_unreachable(peer: Peer, make_net: MakeNet) -> None:
    url = peer.url("/").replace("http:", "https:")
    assert await send_code(make_net(), url, 0.5) == "unreachable"
    assert peer.seen == []


async def test_a_name_service_that_hangs_is_unreachable() -> None:
    async def hang(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(60)
        raise AssertionError

    net = GuardedNet(hang)
    assert await send_code(net, "http://slow.example.com/", 0.1) == "unreachable"
    await net.close()


@pytest.mark.parametrize(
    "answer",
    [
        raw(then_close=False),
        raw(),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"),
        raw(b"nonsense\r\n\r\n"),
        drip(0.02),
    ],
)
async def test_after_sending_nobody_knows(peer: Peer, make_net: MakeNet, answer: Answer) -> None:
    peer.answers["/v1"] = answer
    assert await send_code(make_net(), peer.url("/v1"), 2) == "timeout"  # a busy machine must connect in time
    assert len(peer.seen) == 1  # and it is never sent again


async def test_a_call_on_a_connection_just_closed_is_not_sent_again(peer: Peer, make_net: MakeNet) -> None:
    peer.answers["/v1"] = reply(body=b"{}")
    peer.answers["/v2"] = raw()
    net = make_net()
    look = HttpCall("POST", peer.url("/v1"), body=b"x", pace="describe")
    await net.send(look, allow_private=True)
    with pytest.raises(FetchFailed) as failed:
        await net.send(replace(look, url=peer.url("/v2")), allow_private=True)
    assert failed.value.code == "timeout"
    assert len(peer.seen) == 2


async def test_the_environment_names_no_proxy(
    peer: Peer, make_net: MakeNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    peer.answers["/a"] = reply(body=b"direct")
    assert await fetched(make_net(), peer.url("/a")) == b"direct"


async def test_a_closed_net_can_be_closed_again(make_net: MakeNet) -> None:
    net = make_net()
    await net.close()
    await net.close()
