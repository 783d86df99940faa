"""The endpoints of films: create, look at, list, delete."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

import msgspec

from genmux.dialects.exchange import WireReply
from genmux.dialects.openai_call import Call, Desk, query_refusal, reply_json
from genmux.dialects.openai_creates import WIRE, accept, accept_parsed, fields_of
from genmux.dialects.openai_images import failure
from genmux.domain.errors import NotFound
from genmux.domain.spec import GenerationSpec, Kind, Role, decode_spec
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.domain.words import frame_size
from genmux.engine.ports import TaskFilter
from genmux.engine.service import Caller, Created, TaskView
from genmux.wires import openai, openai_remix

POLL_HEADER: Final = "openai-poll-after-ms"
POLL_AFTER_MS: Final = 1000
MAX_PAGE: Final = 100
USUAL_PAGE: Final = 20
MAX_ECHOES: Final = 4096


class Echo(NamedTuple):
    """What a film's answers repeat of its create; it never changes. "" is not known before the end."""

    model: str
    prompt: str
    seconds: str
    size: str
    remixed_from: str | None


class Films:
    """The endpoints, and the echoes of the films lately looked at: a poll reads the hot row alone."""

    def __init__(self) -> None:
        self._echoes: OrderedDict[bytes, Echo] = OrderedDict()

    async def create(self, desk: Desk, call: Call) -> WireReply:
        """Accept a film; it is on disk before the answer goes out."""
        accepted = await accept(desk, call, openai.VIDEO)
        return reply_json(openai.render_video(await self._accepted(desk, call.sender, accepted.created)))

    async def remix(self, desk: Desk, call: Call) -> WireReply:
        """Accept a new film that is made of an old one, with another prompt."""
        task_id = task_id_of(call)
        await desk.service.find(call.sender, task_id, Kind.VIDEO)
        old = await desk.service.detail(call.sender, task_id)
        extra = msgspec.json.decode(old.extra) if old.extra and old.task.wire == WIRE else {}
        fields = fields_of(desk, call)
        parsed = openai_remix.parse_remix(fields, openai_remix.Remixed(task_id, decode_spec(old.spec), extra))
        path = f"{openai.VIDEO}/{openai.render_task_id(task_id)}/remix"
        accepted = await accept_parsed(desk, call, path, fields, parsed)
        return reply_json(openai.render_video(await self._accepted(desk, call.sender, accepted.created)))

    async def retrieve(self, desk: Desk, call: Call) -> WireReply:
        """Show one film, and how soon to ask again."""
        video = await self._read(desk, call.sender, task_id_of(call))
        if video.status == "failed":
            headers = [("x-should-retry", "false")]
        elif video.status == "completed":
            headers = []
        else:
            headers = [(POLL_HEADER, str(POLL_AFTER_MS))]
        return reply_json(openai.render_video(video), ("cache-control", "no-cache"), *headers)

    async def list(self, desk: Desk, call: Call) -> WireReply:
        """Show films, newest first unless asked otherwise, a page at a time."""
        limit = _limit(call)
        wanted = TaskFilter(
            kind=Kind.VIDEO,
            ascending=_ascending(call),
            before_seq=await _before(desk, call),
            limit=limit + 1,
        )
        rows = await desk.service.list_tasks(call.sender, wanted)
        videos = []
        for row in rows[:limit]:
            try:
                videos.append(await self._read(desk, call.sender, row.id))
            except NotFound:  # pruned since it was listed
                continue
        return reply_json(openai.render_list(videos, more=len(rows) > limit))

    async def delete(self, desk: Desk, call: Call) -> WireReply:
        """Cancel a film that is not finished; a finished one is kept until it expires."""
        task_id = task_id_of(call)
        await desk.service.find(call.sender, task_id, Kind.VIDEO)
        await desk.service.cancel(call.sender, task_id)
        return reply_json(openai.render_deleted(openai.render_task_id(task_id)))

    async def _accepted(self, desk: Desk, sender: Caller, created: Created) -> openai.VideoStatus:
        """Show a film that was just accepted, without reading what was just written."""
        view, written = created.view, created.written
        if view is None or written is None:
            return await self._read(desk, sender, created.task_id)
        return _status(view, self._keep(view.row.id, _echo(desk, written.spec, written.extra)))

    async def _read(self, desk: Desk, sender: Caller, task_id: bytes) -> openai.VideoStatus:
        view = await desk.service.find(sender, task_id, Kind.VIDEO)
        echo = self._echoes.get(task_id)
        if echo is None:
            detail = await desk.service.detail(sender, task_id)
            extra = detail.extra if detail.task.wire == WIRE else ""
            echo = self._keep(task_id, _echo(desk, detail.spec, extra))
        return _status(view, echo)

    def _keep(self, task_id: bytes, echo: Echo) -> Echo:
        self._echoes[task_id] = echo
        if len(self._echoes) > MAX_ECHOES:
            self._echoes.popitem(last=False)
        return echo


