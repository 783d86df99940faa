"""Our own REST over the real service: every endpoint, every refusal, nobody else's tasks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.rest import PREFIX, ROUTES, RestDialect
from genmux.dialects.rest_call import Access
from genmux.media.urls import FileUrls
from genmux.providers.seam import Recovery
from genmux.store.keyring import Keyring
from genmux.testing.harness import Harness
from genmux.testing.scripted import ScriptedProvider

ADMIN = "admin-token"
BASE = "http://genmux.test"
CREATE: dict[str, Any] = {"kind": "image", "prompt": "a cat"}
MISSING = "task_" + "0" * 32


@dataclass
class Client:
    """One bearer token at the dialect."""

    dialect: RestDialect
    token: str

    async def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> WireReply:
        path, _, query = path.partition("?")
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        known = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return await self.dialect.handle(
            WireRequest(method, PREFIX + path, query, {**known, **(headers or {})}, raw, BASE)
        )

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        reply = await self.send(method, path, body, headers)
        assert reply.status < 300, reply.body
        return json.loads(reply.body) if reply.body else None

    async def problem(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = await self.send(method, path, body, named)
        assert reply.content_type == "application/problem+json"
        problem: dict[str, Any] = json.loads(reply.body)
        assert problem["status"] == reply.status
        assert problem["request_id"] == header(reply, "X-Request-Id")
        assert problem["title"]
        return problem


@dataclass
class World:
    """An engine to step by hand, its operator and two tenants."""

    engine: Harness
    keyring: Keyring
    operator: Client
    ann: Client
    bob: Client
    nobody: Client


def header(reply: WireReply, name: str) -> str | None:
    return next((value for key, value in reply.headers if key.lower() == name.lower()), None)


class Emulator:
    """The emulator over the engine's frozen clock."""

    def __init__(self, engine: Harness) -> None:
        self._engine = engine

    def advance(self, seconds: float) -> int:
        self._engine.clock.advance(seconds)
        return self._engine.clock()


@asynccontextmanager
async def open_world(tmp_path: Path, *, emulated: bool = True) -> AsyncIterator[World]:
    """Open the dialect over a real engine, for as long as the block runs."""
    engine = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER), validation="early")
    keyring = Keyring(engine.store, bytes(32), engine.clock, engine.store.tenant)
    dialect = RestDialect(
        service=engine.service,
        keys=keyring,
        clock=engine.clock,
        admin_token=ADMIN,
        urls=FileUrls(b"k" * 32),
        url_hours=12,
        version="1.2.3",
        emulator=Emulator(engine) if emulated else None,
    )
    tokens = [(await keyring.create(name, name))[2] for name in ("ann", "bob")]
    try:
        yield World(engine, keyring, *(Client(dialect, token) for token in (ADMIN, *tokens, "")))
    finally:
        await engine.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


async def test_a_task_is_created_watched_and_opened(world: World) -> None:
    reply = await world.ann.send("POST", "/tasks", CREATE)
    made = json.loads(reply.body)
    assert reply.status == 201
    assert header(reply, "Location") == f"{PREFIX}/tasks/{made['id']}"
    assert (made["state"], made["model"], made["wire"]) == ("queued", "Hunyuan/3.0", "rest")
    assert made["progress"] is None
    assert made["created_at"].endswith("Z")
    await world.engine.settle()
    task = await world.ann.ask("GET", f"/tasks/{made['id']}")
    assert task["state"] == "succeeded"
    assert task["usage"] == {"images": 1, "resolution": "8x8"}
    assert task["events"][0]["kind"] == "created"
    assert task["attempts"][0]["outcome"] == "succeeded"
    assert task["spec"] == {"kind": "image", "model": "Hunyuan/3.0", "prompt": "a cat"}
    (artifact,) = task["artifacts"]
    assert artifact["url"].startswith(f"{BASE}/files/{made['id'][5:]}/{artifact['n']}.png?e=")
    assert (artifact["width"], artifact["height"], artifact["content_type"]) == (8, 8, "image/png")


