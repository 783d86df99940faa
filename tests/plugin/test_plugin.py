"""A provider outside the package: found by its entry point, written in one file, used end to end."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from tests.providers.driving import calls, http, run

from genmux.compose.channels import load_providers
from genmux.domain.spec import GenerationSpec, Kind, ModelRef
from genmux.domain.states import TaskState
from genmux.engine.channels import Channel
from genmux.engine.ports import FetchFailed
from genmux.providers.seam import (
    Accepted,
    Account,
    Ambiguous,
    ErrorClass,
    Finished,
    Forgotten,
    Healthy,
    HttpCall,
    HttpReply,
    ModelDefaults,
    Output,
    Pending,
    Provider,
    Puzzling,
    Refused,
    Work,
)
from genmux.testing.harness import Harness
from genmux.testing.scripted import ScriptedUpstream, tiny_png

SITE = Path(__file__).parent / "site"
MODULE = "genmux_nimbus"
ALLOWED = ("genmux.providers.seam", "genmux.providers.base", "genmux.domain.")
HOST = "https://api.nimbus.example"
ACCOUNT = Account(channel="nimbus", endpoint=HOST, credential="c-1")
SPEC = GenerationSpec(kind=Kind.IMAGE, model=ModelRef("Nimbus", "1"), prompt="a cat", seed=7)
DEFAULTS = ModelDefaults(5.0, "1K", "1:1", takes_ratio=True)
WORK = Work(bytes(16), 1, "key-1", SPEC, (), "p/1", DEFAULTS, ACCOUNT)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The distribution as an installer leaves it: a module and its `.dist-info` on the path."""
    monkeypatch.syspath_prepend(str(SITE))
    yield
    sys.modules.pop(MODULE, None)


@pytest.fixture
def nimbus(installed: None) -> Provider:
    return load_providers()["nimbus"]


# ---------------------------------------------------------------- one file, found by its entry point


def test_it_is_found_beside_the_built_in_ones(nimbus: Provider) -> None:
    assert nimbus.name == "nimbus"
    assert type(nimbus).__module__ == MODULE
    assert "preview" in load_providers()


def test_without_its_distribution_it_is_not_there() -> None:
    assert "nimbus" not in load_providers()


def test_one_file_is_enough() -> None:
    assert [path.name for path in SITE.glob("*.py")] == [f"{MODULE}.py"]
    tree = ast.parse((SITE / f"{MODULE}.py").read_text("utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    ours = {name for name in imported if name.partition(".")[0] == "genmux"}
    assert ours
    assert all(name.startswith(ALLOWED) for name in ours)
    assert {name.partition(".")[0] for name in imported - ours} <= sys.stdlib_module_names


# ---------------------------------------------------------------- its flows


def test_it_signs_in_its_own_way(nimbus: Provider) -> None:
    call = HttpCall("GET", HOST, (("Accept", "*/*"),))
    assert nimbus.authorize(call, {"key": "k"}, 0).headers == (("Accept", "*/*"), ("X-Nimbus-Key", "k"))


def test_it_submits(nimbus: Provider) -> None:
    outcome, effects = run(nimbus.submit(WORK), [{"id": "p/1"}])
    assert outcome == Accepted("p/1")
    (call,) = calls(effects)
    assert (call.method, call.url) == ("POST", f"{HOST}/v3/paintings")
    assert json.loads(call.body) == {"wish": "a cat", "reference": "key-1", "shape": "1:1", "brush": 7}
    refused, _ = run(nimbus.submit(WORK), [http({"reason": "improper"}, 422)])
    assert refused == Refused(ErrorClass.CONTENT, "improper", "Nimbus says improper.")
    for answer in (http({}, 500), http(b"?"), http([])):
        assert isinstance(run(nimbus.submit(WORK), [answer])[0], Ambiguous)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (http({"state": "painting", "percent": 40}), Pending(40, "painting")),
        (http({"state": "hung", "picture": "https://x/1.png"}), Finished((Output(url="https://x/1.png"),))),
        (http({"state": "torn", "reason": "x"}), Refused(ErrorClass.INVALID, "x", "Nimbus says x.")),
        (http({"state": "lent"}), Puzzling("the painting is lent")),
        (http({}, 404), Forgotten("the painting is not there")),
    ],
)
def test_it_polls(nimbus: Provider, answer: HttpReply, outcome: object) -> None:
    told, effects = run(nimbus.poll(WORK), [answer])
    assert told == outcome
    assert calls(effects)[0].url == f"{HOST}/v3/paintings/p%2F1"


