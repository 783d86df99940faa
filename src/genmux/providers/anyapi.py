"""AnyAPI-style relays: Tencent VOD's tasks behind a bearer token, answered in one of several shapes.

No relay was ever seen to de-duplicate by `session_id`, and none has a lookup: a create whose answer
was lost stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import msgspec

from genmux.domain.spec import GenerationSpec, Kind, Medium
from genmux.domain.text import Text
from genmux.providers.answers import read_object, retry_after_seconds, same_origin, with_bearer
from genmux.providers.base import RESULT_FIELDS, BaseProvider
from genmux.providers.references import as_if_given, given_either_way, unfetchable
from genmux.providers.seam import (
    Accepted,
    Account,
    Ambiguous,
    ErrorClass,
    Flow,
    Forgotten,
    Healthy,
    HttpCall,
    HttpReply,
    Outcome,
    Pending,
    ProviderFacts,
    Puzzling,
    Recovery,
    Refused,
    Work,
)
from genmux.providers.tencent import with_size_in_words
from genmux.providers.tencent_codes import (
    CALL_ONLY,
    TASK_NOT_FOUND,
    UNDECIDED,
    error_class,
    failure_class,
    family,
    repeats_session,
)
from genmux.providers.vod import BY_VALUE_BYTES, BY_VALUE_FORMATS, PICTURES, STAGED, told
from genmux.wires import anyapi
from genmux.wires.anyapi import Problem
from genmux.wires.tencent import AnsweredError, BrokenAnswerError

QUERY_PATHS: Final = (
    f"/{anyapi.ROOT}/query/{{id}}",
    f"/{anyapi.ROOT}/aigc-{{kind}}/{{id}}",
    f"/{anyapi.ROOT}/requests/{{id}}/status",
    f"/{anyapi.ROOT}/requests/{{id}}",
)
"""Where to ask for a task, the documented path first; published clients use the others."""
RESULT_PATH: Final = QUERY_PATHS[-1]
CREATE_SECONDS: Final = 60.0
NOBODY: Final = "genmux-probe"
"""An id that no relay gives, to ask for when only the credential matters."""

PASSED_ON: Final = ("InputRegion", "TasksPriority", "ExtInfo")
CONFIG_PASSED_ON: Final = (
    *("PersonGeneration", "InputComplianceCheck", "OutputComplianceCheck"),
    *("EnhanceSwitch", "FrameInterpolate"),
)
"""Words of a caller's own VOD or AnyAPI request that go along.

Never `SessionId`, which is our attempt key; where and under which name the result is kept is our
own business, and `Procedure` names something in an account that is not the caller's.
"""
WIRES_PASSED_ON: Final = ("vod", "anyapi")

RUNNING: Final = frozenset(
    {
        *("WAITING", "PROCESSING", "IN_QUEUE", "IN_PROGRESS"),
        *("QUEUED", "PENDING", "RUNNING", "SUBMITTED", "NOT_START"),
    }
)
"""Status words of a task that goes on, of Tencent, fal and new-api."""
COMPLETED: Final = "COMPLETED"
IN_PROGRESS: Final = "in progress"
"""fal's sentence in place of a result that does not exist yet: "Request is still in progress"."""
NO_SUCH_PATH: Final = (404, 405)
FAILED_RESULT: Final = 422
"""What fal's shape answers in place of the result of a failed task."""
UNANSWERED: Final = (408, 425)
"""Refusals of something on the way, which may have let the request through."""

RELAY_CODES: Final[dict[str, ErrorClass]] = {
    "access_denied": ErrorClass.AUTH,
    "invalid_api_key": ErrorClass.AUTH,
    "unauthorized": ErrorClass.AUTH,
    "insufficient_quota": ErrorClass.QUOTA,
    "insufficient_user_quota": ErrorClass.QUOTA,
    "pre_consume_token_quota_failed": ErrorClass.QUOTA,
    "quota_not_enough": ErrorClass.QUOTA,
    "token_concurrency_limit_reached": ErrorClass.CONCURRENCY,
    "rate_limit_exceeded": ErrorClass.RATE,
    "rate_limited": ErrorClass.RATE,
    "content_policy_violation": ErrorClass.CONTENT,
    "prompt_blocked": ErrorClass.CONTENT,
    "sensitive_words_detected": ErrorClass.CONTENT,
    "model_not_found": ErrorClass.INVALID,
    "invalid_request": ErrorClass.INVALID,
    "file_download_error": ErrorClass.INVALID,
    "image_too_large": ErrorClass.INVALID,
    "image_too_small": ErrorClass.INVALID,
    "unsupported_image_format": ErrorClass.INVALID,
    "request_timeout": ErrorClass.TRANSIENT,
    "startup_timeout": ErrorClass.TRANSIENT,
    "runner_scheduling_failure": ErrorClass.CAPACITY,
    "runner_connection_timeout": ErrorClass.TRANSIENT,
    "runner_disconnected": ErrorClass.TRANSIENT,
}
"""What the `code` or `type` of new-api and fal means; Tencent's own codes are in `tencent_codes`."""

