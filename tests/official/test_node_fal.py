"""`@fal-ai/client`, unpatched, over loopback: both ways to lead it here, each through a whole life."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.e2e.serving import Running
from tests.official.node.installed import INSTALL_SECONDS, need_modules, script

pytestmark = pytest.mark.timeout(INSTALL_SECONDS + 120)

SCRIPT = Path(__file__).with_name("node") / "fal.js"
STILL = "hunyuan/3.0/text-to-image"
TEXT = "pixverse/v6/text-to-video"
FILM = {"prompt": "flowing red silk", "duration": 1, "resolution": "540p"}
REFUSED: list[tuple[str, dict[str, Any], int]] = [
    (TEXT, {**FILM, "duration": 99}, 422),
    (STILL, {"prompt": 5}, 422),
    ("nobody/never/text-to-video", FILM, 404),
]


@pytest.mark.parametrize("way", ["requestMiddleware", "proxyUrl"])
def test_a_whole_life(official: Running, way: str) -> None:
    modules = need_modules()
    said = script(
        SCRIPT,
        {
            "address": official.address,
            "token": official.client.token,
            "way": way,
            "picture": {"app": STILL, "input": {"prompt": "flowing blue silk", "image_size": "square"}},
            "film": {"app": "pixverse/v6/image-to-video", "input": FILM},
            "stuck": {"app": TEXT, "input": {**FILM, "prompt": "[[genmux stuck]]"}},
            "refused": [{"app": app, "input": body} for app, body, _ in REFUSED],
        },
        modules,
    )
    still, moving = said["still"], said["moving"]
    (image,) = still["data"]["images"]
    assert (image["width"], image["height"], image["content_type"]) == (512, 512, "image/png")
    assert moving["data"]["video"]["content_type"] == "video/mp4"
    assert still["requestId"] != moving["requestId"]
    assert len(said["atOnce"]["data"]["images"]) == 1
    assert {*said["seen"]} <= {"IN_QUEUE", "IN_PROGRESS", "COMPLETED"}
    assert said["seen"].count("COMPLETED") == 2
    picture, film = said["files"]
    assert bytes.fromhex(picture["begin"]).startswith(b"\x89PNG")
    assert bytes.fromhex(film["begin"])[4:8] == b"ftyp"

    assert (said["cancelled"]["status"], said["cancelled"]["error_type"]) == ("COMPLETED", "client_cancelled")
    assert (said["noResult"]["name"], said["noResult"]["status"]) == ("ApiError", 499)
    assert (said["again"]["status"], said["again"]["body"]["status"]) == (400, "ALREADY_COMPLETED")

    *refused, stranger = said["refusals"]
    assert [refusal["status"] for refusal in refused] == [status for _, _, status in REFUSED]
    assert [refusal["name"] for refusal in refused] == ["ValidationError", "ValidationError", "ApiError"]
    assert refused[0]["body"]["detail"][0]["loc"] == ["body", "duration"]
    assert refused[1]["body"]["detail"][0]["loc"] == ["body", "prompt"]
    assert stranger["status"] == 401
    assert all(refusal["requestId"] for refusal in said["refusals"])
