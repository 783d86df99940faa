"""The description of our own REST in OpenAPI 3.1, from its routes, its operations and their types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeGuard

import msgspec

from genmux.dialects.rest_call import Access, Route
from genmux.dialects.rest_listing import STATES
from genmux.dialects.rest_operations import OPERATIONS, PATH, TAGS, Answer, Operation, Parameter
from genmux.dialects.rest_words import FIELDS
from genmux.domain.text import Text
from genmux.wires.rest_problems import CONTENT_TYPE, Problem
from genmux.wires.rest_tasks import ONLY_FULL, TIMES

PREFIX: Final = "/api/v1"
REF: Final = "#/components/schemas/{name}"
TITLE: Final = "genmux REST"
ABOUT: Final = Text(
    "One API for every image and video model; each generation is a durable task.",
    "统一的图片与视频生成 API；每次生成都是持久化的任务。",
)
TIMED: Final[dict[str, tuple[str, ...]]] = {
    "TaskStatus": TIMES[""],
    "ArtifactStatus": TIMES["artifacts"],
    "AttemptStatus": TIMES["attempts"],
    "EventStatus": TIMES["events"],
}
"""Fields that are milliseconds in our types and RFC 3339 on the wire."""
ANYBODYS: Final = (405, 413, 500)
"""What every endpoint may answer, whoever asks."""
CALLERS: Final = (401, 422)
OPERATORS: Final = (401, 403, 422)
REFUSALS: Final[dict[int, Text]] = {
    400: Text("The body is no JSON object.", "请求体不是 JSON 对象。"),
    401: Text("No live token was sent.", "缺少有效令牌。"),
    403: Text("Only the operator may do this.", "仅限运维者。"),
    404: Text("There is no such thing for this caller.", "对此调用者不存在。"),
    405: Text("The path takes other methods.", "此路径不接受该方法。"),
    413: Text("The body is over the limit.", "请求体超过上限。"),
    422: Text("A value is at fault; `field` names it.", "某个取值有误；见 `field`。"),
    500: Text("Something broke here.", "服务内部错误。"),
    503: Text("The server is shutting down.", "服务正在关闭。"),
}


def build_document(routes: Iterable[Route], version: str, language: str) -> dict[str, Any]:
    """Return the description of these routes; its sentences are in `language`."""
    rows = [(route, OPERATIONS[route.handler.__name__]) for route in routes]
    types = _types(operation for _, operation in rows)
    _, schemas = msgspec.json.schema_components(types, ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for route, operation in rows:
        place = paths.setdefault(PREFIX + route.path, {})
        place[route.method.lower()] = _operation(route, operation, language)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": version, "description": ABOUT.say(language)},
        "tags": [{"name": tag, "description": text.say(language)} for tag, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {name: _schema(name, schema, types, language) for name, schema in schemas.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _types(operations: Iterable[Operation]) -> list[type]:
    found: dict[type, None] = {Problem: None}
    for operation in operations:
        bodies = [operation.body, *(b for a in operation.answers.values() for b in a.content.values())]
        found.update({body: None for body in bodies if _is_struct(body)})
    return list(found)


def _is_struct(body: type | None) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(body, type) and issubclass(body, msgspec.Struct)


def _operation(route: Route, operation: Operation, language: str) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", route.path)
    parameters = [*(PATH[name] for name in names), *operation.parameters]
    described: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "tags": [operation.tag],
        "summary": operation.text.say(language),
        "parameters": [_parameter(p, language) for p in parameters],
        "responses": _responses(route, operation, language),
        "security": [{}] if route.access is Access.ANYBODY else [{"token": []}],
    }
    if operation.body is not None:
        content = {kind: {"schema": _body_schema(operation.body)} for kind in operation.body_types}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameter(parameter: Parameter, language: str) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.text.say(language),
        "schema": dict(parameter.schema),
    }


def _body_schema(body: type | None) -> dict[str, Any]:
    if _is_struct(body):
        return {"$ref": REF.format(name=body.__name__)}
    return {"type": "object"} if body is dict else {}


def _responses(route: Route, operation: Operation, language: str) -> dict[str, Any]:
    own = {Access.ANYBODY: (), Access.CALLER: CALLERS, Access.OPERATOR: OPERATORS}[route.access]
    problem = {CONTENT_TYPE: {"schema": _body_schema(Problem)}}
    told = {str(status): _answer(answer, language) for status, answer in operation.answers.items()}
    for status in sorted({*operation.problems, *own, *ANYBODYS}):
        told[str(status)] = {"description": REFUSALS[status].say(language), "content": problem}
    return dict(sorted(told.items()))


def _answer(answer: Answer, language: str) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.text.say(language)}
    if answer.content:
        described["content"] = {kind: {"schema": _text_or(body)} for kind, body in answer.content.items()}
    if answer.headers:
        described["headers"] = {name: {"schema": {"type": "string"}} for name in answer.headers}
    return described


def _text_or(body: type | None) -> dict[str, Any]:
    return {"type": "string"} if body is None else _body_schema(body)


# ---------------------------------------------------------------- schemas


def _schema(name: str, schema: dict[str, Any], types: Iterable[type], language: str) -> dict[str, Any]:
    """Return a type's schema with what the type cannot say: times, words, and what is always there."""
    if "properties" not in schema:
        return {**schema, "description": _first_sentence(schema)} if "description" in schema else schema
    texts = FIELDS.get(name, {})
    properties = {
        field: _described(_worded(name, field, shape), texts.get(field), language)
        for field, shape in schema["properties"].items()
    }
    if name == "TaskStatus":
        properties["spec"] = {"anyOf": [{"$ref": REF.format(name="CreateBody")}, {"type": "null"}]}
    told = {"description": _first_sentence(schema)} if "description" in schema else {}
    return {**schema, **told, "properties": properties, "required": _required(name, schema)}


def _first_sentence(schema: Mapping[str, Any]) -> str:
    """Return what a type is; the rest of its description is for those who read the code."""
    return re.split(r"[.;]\s", str(schema["description"]) + " ", maxsplit=1)[0].rstrip(". ") + "."


def _worded(name: str, field: str, shape: dict[str, Any]) -> dict[str, Any]:
    if field == "state":
        return {"type": "string", "enum": list(STATES)}
    if field not in TIMED.get(name, ()):
        return shape
    time = {"type": "string", "format": "date-time"}
    return {"anyOf": [time, {"type": "null"}], "default": None} if "anyOf" in shape else time


def _described(shape: dict[str, Any], text: Text | None, language: str) -> dict[str, Any]:
    return shape if text is None else {**shape, "description": text.say(language)}


def _required(name: str, schema: Mapping[str, Any]) -> list[str]:
    """Return the fields that are always there: of an answer, all that are not left out on purpose."""
    if name.endswith("Body") or name == "Usage":
        return list(schema.get("required", []))
    absent = {"TaskStatus": ONLY_FULL, "HealthStatus": ("tasks",), "Problem": ("field",)}.get(name, ())
    return [field for field in schema["properties"] if field not in absent]
