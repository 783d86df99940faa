"""The channels' endpoints: for the operator alone, every call handed on, every refusal a problem."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.dialects.test_rest import ADMIN, Client, World, open_world

from genmux.dialects.rest import RestDialect
from genmux.dialects.rest_channel_desk import Probe
from genmux.domain.errors import InvalidValue, NotFound
from genmux.domain.text import Text
from genmux.media.urls import FileUrls
from genmux.settings.channels import READERS
from genmux.wires.rest_channels import ChannelBody, ChannelHealth, ChannelStatus

STATUS = ChannelStatus(
    name="mps",
    provider="mps",
    enabled=True,
    source="file",
    endpoint="https://mps.tencentcloudapi.com",
    models=("video/*",),
    names={},
    priority=0,
    weight=1,
    slots_used=1,
    slots_limit=3,
    kind_slots={"video": 3},
    rates={"create:video": 10},
    options={"region": "ap-guangzhou"},
    has_credential=True,
    price="",
    problem=None,
    callback_path=None,
    health=ChannelHealth(breaker="closed"),
)
PATHS = (
    ("GET", "/channels"),
    ("PUT", "/channels/mps"),
    ("DELETE", "/channels/mps"),
    ("POST", "/channels/mps/enable"),
    ("POST", "/channels/mps/disable"),
    ("POST", "/channels/mps/test"),
)


@dataclass
class Noted:
    """A `ChannelDesk` with one channel that notes what is asked of it."""

    asked: list[Any] = field(default_factory=list)

    async def list(self) -> tuple[ChannelStatus, ...]:
        return (STATUS,)

    async def put(self, name: str, said: Mapping[str, Any]) -> ChannelStatus:
        self.asked.append(("put", name, dict(said)))
        if "weight" in said:
            raise InvalidValue(Text("weight is 0.", "weight 为 0。"), field="weight")
        return STATUS

    async def set_enabled(self, name: str, enabled: bool) -> ChannelStatus:
        self.asked.append((name, enabled))
        if name != "mps":
            raise NotFound(Text("No such channel.", "没有该通道。"), field="name")
        return msgspec.structs.replace(STATUS, enabled=enabled)

    async def remove(self, name: str) -> None:
        self.asked.append(("remove", name))

    async def test(self, name: str) -> Probe:
        return Probe(
            False, Text("The key is not known.", "密钥不存在。"), "AuthFailure", {"request_id": "r-1"}
        )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


@pytest.fixture
def desk() -> Noted:
    return Noted()


@pytest.fixture
def operator(world: World, desk: Noted) -> Client:
    dialect = RestDialect(
        service=world.engine.service,
        keys=world.keyring,
        clock=world.engine.clock,
        admin_token=ADMIN,
        urls=FileUrls(b"k" * 32),
        url_hours=12,
        version="1.2.3",
        channels=desk,
    )
    return Client(dialect, ADMIN)


def test_the_description_names_every_key_of_a_channel() -> None:
    assert set(ChannelBody.__struct_fields__) == set(READERS)


async def test_channels_are_listed(operator: Client) -> None:
    told = await operator.ask("GET", "/channels")
    (channel,) = told["channels"]
    assert (channel["name"], channel["slots_used"], channel["slots_limit"]) == ("mps", 1, 3)
    assert channel["health"] == {"breaker": "closed", "error_class": None, "why": None, "open_until": None}


async def test_a_channel_is_put_with_its_provider_s_options_and_its_nulls(
    operator: Client, desk: Noted
) -> None:
    said = {"provider": "mps", "region": "ap-guangzhou", "price": None, "slots": {"video": 3}}
    assert (await operator.ask("PUT", "/channels/mps", said))["name"] == "mps"
    assert desk.asked == [("put", "mps", said)]


async def test_what_is_wrong_with_a_channel_is_a_problem(operator: Client) -> None:
    problem = await operator.problem("PUT", "/channels/mps", {"weight": 0}, accept_language="zh")
    assert (problem["status"], problem["field"], problem["detail"]) == (422, "weight", "weight 为 0。")
    assert (await operator.problem("PUT", "/channels/mps", [1]))["status"] == 400
    assert (await operator.problem("PUT", "/channels/mps?force=1", {}))["status"] == 422
    assert (await operator.problem("POST", "/channels/nobody/enable"))["status"] == 404


async def test_a_channel_is_switched_and_removed(operator: Client, desk: Noted) -> None:
    assert (await operator.ask("POST", "/channels/mps/disable"))["enabled"] is False
    assert (await operator.ask("POST", "/channels/mps/enable"))["enabled"] is True
    assert (await operator.send("DELETE", "/channels/mps")).status == 204
    assert desk.asked == [("mps", False), ("mps", True), ("remove", "mps")]


async def test_a_test_that_fails_is_an_answer_in_the_caller_s_language(operator: Client) -> None:
    told = await operator.ask("POST", "/channels/mps/test")
    assert told == {
        "ok": False,
        "message": "The key is not known.",
        "code": "AuthFailure",
        "notes": {"request_id": "r-1"},
    }
    chinese = await operator.ask("POST", "/channels/mps/test", **{"accept-language": "zh-CN"})
    assert chinese["message"] == "密钥不存在。"


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_channels_are_the_operator_s(world: World, method: str, path: str) -> None:
    assert (await world.ann.problem(method, path, {}))["status"] == 403
    assert (await world.nobody.problem(method, path, {}))["status"] == 401
