"""What the pages say that the code says better: options, endpoints' fields, errors and models as tables."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
from tests.docs import preview_words, python_api
from tests.docs.pages import DOCS
from tests.docs.parts import table

from genmux.cli import cli
from genmux.cli.models import seconds_text
from genmux.cli.options import target_options
from genmux.dialects.rest import ROUTES
from genmux.dialects.rest_openapi import build_document
from genmux.domain import errors
from genmux.domain.catalog.catalogue import ModelEntry, builtin
from genmux.domain.spec import Kind
from genmux.wires import mps, openai_errors, rest_problems, vod, vod_tasks

CLI_PAGE: Final = DOCS / "cli.md"
REST_PAGE: Final = DOCS / "rest.md"
ERRORS_PAGE: Final = DOCS / "errors.md"
MODELS_PAGE: Final = DOCS / "models.md"


# ---------------------------------------------------------------- the command line


def commands(group: click.Command = cli, path: str = "genmux") -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, by its whole name."""
    if not isinstance(group, click.Group):
        yield path, group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from commands(command, f"{path} {name}")


@target_options
def _asks_a_server() -> None: ...


_SHARED: Final = tuple(reversed(_asks_a_server.__click_params__))  # type: ignore[attr-defined]


def shared_options() -> str:
    """Return the options of every command that talks to a server."""
    return _options([*_SHARED, *(o for o in dict(commands())["genmux doctor"].params if o.name == "as_json")])


def own_options(command: click.Command) -> list[click.Parameter]:
    """Return the options that a command does not share with every command that talks to a server."""
    found = [p for p in command.params if isinstance(p, click.Option)]
    shared = (
        {*(option.name for option in _SHARED), "as_json"} if "server" in {p.name for p in found} else set()
    )
    return [p for p in found if p.name not in shared]


def _options(options: list[click.Parameter]) -> str:
    records = [option.get_help_record(click.Context(cli)) for option in options]
    rows = [
        (f"`{record[0]}`", re.sub(r"\[([A-Z_]+)\]", r"(`\1`)", record[1])) for record in records if record
    ]
    return table(("option", "what it says"), rows)


# ---------------------------------------------------------------- REST


def rest_operation(name: str) -> str:
    """Return the tables of one endpoint: its parameters, and the fields of its body."""
    document = build_document(ROUTES, "", "en")
    place = next(o for path in document["paths"].values() for o in path.values() if o["operationId"] == name)
    schemas = document["components"]["schemas"]
    tables = []
    if rows := [_parameter(p) for p in place["parameters"] if p["in"] != "path"]:
        tables.append(table(("parameter", "where", "type", "what it says"), rows))
    if body := _json_body(place):
        tables.append(table(("field", "type", "what it says"), _fields(schemas, body)))
    return "\n\n".join(tables)


def rest_names() -> list[str]:
    """Return the operationId of each endpoint that has parameters or a JSON body of its own."""
    document = build_document(ROUTES, "", "en")
    found = [operation for path in document["paths"].values() for operation in path.values()]
    told = [o for o in found if _json_body(o) or any(p["in"] != "path" for p in o["parameters"])]
    return [
        o["operationId"] for o in told if o["operationId"] != "check_task"
    ]  # the body is that of a create


def _json_body(operation: Mapping[str, Any]) -> str:
    """Return the name of the type of an operation's body, or nothing."""
    content = operation.get("requestBody", {}).get("content", {})
    reference: str = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    return reference.rpartition("/")[2]


def _parameter(said: Mapping[str, Any]) -> tuple[str, ...]:
    return f"`{said['name']}`", said["in"], _type(said["schema"]), said["description"]


def _fields(schemas: Mapping[str, Any], body: str, before: str = "") -> Iterator[tuple[str, ...]]:
    """Yield a row for each field of a type, and after it those of the objects that it holds."""
    for name, schema in schemas[body]["properties"].items():
        yield _field(before + name, _said(schema, schemas), name in schemas[body]["required"])
        inner, brackets = _held(schema)
        if not before and "properties" in schemas.get(inner, {}):
            yield from _fields(schemas, inner, f"{name}{brackets}.")


