"""The endpoints of tasks: create, look at, wait for, cancel, resolve, and open their results."""

from __future__ import annotations

from typing import Final

from genmux.dialects.exchange import WireReply
from genmux.dialects.idempotency import STANDARD_HEADER, claim_of
from genmux.dialects.rest_call import Call, Desk, rendered_key, reply_json
from genmux.dialects.rest_views import task_id_of, views_for
from genmux.dialects.rest_waiting import final_state, next_revision, wait_seconds
from genmux.domain.errors import CallerError, NotFound
from genmux.domain.text import Text
from genmux.engine.ports import IdempotencyClaim, TaskRow
from genmux.engine.service import Draft
from genmux.wires import rest
from genmux.wires.rest_values import missing, read_fields, read_json, read_text, read_word

WIRE: Final = "rest"
OUTCOMES: Final = ("accepted", "not_accepted", "give_up")


async def create_task(desk: Desk, call: Call) -> WireReply:
    """Accept a task; it is on disk before the answer goes out."""
    parsed = rest.parse_create(call.request.body)
    draft = draft_of(parsed, claim_of(call.request, desk.clock(), STANDARD_HEADER))
    try:
        created = await desk.service.create(call.sender, draft)
    except CallerError as refusal:
        refusal.field = wire_path(refusal.field, parsed)
        raise
    views = views_for(desk, call)
    view = created.view
    shown = views.short(view) if view else await views.read_short(call.sender, created.task_id)
    headers = [("Location", f"/api/v1/tasks/{shown.id}")]
    if created.repeated:
        headers.append(("Idempotent-Replayed", "true"))
    return reply_json(rest.render_task(shown), 201, *headers)


def draft_of(parsed: rest.ParsedCreate, idempotency: IdempotencyClaim | None = None) -> Draft:
    """Return a create as the service takes it."""
    return Draft(
        wire=WIRE,
        surface=WIRE,
        spec=parsed.spec,
        model_name=parsed.model_name,
        model_version=parsed.model_version,
        output=parsed.output,
        priority=parsed.priority,
        idempotency=idempotency,
    )


def wire_path(field: str | None, parsed: rest.ParsedCreate) -> str | None:
    """Return the wire's name of a field that the service or the catalogue refused."""
    if field is None:
        return None
    head, _, number = field.partition(".")
    if head == "references" and number.isdigit():
        return parsed.reference_paths[int(number)]
    return head if head == "model" else field


async def get_task(desk: Desk, call: Call) -> WireReply:
    """Show one task; with `detail=0` without its spec, inputs, attempts and timeline.

    With `wait` the answer comes once the task is final, or, for a client that sends the tag of what
    it has, once there is anything new; it comes when the time is up in any case.
    """
    task_id, sender, seconds = task_id_of(call), call.sender, wait_seconds(call)
    full = call.flag("detail", True)
    known = [t.strip() for t in call.request.headers.get("if-none-match", "").split(",")]
    view = await desk.service.find(sender, task_id)
    row = view.row
    if seconds and not row.state.final:
        if _tag(row, full) in known:
            await next_revision(desk, task_id, row.revision, seconds)
        elif known == [""]:
            await final_state(desk, row, seconds)
        view = await desk.service.find(sender, task_id)
        row = view.row
    tag = _tag(row, full)
    if tag in known or "*" in known:
        return WireReply(304, headers=(("ETag", tag),))
    headers = (("ETag", tag), ("Cache-Control", "no-cache"))
    if full:
        shown = await views_for(desk, call).read_full(sender, task_id)
        return reply_json(rest.render_task(shown), 200, *headers)
    key = rendered_key(call, row)
    body = desk.rendered.get(key)
    if body is None:
        body = desk.rendered.put(key, rest.render_task(await views_for(desk, call).short_of(sender, view)))
    return WireReply(200, body, headers=headers)


def _tag(row: TaskRow, full: bool) -> str:
    return f'W/"{row.revision}-{"full" if full else "short"}"'


async def cancel_task(desk: Desk, call: Call) -> WireReply:
    """Ask for a task to end; one that has ended stays as it is."""
    view = await desk.service.cancel(call.sender, task_id_of(call))
    return reply_json(rest.render_task(views_for(desk, call).short(view)))


async def resolve_task(desk: Desk, call: Call) -> WireReply:
    """Tell what became of a task whose outcome is unknown, as the operator found out."""
    fields = read_fields(read_json(call.request.body), "", ("outcome", "upstream_ref"))
    if "outcome" not in fields:
        raise missing("outcome")
    outcome = read_word(fields["outcome"], "outcome", OUTCOMES)
    upstream_ref = read_text(fields["upstream_ref"], "upstream_ref") if "upstream_ref" in fields else None
    if outcome == "accepted" and not upstream_ref:
        raise missing("upstream_ref")
    task_id = task_id_of(call)
    await desk.service.resolve(call.sender, task_id, outcome, upstream_ref)
    return reply_json(rest.render_task(await views_for(desk, call).read_full(call.sender, task_id)))


async def open_artifact(desk: Desk, call: Call) -> WireReply:
    """Send the client to a signed URL of one result that is good for an hour at least."""
    view = await desk.service.find(call.sender, task_id_of(call))
    number = call.params["n"]
    found = next((a for a in view.artifacts if a.role == "result" and str(a.n) == number), None)
    if found is None:
        raise NotFound(
            Text(f"The task has no artifact {number}.", f"任务没有编号为 {number} 的结果。"), field="n"
        )
    if found.expires_at is not None and desk.clock() >= found.expires_at:
        raise NotFound(Text("The result is no longer kept.", "结果已不再保存。"), field="n")
    url = views_for(desk, call).fresh_url(view.row, found)
    return WireReply(302, headers=(("Location", url), ("Cache-Control", "no-store")))
