"""A world without I/O for the flows of a client: its clock jumps to what is due, its platform answers."""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Final, TypeVar
from uuid import uuid4

from genmux.client.anyapi import AnyApiEndpoint
from genmux.client.effects import (
    Answer,
    AnswerLost,
    Call,
    Download,
    Downloaded,
    Flow,
    NotSent,
    NotServed,
    Pause,
    ReadFile,
    Turn,
)
from genmux.client.mps import MpsEndpoint
from genmux.client.pace import Pace
from genmux.client.platform import Clocks, Habits
from genmux.client.tencent import Gateway
from genmux.client.vod import VodEndpoint
from genmux.domain.spec import GenerationSpec, Kind, ModelRef
from genmux.wires.tc3 import Credential

T = TypeVar("T")

EPOCH: Final = 1_790_000_000.0
CREDENTIAL: Final = Credential("AKIDtest", "not-a-secret")
APP: Final = 1500000001
PICTURE: Final = GenerationSpec(kind=Kind.IMAGE, model=ModelRef("Hunyuan", "3.0"), prompt="bamboo")
FILM: Final = GenerationSpec(kind=Kind.VIDEO, model=ModelRef("Kling", "3.0"), prompt="pan", duration=5)

Platform = Callable[[Call], Answer | Exception]
"""Answers a call, or says what becomes of it: `NotSent`, `AnswerLost`."""


@dataclass(slots=True)
class World:
    """Time in seconds, everything that was called, and the files that are there."""

    platform: Platform = field(default=lambda _: NotSent("nobody is there"))
    now: float = 0.0
    skew: float = 0.0
    calls: list[tuple[float, Call]] = field(default_factory=list)
    files: Mapping[str, bytes] = field(default_factory=dict)
    served: Mapping[str, int] = field(default_factory=dict)
    pace: Pace = field(default_factory=lambda: Pace({}))

    @property
    def clocks(self) -> Clocks:
        return Clocks(wall=lambda: EPOCH + self.now + self.skew, steady=lambda: self.now, chance=lambda: 0.5)

    def mps(self, **habits: Any) -> MpsEndpoint:
        endpoint = MpsEndpoint(self._gateway("mps"), Habits(**habits), self.clocks)
        self.pace = Pace(endpoint.facts.paces)
        return endpoint

    def vod(self, **habits: Any) -> VodEndpoint:
        endpoint = VodEndpoint(self._gateway("vod"), APP, Habits(**habits), self.clocks)
        self.pace = Pace(endpoint.facts.paces)
        return endpoint

    def anyapi(self, **habits: Any) -> AnyApiEndpoint:
        return AnyApiEndpoint("https://relay.example", "sk-1", Habits(**habits), self.clocks)

    def _gateway(self, service: str) -> Gateway:
        return Gateway(
            service,
            f"https://{service}.tencentcloudapi.com",
            CREDENTIAL,
            region="ap-guangzhou",
            language="en",
            clock=self.clocks.wall,
            chance=self.clocks.chance,
        )

    def run(self, flow: Flow[T]) -> T:
        """Run one flow to its end."""
        (result,) = self.run_all(flow)
        if isinstance(result, BaseException):
            raise result
        made: T = result
        return made

    def run_all(self, *flows: Flow[Any]) -> list[Any]:
        """Run flows side by side; return the result of each, or the error that it ended with."""
        ended: dict[int, Any] = {}
        order = itertools.count()
        due: list[tuple[float, int, int, Any]] = [(self.now, next(order), n, None) for n in range(len(flows))]
        while due:
            at, _, n, reply = heapq.heappop(due)
            self.now = max(self.now, at)
            try:
                throw = isinstance(reply, BaseException)
                effect = flows[n].throw(reply) if throw else flows[n].send(reply)
            except StopIteration as stop:
                ended[n] = stop.value
            except Exception as error:
                ended[n] = error
            else:
                wait, reply = self._perform(effect)
                heapq.heappush(due, (self.now + wait, next(order), n, reply))
        return [ended[n] for n in range(len(flows))]

    def _perform(self, effect: Any) -> tuple[float, Any]:
        match effect:
            case Pause(seconds):
                return seconds, None
            case Turn(name, refused):
                return self.pace.claim(name, self.now, refused=refused), None
            case Call():
                self.calls.append((self.now, effect))
                return 0.01, self.platform(effect)
            case ReadFile(path):
                data = self.files.get(str(path))
                return 0.0, FileNotFoundError(2, "No such file") if data is None else data
            case Download(url, path):
                status = self.served.get(url, 200)
                return 0.0, Downloaded(path, 1, "", "image/png") if status == 200 else NotServed(status)
        raise AssertionError(effect)

    def actions(self) -> list[str]:
        """Return the action of every call so far."""
        return [action_of(call) for _, call in self.calls]


