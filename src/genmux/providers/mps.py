"""Tencent MPS as an upstream: it takes pictures as URLs only, can only be polled, and has no lookup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from genmux.domain.spec import GenerationSpec, Kind, Medium
from genmux.providers import tencent
from genmux.providers.base import BaseProvider
from genmux.providers.references import given_by_url, unfetchable
from genmux.providers.seam import (
    Account,
    Finished,
    Flow,
    HttpCall,
    HttpReply,
    Outcome,
    Output,
    Pending,
    PictureLimits,
    ProviderFacts,
    Puzzling,
    Recovery,
    Refused,
    Work,
)
from genmux.wires import mps
from genmux.wires.tencent import AnsweredError, BrokenAnswerError
from genmux.wires.tencent_calls import MPS_RATES, endpoint_of
from genmux.wires.tencent_codes import failure_class
from genmux.wires.tencent_rows import with_size_in_words

SLOTS: Final = 10_000
"""MPS states no limit of open tasks: the rates are to be the limit.

Ten films a second of four minutes are 2,400 in flight, of ten minutes 6,000; twenty pictures a second
of three minutes are 3,600 more.
"""
PICTURES: Final = {
    Kind.IMAGE: PictureLimits(7_000_000, formats=("image/jpeg", "image/png", "image/webp")),
    Kind.VIDEO: PictureLimits(10_000_000, formats=("image/jpeg", "image/png")),
}
PASSED_ON: Final = ("Operator",)
"""Words of the caller's own MPS request that go along; never `StoreCosParam`: results are stored by us."""
GOING_ON: Final = ("WAIT", "RUN")
UNKNOWN_TASK: Final = f"4-AigcVideo-{'0' * 32}"
TASK_PROOFS: Final = ("ResourceNotFound", "FailedOperation", "InvalidParameter", "InvalidParameterValue")
"""Families of errors about a task that cannot exist: whoever hears them was let in."""


class MpsProvider(BaseProvider):
    """Makes pictures and films at Tencent MPS, mainland or international."""

    name = "mps"
    recovery = Recovery.NEVER
    facts = ProviderFacts(
        endpoint=endpoint_of(mps.SERVICE),
        rates=MPS_RATES,
        slots=SLOTS,
        credential_names=tencent.CREDENTIAL_NAMES,
        by_url=frozenset({Medium.IMAGE, Medium.VIDEO}),
        result_hours=12.0,
    )

    def options(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Take `region` (default ap-guangzhou) and `site` (cn or intl)."""
        return tencent.check_options(said, (), self.name)

    def endpoint(self, options: Mapping[str, Any]) -> str:
        """Return the address of the site."""
        return endpoint_of(mps.SERVICE, options.get("site", "cn"))

    def unsaid(self, spec: GenerationSpec) -> tuple[str, ...]:
        """Return the said spec fields that this wire has no words for."""
        return mps.render_create(with_size_in_words(spec), {})[2]

    def authorize(self, call: HttpCall, credential: dict[str, str], now: int) -> HttpCall:
        """Return the call signed with TC3."""
        return tencent.authorize(call, credential, now)

    def submit(self, work: Work) -> Flow:
        """Have every input staged, then create the task."""
        spec, notes = yield from given_by_url(work, PICTURES[work.spec.kind])
        refusal = unfetchable(spec)
        if refusal is not None:
            return refusal
        action, body, _ = mps.render_create(with_size_in_words(spec), _passed_on(work))
        reply: HttpReply = yield _call(work.account, (action, body), f"create:{spec.kind}")
        return tencent.created(reply, notes)

    def poll(self, work: Work) -> Flow:
        """Ask for the status of the task."""
        kind = work.spec.kind
        order = mps.render_describe(kind, work.upstream_ref or "")
        reply: HttpReply = yield _call(work.account, order, f"describe:{kind}")
        try:
            view = mps.parse_status(kind, tencent.answer(reply))
        except (AnsweredError, BrokenAnswerError) as error:
            return tencent.task_not_told(reply, error)
        return told(view)

    def probe(self, account: Account) -> Flow:
        """Ask for a task that cannot exist: only a good key is told so."""
        order = mps.render_describe(Kind.VIDEO, UNKNOWN_TASK)
        reply: HttpReply = yield _call(account, order, "describe:video")
        return tencent.probed(reply, TASK_PROOFS)


def told(view: mps.StatusView) -> Outcome:
    """Return what a status answer says of its task; a word that is not MPS's own says nothing."""
    if view.status in GOING_ON:
        return Pending(status=view.status)
    if view.status == "FAIL":
        return Refused(failure_class(view.message), view.status, view.message)
    if view.status != "DONE":
        return Puzzling(f"the task has the unknown status {view.status}")
    if not view.urls:
        return Puzzling("the task is DONE without a URL")
    notes = {"resolution": view.resolution} if view.resolution else {}
    return Finished(tuple(Output(url=url) for url in view.urls), notes)


def _call(account: Account, order: tuple[str, Mapping[str, Any]], pace: str) -> HttpCall:
    return tencent.api_call(mps.SERVICE, account, order, pace)


def _passed_on(work: Work) -> dict[str, Any]:
    if work.wire != mps.SERVICE:
        return {}
    return {name: work.extra[name] for name in PASSED_ON if name in work.extra}


provider = MpsProvider()
