"""What every endpoint of fal's queue works with: one call, who asks, and how answers are made."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from genmux.dialects.exchange import JSON, WireReply, WireRequest
from genmux.dialects.idempotency import OWN_HEADER, STANDARD_HEADER, claim_of
from genmux.domain.errors import GenmuxError, InvalidValue, Unauthorized
from genmux.domain.text import Text
from genmux.engine.ports import Clock, FetchFailed, IdempotencyClaim, KeyRow, Keys
from genmux.engine.service import Caller, TaskService, TaskView
from genmux.wires import fal
from genmux.wires.fal_problems import RETRYABLE

LOW_PRIORITY: Final = -1
REQUEST_ID: Final = "X-Fal-Request-Id"
WEBHOOK: Final = "fal_webhook"
REPLAYED: Final = ("Idempotent-Replayed", "true")

_encode = msgspec.json.Encoder().encode

ResultUrls = Callable[[str, TaskView], tuple[str, ...]]
"""Takes the client's base URL and a finished task; returns its signed result URLs, always the same."""

UNAUTHORIZED: Final = Text(
    "Send the header Authorization: Key <token>, Key <SecretId>:<SecretKey> or Bearer <token> of a live "
    "access key.",
    "请在请求头 Authorization 中提供有效访问密钥：Key <令牌>、Key <SecretId>:<SecretKey> 或 Bearer <令牌>。",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the endpoints need from the rest of the house.

    `check_url` raises `FetchFailed` for a webhook URL that must not be called.
    """

    service: TaskService
    keys: Keys
    clock: Clock
    result_urls: ResultUrls
    check_url: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Call:
    """One request whose sender is known."""

    request: WireRequest
    caller: Caller
    language: str
    query: Mapping[str, str] = field(default_factory=dict)


async def read_call(desk: Desk, request: WireRequest) -> Call:
    """Return the request with its sender. Raises `Unauthorized`."""
    row = await _key(desk.keys, request.headers.get("authorization", ""))
    if row is None:
        raise Unauthorized(UNAUTHORIZED)
    return Call(
        request=request,
        caller=Caller(row.tenant_id, row.id),
        language=language_of(request),
        query=dict(parse_qsl(request.query, keep_blank_values=True)),
    )


async def _key(keys: Keys, authorization: str) -> KeyRow | None:
    """Return the live key that `Key <token>`, `Key <id>:<secret>` or `Bearer <token>` proves."""
    scheme, _, credential = authorization.partition(" ")
    credential = credential.strip()
    if scheme.lower() not in ("key", "bearer") or not credential:
        return None
    secret_id, colon, secret = credential.partition(":")
    if not colon:
        return await keys.by_token(credential)
    found = await keys.by_secret_id(secret_id)
    if found is None or not hmac.compare_digest(found[1].encode(), secret.encode()):
        return None
    return found[0]


def language_of(request: WireRequest) -> str:
    """Return the language to answer in."""
    return request.headers.get("accept-language", "en")


def idempotency(desk: Desk, request: WireRequest) -> IdempotencyClaim | None:
    """Return the claim that the headers make: the same path, webhook and body make the same task."""
    target = f"{request.path}?{request.query}".encode()
    return claim_of(request, desk.clock(), STANDARD_HEADER, OWN_HEADER, salt=target)


def webhook_of(desk: Desk, call: Call) -> dict[str, str]:
    """Return `extra` with the webhook that the query names, if any. Raises `InvalidValue` for a bad one."""
    url = call.query.get(WEBHOOK, "")
    if not url:
        return {}
    try:
        desk.check_url(url)
    except FetchFailed as failure:
        raise InvalidValue(
            Text(
                f"The webhook URL cannot be used: {failure.reason}. Give a public http or https URL.",
                f"回调 URL 不可用：{failure.reason}。请使用公网可访问的 http 或 https 地址。",
            ),
            field=WEBHOOK,
        ) from None
    return {WEBHOOK: url}


def priority_of(request: WireRequest) -> int:
    """Return the priority of `X-Fal-Queue-Priority: low`; any other word is the normal one."""
    return LOW_PRIORITY if request.headers.get("x-fal-queue-priority", "").lower() == "low" else 0


def reply_json(value: Any, status: int = 200, *headers: tuple[str, str]) -> WireReply:
    """Return a JSON answer; nothing may keep it."""
    return WireReply(status, _encode(value), JSON, (("Cache-Control", "no-store"), *headers))


def with_headers(reply: WireReply, *headers: tuple[str, str]) -> WireReply:
    """Return a whole reply with more headers."""
    return WireReply(reply.status, reply.body, reply.content_type, (*reply.headers, *headers), reply.stream)


def reply_refusal(value: Any, status: int, error_type: str, *, retryable: bool = False) -> WireReply:
    """Return an answer that says no, with the headers that fal's clients read."""
    return reply_json(
        value,
        status,
        ("X-Fal-Error-Type", error_type),
        ("X-Fal-Retryable", "true" if retryable else "false"),
    )


def reply_error(error: GenmuxError, language: str) -> WireReply:
    """Return the answer that one of our errors becomes."""
    problem = fal.problem_of(error)
    body = fal.render_error(error, language=language)
    return reply_refusal(body, problem.status, problem.type, retryable=isinstance(error, RETRYABLE))