async def test_a_result_opens_for_an_hour_at_least_and_while_it_is_kept(world: World) -> None:
    made = await world.ann.ask("POST", "/tasks", CREATE)
    path = f"/tasks/{made['id']}/artifacts/"
    assert (await world.ann.problem("GET", path + "0"))["code"] == "not_found"
    await world.engine.settle()
    task = await world.ann.ask("GET", f"/tasks/{made['id']}?detail=0")
    path += str(task["artifacts"][0]["n"])
    fresh = await world.ann.send("GET", path)
    assert fresh.status == 302
    assert header(fresh, "Location") == task["artifacts"][0]["url"]
    world.engine.clock.advance(20 * 3600)
    late = header(await world.ann.send("GET", path), "Location") or ""
    until = int(parse_qs(urlsplit(late).query)["e"][0])
    assert until - world.engine.clock() // 1000 == 3600
    assert (await world.ann.problem("GET", f"/tasks/{made['id']}/artifacts/77"))["status"] == 404
    assert (await world.bob.problem("GET", path))["status"] == 404
    world.engine.clock.advance(30 * 24 * 3600)
    assert (await world.ann.problem("GET", path))["status"] == 404


async def test_full_answers_and_short_ones(world: World) -> None:
    made = await world.ann.ask("POST", "/tasks", CREATE)
    assert "events" not in made
    assert "events" in await world.ann.ask("GET", f"/tasks/{made['id']}")
    assert "events" not in await world.ann.ask("GET", f"/tasks/{made['id']}?detail=0")
    assert "events" not in (await world.ann.ask("GET", "/tasks"))["tasks"][0]
    assert "events" in (await world.ann.ask("GET", "/tasks?detail=1"))["tasks"][0]
    assert (await world.ann.problem("GET", "/tasks?detail=x"))["field"] == "detail"


async def test_an_unchanged_task_is_not_sent_again(world: World) -> None:
    made = await world.ann.ask("POST", "/tasks", CREATE)
    first = await world.ann.send("GET", f"/tasks/{made['id']}")
    tag = header(first, "ETag") or ""
    again = await world.ann.send("GET", f"/tasks/{made['id']}", headers={"if-none-match": f'"x", {tag}'})
    assert (again.status, again.body) == (304, b"")
    assert header(again, "ETag") == tag
    await world.engine.settle()
    after = await world.ann.send("GET", f"/tasks/{made['id']}", headers={"if-none-match": tag})
    assert after.status == 200
    assert header(after, "ETag") != tag


async def test_a_short_answer_s_tag_does_not_hide_the_full_one(world: World) -> None:
    made = await world.ann.ask("POST", "/tasks", CREATE)
    short = await world.ann.send("GET", f"/tasks/{made['id']}?detail=0")
    tag = header(short, "ETag") or ""
    full = await world.ann.send("GET", f"/tasks/{made['id']}", headers={"if-none-match": tag})
    assert full.status == 200


async def test_the_list_is_paged_newest_first(world: World) -> None:
    ids = [(await world.ann.ask("POST", "/tasks", {**CREATE, "prompt": str(n)}))["id"] for n in range(5)]
    page = await world.ann.ask("GET", "/tasks?limit=2")
    seen = [t["id"] for t in page["tasks"]]
    while page["next_cursor"]:
        page = await world.ann.ask("GET", f"/tasks?limit=2&cursor={page['next_cursor']}")
        seen += [t["id"] for t in page["tasks"]]
    assert seen == ids[::-1]
    assert (await world.ann.ask("GET", "/tasks?limit=5"))["next_cursor"] is None
    assert len((await world.ann.ask("GET", "/tasks?limit=5000"))["tasks"]) == 5
    assert (await world.ann.ask("GET", "/tasks?kind=video"))["tasks"] == []
    assert (await world.ann.ask("GET", "/tasks?state=failed,cancelled"))["tasks"] == []
    assert len((await world.ann.ask("GET", "/tasks?state=queued"))["tasks"]) == 5


