"""Tencent MPS as an endpoint: inputs by URL only, no key, so a create whose answer was lost stays unknown."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from genmux.client.effects import Answer, Flow
from genmux.client.endpoint import Artifact, Order, Ref, Snapshot
from genmux.client.errors import BrokenAnswer, OutcomeUnknown
from genmux.client.platform import Clocks, Habits, PlatformEndpoint, content_type_of_url, task_error
from genmux.client.platform_options import TENCENT, open_gateway, read_account, read_habits, refuse_others
from genmux.client.tencent import Gateway, created_id, judge_create, unknown_outcome
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.domain.words import parse_size
from genmux.wires import mps
from genmux.wires.tencent import BrokenAnswerError
from genmux.wires.tencent_calls import MPS_RATES
from genmux.wires.tencent_codes import failure_class
from genmux.wires.tencent_rows import with_size_in_words

STATES: Final = {
    "WAIT": TaskState.QUEUED.word,
    "RUN": TaskState.RUNNING.word,
    "DONE": TaskState.SUCCEEDED.word,
    "FAIL": TaskState.FAILED.word,
}
"""Our word for each status."""
ADVICE: Final = Text(
    "MPS cannot be asked for it: look at the tasks of that minute in the MPS console before you create it "
    "again, or it may be paid twice.",
    "MPS 无法查询该请求是否成功：重新创建前请先在 MPS 控制台核对该时刻的任务，否则可能重复计费。",
)


class MpsEndpoint(PlatformEndpoint):
    """Makes pictures and films at Tencent MPS, mainland or international."""

    name = "mps"
    rates = MPS_RATES
    takes_output = True
    reserved: Mapping[str, str] = {"StoreCosParam": "output"}

    def __init__(self, gateway: Gateway, habits: Habits, clocks: Clocks) -> None:
        super().__init__(habits, clocks)
        self._gateway = gateway

    def render(self, order: Order, key: str) -> tuple[str, dict[str, Any], tuple[str, ...]]:
        """Return the action and body; a bucket for the result is by default in the region of the calls."""
        extra: dict[str, Any] = {}
        if order.output is not None:
            extra["StoreCosParam"] = {
                "CosBucketName": order.output.bucket,
                "CosBucketRegion": order.output.region or self._gateway.region,
                "CosBucketPath": order.output.path,
            }
        return mps.render_create(with_size_in_words(order.spec), extra)

    def send(self, target: str, body: dict[str, Any], order: Order, key: str) -> Flow[Snapshot]:
        """Send a create; again only after what proves that nothing was made."""
        kind = order.spec.kind
        try:
            answer: Answer = yield from self._gateway.send(
                (target, body), f"create:{kind}", judge_create, repeatable=False, makes=True
            )
        except OutcomeUnknown as error:
            raise unknown_outcome(error, ADVICE) from None
        task_id, fields = created_id(self._gateway, answer, ADVICE)
        return Snapshot(
            ref=Ref(task_id, kind),
            state=TaskState.QUEUED.word,
            request_id=str(fields.get("RequestId", "")),
            raw=fields,
        )

    def look_once(self, ref: Ref) -> Flow[Snapshot]:
        """Ask for the status of a task."""
        order = mps.render_describe(ref.kind, ref.id)
        fields = yield from self._gateway.ask(order, f"describe:{ref.kind}")
        try:
            return read_status(ref, fields)
        except BrokenAnswerError as error:
            raise BrokenAnswer(Text(f"{error}.", f"{error}。")) from None


def read_status(ref: Ref, fields: dict[str, Any]) -> Snapshot:
    """Return what a status answer says. Raises `BrokenAnswerError` for a word that is not MPS's."""
    view = mps.parse_status(ref.kind, fields)
    state = STATES.get(view.status)
    if state is None or (view.status == "DONE" and not view.urls):
        raise BrokenAnswerError(f"the task {ref.id} is {view.status} with {len(view.urls)} URLs")
    width, height = parse_size(view.resolution) or (None, None)
    failed = view.status == "FAIL"
    return Snapshot(
        ref=ref,
        state=state,
        artifacts=tuple(
            Artifact(n, url, content_type=content_type_of_url(url), width=width, height=height)
            for n, url in enumerate(view.urls)
        ),
        error=task_error(failure_class(view.message), "FAIL", view.message) if failed else None,
        request_id=str(fields.get("RequestId", "")),
        raw=fields,
    )


def open_endpoint(
    said: Mapping[str, Any], environ: Mapping[str, str], clock: Callable[[], float]
) -> MpsEndpoint:
    """Return MPS under the credential that is said, or that TENCENTCLOUD_SECRET_ID and …_KEY name."""
    refuse_others(said, ("output", *TENCENT))
    account = read_account(said, environ)
    clocks = Clocks(wall=time.time, steady=clock)
    gateway = open_gateway(mps.SERVICE, said, environ, account, clocks)
    return MpsEndpoint(gateway, read_habits(said, account.credential), clocks)
