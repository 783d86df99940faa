"""The OpenAI face of the upstream: `/v1/videos` and `/v1/images/generations`, with the same ledger."""

from __future__ import annotations

import base64
import json
import re
from typing import Any, Final
from urllib.parse import parse_qsl

from genmux.testing.upstream import files
from genmux.testing.upstream.calls import AFTER_ACCEPT, Call
from genmux.testing.upstream.connection import Answer, Manner, Request, json_answer
from genmux.testing.upstream.faults import read_script
from genmux.testing.upstream.options import API_KEY
from genmux.testing.upstream.tasks import Phase, Task, Tasks, new_hex

STATUS: Final = {
    Phase.WAITING: "queued",
    Phase.RUNNING: "in_progress",
    Phase.DONE: "completed",
    Phase.FAILED: "failed",
}
_VIDEO: Final = re.compile(r"/v1/videos/([^/]+)(/content)?")
_PART: Final = re.compile(rb'name="([^"]+)"\r\n(?:[^\r\n]+\r\n)*\r\n(.*?)\r\n--', re.DOTALL)


class OpenAi:
    """Answers every call below `/v1`."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def answer(self, call: Call) -> Answer:
        """Return the answer to a call."""
        request = call.request
        call.api, call.action = "openai", f"{request.method} {request.path}"
        if request.headers.get("authorization") != f"Bearer {API_KEY}":
            return _refused(call, 401, "invalid_api_key", "Incorrect API key provided.")
        call.secret_id = API_KEY
        match request.method, request.path:
            case "POST", "/v1/videos":
                return self._create(call, "video")
            case "POST", "/v1/images/generations":
                return self._create(call, "image")
            case "GET", path if found := _VIDEO.fullmatch(path):
                return self._read(call, found[1], content=bool(found[2]))
        return _refused(call, 404, "not_found", f"Invalid URL ({call.action})")

    def _create(self, call: Call, kind: str) -> Answer:
        body = read_form(call.request)
        prompt = str(body.get("prompt", ""))
        script = read_script(prompt)
        if self._tasks.first("error-before", prompt, script.number("error-before")):
            return _refused(call, 500, "server_error", "The server had an error.")
        if self._tasks.first("storm", prompt, script.number("storm")):
            return _refused(call, 429, "rate_limit_exceeded", "Rate limit reached.", (("Retry-After", "1"),))
        task = self._tasks.accept(
            f"{kind}_{new_hex()}", "openai", kind, API_KEY, body, call.request.arrived_us
        )
        call.task = task.id
        return self._after(task)

    def _after(self, task: Task) -> Answer:
        for word, answer in AFTER_ACCEPT.items():
            if word in task.script:
                return answer
        made = _video(task, Phase.WAITING) if task.kind == "video" else _pictures(task)
        if "reset-answer" in task.script:
            return Answer(json_answer(made).body, manner=Manner.RESET)
        return json_answer(made)

    def _read(self, call: Call, task_id: str, *, content: bool) -> Answer:
        call.task = task_id
        task = self._tasks.find(task_id)
        if task is None or task.api != "openai":
            return _refused(call, 404, "not_found", "Video not found.")
        phase = task.phase(self._tasks.now())
        if not content:
            return json_answer(_video(task, phase))
        if phase is not Phase.DONE:
            return _refused(call, 404, "not_found", "The video is not ready.")
        return files.answer_file(task, 0)


def read_form(request: Request) -> dict[str, Any]:
    """Return the plain fields of a body: JSON, multipart or form."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/"):
        return {name.decode(): value.decode() for name, value in _PART.findall(request.body)}
    if kind.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(request.body.decode()))
    return dict(json.loads(request.body))


def _video(task: Task, phase: Phase) -> dict[str, Any]:
    failed = {"code": task.failure, "message": "The generation failed."} if phase is Phase.FAILED else None
    return {
        "id": task.id,
        "object": "video",
        "created_at": int(task.created),
        "completed_at": int(task.ends) if phase is Phase.DONE else None,
        "status": STATUS[phase],
        "model": task.body.get("model", "sora-2"),
        "progress": 100 if phase is Phase.DONE else 0,
        "prompt": task.body.get("prompt"),
        "seconds": str(task.body.get("seconds", "4")),
        "size": task.body.get("size", "1280x720"),
        "error": failed,
    }


def _pictures(task: Task) -> dict[str, Any]:
    encoded = base64.b64encode(files.content(task)).decode()
    return {"created": int(task.created), "data": [{"b64_json": encoded}]}


def _refused(
    call: Call, status: int, code: str, message: str, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    call.code = code
    return json_answer({"error": {"code": code, "message": message, "type": code}}, status, headers)
