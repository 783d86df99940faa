"""The manifest after any death: what is replayed, and that no line is ever made twice."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from genmux.client.batch.decision import AGAIN, Create, Done, Follow, GivenUp, InDoubt, Rules, decide, key_of
from genmux.client.batch.journal import open_journal, read_history
from genmux.client.batch.manifest import (
    FORMAT,
    NEW,
    Created,
    Event,
    Failed,
    Forgiven,
    Intended,
    ManifestBroken,
    Opened,
    Progress,
    Record,
    Saved,
    SavedFile,
    Stage,
    Unsent,
    advance,
    render_record,
    replay,
)
from genmux.domain.spec import ERROR_CODES, Kind

HOUR = 3_600_000
KEYED = Rules(key_seconds=23 * 3600, retries=2)
UNKEYED = Rules(key_seconds=0, retries=2)
OPENED = Opened(1, FORMAT, "b", "genmux", "a.jsonl", "0")
FILES = (SavedFile("a.png", 3, "00"),)


def live(*events: Event) -> Progress:
    progress = NEW
    for event in events:
        progress = advance(progress, event)
    return progress


def intended(tries: int = 0, at: int = 0) -> Intended:
    return Intended(at, "k", "a", tries, "a")


def failed(code: str = "internal") -> Failed:
    return Failed(0, "k", code, "why")


CREATED = Created(0, "k", "task_1", Kind.IMAGE)


def test_the_table_of_repeats_knows_every_code() -> None:
    assert set(AGAIN) == set(ERROR_CODES)


def test_what_is_next() -> None:
    assert decide(NEW, KEYED, 0) == Create(0)
    assert decide(live(intended()), KEYED, 22 * HOUR) == Create(0)
    assert isinstance(decide(live(intended()), KEYED, 23 * HOUR), InDoubt)
    assert isinstance(decide(live(intended()), UNKEYED, 0), InDoubt)
    assert decide(live(intended(), Unsent(0, "k")), UNKEYED, 0) == Create(0)
    followed = decide(live(intended(), CREATED), KEYED, 0)
    assert isinstance(followed, Follow)
    assert followed.ref.id == "task_1"
    assert decide(live(intended(), CREATED, Saved(0, "k", FILES)), KEYED, 0) == Done()


def test_the_first_intent_is_what_the_key_s_age_counts_from() -> None:
    again = live(intended(at=0), intended(at=22 * HOUR))
    assert isinstance(decide(again, KEYED, 24 * HOUR), InDoubt)


def test_a_key_whose_age_nobody_can_tell_is_not_used_again() -> None:
    assert decide(live(intended(at=HOUR // 2)), KEYED, 0) == Create(0)
    assert isinstance(decide(live(intended(at=2 * HOUR)), KEYED, 0), InDoubt)


def test_another_endpoint_makes_what_is_not_done_under_new_keys() -> None:
    """The tasks of the old one mean nothing there; what is saved stays."""
    records: list[Record] = [OPENED, intended(), Intended(1, "l", "b", 0, "b"), CREATED, Saved(5, "k", FILES)]
    moved = replay(b"".join(map(render_record, (*records, replace(OPENED, endpoint="vod")))))
    assert (moved.lines["k"].stage, moved.lines["k"].id) == (Stage.SAVED, "")
    assert decide(moved.lines["l"], KEYED, 0) == Create(1)


def test_failures_are_made_again_by_class_under_new_keys() -> None:
    once = live(intended(), CREATED, failed())
    assert decide(once, KEYED, 0) == Create(1, 1.0)
    twice = live(intended(), CREATED, failed(), intended(1), CREATED, failed())
    assert decide(twice, KEYED, 0) == Create(2, 2.0)
    thrice = advance(advance(twice, intended(2)), failed())
    assert isinstance(decide(thrice, KEYED, 0), GivenUp)
    assert decide(advance(thrice, Forgiven(0, "k")), KEYED, 0) == Create(3)
    assert isinstance(decide(live(intended(), failed("content_refused")), KEYED, 0), GivenUp)
    assert isinstance(decide(live(intended(), failed("no_such_code")), KEYED, 0), GivenUp)
    assert isinstance(decide(live(intended(), CREATED, failed("outcome_unknown")), KEYED, 0), InDoubt)
    assert [key_of("k", tries) for tries in (0, 1, 2)] == ["k", "k-r1", "k-r2"]


def test_an_unknown_line_is_made_again_under_a_new_key_when_somebody_asks() -> None:
    doubtful = live(intended())
    assert decide(advance(doubtful, Forgiven(0, "k")), UNKEYED, 0) == Create(1)


# ---------------------------------------------------------------- replay


def test_a_manifest_says_what_was_written() -> None:
    records: list[Record] = [OPENED, intended(), CREATED, Saved(5, "k", FILES), Intended(6, "l", "b", 0, "b")]
    data = b"".join(render_record(record) for record in records)
    history = replay(data)
    assert history.opened == OPENED
    assert {key: progress.stage for key, progress in history.lines.items()} == {
        "k": Stage.SAVED,
        "l": Stage.INTENDED,
    }
    assert history.names == {"k": "a", "l": "b"}
    assert history.whole_bytes == len(data)
    for row in data.splitlines():
        assert "record" in json.loads(row)


@given(st.integers(0, 600))
def test_any_prefix_of_a_manifest_can_be_read(length: int) -> None:
    records: list[Record] = [
        OPENED,
        intended(),
        CREATED,
        failed(),
        intended(1),
        CREATED,
        Saved(5, "k", FILES),
    ]
    data = b"".join(render_record(record) for record in records)
    torn = data[:length]
    whole = torn[: torn.rfind(b"\n") + 1]
    assert replay(torn).lines == replay(whole).lines
    assert replay(torn).whole_bytes == len(whole)


@pytest.mark.parametrize(
    "data",
    [
        b'{"record":"opened"\n' + render_record(OPENED),
        render_record(OPENED) + b"\0\0\0\n",
        render_record(intended()),
        render_record(OPENED).replace(b'"format":1', b'"format":2'),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestBroken, match=r"manifest\.jsonl, line [12]"):
        replay(data)


async def test_a_torn_record_is_cut_off_before_anything_is_added(tmp_path: Path) -> None:
    journal, _ = open_journal(tmp_path)
    await journal.write(OPENED)
    await journal.write(intended())
    journal.close()
    with (tmp_path / "manifest.jsonl").open("ab") as file:
        file.write(render_record(CREATED)[:-1])
    journal, _ = open_journal(tmp_path)
    await journal.write(Unsent(2, "k"))
    journal.close()
    assert read_history(tmp_path).lines["k"].stage is Stage.NEW


async def test_no_record_of_many_writers_is_lost(tmp_path: Path) -> None:
    journal, _ = open_journal(tmp_path)

    async def write_some(writer: int) -> None:
        for n in range(20):
            await journal.write(Unsent(n, f"k{writer}"))
            last = (tmp_path / "manifest.jsonl").read_bytes()
            assert render_record(Unsent(n, f"k{writer}")) in last

    await asyncio.gather(*map(write_some, range(16)))
    journal.close()
    assert (tmp_path / "manifest.jsonl").read_bytes().count(b"\n") == 320


async def test_a_full_disk_is_told_to_everybody_who_relies_on_it(tmp_path: Path) -> None:
    journal, _ = open_journal(tmp_path)
    os.close(journal._descriptor)
    for _ in range(2):
        with pytest.raises(OSError, match="Bad file descriptor"):
            await journal.write(OPENED)


# ---------------------------------------------------------------- never twice


class Platform:
    """An endpoint that remembers keys for a day or not at all, and counts what it makes."""

    def __init__(self, keyed: bool) -> None:
        self.keyed = keyed
        self.made: list[str] = []
        self.made_at: dict[str, int] = {}

    def create(self, key: str, now: int) -> str:
        if not self.keyed or now - self.made_at.get(key, -24 * HOUR) >= 24 * HOUR:
            self.made.append(key)
            self.made_at[key] = now
        return f"task_{key}"


@given(
    keyed=st.booleans(),
    deaths=st.lists(st.integers(0, 5), max_size=8),
    gap=st.sampled_from([0, HOUR, 30 * HOUR]),
)
def test_whenever_a_batch_dies_a_line_is_made_once_at_most(keyed: bool, deaths: list[int], gap: int) -> None:
    """Each death comes after that many moments of a run: a record written, or a create made."""
    platform, written, rules = Platform(keyed), render_record(OPENED), KEYED if keyed else UNKEYED
    for run, death in enumerate([*deaths, 99]):
        now, moments = run * gap, 0
        while moments < death:
            step = decide(replay(written).lines.get("k", NEW), rules, now)
            if isinstance(step, Create):
                written += render_record(intended(step.tries, now))
                moments += 1
                if moments >= death:
                    break
                task = platform.create(key_of("k", step.tries), now)
                moments += 1
                if moments >= death:
                    break
                written += render_record(Created(now, "k", task, Kind.IMAGE))
            elif isinstance(step, Follow):
                written += render_record(Saved(now, "k", FILES))
            else:
                break
            moments += 1
    assert len(platform.made) <= 1
    last = decide(replay(written).lines["k"], rules, len(deaths) * gap)
    assert isinstance(last, Done if platform.made and keyed and gap == 0 else Done | InDoubt)
