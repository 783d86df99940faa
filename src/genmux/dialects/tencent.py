"""What all Tencent services share towards clients: signatures, routing, rates, the envelope.

Success and failure both leave as HTTP 200 with content type exactly `application/json`; anything
else makes the official SDKs lose the error (facts read from and run against SDK 3.1.194).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

import structlog

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.shared_rates import SharedWindow
from genmux.dialects.shared_tries import SharedTries
from genmux.dialects.tencent_rates import RateGate, Repeats, RetryMemory
from genmux.domain.errors import GenmuxError
from genmux.domain.ids import new_request_id
from genmux.domain.text import Text
from genmux.engine.ports import Clock, Keys
from genmux.engine.service import Caller
from genmux.wires import tc3
from genmux.wires.tencent import CONTENT_TYPE, WireError, failure, refuse, success, unserved
from genmux.wires.tencent_schema import Struct, read_body, read_flat

log = structlog.get_logger(__name__)

DEFAULT_LANGUAGE: Final = "en-US"
GET_LIMIT: Final = 32 * 1024
V1_POST_LIMIT: Final = 1024 * 1024
_SECRET_ID: Final = re.compile(r"(?:AKID|IKID)[A-Za-z0-9_-]{6,100}\Z")


class TencentService(Protocol):
    """One product's actions behind the common gateway, addressed by its API version."""

    version: str

    def schema(self, action: str) -> Struct | None:
        """Return what an action's request looks like, None for an action not served."""
        ...

    def creates(self, action: str) -> bool:
        """Return whether an action makes tasks: such calls wait for room before they are refused."""
        ...

    def rate_name(self, action: str) -> str:
        """Return what the setting `rates` calls an action of this service."""
        ...

    async def call(
        self, action: str, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        """Do it and return the answer's fields. Raises `WireError` or `GenmuxError`."""
        ...

    def explain(self, error: GenmuxError, action: str) -> WireError:
        """Return one of our errors in this service's codes and field paths."""
        ...


class _Call:
    """One request on its way: what has been learnt of it so far."""

    __slots__ = ("action", "claim", "language", "parameters", "request", "version")

    def __init__(self, request: WireRequest) -> None:
        self.request = request
        self.language = request.headers.get("x-tc-language", "")
        self.action = request.headers.get("x-tc-action", "")
        self.version = request.headers.get("x-tc-version", "")
        self.parameters: Mapping[str, str] | None = None
        self.claim: tc3.Claim | tc3.V1Claim | None = None


class TencentDialect:
    """Answers `POST /` and `GET /` for every Tencent service that is plugged in."""

    def __init__(
        self,
        *,
        keys: Keys,
        clock: Clock,
        services: Mapping[str, TencentService],
        rates: Mapping[str, int],
        signed_hosts: tuple[str, ...],
        window: SharedWindow | None = None,
        tries: SharedTries | None = None,
    ) -> None:
        """With `window` and `tries`, rates and repeats are those of all processes together."""
        self._keys = keys
        self._clock = clock
        self._services = services
        self._signed_hosts = signed_hosts
        self._gate = RateGate(rates, clock, window)
        self._memory = RetryMemory(clock)
        self._retries = Repeats(self._memory, tries)

    async def handle(self, request: WireRequest) -> WireReply:
        """Answer one call; whatever happens, in the platform's envelope."""
        request_id = new_request_id()
        call = _Call(request)
        try:
            fields = await self._answer(call)
        except WireError as error:
            return self._refused(error, call, request_id)
        except Exception:
            log.exception("tencent call failed", action=call.action, request_id=request_id)
            return self._refused(refuse("InternalError"), call, request_id)
        return WireReply(200, success(fields, request_id), CONTENT_TYPE)

    def too_large(self, request: WireRequest, limit: int) -> WireReply:
        """Answer a request whose body is over the limit (10 MB for TC3, as on the platform)."""
        error = refuse("RequestSizeLimitExceeded")
        return self._refused(error, _Call(request), new_request_id())

    def _refused(self, error: WireError, call: _Call, request_id: str) -> WireReply:
        message = error.text.say(call.language or DEFAULT_LANGUAGE)
        return WireReply(200, failure(error.code, message, request_id), CONTENT_TYPE)

    async def _answer(self, call: _Call) -> dict[str, Any]:
        if call.request.method not in ("GET", "POST"):
            raise refuse("UnsupportedProtocol")
        caller = await self._authenticate(call)
        service = self._services.get(call.version)
        schema = service.schema(call.action) if service is not None else None
        if service is None or schema is None:
            raise unserved(call.version, call.action)
        if not service.creates(call.action):
            await self._gate.admit(caller.key_id, service.rate_name(call.action), patient=False)
            return await self._serve(call, caller, service, schema)
        return await self._create(call, caller, service, schema)

    async def _create(
        self, call: _Call, caller: Caller, service: TencentService, schema: Struct
    ) -> dict[str, Any]:
        """Serve a create, patiently within its rate, and once for a client that repeats a refused one."""
        retry = None if self._retries.empty else self._retry_key(call, caller)
        made = await self._retries.recall(retry)
        if made is not None:
            return made
        try:
            await self._gate.admit(caller.key_id, service.rate_name(call.action), patient=True)
        except WireError:
            await self._retries.refused(self._retry_key(call, caller))
            raise
        answer = await self._serve(call, caller, service, schema)
        await self._retries.made(retry, answer)
        return answer

    def _retry_key(self, call: _Call, caller: Caller) -> bytes | None:
        request = call.request
        client = request.headers.get("x-tc-requestclient", "")
        return self._memory.key(caller.key_id, call.action, client, request.body or request.query.encode())

    async def _serve(
        self, call: _Call, caller: Caller, service: TencentService, schema: Struct
    ) -> dict[str, Any]:
        body = self._body(call, schema)
        try:
            return await service.call(
                call.action, body, caller, call.request, call.language or DEFAULT_LANGUAGE
            )
        except GenmuxError as error:
            raise service.explain(error, call.action) from None

    # ------------------------------------------------------------ who

    async def _authenticate(self, call: _Call) -> Caller:
        request = call.request
        signed = tc3.SignedRequest(request.method, request.path, request.query, request.headers, request.body)
        try:
            claim = tc3.parse_authorization(signed)
            self._adopt(call, claim)
            if not _SECRET_ID.match(claim.secret_id):
                raise refuse("AuthFailure.InvalidSecretId")
            found = await self._keys.by_secret_id(claim.secret_id)
            if found is None:
                raise refuse("AuthFailure.SecretIdNotFound")
            key, secret = found
            tc3.verify(signed, claim, secret, now=self._clock() / 1000, accepted_hosts=self._signed_hosts)
        except tc3.SignatureError as error:
            log.info("signature refused", code=error.code, field=error.field, reason=error.reason)
            field = error.field if error.code == "MissingParameter" else None
            raise refuse(error.code, field) from None
        return Caller(key.tenant_id, key.id)

    def _adopt(self, call: _Call, claim: tc3.Claim | tc3.V1Claim) -> None:
        """Take action, version and language from where this kind of signature carries them."""
        call.claim = claim
        if isinstance(claim, tc3.V1Claim):
            call.action = claim.parameters.get("Action", "")
            call.version = claim.parameters.get("Version", "")
            call.language = claim.parameters.get("Language", "") or call.language
            call.parameters = claim.parameters
        if not call.action:
            raise refuse("MissingParameter", "Action")
        if not call.version:
            raise refuse("MissingParameter", "Version")

    # ------------------------------------------------------------ what

    def _body(self, call: _Call, schema: Struct) -> dict[str, Any]:
        request = call.request
        if call.parameters is not None:
            if len(request.body) > V1_POST_LIMIT:
                raise refuse("RequestSizeLimitExceeded")
            return read_flat(call.parameters.items(), schema)
        if request.method == "GET":
            if len(request.query) > GET_LIMIT:
                raise refuse("RequestSizeLimitExceeded")
            return read_flat(parse_qsl(request.query, keep_blank_values=True), schema)
        if request.headers.get("content-type", "").lower().startswith("multipart/"):
            raise refuse(
                "InvalidRequest",
                detail=Text(
                    "This action takes a JSON body, not multipart/form-data.",
                    "该接口只接受 JSON 格式的 body,不接受 multipart/form-data。",
                ),
            )
        return read_body(request.body, schema)
