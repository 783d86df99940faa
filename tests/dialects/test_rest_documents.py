"""The description of our own REST: total over the router, true to the parsers, and readable as a page."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from tests.dialects.test_rest import World, header, open_world
from tests.wires.test_rest import outputs, specs

from genmux.dialects.rest import PREFIX, ROUTES
from genmux.dialects.rest_openapi import REFUSALS, build_document
from genmux.dialects.rest_operations import OPERATIONS, PATH, TAGS
from genmux.dialects.rest_words import FIELDS
from genmux.domain.spec import GenerationSpec, Kind, OutputTarget
from genmux.wires import rest, rest_answers, rest_bodies
from genmux.wires.rest_problems import STATUS, Problem
from genmux.wires.rest_values import parse_time

PAGE = Path(__file__).parents[2] / "src/genmux/dialects/rest_docs.html"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


def document(language: str = "en") -> dict[str, Any]:
    return json.loads(msgspec.json.encode(build_document(ROUTES, "1.2.3", language)))  # type: ignore[no-any-return]


def test_every_route_is_described_and_every_description_has_a_route() -> None:
    described = {
        (method.upper(), path): row["operationId"]
        for path, methods in document()["paths"].items()
        for method, row in methods.items()
    }
    assert described == {(r.method, PREFIX + r.path): r.handler.__name__ for r in ROUTES}
    assert set(OPERATIONS) == {route.handler.__name__ for route in ROUTES}
    assert len(OPERATIONS) == len(ROUTES)
    assert set(PATH) == {name for route in ROUTES for name in re.findall(r"\{(\w+)\}", route.path)}
    assert {operation.tag for operation in OPERATIONS.values()} == set(TAGS)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_reference_leads_somewhere(language: str) -> None:
    told = document(language)
    names = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(told)))
    assert names <= set(told["components"]["schemas"])
    assert told["openapi"] == "3.1.0"


def test_both_languages_say_the_same_things() -> None:
    english, chinese = document("en"), document("zh")
    assert english["paths"].keys() == chinese["paths"].keys()
    for path, methods in english["paths"].items():
        for method, row in methods.items():
            other = chinese["paths"][path][method]
            assert row["summary"] != other["summary"]
            assert row["responses"].keys() == other["responses"].keys()


def test_the_body_of_a_create_has_the_fields_that_the_parser_knows() -> None:
    schema = document()["components"]["schemas"]["CreateBody"]
    assert set(schema["properties"]) == set(rest.KNOWN)
    assert schema["required"] == ["kind"]
    assert schema["additionalProperties"] is False


def test_every_field_that_is_asked_has_a_word_and_every_word_a_field() -> None:
    schemas = document()["components"]["schemas"]
    for name, words in FIELDS.items():
        assert set(words) <= set(schemas[name]["properties"]), name
    for name, schema in schemas.items():
        if name.endswith("Body"):
            assert set(FIELDS[name]) == set(schema["properties"]), name


def test_every_refusal_has_a_sentence() -> None:
    told = {int(s) for p in document()["paths"].values() for row in p.values() for s in row["responses"]}
    assert {status for status in told if status >= 400} <= set(REFUSALS)
    assert set(STATUS.values()) - set(REFUSALS) == {409, 429}  # nothing here answers them


@given(specs, outputs)
def test_whatever_a_create_can_say_fits_its_type(spec: GenerationSpec, output: OutputTarget | None) -> None:
    body = rest.render_create(spec, priority=-3, output=output)
    msgspec.convert(body, rest_bodies.CreateBody)


def test_what_is_answered_has_the_fields_of_its_type() -> None:
    status = rest.TaskStatus(id="task_0", kind=Kind.IMAGE, state="queued", wire="rest", created_at=0)
    schema = document()["components"]["schemas"]["TaskStatus"]
    assert set(rest.render_task(status)) == set(schema["required"])
    assert schema["properties"]["created_at"] == {"type": "string", "format": "date-time"}
    problem = rest.render_problem(500, "internal", "x", request_id="y")
    assert set(problem) == set(document()["components"]["schemas"]["Problem"]["required"])
    assert msgspec.convert(problem, Problem).code == "internal"


@pytest.mark.parametrize(
    ("field", "word", "value"),
    [
        ("duration", "5", 5),
        ("duration", "2.5", 2.5),
        ("count", "4", 4),
        ("audio", "false", False),
        ("resolution", "720P", "720P"),
        ("durration", "duration", "duration"),
        ("duration", "any", "any"),
        (None, "x", "x"),
    ],
)
def test_a_value_is_told_as_a_create_takes_it(field: str | None, word: str, value: object) -> None:
    assert rest_answers.render_value(field, word) == value


async def test_the_description_and_the_page_are_open_to_anybody(world: World) -> None:
    reply = await world.nobody.send("GET", "/openapi.json", headers={"accept-language": "zh-CN"})
    told = json.loads(reply.body)
    assert told["info"]["version"] == "1.2.3"
    assert told["paths"][f"{PREFIX}/tasks"]["post"]["summary"] == "创建任务"
    assert header(reply, "Vary") == "Accept-Language"
    page = await world.nobody.send("GET", "/docs")
    assert page.content_type == "text/html; charset=utf-8"
    assert "default-src 'none'" in (header(page, "Content-Security-Policy") or "")


def test_the_page_loads_nothing_from_elsewhere() -> None:
    text = PAGE.read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"<(link|img|iframe|script)\b[^>]*\b(src|href)=", text)
    assert "innerHTML" not in text


# ---------------------------------------------------------------- the emulator's clock


async def test_the_operator_moves_the_emulator_s_clock(world: World) -> None:
    before = (await world.operator.ask("GET", "/emulator/clock"))["time"]
    moved = (await world.operator.ask("POST", "/emulator/clock", {"advance_seconds": 3600}))["time"]
    assert rest_time(moved) - rest_time(before) == 3_600_000
    assert (await world.operator.ask("GET", "/emulator/clock"))["time"] == moved


def rest_time(text: str) -> int:
    found = parse_time(text)
    assert found is not None
    return found


@pytest.mark.parametrize("body", [{}, {"advance_seconds": -1}, {"advance_seconds": True}, {"seconds": 1}])
async def test_time_never_goes_back(world: World, body: dict[str, Any]) -> None:
    assert (await world.operator.problem("POST", "/emulator/clock", body))["status"] == 422


async def test_only_an_emulator_has_such_a_clock(tmp_path: Path) -> None:
    async with open_world(tmp_path, emulated=False) as world:
        for method in ("GET", "POST"):
            told = await world.operator.problem(method, "/emulator/clock", {"advance_seconds": 1})
            assert told["status"] == 404
            assert (await world.ann.problem(method, "/emulator/clock"))["status"] == 403
