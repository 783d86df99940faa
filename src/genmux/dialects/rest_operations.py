"""What each endpoint takes and answers, one row per handler, in the words of the API's description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from genmux.dialects.idempotency import MAX_KEY_CHARACTERS
from genmux.dialects.rest_listing import MAX_PAGE, ORDERS, STATES, USUAL_PAGE
from genmux.dialects.rest_uploads import TYPES
from genmux.dialects.rest_waiting import LONGEST_WAIT_SECONDS
from genmux.domain.spec import Kind
from genmux.domain.text import Text
from genmux.wires import rest
from genmux.wires.rest_answers import (
    CheckStatus,
    ClockStatus,
    EventList,
    HealthStatus,
    KeyList,
    ModelList,
    NewKey,
    TaskList,
    UploadStatus,
)
from genmux.wires.rest_bodies import ClockBody, CreateBody, KeyBody, ResolveBody
from genmux.wires.rest_channels import ChannelBody, ChannelList, ChannelStatus, ProbeStatus

JSON: Final = "application/json"


class Parameter(NamedTuple):
    """One parameter; `place` is query, header or path."""

    name: str
    place: str
    schema: Mapping[str, Any]
    text: Text


class Answer(NamedTuple):
    """One good answer: its types of content, each with the type of its body (None: bytes or text)."""

    text: Text
    content: Mapping[str, type | None] = {}
    headers: tuple[str, ...] = ()


class Operation(NamedTuple):
    """One endpoint. `problems` are the refusals that are its own, beside those of every endpoint."""

    tag: str
    text: Text
    answers: Mapping[int, Answer]
    body: type | None = None
    body_types: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[int, ...] = ()


TAGS: Final = {
    "tasks": Text("Generations, from create to result.", "生成任务：从创建到结果。"),
    "models": Text("What can be made here.", "本服务可生成的模型。"),
    "keys": Text("Access keys, for the operator.", "访问密钥，仅限运维者。"),
    "channels": Text("Accounts at upstreams, for the operator.", "上游通道，仅限运维者。"),
    "server": Text("The server itself.", "服务自身。"),
}

_TIME: Final = {"type": "string", "format": "date-time"}
_FLAG: Final = {"type": "string", "enum": ["1", "0", "true", "false"]}
_KIND: Final = {"type": "string", "enum": [str(kind) for kind in Kind]}
_DONE: Final = Text("Done.", "已完成。")
_CHANNEL: Final = Answer(Text("The channel as it is now.", "通道当前状态。"), {JSON: ChannelStatus})
_TASK: Final = Answer(Text("The task.", "任务。"), {JSON: rest.TaskStatus})

PATH: Final = {
    "id": Parameter(
        "id",
        "path",
        {"type": "string", "pattern": "^task_[0-9a-f]{32}$"},
        Text("The task's id.", "任务 ID。"),
    ),
    "n": Parameter(
        "n", "path", {"type": "integer", "minimum": 0}, Text("The artifact's number.", "结果的编号。")
    ),
    "secret_id": Parameter(
        "secret_id",
        "path",
        {"type": "string", "minLength": 1},
        Text("The key's SecretId.", "密钥的 SecretId。"),
    ),
    "name": Parameter(
        "name",
        "path",
        {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"},
        Text("The channel's name.", "通道名称。"),
    ),
}
"""Every parameter that stands in a path."""

DETAIL: Final = Parameter(
    "detail",
    "query",
    _FLAG,
    Text(
        "Whether spec, inputs, attempts and timeline are shown too.",
        "是否同时返回 spec、输入、尝试与时间线。",
    ),
)
IDEMPOTENCY: Final = Parameter(
    "Idempotency-Key",
    "header",
    {"type": "string", "maxLength": MAX_KEY_CHARACTERS},
    Text(
        "The same key and body make one task only, for 24 hours.",
        "24 小时内，相同的键与请求体只创建一个任务。",
    ),
)
LIST: Final = (
    Parameter("kind", "query", _KIND, Text("Only this kind.", "仅此类型。")),
    Parameter(
        "state",
        "query",
        {"type": "string", "examples": ["queued,running"]},
        Text(
            f"Only these states, by comma: {', '.join(STATES)}.",
            f"仅这些状态，以逗号分隔：{'、'.join(STATES)}。",
        ),
    ),
    Parameter("created_after", "query", _TIME, Text("Created then or later.", "在此时间或之后创建。")),
    Parameter("created_before", "query", _TIME, Text("Created then or earlier.", "在此时间或之前创建。")),
    Parameter(
        "order",
        "query",
        {"type": "string", "enum": list(ORDERS), "default": "desc"},
        Text("Oldest first, or newest first.", "最旧在前，或最新在前。"),
    ),
    Parameter(
        "limit",
        "query",
        {"type": "integer", "minimum": 1, "default": USUAL_PAGE},
        Text(f"The page's length, at most {MAX_PAGE}.", f"每页条数，最多 {MAX_PAGE}。"),
    ),
    Parameter(
        "cursor",
        "query",
        {"type": "string"},
        Text("Where the page before ended.", "上一页结束的位置。"),
    ),
    DETAIL,
)
WAIT: Final = Parameter(
    "wait",
    "query",
    {"type": "number", "minimum": 0, "maximum": LONGEST_WAIT_SECONDS},
    Text(
        "Seconds to wait until the task is final or, with If-None-Match, until anything is new.",
        "最多等待的秒数：直到任务结束；带 If-None-Match 时直到有任何变化。",
    ),
)
TAG: Final = Parameter(
    "If-None-Match", "header", {"type": "string"}, Text("The ETag of what you have.", "已有内容的 ETag。")
)
_EVENT: Final = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
AFTER: Final = (
    Parameter("after", "query", _EVENT, Text("Only events after this one.", "仅此编号之后的事件。")),
    Parameter("Last-Event-ID", "header", _EVENT, Text("The same, of a stream.", "同上，用于事件流重连。")),
)

OPERATIONS: Final[dict[str, Operation]] = {
    "create_task": Operation(
        "tasks",
        Text("Create a task", "创建任务"),
        {201: Answer(Text("It is on disk.", "任务已落盘。"), {JSON: rest.TaskStatus}, ("Location",))},
        CreateBody,
        (JSON,),
        (IDEMPOTENCY,),
        (400, 503),
    ),
    "check_task": Operation(
        "tasks",
        Text("Check a create without creating", "校验请求而不创建"),
        {200: Answer(Text("What a create would come to.", "创建的预期结果。"), {JSON: CheckStatus})},
        CreateBody,
        (JSON,),
        (),
        (400,),
    ),
    "list_tasks": Operation(
        "tasks",
        Text("List tasks", "任务列表"),
        {200: Answer(Text("A page of tasks.", "一页任务。"), {JSON: TaskList})},
        parameters=LIST,
    ),
    "get_task": Operation(
        "tasks",
        Text("Show a task, or wait for it", "查询任务，或等待任务"),
        {
            200: Answer(_TASK.text, _TASK.content, ("ETag",)),
            304: Answer(Text("Nothing is new.", "没有变化。"), headers=("ETag",)),
        },
        parameters=(WAIT, TAG, DETAIL),
        problems=(404,),
    ),
    "get_events": Operation(
        "tasks",
        Text("A task's timeline, as a list or a live stream", "任务时间线：列表或实时事件流"),
        {
            200: Answer(
                Text("The events, until the task ends when streamed.", "事件；以流方式返回时直到任务结束。"),
                {JSON: EventList, "text/event-stream": None},
            ),
            204: Answer(Text("There will be no more events.", "不会再有新的事件。")),
        },
        parameters=AFTER,
        problems=(404,),
    ),
    "cancel_task": Operation("tasks", Text("Cancel a task", "取消任务"), {200: _TASK}, problems=(404,)),
    "resolve_task": Operation(
        "tasks",
        Text("Settle a task whose outcome is unknown", "处置结果未知的任务"),
        {200: _TASK},
        ResolveBody,
        (JSON,),
        (),
        (400, 404),
    ),
    "open_artifact": Operation(
        "tasks",
        Text("Open a result", "打开结果"),
        {302: Answer(Text("Its signed URL.", "带签名的 URL。"), headers=("Location",))},
        problems=(404,),
    ),
    "create_upload": Operation(
        "tasks",
        Text("Upload a picture or film for later tasks", "上传图片或视频供后续任务使用"),
        {
            201: Answer(
                Text("The source to name in a create.", "创建任务时使用的 source。"), {JSON: UploadStatus}
            )
        },
        bytes,
        TYPES,
        (),
        (503,),
    ),
    "list_models": Operation(
        "models",
        Text("List models and what they take", "模型及其能力"),
        {200: Answer(Text("The models.", "模型列表。"), {JSON: ModelList})},
        parameters=(Parameter("kind", "query", _KIND, Text("Only this kind.", "仅此类型。")),),
    ),
    "create_key": Operation(
        "keys",
        Text("Make an access key", "创建访问密钥"),
        {201: Answer(Text("The only time its secret is told.", "密钥仅此一次返回。"), {JSON: NewKey})},
        KeyBody,
        (JSON,),
        (),
        (400,),
    ),
    "list_keys": Operation(
        "keys",
        Text("List access keys", "访问密钥列表"),
        {200: Answer(Text("The keys, without secrets.", "密钥列表，不含私密内容。"), {JSON: KeyList})},
    ),
    "revoke_key": Operation(
        "keys", Text("Revoke an access key", "吊销访问密钥"), {204: Answer(_DONE)}, problems=(404,)
    ),
    "list_channels": Operation(
        "channels",
        Text("List channels", "通道列表"),
        {
            200: Answer(
                Text("The channels, without secrets.", "通道列表，不含私密内容。"), {JSON: ChannelList}
            )
        },
    ),
    "put_channel": Operation(
        "channels",
        Text("Make a channel, or change one", "创建或修改通道"),
        {200: _CHANNEL},
        ChannelBody,
        (JSON,),
        (),
        (400,),
    ),
    "remove_channel": Operation(
        "channels", Text("Disable a channel for good", "移除通道"), {204: Answer(_DONE)}, problems=(404,)
    ),
    "enable_channel": Operation(
        "channels", Text("Let a channel take new tasks", "启用通道"), {200: _CHANNEL}, problems=(404,)
    ),
    "disable_channel": Operation(
        "channels", Text("Give a channel no new tasks", "停用通道"), {200: _CHANNEL}, problems=(404,)
    ),
    "test_channel": Operation(
        "channels",
        Text("Try a channel with a harmless call", "用无副作用的请求测试通道"),
        {200: Answer(Text("How it went.", "测试结果。"), {JSON: ProbeStatus})},
        problems=(404,),
    ),
    "health": Operation(
        "server",
        Text("Whether tasks are accepted", "是否接受任务"),
        {
            200: Answer(Text("They are.", "接受。"), {JSON: HealthStatus}),
            503: Answer(Text("The server is shutting down.", "服务正在关闭。"), {JSON: HealthStatus}),
        },
    ),
    "show_clock": Operation(
        "server",
        Text("The emulator's clock", "模拟器时钟"),
        {200: Answer(Text("What time it is here.", "当前时间。"), {JSON: ClockStatus})},
        problems=(404,),
    ),
    "advance_clock": Operation(
        "server",
        Text("Move the emulator's clock on", "拨快模拟器时钟"),
        {200: Answer(Text("What time it is now.", "拨快后的时间。"), {JSON: ClockStatus})},
        ClockBody,
        (JSON,),
        (),
        (400, 404),
    ),
    "show_openapi": Operation(
        "server",
        Text("This description", "本接口描述"),
        {200: Answer(Text("OpenAPI 3.1.", "OpenAPI 3.1 文档。"), {JSON: dict})},
    ),
    "show_docs": Operation(
        "server",
        Text("This description as a page to try things on", "可在线调试的接口页面"),
        {200: Answer(Text("A page.", "网页。"), {"text/html": None})},
    ),
}
"""Every endpoint, by the name of its handler, which is its operationId."""
