"""The endpoint that says what a create would come to, and everything that speaks against it."""

from __future__ import annotations

from typing import Final

from genmux.dialects.exchange import WireReply
from genmux.dialects.rest_call import Call, Desk, reply_json
from genmux.dialects.rest_tasks import draft_of, wire_path
from genmux.domain.errors import CallerError
from genmux.engine.checking import Plan
from genmux.wires import rest
from genmux.wires.rest_answers import CheckStatus, PlanStatus, ViolationStatus, render_value
from genmux.wires.rest_values import Refusal, render_number

_NO_STORE: Final = ("Cache-Control", "no-store")


async def check_task(desk: Desk, call: Call) -> WireReply:
    """Read a create to its end, name every fault, and say what would be made; nothing is."""
    parsed, faults = rest.parse_check(call.request.body)
    found = [_fault(fault, call.language) for fault in faults]
    plan: Plan | None = None
    if parsed is not None:
        result = await desk.service.check(call.sender, draft_of(parsed))
        plan = result.plan
        unread = {(fault.field or "").partition(".")[0] for fault in faults}
        found += [
            _violation(said.code, path, said.text.say(call.language), said.nearest, said.allowed)
            for said in result.findings
            if (path := wire_path(said.field, parsed) or "").partition(".")[0] not in unread
        ]
    told = CheckStatus(
        valid=not found,
        violations=tuple(found),
        plan=_plan(plan) if plan is not None and not faults else None,
    )
    return reply_json(told, 200, _NO_STORE)


def _fault(fault: CallerError, language: str) -> ViolationStatus:
    """Return what this wire itself cannot read."""
    nearest, allowed = (fault.nearest, fault.allowed) if isinstance(fault, Refusal) else (None, ())
    return _violation(fault.code, fault.field, fault.text.say(language), nearest, allowed)


def _violation(
    code: str, path: str | None, message: str, nearest: str | None, allowed: tuple[str, ...]
) -> ViolationStatus:
    return ViolationStatus(
        code=code,
        field=path or None,
        message=message,
        nearest=None if nearest is None else render_value(path, nearest),
        allowed=tuple(render_value(path, word) for word in allowed),
    )


def _plan(plan: Plan) -> PlanStatus:
    return PlanStatus(
        model=rest.render_model(plan.model),
        chosen=dict(plan.chosen),
        duration=None if plan.duration is None else render_number(plan.duration),
        resolution=plan.resolution,
        aspect_ratio=plan.aspect_ratio,
        size=f"{plan.size[0]}x{plan.size[1]}" if plan.size else None,
        channel=plan.channel,
        provider=plan.provider,
        ignored=plan.ignored,
    )
