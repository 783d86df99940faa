"""The endpoints of tasks: create, list, look at, cancel, resolve, and open their results."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from genmux.dialects.exchange import WireReply
from genmux.dialects.rest_call import Call, Desk, query_refusal, reply_json
from genmux.dialects.rest_views import TaskViews
from genmux.domain.errors import CallerError, GenmuxError, InvalidValue, NotFound
from genmux.domain.spec import Kind
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.engine.ports import IdempotencyClaim, TaskFilter, TaskRow
from genmux.engine.service import Caller, Draft, TaskView, no_such_task
from genmux.wires import rest
from genmux.wires.rest_values import missing, read_fields, read_json, read_text, read_word

WIRE: Final = "rest"
IDEMPOTENCY_SCOPE: Final = "http"
IDEMPOTENCY_MS: Final = 24 * 3_600_000
MAX_KEY_CHARACTERS: Final = 255
MAX_PAGE: Final = 100
USUAL_PAGE: Final = 20
OUTCOMES: Final = ("accepted", "not_accepted", "give_up")
STATES: Final = {state.word: state for state in TaskState}


async def create_task(desk: Desk, call: Call) -> WireReply:
    """Accept a task; it is on disk before the answer goes out."""
    parsed = rest.parse_create(call.request.body)
    draft = Draft(
        wire=WIRE,
        surface=WIRE,
        spec=parsed.spec,
        model_name=parsed.model_name,
        model_version=parsed.model_version,
        output=parsed.output,
        priority=parsed.priority,
        idempotency=_idempotency(desk, call),
    )
    try:
        created = await desk.service.create(call.sender, draft)
    except CallerError as refusal:
        refusal.field = _wire_path(refusal, parsed)
        raise
    shown = await _views(desk, call).read_short(call.sender, created.task_id)
    headers = [("Location", f"/api/v1/tasks/{shown.id}")]
    if created.repeated:
        headers.append(("Idempotent-Replayed", "true"))
    return reply_json(rest.render_task(shown), 201, *headers)


def _idempotency(desk: Desk, call: Call) -> IdempotencyClaim | None:
    key = call.request.headers.get("idempotency-key", "")
    if not key:
        return None
    if len(key) > MAX_KEY_CHARACTERS:
        raise InvalidValue(
            Text(
                f"The header Idempotency-Key must have at most {MAX_KEY_CHARACTERS} characters.",
                f"请求头 Idempotency-Key 最多 {MAX_KEY_CHARACTERS} 个字符。",
            ),
            field="Idempotency-Key",
        )
    digest = hashlib.sha256(call.request.body).digest()
    return IdempotencyClaim(IDEMPOTENCY_SCOPE, key, digest, desk.clock() + IDEMPOTENCY_MS)


def _wire_path(refusal: GenmuxError, parsed: rest.ParsedCreate) -> str | None:
    """Return the wire's name of the field that the service or the catalogue refused."""
    field = refusal.field
    if field is None:
        return None
    head, _, number = field.partition(".")
    if head == "references" and number.isdigit():
        return rest.reference_path(parsed.spec, int(number))
    return head if head == "model" else field


async def list_tasks(desk: Desk, call: Call) -> WireReply:
    """Show tasks, newest first, a page at a time; the cursor is the last task's id."""
    limit = _limit(call)
    rows = await desk.service.list_tasks(call.sender, await _filter(desk, call, limit + 1))
    views, full = _views(desk, call), call.flag("detail", False)
    shown: list[dict[str, Any]] = []
    for row in rows[:limit]:
        try:
            shown.append(rest.render_task(await _listed(views, call.sender, row, full=full)))
        except NotFound:  # pruned since it was listed
            continue
    more = len(rows) > limit
    return reply_json(
        {"tasks": shown, "next_cursor": rest.render_task_id(rows[limit - 1].id) if more else None}
    )


async def _listed(views: TaskViews, sender: Caller, row: TaskRow, *, full: bool) -> rest.TaskStatus:
    if full:
        return await views.read_full(sender, row.id)
    if row.state in (TaskState.SUCCEEDED, TaskState.UNKNOWN):
        return await views.read_short(sender, row.id)
    return views.short(TaskView(row))