async def test_the_list_is_filtered_by_time_and_turned_around(world: World) -> None:
    ids, times = [], []
    for n in range(4):
        made = await world.ann.ask("POST", "/tasks", {**CREATE, "prompt": str(n)})
        ids.append(made["id"])
        times.append(made["created_at"])
        world.engine.clock.advance(60)
    middle = f"created_after={times[1]}&created_before={times[2]}"
    assert await listed(world.ann, middle) == [ids[2], ids[1]]
    assert await listed(world.ann, middle + "&order=asc") == [ids[1], ids[2]]
    offset = times[1].replace("Z", "%2B00:00")
    assert await listed(world.ann, f"created_after={offset}&order=desc") == ids[:0:-1]
    page = await world.ann.ask("GET", "/tasks?order=asc&limit=3")
    assert [task["id"] for task in page["tasks"]] == ids[:3]
    assert await listed(world.ann, f"order=asc&limit=3&cursor={page['next_cursor']}") == ids[3:]


async def listed(client: Client, query: str) -> list[str]:
    return [task["id"] for task in (await client.ask("GET", f"/tasks?{query}"))["tasks"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("limit=-1", "limit"),
        ("limit=٣", "limit"),
        ("kind=song", "kind"),
        ("state=done", "state"),
        ("created_after=yesterday", "created_after"),
        ("created_before=2026-02-30T00:00:00Z", "created_before"),
        ("created_before=2026-01-31T08:00:00", "created_before"),
        ("order=up", "order"),
        ("staet=failed", "staet"),
        ("=x", "?"),
        (f"cursor={MISSING}", "cursor"),
        ("cursor=7", "cursor"),
    ],
)
async def test_a_bad_query_is_named(world: World, query: str, field: str) -> None:
    problem = await world.ann.problem("GET", f"/tasks?{query}")
    assert (problem["status"], problem["field"]) == (422, field)


async def test_tenants_do_not_see_each_other(world: World) -> None:
    task = (await world.ann.ask("POST", "/tasks", CREATE))["id"]
    assert (await world.bob.ask("GET", "/tasks"))["tasks"] == []
    for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/artifacts/0")):
        theirs = await world.bob.problem(method, f"/tasks/{task}{path}")
        absent = await world.bob.problem(method, f"/tasks/{MISSING}{path}")
        assert {**theirs, "request_id": ""} == {**absent, "request_id": ""}
    assert (await world.bob.problem("GET", f"/tasks?cursor={task}"))["field"] == "cursor"
    assert (await world.operator.ask("GET", f"/tasks/{task}"))["id"] == task
    assert len((await world.operator.ask("GET", "/tasks"))["tasks"]) == 1


async def test_cancel_ends_a_queued_task_and_leaves_an_ended_one(world: World) -> None:
    task = (await world.ann.ask("POST", "/tasks", CREATE))["id"]
    assert (await world.ann.ask("POST", f"/tasks/{task}/cancel"))["state"] == "cancelled"
    assert (await world.ann.ask("POST", f"/tasks/{task}/cancel"))["state"] == "cancelled"


async def test_a_failed_task_says_why(world: World) -> None:
    task = (await world.ann.ask("POST", "/tasks", {**CREATE, "prompt": "content"}))["id"]
    await world.engine.settle()
    shown = await world.ann.ask("GET", f"/tasks/{task}?detail=0")
    assert shown["state"] == "failed"
    assert shown["error"]["code"] == "content_refused"
    assert shown["finished_at"] is not None


async def test_an_unknown_task_says_why_and_only_the_operator_settles_it(world: World) -> None:
    task = (await world.ann.ask("POST", "/tasks", {**CREATE, "prompt": "lost"}))["id"]
    await world.engine.settle()
    shown = await world.ann.ask("GET", f"/tasks/{task}?detail=0")
    assert shown["state"] == "unknown"
    assert shown["reason"]
    path = f"/tasks/{task}/resolve"
    assert (await world.ann.problem("POST", path, {"outcome": "give_up"}))["status"] == 403
    assert (await world.operator.problem("POST", path, {}))["field"] == "outcome"
    assert (await world.operator.problem("POST", path, {"outcome": "maybe"}))["field"] == "outcome"
    assert (await world.operator.problem("POST", path, {"outcome": "accepted"}))["field"] == "upstream_ref"
    settled = await world.operator.ask("POST", path, {"outcome": "give_up"})
    assert settled["state"] == "failed"
    assert settled["error"]["code"] == "outcome_unknown"
    assert "reason" in settled
    assert settled["reason"] is None
    assert (await world.operator.problem("POST", path, {"outcome": "give_up"}))["status"] == 422


