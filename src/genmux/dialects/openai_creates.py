"""Creates of the OpenAI dialect: one request becomes one task, however often it is sent."""

from __future__ import annotations

from typing import Final, NamedTuple

from genmux.dialects.idempotency import STANDARD_HEADER, claim_of
from genmux.dialects.openai_call import Call, Desk
from genmux.dialects.openai_retries import HEADER, Key, parse_number
from genmux.domain.errors import CallerError, ModelNotSupported
from genmux.domain.text import Text
from genmux.engine.ports import IdempotencyClaim
from genmux.engine.service import Created, Draft
from genmux.wires import openai

WIRE: Final = "openai"


class Accepted(NamedTuple):
    """The task of a create; `repeatable` tells that sending the create again would find this task."""

    created: Created
    parsed: openai.ParsedCreate
    repeatable: bool

    @property
    def task_id(self) -> bytes:
        """The task's id."""
        return self.created.task_id


async def accept(desk: Desk, call: Call, path: str) -> Accepted:
    """Accept the task that a request asks for, or find the one it made before.

    It is on disk when this returns. Raises `CallerError`s whose field is the wire's own.
    """
    fields = fields_of(desk, call)
    return await accept_parsed(desk, call, path, fields, openai.parse_create(path, fields, desk.names))


def fields_of(desk: Desk, call: Call) -> openai.Fields:
    """Return the fields of a request's body. Raises `CallerError`."""
    content_type = call.request.headers.get("content-type", "")
    return openai.read_body(content_type, call.request.body, desk.limits)


async def accept_parsed(
    desk: Desk, call: Call, path: str, fields: openai.Fields, parsed: openai.ParsedCreate
) -> Accepted:
    """Do what `accept` does for a create that is read already; `path` and `fields` tell equal ones."""
    number = parse_number(call.request.headers.get(HEADER))
    keyed = STANDARD_HEADER.lower() in call.request.headers
    digest = openai.fingerprint(path, fields) if keyed or number is not None else b""
    claim = claim_of(call.request, desk.clock(), STANDARD_HEADER, body=digest)
    if claim is not None or number is None:
        return Accepted(await _create(desk, call, parsed, claim), parsed, repeatable=claim is not None)
    key = (call.sender.tenant_id, call.sender.key_id, digest)
    made = await desk.retries.repeated(key, number, desk.clock())
    if made is not None:
        return Accepted(Created(made, repeated=True), parsed, repeatable=True)
    return Accepted(await _begin(desk, call, parsed, key, number), parsed, repeatable=True)


async def _begin(desk: Desk, call: Call, parsed: openai.ParsedCreate, key: Key, number: int) -> Created:
    settle = await desk.retries.begin(key, number, desk.clock())
    made: bytes | None = None
    try:
        created = await _create(desk, call, parsed, None)
        made = created.task_id
        return created
    finally:
        await settle(made)


async def _create(
    desk: Desk, call: Call, parsed: openai.ParsedCreate, claim: IdempotencyClaim | None
) -> Created:
    draft = Draft(
        wire=WIRE,
        surface=WIRE,
        spec=parsed.spec,
        model_name=parsed.model_name,
        model_version=parsed.model_version,
        extra=parsed.extra,
        idempotency=claim,
    )
    try:
        return await desk.service.create(call.sender, draft)
    except ModelNotSupported as refusal:
        raise _no_such_model(desk, parsed, refusal) from None
    except CallerError as refusal:
        refusal.field = openai.param_of(parsed, refusal.field) if refusal.field else None
        raise


def _no_such_model(desk: Desk, parsed: openai.ParsedCreate, refusal: ModelNotSupported) -> ModelNotSupported:
    """Return OpenAI's sentence with the nearest names; why it is so stays as the service says it."""
    name = parsed.extra.get("model")
    if name is None:
        return ModelNotSupported(refusal.text, field="model")
    return no_such_model(desk, name, desk.names.nearest(parsed.spec.kind, name), refusal.text)


def no_such_model(desk: Desk, name: str, near: tuple[str, ...], why: Text | None = None) -> ModelNotSupported:
    """Return the error for a model that is not there."""
    shown = name[:100]
    en = f"The model '{shown}' does not exist or is not served here."
    zh = f"模型 '{shown}' 不存在或本服务不支持。"
    others = [other for other in near if other.lower() != name.lower()]
    if others:
        listed = ", ".join(f"'{other}'" for other in others)
        en, zh = f"{en} Did you mean {listed}?", f"{zh}是否想用 {listed}？"
    elif why is not None:
        en, zh = f"{en} {why.en}", f"{zh}{why.zh}"
    return ModelNotSupported(Text(en, zh), field="model")
