"""OpenAI's images and videos under `/v1`: finds the endpoint, learns who asks, words every error."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl

import msgspec
import structlog

from genmux.dialects import openai_content, openai_images, openai_models
from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.openai_call import Call, Desk, Refused, ResultUrls, Route
from genmux.dialects.openai_retries import Wishes
from genmux.dialects.openai_videos import Films
from genmux.dialects.shared_tries import SharedTries
from genmux.domain.errors import GenmuxError, NotFound, RateLimited, Unauthorized, Unavailable, Unsupported
from genmux.domain.ids import new_request_id
from genmux.domain.text import Text
from genmux.engine.ports import Clock, Keys, MediaStore
from genmux.engine.service import Caller, TaskService
from genmux.wires import openai
from genmux.wires.openai import FormLimits, ModelNames, Problem

log = structlog.get_logger(__name__)

PREFIX: Final = "/v1"
WAIT_SECONDS: Final = 590.0
"""A picture's answer comes within the ten minutes that the official clients wait."""

INTERNAL: Final = Problem(500, "server_error", "server_error")
TOO_LARGE: Final = Problem(413, "invalid_request_error", "request_too_large")
WRONG_METHOD: Final = Problem(405, "invalid_request_error", "method_not_supported")
_RETRY_AFTER: Final = {RateLimited: "1", Unavailable: "5"}

NOT_SERVED: Final = (
    "/images/variations",
    "/videos/edits",
    "/videos/extensions",
    "/videos/characters",
    "/chat/completions",
    "/completions",
    "/responses",
    "/embeddings",
    "/audio/{id}",
    "/files",
)
"""Endpoints of OpenAI that are answered with a sentence instead of "not found"."""


def _pattern(path: str) -> re.Pattern[str]:
    anywhere = re.sub(r"\{(\w+)\.\.\.\}", r"(?P<\1>.+)", path)
    return re.compile(PREFIX + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", anywhere))


_UNSERVED: Final = tuple(_pattern(path) for path in NOT_SERVED)


class OpenAiDialect:
    """Answers every request whose path begins with `/v1`."""

    def __init__(
        self,
        *,
        service: TaskService,
        keys: Keys,
        clock: Clock,
        result_urls: ResultUrls,
        media: MediaStore,
        aliases: Mapping[str, str] | None = None,
        limits: FormLimits | None = None,
        wait_seconds: float = WAIT_SECONDS,
        tries: SharedTries | None = None,
    ) -> None:
        """`aliases` are the operator's model names, each for a "Family/version"; they win over ours.

        With `tries` a retry finds its task whichever process gets it.
        Raises `ValueError` for an alias that is not written so.
        """
        entries = ((e.kind, e.family, e.version) for e in service.catalogue.models())
        self._keys = keys
        self._clock = clock
        self._desk = Desk(
            service=service,
            clock=clock,
            result_urls=result_urls,
            media=media,
            names=ModelNames(entries, aliases),
            limits=limits or FormLimits(),
            wait_seconds=wait_seconds,
            retries=Wishes(shared=tries),
        )
        films = Films()
        self.routes: Final = (
            Route("POST", "/images/generations", openai_images.generate),
            Route("POST", "/images/edits", openai_images.edit),
            Route("POST", "/videos", films.create),
            Route("GET", "/videos", films.list),
            Route("GET", "/videos/{id}", films.retrieve),
            Route("DELETE", "/videos/{id}", films.delete),
            Route("GET", "/videos/{id}/content", openai_content.download),
            Route("POST", "/videos/{id}/remix", films.remix),
            Route("GET", "/models", openai_models.list_models),
            Route("GET", "/models/{id...}", openai_models.retrieve_model),
        )
        self._patterns = tuple((_pattern(route.path), route) for route in self.routes)

    async def handle(self, request: WireRequest) -> WireReply:
        """Answer one request; never raises.

        HEAD is answered as GET: the server that sends the answer leaves the body away.
        """
        request_id, began = new_request_id(), self._clock()
        try:
            reply = await self._answer(request)
        except Refused as refused:
            reply = _refusal(refused.problem, refused.message, None, refused.headers)
        except GenmuxError as error:
            reply = _explain(error)
        except Exception:
            log.exception("request failed", request_id=request_id, method=request.method, path=request.path)
            reply = _refusal(INTERNAL, "The server had an error while processing your request.")
        return self._stamped(reply, request_id, began)

    def too_large(self, request: WireRequest, limit: int) -> WireReply:
        """Answer a request whose body was not read because it is over `limit` bytes."""
        reply = _refusal(TOO_LARGE, f"The body is over {limit} bytes.")
        return self._stamped(reply, new_request_id(), self._clock())

    def _stamped(self, reply: WireReply, request_id: str, began: int) -> WireReply:
        stamps = (("x-request-id", request_id), ("openai-processing-ms", str(self._clock() - began)))
        headers = (*reply.headers, *stamps)
        return WireReply(
            reply.status, reply.body, reply.content_type, headers, stream=reply.stream, length=reply.length
        )

    async def _answer(self, request: WireRequest) -> WireReply:
        caller = await self._identify(request)
        route, params = self._find(request)
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        return await route.handler(self._desk, Call(request, caller, params, query))

    async def _identify(self, request: WireRequest) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized(
                Text(
                    "You didn't provide an API key. Send the header Authorization: Bearer <token> "
                    "with the token of an access key.",
                    "未提供 API key。请在请求头 Authorization: Bearer <token> 中提供访问密钥的令牌。",
                )
            )
        row = await self._keys.by_token(token)
        if row is None:
            raise Unauthorized(Text("Incorrect API key provided.", "提供的 API key 不正确。"))
        return Caller(tenant_id=row.tenant_id, key_id=row.id)

    def _find(self, request: WireRequest) -> tuple[Route, dict[str, str]]:
        """Return the endpoint of a request and its path's parameters."""
        found = [(match, r) for pattern, r in self._patterns if (match := pattern.fullmatch(request.path))]
        method = "GET" if request.method == "HEAD" else request.method
        if any(pattern.fullmatch(request.path) for pattern in _UNSERVED):
            raise Unsupported(Text(f"{request.path} is not served here.", f"本服务不支持 {request.path}。"))
        for match, route in found:
            if route.method == method:
                return route, match.groupdict()
        if not found:
            where = f"{request.method} {request.path}"
            raise NotFound(Text(f"Invalid URL ({where})", f"无效的 URL（{where}）"))
        allowed = ", ".join(route.method for _, route in found)
        raise Refused(WRONG_METHOD, f"This path takes {allowed}.", ("allow", allowed))


def _explain(error: GenmuxError) -> WireReply:
    """Return one of our errors in OpenAI's shape."""
    headers = []
    if isinstance(error, Unauthorized):
        headers.append(("www-authenticate", 'Bearer realm="genmux"'))
    if type(error) in _RETRY_AFTER:
        headers.append(("retry-after", _RETRY_AFTER[type(error)]))
    return _refusal(openai.problem_of(error), error.text.en, error.field, headers)


def _refusal(
    problem: Problem, message: str, param: str | None = None, headers: Sequence[tuple[str, str]] = ()
) -> WireReply:
    retry = ("x-should-retry", "true" if problem.retry else "false")
    body = openai.render_problem(message, problem.type, problem.code, param)
    return WireReply(problem.status, msgspec.json.encode(body), headers=(*headers, retry))
