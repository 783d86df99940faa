"""Our own REST under `/api/v1`: finds the endpoint, learns who asks, and answers every error as a problem."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

import msgspec
import structlog
from msgspec.structs import replace

from genmux.dialects import (
    rest_channels,
    rest_check,
    rest_documents,
    rest_emulator,
    rest_listing,
    rest_stream,
    rest_system,
    rest_tasks,
    rest_uploads,
)
from genmux.dialects.exchange import ClientGone, WireReply, WireRequest
from genmux.dialects.rest_call import Access, Call, Desk, Emulator, FilePaths, Route
from genmux.dialects.rest_channel_desk import ChannelDesk
from genmux.dialects.rest_operations import OPERATIONS
from genmux.domain.errors import Forbidden, GenmuxError, NotFound, RateLimited, Unauthorized, Unavailable
from genmux.domain.ids import new_request_id
from genmux.domain.text import Text
from genmux.engine.ports import Clock, Keys
from genmux.engine.service import Caller, TaskService
from genmux.wires import rest
from genmux.wires.rest_problems import CONTENT_TYPE
from genmux.wires.rest_values import unknown_field

log = structlog.get_logger(__name__)

PREFIX: Final = "/api/v1"
OPERATOR: Final = Caller(tenant_id=1, operator=True)

ROUTES: Final = (
    Route("POST", "/tasks", Access.CALLER, rest_tasks.create_task),
    Route("GET", "/tasks", Access.CALLER, rest_listing.list_tasks),
    Route("POST", "/tasks:check", Access.CALLER, rest_check.check_task),
    Route("GET", "/tasks/{id}", Access.CALLER, rest_tasks.get_task),
    Route("GET", "/tasks/{id}/events", Access.CALLER, rest_stream.get_events),
    Route("POST", "/tasks/{id}/cancel", Access.CALLER, rest_tasks.cancel_task),
    Route("POST", "/tasks/{id}/resolve", Access.OPERATOR, rest_tasks.resolve_task),
    Route("GET", "/tasks/{id}/artifacts/{n}", Access.CALLER, rest_tasks.open_artifact),
    Route("POST", "/uploads", Access.CALLER, rest_uploads.create_upload),
    Route("GET", "/models", Access.CALLER, rest_system.list_models),
    Route("POST", "/keys", Access.OPERATOR, rest_system.create_key),
    Route("GET", "/keys", Access.OPERATOR, rest_system.list_keys),
    Route("DELETE", "/keys/{secret_id}", Access.OPERATOR, rest_system.revoke_key),
    Route("GET", "/channels", Access.OPERATOR, rest_channels.list_channels),
    Route("PUT", "/channels/{name}", Access.OPERATOR, rest_channels.put_channel),
    Route("DELETE", "/channels/{name}", Access.OPERATOR, rest_channels.remove_channel),
    Route("POST", "/channels/{name}/enable", Access.OPERATOR, rest_channels.enable_channel),
    Route("POST", "/channels/{name}/disable", Access.OPERATOR, rest_channels.disable_channel),
    Route("POST", "/channels/{name}/test", Access.OPERATOR, rest_channels.test_channel),
    Route("GET", "/health", Access.ANYBODY, rest_system.health),
    Route("GET", "/emulator/clock", Access.OPERATOR, rest_emulator.show_clock),
    Route("POST", "/emulator/clock", Access.OPERATOR, rest_emulator.advance_clock),
    Route("GET", "/openapi.json", Access.ANYBODY, rest_documents.show_openapi),
    Route("GET", "/docs", Access.ANYBODY, rest_documents.show_docs),
)
"""Every endpoint, its path under `PREFIX`."""

_PATTERNS: Final = tuple(
    (re.compile(PREFIX + re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route.path))), route)
    for route in ROUTES
)
QUERIES: Final = {
    name: tuple(p.name for p in operation.parameters if p.place == "query")
    for name, operation in OPERATIONS.items()
}
"""The parameters that each endpoint takes in its query, by the name of its handler."""
_RETRY: Final = {RateLimited: "1", Unavailable: "5"}


class RestDialect:
    """Answers every request whose path begins with `/api/v1`."""

    def __init__(
        self,
        *,
        service: TaskService,
        keys: Keys,
        clock: Clock,
        admin_token: str,
        urls: FilePaths,
        url_hours: int,
        version: str,
        emulator: Emulator | None = None,
        channels: ChannelDesk | None = None,
    ) -> None:
        """`admin_token` makes its bearer the operator; results' URLs open for `url_hours`.

        Only with an `emulator` there is a clock to be moved.
        """
        self._desk = Desk(service, keys, clock, urls, url_hours, version, ROUTES, emulator, channels)
        self._admin_token = admin_token.encode()

    async def handle(self, request: WireRequest) -> WireReply:
        """Answer one request; raises only `ClientGone`, from a body that is read here.

        HEAD is answered as GET: the server that sends the answer leaves the body away.
        """
        request_id = new_request_id()
        language = request.headers.get("accept-language", "en")
        try:
            reply = await self._answer(request, language)
        except _WrongMethod as wrong:
            reply = self._wrong_method(wrong.allowed, language, request_id)
        except GenmuxError as error:
            reply = self._refusal(error, language, request_id)
        except ClientGone:
            raise
        except Exception:
            log.exception("request failed", request_id=request_id, method=request.method, path=request.path)
            problem = rest.render_problem(500, "internal", "Something broke here.", request_id=request_id)
            reply = WireReply(500, msgspec.json.encode(problem), CONTENT_TYPE)
        return replace(reply, headers=(*reply.headers, ("X-Request-Id", request_id)))

    def too_large(self, request: WireRequest, limit: int) -> WireReply:
        """Answer a request whose body was not read because it is over `limit` bytes."""
        request_id = new_request_id()
        detail = Text(f"The body is over {limit} bytes.", f"请求体超过 {limit} 字节。")
        language = request.headers.get("accept-language", "en")
        problem = rest.render_problem(413, "too_large", detail.say(language), request_id=request_id)
        return WireReply(413, msgspec.json.encode(problem), CONTENT_TYPE, (("X-Request-Id", request_id),))

    async def _answer(self, request: WireRequest, language: str) -> WireReply:
        route, params = _find(request)
        caller = await self._identify(request)
        if route.access is not Access.ANYBODY and caller is None:
            raise Unauthorized(
                Text(
                    "Send the header Authorization: Bearer <token> with the token of a live access key.",
                    "请在请求头 Authorization: Bearer <token> 中提供有效访问密钥的令牌。",
                )
            )
        if route.access is Access.OPERATOR and not (caller and caller.operator):
            raise Forbidden(Text("Only the operator may do this.", "只有运维者可以执行此操作。"))
        query = _query(route, request)
        return await route.handler(self._desk, Call(request, caller, params, query, language))

    async def _identify(self, request: WireRequest) -> Caller | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            return None
        if hmac.compare_digest(token.encode(), self._admin_token):
            return OPERATOR
        row = await self._desk.keys.by_token(token)
        return Caller(tenant_id=row.tenant_id, key_id=row.id) if row is not None else None

    def _refusal(self, error: GenmuxError, language: str, request_id: str) -> WireReply:
        status = rest.status_of(error)
        problem = rest.render_error(error, status, request_id=request_id, language=language)
        headers: list[tuple[str, str]] = []
        if isinstance(error, Unauthorized):
            headers.append(("WWW-Authenticate", 'Bearer realm="genmux"'))
        if type(error) in _RETRY:
            headers.append(("Retry-After", _RETRY[type(error)]))
        return WireReply(status, msgspec.json.encode(problem), CONTENT_TYPE, headers)

    def _wrong_method(self, allowed: Sequence[str], language: str, request_id: str) -> WireReply:
        listed = ", ".join(allowed)
        detail = Text(f"This path takes {listed}.", f"此路径只接受 {listed}。").say(language)
        problem = rest.render_problem(405, "method_not_allowed", detail, request_id=request_id)
        return WireReply(405, msgspec.json.encode(problem), CONTENT_TYPE, (("Allow", listed),))


class _WrongMethod(Exception):
    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(allowed)
        self.allowed = allowed


def _query(route: Route, request: WireRequest) -> dict[str, str]:
    """Return the query's parameters; one that the endpoint does not have would change nothing unseen."""
    query = dict(parse_qsl(request.query, keep_blank_values=True)) if request.query else {}
    if query and route.access is not Access.ANYBODY:
        known = QUERIES[route.handler.__name__]
        for name in query:
            if name not in known:
                raise unknown_field(name or "?", name, known)
    return query


def _find(request: WireRequest) -> tuple[Route, dict[str, str]]:
    """Return the endpoint of a request and its path's parameters."""
    method = "GET" if request.method == "HEAD" else request.method
    methods: list[str] = []
    for pattern, route in _PATTERNS:
        if match := pattern.fullmatch(request.path):
            if route.method == method:
                return route, match.groupdict()
            methods.append(route.method)
    if not methods:
        raise NotFound(Text("There is nothing at this path.", "此路径下没有任何内容。"))
    raise _WrongMethod([*methods, "HEAD"] if "GET" in methods else methods)
