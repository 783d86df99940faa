"""News between processes: heard once, never from ourselves, after every loss with a hint to look at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import psycopg
import pytest
from tests.store.pooler import Pooler

from genmux.domain.states import TaskState
from genmux.store.news_words import LONGEST, MOST_TASKS, Heard, Told, read, spell
from genmux.store.postgres_news import PAUSE_SECONDS, PostgresNews

S = TaskState
KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"


class Desk:
    """One process: what it hears, and a way to wait for it."""

    def __init__(self, url: str, **options: Any) -> None:
        self.heard: list[Heard] = []
        self._came = asyncio.Event()
        self.news = PostgresNews(url, self._hear, **options)
        self.news.start()

    def _hear(self, heard: Heard) -> None:
        self.heard.append(heard)
        self._came.set()

    async def until(self, enough: Callable[[Heard], bool]) -> Heard:
        """Return all that was heard, as soon as it is enough."""
        async with asyncio.timeout(10):
            while True:
                everything = Heard()
                for heard in self.heard:
                    everything = everything.joined(heard)
                if enough(everything):
                    return everything
                self._came.clear()
                await self._came.wait()

    async def ready(self) -> None:
        async with asyncio.timeout(10):
            while not self.news.listening:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.002)


Open = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def desks(url: str) -> AsyncIterator[Open]:
    opened: list[Desk] = []

    async def open_desk(**options: Any) -> Desk:
        desk = Desk(url, **options)
        opened.append(desk)
        await desk.ready()
        return desk

    yield open_desk
    for desk in opened:
        await desk.news.close()


async def test_others_hear_and_we_do_not(desks: Open) -> None:
    one, two, three = await desks(), await desks(), await desks()
    one.news.tell(S.QUEUED)
    one.news.tell(S.SUCCEEDED, 77)
    one.news.say("keys")
    for desk in (two, three):
        heard = await desk.until(lambda heard: bool(heard.words))
        assert heard == Heard(frozenset({S.QUEUED, S.SUCCEEDED}), ((S.SUCCEEDED, 77),), frozenset({"keys"}))
    two.news.tell(S.CANCELLED, 5)
    await one.until(lambda heard: (S.CANCELLED, 5) in heard.tasks)
    assert all(not heard.words for heard in one.heard)
    assert one.news.trouble is None


async def test_a_burst_is_few_notifications(desks: Open, url: str) -> None:
    one, two = await desks(), await desks()
    with psycopg.connect(url, autocommit=True) as ear:
        ear.execute("LISTEN genmux")
        for seq in range(1, 501):
            one.news.tell(S.RUNNING, seq)
            if seq % 100 == 0:
                await asyncio.sleep(PAUSE_SECONDS / 10)
        heard = await two.until(lambda heard: len(heard.tasks) == 500)
        assert not heard.all
        assert len(list(ear.notifies(timeout=0.05))) <= 10
    assert len(two.heard) <= 10


async def test_who_was_away_looks_at_everything(desks: Open, url: str) -> None:
    one, two = await desks(), await desks()
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"{KILL} AND pid <> pg_backend_pid()".encode())
    await two.until(lambda heard: heard.all)
    await asyncio.gather(one.ready(), two.ready())
    one.news.tell(S.QUEUED)
    await two.until(lambda heard: S.QUEUED in heard.states)


async def test_what_waits_is_told_at_the_end(desks: Open, url: str) -> None:
    two = await desks()
    leaving = Desk(url)
    await leaving.ready()
    leaving.news.tell(S.FAILED, 3)
    await leaving.news.close()
    assert (S.FAILED, 3) in (await two.until(lambda heard: bool(heard.tasks))).tasks
    leaving.news.tell(S.FAILED, 4)
    leaving.news.say("late")


async def test_behind_a_pooler_we_tell_and_say_that_we_cannot_hear(desks: Open, url: str) -> None:
    two = await desks()
    with Pooler(url, 2) as pooler:
        behind = Desk(pooler.url_of(url))
        behind.news.tell(S.COLLECTING, 9)
        await two.until(lambda heard: (S.COLLECTING, 9) in heard.tasks)
        assert not behind.news.listening
        assert behind.news.trouble is not None
        assert "direct database URL" in behind.news.trouble.en
        await behind.news.close()


async def test_a_database_that_is_not_there_holds_nothing_up() -> None:
    news = PostgresNews("postgresql://127.0.0.1:1/x", lambda heard: None)
    news.start()
    news.tell(S.QUEUED, 1)
    await news.close()
    assert not news.listening


# ---------------------------------------------------------------- the words


def test_words_are_read_as_they_were_told() -> None:
    told = Told()
    for state in S:
        told.add(state, 10**12 + state.value)
    told.words |= {"keys", "channels"}
    payload = spell(told, "me")
    assert read(payload, "me") is None
    heard = read(payload, "other")
    assert heard is not None
    assert heard == Heard(frozenset(S), heard.tasks, frozenset(told.words))
    assert set(heard.tasks) == told.tasks


def test_too_much_is_cut_and_said() -> None:
    told = Told()
    for seq in range(1, MOST_TASKS):
        told.add(S.RUNNING, 10**9 + seq)
    told.add(S.CANCELLED, 7)
    payload = spell(told, "me")
    heard = read(payload, "other")
    assert len(payload) <= LONGEST
    assert heard is not None
    assert heard.all
    assert heard.tasks[0] == (S.CANCELLED, 7)
    told.add(S.RUNNING, 1)
    assert told.more or len(told.tasks) <= MOST_TASKS


@pytest.mark.parametrize(
    "payload", ["", "1;x", "2;other;;1;;", "1;other;;x;;", "1;other;;1;9zz,;", "1;other;;1;1-;"]
)
def test_what_cannot_be_read_is_worth_a_look(payload: str) -> None:
    assert read(payload, "me") == Heard(all=True)


def test_only_words_are_said() -> None:
    news = PostgresNews("", lambda heard: None)
    for wrong in ("", "Keys", "a;b", "a'b", "x" * 65, "a\n"):
        with pytest.raises(ValueError, match="no word"):
            news.say(wrong)
    news._wake_in.close()
    news._wake_out.close()
