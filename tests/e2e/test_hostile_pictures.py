"""Pictures by value: what is no whole, reasonable picture is refused at create, by a worker process."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import pytest
from PIL import Image
from tests.e2e.serving import IMAGE, VIDEO, Client, Running

from genmux.testing.scripted import tiny_png

INPUT = "InvalidParameter.InputInfo"


def data_url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def encoded(form: str, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (30, 90, 160)).save(out, form)
    return out.getvalue()


def declared_png(width: int, height: int) -> bytes:
    """A PNG whose header promises many pixels and whose body holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def black_png(side: int) -> bytes:
    """A whole PNG of `side` × `side` pixels, one bit each, in a few kilobytes."""
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG", optimize=False)
    return out.getvalue()


REFUSED = {
    "a truncated PNG": data_url(encoded("PNG", (640, 480))[:-200]),
    "half a JPEG": data_url(encoded("JPEG", (640, 480))[:2000], "image/jpeg"),
    "a PNG header alone": data_url(b"\x89PNG\r\n\x1a\n"),
    "a whole PNG of 60 megapixels": data_url(black_png(7746)),
    "a PNG that promises 10 gigapixels": data_url(declared_png(100_000, 100_000)),
    "a PNG without pixels": data_url(declared_png(0, 0)),
    "a GIF": data_url(encoded("GIF"), "image/gif"),
    "a GIF said to be PNG": data_url(encoded("GIF")),
    "a BMP said to be PNG": data_url(encoded("BMP")),
    "an SVG": data_url(b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    "an SVG said to be PNG": data_url(b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "a page": data_url(b"<html></html>", "text/html"),
    "nothing": data_url(b""),
    "no base64": "data:image/png;base64,@@@@",
    "no base64 mark": "data:image/png,abc",
    "no data": "data:",
    "a film said to be PNG": data_url(b"\0\0\0\x20ftypisom" + b"\0" * 200),
    "bytes": data_url(bytes(range(256)) * 40),
}


@pytest.mark.parametrize("name", REFUSED)
def test_no_picture_is_refused_at_create(client: Client, running: Running, name: str) -> None:
    before = running.newest()
    for action, body, place in (
        (IMAGE, {"Prompt": "a", "ImageInfos": [{"ImageUrl": REFUSED[name]}]}, "ImageInfos.0.ImageUrl"),
        (VIDEO, {"Prompt": "a", "ImageUrl": REFUSED[name]}, "ImageUrl"),
    ):
        code, message = client.refusal(action, body)
        assert code == INPUT, message
        assert f"`{place}`" in message
        assert len(message) < 600
    assert running.newest() == before


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_are_taken(client: Client, form: str) -> None:
    url = data_url(encoded(form), f"image/{form.lower()}")
    paused = {"Prompt": "[[genmux stuck]]", "ImageInfos": [{"ImageUrl": url}]}
    client.create(IMAGE, paused)


def test_the_bytes_decide_not_the_stated_type(client: Client) -> None:
    """Clients mislabel JPEGs as PNGs all the time."""
    url = data_url(encoded("JPEG"), "image/png")
    client.create(IMAGE, {"Prompt": "[[genmux stuck]]", "ImageInfos": [{"ImageUrl": url}]})


def test_the_server_is_well_after_all_this(client: Client) -> None:
    body = {"Prompt": "a", "ImageInfos": [{"ImageUrl": data_url(tiny_png(64, 64))}]}
    task_id, (_,) = client.done(IMAGE, {**body, "AdditionalParameters": '{"size":"512x512"}'})
    assert task_id.startswith("4-AigcImage-")
