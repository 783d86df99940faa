"""The guides' own JavaScript way, run by Node: it signs for the platform's host and talks to ours."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.serving import SMALL_FILM, SMALL_PICTURE, Running
from tests.official.node.installed import INSTALL_SECONDS, need_modules, need_node, script

from genmux.testing.scripted import tiny_png

pytestmark = pytest.mark.timeout(INSTALL_SECONDS + 120)

REFERENCE = "data:image/png;base64," + base64.b64encode(tiny_png(64, 64)).decode()
PICTURE: dict[str, Any] = {
    "ModelName": "Hunyuan",
    "ModelVersion": "3.0",
    "EnhancePrompt": True,
    "NegativePrompt": "people",
    "ImageInfos": [{"Url": REFERENCE}],
    **SMALL_PICTURE,
}
TRANSPORTS = ["node", "axios", "fetch"]


def run(official: Running, transport: str, **said: Any) -> dict[str, Any]:
    modules = need_modules() if transport == "axios" else None
    need_node()
    answer: dict[str, Any] = script(
        Path(__file__).with_name("guide_client.js"),
        {
            "address": official.address,
            "secretId": official.client.secret_id,
            "secretKey": official.client.secret_key,
            "transport": transport,
            "picture": PICTURE,
            "film": SMALL_FILM,
            **said,
        },
        modules,
    )
    return answer


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_picture_then_a_film_from_it(official: Running, transport: str) -> None:
    """References are spelt `Url` there, and the host it signs never becomes part of a result's URL."""
    said = run(official, transport)
    assert (said["still"]["Status"], said["moving"]["Status"]) == ("DONE", "DONE")
    for url in (*said["still"]["ImageUrls"], *said["moving"]["VideoUrls"]):
        assert url.startswith(f"http://{official.address}/files/")
    picture, film = said["files"]
    assert (picture["status"], film["status"]) == (200, 200)
    assert bytes.fromhex(picture["begin"]).startswith(b"\x89PNG")
    assert bytes.fromhex(film["begin"])[4:8] == b"ftyp"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_refusals_come_with_their_code(official: Running, transport: str) -> None:
    bad = run(official, transport, picture={**PICTURE, "ModelName": "X"})["still"]
    assert bad["Error"]["Code"] == "InvalidParameter.ModelNotSupported"
    assert bad["RequestId"]
    wrong = run(official, transport, secretKey="wrong")["still"]
    assert wrong["Error"]["Code"] == "AuthFailure.SignatureFailure"


def test_the_signer_as_printed_is_refused(official: Running) -> None:
    """Its strings to sign hold backslashes and letters n where lines should end."""
    said = run(official, "node", asPrinted=True)["still"]
    assert said["Error"]["Code"] == "AuthFailure.SignatureFailure"
