"""Channels at run time: what is changed routes at once and outlives the server; a test says what is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from tests.compose.studio import PROVIDERS, Answers

from genmux.compose.channel_desk import StoredChannels, judge
from genmux.compose.channels import ChannelBook
from genmux.dialects.callbacks import Callbacks
from genmux.domain.errors import InvalidValue, NotFound
from genmux.engine.channels import Router
from genmux.engine.flows import FlowRunner
from genmux.engine.pace import Pacer
from genmux.engine.ports import FetchFailed, Store
from genmux.engine.standing import Standing
from genmux.providers.seam import (
    ErrorClass,
    Forgotten,
    Healthy,
    HttpReply,
    NotSent,
    Outcome,
    Puzzling,
    Refused,
)
from genmux.settings import parse_channel
from genmux.store.sqlite import SqliteStore
from genmux.store.vault import Vault
from genmux.wires.rest_channels import ChannelStatus

NOW = 1_795_000_000_000
NOW_DATE = "Wed, 18 Nov 2026 11:06:40 GMT"
PAIR = {"secret_id": "AKIDs", "secret_key": "s3cret"}
STUDIO: dict[str, Any] = {"provider": "studio", "credential": PAIR}


class Counted:
    """The store, with slots in use as told."""

    def __init__(self) -> None:
        self.used: dict[tuple[int, str], int] = {}

    async def slots_used(self) -> dict[tuple[int, str], int]:
        return self.used


@dataclass
class World:
    """A running server's channels."""

    book: ChannelBook
    net: Answers
    router: Router
    standing: Standing
    desk: StoredChannels
    slots: Counted
    changes: list[int] = field(default_factory=list)

    async def shown(self) -> dict[str, ChannelStatus]:
        return {status.name: status for status in await self.desk.list()}

    def enabled(self) -> set[str]:
        return {channel.name for channel in self.router.channels if channel.enabled}


class NoHints:
    """Knows no channel."""

    async def called_back(self, channel_name: str, headers: dict[str, str], body: bytes) -> int | None:
        """Return None."""
        return None


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = SqliteStore(tmp_path / "genmux.sqlite3", clock=lambda: NOW)
    await store.open()
    vault = Vault(store, bytes(32), lambda: NOW)
    book = ChannelBook(store, vault, PROVIDERS, {}, preview_slots=1)
    net, pacer, slots = Answers(), Pacer(), Counted()
    nothing = cast(Any, None)
    runner = FlowRunner(
        cast(Any, net), nothing, nothing, nothing, nothing, nothing, vault, pacer, lambda: NOW
    )
    standing = Standing(cast(Store, store), lambda: NOW, pacer)
    router = Router(await book.load({}))
    changes: list[int] = []

    async def on_change() -> None:
        changes.append(len(router.channels))

    desk = StoredChannels(book, slots, router, runner, standing, Callbacks(bytes(32), NoHints()), on_change)
    yield World(book, net, router, standing, desk, slots, changes)
    await store.close()


async def test_a_channel_made_at_run_time_routes_at_once_and_at_the_next_start(world: World) -> None:
    assert world.enabled() == {"preview", "preview-scripted"}
    made = await world.desk.put("s", {**STUDIO, "models": ["video/*"], "slots": 2})
    assert (made.enabled, made.source, made.models) == (True, "database", ("video/*",))
    assert (made.slots_used, made.slots_limit, made.has_credential) == (0, 2, True)
    assert world.enabled() == {"s"}
    assert world.changes == [3]
    assert {channel.name for channel in await world.book.load({}) if channel.enabled} == {"s"}


async def test_nothing_shown_is_secret(world: World) -> None:
    await world.desk.put("s", STUDIO)
    assert "s3cret" not in repr(await world.desk.list())
    assert "AKIDs" not in repr(await world.desk.list())


