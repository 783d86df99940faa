"""The guides' own JavaScript way, run by Node: it signs for the platform's host and talks to ours."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.serving import SMALL_PICTURE, Running, get

from genmux.testing.scripted import tiny_png

NODE = shutil.which("node")


def run(official: Running, body: dict[str, Any], secret_key: str = "") -> dict[str, Any]:
    said = subprocess.run(
        [
            str(NODE),
            Path(__file__).with_name("guide_client.js"),
            official.address,
            official.client.secret_id,
            secret_key or official.client.secret_key,
            json.dumps(body),
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_the_guides_client(official: Running) -> None:
    """References are spelt `Url` there, and the Host it forges never becomes part of a result's URL."""
    reference = "data:image/png;base64," + base64.b64encode(tiny_png(64, 64)).decode()
    body = {
        "ModelName": "Hunyuan",
        "ModelVersion": "3.0",
        "EnhancePrompt": True,
        "NegativePrompt": "people",
        "ImageInfos": [{"Url": reference}],
        **SMALL_PICTURE,
    }
    answer = run(official, body)
    assert answer["Status"] == "DONE"
    (url,) = answer["ImageUrls"]
    assert url.startswith(f"http://{official.address}/files/")
    assert get(url).body.startswith(b"\x89PNG")
    assert run(official, body, "wrong")["Error"]["Code"] == "AuthFailure.SignatureFailure"
