"""`tencentcloud-sdk-python-mps`, unpatched, over loopback: every mode it has."""

from __future__ import annotations

import json
from typing import Any

import pytest
import tencentcloud
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.mps.v20190612 import models, mps_client
from tests.e2e.serving import SMALL_FILM, SMALL_PICTURE, Running, get, poll
from tests.official.capture import capturing
from tests.official.errors import DESCRIBE_IMAGE, ERRORS, IMAGE

VERSION = "2019-06-12"


def profile(
    address: str, method: str = "POST", sign: str = "TC3-HMAC-SHA256", language: str = "zh-CN"
) -> Any:
    http = HttpProfile(protocol="http", endpoint=address, reqMethod=method, reqTimeout=30)
    return ClientProfile(httpProfile=http, signMethod=sign, language=language)


def typed_client(running: Running, address: str = "", **fields: Any) -> Any:
    credential = Credential(running.client.secret_id, running.client.secret_key)
    said = profile(address or running.address, **fields)
    return mps_client.MpsClient(credential, "ap-guangzhou", said)


def common_client(
    running: Running, secret_id: str = "", secret_key: str = "", token: str = "", **fields: Any
) -> Any:
    """The client for any action and any body: it sends what a typed model could not say."""
    credential = Credential(
        secret_id or running.client.secret_id, secret_key or running.client.secret_key, token or None
    )
    return CommonClient("mps", VERSION, credential, "ap-guangzhou", profile(running.address, **fields))


def request_of(kind: Any, body: dict[str, Any]) -> Any:
    request = kind()
    request.from_json_string(json.dumps(body))
    return request


def wait(ask: Any, request: Any) -> Any:
    answers: list[Any] = []

    def finished() -> bool:
        answers.append(ask(request))
        return answers[-1].Status in ("DONE", "FAIL")

    poll(finished, f"{request.TaskId} ends")
    return answers[-1]


def test_a_picture_then_a_film_from_it(official: Running) -> None:
    """The README's flow, through a proxy that notes which SDK the server sees."""
    with capturing(official.address) as capture:
        client = typed_client(official, capture.address)
        made = client.CreateAigcImageTask(request_of(models.CreateAigcImageTaskRequest, SMALL_PICTURE))
        assert made.RequestId
        asked = request_of(models.DescribeAigcImageTaskRequest, {"TaskId": made.TaskId})
        picture = wait(client.DescribeAigcImageTask, asked)
        assert (picture.Status, picture.Message) == ("DONE", "")
        (picture_url,) = picture.ImageUrls
        assert picture_url.startswith(f"http://{capture.address}/files/")

        body = {**SMALL_FILM, "ImageUrl": picture_url}
        made = client.CreateAigcVideoTask(request_of(models.CreateAigcVideoTaskRequest, body))
        asked = request_of(models.DescribeAigcVideoTaskRequest, {"TaskId": made.TaskId})
        film = wait(client.DescribeAigcVideoTask, asked)
        assert (film.Status, film.Resolution) == ("DONE", "540x540")
        (film_url,) = film.VideoUrls
        assert get(picture_url).body.startswith(b"\x89PNG")
        assert get(film_url).body[4:8] == b"ftyp"
        seen = capture.header("X-TC-RequestClient")
    assert seen == {f"SDK_PYTHON_{tencentcloud.__version__}"}


def test_a_film_from_a_picture_in_two_creates(official: Running) -> None:
    """The picture's task is the film's input: nobody waits for it between the creates."""
    client = typed_client(official)
    picture = client.CreateAigcImageTask(request_of(models.CreateAigcImageTaskRequest, SMALL_PICTURE))
    body = {**SMALL_FILM, "ImageUrl": f"genmux://task/{picture.TaskId}"}
    made = client.CreateAigcVideoTask(request_of(models.CreateAigcVideoTaskRequest, body))
    asked = request_of(models.DescribeAigcVideoTaskRequest, {"TaskId": made.TaskId})
    film = wait(client.DescribeAigcVideoTask, asked)
    assert (film.Status, film.Resolution) == ("DONE", "540x540")
    assert get(film.VideoUrls[0]).body[4:8] == b"ftyp"


NOT_IN_A_URL = {"a wrong type", "a long prompt"}
"""There every value is text, and 2,001 letters are too many for the client's own limit."""


