"""The client straight at the platforms, with our own server in their role: it checks every signature."""

from __future__ import annotations

import json
import runpy
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.serving import IMAGE, SMALL_PICTURE, Running, serving
from tests.e2e.upstreams import SUB_APP_ID

import genmux
from genmux.client.errors import ClockSkew
from genmux.client.http_carrier import HttpCarrier
from genmux.client.mps import MpsEndpoint
from genmux.client.platform import Clocks, Habits
from genmux.client.tencent import Gateway
from genmux.domain.errors import Unauthorized
from genmux.wires.tc3 import Credential

PROGRAMS = Path(__file__).parent / "programs"
BUCKET = "your-bucket-name-1234567890"
SMALL: dict[str, Any] = {"model": "PixVerse/v6", "duration": 1, "resolution": "540P"}
CONFIG: dict[str, Any] = {
    "tencentCloud": {"region": "ap-guangzhou"},
    "cosOutput": {"bucket": BUCKET, "region": "ap-guangzhou", "outputDir": "/aigc-output/"},
    "mps": {
        "imageGeneration": {"enabled": True, "modelName": "Hunyuan", "modelVersion": "3.0"},
        "videoGeneration": {
            "enabled": True,
            "modelName": "Kling",
            "modelVersion": "3.0",
            "duration": 3,
            "enableAudio": True,
        },
    },
    "concurrency": {"maxImageTasks": 2, "maxVideoTasks": 1, "pollIntervalMs": 500},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("platforms")
    with serving(home / "data", buckets={BUCKET: str(home / "bucket")}) as running:
        yield running


def said(server: Running, platform: str) -> dict[str, Any]:
    key = server.client
    known: dict[str, Any] = {"base_url": server.server.url, "poll_seconds": 0.5}
    if platform == "anyapi":
        return {**known, "token": key.token}
    known |= {"secret_id": key.secret_id, "secret_key": key.secret_key}
    return {**known, "sub_app_id": SUB_APP_ID} if platform == "vod" else known


@pytest.fixture
def platform_environ(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that lead a program without an address to our server."""
    monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", server.client.secret_id)
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", server.client.secret_key)
    monkeypatch.setenv("MPS_BASE_URL", server.server.url)


@pytest.mark.parametrize("platform", ["mps", "vod", "anyapi"])
def test_a_picture_is_made_waited_for_and_saved(server: Running, platform: str, tmp_path: Path) -> None:
    with genmux.Client(platform, **said(server, platform)) as client:
        image = client.images.create("flowing blue silk", model="Hunyuan/3.0")
        (path,) = image.save(tmp_path / "silk")

        assert path.name == "silk.png"
        assert path.read_bytes().startswith(b"\x89PNG")
        assert image.model == "Hunyuan/3.0"
        kinds = [event.kind for event in image]
        assert (kinds[0], kinds[-1]) == ("queued", "succeeded")
        again = client.tasks.get(image.id)
        assert (again.state, again.kind) == ("succeeded", "image")
        assert again.request_id


@pytest.mark.parametrize("platform", ["vod", "anyapi"])
def test_a_local_picture_goes_by_value(server: Running, platform: str, tmp_path: Path) -> None:
    with genmux.Client(platform, **said(server, platform)) as client:
        (path,) = client.images.create("silk", model="Hunyuan/3.0").save(tmp_path / "a.png")
        film = client.videos.create("pan", first_frame=path, **SMALL)
        assert film.wait(60).state == "succeeded"


async def test_an_unfinished_picture_is_a_film_s_first_frame(server: Running) -> None:
    async with genmux.AsyncClient("mps", **said(server, "mps")) as client:
        image = await client.images.create("flowing red silk", model="Hunyuan/3.0", size=(512, 512))
        film = await client.videos.create("pan", first_frame=image, **SMALL)
        assert (await film.wait(60)).result.width == 540


def test_a_create_of_the_same_session_is_the_same_task(server: Running) -> None:
    with genmux.Client("vod", **said(server, "vod")) as client:
        made = [client.images.create("silk", model="Hunyuan/3.0", idempotency_key="line-7") for _ in range(2)]
        assert made[0].id == made[1].id


def test_threads_that_only_create_take_turns(server: Running) -> None:
    with (
        genmux.Client("mps", max_image_tasks=1, **said(server, "mps")) as client,
        ThreadPoolExecutor() as pool,
    ):
        size = (512, 512)
        made = list(pool.map(lambda n: client.images.create(f"silk {n}", size=size), range(4)))
        states = [client.tasks.get(task.id).state for task in made]
        assert states.count("succeeded") >= 3
        assert made[-1].wait(60).state == "succeeded"


async def test_a_wrong_clock_is_told_in_seconds(server: Running) -> None:
    key = server.client
    clocks = Clocks(wall=lambda: time.time() - 1800, steady=time.monotonic)
    gateway = Gateway(
        "mps",
        server.server.url,
        Credential(key.secret_id, key.secret_key),
        region="ap-guangzhou",
        language="en",
        clock=clocks.wall,
        chance=clocks.chance,
    )
    endpoint = MpsEndpoint(gateway, Habits(), clocks)
    async with genmux.AsyncClient.over(endpoint, HttpCarrier()) as client:
        with pytest.raises(ClockSkew, match="behind the platform's") as told:
            await client.images.create("silk")
    assert told.value.seconds == pytest.approx(1800, abs=5)


def test_a_wrong_secret_is_told(server: Running) -> None:
    wrong = {**said(server, "mps"), "secret_key": "wrong"}
    with genmux.Client("mps", **wrong) as client, pytest.raises(Unauthorized, match="SecretKey") as told:
        client.images.create("silk")
    assert told.value.upstream_code == "AuthFailure.SignatureFailure"
    assert told.value.request_id


@pytest.mark.usefixtures("platform_environ")
@pytest.mark.parametrize("name", ["picture_flow.py", "whole_flow.py"])
def test_the_guides_whole_flow(
    server: Running, name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, (url,) = server.client.done(IMAGE, SMALL_PICTURE)
    program = (PROGRAMS / name).read_text().replace("https://example.com/your-image.png", url)
    (tmp_path / name).write_text(program)
    runpy.run_path(str(tmp_path / name))

    *states, last = capsys.readouterr().out.splitlines()
    assert (states[0], states[-1]) == ("queued", "succeeded")
    assert last.startswith("http")


@pytest.mark.usefixtures("platform_environ")
def test_the_guides_queue(
    server: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secrets = {"secretId": server.client.secret_id, "secretKey": server.client.secret_key}
    config = {**CONFIG, "tencentCloud": {**CONFIG["tencentCloud"], **secrets}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(PROGRAMS / "queue_flow.py"))

    image, film = capsys.readouterr().out.splitlines()
    assert image.startswith("http")
    assert "film.mp4" in film
    assert (tmp_path / "film.mp4").read_bytes()[4:8] == b"ftyp"
