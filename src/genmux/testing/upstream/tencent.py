"""The Tencent gateway of the upstream: signatures, rates, and the actions of MPS and VOD.

Success and refusal both leave as HTTP 200 with content type `application/json`, as on the platform.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from genmux.testing.upstream import shapes
from genmux.testing.upstream.calls import AFTER_ACCEPT, Call, Refusal
from genmux.testing.upstream.connection import Answer, Manner, json_answer
from genmux.testing.upstream.events import Events
from genmux.testing.upstream.faults import Script, read_script
from genmux.testing.upstream.files import result_urls
from genmux.testing.upstream.listing import Pages
from genmux.testing.upstream.options import SECRET_ID, SECRET_KEY, Options
from genmux.testing.upstream.tasks import Task, Tasks, new_hex
from genmux.wires import tc3

MPS_VERSION: Final = "2019-06-12"
VOD_VERSION: Final = "2018-07-17"
APIS: Final = {MPS_VERSION: "mps", VOD_VERSION: "vod"}
KINDS: Final = {"CreateAigcImageTask": "image", "CreateAigcVideoTask": "video"}
MPS_WORDS: Final = {"image": "AigcImage", "video": "AigcVideo"}

_BOTH_FIELDS: Final = "ModelName ModelVersion SceneType Prompt NegativePrompt EnhancePrompt".split()
_MPS_FIELDS: Final = "ImageInfos ExtraParameters AdditionalParameters StoreCosParam Operator".split()
_VOD_FIELDS: Final = (
    "SubAppId FileInfos OutputConfig InputRegion Seed SessionId SessionContext TasksPriority ExtInfo".split()
)
FIELDS: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("mps", "image"): frozenset([*_BOTH_FIELDS, *_MPS_FIELDS, "OutputImageCount"]),
    ("mps", "video"): frozenset(
        [
            *_BOTH_FIELDS,
            *_MPS_FIELDS,
            *"ImageUrl LastImageUrl VideoInfos AudioInfos SubjectInfos Duration".split(),
        ]
    ),
    ("vod", "image"): frozenset([*_BOTH_FIELDS, *_VOD_FIELDS]),
    ("vod", "video"): frozenset(
        [*_BOTH_FIELDS, *_VOD_FIELDS, *"SubjectInfos LastFrameFileId LastFrameUrl Procedure".split()]
    ),
}
"""The members a create may have; the platform refuses all others."""

REFUSALS: Final = {
    "content": ("InvalidParameter.ViolationContent", "The prompt contains sensitive content."),
    "invalid": ("InvalidParameterValue", "The value of parameter `ModelVersion` is not valid."),
    "quota": ("LimitExceeded.Quota", "The quota of this account is used up."),
    "auth": ("AuthFailure.UnauthorizedOperation", "You are not authorized to perform this operation."),
}
_EXPIRED: Final = ("AuthFailure.SignatureExpire", "The signature is expired, please request again.")
_LIMITED: Final = "RequestLimitExceeded"
_TOO_OFTEN: Final = (
    "Your current request times equals to `{}` in a second, which exceeds the frequency limit."
)


class Tencent:
    """Answers every call to `/`."""

    def __init__(self, options: Options, tasks: Tasks) -> None:
        self._tasks = tasks
        self._rates = Rates(options.rates)
        self._pages = Pages(tasks)
        self._events = Events(tasks, options.event_wait_seconds)
        self._actions: Mapping[tuple[str, str], Callable[[Call], Any]] = {
            ("mps", "DescribeAigcImageTask"): self._describe_mps,
            ("mps", "DescribeAigcVideoTask"): self._describe_mps,
            ("vod", "DescribeTaskDetail"): self._describe_vod,
            ("vod", "DescribeTasks"): self._list_vod,
            ("vod", "ConfirmEvents"): self._confirm,
        }

    async def answer(self, call: Call) -> Answer:
        """Return the answer to a call, in the platform's envelope or as broken as a script wants it."""
        headers = call.request.headers
        call.api = APIS.get(headers.get("x-tc-version", ""), "tencent")
        call.action = headers.get("x-tc-action", "")
        try:
            answer = await self._act(call)
        except Refusal as refusal:
            call.code = refusal.code
            return _envelope({"Error": {"Code": refusal.code, "Message": refusal.message}})
        return answer if isinstance(answer, Answer) else _envelope(answer)

    async def _act(self, call: Call) -> Answer | dict[str, Any]:
        self._authenticate(call)
        self._rates.count(call)
        if call.action in KINDS and call.api in ("mps", "vod"):
            return self._create(call)
        if (call.api, call.action) == ("vod", "PullEvents"):
            return await self._pull(call)
        act = self._actions.get((call.api, call.action))
        if act is None:
            raise Refusal("InvalidAction", "The request `Action` is invalid or not found.")
        found: Answer | dict[str, Any] = act(call)
        return found

    def _authenticate(self, call: Call) -> None:
        request = call.request
        signed = tc3.SignedRequest(request.method, request.path, request.query, request.headers, request.body)
        try:
            claim = tc3.parse_authorization(signed)
            call.secret_id = claim.secret_id
            if not claim.secret_id.startswith(SECRET_ID):
                raise Refusal("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
            tc3.verify(signed, claim, SECRET_KEY, now=self._tasks.now())
        except tc3.SignatureError as error:
            raise Refusal(error.code, error.reason) from None

    # ------------------------------------------------------------ creates

    def _create(self, call: Call) -> Answer | dict[str, Any]:
        kind, body = KINDS[call.action], call.body()
        self._check(call.api, kind, body)
        script = read_script(body.get("Prompt", ""))
        early = self._before(call, script, body.get("Prompt", ""))
        if early is not None:
            return early
        self._check_session(call, body)
        hexes = new_hex()
        task_id = (
            f"4-{MPS_WORDS[kind]}-{hexes}"
            if call.api == "mps"
            else f"{body['SubAppId']}-{shapes.MEMBER[kind]}-{hexes}t"
        )
        task = self._tasks.accept(task_id, call.api, kind, call.secret_id, body, call.request.arrived_us)
        call.task = task.id
        return self._after(task)

    def _check(self, api: str, kind: str, body: dict[str, Any]) -> None:
        for name in body:
            if name not in FIELDS[api, kind]:
                raise Refusal("UnknownParameter", f"The parameter `{name}` is not recognized.")
        for name in ("SubAppId", "ModelName", "ModelVersion") if api == "vod" else ():
            if name not in body:
                raise Refusal("MissingParameter", f"The request is missing a required parameter `{name}`.")

    def _before(self, call: Call, script: Script, prompt: str) -> Answer | None:
        """Answer a create that is not accepted; None for one that is. Raises `Refusal`."""
        if "skew" in script:
            raise Refusal(*_EXPIRED)
        if "refuses" in script:
            raise Refusal(*REFUSALS[script.text("refuses")])
        if self._tasks.first("busy", prompt, script.number("busy")):
            raise Refusal(_LIMITED, _TOO_OFTEN.format(21))
        if self._tasks.first("storm", prompt, script.number("storm")):
            call.code = "429"
            return Answer(b"slow down", 429, "text/plain", (("Retry-After", "1"),))
        if self._tasks.first("error-before", prompt, script.number("error-before")):
            call.code = "500"
            return AFTER_ACCEPT["error-after"]
        return None

    def _check_session(self, call: Call, body: dict[str, Any]) -> None:
        session = body.get("SessionId", "")
        if len(session) > 50:
            raise Refusal("InvalidParameterValue.SessionIdTooLong", "SessionId is too long.")
        if session and self._tasks.known_session(call.secret_id, body["SubAppId"], session):
            raise Refusal("InvalidParameterValue.SessionId", "The SessionId is duplicated.")

    def _after(self, task: Task) -> Answer | dict[str, Any]:
        for word, answer in AFTER_ACCEPT.items():
            if word in task.script:
                return answer
        made = {"TaskId": task.id}
        if "reset-answer" in task.script:
            whole = _envelope(made)
            return Answer(whole.body, manner=Manner.RESET)
        return made

    # ------------------------------------------------------------ polls

    def _poll_fault(self, script: Script, of: str) -> Answer | None:
        """Answer a poll that tells nothing of its task; None for one that does. Raises `Refusal`."""

        def first(word: str) -> bool:
            return self._tasks.first(word, of, script.number(word))

        if first("poll-busy"):
            raise Refusal(_LIMITED, _TOO_OFTEN.format(51))
        if first("poll-error"):
            return AFTER_ACCEPT["error-after"]
        if first("poll-malformed"):
            return AFTER_ACCEPT["malformed-answer"]
        if first("poll-reset"):
            return Answer(b'{"Response": {}}', manner=Manner.RESET)
        return None

    def _find(self, call: Call, code: str) -> Task:
        call.task = call.body().get("TaskId", "")
        task = self._tasks.find(call.task)
        if task is None or task.api != call.api or task.secret_id != call.secret_id:
            raise Refusal(code, "The task does not exist.")
        return task

    def _describe_mps(self, call: Call) -> Answer | dict[str, Any]:
        task = self._find(call, "ResourceNotFound.TaskNotFound")
        fault = self._poll_fault(task.script, task.id)
        if fault is not None:
            return fault
        phase = task.phase(self._tasks.now())
        answer = shapes.mps_status(task, phase, result_urls(task, phase, call.base))
        return {**answer, "Status": shapes.ODD_STATUS} if self._odd(task) else answer

    def _describe_vod(self, call: Call) -> Answer | dict[str, Any]:
        task = self._find(call, "ResourceNotFound")
        fault = self._poll_fault(task.script, task.id)
        if fault is not None:
            return fault
        now = self._tasks.now()
        phase = task.phase(now)
        answer = shapes.vod_detail(task, phase, result_urls(task, phase, call.base), now)
        return {**answer, "Status": shapes.ODD_STATUS} if self._odd(task) else answer

    def _odd(self, task: Task) -> bool:
        return self._tasks.first("odd-status", task.id, task.script.number("odd-status"))

    def _list_vod(self, call: Call) -> dict[str, Any]:
        body = call.body()
        limit = body.get("Limit", 10)
        if not 1 <= limit <= 100:
            raise Refusal("InvalidParameterValue", "The value of parameter `Limit` is not valid.")
        return self._pages.page(call.secret_id, body, limit)

    # ------------------------------------------------------------ events

    async def _pull(self, call: Call) -> dict[str, Any]:
        events = await self._events.pull(call.secret_id, call.body().get("SubAppId", 0), call.base)
        return {"EventSet": events or None}

    def _confirm(self, call: Call) -> dict[str, Any]:
        handles = call.body().get("EventHandles", [])
        if not 1 <= len(handles) <= 16 or not self._events.confirm(handles):
            raise Refusal("InvalidParameterValue", "The value of parameter `EventHandles` is not valid.")
        return {}


class Rates:
    """Counts calls by action in sliding seconds, and refuses those that are too many."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._seen: dict[tuple[str, str], deque[int]] = {}

    def count(self, call: Call) -> None:
        """Count a call by its time of arrival. Raises `Refusal`."""
        limit = self._limits.get(call.action, 0)
        if not limit:
            return
        seen = self._seen.setdefault((call.secret_id, call.action), deque())
        now = call.request.arrived_us
        while seen and now - seen[0] >= 1_000_000:
            seen.popleft()
        seen.append(now)
        if len(seen) > limit:
            raise Refusal(_LIMITED, _TOO_OFTEN.format(len(seen)))


def _envelope(fields: dict[str, Any]) -> Answer:
    return json_answer({"Response": shapes.sorted_deep({**fields, "RequestId": _request_id()})})


def _request_id() -> str:
    digits = new_hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
