"""Inputs as upstreams fetch them: equal URLs within an hour, copies made once a day."""

from __future__ import annotations

import asyncio
import re
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.media.servers import ACCESS_KEY, SECRET_KEY, fetched, moto, rclone

from genmux.media.objects import Place
from genmux.media.places import open_place, parse_place
from genmux.media.staging import PRESIGNED_SECONDS, InputStaging
from genmux.media.storage import OpendalStore
from genmux.media.urls import InputRef, InputUrls

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
PICTURE = b"\x89PNG and so on"
KEY = f"inputs/{sha256(PICTURE).hexdigest()}.png"
RESULT = f"tasks/ab/{'ab' * 16}/0.mp4"
URLS = InputUrls(b"u" * 32)


class Clock:
    """Milliseconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 20_000 * DAY_MS + 5 * HOUR_MS + 7

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def media(tmp_path: Path) -> OpendalStore:
    store = OpendalStore(tmp_path / "media", {})
    (tmp_path / "picture").write_bytes(PICTURE)
    await store.publish(tmp_path / "picture", KEY)
    return store


def s3(url: str, root: str) -> Place:
    keys = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
    return open_place(
        parse_place("staging", {"type": "s3", "bucket": "films", "endpoint": url, "root": root, **keys}, {})
    )


def staging(
    media: OpendalStore, clock: Clock, bucket: Place | None = None, public_url: str = ""
) -> InputStaging:
    return InputStaging(
        media=media, urls=URLS, clock=clock, key=b"s" * 32, bucket=bucket, public_url=public_url
    )


# ---------------------------------------------------------------- by our own route


async def test_the_public_url_serves_when_there_is_no_bucket(media: OpendalStore, clock: Clock) -> None:
    here = staging(media, clock, public_url="https://gen.example.com/base/")
    assert here.available
    url = await here.url(KEY)
    assert url.startswith(f"https://gen.example.com/base/{KEY}?e=")
    ref = URLS.parse(f"/{KEY}", urlsplit(url).query, clock() // 1000)
    assert isinstance(ref, InputRef)
    assert 6 * 3600 <= ref.expires_at - clock() // 1000 <= 8 * 3600


async def test_an_own_url_is_the_same_for_an_hour(media: OpendalStore, clock: Clock) -> None:
    here = staging(media, clock, public_url="https://gen.example.com")
    first = await here.url(KEY)
    clock.now += HOUR_MS - 8
    assert await here.url(KEY) == first
    clock.now += 1
    assert await here.url(KEY) != first


async def test_a_task_s_result_is_an_input_too(media: OpendalStore, clock: Clock) -> None:
    here = staging(media, clock, public_url="https://gen.example.com")
    path, _, query = (await here.url(RESULT)).removeprefix("https://gen.example.com").partition("?")
    assert path == f"/inputs/{RESULT}"
    ref = URLS.parse(path, query, clock() // 1000)
    assert isinstance(ref, InputRef)
    assert ref.media_key == RESULT


async def test_without_either_nothing_is_available(media: OpendalStore, clock: Clock) -> None:
    assert not staging(media, clock).available
    with pytest.raises(OSError, match="neither a staging bucket nor a public URL"):
        await staging(media, clock).url(KEY)


# ---------------------------------------------------------------- by a bucket


async def test_a_bucket_is_preferred(media: OpendalStore, clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    with rclone(tmp_path) as address:
        here = staging(media, clock, s3(address, "/"), "https://gen.example.com")
        assert here.available
        url = await here.url(KEY)
        assert fetched(url).body == PICTURE
        assert f"X-Amz-Expires={PRESIGNED_SECONDS}&" in url
        (staged,) = (path for path in (tmp_path / "films").rglob("*") if path.is_file())
        pattern = rf"staging/20241004/{sha256(PICTURE).hexdigest()}-[0-9a-f]{{32}}\.png"
        assert re.fullmatch(pattern, str(staged.relative_to(tmp_path / "films")))


async def test_an_input_is_copied_once_a_day_and_again_when_it_is_gone(
    media: OpendalStore, clock: Clock, tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    with rclone(tmp_path) as address:
        bucket = s3(address, "/")
        here = staging(media, clock, bucket)
        urls = await asyncio.gather(*(here.url(KEY) for _ in range(20)))
        assert len(set(urls)) == 1
        (staged,) = (path for path in folder.rglob("*") if path.is_file())
        copied_at = staged.stat().st_mtime_ns
        clock.now += HOUR_MS
        await here.url(KEY)
        assert staged.stat().st_mtime_ns == copied_at
        assert await staging(media, clock, s3(address, "/")).url(KEY)
        assert staged.stat().st_mtime_ns == copied_at
        await bucket.delete(str(staged.relative_to(folder)))
        clock.now += HOUR_MS
        assert fetched(await here.url(KEY)).body == PICTURE
        clock.now += DAY_MS
        assert fetched(await here.url(KEY)).body == PICTURE
        assert len([path for path in folder.rglob("*") if path.is_file()]) == 2


async def test_what_cannot_be_staged_is_an_os_error(media: OpendalStore, clock: Clock) -> None:
    gone = f"inputs/{'00' * 32}.png"
    with moto() as address:
        here = staging(media, clock, s3(address, "/gone"))
        with pytest.raises(FileNotFoundError):
            await here.url(gone)
        assert fetched(await here.url(KEY)).headers["content-type"] == "image/png"
        with pytest.raises(FileNotFoundError):
            await here.url(RESULT)
    with pytest.raises(ValueError, match="not the key of an input"):
        await here.url("tasks/ab/0.mp4")


async def test_a_bucket_that_is_away_is_an_os_error(media: OpendalStore, clock: Clock) -> None:
    here = staging(media, clock, s3("http://127.0.0.1:1", "/"))
    with pytest.raises(OSError, match="send http request"):
        await here.url(KEY)


def test_a_directory_cannot_stage(media: OpendalStore, clock: Clock, tmp_path: Path) -> None:
    place = open_place(parse_place("staging", str(tmp_path), {}))
    with pytest.raises(ValueError, match="must be able to presign"):
        staging(media, clock, place)
