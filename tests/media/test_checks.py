"""Real bytes, good and hostile, through the checks."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from genmux.engine.ports import MediaRefused
from genmux.media.checks import check_image, verify_file
from genmux.media.signatures import sniff

LIMIT = 40_000_000
FORMATS = ["jpeg", "png", "webp"]


def picture(width: int = 40, height: int = 24) -> Image.Image:
    """A picture whose left half is red and right half blue."""
    image = Image.new("RGB", (width, height), (220, 20, 20))
    image.paste((20, 20, 220), (width // 2, 0, width, height))
    return image


def saved(name: str, image: Image.Image | None = None, **options: Any) -> bytes:
    out = BytesIO()
    (image or picture()).save(out, format=name, **options)
    return out.getvalue()


def turned(name: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(name, exif=exif)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width: int, height: int, colour: int = 2) -> bytes:
    shape = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", shape)


def bomb() -> bytes:
    """A PNG of a few kilobytes whose rows, if anybody unpacked them all, would fill a gigabyte."""
    squeezer = zlib.compressobj(9)
    rows = b"".join(squeezer.compress(bytes(1 << 20)) for _ in range(64)) + squeezer.flush()
    return png_header(60_000, 20_000) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def refused(data: bytes, limit: int = LIMIT) -> str:
    with pytest.raises(MediaRefused) as caught:
        check_image(data, limit)
    assert caught.value.reason
    return caught.value.code


@pytest.mark.parametrize("name", FORMATS)
def test_a_good_picture_is_kept_as_it_is(name: str) -> None:
    data = saved(name)
    facts, kept = check_image(data, LIMIT)
    assert kept is data
    assert (facts.content_type, facts.width, facts.height) == (f"image/{name}", 40, 24)
    assert (facts.size, facts.sha256) == (len(data), sha256(data).digest())
    assert facts.probe == {"container": name, "mode": "RGB", "alpha": False}


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "I;16", "CMYK", "1"])
def test_every_usual_mode_is_decoded(mode: str) -> None:
    image = Image.new("I;16", (8, 6)) if mode == "I;16" else picture(8, 6).convert(mode)
    facts, _ = check_image(saved("jpeg" if mode == "CMYK" else "png", image), LIMIT)
    assert facts.probe["alpha"] is (mode in ("LA", "RGBA"))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(name: str, orientation: int) -> None:
    data = turned(name, orientation)
    facts, kept = check_image(data, LIMIT)
    assert (kept is data) is (orientation == 1)
    assert (facts.width, facts.height) == ((24, 40) if orientation >= 5 else (40, 24))
    assert (facts.size, facts.sha256) == (len(kept), sha256(kept).digest())
    again, same = check_image(kept, LIMIT)
    assert same is kept
    assert (again.width, again.height, again.content_type) == (facts.width, facts.height, facts.content_type)
    with Image.open(BytesIO(kept)) as image:
        red_at = {1: (2, 2), 2: (37, 2), 3: (37, 2), 4: (2, 2), 5: (2, 2), 6: (2, 2), 7: (2, 37), 8: (2, 37)}
        red, _green, blue = image.convert("RGB").getpixel(red_at[orientation])  # type: ignore[misc]
        assert red > 150 > blue


def test_a_profile_survives_rotation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    _, kept = check_image(saved("jpeg", exif=exif, icc_profile=b"profile"), LIMIT)
    with Image.open(BytesIO(kept)) as image:
        assert image.info["icc_profile"] == b"profile"


def test_a_phone_picture_with_a_second_picture_inside_is_a_jpeg() -> None:
    data = saved("mpo", save_all=True, append_images=[picture()])
    assert check_image(data, LIMIT)[0].content_type == "image/jpeg"


def test_broken_exif_does_not_matter() -> None:
    data = saved("jpeg", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff garbage")
    assert check_image(data, LIMIT)[1] is data


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_cut_picture_is_refused(name: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    data = saved(name, Image.fromarray(noise))
    code = refused(data[: int(len(data) * share)])
    assert code in ("truncated", "not_decodable")
    assert name == "png" or code == "truncated"


def test_a_damaged_picture_is_refused() -> None:
    data = bytearray(saved("png", picture(200, 200)))
    data[60:90] = bytes(30)
    assert refused(bytes(data)) in ("not_decodable", "truncated")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png_header(10_000, 6_000) + png_chunk(b"IDAT", b""), "too_many_pixels"),
        (bomb(), "too_many_pixels"),
        (saved("gif"), "wrong_type"),
        (saved("bmp"), "wrong_type"),
        (saved("tiff"), "wrong_type"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "wrong_type"),
        (b'<?xml version="1.0"?><svg/>', "wrong_type"),
        (b"<!doctype html><title>404</title>", "wrong_type"),
        (b"", "wrong_type"),
        (b"\x00" * 100, "wrong_type"),
        (saved("webp", save_all=True, append_images=[picture(40, 24).rotate(180)]), "wrong_type"),
        (saved("png", save_all=True, append_images=[picture(40, 24).rotate(180)]), "wrong_type"),
        (b"\xff\xd8\xff\xe0 nothing more", "truncated"),
        (png_header(100, 100), "not_decodable"),
        (png_header(0, 5), "not_decodable"),
    ],
)
def test_what_is_no_picture_of_ours_is_refused(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_a_small_picture_that_unpacks_to_much_is_stopped_by_its_own_size() -> None:
    squeezed = zlib.compress(bytes(50 << 20), 9)
    data = png_header(100, 100) + png_chunk(b"IDAT", squeezed) + png_chunk(b"IEND", b"")
    facts, _ = check_image(data, LIMIT)  # only the first 100 rows are ever unpacked
    assert (facts.width, facts.height) == (100, 100)


def test_the_pixel_limit_is_the_callers() -> None:
    assert refused(saved("jpeg"), 40 * 24 - 1) == "too_many_pixels"
    check_image(saved("jpeg"), 40 * 24)


# ---------------------------------------------------------------- results


def film(
    path: Path,
    *,
    frames: int = 24,
    audio: bool = True,
    codec: str = "libx264",
    container_format: str = "mp4",
    options: dict[str, str] | None = None,
) -> Path:
    with av.open(str(path), "w", format=container_format, options=options or {}) as container:
        video: Any = container.add_stream(codec, rate=24)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound: Any = None
        if audio:
            sound = container.add_stream("aac" if container_format == "mp4" else "libopus", rate=48_000)
        noise = np.random.default_rng(2)
        for _ in range(frames):
            pixels = noise.integers(0, 255, (48, 64, 3), dtype=np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(video.encode())
        if sound is not None:
            for n in range(frames * 2):
                tone = av.AudioFrame.from_ndarray(np.zeros((1, 1000), np.float32), "fltp", "mono")
                tone.sample_rate, tone.pts = 48_000, n * 1000
                container.mux(sound.encode(tone))
            container.mux(sound.encode())
    return path


def verified_code(data: bytes, kind: str) -> str:
    with pytest.raises(MediaRefused) as caught:
        verify_file(BytesIO(data), kind)
    return caught.value.code


@pytest.mark.parametrize("audio", [True, False])
def test_a_film_is_decoded_to_its_end(tmp_path: Path, audio: bool) -> None:
    path = film(tmp_path / "a.mp4", audio=audio)
    with path.open("rb") as file:
        facts = verify_file(file, "video")
    data = path.read_bytes()
    assert (facts.content_type, facts.width, facts.height) == ("video/mp4", 64, 48)
    assert (facts.frames, facts.seconds, facts.audio) == (24, 1.0, audio)
    assert (facts.size, facts.sha256) == (len(data), sha256(data).digest())
    assert (facts.probe["container"], facts.probe["video_codec"], facts.probe["fps"]) == ("mp4", "h264", 24.0)
    assert facts.probe["audio_codec"] == ("aac" if audio else None)
    assert facts.probe["bit_rate"] > 0
    assert [stream["type"] for stream in facts.probe["streams"]] == ["video", "audio"][: 1 + audio]


def test_webm_is_a_film_too(tmp_path: Path) -> None:
    path = film(tmp_path / "a.webm", codec="libvpx-vp9", container_format="webm")
    data = path.read_bytes()
    facts = verify_file(BytesIO(data), "video")
    assert (facts.content_type, facts.frames, facts.audio) == ("video/webm", 24, True)
    assert verified_code(data[: len(data) * 9 // 10], "video") == "truncated"


@pytest.mark.parametrize("options", [{}, {"movflags": "+faststart"}])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
def test_a_cut_film_is_refused(tmp_path: Path, options: dict[str, str], share: float) -> None:
    data = film(tmp_path / "a.mp4", options=options).read_bytes()
    assert verified_code(data[: int(len(data) * share)], "video") == "truncated"


def test_a_film_with_a_hole_is_refused(tmp_path: Path) -> None:
    data = bytearray(film(tmp_path / "a.mp4", audio=False).read_bytes())
    start = data.index(b"mdat") + 1000
    data[start : start + 6000] = bytes(6000)
    assert verified_code(bytes(data), "video") == "not_decodable"


def test_a_film_without_picture_is_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        sound: Any = container.add_stream("aac", rate=48_000)
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
        tone.sample_rate = 48_000
        container.mux(sound.encode(tone))
        container.mux(sound.encode())
    assert verified_code((tmp_path / "a.mp4").read_bytes(), "video") == "wrong_type"


def test_a_film_cannot_make_us_read_other_files(tmp_path: Path) -> None:
    secret = film(tmp_path / "secret.mp4")
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n"
    concat = f"ffconcat version 1.0\nfile '{secret}'\n"
    for text in (playlist, concat):
        assert verified_code(text.encode(), "video") == "wrong_type"


@pytest.mark.parametrize(
    ("make", "kind", "code"),
    [
        (lambda: b"", "video", "truncated"),
        (lambda: saved("png"), "video", "wrong_type"),
        (lambda: b"<html>expired</html>", "video", "wrong_type"),
        (lambda: b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00", "video", "not_decodable"),
        (lambda: b"<html>expired</html>", "image", "wrong_type"),
        (lambda: saved("png")[:-40], "image", "truncated"),
        (lambda: png_header(20_000, 20_000) + png_chunk(b"IDAT", b""), "image", "too_many_pixels"),
    ],
)
def test_a_bad_result_is_refused(make: Callable[[], bytes], kind: str, code: str) -> None:
    assert verified_code(make(), kind) == code


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_result_has_its_facts(name: str) -> None:
    data = saved(name)
    facts = verify_file(BytesIO(data), "image")
    assert (facts.content_type, facts.width, facts.height, facts.frames) == (f"image/{name}", 40, 24, 1)
    assert (facts.size, facts.sha256, facts.seconds) == (len(data), sha256(data).digest(), None)


def test_an_animated_result_is_counted() -> None:
    data = saved("webp", save_all=True, append_images=[picture(40, 24).rotate(180)])
    assert verify_file(BytesIO(data), "image").frames == 2


def test_sniffing_needs_no_more_than_the_head() -> None:
    assert sniff(b"") == ""
    assert sniff(b"\x00\x00\x00\x20ftypavif") == "AVIF"
    assert sniff(b"\x00\x00\x00\x14ftypqt  ") == "mov"
    assert sniff(b'{"error": 1}') == "JSON"