def task_id_of(call: Call) -> bytes:
    """Return the id in the path. Raises `NotFound` for what is no film's id."""
    task_id = openai.parse_task_id(call.params["id"])
    if task_id is None:
        raise no_such_video()
    return task_id


def no_such_video() -> NotFound:
    """Return the error for a film that is not there, or not this caller's."""
    return NotFound(Text("The video does not exist.", "视频不存在。"), field="video_id")


def _echo(desk: Desk, stored_spec: str, stored_extra: str) -> Echo:
    spec = decode_spec(stored_spec)
    extra = msgspec.json.decode(stored_extra) if stored_extra else {}
    model = str(extra.get("model") or "")
    if not model and spec.model is not None:
        named = desk.names.render(Kind.VIDEO, spec.model)
        model = named[0] if named else str(spec.model)
    remixed = extra.get(openai_remix.REMIXED)
    return Echo(model, spec.prompt, _seconds(desk, spec), _size(desk, spec), remixed)


def _seconds(desk: Desk, spec: GenerationSpec) -> str:
    if spec.duration is not None or spec.model is None:
        return openai.render_seconds(spec.duration) if spec.duration is not None else ""
    return openai.render_seconds(desk.service.catalogue.default_duration(spec.model, Kind.VIDEO))


def _size(desk: Desk, spec: GenerationSpec) -> str:
    """Return the size that will come out; one that follows an input tells only at the end."""
    catalogue, size = desk.service.catalogue, openai.exact_size(spec)
    follows = any(r.role in (Role.FIRST_FRAME, Role.BASE_VIDEO) for r in spec.references) or spec.step
    if size is None and spec.model is not None and not follows:
        resolution = spec.resolution or catalogue.default_resolution(spec.model, Kind.VIDEO)
        ratio = spec.aspect_ratio or catalogue.default_ratio(spec.model, Kind.VIDEO)
        size = frame_size(resolution, ratio)
    return openai.render_size(size) if size else ""


def _status(view: TaskView, echo: Echo) -> openai.VideoStatus:
    row = view.row
    film = next((a for a in view.artifacts if a.role == "result"), None)
    error = None
    if row.state in (TaskState.FAILED, TaskState.CANCELLED):
        code, message = failure(view)
        error = openai.VideoError(openai.failure_of(code).code, message)
    return openai.VideoStatus(
        id=openai.render_task_id(row.id),
        model=echo.model,
        status=openai.STATUS[row.state],
        progress=100 if row.state is TaskState.SUCCEEDED else row.progress,
        created_at=row.created_at // 1000,
        completed_at=row.finished_at // 1000 if row.finished_at is not None else None,
        expires_at=film.expires_at // 1000 if film and film.expires_at is not None else None,
        prompt=echo.prompt or None,
        seconds=echo.seconds,
        size=openai.render_size((film.width, film.height)) if film else echo.size,
        error=error,
        remixed_from_video_id=echo.remixed_from,
    )


def _ascending(call: Call) -> bool:
    order = call.query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise query_refusal("order", "must be 'asc' or 'desc'.", "应为 'asc' 或 'desc'。")
    return order == "asc"


async def _before(desk: Desk, call: Call) -> int | None:
    """Return the place in the list that the cursor names, whichever way the list goes."""
    cursor = call.query.get("after")
    if not cursor:
        return None
    task_id = openai.parse_task_id(cursor)
    try:
        if task_id is None:
            raise no_such_video()
        return (await desk.service.find(call.sender, task_id, Kind.VIDEO)).row.seq
    except NotFound:
        raise query_refusal("after", "names no video.", "不对应任何视频。") from None


def _limit(call: Call) -> int:
    text = call.query.get("limit", str(USUAL_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_PAGE):
        raise query_refusal("limit", f"must be 1 to {MAX_PAGE}.", f"应为 1 到 {MAX_PAGE}。")
    return int(text)
