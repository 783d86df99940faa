"""The Tencent gateway on a clock that stands still: rates, and what a failing service becomes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.tencent import TencentDialect
from genmux.domain.errors import GenmuxError, Unavailable
from genmux.domain.text import Text
from genmux.engine.ports import KeyRow
from genmux.engine.service import Caller
from genmux.settings import RATES
from genmux.testing.harness import FrozenClock
from genmux.wires import mps, tc3
from genmux.wires.tencent import WireError, refuse
from genmux.wires.tencent_schema import Struct

SECRET = "secret"
MPS_RATES = {action: rate for action, rate in RATES.items() if ":" not in action}
HOST = "127.0.0.1:8080"


def key_row(n: int) -> KeyRow:
    return KeyRow(n, 1, "test", f"AKIDnumber{n}", b"", b"", created_at=0, revoked_at=None)


class Keys:
    """Two keys of one tenant."""

    def __init__(self) -> None:
        self.rows = {f"AKIDnumber{n}": key_row(n) for n in (1, 2)}

    async def by_secret_id(self, secret_id: str) -> tuple[KeyRow, str] | None:
        row = self.rows.get(secret_id)
        return (row, SECRET) if row is not None else None

    async def by_token(self, token: str) -> KeyRow | None:
        return None

    async def create(self, name: str, tenant: str | None) -> tuple[KeyRow, str, str]:
        raise NotImplementedError

    async def revoke(self, secret_id: str) -> bool:
        raise NotImplementedError

    async def all(self) -> tuple[KeyRow, ...]:
        raise NotImplementedError


class CountingService:
    """MPS whose calls are only counted, or fail as told."""

    version = mps.VERSION

    def __init__(self) -> None:
        self.calls: list[tuple[str, Caller]] = []
        self.failure: Exception | None = None

    def schema(self, action: str) -> Struct | None:
        return mps.request_schema(action) if action in mps.ACTIONS else None

    def rate_name(self, action: str) -> str:
        return action

    def creates(self, action: str) -> bool:
        return action in mps.CREATES

    async def call(
        self, action: str, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        self.calls.append((action, caller))
        if self.failure is not None:
            raise self.failure
        return {"TaskId": "x"}

    def explain(self, error: GenmuxError, action: str) -> WireError:
        return refuse(mps.error_code(error), None, error.text)


class Gateway:
    """The dialect with the rates of the settings, and a client for it."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.service = CountingService()
        self.dialect = TencentDialect(
            keys=Keys(),
            clock=self.clock,
            services={mps.VERSION: self.service},
            rates=RATES,
            signed_hosts=(),
        )

    async def ask(
        self,
        action: str,
        *,
        key: int = 1,
        secret: str = SECRET,
        body: bytes = b'{"Prompt":"a"}',
        language: str = "",
    ) -> dict[str, Any]:
        reply = await self.reply(action, key=key, secret=secret, body=body, language=language)
        assert (reply.status, reply.content_type) == (200, "application/json")
        answer: dict[str, Any] = json.loads(reply.body)["Response"]
        assert answer["RequestId"]
        return answer

    async def reply(self, action: str, *, key: int, secret: str, body: bytes, language: str) -> WireReply:
        headers = tc3.sign(
            tc3.Credential(f"AKIDnumber{key}", secret),
            host=HOST,
            service="mps",
            action=action,
            version=mps.VERSION,
            timestamp=self.clock() // 1000,
            body=body,
            language=language,
        )
        lower = {name.lower(): value for name, value in headers.items()}
        return await self.dialect.handle(WireRequest("POST", "/", "", lower, body, f"http://{HOST}"))


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def body_of(action: str) -> bytes:
    return b'{"TaskId":"x"}' if action.startswith("Describe") else b'{"Prompt":"a"}'


@pytest.mark.parametrize(("action", "rate"), MPS_RATES.items())
async def test_one_call_too_many_in_a_second_makes_nothing(gateway: Gateway, action: str, rate: int) -> None:
    """A create waits for the next second first; on this clock there is none, so it is refused after all."""
    for _ in range(rate):
        assert "Error" not in await gateway.ask(action, body=body_of(action))
    gateway.clock.now += 999 - gateway.clock.now % 1000
    error = (await gateway.ask(action, body=body_of(action)))["Error"]
    assert error["Code"] == "RequestLimitExceeded"
    times, limit = map(int, re.findall(r"`(\d+)`", error["Message"]))
    assert (times > rate, limit) == (True, rate)
    chinese = (await gateway.ask(action, body=body_of(action), language="zh-CN"))["Error"]["Message"]
    assert re.fullmatch(rf"您当前每秒请求 `\d+` 次，超过了每秒频率上限 `{rate}`，请稍后重试。", chinese)
    assert len(gateway.service.calls) == rate


async def test_the_published_rates() -> None:
    assert MPS_RATES == {
        "CreateAigcImageTask": 20,
        "DescribeAigcImageTask": 20,
        "CreateAigcVideoTask": 10,
        "DescribeAigcVideoTask": 50,
    }


async def test_each_second_and_each_key_and_each_action_counts_alone(gateway: Gateway) -> None:
    gateway.clock.now += 999 - gateway.clock.now % 1000
    for _ in range(11):
        await gateway.ask("CreateAigcVideoTask")
    assert len(gateway.service.calls) == 10
    assert "Error" not in await gateway.ask("CreateAigcVideoTask", key=2)
    assert "Error" not in await gateway.ask("CreateAigcImageTask")
    gateway.clock.advance(1)
    assert "Error" not in await gateway.ask("CreateAigcVideoTask")


async def test_a_stranger_cannot_use_up_somebodys_rate(gateway: Gateway) -> None:
    for _ in range(50):
        refused = await gateway.ask("CreateAigcVideoTask", secret="wrong")
        assert refused["Error"]["Code"] == "AuthFailure.SignatureFailure"
    assert "Error" not in await gateway.ask("CreateAigcVideoTask")


async def test_a_refused_body_counts_too(gateway: Gateway) -> None:
    gateway.clock.now += 999 - gateway.clock.now % 1000
    for _ in range(10):
        assert (await gateway.ask("CreateAigcVideoTask", body=b"{"))["Error"]["Code"] == "InvalidParameter"
    refused = await gateway.ask("CreateAigcVideoTask")
    assert refused["Error"]["Code"] == "RequestLimitExceeded"
    assert gateway.service.calls == []


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (RuntimeError("boom"), "InternalError"),
        (RecursionError(), "InternalError"),
        (Unavailable(Text("The server is shutting down.", "服务正在关闭。")), "ServiceUnavailable"),
    ],
)
async def test_a_failing_service_is_an_answer(gateway: Gateway, failure: Exception, code: str) -> None:
    gateway.service.failure = failure
    error = (await gateway.ask("CreateAigcImageTask"))["Error"]
    assert error["Code"] == code
    assert "boom" not in error["Message"]