WORDS: Final[tuple[tuple[re.Pattern[str], ErrorClass], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), error_class)
    for pattern, error_class in (
        (r"quota|balance|额度|余额|欠费", ErrorClass.QUOTA),
        (r"sensitive|moderation|content polic|violat|违规|敏感|审核", ErrorClass.CONTENT),
        (r"rate limit|too many requests|限流|请求过于频繁|请求数限制", ErrorClass.RATE),
        (r"saturated|overloaded|no available channel|负载已饱和|无可用渠道", ErrorClass.CAPACITY),
        (r"invalid (token|api key)|无效的令牌|令牌已过期|令牌状态不可用", ErrorClass.AUTH),
    )
)
"""Words of refusals whose code says nothing, which relays often leave empty; the first found decides."""

STATUSES: Final = {
    401: ErrorClass.AUTH,
    402: ErrorClass.QUOTA,
    403: ErrorClass.AUTH,
    429: ErrorClass.RATE,
}
"""The class of an HTTP status where the body says nothing known; any other 4xx with a body is INVALID."""
WRONG_DOOR: Final = {
    **STATUSES,
    404: ErrorClass.TRANSIENT,
    405: ErrorClass.TRANSIENT,
    413: ErrorClass.INVALID,
}
"""The same for bodies that are no answer of a relay: nobody took the create, and the operator can mend it."""

NO_TASK_CODES: Final = TASK_NOT_FOUND | {"task_not_exist"}
NO_PATH: Final = re.compile(r"\b(path|url|route)\b|路径", re.IGNORECASE)
NO_TASK: Final = re.compile(r"task.{0,80}(not.{0,3}exist|not found)|任务不存在", re.IGNORECASE)

NO_ACCESS: Final = Text(
    "The relay does not accept the token of this channel: check that it is complete, not expired, and may "
    "use this model group.",
    "中转站不接受该渠道的令牌：请检查令牌是否完整、是否过期，以及是否有权使用该模型分组。",
)
NO_RELAY: Final = Text(
    "What answers at the channel's endpoint is no relay: check the address, without a path such as /v1.",
    "该渠道地址的应答不是中转站的应答：请检查地址，不要带 /v1 之类的路径。",
)


