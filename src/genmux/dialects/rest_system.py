"""The endpoints of the server itself: models, access keys, health."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from genmux.dialects.exchange import WireReply
from genmux.dialects.rest_call import Call, Desk, query_refusal, reply_json
from genmux.domain.catalog import ModelEntry
from genmux.domain.errors import NotFound
from genmux.domain.spec import Kind, ModelRef
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.engine.channels import model_path
from genmux.engine.ports import KeyRow
from genmux.wires.rest import render_model
from genmux.wires.rest_answers import HealthStatus, KeyList, KeyStatus, ModelList, ModelStatus, NewKey
from genmux.wires.rest_bodies import MAX_NAME_CHARACTERS
from genmux.wires.rest_values import missing, read_fields, read_json, read_text, refuse, render_time


async def list_models(desk: Desk, call: Call) -> WireReply:
    """Show every version of every model, what it takes, and whether a channel here makes it."""
    kind = call.query.get("kind")
    if kind is not None and kind not in tuple(Kind):
        raise query_refusal("kind", "must be image or video.", "必须是 image 或 video。")
    return reply_json(ModelList(tuple(_model(desk, e) for e in desk.service.catalogue.models(kind))))


def _model(desk: Desk, entry: ModelEntry) -> ModelStatus:
    model = ModelRef(entry.family, entry.version)
    served = entry.kind in tuple(Kind) and bool(desk.service.router.serving(model_path(entry.kind, model)))
    return ModelStatus(model=render_model(model), **entry._asdict(), served=served)


async def create_key(desk: Desk, call: Call) -> WireReply:
    """Make an access key; its secret and token are told here and never again."""
    fields = read_fields(read_json(call.request.body), "", ("name", "tenant"))
    if "name" not in fields:
        raise missing("name")
    name = _name(fields["name"], "name")
    tenant = _name(fields["tenant"], "tenant") if "tenant" in fields else None
    row, secret, token = await desk.keys.create(name, tenant)
    told = NewKey(
        secret_id=row.secret_id,
        secret_key=secret,
        token=token,
        name=row.name,
        tenant_id=row.tenant_id,
    )
    return reply_json(told, 201, ("Cache-Control", "no-store"))


def _name(value: Any, path: str) -> str:
    text = read_text(value, path).strip()
    if not text or len(text) > MAX_NAME_CHARACTERS or not text.isprintable():
        raise refuse(
            path,
            f"must have 1 to {MAX_NAME_CHARACTERS} printable characters.",
            f"应为 1 到 {MAX_NAME_CHARACTERS} 个可见字符。",
        )
    return text


async def list_keys(desk: Desk, call: Call) -> WireReply:
    """Show every access key, revoked ones too, without anything secret."""
    return reply_json(KeyList(tuple(map(_key, await desk.keys.all()))))


def _key(row: KeyRow) -> KeyStatus:
    return KeyStatus(
        secret_id=row.secret_id,
        name=row.name,
        tenant_id=row.tenant_id,
        created_at=render_time(row.created_at) or "",
        revoked_at=render_time(row.revoked_at),
    )


async def revoke_key(desk: Desk, call: Call) -> WireReply:
    """Make an access key useless at once; revoking it again is not found."""
    if not await desk.keys.revoke(call.params["secret_id"]):
        raise NotFound(Text("There is no such live key.", "没有这个有效密钥。"), field="secret_id")
    return WireReply(204)


async def health(desk: Desk, call: Call) -> WireReply:
    """Tell whether tasks are accepted; the operator also sees how many there are in each state."""
    tasks: dict[str, int] | UnsetType = UNSET
    if call.caller is not None and call.caller.operator:
        counts = await desk.service.counts.look()
        tasks = {state.word: counts.get(state, 0) for state in TaskState}
    told = HealthStatus(
        status="draining" if desk.service.draining else "ok",
        version=desk.version,
        time=render_time(desk.clock()) or "",
        tasks=tasks,
    )
    return reply_json(told, 503 if desk.service.draining else 200)
