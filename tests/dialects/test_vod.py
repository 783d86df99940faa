"""VOD over the real service: every action, every refusal, sessions, other applications and tenants."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from genmux.dialects.exchange import WireRequest
from genmux.dialects.vod import VodService, task_filter
from genmux.dialects.vod_events import PulledEvent, push_body
from genmux.dialects.vod_views import VodViews
from genmux.domain.errors import GenmuxError, InvalidInput
from genmux.domain.spec import GenerationSpec, Kind, ModelRef
from genmux.domain.text import same
from genmux.engine.service import Caller, Draft, TaskView
from genmux.providers.seam import Recovery
from genmux.testing.harness import Harness
from genmux.testing.scripted import ScriptedProvider
from genmux.wires import vod
from genmux.wires.tencent import WireError
from genmux.wires.tencent_schema import read_body

BASE = "http://genmux.test"
IMAGE, VIDEO = "CreateAigcImageTask", "CreateAigcVideoTask"
APP = 1500
CREATE: dict[str, Any] = {"SubAppId": APP, "ModelName": "Hunyuan", "ModelVersion": "3.0", "Prompt": "a cat"}
ANN, BOB = Caller(1), Caller(2)
DAY_SECONDS = 86_400


@dataclass
class Desk:
    """Events in memory: lent by `pull` until they are confirmed."""

    events: dict[str, tuple[int, int, bytes]] = field(default_factory=dict)
    configs: dict[tuple[int, int], vod.EventConfig] = field(default_factory=dict)

    def add(self, handle: str, task_id: bytes, caller: Caller = ANN, sub_app_id: int = APP) -> None:
        self.events[handle] = (caller.tenant_id, sub_app_id, task_id)

    async def pull(
        self, caller: Caller, sub_app_id: int, limit: int, wait_seconds: float
    ) -> Sequence[PulledEvent]:
        assert (limit, wait_seconds) == (16, 5.0)
        wanted = (caller.tenant_id, sub_app_id)
        return [
            PulledEvent(h, task_id) for h, (*whose, task_id) in self.events.items() if tuple(whose) == wanted
        ]

    async def confirm(self, caller: Caller, handles: Sequence[str]) -> int:
        return sum(self.events.pop(handle, None) is not None for handle in handles)

    async def config(self, caller: Caller, sub_app_id: int) -> vod.EventConfig:
        return self.configs.get((caller.tenant_id, sub_app_id), vod.EventConfig())

    async def set_config(self, caller: Caller, sub_app_id: int, config: vod.EventConfig) -> None:
        self.configs[caller.tenant_id, sub_app_id] = config


def result_urls(base_url: str, view: TaskView) -> tuple[str, ...]:
    return tuple(f"{base_url}/files/{view.row.id.hex()}/{a.n}" for a in view.artifacts)


@dataclass
class World:
    """An engine to step by hand under the service."""

    engine: Harness
    service: VodService
    desk: Desk

    async def call(
        self, action: str, body: dict[str, Any], caller: Caller = ANN, language: str = "en-US", **headers: str
    ) -> dict[str, Any]:
        raw = json.dumps(body).encode()
        named = {name.lower().replace("_", "-"): value for name, value in headers.items()}
        schema = self.service.schema(action)
        assert schema is not None
        try:
            read = read_body(raw, schema)
            request = WireRequest("POST", "/", "", named, raw, BASE)
            return await self.service.call(action, read, caller, request, language)
        except GenmuxError as error:
            raise self.service.explain(error, action) from None

    async def refusal(self, action: str, body: dict[str, Any], **options: Any) -> tuple[str, str | None]:
        with pytest.raises(WireError) as caught:
            await self.call(action, body, **options)
        return caught.value.code, caught.value.field

    async def create(self, action: str = IMAGE, caller: Caller = ANN, **body: Any) -> str:
        task_id: str = (await self.call(action, {**CREATE, **body}, caller))["TaskId"]
        return task_id

    async def describe(self, task_id: str, **options: Any) -> dict[str, Any]:
        return await self.call("DescribeTaskDetail", {"TaskId": task_id, "SubAppId": APP}, **options)

    async def listed(self, caller: Caller = ANN, **query: Any) -> list[str]:
        answer = await self.call("DescribeTasks", query, caller)
        return [task["TaskId"] for task in answer["TaskSet"]]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    engine = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER), validation="early")
    for name in ("ann", "bob"):
        await engine.store.tenant(name)
    desk = Desk()
    yield World(engine, VodService(engine.service, result_urls, desk), desk)
    await engine.close()


def id_of(task_id: str) -> bytes:
    name = vod.parse_task_id(task_id)
    assert name is not None
    return name.id


# Create and describe.


async def test_a_picture_from_create_to_finish(world: World) -> None:
    task_id = await world.create(SessionContext="mine", TasksPriority=7, OutputConfig={"MediaName": "m"})
    assert task_id.startswith(f"{APP}-AigcImageTask-")
    waiting = await world.describe(task_id)
    assert (waiting["Status"], waiting["AigcImageTask"]["Status"]) == ("WAITING", "PROCESSING")
    row = (await world.engine.detail(id_of(task_id))).task
    assert (row.sub_app_id, row.priority, row.wire) == (APP, 7, "vod")
    await world.engine.settle()
    answer = await world.describe(task_id)
    assert answer["Status"] == "FINISH"
    task = answer["AigcImageTask"]
    assert (task["TaskId"], task["ErrCode"], task["SessionContext"]) == (task_id, 0, "mine")
    assert (task["Input"]["Prompt"], task["Input"]["OutputConfig"]["MediaName"]) == ("a cat", "m")
    (info,) = task["Output"]["FileInfos"]
    assert info["FileUrl"].startswith(f"{BASE}/files/{id_of(task_id).hex()}/")
    assert (info["MetaData"]["Width"], info["MetaData"]["Height"]) == (8, 8)
    assert info["StorageMode"] == "Temporary"
    again = await world.describe(task_id)
    assert again == answer


async def test_a_permanent_result_has_a_file_id(world: World) -> None:
    task_id = await world.create(OutputConfig={"StorageMode": "Permanent"})
    await world.engine.settle()
    (info,) = (await world.describe(task_id))["AigcImageTask"]["Output"]["FileInfos"]
    assert len(info["FileId"]) == 18
    assert info["FileId"].isdigit()
    assert await world.listed(FileId=info["FileId"]) == [task_id]
    (listed,) = (await world.call("DescribeTasks", {}))["TaskSet"]
    assert listed["FileId"] == info["FileId"]


async def test_a_failed_and_a_cancelled_task(world: World) -> None:
    cancelled = await world.create()
    await world.engine.service.cancel(ANN, id_of(cancelled))
    answer = await world.describe(cancelled, language="zh-CN")
    task = answer["AigcImageTask"]
    assert (answer["Status"], task["Status"]) == ("FINISH", "FINISH")
    assert (task["ErrCode"], task["ErrCodeExt"], task["Message"]) == (
        70000,
        "OperationCanceled",
        "任务已取消。",
    )
    late = await world.create(FileInfos=[{"Type": "Url", "Url": "https://example.com/a.png"}])
    await world.engine.settle()
    task = (await world.describe(late))["AigcImageTask"]
    assert (task["Status"], task["ErrCode"]) == ("FINISH", 60000)
    assert task["Message"]


async def test_a_task_of_another_wire_is_found_under_every_application(world: World) -> None:
    made = await world.engine.create("from elsewhere", size=(512, 512))
    for app in (1, APP, 0):
        task_id = vod.render_task_id(Kind.IMAGE, app, made)
        answer = await world.call("DescribeTaskDetail", {"TaskId": task_id})
        task = answer["AigcImageTask"]
        assert (task["TaskId"], task["SessionId"], task["Input"]["Prompt"]) == (task_id, "", "from elsewhere")
        assert task["Input"]["ExtInfo"] == '{"AdditionalParameters":"{\\"size\\":\\"512x512\\"}"}'
    assert await world.listed() == [vod.render_task_id(Kind.IMAGE, 0, made)]
    assert await world.listed(SubAppId=APP) == []


async def test_nobody_elses_tasks(world: World) -> None:
    task_id = await world.create()
    missing = ("ResourceNotFound", "TaskId")
    describe = "DescribeTaskDetail"
    assert await world.refusal(describe, {"TaskId": task_id}, caller=BOB) == missing
    assert await world.refusal(describe, {"TaskId": task_id, "SubAppId": APP + 1}) == missing
    other_app = task_id.replace(str(APP), str(APP + 1))
    assert await world.refusal(describe, {"TaskId": other_app}) == missing
    other_kind = task_id.replace("AigcImageTask", "AigcVideoTask")
    assert await world.refusal(describe, {"TaskId": other_kind}) == missing
    unknown = vod.render_task_id(Kind.IMAGE, APP, bytes(16))
    assert await world.refusal(describe, {"TaskId": unknown}) == missing
    malformed = ("InvalidParameterValue.TaskId", "TaskId")
    assert await world.refusal(describe, {"TaskId": "4-AigcImage-0"}) == malformed
    assert await world.listed(caller=BOB) == []


# Sessions.


async def test_a_session_is_used_once_in_three_days(world: World) -> None:
    task_id = await world.create(SessionId="one")
    repeated = ("InvalidParameterValue.SessionId", "SessionId")
    assert await world.refusal(IMAGE, {**CREATE, "SessionId": "one"}) == repeated
    assert await world.refusal(IMAGE, {**CREATE, "SessionId": "one", "Prompt": "a dog"}) == repeated
    film = {**CREATE, "SessionId": "one", "ModelName": "Kling", "ModelVersion": "2.1"}
    assert await world.refusal(VIDEO, film) == repeated
    assert await world.listed() == [task_id]
    assert await world.create(SessionId="two")
    assert await world.create(SessionId="one", SubAppId=APP + 1)
    assert await world.create(SessionId="one", caller=BOB)
    assert (await world.describe(task_id))["AigcImageTask"]["SessionId"] == "one"
    world.engine.clock.advance(3 * DAY_SECONDS + 1)
    assert await world.create(SessionId="one") != task_id


async def test_a_refused_create_uses_no_session(world: World) -> None:
    bad = {**CREATE, "SessionId": "one", "ModelName": "Nobody"}
    assert (await world.refusal(IMAGE, bad))[0] == "InvalidParameterValue"
    assert await world.create(SessionId="one")


async def test_without_a_session_our_own_header_repeats_quietly(world: World) -> None:
    made = [await world.call(IMAGE, CREATE, X_Genmux_Idempotency_Key="k") for _ in range(2)]
    assert made[0] == made[1]
    other = {**CREATE, "Prompt": "a dog"}
    code, _ = await world.refusal(IMAGE, other, X_Genmux_Idempotency_Key="k")
    assert code == "InvalidParameterValue"


# Refusals.


@pytest.mark.parametrize(
    ("action", "body", "expected"),
    [
        (IMAGE, {"Prompt": ""}, ("MissingParameter", "Prompt")),
        (IMAGE, {"ModelName": "Nobody"}, ("InvalidParameterValue", "ModelName")),
        (IMAGE, {"SceneType": "3d_panorama"}, ("UnsupportedOperation", None)),
        (
            IMAGE,
            {"ExtInfo": '{"AdditionalParameters":"{\\"size\\":\\"9x9\\"}"}'},
            ("InvalidParameterValue", "ExtInfo.AdditionalParameters.size"),
        ),
        (
            IMAGE,
            {"FileInfos": [{"Type": "Url", "Url": "http://127.0.0.1/a.png"}]},
            ("InvalidParameterValue.Url", "FileInfos.0.Url"),
        ),
        (
            IMAGE,
            {"FileInfos": [{"Type": "Base64", "Base64": "AAAA"}]},
            ("InvalidParameterValue.ImageContent", "FileInfos.0.Base64"),
        ),
        (
            IMAGE,
            {"FileInfos": [{"Type": "File", "FileId": "1"}]},
            ("InvalidParameterValue.FileId", "FileInfos.0.FileId"),
        ),
        (
            VIDEO,
            {"ModelName": "Hailuo", "ModelVersion": "2.3", "OutputConfig": {"Duration": 7}},
            ("InvalidParameterValue", "OutputConfig.Duration"),
        ),
        (
            VIDEO,
            {"ModelName": "Kling", "ModelVersion": "2.1", "LastFrameUrl": "https://example.com/a.png"},
            ("MissingParameter", "FileInfos"),
        ),
    ],
)
async def test_refusals_name_the_wires_own_field(
    world: World, action: str, body: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    assert await world.refusal(action, {**CREATE, **body}) == expected
    assert await world.listed() == []


def test_an_error_about_a_subjects_picture_names_its_path() -> None:
    body = {
        "SubAppId": APP,
        "ModelName": "Vidu",
        "ModelVersion": "q2",
        "SubjectInfos": [{"Name": "n", "ImageUrls": ["https://example.com/a.png"]}],
    }
    parsed = vod.parse_create(VIDEO, body)
    service = VodService.__new__(VodService)
    error = service._translate(InvalidInput(same("no"), field="references.0"), parsed)
    assert (error.code, error.field) == ("InvalidParameterValue.Url", "SubjectInfos.0.ImageUrls.0")


def test_only_the_served_actions_have_a_schema() -> None:
    service = VodService.__new__(VodService)
    assert service.schema("CreateAigcAudioTask") is None
    assert all(service.schema(action) is not None for action in vod.ACTIONS)
    assert [action for action in vod.ACTIONS if service.creates(action)] == [IMAGE, VIDEO]


# Lists.


async def test_lists_are_paged_filtered_and_sorted(world: World) -> None:
    made = []
    for n in range(5):
        made.append(await world.create(SubAppId=APP + n % 2, SessionId=f"s{n}"))
        world.engine.clock.advance(10)
    assert await world.listed() == made[::-1]
    assert await world.listed(Status="WAITING", SubAppId=APP) == [made[4], made[2], made[0]]
    assert await world.listed(Status="FINISH") == []
    ascending = {"Sort": {"Field": "CreateTime", "Order": "Asc"}, "Limit": 2}
    seen: list[str] = []
    token = ""
    while True:
        answer = await world.call("DescribeTasks", {**ascending, "ScrollToken": token})
        seen += [task["TaskId"] for task in answer["TaskSet"]]
        token = answer["ScrollToken"]
        if not token:
            break
        assert len(answer["TaskSet"]) == 2
    assert seen == made
    times = [task["CreateTime"] for task in (await world.call("DescribeTasks", {}))["TaskSet"]][::-1]
    assert await world.listed(CreateTime={"After": times[1], "Before": times[3]}) == [made[2], made[1]]
    (first,) = (await world.call("DescribeTasks", {"Limit": 1}))["TaskSet"]
    assert (first["SessionId"], first["TaskType"], first["Status"]) == ("s4", "AigcImageTask", "WAITING")
    assert (first["BeginProcessTime"], first["FinishTime"]) == ("", "")
    await world.engine.settle()
    finished = await world.listed(Sort={"Field": "FinishTime", "Order": "Desc"}, Status="FINISH")
    assert sorted(finished) == sorted(made)
    world.engine.clock.advance(3 * DAY_SECONDS)
    assert await world.listed() == []


def test_a_file_id_that_is_none_matches_nothing() -> None:
    for text in ("x", "1" * 19, "１"):
        assert task_filter(vod.TaskQuery(file_id=text), 0) is None
    wanted = task_filter(vod.TaskQuery(file_id="12", created_until=9_000), 5_000)
    assert wanted is not None
    assert (wanted.file_id, wanted.created_before, wanted.limit) == (12, 8_999, 11)


# Events.


async def test_events_are_pulled_and_confirmed(world: World) -> None:
    task_id = await world.create(SessionContext="mine")
    await world.engine.settle()
    world.desk.add("h1", id_of(task_id))
    world.desk.add("h2", bytes(16))
    world.desk.add("h3", id_of(task_id), sub_app_id=APP + 1)
    (event,) = (await world.call("PullEvents", {"SubAppId": APP}))["EventSet"]
    assert (event["EventHandle"], event["EventType"]) == ("h1", "AigcImageTaskComplete")
    assert event["AigcImageCompleteEvent"] == (await world.describe(task_id))["AigcImageTask"]
    assert "h2" not in world.desk.events
    assert await world.call("ConfirmEvents", {"EventHandles": ["h1"], "SubAppId": APP}) == {}
    assert (await world.call("PullEvents", {"SubAppId": APP})) == {"EventSet": []}
    late = ("InvalidParameterValue", "EventHandles")
    assert await world.refusal("ConfirmEvents", {"EventHandles": ["h1", "h3"]}) == late
    assert world.desk.events == {}
    assert await world.refusal("PullEvents", {}) == ("MissingParameter", "SubAppId")


async def test_a_push_says_the_same_as_a_pull(world: World) -> None:
    task_id = await world.create()
    await world.engine.settle()
    world.desk.add("h", id_of(task_id))
    (event,) = (await world.call("PullEvents", {"SubAppId": APP}, language="zh-CN"))["EventSet"]
    views = VodViews(world.engine.service, result_urls)
    detail = await world.engine.detail(id_of(task_id))
    body = push_body(views, detail, base_url=BASE, sign_key="k", now_ms=world.engine.clock())
    pushed = vod.parse_push(body, "k", world.engine.clock() // 1000)
    assert pushed is not None
    assert {**pushed, "EventHandle": "h"} == {**event, "Sign": pushed["Sign"], "T": pushed["T"]}


async def test_an_application_is_set_up_piece_by_piece(world: World) -> None:
    app = {"SubAppId": APP}
    default = {"Mode": "PULL", "NotificationUrl": ""}
    switches = dict.fromkeys(
        (f"{name}CompleteEventSwitch" for name in ("UploadMedia", "DeleteMedia", "Persistence")), "OFF"
    )
    assert await world.call("DescribeEventConfig", app) == default | switches
    push = {"Mode": "PUSH", "NotificationUrl": "https://example.com/hear", "SignKey": "k"}
    assert await world.call("ModifyEventConfig", {**app, **push}) == {}
    assert await world.call("ModifyEventConfig", {**app, "UploadMediaCompleteEventSwitch": "ON"}) == {}
    told = await world.call("DescribeEventConfig", app)
    push.pop("SignKey")
    assert told == {**switches, **push, "UploadMediaCompleteEventSwitch": "ON"}
    assert world.desk.configs[1, APP].sign_key == "k"
    assert (await world.call("DescribeEventConfig", app, caller=BOB))["Mode"] == "PULL"


async def test_a_draft_of_another_wire_needs_no_extra(world: World) -> None:
    spec = GenerationSpec(kind=Kind.VIDEO, prompt="waves", model=ModelRef("Kling", "2.1"))
    draft = Draft(
        wire="mps", surface="mps", spec=spec, model_name="Kling", model_version="2.1", extra={"Operator": "o"}
    )
    made = (await world.engine.service.create(ANN, draft)).task_id
    task = (await world.describe(vod.render_task_id(Kind.VIDEO, APP, made)))["AigcVideoTask"]
    assert (task["Input"]["ModelName"], task["Input"]["OutputConfig"]["StorageMode"]) == ("Kling", "")
