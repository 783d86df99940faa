"""The channels of a server: what the file, the environment and the database say, joined at start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.compose.studio import PROVIDERS

from genmux.compose.channel_build import SCRIPTED_SLOTS, merged_rates
from genmux.compose.channels import ChannelBook, load_providers
from genmux.compose.outputs import default_output
from genmux.domain.spec import OutputTarget
from genmux.engine.channels import Channel
from genmux.providers.preview import SCRIPTED
from genmux.settings import ChannelSettings, Settings, SettingsError, parse_channel
from genmux.store.sqlite import SqliteStore
from genmux.store.vault import Vault

ENVIRON = {"S_ID": "AKIDs", "S_KEY": "s3cret"}
STUDIO: dict[str, Any] = {"provider": "studio", "credential": "env:S_ID,S_KEY"}


@dataclass
class World:
    """A database that outlives the servers on it."""

    store: SqliteStore
    environ: dict[str, str] = field(default_factory=lambda: dict(ENVIRON))
    providers: dict[str, Any] = field(default_factory=lambda: dict(PROVIDERS))

    @property
    def vault(self) -> Vault:
        return Vault(self.store, bytes(32), lambda: 1)

    @property
    def book(self) -> ChannelBook:
        return ChannelBook(self.store, self.vault, self.providers, self.environ, preview_slots=3)

    async def start(self, *, source: str = "file", **tables: Any) -> dict[str, Channel]:
        """Start a server whose settings have these channels; return them by name."""
        said = {name: parse_channel(name, table, source) for name, table in tables.items()}
        return {channel.name: channel for channel in await self.book.load(said)}

    async def keep(self, name: str, table: dict[str, Any]) -> None:
        """Make a channel at run time."""
        await self.book.write(parse_channel(name, table), "database")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = SqliteStore(tmp_path / "genmux.sqlite3", clock=lambda: 1)
    await store.open()
    yield World(store)
    await store.close()


def test_the_preview_is_found_by_its_entry_point() -> None:
    assert load_providers()["preview"].name == "preview"


# ---------------------------------------------------------------- what a channel is made of


async def test_what_is_not_said_is_the_provider_s_own(world: World) -> None:
    channel = (await world.start(s=STUDIO))["s"]
    assert (channel.slots, channel.learns, channel.models) == (7, True, ("*",))
    assert channel.rates == {"create:image": 20, "create:video": 10, "describe:video": 50}
    assert channel.account.endpoint == "https://studio.example"
    assert channel.account.options == {"region": "north"}
    assert (channel.account.channel, channel.account.provider) == ("s", "studio")
    assert (channel.deadline_ms, channel.poll_ceiling_ms) == (None, None)
    assert channel.enabled


async def test_what_is_said_holds(world: World) -> None:
    said = {
        **STUDIO,
        "endpoint": "http://127.0.0.1:9/",
        "slots": {"image": 2, "video": 1},
        "describes_per_second": 5,
        "deadline_minutes": 1.5,
        "poll_seconds": 5,
        "price": "much",
        "allow_private": True,
        "names": {"*": "Own/*"},
        "region": "south",
    }
    channel = (await world.start(s=said))["s"]
    assert (channel.slots, channel.kind_slots, channel.learns) == (3, {"image": 2, "video": 1}, False)
    assert channel.rates == {"create:image": 20, "create:video": 10, "describe": 5}
    assert (channel.deadline_ms, channel.poll_ceiling_ms) == (90_000, 5000)
    assert channel.names == {"*": "Own/*"}
    account = channel.account
    assert (account.endpoint, account.price, account.allow_private) == ("http://127.0.0.1:9", "much", True)
    assert account.options == {"region": "south"}


async def test_said_slots_are_learnt_from_only_where_that_is_said_too(world: World) -> None:
    channels = await world.start(a={**STUDIO, "slots": 2, "learns": True}, b={**STUDIO, "learns": False})
    assert (channels["a"].slots, channels["a"].learns) == (2, True)
    assert (channels["b"].slots, channels["b"].learns) == (7, False)


@pytest.mark.parametrize(
    ("said", "merged"),
    [
        ({}, {"create:image": 20, "create:video": 10, "describe": 50}),
        ({"create": 4}, {"create": 4, "describe": 50}),
        ({"create:video": 4}, {"create:image": 20, "create:video": 4, "describe": 50}),
        ({"create:video": 0, "describe": 0}, {"create:image": 20}),
        ({"batch": 1}, {"create:image": 20, "create:video": 10, "describe": 50, "batch": 1}),
    ],
)
def test_a_said_rate_replaces_the_facts_of_its_kinds(
    said: dict[str, float], merged: dict[str, float]
) -> None:
    assert merged_rates({"create:image": 20, "create:video": 10, "describe": 50}, said) == merged


async def test_an_option_that_the_provider_does_not_have_stops_the_start(world: World) -> None:
    with pytest.raises(
        SettingsError, match=r"channels\.s: prioritty is no option .*; did you mean priority\?"
    ):
        await world.start(s={**STUDIO, "prioritty": 3})
    with pytest.raises(SettingsError, match="events is no option"):
        await world.start(s={**STUDIO, "events": "exclusive"})


async def test_a_provider_that_is_not_installed_stops_the_start(world: World) -> None:
    with pytest.raises(SettingsError, match=r"'atelier'; it must be one of .*studio"):
        await world.start(s={"provider": "atelier"})


# ---------------------------------------------------------------- credentials


async def test_a_rotated_credential_leaves_the_frozen_one(world: World) -> None:
    before = (await world.start(s=STUDIO))["s"].account.credential
    world.environ["S_KEY"] = "rotated"
    after = (await world.start(s=STUDIO))["s"].account.credential
    assert before != after
    assert await world.vault.get(before) == {"secret_id": "AKIDs", "secret_key": "s3cret"}
    assert await world.vault.get(after) == {"secret_id": "AKIDs", "secret_key": "rotated"}


async def test_an_inline_credential_is_sealed_and_no_row_holds_it(world: World, tmp_path: Path) -> None:
    inline = {"secret_id": "AKIDinline", "secret_key": "inl1ne"}
    channel = (await world.start(s={"provider": "studio", "credential": inline}))["s"]
    assert await world.vault.get(channel.account.credential) == inline
    assert "inl1ne" not in repr(await world.store.channels())
    sealed = (await world.start(t={"provider": "studio", "credential": "sealed:s"}))["t"]
    assert sealed.account.credential == channel.account.credential
    assert all(b"inl1ne" not in path.read_bytes() for path in tmp_path.iterdir())


async def test_a_missing_variable_is_named(world: World) -> None:
    del world.environ["S_KEY"]
    with pytest.raises(SettingsError, match=r"channels\.s\.credential .* S_KEY, which is not set"):
        await world.start(s=STUDIO)
    assert not (await world.start(s={**STUDIO, "enabled": False}))["s"].enabled


async def test_a_credential_that_was_never_sealed_is_named(world: World) -> None:
    with pytest.raises(SettingsError, match="sealed credential nowhere"):
        await world.start(s={"provider": "studio", "credential": "sealed:nowhere"})


@pytest.mark.parametrize("provider", ["mps", "vod"])
async def test_tencent_s_own_variables_serve_a_channel_that_names_none(world: World, provider: str) -> None:
    world.environ |= {"TENCENTCLOUD_SECRET_ID": "AKIDt", "TENCENTCLOUD_SECRET_KEY": "t"}
    channel = (await world.start(a={"provider": provider}))["a"]
    assert await world.vault.get(channel.account.credential) == {"secret_id": "AKIDt", "secret_key": "t"}
    with pytest.raises(SettingsError, match="needs secret_id, secret_key"):
        await world.start(b={"provider": "studio"})
    del world.environ["TENCENTCLOUD_SECRET_KEY"]
    with pytest.raises(SettingsError, match="TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY"):
        await world.start(a={"provider": provider})


async def test_the_guide_s_placeholder_starts_with_its_problem(world: World) -> None:
    credential = {"secret_id": "您的 SecretId", "secret_key": "您的 SecretKey"}
    book = world.book
    (mps, *_) = await book.load({"mps": parse_channel("mps", {"provider": "mps", "credential": credential})})
    assert (mps.name, mps.enabled) == ("mps", True)
    assert book.problems == {"mps": "its credential is a placeholder (secret_id, secret_key)"}


# ---------------------------------------------------------------- previews


async def test_without_any_channel_the_preview_serves(world: World) -> None:
    channels = await world.start()
    assert set(channels) == {"preview", "preview-scripted"}
    assert (channels["preview"].slots, channels["preview"].variant) == (3, "")
    scripted = channels["preview-scripted"]
    assert (scripted.slots, scripted.variant, scripted.enabled) == (SCRIPTED_SLOTS, SCRIPTED, True)


async def test_a_real_channel_takes_the_preview_s_place_also_while_it_is_disabled(world: World) -> None:
    ids = {name: channel.id for name, channel in (await world.start()).items()}
    for enabled in (True, False):
        channels = await world.start(s={**STUDIO, "enabled": enabled})
        assert channels["s"].enabled is enabled
        assert not channels["preview"].enabled
        assert not channels["preview-scripted"].enabled
        assert {name: channels[name].id for name in ids} == ids
    assert (await world.start())["preview"].enabled


async def test_a_configured_preview_serves_its_models_beside_a_real_channel(world: World) -> None:
    demo = {"provider": "preview", "models": ["image/Hunyuan/*"]}
    channels = await world.start(s=STUDIO, demo=demo)
    assert channels["demo"].enabled
    assert (channels["demo"].models, channels["demo"].slots) == (("image/Hunyuan/*",), 3)
    assert (channels["demo-scripted"].models, channels["demo-scripted"].variant) == (
        ("image/Hunyuan/*",),
        SCRIPTED,
    )
    assert not channels["preview"].enabled


async def test_a_configured_preview_alone_leaves_the_built_in_one(world: World) -> None:
    channels = await world.start(demo={"provider": "preview", "models": "image/*", "slots": 1})
    assert channels["demo"].slots == 1
    assert channels["preview"].enabled


async def test_a_configured_preview_names_its_models(world: World) -> None:
    with pytest.raises(SettingsError, match=r"channels\.demo\.models is missing"):
        await world.start(demo={"provider": "preview"})
    with pytest.raises(SettingsError, match="kept for previews"):
        await world.start(**{"demo-scripted": STUDIO})  # type: ignore[arg-type]


# ---------------------------------------------------------------- file, environment, database


async def test_a_channel_keeps_its_id_whatever_is_said_of_it(world: World) -> None:
    first = (await world.start(s=STUDIO))["s"]
    second = (await world.start(s={**STUDIO, "priority": 3}, t=STUDIO))["s"]
    assert (second.id, second.priority) == (first.id, 3)


async def test_what_vanished_from_the_file_is_shut_and_not_forgotten(world: World) -> None:
    first = (await world.start(s=STUDIO, t=STUDIO))["s"]
    channels = await world.start(t=STUDIO)
    assert (channels["s"].id, channels["s"].enabled) == (first.id, False)
    assert channels["t"].enabled
    assert (await world.start(s=STUDIO))["s"].enabled


async def test_the_database_s_channels_are_there_at_every_start(world: World) -> None:
    await world.keep("own", {**STUDIO, "priority": 5})
    for _ in range(2):
        channels = await world.start(s=STUDIO)
        assert channels["own"].enabled
        assert channels["own"].priority == 5


async def test_the_file_wins_over_the_database(world: World) -> None:
    await world.keep("s", {**STUDIO, "priority": 5})
    assert (await world.start(s={**STUDIO, "priority": 1}))["s"].priority == 1
    assert (await world.book.records())["s"].config.source == "file"


async def test_the_environment_stands_back_behind_the_database(world: World) -> None:
    vod = {"provider": "vod", "credential": "env:S_ID,S_KEY"}
    assert (await world.start(source="environment", vod=vod))["vod"].enabled
    await world.keep("films", vod)
    channels = await world.start(source="environment", vod=vod)
    assert channels["films"].enabled
    assert not channels["vod"].enabled


async def test_a_row_without_its_provider_is_left_with_its_problem(world: World) -> None:
    await world.keep("own", STUDIO)
    del world.providers["studio"]
    book = world.book
    assert "own" not in {channel.name for channel in await book.load({})}
    assert "studio" in book.problems["own"]
    world.providers["studio"] = PROVIDERS["studio"]
    assert (await world.start())["own"].enabled


async def test_a_row_that_cannot_work_is_shut_with_its_problem(world: World) -> None:
    await world.keep("own", STUDIO)
    world.environ.clear()
    book = world.book
    channels = {channel.name: channel for channel in await book.load({})}
    assert not channels["own"].enabled
    assert channels["own"].provider is PROVIDERS["studio"]
    assert "S_ID" in book.problems["own"]


async def test_nothing_a_channel_knows_shows_its_secret(world: World) -> None:
    channel = (await world.start(s=STUDIO))["s"]
    assert "s3cret" not in repr(channel) + repr(world.book) + repr(await world.book.records())


# ---------------------------------------------------------------- where results go


def test_every_result_goes_to_the_default_output() -> None:
    said = {"bucket": "films-1250000000", "region": "ap-guangzhou", "path": "out"}
    assert default_output(Settings(default_output=said)) == OutputTarget(**said)
    assert default_output(Settings()) is None


def test_a_bucket_that_is_a_placeholder_gets_nothing() -> None:
    assert default_output(Settings(default_output={"bucket": "your-bucket-name-1234567890"})) is None


def test_a_channel_is_what_its_table_says() -> None:
    assert ChannelSettings("a", "mps") == parse_channel("a", {"provider": "mps"})
