"""The asynchronous client of `tencentcloud-sdk-python-mps`, unpatched, over loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.mps.v20190612 import models, mps_client_async
from tests.e2e.serving import SMALL_FILM, SMALL_PICTURE, Running, get
from tests.official.errors import ERRORS


@pytest.fixture
async def client(official: Running) -> AsyncIterator[Any]:
    http = HttpProfile(protocol="http", endpoint=official.address, reqTimeout=30)
    credential = Credential(official.client.secret_id, official.client.secret_key)
    made = mps_client_async.MpsClient(credential, "ap-guangzhou", ClientProfile(httpProfile=http))
    async with made:
        yield made


def request_of(kind: Any, body: dict[str, Any]) -> Any:
    request = kind()
    request.from_json_string(json.dumps(body))
    return request


async def wait(ask: Any, request: Any) -> Any:
    async with asyncio.timeout(60):
        while True:
            answer = await ask(request)
            if answer.Status in ("DONE", "FAIL"):
                return answer
            await asyncio.sleep(0.05)


async def test_a_picture_then_a_film_from_it(client: Any) -> None:
    made = await client.CreateAigcImageTask(request_of(models.CreateAigcImageTaskRequest, SMALL_PICTURE))
    asked = request_of(models.DescribeAigcImageTaskRequest, {"TaskId": made.TaskId})
    picture = await wait(client.DescribeAigcImageTask, asked)
    (picture_url,) = picture.ImageUrls
    body = {**SMALL_FILM, "ImageUrl": picture_url}
    made = await client.CreateAigcVideoTask(request_of(models.CreateAigcVideoTaskRequest, body))
    asked = request_of(models.DescribeAigcVideoTaskRequest, {"TaskId": made.TaskId})
    film = await wait(client.DescribeAigcVideoTask, asked)
    (film_url,) = film.VideoUrls
    for url, begin in ((picture_url, b"\x89PNG"), (film_url, b"\0\0\0")):
        reply = await asyncio.to_thread(get, url)
        assert reply.body.startswith(begin)


@pytest.mark.parametrize("name", ERRORS)
async def test_errors_are_raised_with_code_and_request_id(client: Any, name: str) -> None:
    action, body, code = ERRORS[name]
    with pytest.raises(TencentCloudSDKException) as raised:
        await client.call_and_deserialize(action, body, headers={"Content-Type": "application/json"})
    assert raised.value.code == code
    assert raised.value.requestId


async def test_many_calls_over_kept_connections(client: Any) -> None:
    """Thirty creates in flight on a keep-alive pool: thirty tasks."""
    request = request_of(models.CreateAigcImageTaskRequest, {"Prompt": "[[genmux stuck]]"})
    answers = await asyncio.gather(*(client.CreateAigcImageTask(request) for _ in range(30)))
    assert len({answer.TaskId for answer in answers}) == 30