def test_it_looks_up_and_probes(nimbus: Provider) -> None:
    assert run(nimbus.lookup(WORK), [{"id": "p/1"}])[0] == Accepted("p/1")
    assert isinstance(run(nimbus.lookup(WORK), [http({}, 404)])[0], Forgotten)
    assert isinstance(run(nimbus.probe(ACCOUNT), [http({}, 404)])[0], Healthy)
    assert isinstance(run(nimbus.probe(ACCOUNT), [http({}, 401)])[0], Refused)


def test_what_it_does_not_override_is_there(nimbus: Provider) -> None:
    assert nimbus.serves(SPEC)
    assert not nimbus.serves(msgspec.structs.replace(SPEC, negative_prompt="dogs"))
    assert not nimbus.serves(msgspec.structs.replace(SPEC, kind=Kind.VIDEO))
    assert nimbus.endpoint(nimbus.options({})) == HOST
    with pytest.raises(ValueError, match="region"):
        nimbus.options({"region": "x"})
    assert nimbus.cancel(WORK) is None
    assert nimbus.watch(ACCOUNT, 0) is None


# ---------------------------------------------------------------- end to end


@dataclass(slots=True)
class Nimbus(ScriptedUpstream):
    """The vendor: paints at the second look, and only for who shows the key."""

    keys: set[str] = field(default_factory=set)
    wishes: dict[str, dict[str, Any]] = field(default_factory=dict)  # id → wish
    lose_answers: int = 0

    def answer(self, call: HttpCall) -> HttpReply:
        """Answer one call."""
        self.keys.add(dict(call.headers).get("X-Nimbus-Key", ""))
        parts = urlsplit(call.url)
        if call.method == "POST":
            return self._take(json.loads(call.body))
        if parts.query:
            return self._find(parse_qs(parts.query)["reference"][0])
        return self._look(parts.path.rsplit("/", 1)[-1])

    def _take(self, wish: dict[str, Any]) -> HttpReply:
        ref = f"p{len(self.wishes) + 1}"
        self.wishes[ref] = wish
        if self.lose_answers:
            self.lose_answers -= 1
            raise FetchFailed("timeout", "no answer")
        return http({"id": ref}, 201)

    def _find(self, reference: str) -> HttpReply:
        found = [ref for ref, wish in self.wishes.items() if wish["reference"] == reference]
        return http({"id": found[0]}) if found else http({}, 404)

    def _look(self, ref: str) -> HttpReply:
        if self.wishes[ref].pop("new", True):
            self.wishes[ref]["new"] = False
            return http({"state": "painting", "percent": 50})
        return http({"state": "hung", "picture": f"{HOST}/hall/{ref}.png"})

    def file(self, url: str) -> bytes:
        """Return a painting."""
        return tiny_png()


async def open_nimbus(directory: Path, provider: Provider, upstream: Nimbus) -> Harness:
    def channels(channel: Channel) -> list[Channel]:
        account = msgspec.structs.replace(channel.account, endpoint=HOST, credential="c-1")
        return [replace(channel, account=account)]

    harness = await Harness.open(directory, provider=provider, channels=channels)
    harness.credentials.table["c-1"] = {"key": "k"}
    harness.net.upstream = upstream
    return harness


async def test_a_task_is_made_by_the_plugin(tmp_path: Path, nimbus: Provider) -> None:
    upstream = Nimbus()
    harness = await open_nimbus(tmp_path, nimbus, upstream)
    task_id = await harness.create("a cat in the fog")
    await harness.settle()
    assert await harness.state(task_id) is TaskState.SUCCEEDED
    assert len((await harness.detail(task_id)).artifacts) == 1
    assert [wish["wish"] for wish in upstream.wishes.values()] == ["a cat in the fog"]
    assert upstream.keys == {"k"}
    await harness.close()


async def test_a_lost_answer_is_looked_up_not_repeated(tmp_path: Path, nimbus: Provider) -> None:
    upstream = Nimbus(lose_answers=1)
    harness = await open_nimbus(tmp_path, nimbus, upstream)
    task_id = await harness.create("a cat in the fog")
    await harness.settle(quiet_seconds=120)
    assert await harness.state(task_id) is TaskState.SUCCEEDED
    assert len(upstream.wishes) == 1
    await harness.close()
