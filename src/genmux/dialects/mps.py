"""Tencent MPS (2019-06-12) towards clients: create and describe AIGC pictures and films."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from genmux.dialects.exchange import WireRequest
from genmux.dialects.idempotency import tencent_claim
from genmux.domain.errors import GenmuxError, InvalidInput, NotFound
from genmux.domain.spec import Kind, decode_error
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.engine.service import Caller, Draft, TaskService, TaskView, no_such_task
from genmux.wires import mps
from genmux.wires.mps_tasks import INVALID_URL
from genmux.wires.tencent import WireError, refuse
from genmux.wires.tencent_schema import Struct

ResultUrls = Callable[[str, TaskView], tuple[str, ...]]
"""Takes the client's base URL and a finished task; returns its signed result URLs, always the same."""

WIRE: Final = "mps"
CANCELLED: Final = Text("The task was cancelled.", "任务已取消。")


class MpsService:
    """The four actions of MPS that genmux serves."""

    version = mps.VERSION

    def __init__(self, service: TaskService, result_urls: ResultUrls) -> None:
        self._service = service
        self._result_urls = result_urls

    def schema(self, action: str) -> Struct | None:
        """Return what an action's request looks like, None for an action not served."""
        if action in mps.CREATES or action in mps.DESCRIBES:
            return mps.request_schema(action)
        return None

    def creates(self, action: str) -> bool:
        """Return whether an action makes tasks."""
        return action in mps.CREATES

    def rate_name(self, action: str) -> str:
        """Return the action's own name."""
        return action

    async def call(
        self, action: str, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        """Create or describe a task. Raises `WireError` or `GenmuxError`."""
        if action in mps.CREATES:
            return await self._create(action, body, caller, request)
        return await self._describe(mps.DESCRIBES[action], body, caller, request, language)

    async def _create(
        self, action: str, body: dict[str, Any], caller: Caller, request: WireRequest
    ) -> dict[str, Any]:
        parsed = mps.parse_create(action, body)
        kind = parsed.spec.kind
        if parsed.spec.scene in mps.UNSUPPORTED_SCENES.get(kind, ()):
            raise _unsupported_scene(parsed.spec.scene or "")
        draft = Draft(
            wire=WIRE,
            surface=WIRE,
            spec=parsed.spec,
            model_name=parsed.model_name,
            model_version=parsed.model_version,
            extra=parsed.extra,
            output=mps.output_target(parsed.extra),
            preview_ignores=mps.ignored_fields(action, body),
            idempotency=tencent_claim(request, action, body, self._service.clock()),
        )
        try:
            created = await self._service.create(caller, draft)
        except GenmuxError as error:
            raise self._translate(error, parsed) from None
        return mps.render_created(kind, created.task_id)

    async def _describe(
        self, kind: Kind, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        named = mps.parse_task_id(mps.parse_describe(body))
        if named is None or named[0] is not kind:
            raise no_such_task()
        view = await self._service.find(caller, named[1], kind)
        return mps.render_status(kind, self._status(view, request.base_url, language))

    def _status(self, view: TaskView, base_url: str, language: str) -> mps.StatusView:
        row = view.row
        word = mps.STATUS[row.state]
        if row.state is TaskState.SUCCEEDED:
            first = view.artifacts[0] if view.artifacts else None
            size = f"{first.width}x{first.height}" if first is not None else ""
            return mps.StatusView(word, self._result_urls(base_url, view), size)
        if row.state is TaskState.CANCELLED:
            return mps.StatusView(word, message=CANCELLED.say(language))
        if row.error:
            return mps.StatusView(word, message=decode_error(row.error).say(language))
        return mps.StatusView(word)

    def explain(self, error: GenmuxError, action: str) -> WireError:
        """Return one of our errors in MPS codes; the field is TaskId for what a describe cannot find."""
        if isinstance(error, NotFound):
            return refuse(mps.error_code(error))
        return refuse(mps.error_code(error), None, error.text)

    def _translate(self, error: GenmuxError, parsed: mps.ParsedCreate) -> WireError:
        """Return a refused create in MPS codes, naming the wire's own field."""
        field, code = error.field, mps.error_code(error)
        if field is not None and field.startswith("references."):
            n = int(field.partition(".")[2])
            path = mps.reference_path(parsed.spec, n)
            source = parsed.spec.all_references()[n].source
            if isinstance(error, InvalidInput) and not source.startswith("data:"):
                code = INVALID_URL
            return refuse(code, path, error.text)
        return refuse(code, wire_path(parsed, field) if field else None, error.text)


MODEL_FIELDS: Final = {"model": "ModelName", "model.family": "ModelName", "model.version": "ModelVersion"}


def wire_path(parsed: mps.ParsedCreate, field: str) -> str:
    """Return what the wire calls a field of the spec."""
    return MODEL_FIELDS.get(field) or parsed.paths.get(field, field)


def _unsupported_scene(scene: str) -> WireError:
    return refuse(
        "UnsupportedOperation",
        detail=Text(
            f"SceneType {scene} makes 3D assets, which this server does not make.",
            f"SceneType {scene} 生成 3D 资产,本服务不支持。",
        ),
    )