class AnyApiProvider(BaseProvider):
    """Makes tasks at `/tencent-vod/v1/aigc-…` of a relay; its address is the operator's to name."""

    name = "anyapi"
    recovery = Recovery.NEVER
    facts = ProviderFacts(
        slots=1,
        learns=True,
        credential_names=("token",),
        by_url=frozenset({Medium.VIDEO}),
        result_hours=12.0,
    )

    def options(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Take `query_paths`: where to ask for a task, each with `{id}` and perhaps `{kind}` in it."""
        super().options({name: value for name, value in said.items() if name != "query_paths"})
        paths = said.get("query_paths", QUERY_PATHS)
        if isinstance(paths, str) or not paths or not all(map(_is_query_path, paths)):
            raise ValueError("query_paths must be a list of paths such as /tencent-vod/v1/query/{id}")
        return {"query_paths": list(paths)}

    def unsaid(self, spec: GenerationSpec) -> tuple[str, ...]:
        """Return the said spec fields that the wire has no words for; every input can be given."""
        given = as_if_given(spec, STAGED)
        return anyapi.render_create(with_size_in_words(given), {})[2]

    def authorize(self, call: HttpCall, credential: dict[str, str], now: int) -> HttpCall:
        """Return the call with the token."""
        return with_bearer(call, credential.get("token", ""))

    def submit(self, work: Work) -> Flow:
        """Give every input as a URL, or a picture by value, then create the task under our attempt key."""
        kind = work.spec.kind
        spec, notes = yield from given_either_way(work, PICTURES[kind], BY_VALUE_BYTES, BY_VALUE_FORMATS)
        refusal = unfetchable(spec, by_value=True)
        if refusal is not None:
            return refusal
        path, body, unsaid = anyapi.render_create(with_size_in_words(spec), _extra(work))
        if lost := sorted(RESULT_FIELDS.intersection(unsaid)):
            return _inexpressible(lost)
        reply: HttpReply = yield HttpCall(
            "POST",
            _base(work.account) + path,
            (("Content-Type", "application/json"),),
            msgspec.json.encode({**body, "session_id": work.key}),
            timeout_seconds=CREATE_SECONDS,
            pace=f"create:{spec.kind}",
        )
        return _created(reply, notes)

    def poll(self, work: Work) -> Flow:
        """Ask path after path until one of them knows the task."""
        lost: list[str] = []
        for path in _query_paths(work.account):
            reply: HttpReply = yield _query(work, path)
            answer = _read(reply)
            if answer.knows_no_task:
                lost.append(answer.wording)
            elif reply.status not in NO_SUCH_PATH:
                return (yield from _told(work, answer))
        return Forgotten(lost[0]) if lost else Puzzling("the relay serves none of the query paths")

    def probe(self, account: Account) -> Flow:
        """Ask for a task that cannot exist: a relay that says so has accepted the token."""
        path = _filled(_query_paths(account)[0], NOBODY, Kind.VIDEO)
        reply: HttpReply = yield HttpCall("GET", _base(account) + path)
        answer = _read(reply)
        if answer.error_class in (ErrorClass.AUTH, ErrorClass.QUOTA):
            said = f" ({answer.wording})"
            return Refused(answer.error_class, answer.code, NO_ACCESS.en + said, NO_ACCESS.zh + said)
        if answer.fields is None or reply.status >= 500:
            return Refused(ErrorClass.TRANSIENT, answer.code, NO_RELAY.en, NO_RELAY.zh)
        return Healthy({"status": reply.status})


provider: Final = AnyApiProvider()


# Submitting.


def _extra(work: Work) -> dict[str, Any]:
    """Return what the caller said beyond the spec, as far as it concerns the upstream."""
    said = work.extra if work.wire in WIRES_PASSED_ON else {}
    config = {name: value for name, value in said.get("OutputConfig", {}).items() if name in CONFIG_PASSED_ON}
    extra = {name: said[name] for name in PASSED_ON if name in said}
    return {**extra, "OutputConfig": config} if config else extra


def _inexpressible(fields: list[str]) -> Refused:
    names = ", ".join(fields)
    return Refused(
        ErrorClass.INVALID,
        "InvalidParameterValue",
        f"The relay's wire cannot say {names} as given; pictures of subjects need public_url or a "
        "staging bucket.",
        f"该中转站接口无法表达 {names}；主体图片需要配置 public_url 或暂存桶。",
    )


def _created(reply: HttpReply, notes: tuple[str, ...]) -> Outcome:
    """Return what the answer to a create means; without proof of a refusal the task may exist."""
    answer = _read(reply)
    if reply.status >= 500 or reply.status in UNANSWERED:
        return Ambiguous(answer.wording)
    if answer.problem is not None and repeats_session(answer.problem.code, answer.problem.message):
        return Ambiguous(f"the session exists: {answer.wording}")
    if answer.problem is not None or reply.status >= 300:
        return answer.refusal or Ambiguous(f"a create without proof that nothing was made: {answer.wording}")
    try:
        ref = anyapi.parse_created(answer.fields or {})
    except (AnsweredError, BrokenAnswerError) as error:
        return Ambiguous(str(error))
    return Accepted(ref, {"inputs": list(notes)} if notes else {})


# Calls.


def _query(work: Work, path: str) -> HttpCall:
    filled = _filled(path, work.upstream_ref or "", work.spec.kind)
    return _look(work, _base(work.account) + filled)


def _look(work: Work, url: str) -> HttpCall:
    return HttpCall("GET", url, pace=f"describe:{work.spec.kind}")


def _query_paths(account: Account) -> tuple[str, ...]:
    return tuple(account.options.get("query_paths", QUERY_PATHS))


def _is_query_path(path: Any) -> bool:
    return isinstance(path, str) and path.startswith("/") and "{id}" in path


def _filled(path: str, task_id: str, kind: Kind) -> str:
    return path.replace("{kind}", kind).replace("{id}", quote(task_id, safe=""))


def _base(account: Account) -> str:
    return account.endpoint.rstrip("/")


# Answers.


@dataclass(frozen=True, slots=True)
class Answer:
    """A relay's answer as far as every call reads it; `fields` is None where it is no JSON object."""

    reply: HttpReply
    fields: dict[str, Any] | None
    problem: Problem | None

    @property
    def code(self) -> str:
        """The word that names the refusal."""
        said = self.problem.code or self.problem.type if self.problem is not None else ""
        return said or f"HTTP {self.reply.status}"

    @property
    def wording(self) -> str:
        """What the relay complained of."""
        said = " ".join(filter(None, self.problem[:2])) if self.problem is not None else ""
        return f"the relay answered HTTP {self.reply.status}{': ' if said else ''}{said}"

    @property
    def error_class(self) -> ErrorClass | None:
        """What a refusal means, None where it does not prove that nothing was made."""
        if self.problem is None:
            return WRONG_DOOR.get(self.reply.status)
        return classify(self.problem, self.reply.status)

    @property
    def refusal(self) -> Refused | None:
        """The refusal that this answer proves, None where it proves none."""
        found = self.error_class
        if found is None:
            return None
        request_id = self.problem.request_id if self.problem is not None else ""
        message = self.problem.message if self.problem is not None else ""
        wait = retry_after_seconds(self.reply)
        return Refused(found, self.code, message or self.wording, "", request_id, wait)

    @property
    def knows_no_task(self) -> bool:
        """Whether it says that there is no such task, which a path that nobody serves does not."""
        if self.problem is None or self.reply.status >= 500:
            return False
        code, message = self.problem.code, self.problem.message
        said = code in NO_TASK_CODES and NO_PATH.search(message) is None
        return said or NO_TASK.search(message) is not None


def _read(reply: HttpReply) -> Answer:
    fields = read_object(reply)
    return Answer(reply, fields, anyapi.parse_problem(fields) if fields is not None else None)


def classify(problem: Problem, status: int) -> ErrorClass | None:
    """Return what a refusal means: by its code or type, else by its words, else by its HTTP status."""
    for word in (problem.code, problem.type):
        if found := RELAY_CODES.get(word.lower()) or error_class(word):
            return found
    if family(problem.code) in UNDECIDED:
        return None
    for pattern, found in WORDS:
        if pattern.search(problem.message):
            return found
    return STATUSES.get(status, ErrorClass.INVALID if status >= 400 else None)


# Watching one task.


def _told(work: Work, answer: Answer) -> Flow:
    """Return what a look at a task means, after fetching the result where the status keeps it apart."""
    if answer.problem is not None or answer.fields is None or answer.reply.status >= 300:
        return _not_told(answer)
    outcome = _task_told(work, answer.fields)
    if outcome is not None:
        return outcome
    reply: HttpReply = yield _look(work, _result_url(work, answer.fields))
    result = _read(reply)
    if result.problem is not None and reply.status == FAILED_RESULT:
        return _failed(result.problem)
    if result.problem is not None or result.fields is None or reply.status >= 300:
        return _not_told(result)
    return _task_told(work, result.fields) or Puzzling("the result of a completed task has no URL")


def _result_url(work: Work, fields: Mapping[str, Any]) -> str:
    """Return where fal's shape keeps the result; another host than the relay's is not given the token."""
    url = fields.get("response_url")
    if isinstance(url, str) and same_origin(url, work.account.endpoint):
        return url
    return _query(work, RESULT_PATH).url


def _not_told(answer: Answer) -> Refused | Pending | Puzzling:
    """Return what it means that a look was not answered: at most something about the channel."""
    if answer.problem is not None and IN_PROGRESS in answer.problem.message.lower():
        return Pending(status=answer.problem.message)
    refusal = answer.refusal if answer.reply.status < 500 else None
    if refusal is not None and refusal.error_class in CALL_ONLY:
        return refusal
    return Puzzling(answer.wording)


def _task_told(work: Work, fields: Mapping[str, Any]) -> Outcome | None:
    """Return what an answer says of a task, None where it is complete and its result is elsewhere."""
    try:
        task = anyapi.parse_query(work.spec.kind, fields)
    except (AnsweredError, BrokenAnswerError) as error:
        return Puzzling(str(error))
    if not task.done and task.status.upper() in RUNNING:
        return Pending(task.progress or None, task.status)
    if task.status == COMPLETED and not task.failure.code and not task.files:
        return None
    relayed = RELAY_CODES.get(task.failure.extended.lower())
    return told(task) if relayed is None else Refused(relayed, task.failure.extended, task.message)


def _failed(problem: Problem) -> Refused:
    """Return the failure that fal's shape answers in place of a result."""
    found = RELAY_CODES.get(problem.code.lower()) or RELAY_CODES.get(problem.type.lower())
    return Refused(found or failure_class(problem.message), problem.code or problem.type, problem.message)
