"""The course of a batch at a scripted platform: what is created, what is not, and what is written down."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from genmux.client.async_shell import AsyncShell
from genmux.client.batch.arrangement import Arranged, arrange
from genmux.client.batch.course import Course
from genmux.client.batch.decision import Rules
from genmux.client.batch.journal import open_journal
from genmux.client.batch.loading import load_file
from genmux.client.batch.manifest import Forgiven, Stage, advance
from genmux.client.batch.naming import Template
from genmux.client.batch.results import FETCHES
from genmux.client.batch.tally import Mark, News
from genmux.client.batch.turns import Turns
from genmux.client.batch.uplink import Uplink
from genmux.client.effects import Flow, Pause, Turn
from genmux.client.endpoint import Artifact, Endpoint, FromTask, Order, Ref, Snapshot
from genmux.client.errors import BrokenAnswer, OutcomeUnknown, Unreachable
from genmux.client.http_carrier import HttpCarrier
from genmux.client.pace import Pace
from genmux.domain.errors import InvalidValue, NotFound, Unauthorized
from genmux.domain.spec import ERROR_CODES, TaskError
from genmux.domain.text import same
from genmux.testing.scripted import tiny_png

KEYED = Rules(3600, chained=True, first_pause_seconds=0.0)
UNKEYED = Rules(0, first_pause_seconds=0.0)
PATIENCE_SECONDS = 60.0


class Platform:
    """A platform where the n-th create of a prompt comes to what its n-th word says; success else."""

    def __init__(self, keyed: bool = False) -> None:
        self.keyed = keyed
        self.orders: list[Order] = []
        self.tasks: dict[str, Snapshot] = {}
        self.ended = 0
        self.fetches: Counter[str] = Counter()
        self.gate: Callable[[Order], None] = lambda order: None

    def create(self, order: Order) -> Flow[Snapshot]:
        yield Turn("create:image")
        self.gate(order)
        script = order.spec.prompt.split()
        words = [o.spec.prompt for o in self.orders].count(order.spec.prompt)
        self.orders.append(order)
        word = script[words] if words < len(script) else "done"
        ref = Ref(f"task_{len(self.orders)}", order.spec.kind)
        if word == "full":
            yield Pause(0.0)
            return (yield from self.create(order))
        if word in ERRORS:
            raise ERRORS[word]
        if word in ERROR_CODES:
            self.tasks[ref.id] = Snapshot(ref, "failed", error=TaskError(word, "why"))
        else:
            self.tasks[ref.id] = Snapshot(ref, "succeeded", artifacts=(Artifact(0, word),))
        return Snapshot(ref, "queued", revision="1")

    def look(self, ref: Ref) -> Flow[Snapshot]:
        yield from ()
        return self.tasks[ref.id]

    def follow(self, last: Snapshot, seconds: float) -> Flow[Snapshot]:
        yield from ()
        self.ended += 1
        return self.tasks[last.ref.id]

    def fetch(self, artifact: Artifact, ref: Ref, path: Path) -> Flow[Path]:
        yield from ()
        self.fetches[ref.id] += 1
        if artifact.url == "gone":
            raise NotFound(same("404"))
        if artifact.url == "broken" and self.fetches[ref.id] < 3:
            raise Unreachable(same("502"))
        if artifact.url == "closed" and self.fetches[ref.id] <= FETCHES:
            raise Unreachable(same("502"))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(tiny_png())
        return path

    @property
    def keys(self) -> list[str]:
        return [order.key for order in self.orders]


ERRORS: dict[str, Exception] = {
    "lost": OutcomeUnknown(same("lost")),
    "away": Unreachable(same("away")),
    "nonsense": BrokenAnswer(same("<html>")),
    "refused": InvalidValue(same("no"), field="prompt"),
    "stranger": Unauthorized(same("who?")),
}


class Way:
    """The way to the scripted platform."""

    def __init__(self, platform: Any) -> None:
        self.endpoint: Endpoint = platform
        self._shell = AsyncShell(Pace({}), HttpCarrier())  # which nobody asks to carry anything

    async def run(self, flow: Flow[Any], tell: Callable[[Any], object] | None = None) -> Any:
        return await self._shell.run(flow, tell)

    async def renew(self) -> bool:
        return False


class Runs:
    """Runs of one batch in one directory."""

    def __init__(self, home: Path, platform: Any, *lines: dict[str, Any]) -> None:
        self.home = home
        self.platform = platform
        self.news: list[tuple[str, Mark]] = []
        self.details: dict[str, str] = {}
        rows = [json.dumps({"kind": "image", **line}) for line in lines]
        (home / "a.jsonl").write_text("\n".join(rows))

    async def run(
        self,
        rules: Rules | None = None,
        *,
        anew: bool = False,
        patience: float = PATIENCE_SECONDS,
        during: Callable[[Course], Awaitable[None]] | None = None,
    ) -> dict[str, str]:
        """Go the course; return the last mark of every line."""
        rules = rules or (KEYED if self.platform.keyed else UNKEYED)
        journal, history = open_journal(self.home / "out")
        batch = load_file(self.home / "a.jsonl", {})
        arranged = arrange(batch, history, Template("{name}"), self.home / "out", "x")
        assert not (*batch.faults, *arranged.faults)
        if anew:
            arranged = _forgive(arranged)
        self.news.clear()
        try:
            await journal.write(arranged.opened)
            uplink = Uplink(Way(self.platform), patience, 0.0)
            course = Course(uplink, journal, self.home / "out", arranged, rules, Turns(8, {}), self._show)
            await asyncio.gather(course.run(), *([during(course)] if during else []))
        finally:
            journal.close()
        return {name: str(mark) for name, mark in self.news}

    def _show(self, n: int, news: News) -> None:
        self.news.append((news.name, news.mark))
        self.details[news.name] = news.detail


def _forgive(batch: Arranged) -> Arranged:
    progress = {
        key: found if found.stage is Stage.SAVED else advance(found, Forgiven(0, key))
        for key, found in batch.progress.items()
    }
    return replace(batch, progress=progress)


# ---------------------------------------------------------------- lost answers


async def test_a_lost_answer_stays_unknown_until_somebody_decides(tmp_path: Path) -> None:
    platform = Platform()
    runs = Runs(tmp_path, platform, {"name": "a", "prompt": "lost"}, {"name": "b", "prompt": "x"})
    assert await runs.run() == {"a": "unknown", "b": "done"}
    assert await runs.run() == {"a": "unknown", "b": "done"}
    assert len(platform.orders) == 2
    assert await runs.run(anew=True) == {"a": "done", "b": "done"}
    assert len(platform.orders) == 3
    assert platform.keys[2] == f"{platform.keys[0]}-r1"


async def test_a_create_that_still_waited_for_its_turn_is_no_unknown_one(tmp_path: Path) -> None:
    """Nothing is written down before the call leaves, so nobody is in doubt about it after a death."""
    platform = Platform()
    runs = Runs(tmp_path, platform, {"name": "a", "prompt": "x"})
    seen: list[int] = []
    platform.gate = lambda order: seen.append(
        (tmp_path / "out" / "manifest.jsonl").read_text().count("intended")
    )
    await runs.run()
    assert seen == [1]


async def test_a_create_that_waits_to_be_sent_again_is_no_unknown_one_either(tmp_path: Path) -> None:
    platform = Platform()
    assert await Runs(tmp_path, platform, {"name": "a", "prompt": "full away"}).run() == {"a": "done"}
    rows = (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()
    again = ["intended", "unsent"]
    assert [json.loads(row)["record"] for row in rows] == [
        *("opened", *again, *again, "intended", "created", "saved")
    ]


async def test_an_answer_that_makes_no_sense_is_as_good_as_lost(tmp_path: Path) -> None:
    platform = Platform()
    runs = Runs(tmp_path, platform, {"name": "a", "prompt": "nonsense"}, {"name": "b", "prompt": "x"})
    for _ in range(2):
        assert await runs.run() == {"a": "unknown", "b": "done"}
    assert len(platform.orders) == 2


async def test_with_a_key_a_lost_answer_is_asked_for_again(tmp_path: Path) -> None:
    platform = Platform(keyed=True)
    assert await Runs(tmp_path, platform, {"name": "a", "prompt": "lost lost"}).run() == {"a": "done"}
    assert len(set(platform.keys)) == 1
    assert len(platform.keys) == 3


async def test_a_create_is_not_repeated_once_its_key_may_be_forgotten(tmp_path: Path) -> None:
    """The machine sleeps while the first answer is on its way, longer than keys are remembered."""
    platform = Platform(keyed=True)
    platform.gate = lambda order: time.sleep(0.01)
    runs = Runs(tmp_path, platform, {"name": "a", "prompt": "lost"})
    assert await runs.run(Rules(0.005, chained=True)) == {"a": "unknown"}
    assert len(platform.orders) <= 1


@pytest.mark.parametrize("keyed", [True, False])
async def test_an_endpoint_that_has_gone_ends_the_run_and_the_next_goes_on(
    tmp_path: Path, keyed: bool
) -> None:
    platform = Platform(keyed)
    runs = Runs(tmp_path, platform, {"name": "a", "prompt": "away away"}, {"name": "b", "prompt": "x"})
    with pytest.raises(Unreachable):
        await runs.run(patience=0)
    assert await runs.run() == {"a": "done", "b": "done"}
    assert len(set(platform.keys)) == 2


async def test_a_refused_credential_ends_the_run(tmp_path: Path) -> None:
    platform = Platform()
    runs = Runs(tmp_path, platform, {"name": "a", "prompt": "stranger"})
    with pytest.raises(Unauthorized):
        await runs.run()
    assert await runs.run() == {"a": "done"}
    assert len(set(platform.keys)) == 1


# ---------------------------------------------------------------- failures


async def test_failures_are_made_again_by_class(tmp_path: Path) -> None:
    platform = Platform(keyed=True)
    runs = Runs(
        tmp_path,
        platform,
        {"name": "a", "prompt": "internal upstream_failed"},
        {"name": "b", "prompt": "content_refused"},
        {"name": "c", "prompt": "refused"},
        {"name": "d", "prompt": "internal internal internal"},
    )
    first = await runs.run()
    assert first == {"a": "done", "b": "failed", "c": "failed", "d": "failed"}
    assert Counter(key.partition("-")[0] for key in platform.keys).most_common()[-1][1] == 1
    assert len(platform.keys) == 3 + 1 + 1 + 3
    assert await runs.run() == first
    assert len(platform.keys) == 8
    assert runs.details["c"] == "invalid_value: no"
    assert (await runs.run(anew=True))["d"] == "done"


async def test_a_result_that_cannot_be_had_is_no_reason_to_pay_again(tmp_path: Path) -> None:
    platform = Platform(keyed=True)
    runs = Runs(tmp_path, platform, {"name": "a", "prompt": "gone"}, {"name": "b", "prompt": "broken"})
    assert await runs.run() == {"a": "failed", "b": "done"}
    assert runs.details["a"] == "source_gone: 404"
    assert await runs.run() == {"a": "failed", "b": "done"}
    assert len(platform.orders) == 2


async def test_a_result_that_may_be_had_later_is_fetched_by_the_same_command(tmp_path: Path) -> None:
    platform = Platform()
    runs = Runs(tmp_path, platform, {"name": "a", "prompt": "closed"})
    assert await runs.run() == {"a": "failed"}
    assert runs.details["a"] == "unreachable: 502"
    assert await runs.run() == {"a": "done"}
    assert len(platform.orders) == 1


async def test_a_file_that_has_gone_is_fetched_again_without_a_create(tmp_path: Path) -> None:
    platform = Platform()
    runs = Runs(tmp_path, platform, {"name": "a", "prompt": "x"}, {"name": "b", "prompt": "x"})
    await runs.run()
    (tmp_path / "out" / "a.png").unlink()
    (tmp_path / "out" / "b.png").write_bytes(b"torn")
    assert await runs.run() == {"a": "done", "b": "done"}
    assert (
        (tmp_path / "out" / "a.png").read_bytes() == (tmp_path / "out" / "b.png").read_bytes() == tiny_png()
    )
    assert len(platform.orders) == 2


# ---------------------------------------------------------------- links


def linked(platform: Platform) -> tuple[str, int]:
    """Return the task that the last order links to, and how many tasks had ended before it was sent."""
    (source,) = platform.orders[-1].sources
    assert isinstance(source, FromTask)
    return source.ref.id, platform.ended


FILM = {"name": "film", "kind": "video", "prompt": "x", "first_frame": "$hero"}


async def test_a_server_is_told_of_links_at_once(tmp_path: Path) -> None:
    platform = Platform(keyed=True)
    sent: list[int] = []
    platform.gate = lambda order: sent.append(platform.ended)
    assert await Runs(tmp_path, platform, FILM, {"name": "hero", "prompt": "x"}).run() == {
        "hero": "done",
        "film": "done",
    }
    assert linked(platform)[0] == "task_1"


async def test_elsewhere_a_line_waits_here_until_the_other_is_done(tmp_path: Path) -> None:
    platform = Platform()
    saved: list[bool] = []
    platform.gate = lambda order: saved.append((tmp_path / "out" / "hero.png").exists())
    assert (await Runs(tmp_path, platform, FILM, {"name": "hero", "prompt": "x"}).run())["film"] == "done"
    assert saved == [False, True]
    assert linked(platform)[0] == "task_1"


@pytest.mark.parametrize("keyed", [True, False])
async def test_a_line_ends_with_the_one_it_needs_and_is_not_created(tmp_path: Path, keyed: bool) -> None:
    platform = Platform(keyed)
    runs = Runs(tmp_path, platform, FILM, {"name": "hero", "prompt": "refused"})
    assert await runs.run() == {"hero": "failed", "film": "failed"}
    assert runs.details["film"] == "input_failed: $hero has no result: no"
    assert len(platform.orders) == 1
    assert await runs.run(anew=True) == {"hero": "done", "film": "done"}


async def test_a_create_refused_for_its_link_is_tried_again_when_that_is_done(tmp_path: Path) -> None:
    """The server may know that the linked task has failed before we do."""
    platform = Platform(keyed=True)
    hero = {"name": "hero", "prompt": "internal"}
    runs = Runs(tmp_path, platform, {**FILM, "prompt": "refused"}, hero)
    assert await runs.run() == {"hero": "done", "film": "done"}
    assert linked(platform)[0] == "task_3"


async def test_a_create_that_is_refused_for_itself_has_failed_all_the_same(tmp_path: Path) -> None:
    film = {**FILM, "prompt": "refused refused"}
    runs = Runs(tmp_path, Platform(keyed=True), film, {"name": "hero", "prompt": "internal"})
    assert await runs.run() == {"hero": "done", "film": "failed"}
    assert runs.details["film"] == "invalid_value: no"


async def test_a_create_that_may_have_been_sent_goes_out_as_it_was(tmp_path: Path) -> None:
    """Its answer was lost, and then its input was made anew: it still names the task that it named."""
    platform = Platform(keyed=True)
    runs = Runs(tmp_path, platform, {**FILM, "prompt": "x"}, {"name": "hero", "prompt": "gone"})
    assert await runs.run() == {"hero": "failed", "film": "done"}
    manifest = tmp_path / "out" / "manifest.jsonl"
    rows = manifest.read_text().splitlines(keepends=True)
    film = next(json.loads(row)["line"] for row in rows if '"film"' in row)
    manifest.write_text("".join(r for r in rows if film not in r or '"intended"' in r))
    assert (await runs.run(anew=False))["film"] == "done"
    assert platform.keys[2] == platform.keys[1]
    assert linked(platform)[0] == "task_1"


async def test_a_line_is_made_again_from_the_task_that_replaced_its_input(tmp_path: Path) -> None:
    platform = Platform(keyed=True)
    film = {**FILM, "prompt": "input_failed"}
    assert await Runs(tmp_path, platform, film, {"name": "hero", "prompt": "internal"}).run() == {
        "hero": "done",
        "film": "done",
    }
    assert linked(platform)[0] == "task_3"


# ---------------------------------------------------------------- interruption


async def test_every_prefix_of_a_manifest_leads_to_the_same_tasks(tmp_path: Path) -> None:
    platform = Platform(keyed=True)
    runs = Runs(tmp_path, platform, {"name": "a", "prompt": "x"}, {**FILM, "first_frame": "$a"})
    done = await runs.run()
    keys = set(platform.keys)
    manifest = tmp_path / "out" / "manifest.jsonl"
    rows = manifest.read_bytes().splitlines(keepends=True)
    for whole in range(1, len(rows)):
        manifest.write_bytes(b"".join(rows[:whole]) + rows[whole][: whole * 7])
        for file in (tmp_path / "out").glob("*.png"):
            file.unlink()
        assert await runs.run() == done
    assert set(platform.keys) == keys


async def test_a_stopped_batch_hears_its_creates_and_begins_nothing_new(tmp_path: Path) -> None:
    platform = Platform()
    runs = Runs(tmp_path, platform, *({"name": f"n{n}", "prompt": "x"} for n in range(20)))
    begun = asyncio.Event()
    platform.gate = lambda order: begun.set()

    async def stop(course: Course) -> None:
        await begun.wait()
        course.stop()

    told = await runs.run(during=stop)
    made = len(platform.orders)
    assert 0 < made <= 8
    assert set(told.values()) <= {"running", "done"}
    final = await runs.run()
    assert set(final.values()) == {"done"}
    assert len(platform.orders) == 20
