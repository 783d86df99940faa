"""AnyAPI-style relays: Tencent VOD's tasks behind a bearer token, answered in one of several shapes.

No relay was ever seen to de-duplicate by `session_id`, and none has a lookup: a create whose answer
was lost stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from genmux.domain.spec import RESULT_FIELDS, GenerationSpec, Kind, Medium
from genmux.domain.text import Text
from genmux.providers.base import BaseProvider, with_bearer
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
from genmux.providers.vod import BY_VALUE_FORMATS, PICTURES, told
from genmux.wires import anyapi
from genmux.wires.anyapi_answers import (
    COMPLETED,
    CREATE_SECONDS,
    FAILED_RESULT,
    NO_SUCH_PATH,
    QUERY_PATHS,
    RELAY_CODES,
    RESULT_PATH,
    RUNNING,
    RelayAnswer,
    is_query_path,
    query_path,
    read_relay,
    result_failure,
)
from genmux.wires.http_answers import retry_after_seconds, same_origin
from genmux.wires.tencent import AnsweredError, BrokenAnswerError
from genmux.wires.tencent_calls import BY_VALUE_BYTES
from genmux.wires.tencent_codes import CALL_ONLY
from genmux.wires.tencent_rows import STAGED, with_size_in_words

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
        if isinstance(paths, str) or not paths or not all(map(is_query_path, paths)):
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
            answer = read_relay(reply.status, reply.body)
            if answer.knows_no_task:
                lost.append(answer.wording)
            elif reply.status not in NO_SUCH_PATH:
                return (yield from _told(work, reply, answer))
        return Forgotten(lost[0]) if lost else Puzzling("the relay serves none of the query paths")

    def probe(self, account: Account) -> Flow:
        """Ask for a task that cannot exist: a relay that says so has accepted the token."""
        path = query_path(_query_paths(account)[0], NOBODY, Kind.VIDEO)
        reply: HttpReply = yield HttpCall("GET", _base(account) + path)
        answer = read_relay(reply.status, reply.body)
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
    answer = read_relay(reply.status, reply.body)
    if answer.says_nothing:
        return Ambiguous(answer.wording)
    if answer.repeats_session:
        return Ambiguous(f"the session exists: {answer.wording}")
    if answer.problem is not None or reply.status >= 300:
        return _refusal(reply, answer) or Ambiguous(
            f"a create without proof that nothing was made: {answer.wording}"
        )
    try:
        ref = anyapi.parse_created(answer.fields or {})
    except (AnsweredError, BrokenAnswerError) as error:
        return Ambiguous(str(error))
    return Accepted(ref, {"inputs": list(notes)} if notes else {})


def _refusal(reply: HttpReply, answer: RelayAnswer) -> Refused | None:
    """Return the refusal that an answer proves, None where it proves none."""
    found = answer.error_class
    if found is None:
        return None
    wait = retry_after_seconds(reply.headers)
    return Refused(found, answer.code, answer.message, "", answer.request_id, wait)


# Calls.


def _query(work: Work, path: str) -> HttpCall:
    filled = query_path(path, work.upstream_ref or "", work.spec.kind)
    return _look(work, _base(work.account) + filled)


def _look(work: Work, url: str) -> HttpCall:
    return HttpCall("GET", url, pace=f"describe:{work.spec.kind}")


def _query_paths(account: Account) -> tuple[str, ...]:
    return tuple(account.options.get("query_paths", QUERY_PATHS))


def _base(account: Account) -> str:
    return account.endpoint.rstrip("/")


# Watching one task.


def _told(work: Work, reply: HttpReply, answer: RelayAnswer) -> Flow:
    """Return what a look at a task means, after fetching the result where the status keeps it apart."""
    if not answer.good or answer.fields is None:
        return _not_told(reply, answer)
    outcome = _task_told(work, answer.fields)
    if outcome is not None:
        return outcome
    apart: HttpReply = yield _look(work, _result_url(work, answer.fields))
    result = read_relay(apart.status, apart.body)
    if result.problem is not None and result.status == FAILED_RESULT:
        problem = result.problem
        return Refused(result_failure(problem), problem.code or problem.type, problem.message)
    if not result.good or result.fields is None:
        return _not_told(apart, result)
    return _task_told(work, result.fields) or Puzzling("the result of a completed task has no URL")


def _result_url(work: Work, fields: Mapping[str, Any]) -> str:
    """Return where fal's shape keeps the result; another host than the relay's is not given the token."""
    url = fields.get("response_url")
    if isinstance(url, str) and same_origin(url, work.account.endpoint):
        return url
    return _query(work, RESULT_PATH).url


def _not_told(reply: HttpReply, answer: RelayAnswer) -> Refused | Pending | Puzzling:
    """Return what it means that a look was not answered: at most something about the channel."""
    if answer.goes_on:
        return Pending(status=answer.message)
    refusal = _refusal(reply, answer) if answer.status < 500 else None
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
