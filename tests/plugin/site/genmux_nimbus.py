"""Nimbus, a vendor that does not exist: a provider for genmux that lives outside it, in one file.

Its API: `POST /v3/paintings` with a wish, `GET /v3/paintings/{id}` until the painting hangs, and
`GET /v3/paintings?reference=…` to find one by the reference it was wished for with.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from genmux.domain.spec import GenerationSpec, Kind
from genmux.providers.base import BaseProvider
from genmux.providers.seam import (
    Accepted,
    Account,
    Ambiguous,
    ErrorClass,
    Finished,
    Flow,
    Forgotten,
    Healthy,
    HttpCall,
    HttpReply,
    Outcome,
    Output,
    Pending,
    ProviderFacts,
    Puzzling,
    Recovery,
    Refused,
    Work,
)

SAYABLE: Final = ("kind", "model", "prompt", "aspect_ratio", "seed")
REASONS: Final = {"unpaid": ErrorClass.QUOTA, "improper": ErrorClass.CONTENT, "busy": ErrorClass.CONCURRENCY}


class NimbusProvider(BaseProvider):
    """Has pictures painted by Nimbus, which finds a wish again by its reference."""

    name = "nimbus"
    recovery = Recovery.LOOKUP
    facts = ProviderFacts(
        endpoint="https://api.nimbus.example",
        rates={"create": 5.0, "describe": 20.0},
        slots=4,
        credential_names=("key",),
        result_hours=2.0,
    )

    def unsaid(self, spec: GenerationSpec) -> tuple[str, ...]:
        """Return what a wish has no words for; Nimbus paints, it makes no films."""
        said = (name for name in spec.__struct_fields__ if getattr(spec, name) not in (None, "", (), {}))
        unsaid = tuple(name for name in said if name not in SAYABLE)
        return unsaid if spec.kind is Kind.IMAGE else ("model", *unsaid)

    def authorize(self, call: HttpCall, credential: dict[str, str], now: int) -> HttpCall:
        """Return the call with Nimbus's own header."""
        return replace(call, headers=(*call.headers, ("X-Nimbus-Key", credential["key"])))

    def submit(self, work: Work) -> Flow:
        """Wish for a painting under our attempt key."""
        wish = {
            "wish": work.spec.prompt,
            "reference": work.key,
            "shape": work.spec.aspect_ratio or work.defaults.aspect_ratio,
            "brush": work.spec.seed,
        }
        body = json.dumps({name: value for name, value in wish.items() if value is not None}).encode()
        url = f"{work.account.endpoint}/v3/paintings"
        headers = (("Content-Type", "application/json"),)
        reply: HttpReply = yield HttpCall("POST", url, headers, body, pace="create:image")
        painting = _painting(reply)
        if 400 <= reply.status < 500:
            return _refused(painting)
        return Accepted(painting["id"]) if "id" in painting else Ambiguous(f"Nimbus answered {reply.status}")

    def lookup(self, work: Work) -> Flow:
        """Look for a painting by our attempt key."""
        url = f"{work.account.endpoint}/v3/paintings?reference={quote(work.key)}"
        reply: HttpReply = yield HttpCall("GET", url, pace="describe:image")
        painting = _painting(reply)
        if reply.status == 404:
            return Forgotten("nobody wished for it")
        return Accepted(painting["id"]) if "id" in painting else Puzzling(f"Nimbus answered {reply.status}")

    def poll(self, work: Work) -> Flow:
        """Look whether the painting hangs."""
        url = f"{work.account.endpoint}/v3/paintings/{quote(work.upstream_ref or '', safe='')}"
        reply: HttpReply = yield HttpCall("GET", url, pace="describe:image")
        return _told(reply)

    def probe(self, account: Account) -> Flow:
        """Ask for a painting that nobody wished for."""
        url = f"{account.endpoint}/v3/paintings?reference=nobody"
        reply: HttpReply = yield HttpCall("GET", url)
        if reply.status == 401:
            return Refused(ErrorClass.AUTH, "401", "Nimbus does not know this key.", "Nimbus 不认识该密钥。")
        return Healthy()


provider: Final = NimbusProvider()


def _painting(reply: HttpReply) -> dict[str, Any]:
    try:
        value = json.loads(reply.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _refused(painting: dict[str, Any]) -> Refused:
    reason = str(painting.get("reason", ""))
    return Refused(REASONS.get(reason, ErrorClass.INVALID), reason, f"Nimbus says {reason}.")


def _told(reply: HttpReply) -> Outcome:
    if reply.status == 404:
        return Forgotten("the painting is not there")
    painting = _painting(reply)
    match painting.get("state"):
        case "painting":
            return Pending(painting.get("percent"), "painting")
        case "hung":
            return Finished((Output(url=painting["picture"]),))
        case "torn":
            return _refused(painting)
        case state:
            return Puzzling(f"the painting is {state}")
