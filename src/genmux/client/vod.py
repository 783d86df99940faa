"""Tencent VOD as an endpoint: every create has a session, so it is repeated safely and found again by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from genmux.client.effects import Answer, Flow, Pause
from genmux.client.endpoint import Artifact, Order, Ref, Snapshot
from genmux.client.errors import BrokenAnswer, OutcomeUnknown
from genmux.client.platform import (
    Clocks,
    Habits,
    PlatformEndpoint,
    content_type_of_url,
    task_error,
    with_version,
)
from genmux.client.platform_options import TENCENT, open_gateway, read_account, read_habits, refuse_others
from genmux.client.retries import Patience
from genmux.client.tencent import Gateway, created_id, judge_create, unknown_outcome
from genmux.domain.errors import GenmuxError, InvalidValue, MissingValue
from genmux.domain.spec import Kind, Usage
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.wires import vod
from genmux.wires.tencent import AnsweredError, BrokenAnswerError
from genmux.wires.tencent_calls import BY_VALUE_BYTES, VOD_RATES, read_answer
from genmux.wires.tencent_codes import repeats_session
from genmux.wires.tencent_rows import with_size_in_words
from genmux.wires.vod_codes import (
    LIST_REACH_MS,
    LOOKUP_MARGIN_MS,
    LOOKUP_PAGES,
    parse_application,
    task_error_class,
)
from genmux.wires.vod_list import MAX_LIMIT
from genmux.wires.vod_rows import MAX_SESSION_ID

STATES: Final = {"WAITING": TaskState.QUEUED.word, "PROCESSING": TaskState.RUNNING.word}
"""Our word for each status of a task that goes on."""
SEED_NAMES: Final = ("VITE_VOD_SECRET_ID", "VITE_VOD_SECRET_KEY")
APPLICATION_NAME: Final = "VITE_VOD_SUB_APP_ID"
PATIENCE: Final = Patience(tries=5)
LOOKUPS: Final = Patience(tries=6, first_seconds=1.0)
"""A task may be listed a moment after it was accepted."""


class VodEndpoint(PlatformEndpoint):
    """Makes pictures and films in an application of Tencent VOD, mainland or international."""

    name = "vod"
    rates = VOD_RATES
    keyed = True
    value_bytes = BY_VALUE_BYTES
    result_hours = 168
    reserved: Mapping[str, str] = {"SessionId": "idempotency_key", "SubAppId": "sub_app_id"}

    def __init__(self, gateway: Gateway, sub_app_id: int, habits: Habits, clocks: Clocks) -> None:
        super().__init__(habits, clocks)
        self._gateway = gateway
        self._sub_app_id = sub_app_id

    def render(self, order: Order, key: str) -> tuple[str, dict[str, Any], tuple[str, ...]]:
        """Return the action and body, with the key as `SessionId`."""
        if len(key) > MAX_SESSION_ID:
            raise _long_key()
        spec = with_version(order.spec, vod.SERVICE)
        if spec.model is None:
            raise _no_model()
        extra: dict[str, Any] = {"SubAppId": self._sub_app_id, "SessionId": key}
        if order.priority:
            extra["TasksPriority"] = order.priority
        return vod.render_create(with_size_in_words(spec), extra)

    def send(self, target: str, body: dict[str, Any], order: Order, key: str) -> Flow[Snapshot]:
        """Send a create until it is answered; a session that exists leads to its task."""
        kind, began = order.spec.kind, self._clocks.wall()
        doubts: list[Exception] = []
        try:
            answer: Answer = yield from self._gateway.send(
                (target, body),
                f"create:{kind}",
                judge_create,
                repeatable=True,
                makes=True,
                doubts=doubts,
                patience=PATIENCE,
            )
            repeated = _repeated(answer)
            if repeated is None:
                task_id, fields = created_id(self._gateway, answer, _advice(key))
                return _queued(Ref(task_id, kind), fields)
        except OutcomeUnknown as error:
            return (yield from self._found(kind, key, began, error))
        except GenmuxError as refusal:
            if not doubts:
                raise
            return (yield from self._found(kind, key, began, refusal))
        since = began - LIST_REACH_MS / 1000 if order.key else began
        return (yield from self._found(kind, key, since, repeated))

    def look_once(self, ref: Ref) -> Flow[Snapshot]:
        """Ask for the details of a task."""
        order = vod.render_describe(ref.id, self._sub_app_id)
        fields = yield from self._gateway.ask(order, f"describe:{ref.kind}")
        try:
            return read_task(ref, vod.parse_detail(fields), fields)
        except BrokenAnswerError as error:
            raise BrokenAnswer(Text(f"{error}.", f"{error}。")) from None

    def result_source(self, snapshot: Snapshot, n: int) -> str:
        """Return the file of a result that is kept for good, else its URL."""
        file = vod.parse_detail(snapshot.raw).files[n]
        return vod.file_source(self._sub_app_id, file.file_id) if file.file_id else file.url

    # ---------------------------------------------------------------- a create whose answer was lost

    def _found(self, kind: Kind, key: str, since: float, error: Exception) -> Flow[Snapshot]:
        """Return the task of a session, which may be listed only after a while. Raises `OutcomeUnknown`."""
        for n in range(1, LOOKUPS.tries + 1):
            try:
                task = yield from self._listed(key, since)
            except (GenmuxError, BrokenAnswerError):  # the list tells nothing: it stays unknown
                break
            if task is not None:
                return _queued(Ref(task.task_id, kind), {"TaskId": task.task_id, "found_by": key})
            yield Pause(LOOKUPS.pause(n, None, self._clocks.chance()))
        raise unknown_outcome(error, _advice(key)) from None

    def _listed(self, key: str, since: float) -> Flow[vod.ListedTask | None]:
        query = vod.TaskQuery(
            sub_app_id=self._sub_app_id,
            created_from=max(0, round(since * 1000) - LOOKUP_MARGIN_MS),
            limit=MAX_LIMIT,
        )
        token = ""
        for _ in range(LOOKUP_PAGES):
            fields = yield from self._gateway.ask(vod.render_query(query, token), "list")
            tasks, token = vod.parse_listed(fields)
            found = next((task for task in tasks if task.session_id == key), None)
            if found is not None or not token:
                return found
        return None


def read_task(ref: Ref, task: vod.ReadTask, fields: dict[str, Any]) -> Snapshot:
    """Return what a detail says of its task. Raises `BrokenAnswerError` for a word that is not VOD's."""
    if not task.done and task.status not in STATES:
        raise BrokenAnswerError(f"the task {ref.id} has the unknown status {task.status}")
    failed = task.done and task.failure.code != 0
    if task.done and not failed and not all(file.url for file in task.files or (vod.ReadFile(""),)):
        raise BrokenAnswerError(f"the task {ref.id} is {task.status} without a URL")
    done = TaskState.FAILED if failed else TaskState.SUCCEEDED
    code = task.failure.extended or str(task.failure.code)
    message = task.message or f"The task ended with {code}."
    return Snapshot(
        ref=ref,
        state=done.word if task.done else STATES[task.status],
        progress=task.progress or None,
        artifacts=() if failed else artifacts_of(task),
        error=task_error(task_error_class(task), code, message) if failed else None,
        usage=usage_of(task) if task.done and not failed else None,
        request_id=str(fields.get("RequestId", "")),
        raw=fields,
    )


