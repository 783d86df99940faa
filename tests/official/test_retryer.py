"""The official SDK's `StandardRetryer`, unpatched: refused once, sent three times, one task."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest
from tencentcloud.common import retry
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.mps.v20190612 import models, mps_client
from tests.e2e.serving import Running, serving

from genmux.domain.spec import decode_spec
from genmux.engine.ports import TaskFilter
from genmux.engine.service import Caller


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that takes one create a second, and starts nothing."""
    rates = {"CreateAigcImageTask": 1}
    with serving(tmp_path_factory.mktemp("strict"), rates=rates, paused=True) as server:
        yield server


def client_of(running: Running, retryer: retry.StandardRetryer | None) -> mps_client.MpsClient:
    profile = ClientProfile(
        httpProfile=HttpProfile(protocol="http", endpoint=running.address, reqTimeout=30), retryer=retryer
    )
    credential = Credential(running.client.secret_id, running.client.secret_key)
    return mps_client.MpsClient(credential, "ap-guangzhou", profile)


def wish(prompt: str) -> models.CreateAigcImageTaskRequest:
    request = models.CreateAigcImageTaskRequest()
    request.ModelName, request.ModelVersion, request.Prompt = "Hunyuan", "3.0", prompt
    return request


def test_one_refusal_two_further_posts_one_task(strict: Running) -> None:
    """Attempts 2 and 3 both succeed and the SDK raises all the same: only one task may be made."""
    rates = strict.server.settings.rates
    assert isinstance(rates, dict)
    posts: list[float] = []

    def make_room(attempt: int) -> float:
        posts.append(attempt)
        rates["CreateAigcImageTask"] = 0
        return 0.05

    prompt = refused_once(strict, retry.StandardRetryer(max_attempts=3, backoff_fn=make_room), rates)
    assert posts == [0, 1, 2]
    assert prompts_of(strict).count(prompt) == 1


def refused_once(running: Running, retryer: retry.StandardRetryer, rates: dict[str, int]) -> str:
    """Send wishes just after the second's room was taken, until one is refused; return its prompt."""
    for n in range(20):
        rates["CreateAigcImageTask"] = 1
        crowd = [threading.Thread(target=take, args=(running, f"crowd {n} {k}")) for k in range(3)]
        for thread in crowd:
            thread.start()
        prompt = f"retried {n}"
        try:
            client_of(running, retryer).CreateAigcImageTask(wish(prompt))
        except TencentCloudSDKException as error:
            if error.get_code() != "RequestLimitExceeded":
                raise
            return prompt
        finally:
            for thread in crowd:
                thread.join()
    raise AssertionError("nothing was refused")


def take(running: Running, prompt: str) -> None:
    with contextlib.suppress(TencentCloudSDKException):
        client_of(running, None).CreateAigcImageTask(wish(prompt))


def prompts_of(running: Running) -> list[str]:
    parts = running.server.parts
    rows = running.do(parts.service.list_tasks(Caller(1, operator=True), TaskFilter(limit=500)))
    details = [running.do(parts.store.detail(row.id)) for row in rows]
    return [decode_spec(detail.spec).prompt for detail in details if detail is not None]
