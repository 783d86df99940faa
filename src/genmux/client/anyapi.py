"""AnyAPI-style relays as an endpoint: VOD's tasks behind a bearer token, where no key is honoured."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from genmux.client.checks import checked_url, encode, header_word
from genmux.client.effects import Answer, Call, Flow
from genmux.client.endpoint import Order, Ref, Snapshot
from genmux.client.errors import BrokenAnswer, OutcomeUnknown
from genmux.client.platform import Clocks, Habits, PlatformEndpoint, task_error, with_version
from genmux.client.platform_options import COMMON, read_habits, refuse_others
from genmux.client.refusals import BY_CLASS, marked, verdict_of
from genmux.client.retries import Verdict, exchange
from genmux.client.tencent import ANSWER_SECONDS, unknown_outcome
from genmux.client.vod import STATES, artifacts_of
from genmux.domain.error_classes import ErrorClass
from genmux.domain.errors import GenmuxError, MissingValue, NotFound
from genmux.domain.states import TaskState
from genmux.domain.text import Text, same
from genmux.wires import anyapi, vod
from genmux.wires.anyapi_answers import (
    COMPLETED,
    CREATE_SECONDS,
    FAILED_RESULT,
    NO_SUCH_PATH,
    QUERY_PATHS,
    RESULT_PATH,
    RUNNING,
    RelayAnswer,
    query_path,
    read_relay,
    relayed_failure,
    result_failure,
)
from genmux.wires.http_answers import same_origin
from genmux.wires.tencent import AnsweredError, BrokenAnswerError
from genmux.wires.tencent_calls import BY_VALUE_BYTES
from genmux.wires.tencent_codes import CALL_ONLY
from genmux.wires.tencent_rows import with_size_in_words

URL_NAME: Final = "ANYAPI_BASE_URL"
TOKEN_NAME: Final = "ANYAPI_API_KEY"  # noqa: S105  the name of a variable
ADVICE: Final = Text(
    "The relay cannot be asked for it: look at your calls of that minute in the relay's log before you "
    "create it again, or it may be paid twice.",
    "中转站无法查询该请求是否成功：重新创建前请先在中转站日志中核对该时刻的调用，否则可能重复计费。",
)


class AnyApiEndpoint(PlatformEndpoint):
    """Makes tasks at `/tencent-vod/v1/aigc-…` of a relay."""

    name = "anyapi"
    value_bytes = BY_VALUE_BYTES
    reserved: Mapping[str, str] = {"session_id": "idempotency_key"}

    def __init__(self, url: str, token: str, habits: Habits, clocks: Clocks) -> None:
        super().__init__(habits, clocks)
        self._url = url
        self._read_headers = (("Authorization", f"Bearer {token}"),)
        self._write_headers = (*self._read_headers, ("Content-Type", "application/json"))

    def render(self, order: Order, key: str) -> tuple[str, dict[str, Any], tuple[str, ...]]:
        """Return the path and body, with the key as `session_id`, for relays that look at it."""
        spec = with_size_in_words(with_version(order.spec, vod.SERVICE))
        path, body, unsaid = anyapi.render_create(spec, {})
        return path, {**body, "session_id": key}, unsaid

    def send(self, target: str, body: dict[str, Any], order: Order, key: str) -> Flow[Snapshot]:
        """Send a create; again only after what proves that nothing was made."""
        kind = order.spec.kind
        call = Call("POST", self._url + target, self._write_headers, encode(body), CREATE_SECONDS)
        try:
            reply: Answer = yield from exchange(
                lambda: call,
                judge_create,
                repeatable=False,
                makes=True,
                turn=f"create:{kind}",
                chance=self._clocks.chance,
            )
        except OutcomeUnknown as error:
            raise unknown_outcome(error, ADVICE) from None
        answer = read_relay(reply.status, reply.body)
        if not answer.good:
            if answer.repeats_session or _may_have_made(answer):
                raise unknown_outcome(BrokenAnswerError(f"{answer.wording}."), ADVICE)
            raise _refusal(answer)
        try:
            task_id = anyapi.parse_created(answer.fields or {})
        except (AnsweredError, BrokenAnswerError) as error:
            raise unknown_outcome(error, ADVICE) from None
        return _seen(Ref(task_id, kind), TaskState.QUEUED.word, answer)

    def look_once(self, ref: Ref) -> Flow[Snapshot]:
        """Ask path after path until one of them knows the task."""
        lost: RelayAnswer | None = None
        for path in QUERY_PATHS:
            answer = yield from self._ask(self._url + query_path(path, ref.id, ref.kind), ref)
            if answer.knows_no_task:
                lost = lost or answer
            elif answer.status not in NO_SUCH_PATH:
                return (yield from self._told(ref, answer))
        if lost is not None:
            raise marked(NotFound(same(lost.message)), lost.code, lost.request_id)
        raise _puzzling("the relay serves none of the paths that ask for a task")

    def _told(self, ref: Ref, answer: RelayAnswer) -> Flow[Snapshot]:
        """Return what a look means, after fetching the result where the status keeps it apart."""
        snapshot = _read(ref, answer)
        if snapshot is not None:
            return snapshot
        result = yield from self._ask(self._result_url(ref, answer.fields or {}), ref)
        if result.problem is not None and result.status == FAILED_RESULT:
            return _failed(ref, result_failure(result.problem), result)
        found = _read(ref, result)
        if found is None:
            raise _puzzling(f"the task {ref.id} is complete and its result has no URL")
        return found

    def _result_url(self, ref: Ref, fields: Mapping[str, Any]) -> str:
        """Return where fal's shape keeps the result; another host than the relay's is not given the token."""
        url = fields.get("response_url")
        if isinstance(url, str) and same_origin(url, self._url):
            return url
        return self._url + query_path(RESULT_PATH, ref.id, ref.kind)

    def _ask(self, url: str, ref: Ref) -> Flow[RelayAnswer]:
        call = Call("GET", url, self._read_headers, b"", ANSWER_SECONDS)
        reply: Answer = yield from exchange(
            lambda: call,
            judge_question,
            repeatable=True,
            turn=f"describe:{ref.kind}",
            chance=self._clocks.chance,
        )
        return read_relay(reply.status, reply.body)


def _read(ref: Ref, answer: RelayAnswer) -> Snapshot | None:
    """Return what an answer says of a task, None where it is complete and its result is elsewhere."""
    if answer.goes_on:
        return _seen(ref, TaskState.RUNNING.word, answer)
    if not answer.good or answer.fields is None:
        about_us = answer.error_class in CALL_ONLY  # any other refusal of a look says nothing of the task
        raise _refusal(answer) if about_us else _puzzling(answer.wording)
    try:
        task = anyapi.parse_query(ref.kind, answer.fields)
    except (AnsweredError, BrokenAnswerError) as error:
        raise _puzzling(str(error)) from None
    status = task.status.upper()
    if not task.done and status in RUNNING:
        state = STATES.get(status, TaskState.RUNNING.word)
        return _seen(ref, state, answer, progress=task.progress or None)
    if task.failure.code:
        code = task.failure.extended or str(task.failure.code)
        failure = task_error(relayed_failure(task), code, task.message or f"The task ended with {code}.")
        return _seen(ref, TaskState.FAILED.word, answer, error=failure)
    if not task.done:
        raise _puzzling(f"the task {ref.id} has the unknown status {task.status}")
    if not task.files and task.status == COMPLETED:
        return None
    if not all(file.url for file in task.files or (vod.ReadFile(""),)):
        raise _puzzling(f"the task {ref.id} is {task.status} without a URL")
    return _seen(ref, TaskState.SUCCEEDED.word, answer, artifacts=artifacts_of(task))


def _failed(ref: Ref, found: ErrorClass, answer: RelayAnswer) -> Snapshot:
    error = task_error(found, answer.code, answer.message)
    return _seen(ref, TaskState.FAILED.word, answer, error=error)


def _seen(ref: Ref, state: str, answer: RelayAnswer, **more: Any) -> Snapshot:
    return Snapshot(ref, state, request_id=answer.request_id, raw=answer.fields or {}, **more)


def judge_create(reply: Answer) -> Verdict:
    """Return what the answer to a create proves."""
    answer = read_relay(reply.status, reply.body)
    if answer.says_nothing or answer.repeats_session:
        return Verdict.DOUBTFUL
    return Verdict.ANSWERED if answer.good else verdict_of(answer.error_class)


def judge_question(reply: Answer) -> Verdict:
    """Return whether a question must be asked again."""
    answer = read_relay(reply.status, reply.body)
    if (
        answer.good
        or answer.goes_on
        or answer.knows_no_task
        or reply.status in (*NO_SUCH_PATH, FAILED_RESULT)
    ):
        return Verdict.ANSWERED
    if answer.says_nothing or answer.error_class not in CALL_ONLY:
        return Verdict.DOUBTFUL
    return verdict_of(answer.error_class)


def _may_have_made(answer: RelayAnswer) -> bool:
    """Return whether a create answered so may have been carried out: a relay's time-outs prove nothing."""
    if answer.says_nothing or answer.error_class is None:
        return True
    return answer.error_class is ErrorClass.TRANSIENT and answer.status not in NO_SUCH_PATH


