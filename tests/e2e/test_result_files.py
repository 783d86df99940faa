"""Result URLs: always the same, with the right host, seekable by whatever plays films."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import av
import pytest
from tests.e2e.serving import IMAGE, SMALL_PICTURE, Client, Running, get, hex_of, poll, send, serving

from genmux.media.urls import FileUrls
from genmux.store.keyring import derive_key, load_master_key

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def urls_of(client: Client, task_id: str, *extra: tuple[str, str], host: str = "") -> list[str]:
    """Describe with a Host of our choice and return the URLs."""
    body = json.dumps({"TaskId": task_id}).encode()
    headers = client.sign("DescribeAigcImageTask", body, host=host or client.address)
    answer = send(client.address, "POST", "/", (*headers.items(), *extra), body).envelope()
    found: list[str] = answer["ImageUrls"]
    return found


@pytest.fixture(scope="session")
def picture_id(picture_url: str) -> str:
    return "4-AigcImage-" + picture_url.split("/files/")[1][:32]


# ------------------------------------------------------------ where the URL leads


def test_the_url_is_the_same_at_every_poll(client: Client, picture_id: str, picture_url: str) -> None:
    assert {client.describe(picture_id)["ImageUrls"][0] for _ in range(5)} == {picture_url}


def test_the_url_has_the_host_that_the_client_used(client: Client, picture_id: str) -> None:
    port = client.address.rpartition(":")[2]
    for host in (client.address, f"localhost:{port}", "films.example.com", "films.example.com:8443"):
        (url,) = urls_of(client, picture_id, host=host)
        assert url.startswith(f"http://{host}/files/")


@pytest.mark.parametrize(
    "host",
    [
        "mps.tencentcloudapi.com",
        "MPS.TENCENTCLOUDAPI.COM",
        "mps.intl.tencentcloudapi.com",
        "mps.ap-guangzhou.tencentcloudapi.com:443",
    ],
)
def test_with_a_forged_host_the_url_has_the_address_connected_to(
    client: Client, picture_id: str, host: str
) -> None:
    (url,) = urls_of(client, picture_id, host=host)
    assert url.startswith(f"http://{client.address}/files/")
    assert get(url).status == 200


@pytest.mark.parametrize(
    "host", ["a b", "a/b", "evil.com/x?", "user@evil.com", "<script>", "[::1", "a:b:c", ""]
)
def test_a_host_that_is_none_never_becomes_part_of_a_url(client: Client, picture_id: str, host: str) -> None:
    body = json.dumps({"TaskId": picture_id}).encode()
    headers = {**client.sign("DescribeAigcImageTask", body, host=host), "Host": host}
    reply = send(client.address, "POST", "/", tuple(headers.items()), body)
    if reply.status == 400:  # the HTTP parser itself would not have it
        return
    answer = reply.envelope()
    assert "Error" in answer or answer["ImageUrls"][0].startswith(f"http://{client.address}/files/")


FORWARDED = (("X-Forwarded-Host", "films.example.com"), ("X-Forwarded-Proto", "https"))


def test_forwarded_headers_of_strangers_are_ignored(client: Client, picture_id: str) -> None:
    (url,) = urls_of(client, picture_id, *FORWARDED, ("Forwarded", "host=evil.com"))
    assert url.startswith(f"http://{client.address}/files/")


@pytest.mark.parametrize(
    ("settings", "start"),
    [
        ({"trusted_proxies": ("127.0.0.0/8",)}, "https://films.example.com/files/"),
        ({"trusted_proxies": ("10.0.0.1",)}, "http://127.0.0.1:"),
        ({"public_url": "https://cdn.example.com/"}, "https://cdn.example.com/files/"),
        (
            {"public_url": "https://cdn.example.com/base", "trusted_proxies": ("127.0.0.1",)},
            "https://cdn.example.com/base/files/",
        ),
    ],
)
def test_configured_addresses(tmp_path: Path, settings: dict[str, Any], start: str) -> None:
    with serving(tmp_path, **settings) as running:
        task_id, _ = running.client.done(IMAGE, SMALL_PICTURE)
        (url,) = urls_of(running.client, task_id, *FORWARDED)
        assert url.startswith(start)
        path = url[url.index("/files/") :]
        assert get(f"{running.server.url}{path}").status == 200


# ------------------------------------------------------------ how the file comes


def test_the_whole_file(film_url: str, picture_url: str) -> None:
    for url, kind, name in ((film_url, "video/mp4", "0.mp4"), (picture_url, "image/png", "0.png")):
        reply = get(url)
        assert reply.status == 200
        assert reply.headers["content-type"] == kind
        assert reply.headers["content-length"] == str(len(reply.body))
        assert reply.headers["accept-ranges"] == "bytes"
        assert reply.headers["etag"] == f'"{hashlib.sha256(reply.body).hexdigest()}"'
        assert re.fullmatch(
            rf'inline; filename="[0-9a-f]{{32}}-{name}"', reply.headers["content-disposition"]
        )
        head = get(url, method="HEAD")
        assert (head.status, head.body) == (200, b"")
        same = {"content-type", "content-length", "etag", "accept-ranges", "content-disposition"}
        assert {n: head.headers[n] for n in same} == {n: reply.headers[n] for n in same}


def test_ranges(film_url: str) -> None:
    whole = get(film_url).body
    size = len(whole)
    for header, start, end in (
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-199", 100, 199),
        (f"bytes={size - 1}-", size - 1, size - 1),
        ("bytes=500-", 500, size - 1),
        ("bytes=-100", size - 100, size - 1),
        (f"bytes=-{size * 2}", 0, size - 1),
        (f"bytes=10-{size * 9}", 10, size - 1),
    ):
        reply = get(film_url, {"Range": header})
        assert reply.status == 206, header
        assert reply.body == whole[start : end + 1]
        assert reply.headers["content-range"] == f"bytes {start}-{end}/{size}"
        assert reply.headers["content-length"] == str(end - start + 1)


@pytest.mark.parametrize("header", ["bytes={size}-", "bytes={size}-{size}", "bytes=-0", "bytes=99999999999-"])
def test_ranges_outside_the_file(film_url: str, header: str) -> None:
    size = len(get(film_url).body)
    reply = get(film_url, {"Range": header.format(size=size)})
    assert (reply.status, reply.body) == (416, b"")
    assert reply.headers["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    "header",
    ["bytes=0-1,5-9", "bytes=5-1", "bytes=", "bytes=-", "bytes=a-b", "items=0-5", "bytes=0-1-2", "bytes"],
)
def test_ranges_that_are_none_are_ignored(film_url: str, header: str) -> None:
    reply = get(film_url, {"Range": header})
    assert (reply.status, reply.body) == (200, get(film_url).body)


def test_conditions(film_url: str) -> None:
    etag = get(film_url).headers["etag"]
    for match in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        reply = get(film_url, {"If-None-Match": match})
        assert (reply.status, reply.body) == (304, b""), match
        assert reply.headers["etag"] == etag
    assert get(film_url, {"If-None-Match": '"other"'}).status == 200
    assert get(film_url, {"Range": "bytes=0-9", "If-Range": etag}).status == 206
    assert get(film_url, {"Range": "bytes=0-9", "If-Range": '"other"'}).status == 200


# ------------------------------------------------------------ who may


def test_a_changed_url_opens_nothing(film_url: str, picture_url: str) -> None:
    letter = "A" if film_url[-1] != "A" else "B"
    for url in (
        film_url[:-1] + letter,
        re.sub(r"e=\d+", lambda m: f"e={int(m[0][2:]) + 3600}", film_url),
        film_url.replace("/0.mp4", "/1.mp4"),
        film_url.replace(".mp4", ".png"),
        film_url.split("?")[0],
        film_url + "&x=1",
        film_url.split("?")[0] + "?" + picture_url.split("?")[1],
        film_url.replace("/files/", "/files/../files/"),
    ):
        assert get(url).status in (403, 404), url


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_files_are_only_read(film_url: str, method: str) -> None:
    reply = get(film_url, method=method)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


def test_urls_die(running: Running, client: Client, picture_id: str, picture_url: str) -> None:
    """Expiry counts from completion; a dead URL of ours, correctly signed, opens nothing."""
    expires = int(re.findall(r"e=(\d+)", picture_url)[0])
    assert 11 * 3600 < expires - time.time() <= 12 * 3600
    urls = FileUrls(derive_key(load_master_key(running.data, {}), "genmux file urls"))
    dead = running.server.url + urls.path(hex_of(picture_id), 0, "png", int(time.time()) - 1)
    alive = running.server.url + urls.path(hex_of(picture_id), 0, "png", int(time.time()) + 60)
    assert (get(dead).status, get(alive).status) == (403, 200)
    code, message = client.refusal("CreateAigcVideoTask", {"Prompt": "a", "ImageUrl": dead})
    assert code.startswith("InvalidParameter")
    assert "expired" in message


# ------------------------------------------------------------ players


def test_curl_downloads_and_resumes(film_url: str, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    whole, part = tmp_path / "whole.mp4", tmp_path / "part.mp4"
    quiet = [curl, "-q", "-s", "-S", "--fail", "--noproxy", "*"]
    subprocess.run([*quiet, "-o", whole, film_url], check=True, timeout=30)
    part.write_bytes(whole.read_bytes()[:5000])
    subprocess.run([*quiet, "-C", "-", "-o", part, film_url], check=True, timeout=30)
    assert part.read_bytes() == whole.read_bytes() == get(film_url).body
    head = subprocess.run([*quiet, "-I", film_url], check=True, timeout=30, capture_output=True, text=True)
    assert head.stdout.startswith("HTTP/1.1 200")


def test_libavformat_seeks_over_http(film_url: str) -> None:
    """What ffprobe, ffplay and most players do."""
    with av.open(film_url, timeout=20.0, options={"seekable": "1"}) as container:
        assert container.duration is not None
        assert abs(container.duration / 1_000_000 - 1) <= 0.05
        stream = container.streams.video[0]
        container.seek(int(0.7 / (stream.time_base or 1)), stream=stream)
        frame = next(container.decode(stream))
        assert frame.time is not None
        assert (frame.width, frame.height) == (960, 540)
        last = max(frame.time, *(f.time or 0.0 for f in container.decode(stream)))
        assert last > 0.9


class Page(BaseHTTPRequestHandler):
    """A page with a film that seeks in it and reports to us what came of it."""

    film_url: ClassVar[str] = ""
    reports: ClassVar[list[dict[str, list[str]]]] = []

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/said":
            self.reports.append(parse_qs(parts.query))
        page = f"""<!doctype html><video muted preload="auto" src="{self.film_url}"></video><script>
        const film = document.querySelector("video");
        const say = what => fetch("/said?" + new URLSearchParams(what));
        film.onerror = () => say({{error: film.error.message}});
        film.onloadedmetadata = () => film.currentTime = 0.7;
        const seen = () => ({{duration: film.duration, time: film.currentTime, width: film.videoWidth}});
        film.onseeked = () => say(seen());
        </script>""".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_chromium_plays_and_seeks(film_url: str, tmp_path: Path) -> None:
    Page.film_url, Page.reports = film_url, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        page = f"http://127.0.0.1:{server.server_address[1]}/"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
        browser = subprocess.Popen(
            [str(CHROMIUM), *flags, "--remote-debugging-port=0", page], stderr=subprocess.DEVNULL
        )
        try:
            poll(lambda: bool(Page.reports), "the page reports")
        finally:
            browser.terminate()
            browser.wait(20)
            server.shutdown()
            thread.join()
    (said, *_) = Page.reports
    assert "error" not in said, said
    assert abs(float(said["duration"][0]) - 1) <= 0.05
    assert (float(said["time"][0]), said["width"][0]) == (0.7, "960")


def test_a_film_is_read_from_many_places_at_once(film_url: str) -> None:
    """Four other processes read overlapping ranges while we read the whole."""
    script = (
        "import sys, urllib.request as u; from hashlib import sha256;"
        "r = u.Request(sys.argv[1], headers={'Range': 'bytes=' + sys.argv[2] + '-'});"
        "print(sha256(u.urlopen(r, timeout=20).read()).hexdigest())"
    )
    starts = (0, 1000, 5000, 20000)
    readers = [
        subprocess.Popen([sys.executable, "-c", script, film_url, str(n)], stdout=subprocess.PIPE, text=True)
        for n in starts
    ]
    whole = get(film_url).body
    for start, reader in zip(starts, readers, strict=True):
        said, _ = reader.communicate(timeout=30)
        assert said.strip() == hashlib.sha256(whole[start:]).hexdigest()
