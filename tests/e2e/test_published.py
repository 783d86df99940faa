"""Every request that Tencent's guides print is accepted as printed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.serving import IMAGE, VERSION, VIDEO, Client, Running, send, serving

from genmux.wires import tc3

PUBLISHED = json.loads(
    (Path(__file__).parents[1] / "wires" / "data" / "mps_published_requests.json").read_text("utf-8")
)
BUCKET = "aigc-***-video-1**58"


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that accepts and does nothing: the guides' picture URLs must not be asked for."""
    home = tmp_path_factory.mktemp("resting")
    buckets = {BUCKET: str(home / "bucket"), "your-bucket-name-1234567890": str(home / "yours")}
    with serving(home / "data", paused=True, buckets=buckets) as server:
        yield server


@pytest.mark.parametrize("vector", PUBLISHED, ids=lambda vector: vector["source"])
def test_published_requests_are_accepted(resting: Running, vector: dict[str, Any]) -> None:
    answer = resting.client.call(vector["action"], vector["body"], region="ap-guangzhou")
    if vector["action"].startswith("Describe"):  # a TaskId with letters masked
        assert answer["Error"]["Code"] == "ResourceNotFound.TaskNotFound"
        return
    status = resting.client.describe(answer["TaskId"])["Status"]
    assert status == "WAIT"


def guide_headers(client: Client, action: str, payload: bytes) -> dict[str, str]:
    """Sign as the guide's tencent-sign.js does: its host is the platform's, the action is signed."""
    headers = client.sign(
        action,
        payload,
        host="mps.tencentcloudapi.com",
        region="ap-guangzhou",
        signed_headers=("content-type", "host", "x-tc-action"),
    )
    assert "SignedHeaders=content-type;host;x-tc-action" in headers["Authorization"]
    return headers


def call_as_the_guide(client: Client, action: str, params: dict[str, Any]) -> dict[str, Any]:
    payload = json.dumps(params, separators=(",", ":"), ensure_ascii=False).encode()
    headers = guide_headers(client, action, payload)
    return send(client.address, "POST", "/", tuple(headers.items()), payload).envelope()


def create_image_task(prompt: str, negative: str = "", **options: Any) -> dict[str, Any]:
    """Build what the guide's createImageTask builds."""
    params: dict[str, Any] = {
        "ModelName": options.get("modelName", "Hunyuan"),
        "ModelVersion": options.get("modelVersion", "3.0"),
        "Prompt": prompt,
        "EnhancePrompt": options.get("enhancePrompt", True),
    }
    if negative:
        params["NegativePrompt"] = negative
    if "imageInfos" in options:
        params["ImageInfos"] = [{"Url": info["Url"]} for info in options["imageInfos"]]
    if "additionalParameters" in options:
        params["AdditionalParameters"] = json.dumps(options["additionalParameters"])
    if "storeCos" in options:
        params["StoreCosParam"] = options["storeCos"]
    return params


YOURS = {
    "CosBucketName": "your-bucket-name-1234567890",
    "CosBucketRegion": "ap-guangzhou",
    "CosBucketPath": "/aigc-output/",
}


@pytest.mark.parametrize(
    "params",
    [
        create_image_task("A beautiful sunset over mountains, photorealistic, 4K"),
        create_image_task("夕阳", "people", imageInfos=[{"Url": "https://example.com/reference.png"}]),
        create_image_task("夕阳", additionalParameters={"size": "1024x1024"}),
        create_image_task("夕阳", additionalParameters={"size": "768x1280"}),
        create_image_task("夕阳", modelName="Qwen", modelVersion="0925"),
        create_image_task("夕阳", storeCos=YOURS),
    ],
)
def test_the_guides_image_client(resting: Running, params: dict[str, Any]) -> None:
    answer = call_as_the_guide(resting.client, IMAGE, params)
    assert answer["TaskId"].startswith("4-AigcImage-")
    described = call_as_the_guide(resting.client, "DescribeAigcImageTask", {"TaskId": answer["TaskId"]})
    assert described["Status"] == "WAIT"


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.5", "3.0"])
@pytest.mark.parametrize("duration", [5, 10])
def test_the_guides_kling_versions(resting: Running, version: str, duration: int) -> None:
    params = {
        "ModelName": "Kling",
        "ModelVersion": version,
        "Prompt": "a",
        "Duration": duration,
        "ExtraParameters": {"Resolution": "1080P", "AspectRatio": "9:16"},
        "StoreCosParam": YOURS,
    }
    assert call_as_the_guide(resting.client, VIDEO, params)["TaskId"].startswith("4-AigcVideo-")


@pytest.mark.parametrize("duration", [6, 10])
def test_the_guides_hailuo_durations(resting: Running, duration: int) -> None:
    params = {"ModelName": "Hailuo", "Prompt": "a", "Duration": duration}
    assert "TaskId" in call_as_the_guide(resting.client, VIDEO, params)


@pytest.mark.parametrize("name", ["Kling", "Hailuo", "Vidu", "Hunyuan"])
def test_the_models_the_guides_name_for_films(resting: Running, name: str) -> None:
    body = {"ModelName": name, "Prompt": "a", "ImageUrl": "https://example.com/a.png"}
    assert "TaskId" in call_as_the_guide(resting.client, VIDEO, body)


@pytest.mark.parametrize("name", ["Kling", "Vidu", "Hunyuan", "Wan", "Qwen"])
def test_the_models_the_guides_name_for_pictures(resting: Running, name: str) -> None:
    assert "TaskId" in call_as_the_guide(resting.client, IMAGE, {"ModelName": name, "Prompt": "a"})


def test_the_guides_signer_as_printed_is_refused(resting: Running) -> None:
    """Its template strings join the lines by a backslash and an n, which no verifier can accept."""
    client, payload = resting.client, b'{"Prompt":"a"}'
    headers = guide_headers(client, IMAGE, payload)
    credential = tc3.Credential(client.secret_id, client.secret_key)
    stamp = int(time.time())
    broken = tc3.sign(
        credential,
        host="mps.tencentcloudapi.com\\n",
        service="mps",
        action=IMAGE,
        version=VERSION,
        timestamp=stamp,
        body=payload,
    )
    headers["Authorization"] = broken["Authorization"]
    answer = send(client.address, "POST", "/", tuple(headers.items()), payload).envelope()
    assert answer["Error"]["Code"] == "AuthFailure.SignatureFailure"
