"""S3 as two other servers understand it, and COS with every signature checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.media.bucket_scenarios import ODD_PATH, PARTS, SCENARIOS
from tests.media.servers import ACCESS_KEY, SECRET_KEY, Fetched, fetched, moto, rclone

from genmux.media.objects import BLOCK_BYTES, PART_BYTES
from genmux.media.places import open_place, parse_place
from genmux.testing.fake_cos import ENDPOINT, FakeCos

REPOSITORY = Path(__file__).parents[2]
ANYWHERE = ["round_trip", "broken_off", "cancelled", "short"]
INLINE_NAME = "inline; filename*=UTF-8''%E7%89%87%20%281%29%2B%26%3D~%27.mp4"


@pytest.fixture(scope="module")
def rclone_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("rclone")
    (folder / "films").mkdir()
    with rclone(folder) as url:
        yield url


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with moto() as url:
        yield url


@pytest.fixture(params=["rclone", "moto"])
def s3(request: pytest.FixtureRequest) -> dict[str, Any]:
    return s3_config(request.getfixturevalue(f"{request.param}_url"))


def s3_config(url: str, **changes: str) -> dict[str, Any]:
    keys = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
    return {"type": "s3", "bucket": "films", "endpoint": url, **keys, **changes}


async def here(name: str, config: dict[str, Any], folder: Path) -> str:
    return await SCENARIOS[name](open_place(parse_place("bucket", config, {})), folder)


# ---------------------------------------------------------------- S3


@pytest.mark.parametrize("name", ANYWHERE)
async def test_s3(s3: dict[str, Any], tmp_path: Path, name: str) -> None:
    await here(name, {**s3, "root": f"/{name}"}, tmp_path)


async def test_what_is_copied_into_s3_opens_by_its_url(s3: dict[str, Any], tmp_path: Path) -> None:
    url = await here("copied_out", s3, tmp_path)
    assert (fetched(url).status, len(fetched(url).body)) == (200, PART_BYTES + 9)
    assert fetched(url.replace("films/", "films/x", 1)).status in (403, 404)


async def test_an_s3_url_says_what_the_download_is(s3: dict[str, Any], tmp_path: Path) -> None:
    reply = fetched(await here("presigned", s3, tmp_path))
    assert (reply.status, reply.body) == (200, b"0123456789")
    assert reply.headers["content-type"] == "video/webm"
    assert reply.headers["content-disposition"] == "inline; filename*=UTF-8''%E7%89%87.mp4"


async def test_s3_keeps_what_an_object_is(moto_url: str, tmp_path: Path) -> None:
    reply = fetched(await here("copied_out", s3_config(moto_url), tmp_path), byte_range="bytes=4-7")
    assert (reply.status, reply.body) == (206, b"\x00\x00\x00\x01")
    assert reply.headers["content-type"] == "video/mp4"
    assert reply.headers["content-disposition"] == INLINE_NAME
    assert reply.headers["cache-control"] == "private, max-age=3600"


async def test_s3_urls_are_signed_and_expire(rclone_url: str, tmp_path: Path) -> None:
    lasting = await here("presigned", s3_config(rclone_url), tmp_path)
    assert fetched(lasting).status == 200
    assert fetched(lasting.replace("X-Amz-Expires=600", "X-Amz-Expires=900")).status == 403
    brief = await here("soon_expired", s3_config(rclone_url), tmp_path)
    deadline = time.monotonic() + 30
    while (last := fetched(brief)).status == 200:  # the server has its own clock
        assert time.monotonic() < deadline
    assert b"exceeds the maximum allowed" in last.body


async def test_s3_says_no_to_a_wrong_key(rclone_url: str, tmp_path: Path) -> None:
    said = await here("wrong_key", s3_config(rclone_url, secret_access_key="guess-4711"), tmp_path)
    assert "SignatureDoesNotMatch" in said
    assert "guess-4711" not in said
    assert SECRET_KEY not in said


# ---------------------------------------------------------------- COS


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return int(time.time()) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cos(clock: Clock) -> Iterator[FakeCos]:
    with FakeCos({ACCESS_KEY: SECRET_KEY}, clock) as server:
        yield server


def there(name: str, cos: FakeCos, folder: Path, **changes: str) -> str:
    """Run a scenario in a process of its own, with the fake as its proxy."""
    config = {
        "type": "cos",
        "bucket": "films-125",
        "endpoint": ENDPOINT,
        "secret_id": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        **changes,
    }
    command = (sys.executable, "-m", "tests.media.bucket_scenarios", name, json.dumps(config), str(folder))
    clean = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**clean, "http_proxy": cos.proxy_url},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    answer: str = json.loads(done.stdout)
    return answer


def opened(url: str, cos: FakeCos, byte_range: str = "") -> Fetched:
    return fetched(url, proxy=cos.proxy_url, byte_range=byte_range)


@pytest.mark.parametrize("name", [*ANYWHERE, "bounded"])
def test_cos(cos: FakeCos, tmp_path: Path, name: str) -> None:
    there(name, cos, tmp_path)
    assert set(cos.refusals) <= {"NoSuchKey"}


def test_what_breaks_off_is_nowhere_in_cos(cos: FakeCos, tmp_path: Path) -> None:
    there("broken_off", cos, tmp_path)
    assert cos.objects == {}
    assert cos.uploads == 2  # OpenDAL does not abort them: the bucket's lifecycle rule does
    assert PARTS * BLOCK_BYTES > PART_BYTES


def test_what_is_copied_into_cos_opens_by_its_url(cos: FakeCos, clock: Clock, tmp_path: Path) -> None:
    url = there("copied_out", cos, tmp_path, root="/out")
    assert url.startswith("http://films-125.cos.test/out/")
    stored = cos.objects["films-125", f"out/{ODD_PATH}"]
    assert stored.headers["content-type"] == "video/mp4"
    assert stored.headers["content-disposition"] == INLINE_NAME
    assert opened(url, cos).body == stored.data
    part = opened(url, cos, "bytes=4-7")
    assert (part.status, part.body) == (206, b"\x00\x00\x00\x01")
    assert opened(url.replace("out/", "out/x", 1), cos).status == 403
    clock.ahead = 601
    assert opened(url, cos).status == 403
    assert cos.refusals[-2:] == ["SignatureDoesNotMatch", "RequestTimeTooSkewed"]


def test_a_busy_cos_is_asked_again(cos: FakeCos, tmp_path: Path) -> None:
    cos.busy = 2
    there("presigned", cos, tmp_path)
    assert cos.busy == 0
    assert len(cos.objects) == 1


def test_cos_says_no_to_a_wrong_key(cos: FakeCos, tmp_path: Path) -> None:
    said = there("wrong_key", cos, tmp_path, secret_key="guess-4711")
    assert "SignatureDoesNotMatch" in said
    assert "guess-4711" not in said
    assert set(cos.refusals) == {"SignatureDoesNotMatch"}
    assert cos.objects == {}
    there("wrong_key", cos, tmp_path, secret_id="SOMEBODY")
    assert cos.refusals[-1] == "InvalidAccessKeyId"