@pytest.mark.parametrize(
    ("method", "name"),
    [("POST", name) for name in ERRORS] + [("GET", name) for name in ERRORS if name not in NOT_IN_A_URL],
)
def test_errors_are_raised_with_code_and_request_id(official: Running, name: str, method: str) -> None:
    action, body, code = ERRORS[name]
    with pytest.raises(TencentCloudSDKException, match=code) as raised:
        common_client(official, method=method).call_json(action, body)
    assert raised.value.get_code() == code
    assert raised.value.get_request_id()
    assert raised.value.get_message()


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("sign", ["TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"])
def test_every_signature_by_every_method(official: Running, method: str, sign: str) -> None:
    client = typed_client(official, method=method, sign=sign)
    body = {
        "ModelName": "Vidu",
        "ModelVersion": "q2",
        "Prompt": "[[genmux stuck]] 猫 & dog + a=b%20 \"'",
        "Duration": 3,
        "EnhancePrompt": True,
        "ExtraParameters": {"Resolution": "540P", "LogoAdd": 0, "EnableBgm": False},
    }
    made = client.CreateAigcVideoTask(request_of(models.CreateAigcVideoTaskRequest, body))
    asked = request_of(models.DescribeAigcVideoTaskRequest, {"TaskId": made.TaskId})
    assert client.DescribeAigcVideoTask(asked).Status in ("WAIT", "RUN")
    row = official.client.rest("GET", f"/tasks/task_{made.TaskId.rsplit('-', 1)[1]}")
    spec = json.loads(row.body)["spec"]
    assert spec["prompt"] == body["Prompt"]
    assert (spec["duration"], spec["enhance_prompt"], spec["resolution"]) == (3, True, "540P")


@pytest.mark.parametrize("sign", ["HmacSHA256", "HmacSHA1", "TC3-HMAC-SHA256"])
def test_flattened_references(official: Running, sign: str) -> None:
    """`ImageInfos.0.ImageUrl` in a GET reaches the second picture by name."""
    client = typed_client(official, method="GET", sign=sign)
    body = {
        "Prompt": "a",
        "ImageInfos": [{"ImageUrl": "https://example.com/a.png"}, {"ImageUrl": "http://10.0.0.1/b.png"}],
    }
    with pytest.raises(TencentCloudSDKException) as raised:
        client.CreateAigcImageTask(request_of(models.CreateAigcImageTaskRequest, body))
    assert raised.value.get_code() == "InvalidParameter.InvalidUrl"
    assert "ImageInfos.1.ImageUrl" in str(raised.value.get_message())


def test_unsigned_payload(official: Running) -> None:
    client = typed_client(official)
    client.profile.unsignedPayload = True
    body = {"Prompt": "[[genmux stuck]]"}
    assert client.CreateAigcImageTask(request_of(models.CreateAigcImageTaskRequest, body)).TaskId


@pytest.mark.parametrize("sign", ["TC3-HMAC-SHA256", "HmacSHA256"])
def test_a_token_is_ignored(official: Running, sign: str) -> None:
    answer = common_client(official, token="sts-token", sign=sign).call_json(
        IMAGE, {"Prompt": "[[genmux stuck]]"}
    )
    assert answer["Response"]["TaskId"]


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("zh-CN", "缺少必要参数 `TaskId`。"),
        ("en-US", "The request is missing a required parameter `TaskId`."),
    ],
)
@pytest.mark.parametrize("sign", ["TC3-HMAC-SHA256", "HmacSHA256"])
def test_languages(official: Running, sign: str, language: str, message: str) -> None:
    with pytest.raises(TencentCloudSDKException) as raised:
        common_client(official, sign=sign, language=language).call_json(DESCRIBE_IMAGE, {})
    assert raised.value.get_message() == message


@pytest.mark.parametrize("body", [{"Prompt": "a"}, {}])
def test_without_a_signature_nothing_is_done(official: Running, body: dict[str, Any]) -> None:
    before = official.newest()
    for action in (IMAGE, DESCRIBE_IMAGE):
        with pytest.raises(TencentCloudSDKException) as raised:
            common_client(official).call_json(action, body, options={"SkipSign": True})
        assert raised.value.get_code() == "AuthFailure.InvalidAuthorization"
    assert official.newest() == before


@pytest.mark.parametrize("sign", ["TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"])
@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"secret_key": "wrong"}, "AuthFailure.SignatureFailure"),
        ({"secret_id": "AKID" + "0" * 32}, "AuthFailure.SecretIdNotFound"),
    ],
)
def test_a_wrong_pair_is_refused(
    official: Running, sign: str, method: str, wrong: dict[str, str], code: str
) -> None:
    client = common_client(official, sign=sign, method=method, **wrong)
    with pytest.raises(TencentCloudSDKException) as raised:
        client.call_json(IMAGE, {"Prompt": "a"})
    assert raised.value.get_code() == code
    assert raised.value.get_request_id()


def test_multipart_and_octet_streams_are_not_for_these_actions(official: Running) -> None:
    client = common_client(official)
    with pytest.raises(TencentCloudSDKException) as raised:
        client.call_json(IMAGE, {"Prompt": "a"}, options={"IsMultipart": True})
    assert raised.value.get_code() == "InvalidRequest"
    with pytest.raises(TencentCloudSDKException) as raised:
        client.call_octet_stream(IMAGE, {}, b"\x89PNG")
    assert raised.value.get_code() in ("InvalidParameter", "AuthFailure.SignatureFailure")