async def test_an_unknown_task_that_was_accepted_goes_on(world: World) -> None:
    task = (await world.ann.ask("POST", "/tasks", {**CREATE, "prompt": "lost"}))["id"]
    await world.engine.settle()
    key = world.engine.upstream.accepted[0]
    body = {"outcome": "accepted", "upstream_ref": f"up-{key}-0"}
    await world.operator.ask("POST", f"/tasks/{task}/resolve", body)
    await world.engine.settle()
    assert (await world.ann.ask("GET", f"/tasks/{task}"))["state"] == "succeeded"


async def test_an_idempotency_key_makes_one_task(world: World) -> None:
    headers = {"idempotency-key": "k1"}
    first = await world.ann.send("POST", "/tasks", CREATE, headers)
    again = await world.ann.send("POST", "/tasks", CREATE, headers)
    assert (first.status, again.status) == (201, 201)
    assert json.loads(first.body)["id"] == json.loads(again.body)["id"]
    assert header(first, "Idempotent-Replayed") is None
    assert header(again, "Idempotent-Replayed") == "true"
    other = await world.bob.send("POST", "/tasks", CREATE, headers)
    assert json.loads(other.body)["id"] != json.loads(first.body)["id"]
    problem = await world.ann.problem("POST", "/tasks", {**CREATE, "prompt": "a dog"}, idempotency_key="k1")
    assert (problem["status"], problem["code"]) == (422, "key_reused")
    world.engine.clock.advance(24 * 3600 + 1)
    later = await world.ann.send("POST", "/tasks", {**CREATE, "prompt": "a dog"}, headers)
    assert later.status == 201
    long = await world.ann.problem("POST", "/tasks", CREATE, idempotency_key="x" * 256)
    assert long["field"] == "Idempotency-Key"


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"prompt": "x" * 100_000}, "invalid_value", "prompt"),
        ({"model": "Klinge/3.0"}, "model_not_supported", "model"),
        ({"model": "Hunyuan/99"}, "model_not_supported", "model"),
        ({"count": 999}, "invalid_value", "count"),
        ({"output": {"bucket": "nope", "region": ""}}, "invalid_value", "output"),
        (
            {"references": [{"role": "reference", "source": "http://10.0.0.1/x.png"}]},
            "invalid_input",
            "references.0",
        ),
        (
            {"subjects": [{"images": [{"source": "data:image/png;base64,AAAA"}]}]},
            "invalid_input",
            "subjects.0.images.0",
        ),
    ],
    ids=lambda v: str(v)[:30],
)
async def test_what_the_service_refuses_is_named_in_the_wire_s_words(
    world: World, said: dict[str, Any], code: str, field: str
) -> None:
    problem = await world.ann.problem("POST", "/tasks", {**CREATE, **said})
    assert (problem["status"], problem["code"], problem["field"]) == (422, code, field)
    assert (await world.ann.ask("GET", "/tasks"))["tasks"] == []


async def test_problems_are_told_in_the_caller_s_language(world: World) -> None:
    english = await world.ann.problem("POST", "/tasks", {"kind": "song"}, accept_language="en-US")
    chinese = await world.ann.problem("POST", "/tasks", {"kind": "song"}, accept_language="zh-CN,zh;q=0.9")
    assert "must be one of" in english["detail"]
    assert "必须是" in chinese["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 200_000])
async def test_garbage_is_malformed_not_an_accident(world: World, body: bytes) -> None:
    problem = await world.ann.problem("POST", "/tasks", body)
    assert (problem["status"], problem["code"]) == (400, "caller_error")


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")
async def test_every_endpoint_asks_who_is_there(world: World, route: Any) -> None:
    path = (
        route.path.format(id=MISSING, n="0", secret_id="AKID0", name="nobody")
        if "{" in route.path
        else route.path
    )
    reply = await world.nobody.send(route.method, path)
    wrong = await Client(world.nobody.dialect, "gmx_wrong").send(route.method, path)
    if route.access is Access.ANYBODY:
        assert reply.status == wrong.status == 200
        return
    assert reply.status == wrong.status == 401
    assert header(reply, "WWW-Authenticate") == 'Bearer realm="genmux"'
    tenant = await world.ann.send(route.method, path, {})
    assert (tenant.status == 403) is (route.access is Access.OPERATOR)


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "Bearer ", "admin-token", "Bearer ädmin"])
async def test_odd_credentials_are_nobody_s(world: World, value: str) -> None:
    problem = await world.nobody.problem("GET", "/tasks", authorization=value)
    assert (problem["status"], problem["code"]) == (401, "unauthorized")