def _refusal(answer: RelayAnswer) -> GenmuxError:
    """Return the error that an answer is which is not good."""
    found = answer.error_class
    if found is None or answer.says_nothing:
        return marked(_puzzling(answer.wording), answer.code, answer.request_id)
    return marked(BY_CLASS[found](same(answer.message)), answer.code, answer.request_id)


def _puzzling(why: str) -> BrokenAnswer:
    return BrokenAnswer(Text(f"{why}.", f"{why}。"))


def open_endpoint(
    said: Mapping[str, Any], environ: Mapping[str, str], clock: Callable[[], float]
) -> AnyApiEndpoint:
    """Return the relay that is said, or that ANYAPI_BASE_URL and ANYAPI_API_KEY name."""
    refuse_others(said, ("token", *COMMON))
    url = said.get("base_url") or environ.get(URL_NAME)
    token = said.get("token") or environ.get(TOKEN_NAME)
    for value, field, name in ((url, "base_url", URL_NAME), (token, "token", TOKEN_NAME)):
        if not value:
            raise MissingValue(
                Text(
                    f"{field} is missing: say it or set {name}.",
                    f"缺少 {field}：请传入或设置环境变量 {name}。",
                ),
                field=field,
            )
    clocks = Clocks(wall=time.time, steady=clock)
    address, word = checked_url(str(url), "base_url"), header_word(str(token), "token")
    return AnyApiEndpoint(address, word, read_habits(said), clocks)