def action_of(call: Call) -> str:
    return dict(call.headers).get("X-TC-Action", f"{call.method} {call.url}")


def body_of(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call.body)
    return found


def good(**fields: Any) -> Answer:
    """An answer of the gateway."""
    return envelope({**fields, "RequestId": "r-1"})


def refusal(code: str, message: str = "no", **headers: str) -> Answer:
    """A refusal of the gateway."""
    return envelope({"Error": {"Code": code, "Message": message}, "RequestId": "r-2"}, **headers)


def envelope(fields: Mapping[str, Any], **headers: str) -> Answer:
    return Answer(200, headers, json.dumps({"Response": fields}).encode())


def date(now: float) -> str:
    return formatdate(EPOCH + now, usegmt=True)


@dataclass(slots=True)
class Account:
    """A scripted account at MPS, VOD or a relay: counts what it makes; only VOD knows sessions.

    `script` says in turn what becomes of each create, "ok" once it is used up. A task takes `seconds`.
    """

    world: World
    service: str
    script: list[str] = field(default_factory=list)
    seconds: float = 60.0
    made: dict[str, float] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    unlisted: int = 0
    most_at_once: int = 0

    def __call__(self, call: Call) -> Answer | Exception:
        if self.service == "anyapi" and call.method == "POST":
            return self._create("CreateAigcVideoTask", body_of(call))
        action = action_of(call)
        if action.startswith("Create"):
            return self._create(action, body_of(call))
        if action == "DescribeTasks":
            return self._list()
        return self._describe(action, body_of(call)["TaskId"])

    def running(self) -> int:
        return sum(1 for began in self.made.values() if self.world.now < began + self.seconds)

    def _create(self, action: str, body: dict[str, Any]) -> Answer | Exception:
        fault = self.script.pop(0) if self.script else "ok"
        match fault:
            case "not-sent":
                return NotSent("connection refused")
            case "busy":
                return refusal("RequestLimitExceeded")
            case "storm":
                return Answer(429, {"retry-after": "1"}, b"slow down")
            case "refused":
                return refusal("InvalidParameter.ViolationContent")
            case "lost-before":
                return AnswerLost("reset")
        session = body.get("SessionId", "")
        if session and session in self.sessions:
            return refusal("InvalidParameterValue.SessionId", "The SessionId is duplicated.")
        task_id = self._make(action, session)
        match fault:
            case "lost-after":
                return AnswerLost("reset")
            case "error-after":
                return Answer(502, {}, b"<html>bad gateway</html>")
            case "internal-after":
                return refusal("InternalError")
            case "broken-after":
                return Answer(200, {}, b'{"Response": {"Tas')
        return good(TaskId=task_id)

    def _make(self, action: str, session: str) -> str:
        word = action.removeprefix("Create").removesuffix("Task")
        task_id = f"4-{word}-{uuid4().hex}" if self.service == "mps" else f"{APP}-{word}Task-{uuid4().hex}t"
        self.made[task_id] = self.world.now
        if session:
            self.sessions[session] = task_id
        self.most_at_once = max(self.most_at_once, self.running())
        return task_id

    def _list(self) -> Answer:
        if self.unlisted:
            self.unlisted -= 1
            return good(TaskSet=[], ScrollToken="")
        listed = [
            {"TaskId": task_id, "Status": "PROCESSING", "SessionId": session}
            for session, task_id in self.sessions.items()
        ]
        return good(TaskSet=listed, ScrollToken="")

    def _describe(self, action: str, task_id: str) -> Answer:
        if task_id not in self.made:
            return refusal("ResourceNotFound.TaskNotFound" if self.service == "mps" else "ResourceNotFound")
        done = self.world.now >= self.made[task_id] + self.seconds
        url = f"https://files.example/{task_id}.bin"
        if self.service == "vod":
            return good(**_detail(task_id, url, done=done))
        word = "ImageUrls" if "Image" in action else "VideoUrls"
        told: dict[str, Any] = {
            word: [url] if done else [],
            "Message": "",
            "Status": "DONE" if done else "RUN",
        }
        return good(**told, **({"Resolution": "1920*1080"} if word == "VideoUrls" else {}))


def _detail(task_id: str, url: str, *, done: bool) -> dict[str, Any]:
    word = "AigcImageTask" if "AigcImage" in task_id else "AigcVideoTask"
    file = {"FileUrl": url, "FileId": "387702", "MetaData": {"Width": 1280, "Height": 720, "Duration": 5.0}}
    inner = {
        "TaskId": task_id,
        "Status": "FINISH" if done else "PROCESSING",
        "ErrCode": 0,
        "Progress": 100 if done else 40,
        "Output": {"FileInfos": [file] if done else [], "Usage": {"OutputSeconds": 5}},
    }
    return {"TaskType": word, "Status": inner["Status"], word: inner}