async def _filter(desk: Desk, call: Call, limit: int) -> TaskFilter:
    kind = call.query.get("kind")
    if kind is not None and kind not in tuple(Kind):
        raise query_refusal("kind", "must be image or video.", "必须是 image 或 video。")
    words = [w for w in call.query.get("state", "").split(",") if w]
    for word in words:
        if word not in STATES:
            listed = ", ".join(STATES)
            raise query_refusal("state", f"must be one or more of {listed}.", f"必须是以下取值：{listed}。")
    return TaskFilter(
        kind=kind,
        states=tuple(STATES[word] for word in words),
        before_seq=await _before(desk, call),
        limit=limit,
    )


async def _before(desk: Desk, call: Call) -> int | None:
    cursor = call.query.get("cursor")
    if not cursor:
        return None
    task_id = rest.parse_task_id(cursor)
    try:
        if task_id is None:
            raise no_such_task()
        return (await desk.service.find(call.sender, task_id)).row.seq
    except NotFound:
        raise query_refusal(
            "cursor", "names no task; begin again without it.", "不对应任何任务；请去掉它重新开始。"
        ) from None


def _limit(call: Call) -> int:
    """Return the page's length; more than the longest page is the longest page."""
    text = call.query.get("limit", str(USUAL_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
        raise query_refusal("limit", f"must be 1 to {MAX_PAGE}.", f"必须在 1 到 {MAX_PAGE} 之间。")
    return min(int(text), MAX_PAGE)


async def get_task(desk: Desk, call: Call) -> WireReply:
    """Show one task; with `detail=0` without its spec, inputs, attempts and timeline."""
    task_id, sender = _task_id(call), call.sender
    row = (await desk.service.find(sender, task_id)).row
    full = call.flag("detail", True)
    tag = f'W/"{row.revision}-{"full" if full else "short"}"'
    known = [t.strip() for t in call.request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return WireReply(304, headers=(("ETag", tag),))
    views = _views(desk, call)
    shown = await views.read_full(sender, task_id) if full else await views.read_short(sender, task_id)
    return reply_json(rest.render_task(shown), 200, ("ETag", tag), ("Cache-Control", "no-cache"))


async def cancel_task(desk: Desk, call: Call) -> WireReply:
    """Ask for a task to end; one that has ended stays as it is."""
    view = await desk.service.cancel(call.sender, _task_id(call))
    return reply_json(rest.render_task(_views(desk, call).short(view)))


async def resolve_task(desk: Desk, call: Call) -> WireReply:
    """Tell what became of a task whose outcome is unknown, as the operator found out."""
    fields = read_fields(read_json(call.request.body), "", ("outcome", "upstream_ref"))
    if "outcome" not in fields:
        raise missing("outcome")
    outcome = read_word(fields["outcome"], "outcome", OUTCOMES)
    upstream_ref = read_text(fields["upstream_ref"], "upstream_ref") if "upstream_ref" in fields else None
    if outcome == "accepted" and not upstream_ref:
        raise missing("upstream_ref")
    task_id = _task_id(call)
    await desk.service.resolve(call.sender, task_id, outcome, upstream_ref)
    return reply_json(rest.render_task(await _views(desk, call).read_full(call.sender, task_id)))


async def open_artifact(desk: Desk, call: Call) -> WireReply:
    """Send the client to a signed URL of one result that is good for an hour at least."""
    view = await desk.service.find(call.sender, _task_id(call))
    number = call.params["n"]
    found = next((a for a in view.artifacts if a.role == "result" and str(a.n) == number), None)
    if found is None:
        raise NotFound(
            Text(f"The task has no artifact {number}.", f"任务没有编号为 {number} 的结果。"), field="n"
        )
    if found.expires_at is not None and desk.clock() >= found.expires_at:
        raise NotFound(Text("The result is no longer kept.", "结果已不再保存。"), field="n")
    url = _views(desk, call).fresh_url(view.row, found)
    return WireReply(302, headers=(("Location", url), ("Cache-Control", "no-store")))


def _task_id(call: Call) -> bytes:
    task_id = rest.parse_task_id(call.params["id"])
    if task_id is None:
        raise no_such_task()
    return task_id


def _views(desk: Desk, call: Call) -> TaskViews:
    return TaskViews(desk, call.request.base_url, call.language)