def artifacts_of(task: vod.ReadTask) -> tuple[Artifact, ...]:
    """Return the results that a task tells of."""
    return tuple(
        Artifact(
            n,
            file.url,
            content_type=content_type_of_url(file.url),
            width=file.width,
            height=file.height,
            seconds=file.seconds,
        )
        for n, file in enumerate(task.files)
    )


def usage_of(task: vod.ReadTask) -> Usage:
    """Return what the platform counted, in the units it bills."""
    if task.kind is Kind.IMAGE:
        return Usage(images=len(task.files))
    told = task.usage.get("OutputSeconds", 0)
    return Usage(seconds=float(told or sum(file.seconds or 0.0 for file in task.files)))


def _queued(ref: Ref, fields: dict[str, Any]) -> Snapshot:
    return Snapshot(
        ref=ref, state=TaskState.QUEUED.word, request_id=str(fields.get("RequestId", "")), raw=fields
    )


def _repeated(answer: Answer) -> AnsweredError | None:
    """Return the refusal that says that the session exists, None for any other answer."""
    try:
        read_answer(answer.status, answer.body)
    except AnsweredError as error:
        return error if repeats_session(error.code, error.message) else None
    except BrokenAnswerError:
        return None
    return None


def _advice(key: str) -> Text:
    return Text(
        f"Its session is {key}: the same call with idempotency_key={key!r} within three days makes no second "
        "task.",
        f"其会话标识为 {key}：三天内以 idempotency_key={key!r} 重新调用不会创建第二个任务。",
    )


def _long_key() -> InvalidValue:
    return InvalidValue(
        Text(
            f"idempotency_key may have {MAX_SESSION_ID} characters on VOD, where it is the SessionId.",
            f"VOD 以 idempotency_key 作为 SessionId，最长 {MAX_SESSION_ID} 个字符。",
        ),
        field="idempotency_key",
    )


def _no_model() -> MissingValue:
    return MissingValue(
        Text('VOD needs a model, such as model="Kling/3.0".', 'VOD 需要指定模型，例如 model="Kling/3.0"。'),
        field="model",
    )


def open_endpoint(
    said: Mapping[str, Any], environ: Mapping[str, str], clock: Callable[[], float]
) -> VodEndpoint:
    """Return VOD under the credential that is said, or that the environment names.

    Looks for TENCENTCLOUD_SECRET_ID and …_KEY, then for the names of the guides (VITE_VOD_…).
    """
    refuse_others(said, ("sub_app_id", *TENCENT))
    account = read_account(said, environ, SEED_NAMES)
    application = said.get("sub_app_id") or environ.get(APPLICATION_NAME)
    try:
        sub_app_id = parse_application(application)
    except ValueError as error:
        raise MissingValue(
            Text(
                f"{error}; say sub_app_id or set {APPLICATION_NAME}.",
                f"sub_app_id 应为点播应用 ID，例如 1500000000；请传入 sub_app_id 或设置 {APPLICATION_NAME}。",
            ),
            field="sub_app_id",
        ) from None
    clocks = Clocks(wall=time.time, steady=clock)
    gateway = open_gateway(vod.SERVICE, said, environ, account, clocks)
    return VodEndpoint(gateway, sub_app_id, read_habits(said, account.credential), clocks)
