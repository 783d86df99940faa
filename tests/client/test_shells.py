"""Both shells against a server that answers badly or not at all: what is thrown in, what is on the disk."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import os
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.client.peer import RESET, Peer, Script, listening, peer, reply

from genmux.client.async_shell import AsyncShell
from genmux.client.effects import (
    Answer,
    AnswerLost,
    Call,
    Download,
    Downloaded,
    Effect,
    Flow,
    NotSent,
    NotServed,
    Pause,
    ReadFile,
    Tell,
    Turn,
    Untrusted,
)
from genmux.client.errors import BrokenAnswer
from genmux.client.http_carrier import HttpCarrier
from genmux.client.pace import Pace
from genmux.client.sync_shell import SyncShell
from genmux.domain.errors import InvalidValue
from genmux.web.certificate import choose_certificate

BODY = bytes(range(256)) * 40
SHA = hashlib.sha256(BODY).hexdigest()

Run = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Run a flow in one of the shells."""
    if request.param == "sync":
        shell = SyncShell(Pace({"slow": 20}))
        yield shell.run
        shell.close()
        return
    other = AsyncShell(Pace({"slow": 20}), HttpCarrier())
    with asyncio.Runner() as runner:
        yield lambda flow, tell=None: runner.run(other.run(flow, tell))
        runner.run(other.close())


def asking(effect: Effect) -> Flow[Any]:
    return (yield effect)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def test_an_answer_is_brought_whole(run: Run) -> None:
    with peer(reply(201, b"body", X_Request_Id="r"), reply(204)) as there:
        call = Call("POST", f"{there.url}/a?b=%2F", (("X-Mine", "1"),), b"sent")
        got: Answer = run(asking(call))
        assert (got.status, got.body, got.headers["x-request-id"]) == (201, b"body", "r")
        assert there.seen[0].startswith("POST /a?b=%2F HTTP/1.1\r\n")
        assert (there.header(0, "x-mine"), there.bodies) == ("1", [b"sent"])
        assert run(asking(Call("GET", there.url + "/"))).status == 204


def test_a_call_that_never_left_is_told_from_one_whose_answer_was_lost(run: Run) -> None:
    with pytest.raises(NotSent, match="refused"):
        run(asking(Call("POST", f"http://127.0.0.1:{closed_port()}/", body=b"x")))
    cut = reply(200, b"ha", Content_Length="9", then="end")
    with peer(RESET, Script(then="end"), cut, Script(b"nonsense\r\n\r\n", "end")) as there:
        for _ in range(4):
            with pytest.raises(AnswerLost):
                run(asking(Call("POST", there.url + "/", body=b"x")))
        assert len(there.seen) == 4  # the shell itself sends nothing twice


def test_silence_has_an_end(run: Run) -> None:
    with peer(Script()) as there, pytest.raises(AnswerLost):
        run(asking(Call("POST", there.url + "/", body=b"x", timeout_seconds=0.05)))


def test_redirects_are_followed_only_where_asked(run: Run) -> None:
    with peer(reply(302, Location="/b"), reply(302, Location="/b"), reply(200, b"there")) as there:
        assert run(asking(Call("GET", there.url + "/a"))).status == 302
        assert run(asking(Call("GET", there.url + "/a", redirects=True))).body == b"there"


def test_what_is_told_is_shown(run: Run) -> None:
    def flow() -> Flow[str]:
        yield Tell("one")
        yield Tell("two")
        return "end"

    seen: list[str] = []
    assert run(flow(), seen.append) == run(flow()) == "end"
    assert seen == ["one", "two"]


def test_an_interrupted_flow_lets_go_of_what_it_holds(run: Run) -> None:
    left: list[str] = []

    def flow() -> Flow[None]:
        try:
            yield Tell("now")
        finally:
            left.append("let go")

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        run(flow(), interrupt)
    assert left == ["let go"], caught  # also while somebody holds the traceback


def test_a_coroutine_that_is_told_is_awaited() -> None:
    seen: list[str] = []

    async def show(news: str) -> None:
        await asyncio.sleep(0)
        seen.append(news)

    asyncio.run(AsyncShell(Pace({}), HttpCarrier()).run(asking(Tell("news")), show))
    assert seen == ["news"]


def test_turns_and_pauses_take_their_time(run: Run) -> None:
    def flow() -> Flow[None]:
        yield Pause(0.001)
        yield Turn("slow")
        yield Turn("slow")
        yield Turn("free")

    assert run(flow()) is None