def _held(schema: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name of the type that a field holds, if it is one of ours, and [] where it holds many."""
    shapes = [schema, *schema.get("anyOf", ())]
    many = [shape["items"] for shape in shapes if "items" in shape]
    references = [shape["$ref"] for shape in (*shapes, *many) if "$ref" in shape]
    return (references[0].rpartition("/")[2] if references else ""), "[]" * bool(many)


def _field(name: str, schema: Mapping[str, Any], needed: bool) -> tuple[str, ...]:
    text = schema.get("description", "")
    return f"`{name}`", _type(schema), f"{text} Needed." if needed else text


def _said(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return a field's schema with the words of the enumeration that it, or a part of it, refers to."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [_said(shape, schemas) for shape in schema["anyOf"]]}
    named = schemas.get(schema.get("$ref", "").rpartition("/")[2], {})
    return {**schema, "enum": named["enum"]} if "enum" in named else dict(schema)


def _type(schema: Mapping[str, Any]) -> str:
    """Return a JSON type in a few words."""
    if "anyOf" in schema:
        return " or ".join(_type(s) for s in schema["anyOf"] if s != {"type": "null"})
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"] if word is not None)
    word = schema.get("type", "object")
    if word == "array":
        return f"list of {_type(schema['items'])}"
    bounds = [f"{said} {schema[key]:,}" for key, said in BOUNDS.items() if abs(schema.get(key, FAR)) < FAR]
    return " ".join((word, *bounds))


BOUNDS: Final = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to"}
FAR: Final = 2**53
"""Bounds beyond are those of the type itself."""


# ---------------------------------------------------------------- errors


def error_classes(base: type[errors.GenmuxError] = errors.GenmuxError) -> Iterator[type[errors.GenmuxError]]:
    """Yield every class of `domain.errors` in the order of its tree."""
    yield base
    for cls in base.__subclasses__():
        if cls.__module__ == errors.__name__:
            yield from error_classes(cls)


def refusals() -> str:
    """Return the codes of our own REST, each with its status and meaning."""
    rows = [
        (f"`{cls.code}`", str(rest_problems.STATUS[cls]), _first_sentence(cls)) for cls in error_classes()
    ]
    ours = {cls.code for cls in error_classes()}
    others = [
        (f"`{c}`", str(OTHER_STATUS[c]), f"{t}.") for c, t in rest_problems.TITLE.items() if c not in ours
    ]
    return table(("code", "status", "meaning"), [*rows, *others])


OTHER_STATUS: Final = {"method_not_allowed": 405, "too_large": 413, "internal": 500}
"""The status of the codes that no class of ours has: HTTP's own, and a fault of ours."""


def refusals_by_wire() -> str:
    """Return what each refusal is called on every wire."""
    rows = []
    for cls in error_classes():
        openai = openai_errors.PROBLEMS[cls]
        told = (mps.ERROR_CODES[cls], vod.ERROR_CODES[cls], openai.code)
        rows.append((f"{rest_problems.STATUS[cls]} `{cls.code}`", *(f"`{code}`" for code in told)))
    return table(("REST", "MPS", "VOD", "OpenAI"), rows)


def failures_by_wire() -> str:
    """Return what each code of a failed task is called on the wires that have one for it."""
    rows = []
    for code, openai in openai_errors.FAILURES.items():
        found = vod_tasks.FAILURES.get(code, vod_tasks.CANCELLED)
        rows.append((f"`{code}`", f"{found.code} `{found.extended}`", f"{openai.status} `{openai.code}`"))
    return table(("code", "VOD: ErrCode and ErrCodeExt", "OpenAI"), rows)


def _first_sentence(cls: type) -> str:
    return (inspect.getdoc(cls) or "").partition(".")[0] + "."


# ---------------------------------------------------------------- models


def models(kind: Kind) -> str:
    """Return every version of every model of a kind, and what it takes."""
    return table(MODEL_HEADS[kind], [_model(entry) for entry in builtin().models(kind)])


MODEL_HEADS: Final = {
    Kind.IMAGE: ("model", "resolutions", "references", "pictures", "documented by"),
    Kind.VIDEO: ("model", "seconds", "resolutions", "last frame", "references", "sound", "documented by"),
}


def _model(entry: ModelEntry) -> tuple[str, ...]:
    name = f"`{entry.family}/{entry.version}`" if entry.version else f"`{entry.family}`"
    name += " *" if entry.default else ""
    resolutions = " ".join(entry.resolutions or ())
    references = "" if entry.max_references is None else str(entry.max_references)
    sources = ", ".join(entry.sources)
    if entry.kind == Kind.IMAGE:
        return name, resolutions, references, "" if entry.max_count is None else str(entry.max_count), sources
    last, sound = _said_of(entry.last_frame), _said_of(entry.audio)
    return name, seconds_text(entry.durations), resolutions, last, references, sound, sources


def _said_of(ability: bool | str | None) -> str:
    """Return whether something can be done; a resolution says from where on."""
    if isinstance(ability, str):
        return f"from {ability}"
    return "" if ability is None else ("no", "yes")[ability]


# ---------------------------------------------------------------- the parts


def _made() -> Iterator[tuple[Path, str, Callable[[], str]]]:
    yield CLI_PAGE, "shared options", shared_options
    for path, command in commands():
        if options := own_options(command):
            yield CLI_PAGE, f"options of {path}", partial(_options, options)
    for name in rest_names():
        yield REST_PAGE, name, partial(rest_operation, name)
    yield REST_PAGE, "refusals", refusals
    yield ERRORS_PAGE, "refusals", refusals_by_wire
    yield ERRORS_PAGE, "failures", failures_by_wire
    for kind in MODEL_HEADS:
        yield MODELS_PAGE, str(kind), partial(models, kind)
    yield from preview_words.made()
    yield from python_api.made()


PARTS: Final = {(page, name): make for page, name, make in _made()}
"""Every part that is written from the code, by its page and name."""
