"""The client at a platform that misbehaves, over real sockets: nothing is paid twice, rates are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import genmux
from genmux.client.errors import ClockSkew, OutcomeUnknown
from genmux.testing.upstream.launch import Launched, launched
from genmux.testing.upstream.ledger import busiest_second
from genmux.testing.upstream.options import SECRET_ID, SECRET_KEY, SUB_APP_ID

RATES = {"CreateAigcVideoTask": 10, "CreateAigcImageTask": 20, "DescribeAigcVideoTask": 50}
CREATE = "CreateAigcVideoTask"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with launched(tmp_path_factory.mktemp("upstream"), rates=RATES, median=0.3) as running:
        yield running


def client(upstream: Launched, platform: str = "mps", **more: Any) -> genmux.Client:
    return genmux.Client(platform, **said(upstream, platform), **more)


def said(upstream: Launched, platform: str) -> dict[str, Any]:
    known = {"base_url": upstream.url, "secret_id": SECRET_ID, "secret_key": SECRET_KEY, "poll_seconds": 0.5}
    return {**known, "sub_app_id": SUB_APP_ID} if platform == "vod" else known


@pytest.mark.parametrize("fault", ["lost-answer", "reset-answer", "malformed-answer", "error-after"])
def test_a_lost_answer_at_mps_is_unknown_and_paid_once(upstream: Launched, fault: str) -> None:
    with client(upstream) as mps, pytest.raises(OutcomeUnknown):
        mps.videos.create(f"label=mps-{fault} {fault}", model="Kling/3.0")
    assert len(upstream.accepted(f"mps-{fault}")) == 1


@pytest.mark.parametrize("fault", ["lost-answer", "reset-answer", "malformed-answer", "error-after"])
def test_a_lost_answer_at_vod_is_found_again(upstream: Launched, fault: str) -> None:
    with client(upstream, "vod") as vod:
        film = vod.videos.create(f"label=vod-{fault} {fault}", model="Kling/3.0")
        (accepted,) = upstream.accepted(f"vod-{fault}")
        assert film.id == accepted.task
        assert film.wait(30).result.url


@pytest.mark.parametrize("fault", ["busy=2", "storm=1"])
def test_too_many_calls_are_made_again_later(upstream: Launched, fault: str) -> None:
    with client(upstream) as mps:
        mps.videos.create(f"label={fault} {fault}", model="Kling/3.0")
    assert len(upstream.accepted(fault)) == 1


def test_a_platform_that_says_the_clock_is_wrong(upstream: Launched) -> None:
    with client(upstream) as mps, pytest.raises(ClockSkew, match="NTP"):
        mps.videos.create("skew", model="Kling/3.0")


@pytest.mark.parametrize(
    "fault", ["poll-error=2", "poll-malformed=2", "poll-busy=2", "poll-reset=2", "odd-status=2"]
)
def test_a_wait_outlives_bad_answers(upstream: Launched, fault: str) -> None:
    with client(upstream) as mps:
        assert mps.videos.create(fault, model="Kling/3.0").wait(60).state == "succeeded"


async def test_the_documented_rates_are_kept(upstream: Launched) -> None:
    """Twenty-five films at once: an account that counts strictly refuses hardly any call."""
    before = len(upstream.entries())
    async with genmux.AsyncClient("mps", **said(upstream, "mps")) as mps:
        films = await asyncio.gather(*(mps.videos.create(f"film {n}", model="Kling/3.0") for n in range(25)))
        await asyncio.gather(*(film.wait(60) for film in films))

    calls = [e for e in upstream.entries()[before:] if e.what == "call"]
    assert len([e for e in calls if e.code]) <= 3
    assert busiest_second(e.at_us for e in calls if e.action == CREATE) <= RATES[CREATE] + 2