def test_files_are_read_within_their_limit(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert run(asking(ReadFile(path, 5))) == b"12345"
    with pytest.raises(OSError, match="at most 4"):
        run(asking(ReadFile(path, 4)))
    with pytest.raises(FileNotFoundError):
        run(asking(ReadFile(tmp_path / "b", 4)))


def download(run: Run, there: Peer, path: Path, **said: Any) -> Downloaded:
    done: Downloaded = run(asking(Download(f"{there.url}/f", path, **said)))
    return done


def test_a_download_is_verified_and_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "new" / "f.mp4"
    with peer(reply(200, BODY, Content_Type="video/mp4; x=1")) as there:
        done = download(run, there, path, size=len(BODY), sha256=SHA)
    assert done == Downloaded(path, len(BODY), SHA, "video/mp4")
    assert path.read_bytes() == BODY
    assert [p.name for p in path.parent.iterdir()] == ["f.mp4"]


def test_a_download_that_breaks_off_goes_on_where_it_was(run: Run, tmp_path: Path) -> None:
    length, etag = str(len(BODY)), '"v1"'
    first = reply(200, BODY[:5000], Content_Length=length, ETag=etag, then="reset")
    second = reply(
        206,
        BODY[5000:],
        Content_Range=f"bytes 5000-{len(BODY) - 1}/{len(BODY)}",
    )
    with peer(RESET, first, reply(503), second) as there:
        done = download(run, there, tmp_path / "f", sha256=SHA)
        assert there.header(3, "range") == "bytes=5000-"
        assert there.header(3, "if-range") == etag
    assert (done.sha256, (tmp_path / "f").read_bytes()) == (SHA, BODY)


def test_a_download_that_has_changed_begins_again(run: Run, tmp_path: Path) -> None:
    first = reply(200, b"other" * 10, Content_Length="9999", ETag='"v0"', then="end")
    with peer(first, reply(200, BODY)) as there:
        assert download(run, there, tmp_path / "f").sha256 == SHA
        assert there.header(1, "range") == "bytes=50-"
    assert (tmp_path / "f").read_bytes() == BODY


@pytest.mark.parametrize("said", [{"sha256": "00" * 32}, {"size": 5}])
def test_a_damaged_download_leaves_nothing(run: Run, tmp_path: Path, said: dict[str, Any]) -> None:
    (tmp_path / "f").write_bytes(b"older")
    with peer(reply(200, BODY)) as there, pytest.raises(BrokenAnswer, match="is damaged"):
        download(run, there, tmp_path / "f", **said)
    assert [p.name for p in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_bytes() == b"older"


def test_a_url_that_serves_nothing_is_told_by_its_status(run: Run, tmp_path: Path) -> None:
    with peer(reply(403, b"expired")) as there, pytest.raises(NotServed) as caught:
        download(run, there, tmp_path / "f")
    assert caught.value.status == 403
    assert list(tmp_path.iterdir()) == []


def test_headers_of_a_download_stay_with_its_host(run: Run, tmp_path: Path) -> None:
    with peer(reply(200, BODY)) as elsewhere, peer(reply(302, Location="/g")) as there:
        there.scripts.append(reply(302, Location=f"{elsewhere.url}/h"))
        download(run, there, tmp_path / "f", headers=(("Authorization", "secret"),))
        assert [there.header(n, "authorization") for n in (0, 1)] == ["secret", "secret"]
        assert elsewhere.header(0, "authorization") is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_client_goes_on_in_another_loop() -> None:
    """The connections that the first loop left open are Python's to close, which warns of them."""
    shell = AsyncShell(Pace({}), HttpCarrier())
    with peer(*[reply(200, b"1")] * 2) as there:
        for _ in range(2):
            assert asyncio.run(shell.run(asking(Call("GET", there.url + "/")))).body == b"1"
        asyncio.run(shell.close())
    gc.collect()


async def test_a_cancelled_flow_lets_go_at_once() -> None:
    let_go: list[bool] = []

    def holding() -> Flow[None]:
        try:
            yield Pause(60.0)
        finally:
            let_go.append(True)

    running = asyncio.create_task(AsyncShell(Pace({}), HttpCarrier()).run(holding()))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError) as kept:
        await running
    assert let_go == [True]
    assert kept.value.__traceback__ is not None


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
AVIF = b"\0\0\0\x1cftypavif" + bytes(40)


@pytest.mark.parametrize(
    ("body", "told", "medium"),
    [
        (b"<!DOCTYPE html><title>Sign in</title>", "video/mp4", "video"),
        (b"\xef\xbb\xbf please sign in", "text/html; charset=utf-8", "image"),
        (b' {"error": "gone"}', "", "image"),
        (PNG, "image/png", "video"),
        (b"", "video/mp4", "video"),
    ],
)
def test_a_page_in_place_of_a_result_is_not_kept(
    run: Run, tmp_path: Path, body: bytes, told: str, medium: str
) -> None:
    with (
        peer(reply(200, body, Content_Type=told)) as there,
        pytest.raises(BrokenAnswer, match=f"no {medium}") as caught,
    ):
        download(run, there, tmp_path / "film.mp4", medium=medium)
    assert (len(there.seen), list(tmp_path.iterdir())) == (1, []), caught


@pytest.mark.parametrize(
    ("body", "told", "medium"),
    [
        (PNG, "text/plain", "image"),
        (AVIF, "", "image"),
        (b"RIFF\1\0\0\0AVI ", "application/octet-stream", "video"),
    ],
)
def test_bytes_tell_more_than_what_they_came_as(
    run: Run, tmp_path: Path, body: bytes, told: str, medium: str
) -> None:
    with peer(reply(200, body, Content_Type=told)) as there:
        assert download(run, there, tmp_path / "f", medium=medium).size == len(body)


def test_a_fork_opens_its_own_connections() -> None:
    """An answer that both processes wait for on one connection would go to whoever is faster."""
    shell = SyncShell(Pace({}))
    with peer(reply(200, b"1"), reply(200, b"2")) as there:
        ask = Call("GET", there.url + "/")
        assert shell.run(asking(ask)).body == b"1"
        child = os.fork()
        if not child:
            os._exit(int(shell.run(asking(ask)).body))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
        assert len(there.connections) == 2


async def test_saves_to_the_same_path_do_not_meet(tmp_path: Path) -> None:
    shell = AsyncShell(Pace({}), HttpCarrier())
    with peer(*[reply(200, BODY)] * 8) as there:
        wanted = [asking(Download(f"{there.url}/f", tmp_path / "f")) for _ in range(8)]
        assert len(await asyncio.gather(*map(shell.run, wanted))) == 8
        await shell.close()
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("f", BODY)]