async def test_an_edit_changes_what_is_said_and_null_takes_it_back(world: World) -> None:
    first = await world.desk.put("s", {**STUDIO, "priority": 5, "price": "much"})
    credential = world.router.channels[0].account.credential
    second = await world.desk.put("s", {"weight": 2, "price": None})
    assert (second.priority, second.weight, second.price) == (5, 2, "")
    assert first.price == "much"
    assert next(c for c in world.router.channels if c.name == "s").account.credential == credential
    assert (await world.desk.put("s", {"enabled": False})).enabled is False
    assert (await world.desk.put("s", {"weight": 3})).enabled is False


async def test_a_new_credential_takes_the_old_one_s_place(world: World) -> None:
    await world.desk.put("s", STUDIO)
    old = next(c for c in world.router.channels if c.name == "s").account.credential
    await world.desk.put("s", {"credential": {**PAIR, "secret_key": "rotated"}})
    new = next(c for c in world.router.channels if c.name == "s").account.credential
    assert await world.book.vault.get(old) == PAIR
    assert await world.book.vault.get(new) == {**PAIR, "secret_key": "rotated"}


@pytest.mark.parametrize(
    ("name", "said", "field_", "words"),
    [
        ("s", {}, "provider", "missing"),
        ("s", {"provider": "atelier"}, "provider", "not installed"),
        ("s", {"provider": "studio"}, "credential", "needs secret_id, secret_key"),
        ("s", {**STUDIO, "weight": 0}, "weight", "from 1"),
        ("s", {**STUDIO, "wieght": 1}, None, "did you mean weight"),
        ("s", {"provider": "studio", "credential": {"secret_id": "a"}}, "credential", "secret_key"),
        ("S", STUDIO, None, "a-z"),
        ("x-scripted", STUDIO, None, "kept for previews"),
    ],
)
async def test_what_cannot_work_changes_nothing(
    world: World, name: str, said: dict[str, Any], field_: str | None, words: str
) -> None:
    before = await world.book.records()
    with pytest.raises(InvalidValue, match=words) as caught:
        await world.desk.put(name, said)
    if field_ is not None:
        assert caught.value.field == field_
    assert caught.value.text.zh != caught.value.text.en
    assert await world.book.records() == before
    assert world.changes == []


async def test_disabled_and_enabled_again(world: World) -> None:
    await world.desk.put("s", STUDIO)
    assert (await world.desk.set_enabled("s", False)).enabled is False
    assert world.enabled() == set()
    assert (await world.desk.set_enabled("s", True)).enabled is True
    assert world.enabled() == {"s"}


async def test_a_removed_channel_gives_its_place_back_to_the_preview(world: World) -> None:
    await world.desk.put("s", STUDIO)
    await world.desk.remove("s")
    assert world.enabled() == {"preview", "preview-scripted"}
    assert (await world.shown())["s"].source == "removed"
    assert (await world.desk.set_enabled("s", True)).source == "database"
    assert world.enabled() == {"s"}


async def test_a_channel_that_is_put_again_after_its_removal_begins_anew(world: World) -> None:
    await world.desk.put("s", {**STUDIO, "priority": 5})
    await world.desk.remove("s")
    assert (await world.desk.put("s", STUDIO)).priority == 0


@pytest.mark.parametrize("name", ["nobody", "preview", "preview-scripted"])
async def test_only_configured_channels_are_switched(world: World, name: str) -> None:
    for act in (world.desk.set_enabled(name, False), world.desk.remove(name)):
        with pytest.raises(NotFound, match=name):
            await act


async def test_slots_and_health_are_shown(world: World) -> None:
    await world.desk.put("s", STUDIO)
    channel = next(c for c in world.router.channels if c.name == "s")
    world.slots.used = {(channel.id, "image"): 2, (channel.id, "video"): 1, (99, "image"): 5}
    await world.standing.asked(channel, "image", Refused(ErrorClass.AUTH, "AuthFailure", "no"))
    shown = (await world.shown())["s"]
    assert (shown.slots_used, shown.slots_limit) == (3, 7)
    assert shown.health is not None
    assert (shown.health.breaker, shown.health.error_class) == ("open", "auth")
    assert shown.health.open_until is not None
    await world.desk.put("s", {"weight": 2})
    healed = (await world.shown())["s"].health
    assert healed is not None
    assert healed.breaker == "closed"


