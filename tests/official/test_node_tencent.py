"""`tencentcloud-sdk-nodejs-mps` and `-vod`, unpatched, over loopback: what they make, and how they fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.serving import SMALL_FILM, SMALL_PICTURE, Running
from tests.official.capture import capturing
from tests.official.errors import ERRORS
from tests.official.node.installed import INSTALL_SECONDS, need_modules, script, version_of

pytestmark = pytest.mark.timeout(INSTALL_SECONDS + 120)

NODE = Path(__file__).with_name("node")
APP = 1500044299
WAYS = [
    (method, sign) for method in ("POST", "GET") for sign in ("TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1")
]
STUCK: dict[str, Any] = {
    **SMALL_FILM,
    "Prompt": "[[genmux stuck]] 猫 & dog + a=b%20 \"'",
    "ExtraParameters": {"Resolution": "540P", "EnableAudio": True},
}
UNKNOWN_CODES = {"an action not served", "an action of nobody"}
"""The client has methods for the actions of MPS only, and none of the first is like ours."""

VOD_MODEL = {"SubAppId": APP, "ModelName": "PixVerse", "ModelVersion": "v6"}
VOD_FILM = {**VOD_MODEL, "Prompt": "flowing red silk", "OutputConfig": {"Duration": 1, "Resolution": "540p"}}
VOD_PICTURE = {
    "SubAppId": APP,
    "ModelName": "Hunyuan",
    "ModelVersion": "3.0",
    "Prompt": "flowing blue silk",
    "ExtInfo": json.dumps({"AdditionalParameters": json.dumps({"size": "512x512"})}),
}
VOD_ERRORS: list[tuple[str, dict[str, Any], str]] = [
    ("CreateAigcImageTask", {**VOD_PICTURE, "ModelName": "X"}, "InvalidParameterValue"),
    ("CreateAigcImageTask", {**VOD_PICTURE, "Colour": "red"}, "UnknownParameter"),
    ("CreateAigcVideoTask", {"ModelName": "PixVerse"}, "MissingParameter"),
    ("DescribeTaskDetail", {"TaskId": f"{APP}-AigcVideoTask-{'0' * 32}t"}, "ResourceNotFound"),
    ("CreateAigcAudioTask", {}, "UnsupportedOperation"),
]


def check_files(files: list[dict[str, Any]]) -> None:
    """A PNG, then an MP4."""
    assert [file["status"] for file in files] == [200, 200]
    picture, film = (bytes.fromhex(file["begin"]) for file in files)
    assert picture.startswith(b"\x89PNG")
    assert film[4:8] == b"ftyp"
    assert min(file["size"] for file in files) > 1000


def check_refusals(refusals: list[dict[str, Any]], codes: list[str]) -> None:
    assert [refusal["code"] for refusal in refusals] == codes
    assert all(refusal["message"] and refusal["requestId"] for refusal in refusals)


def test_mps(official: Running) -> None:
    modules = need_modules()
    errors = [error for name, error in ERRORS.items() if name not in UNKNOWN_CODES]
    with capturing(official.address) as capture:
        said = script(
            NODE / "mps.js",
            {
                "address": capture.address,
                "secretId": official.client.secret_id,
                "secretKey": official.client.secret_key,
                "picture": SMALL_PICTURE,
                "film": SMALL_FILM,
                "refused": [(action, body) for action, body, _ in errors],
                "ways": [(*way, STUCK) for way in WAYS],
            },
            modules,
        )
        seen = capture.header("X-TC-RequestClient")
    assert (said["still"]["Status"], len(said["still"]["ImageUrls"])) == ("DONE", 1)
    assert said["still"]["ImageUrls"][0].startswith(f"http://{capture.address}/files/")
    assert (said["moving"]["Status"], said["moving"]["Resolution"]) == ("DONE", "540x540")
    check_files(said["files"])
    check_refusals(said["refusals"], [*(code for _, _, code in errors), "AuthFailure.SignatureFailure"])
    assert seen == {f"SDK_NODEJS_{version_of('tencentcloud-sdk-nodejs-common')}"}

    assert len(set(said["made"])) == len(WAYS)
    for task_id in said["made"]:
        row = official.client.rest("GET", f"/tasks/task_{task_id.rsplit('-', 1)[1]}")
        spec = json.loads(row.body)["spec"]
        assert (spec["prompt"], spec["duration"], spec["audio"]) == (STUCK["Prompt"], 1, True)


def test_vod(official: Running) -> None:
    modules = need_modules()
    said = script(
        NODE / "vod.js",
        {
            "address": official.address,
            "secretId": official.client.secret_id,
            "secretKey": official.client.secret_key,
            "picture": VOD_PICTURE,
            "film": VOD_FILM,
            "refused": [(action, body) for action, body, _ in VOD_ERRORS],
        },
        modules,
    )
    still, moving, failed = (said[name] for name in ("still", "moving", "failed"))
    assert (still["TaskType"], still["AigcVideoTask"]) == ("AigcImageTask", None)
    assert still["AigcImageTask"]["Output"]["FileInfos"][0]["MetaData"]["Width"] == 512
    film = moving["AigcVideoTask"]
    assert (film["Status"], film["ErrCode"], film["Output"]["Usage"]["OutputSeconds"]) == ("FINISH", 0, 1)
    assert film["Output"]["FileInfos"][0]["MetaData"]["Size"] == said["files"][1]["size"]
    assert (failed["Status"], failed["AigcVideoTask"]["ErrCode"]) == ("FINISH", 70000)
    check_files(said["files"])
    kinds = ["AigcImageTaskComplete", "AigcVideoTaskComplete", "AigcVideoTaskComplete"]
    assert sorted(said["events"]) == kinds
    check_refusals(said["refusals"], [*(code for _, _, code in VOD_ERRORS), "AuthFailure.SignatureFailure"])