@pytest.mark.parametrize("url", ["no url", "ftp://a/b", "http://[::/a", "http://127.0.0.1:99999/a"])
def test_a_result_that_is_at_no_url_is_broken(run: Run, tmp_path: Path, url: str) -> None:
    with pytest.raises(BrokenAnswer, match="no http or https URL"):
        run(asking(Download(url, tmp_path / "f")))


def test_a_redirect_leads_to_the_web_only(run: Run, tmp_path: Path) -> None:
    with (
        peer(reply(302, Location="file:///etc/passwd")) as there,
        pytest.raises(BrokenAnswer, match="no http or https URL"),
    ):
        download(run, there, tmp_path / "f")


def test_a_url_is_escaped_where_it_must_be_and_only_there(run: Run, tmp_path: Path) -> None:
    with peer(reply(302, Location="/a%2Fb c?d=%E7%AB%B9&e=a+b"), reply(200, BODY)) as there:
        download(run, there, tmp_path / "f")
        assert there.seen[1].startswith("GET /a%2Fb%20c?d=%E7%AB%B9&e=a+b HTTP/1.1")


def test_a_server_without_tls_has_seen_nothing(run: Run) -> None:
    def answer_in_plain(connection: socket.socket) -> None:
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listening(answer_in_plain) as port, pytest.raises(Untrusted, match="does not speak TLS"):
        run(asking(Call("POST", f"https://127.0.0.1:{port}/", body=b"x")))


def test_a_certificate_that_nobody_trusts_is_named(run: Run, tmp_path: Path) -> None:
    own = choose_certificate("auto", tmp_path, "127.0.0.1")
    assert own is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)

    def shake_hands(connection: socket.socket) -> None:
        with connection, contextlib.suppress(ssl.SSLError):
            context.wrap_socket(connection, server_side=True).close()

    with listening(shake_hands) as port, pytest.raises(Untrusted, match="self-signed certificate"):
        run(asking(Call("POST", f"https://127.0.0.1:{port}/", body=b"x")))


AWAY = "platform.invalid"


def test_a_proxy_of_the_environment_is_gone_through(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with peer(reply(200, b"1"), reply(200, BODY)) as proxy, peer(reply(200, b"2")) as here:
        monkeypatch.setenv("http_proxy", f"http://me:a%40b@127.0.0.1:{proxy.port}")
        assert run(asking(Call("POST", f"http://{AWAY}/a?b=1", body=b"sent"))).body == b"1"
        assert run(asking(Download(f"http://{AWAY}/f", tmp_path / "f"))).size == len(BODY)
        assert run(asking(Call("GET", here.url + "/"))).body == b"2"  # this machine itself
        assert [head.split(" HTTP")[0] for head in proxy.seen] == [
            f"POST http://{AWAY}/a?b=1",
            f"GET http://{AWAY}/f",
        ]
        assert proxy.header(0, "host") == AWAY
        login = b64encode(b"me:a@b").decode()
        assert {proxy.header(n, "proxy-authorization") for n in (0, 1)} == {f"Basic {login}"}


def test_a_host_that_no_proxy_names_is_called_directly(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with peer() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "other.example,.invalid")
        with pytest.raises(NotSent):
            run(asking(Call("GET", f"http://{AWAY}/")))
        assert proxy.seen == []


def test_a_proxy_that_refuses_lets_nothing_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = Script(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "end")
    with peer(refusal) as proxy:
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.port}")
        with pytest.raises(NotSent, match=r"proxy.*407"):
            run(asking(Call("POST", f"https://{AWAY}/", body=b"x")))
        assert proxy.seen[0].startswith(f"CONNECT {AWAY}:443 ")


def test_a_proxy_that_is_not_there_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(NotSent, match="refused"):
        run(asking(Call("POST", f"http://{AWAY}/", body=b"x")))


def test_a_proxy_of_another_kind_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://me:word@127.0.0.1:1")
    with pytest.raises(InvalidValue, match="is a socks5 proxy"):
        run(asking(Call("POST", f"http://{AWAY}/", body=b"x")))
