"""fal's queue towards clients: submit to an application, follow the request, fetch its result.

Two ways in: `/{owner}/{alias}[/…]` answers at once with the request's URLs, as queue.fal.run does;
`/run/{owner}/{alias}[/…]` answers with the result, as fal.run does (point `FAL_RUN_HOST` there).
"""

from __future__ import annotations

from typing import Final

import structlog

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.fal_call import (
    REPLAYED,
    REQUEST_ID,
    Call,
    Desk,
    idempotency,
    language_of,
    priority_of,
    read_call,
    reply_error,
    reply_json,
    reply_refusal,
    webhook_of,
    with_headers,
)
from genmux.dialects.fal_requests import (
    WrongMethod,
    answer_result,
    find_request,
    render_submitted,
    view_status,
)
from genmux.domain.errors import CallerError, GenmuxError, InvalidValue, ModelNotSupported, NotFound
from genmux.domain.ids import new_request_id
from genmux.domain.spec import Kind
from genmux.domain.text import Text
from genmux.engine.service import Created, Draft
from genmux.wires import fal

log = structlog.get_logger(__name__)

WIRE: Final = "fal"
RUN: Final = "run/"
LONGEST_RUN_SECONDS: Final = 600.0
USER_TIMEOUT: Final = ("X-Fal-Request-Timeout-Type", "user")
"""A 504 with this header is the one that neither fal_client nor `@fal-ai/client` sends again."""