async def test_wrong_paths_and_methods(world: World) -> None:
    assert (await world.ann.problem("GET", "/nothing"))["status"] == 404
    assert (await world.ann.problem("GET", "/tasks/"))["status"] == 404
    assert (await world.ann.problem("GET", "/tasks/4-AigcImage-00"))["code"] == "not_found"
    for method, path, allowed in (
        ("PUT", "/tasks", "POST, GET, HEAD"),
        ("GET", f"/tasks/{MISSING}/cancel", "POST"),
        ("POST", "/keys/x", "DELETE"),
        ("get", "/models", "GET, HEAD"),
    ):
        reply = await world.ann.send(method, path)
        assert reply.status == 405
        assert header(reply, "Allow") == allowed
        assert json.loads(reply.body)["code"] == "method_not_allowed"
    head = await world.ann.send("HEAD", "/tasks")
    assert head.status == 200


async def test_keys_are_told_once_and_revoked_at_once(world: World) -> None:
    made = await world.operator.ask("POST", "/keys", {"name": "carl", "tenant": "carl"})
    assert set(made) == {"secret_id", "secret_key", "token", "name", "tenant_id"}
    carl = Client(world.operator.dialect, made["token"])
    assert (await carl.ask("GET", "/tasks"))["tasks"] == []
    listed = json.dumps(await world.operator.ask("GET", "/keys"))
    assert made["secret_id"] in listed
    assert made["secret_key"] not in listed
    assert made["token"] not in listed
    assert (await world.operator.send("DELETE", f"/keys/{made['secret_id']}")).status == 204
    assert (await carl.problem("GET", "/tasks"))["status"] == 401
    assert (await world.operator.problem("DELETE", f"/keys/{made['secret_id']}"))["status"] == 404
    keys = {key["secret_id"]: key for key in (await world.operator.ask("GET", "/keys"))["keys"]}
    assert keys[made["secret_id"]]["revoked_at"] is not None


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": 5}, {"name": "a\nb"}, {"name": "x" * 101}, {"nam": ""}]
)
async def test_a_key_needs_a_name(world: World, body: dict[str, Any]) -> None:
    assert (await world.operator.problem("POST", "/keys", body))["status"] == 422


async def test_models_say_what_is_served(world: World) -> None:
    models = (await world.ann.ask("GET", "/models?kind=video"))["models"]
    kling = next(m for m in models if m["model"] == "Kling/3.0")
    assert kling["served"] is True
    assert kling["default"] is True
    assert {m["kind"] for m in models} == {"video"}
    assert (await world.ann.problem("GET", "/models?kind=x"))["field"] == "kind"


async def test_health_shows_counts_to_the_operator_only(world: World) -> None:
    await world.ann.ask("POST", "/tasks", CREATE)
    assert "tasks" not in await world.nobody.ask("GET", "/health")
    health = await world.operator.ask("GET", "/health")
    assert (health["status"], health["version"]) == ("ok", "1.2.3")
    assert health["tasks"]["queued"] == 1
    world.engine.service.draining = True
    assert (await world.nobody.send("GET", "/health")).status == 503
    refused = await world.ann.send("POST", "/tasks", CREATE)
    assert refused.status == 503
    assert header(refused, "Retry-After") == "5"


def test_a_body_over_the_limit_is_a_problem(world: World) -> None:
    reply = world.ann.dialect.too_large(WireRequest("POST", PREFIX + "/tasks", "", {}, b"", BASE), 5)
    assert reply.status == 413
    assert json.loads(reply.body)["code"] == "too_large"
    assert header(reply, "X-Request-Id")


async def test_an_accident_is_an_honest_problem(world: World) -> None:
    world.engine.service.catalogue = None  # type: ignore[assignment]
    problem = await world.ann.problem("GET", "/models")
    assert (problem["status"], problem["code"]) == (500, "internal")
    assert "NoneType" not in json.dumps(problem)
