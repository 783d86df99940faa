"""Clients that stop in the middle, or send their body in ways of their own."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.e2e.serving import IMAGE, Reply, Running, poll, send, serving

from genmux.dialects.exchange import WireReply
from genmux.web.server import render_head


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("web"), paused=True) as server:
        yield server


def dial(running: Running) -> socket.socket:
    host, _, port = running.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20)


def head(running: Running, body: bytes, *lines: str) -> bytes:
    headers = running.client.sign(IMAGE, body)
    said = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), *lines, "", ""]
    return "\r\n".join(said).encode()


def read_reply(connection: socket.socket) -> Reply:
    data = b""
    while chunk := connection.recv(65536):
        data += chunk
    top, _, body = data.partition(b"\r\n\r\n")
    first, *rest = top.decode().split("\r\n")
    pairs = [line.partition(": ") for line in rest]
    return Reply(int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, body)


def chunked(body: bytes, size: int) -> bytes:
    parts = [body[n : n + size] for n in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_a_chunked_body_is_read_whole(resting: Running) -> None:
    body = json.dumps({"Prompt": "猫" * 900}).encode()
    with closing(dial(resting)) as connection:
        top = head(resting, body, "Transfer-Encoding: chunked", "Connection: close")
        connection.sendall(top + chunked(body, 7))
        assert "TaskId" in read_reply(connection).envelope()


def test_a_chunked_body_over_the_limit_is_refused(resting: Running) -> None:
    body = b" " * (10 * 1024 * 1024 + 1)
    with closing(dial(resting)) as connection:
        top = head(resting, body, "Transfer-Encoding: chunked", "Connection: close")
        connection.sendall(top + chunked(body, 1 << 20))
        error = read_reply(connection).envelope()["Error"]
        assert error["Code"] == "RequestSizeLimitExceeded"


@pytest.mark.parametrize("stated", ["20971520", "99999999999999999999"])
def test_a_length_over_the_limit_is_refused_before_it_is_sent(resting: Running, stated: str) -> None:
    with closing(dial(resting)) as connection:
        connection.sendall(head(resting, b"", f"Content-Length: {stated}", "Connection: close"))
        reply = read_reply(connection)
        if reply.status == 400:  # the HTTP parser knows no such number
            return
        assert reply.envelope()["Error"]["Code"] == "RequestSizeLimitExceeded"


@pytest.mark.parametrize("part", [0, 1, 5])
def test_a_client_that_goes_in_the_middle_makes_nothing(resting: Running, part: int) -> None:
    before = resting.newest()
    body = b'{"Prompt":"a"}'
    with closing(dial(resting)) as connection:
        connection.sendall(head(resting, body, f"Content-Length: {len(body)}") + body[:part])
    assert send(resting.address, "GET", "/healthz").status == 200
    assert resting.newest() == before


@pytest.mark.parametrize(
    "junk", [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 100, b"A" * 100_000]
)
def test_what_is_no_http_does_no_harm(resting: Running, junk: bytes) -> None:
    with closing(dial(resting)) as connection:
        connection.sendall(junk)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100)[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 200")
    assert send(resting.address, "GET", "/healthz").status == 200


def test_pipelined_requests_are_answered_in_order(resting: Running) -> None:
    bodies = [b'{"Prompt":5}', b'{"Prompt":"a","X":1}']
    with closing(dial(resting)) as connection:
        for n, body in enumerate(bodies):
            more = ["Connection: close"] if n else []
            connection.sendall(head(resting, body, f"Content-Length: {len(body)}", *more) + body)
        data = b""
        while chunk := connection.recv(65536):
            data += chunk
    assert data.index(b'"Code":"InvalidParameter"') < data.index(b'"Code":"UnknownParameter"')


def test_an_answer_to_head_has_a_length_and_no_body(resting: Running) -> None:
    with closing(dial(resting)) as connection:
        connection.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        reply = read_reply(connection)

    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.headers["content-length"]) == len(b'{"status":"ok"}')
    assert reply.headers["connection"] == "close"


def test_an_answer_leaves_in_one_piece(resting: Running) -> None:
    with closing(dial(resting)) as connection:
        for _ in range(3):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65536).endswith(b'{"status":"ok"}')


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "a\rb", "a\0b"])
def test_no_header_breaks_out_of_its_line(value: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        render_head(WireReply(200, headers=[("x-said", value)]), [], keep_alive=True)


def upload_head(running: Running, token: str) -> bytes:
    lines = ("POST /api/v1/uploads HTTP/1.1", f"Host: {running.address}", f"Authorization: Bearer {token}")
    rest = ("Content-Type: video/mp4", "Content-Length: 100000000", "Connection: close", "", "")
    return "\r\n".join((*lines, *rest)).encode()


def test_a_stranger_is_answered_before_any_of_a_film_is_read(resting: Running) -> None:
    with closing(dial(resting)) as connection:
        connection.sendall(upload_head(resting, "nobody"))
        assert read_reply(connection).status == 401


def test_an_upload_that_is_broken_off_leaves_nothing_in_the_spool(resting: Running) -> None:
    spool = resting.data / "spool"
    with closing(dial(resting)) as connection:
        connection.sendall(upload_head(resting, resting.client.token) + b"the beginning of a film")
        poll(lambda: bool(list(spool.glob("*.film"))), "the film is being written")
    poll(lambda: not list(spool.iterdir()), "the spool is empty")


@pytest.mark.parametrize("status", [200, 404, 499, 599])
def test_every_status_has_a_head(status: int) -> None:
    top = render_head(WireReply(status, b"{}"), (), keep_alive=True)
    assert top.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\ncontent-length: 2\r\n" in top