async def test_a_row_whose_provider_is_gone_is_shown_with_its_problem(world: World) -> None:
    said = {"provider": "atelier", "credential": PAIR}
    await world.book.write(parse_channel("old", said), "database")
    world.router.replace(await world.book.channels())
    shown = (await world.shown())["old"]
    assert (shown.enabled, shown.provider) == (False, "atelier")
    assert "atelier" in (shown.problem or "")


# ---------------------------------------------------------------- tests of a channel


async def test_a_good_key_works(world: World) -> None:
    await world.desk.put("s", {**STUDIO, "endpoint": "http://127.0.0.1:9"})
    found = await world.desk.test("s")
    assert (found.ok, found.code, str(found.text)) == (True, "", "s works.")
    (call,) = world.net.calls
    assert (call.url, call.headers) == (
        "http://127.0.0.1:9/whoami",
        (("authorization", "AKIDs s3cret"),),
    )


async def test_a_bad_key_is_told_in_the_provider_s_words(world: World) -> None:
    await world.desk.put("s", {**STUDIO, "enabled": False})
    world.net.reply = HttpReply(401, {}, b"")
    found = await world.desk.test("s")
    assert (found.ok, found.code, found.text) == (
        False,
        "AuthFailure",
        ("The key is not known.", "密钥不存在。"),
    )
    assert found.notes == {"class": "auth", "request_id": "request-1"}


async def test_a_placeholder_is_told_without_a_call(world: World) -> None:
    credential = {"secret_id": "您的 SecretId", "secret_key": "您的 SecretKey"}
    await world.desk.put("s", {"provider": "studio", "credential": credential})
    found = await world.desk.test("s")
    assert (found.ok, found.code) == (False, "Placeholder")
    assert "placeholder (secret_id, secret_key)" in found.text.en
    assert "占位符" in found.text.zh
    assert world.net.calls == []


async def test_an_endpoint_that_is_not_there_is_told(world: World) -> None:
    await world.desk.put("s", STUDIO)
    world.net.reply = FetchFailed("unreachable", "connection refused")
    found = await world.desk.test("s")
    assert (found.ok, found.code) == (False, "Unreachable")
    assert "connection refused" in found.text.en


async def test_settings_that_do_not_hold_any_more_are_told(world: World) -> None:
    await world.book.write(
        parse_channel("s", {"provider": "studio", "credential": "env:GONE_ID,GONE_KEY"}), "database"
    )
    world.router.replace(await world.book.channels())
    found = await world.desk.test("s")
    assert (found.ok, found.code) == (False, "Settings")
    assert "GONE_ID" in found.text.en


async def test_the_built_in_preview_has_nothing_to_call(world: World) -> None:
    assert (await world.desk.test("preview")).ok
    with pytest.raises(NotFound):
        await world.desk.test("nobody")


@pytest.mark.parametrize(
    ("date", "words"),
    [
        (NOW_DATE, "s works."),
        ("Wed, 18 Nov 2026 11:16:40 GMT", "600 s behind the upstream's"),
        ("Wed, 18 Nov 2026 11:01:40 GMT", "300 s ahead of the upstream's"),
        ("yesterday", "s works."),
        (None, "s works."),
    ],
)
def test_a_clock_that_is_off_is_told(date: str | None, words: str) -> None:
    found = judge("s", Healthy({} if date is None else {"date": date}), NOW)
    assert found.ok
    assert str(found.text).endswith(words if words.endswith(".") else f"{words}; set it right.")


@pytest.mark.parametrize("outcome", [Puzzling("no JSON"), Forgotten("nobody")])
def test_any_other_end_of_a_probe_is_no_success(outcome: Outcome) -> None:
    assert not judge("s", outcome, NOW).ok


def test_a_private_endpoint_is_told_what_would_let_it_be_called() -> None:
    found = judge("s", NotSent("refused_address: 127.0.0.1 is not public"), NOW)
    assert not found.ok
    assert "allow_private = true" in found.text.en
    assert "allow_private = true" in found.text.zh
