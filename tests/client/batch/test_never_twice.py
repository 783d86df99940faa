"""Whatever dies, is lost or fails, in whatever order: nobody pays twice for a line, and every line ends."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.client.batch.test_course import Runs

from genmux.client.batch.decision import Rules
from genmux.client.batch.manifest import NAME
from genmux.client.effects import Flow, Turn
from genmux.client.endpoint import Artifact, FromTask, Order, Ref, Snapshot
from genmux.client.errors import OutcomeUnknown, Unreachable
from genmux.domain.errors import InvalidInput, InvalidValue, Unauthorized
from genmux.domain.spec import TaskError
from genmux.domain.text import same
from genmux.testing.scripted import tiny_png

DAYS = 4 * 24 * 3_600_000
RULES = {
    "genmux": Rules(23 * 3600, chained=True, first_pause_seconds=0.0),
    "vod": Rules(71 * 3600, first_pause_seconds=0.0),
    "mps": Rules(0, first_pause_seconds=0.0),
}
LINES = (
    {"name": "hero", "prompt": "hero"},
    {"name": "film", "prompt": "film", "kind": "video", "first_frame": "$hero"},
    {"name": "cut", "prompt": "cut", "kind": "video", "base_video": "$film"},
    {"name": "alone", "prompt": "alone"},
)
FAILURES = ("internal", "input_failed", "content_refused", "outcome_unknown")
MOMENTS = ("die before", "die after", "die fetching", "lost", "away", "refused", "fetch away", *FAILURES)


@dataclass
class World:
    """A platform with or without keys, to which the moments of a script happen, one with each call."""

    keyed: bool
    manifest: Path
    script: Iterator[str] = field(default_factory=lambda: iter(()))
    keys: dict[str, tuple[Ref, str]] = field(default_factory=dict)
    tasks: dict[str, Snapshot] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    dead: bytes | None = None

    def die(self) -> None:
        """From here on the batch is no more: what it still writes is taken back after its run."""
        self.dead = self.dead or self.manifest.read_bytes()

    def taken(self) -> bytes | None:
        """Return what was written when the batch died, and let the next one live."""
        dead, self.dead = self.dead, None
        return dead

    def create(self, order: Order) -> Flow[Snapshot]:
        yield Turn("create:image")
        moment = self.called()
        if moment == "die before":
            self.die()
        elif moment == "away":
            raise Unreachable(same("away"))
        if self.dead is not None:
            raise Unauthorized(same("dead"))
        ref = self.accept(order, moment)
        if moment == "die after":
            self.die()
            raise Unauthorized(same("dead"))
        if moment == "lost":
            raise OutcomeUnknown(same("lost"))
        return self.tasks[ref.id]

    def accept(self, order: Order, moment: str) -> Ref:
        body = json.dumps([order.spec.prompt, [s.ref.id for s in order.sources if isinstance(s, FromTask)]])
        if self.keyed and order.key in self.keys:
            ref, before = self.keys[order.key]
            assert before == body, "a key may not be used for anything else"
            return ref
        if moment == "refused":
            raise InvalidValue(same("no"))
        linked = [self.tasks[source.ref.id] for source in order.sources if isinstance(source, FromTask)]
        if any(task.state == "failed" for task in linked):
            raise InvalidInput(same("its input has failed"))
        self.made[order.spec.prompt] += 1
        ref = Ref(f"task_{len(self.tasks)}", order.spec.kind)
        if moment in FAILURES:
            self.failed[order.spec.prompt] += 1
            self.tasks[ref.id] = Snapshot(ref, "failed", error=TaskError(moment, "why"))
        else:
            self.tasks[ref.id] = Snapshot(ref, "succeeded", artifacts=(Artifact(0, "url"),))
        self.keys[order.key] = (ref, body)
        return ref

    def look(self, ref: Ref) -> Flow[Snapshot]:
        yield from ()
        if self.dead is not None:
            raise Unauthorized(same("dead"))
        return self.tasks[ref.id]

    def follow(self, last: Snapshot, seconds: float) -> Flow[Snapshot]:
        return self.look(last.ref)

    def fetch(self, artifact: Artifact, ref: Ref, path: Path) -> Flow[Path]:
        yield from ()
        moment = self.called()
        if moment == "die fetching":
            self.die()
        if moment == "fetch away" or self.dead is not None:
            raise Unreachable(same("502"))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(tiny_png())
        return path

    def called(self) -> str:
        return next(self.script, "")


moments = st.lists(st.sampled_from(["", *MOMENTS]), max_size=12)
runs_of_a_batch = st.lists(st.tuples(moments, st.booleans(), st.integers(0, 40)), min_size=1, max_size=5)


async def live(world: World, runs: Runs, rules: Rules, script: list[str], torn: int) -> dict[str, str]:
    """Go one run through a script; a batch that dies in it leaves its last record torn."""
    world.script = iter(script)
    told: dict[str, str] = {}
    with suppress(Unauthorized, Unreachable):
        told = await runs.run(rules)
    dead = world.taken()
    if dead is not None:
        unheard = world.manifest.read_bytes()[len(dead) :].partition(b"\n")[0]
        world.manifest.write_bytes(dead + unheard[:torn])
    return told


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=25, deadline=None)
@given(scripts=runs_of_a_batch)
def test_nobody_pays_twice_and_every_line_ends(name: str, scripts: list[tuple[list[str], bool, int]]) -> None:
    rules = RULES[name]
    with tempfile.TemporaryDirectory() as home:
        world = World(rules.keyed, Path(home, "out", NAME))
        runs = Runs(Path(home), world, *LINES)

        async def lives() -> dict[str, str]:
            for script, aged, torn in scripts:
                await live(world, runs, rules, script, torn)
                if aged and world.manifest.exists():
                    age(world)
            return await live(world, runs, rules, [], 0)

        ended = asyncio.run(lives())
        for line in ("hero", "film", "cut", "alone"):
            assert world.made[line] <= 1 + world.failed[line], world.manifest.read_text()
            assert ended[line] in ("done", "failed", "unknown")
            assert (ended[line] == "done") <= (Path(home, "out", line).with_suffix(".png").exists())


def age(world: World) -> None:
    """Let four days pass: every record is older, and no key is known any more."""
    said = world.manifest.read_text()
    world.manifest.write_text(re.sub(r'"at":(\d+)', lambda at: f'"at":{int(at[1]) - DAYS}', said))
    world.keys.clear()
