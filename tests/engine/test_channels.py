"""Lanes and routing: which channels can make what, in which order, and how a queue is spelt."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, Reference, Role
from genmux.engine.channels import Channel, Lane, Router, account_of, parse_lane
from genmux.engine.dispatch import MAX_CLAIMS, shares
from genmux.providers.base import BaseProvider
from genmux.providers.seam import Account, ProviderFacts

FILM = GenerationSpec(kind=Kind.VIDEO, model=ModelRef("Kling", "3.0"), prompt="a cat")
SEEDED = GenerationSpec(kind=Kind.VIDEO, model=ModelRef("Kling", "3.0"), prompt="a cat", seed=7)


FACTS = ProviderFacts()


@dataclass(frozen=True)
class Mute(BaseProvider):
    """A provider that cannot say some fields."""

    name: str = "mute"
    silent: tuple[str, ...] = ()
    facts: ProviderFacts = FACTS

    def unsaid(self, spec: GenerationSpec) -> tuple[str, ...]:
        """Return the silent fields that are said."""
        return tuple(name for name in self.silent if getattr(spec, name) not in (None, (), ""))


ABLE = Mute("able")
SEEDLESS = Mute("seedless", ("seed",))
BY_URL = Mute("by_url", facts=ProviderFacts(by_url=frozenset({Medium.IMAGE})))
names = st.text("abcXYZ.-_ 09", min_size=1, max_size=8)


@given(
    st.builds(
        Lane,
        path=st.builds("{}/{}/{}".format, st.sampled_from(["image", "video"]), names, names),
        variant=st.sampled_from(["", "scripted"]),
        providers=st.lists(st.sampled_from(["mps", "vod", "any-api"]), unique=True).map(tuple),
        excluded=st.lists(st.integers(1, 99), unique=True).map(tuple),
    )
)
def test_a_lane_reads_back(lane: Lane) -> None:
    assert parse_lane(str(lane)) == lane


def test_a_lane_is_the_model_alone_while_every_channel_can_say_it() -> None:
    router = Router([Channel(1, "a", ABLE), Channel(2, "b", SEEDLESS)])
    assert str(router.lane(FILM)) == "video/Kling/3.0"
    assert [c.name for c in router.serving("video/Kling/3.0")] == ["a", "b"]


def test_a_channel_that_cannot_say_what_changes_the_result_is_not_eligible() -> None:
    router = Router([Channel(1, "a", SEEDLESS, priority=9), Channel(2, "b", ABLE)])
    lane = router.lane(SEEDED)
    assert str(lane) == "video/Kling/3.0@able"
    assert [c.name for c in router.serving(str(lane))] == ["b"]
    assert Router([Channel(1, "a", SEEDLESS)]).lane(SEEDED) is None


def test_pictures_that_nobody_could_fetch_go_where_bytes_are_taken() -> None:
    picture = Reference(role=Role.FIRST_FRAME, source="sha256:00")
    spec = GenerationSpec(kind=Kind.VIDEO, model=ModelRef("Kling", "3.0"), references=(picture,))
    router = Router([Channel(1, "url", BY_URL), Channel(2, "bytes", ABLE)])
    assert [c.name for c in router.eligible(spec)] == ["url", "bytes"]
    assert [c.name for c in router.eligible(spec, unfetchable=frozenset({Medium.IMAGE}))] == ["bytes"]


def test_a_channel_that_failed_the_task_is_left_out() -> None:
    router = Router([Channel(1, "a", ABLE), Channel(2, "b", ABLE)])
    lane = router.lane(FILM, excluded=(1,))
    assert str(lane) == "video/Kling/3.0!1"
    assert [c.name for c in router.serving(str(lane))] == ["b"]


def test_priority_comes_first_and_disabled_channels_take_nothing() -> None:
    channels = [
        Channel(1, "low", ABLE),
        Channel(2, "high", ABLE, priority=5),
        Channel(3, "off", ABLE, priority=9, enabled=False),
    ]
    router = Router(channels)
    assert [c.name for c in router.serving("video/Kling/3.0")] == ["high", "low"]
    off = router.by_id(3)  # its running tasks are still looked after
    assert off is not None
    assert off.name == "off"


def test_channels_are_replaced_at_run_time() -> None:
    router = Router([Channel(1, "a", ABLE, models=("video/Kling/*",))])
    assert router.serving("video/Vidu/q2") == ()
    router.replace([Channel(1, "a", ABLE, models=("video/*",))])
    assert [c.name for c in router.serving("video/Vidu/q2")] == ["a"]


def test_an_attempt_freezes_the_account_and_the_upstreams_name_of_the_model() -> None:
    account = Account(channel="a", endpoint="https://e", credential="id", options={"region": "r"})
    channel = Channel(1, "a", ABLE, account, names={"video/Kling/3.*": "kling-v3/*", "video/Vidu/*": "V/x"})
    frozen = account_of(channel, "video/Kling/3.0-Omni")
    assert frozen.model == ModelRef("kling-v3", "3.0-Omni")
    assert (frozen.endpoint, frozen.credential, frozen.provider) == ("https://e", "id", "able")
    assert account_of(channel, "video/Vidu/q2").model == ModelRef("V", "x")
    assert account_of(channel, "video/Hailuo/02").model is None


def test_an_edited_channel_still_looks_after_its_old_attempts_with_their_provider() -> None:
    channel = Channel(1, "a", SEEDLESS)
    router = Router([channel], {"able": ABLE, "seedless": SEEDLESS})
    assert router.pinned(channel, Account(channel="a", provider="able")).provider is ABLE
    assert router.pinned(channel, Account(channel="a", provider="gone")).provider is SEEDLESS
    assert router.pinned(channel, Account(channel="a")).provider is SEEDLESS


@pytest.mark.parametrize(("weights", "expected"), [((1, 1), (0.5, 0.5)), ((3, 1), (0.75, 0.25))])
def test_channels_of_one_priority_share_by_weight(
    weights: tuple[int, int], expected: tuple[float, float]
) -> None:
    group = [Channel(n, f"c{n}", ABLE, weight=weight) for n, weight in enumerate(weights)]
    chance = random.Random(1)
    first = Counter(shares(group, chance)[0][0].id for _ in range(4000))
    assert first[0] / 4000 == pytest.approx(expected[0], abs=0.03)
    takes = {channel.id: want for channel, want in shares(group, chance)}
    assert takes[0] / sum(takes.values()) == pytest.approx(expected[0], abs=0.01)


def test_a_channel_alone_takes_what_it_has_room_for() -> None:
    chance = random.Random(1)
    assert shares([Channel(1, "a", ABLE, slots=3)], chance) == [(Channel(1, "a", ABLE, slots=3), 3)]
    learning = Channel(1, "a", ABLE, slots=1, learns=True)
    assert shares([learning], chance)[0][1] == MAX_CLAIMS
