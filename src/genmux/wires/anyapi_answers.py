"""What AnyAPI relays answer: where to ask them, their codes and words, and what a refusal proves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from genmux.domain.error_classes import ErrorClass
from genmux.domain.spec import Kind
from genmux.wires import anyapi, vod
from genmux.wires.anyapi import Problem
from genmux.wires.http_answers import STATUS_CLASS, WRONG_DOOR, read_object
from genmux.wires.tencent_codes import (
    TASK_NOT_FOUND,
    UNDECIDED,
    error_class,
    failure_class,
    family,
    repeats_session,
)
from genmux.wires.vod_codes import task_error_class

QUERY_PATHS: Final = (
    f"/{anyapi.ROOT}/query/{{id}}",
    f"/{anyapi.ROOT}/aigc-{{kind}}/{{id}}",
    f"/{anyapi.ROOT}/requests/{{id}}/status",
    f"/{anyapi.ROOT}/requests/{{id}}",
)
"""Where to ask for a task, the documented path first; published clients use the others."""
RESULT_PATH: Final = QUERY_PATHS[-1]
NO_SUCH_PATH: Final = (404, 405)
CREATE_SECONDS: Final = 60.0

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

NO_TASK_CODES: Final = TASK_NOT_FOUND | {"task_not_exist"}
NO_PATH: Final = re.compile(r"\b(path|url|route)\b|路径", re.IGNORECASE)
NO_TASK: Final = re.compile(r"task.{0,80}(not.{0,3}exist|not found)|任务不存在", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RelayAnswer:
    """A relay's answer as far as every call reads it; `fields` is None where it is no JSON object."""

    status: int
    fields: dict[str, Any] | None
    problem: Problem | None

    @property
    def code(self) -> str:
        """The word that names the refusal."""
        said = self.problem.code or self.problem.type if self.problem is not None else ""
        return said or f"HTTP {self.status}"

    @property
    def wording(self) -> str:
        """What the relay complained of."""
        said = " ".join(filter(None, self.problem[:2])) if self.problem is not None else ""
        return f"the relay answered HTTP {self.status}{': ' if said else ''}{said}"

    @property
    def message(self) -> str:
        """What the relay complained of, in its own words where it has any."""
        return (self.problem.message if self.problem is not None else "") or self.wording

    @property
    def request_id(self) -> str:
        """The id that the relay's support asks for, "" for none."""
        if self.problem is not None:
            return self.problem.request_id
        inner = (self.fields or {}).get("Response")
        return str(inner.get("RequestId") or "") if isinstance(inner, dict) else ""

    @property
    def error_class(self) -> ErrorClass | None:
        """What a refusal means, None where it does not prove that nothing was made."""
        if self.problem is None:
            return WRONG_DOOR.get(self.status)
        return classify(self.problem, self.status)

    @property
    def says_nothing(self) -> bool:
        """Whether it is no answer to a create: something on the way spoke, which may have let it through."""
        return self.status >= 500 or self.status in UNANSWERED

    @property
    def repeats_session(self) -> bool:
        """Whether it says that the `session_id` was used before."""
        return self.problem is not None and repeats_session(self.problem.code, self.problem.message)

    @property
    def goes_on(self) -> bool:
        """Whether it says, in place of a result, that the task still runs."""
        return self.problem is not None and IN_PROGRESS in self.problem.message.lower()

    @property
    def good(self) -> bool:
        """Whether it is an object and no refusal."""
        return self.problem is None and self.fields is not None and self.status < 300

    @property
    def knows_no_task(self) -> bool:
        """Whether it says that there is no such task, which a path that nobody serves does not."""
        if self.problem is None or self.status >= 500:
            return False
        code, message = self.problem.code, self.problem.message
        said = code in NO_TASK_CODES and NO_PATH.search(message) is None
        return said or NO_TASK.search(message) is not None


def read_relay(status: int, body: bytes) -> RelayAnswer:
    """Return what every call reads of a relay's answer."""
    fields = read_object(body)
    return RelayAnswer(status, fields, anyapi.parse_problem(fields) if fields is not None else None)


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
    return STATUS_CLASS.get(status, ErrorClass.INVALID if status >= 400 else None)


def relayed_failure(task: vod.ReadTask) -> ErrorClass:
    """Return what the failure of a relay's task means: by the relay's word for it, else as VOD means it."""
    return RELAY_CODES.get(task.failure.extended.lower()) or task_error_class(task)


def result_failure(problem: Problem) -> ErrorClass:
    """Return what a failure means that fal's shape answers in place of a result."""
    found = RELAY_CODES.get(problem.code.lower()) or RELAY_CODES.get(problem.type.lower())
    return found or failure_class(problem.message)


def is_query_path(path: Any) -> bool:
    """Return whether this is a path that asks for a task."""
    return isinstance(path, str) and path.startswith("/") and "{id}" in path


def query_path(path: str, task_id: str, kind: Kind) -> str:
    """Return a query path with what it asks for filled in."""
    return path.replace("{kind}", kind).replace("{id}", quote(task_id, safe=""))