class FalDialect:
    """Answers every request below a first path segment that is not reserved."""

    def __init__(self, desk: Desk, *, run_seconds: float = LONGEST_RUN_SECONDS) -> None:
        """A request to `/run/…` is answered after `run_seconds` at the latest."""
        self.desk = desk
        self._run_seconds = run_seconds

    async def handle(self, request: WireRequest) -> WireReply:
        """Answer one request; never raises."""
        try:
            reply = await self._answer(request)
        except WrongMethod as wrong:
            body = fal.render_detail("Method Not Allowed", "bad_request")
            reply = with_headers(reply_refusal(body, 405, "bad_request"), ("Allow", wrong.allowed))
        except GenmuxError as error:
            reply = reply_error(error, language_of(request))
        except Exception:
            log.exception("request failed", method=request.method, path=request.path)
            body = fal.render_detail("Something broke here.", "internal_error")
            reply = reply_refusal(body, 500, "internal_error")
        return named(reply)

    def too_large(self, request: WireRequest, limit: int) -> WireReply:
        """Answer a request whose body was not read because it is over `limit` bytes."""
        text = Text(f"The body is over {limit} bytes.", f"请求体超过 {limit} 字节。")
        problem = {"loc": ["body"], "msg": text.say(language_of(request)), "type": "file_too_large"}
        return named(reply_refusal({"detail": [problem]}, 413, "file_too_large"))

    async def _answer(self, request: WireRequest) -> WireReply:
        path = request.path.strip("/")
        waits = path.startswith(RUN)
        path = path.removeprefix(RUN)
        app = fal.parse_app(path)
        found = find_request(path, request.method)
        if found is None and app is None:
            raise no_such_app(path)
        if found is None and request.method != "POST":
            raise WrongMethod("POST")
        call = await read_call(self.desk, request)
        if found is not None:
            handler, root, task_id = found
            return await handler(self.desk, call, root, task_id)
        assert app is not None
        created = await self._create(call, app)
        return await self._wait(call, app, created) if waits else await self._submitted(call, app, created)

    # ------------------------------------------------------------ create

    async def _create(self, call: Call, app: fal.App) -> Created:
        fields = fal.read_json(call.request.body or b"{}")
        parsed = fal.parse_create(app, self._kind(app, fields), fields)
        draft = Draft(
            wire=WIRE,
            surface=WIRE,
            spec=parsed.spec,
            model_name=parsed.model_name,
            model_version=parsed.model_version,
            extra={**parsed.extra, **webhook_of(self.desk, call)},
            priority=priority_of(call.request),
            idempotency=idempotency(self.desk, call.request),
        )
        try:
            return await self.desk.service.create(call.caller, draft)
        except CallerError as refusal:
            refusal.field = wire_path(refusal.field, parsed)
            raise

    def _kind(self, app: fal.App, fields: dict[str, object]) -> Kind:
        """Return what to make where the application's id leaves it open. Raises `CallerError`."""
        if app.kind is not None:
            return app.kind
        made = [kind for kind in Kind if self._makes(kind, app)]
        if len(made) == 1:
            return made[0]
        hinted = fal.hinted_kind(fields)
        if hinted is not None or not made:
            return hinted or Kind.VIDEO  # not made at all: the service says what there is instead
        raise InvalidValue(
            Text(
                f"{app.id} makes pictures and films; submit to {app.id}/text-to-video, "
                f"{app.id}/image-to-video, {app.id}/text-to-image or {app.id}/edit.",
                f"{app.id} 既可生成图片也可生成视频；请提交到 {app.id}/text-to-video、"
                f"{app.id}/image-to-video、{app.id}/text-to-image 或 {app.id}/edit。",
            )
        )

    def _makes(self, kind: Kind, app: fal.App) -> bool:
        service = self.desk.service
        try:
            service.catalogue.choose(
                kind,
                app.model.family,
                app.model.version,
                surface=WIRE,
                defaults={},
                claimed=lambda model: service.router.claims(kind, model),
            )
        except ModelNotSupported:
            return False
        return True

    async def _submitted(self, call: Call, app: fal.App, created: Created) -> WireReply:
        view = await self.desk.service.find(call.caller, created.task_id)
        shown = await view_status(self.desk, call, app.root, view, logs=False)
        headers = [(REQUEST_ID, shown.request_id)]
        if created.repeated:
            headers.append(REPLAYED)
        return reply_json(render_submitted(shown), 200, *headers)

    async def _wait(self, call: Call, app: fal.App, created: Created) -> WireReply:
        """Answer with the result once there is one; a client that leaves changes nothing."""
        service, until = self.desk.service, self.desk.clock() + int(self._run_seconds * 1000)
        view = await service.find(call.caller, created.task_id)
        while not view.row.state.final:
            left = (until - self.desk.clock()) / 1000
            if left <= 0 or service.draining:
                return self._too_long(call, app, created.task_id)
            await service.changed(created.task_id, view.row.revision, min(left, 5.0))
            view = await service.find(call.caller, created.task_id)
        return await answer_result(self.desk, call, view)

    def _too_long(self, call: Call, app: fal.App, task_id: bytes) -> WireReply:
        request_id = fal.render_request_id(task_id)
        url = fal.request_url(call.request.base_url, app.root, request_id)
        text = Text(
            f"The request goes on; fetch its result from {url}.", f"请求仍在处理中；请从 {url} 获取结果。"
        )
        body = fal.render_detail(text.say(call.language), "request_timeout")
        reply = reply_refusal(body, 504, "request_timeout")
        return with_headers(reply, USER_TIMEOUT, (REQUEST_ID, request_id))


def named(reply: WireReply) -> WireReply:
    """Return a reply that has a request id; without one fal_client may take a 5xx for a proxy's."""
    if any(name == REQUEST_ID for name, _ in reply.headers):
        return reply
    return with_headers(reply, (REQUEST_ID, new_request_id()))


def no_such_app(path: str) -> NotFound:
    """Return the error for a path that names nothing."""
    return NotFound(
        Text(
            f"There is no application {path}. "
            "Name one of fal's, or <family>/<version>/text-to-video and the like.",
            f"不存在应用 {path}。请使用 fal 的应用 ID，或 <模型>/<版本>/text-to-video 等路径。",
        )
    )


def wire_path(field: str | None, parsed: fal.ParsedCreate) -> str | None:
    """Return what the wire calls a field that the service or the catalogue refused."""
    if field is None:
        return None
    head, _, number = field.partition(".")
    if head == "references" and number.isdigit() and int(number) < len(parsed.reference_paths):
        return parsed.reference_paths[int(number)]
    return parsed.paths.get(field, field)
