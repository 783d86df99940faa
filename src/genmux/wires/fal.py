"""The wire of fal's queue: submitting requests, following them and fetching results, for both roles.

`parse_create` and `render_create` are each other's inverse. Sources: fal_client 1.0.3 (PyPI) and
`@fal-ai/client` 1.10.1 (npm), read and run; docs.fal.ai on queue, errors and webhooks. The parts are
in `fal_models` (ids), `fal_inputs` (arguments), `fal_tasks` (status and result), `fal_problems`
(refusals) and `fal_webhooks`; what the dialect needs is re-exported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genmux.domain.errors import GenmuxError
from genmux.domain.spec import GenerationSpec, Kind
from genmux.wires import fal_inputs as inputs
from genmux.wires.fal_models import (
    MODES,
    PUBLISHED,
    RESERVED,
    App,
    app_for,
    parse_app,
    request_url,
    root_of,
)
from genmux.wires.fal_problems import (
    CANCELLED,
    FAILURES,
    PROBLEMS,
    Failure,
    failure_of,
    problem_of,
    render_detail,
    render_error,
    status_of,
)
from genmux.wires.fal_tasks import (
    STATUS,
    FileView,
    LogLine,
    ResultView,
    StatusView,
    parse_request_id,
    parse_result,
    parse_status,
    parse_submitted,
    render_request_id,
    render_result,
    render_status,
)
from genmux.wires.rest_values import missing, read_json, read_options

__all__ = [
    "CANCELLED",
    "FAILURES",
    "MODES",
    "PROBLEMS",
    "PUBLISHED",
    "RESERVED",
    "STATUS",
    "App",
    "Failure",
    "FileView",
    "LogLine",
    "ParsedCreate",
    "ResultView",
    "StatusView",
    "app_for",
    "failure_of",
    "hinted_kind",
    "parse_app",
    "parse_create",
    "parse_request_id",
    "parse_result",
    "parse_status",
    "parse_submitted",
    "problem_of",
    "read_json",
    "render_create",
    "render_detail",
    "render_error",
    "render_request_id",
    "render_result",
    "render_status",
    "request_url",
    "root_of",
    "status_of",
]


@dataclass(frozen=True, slots=True)
class ParsedCreate:
    """A submit in our words; `paths` and `reference_paths` give the wire's names, for errors."""

    spec: GenerationSpec
    model_name: str
    model_version: str | None
    extra: dict[str, Any]
    paths: dict[str, str]
    reference_paths: tuple[str, ...] = field(default=())


# ---------------------------------------------------------------- the server's half


def hinted_kind(fields: Mapping[str, Any]) -> Kind | None:
    """Return the kind that the arguments speak of, None when they speak of neither or of both."""
    found = [k for k, names in inputs.HINTS.items() if any(fields.get(n) is not None for n in names)]
    return found[0] if len(found) == 1 else None


def parse_create(app: App, kind: Kind, fields: dict[str, Any]) -> ParsedCreate:
    """Return what a submit to `app` asks for; null, "" and "auto" say nothing.

    A name without a meaning on this wire becomes an option. Raises `CallerError`s naming the field.
    """
    values, names = inputs.parse_plain(fields)
    media = inputs.parse_media(kind, app, fields)
    for name in app.needs:
        _require(name, fields)
    spec = GenerationSpec(
        kind=kind,
        model=app.model,
        references=media.references,
        subjects=media.subjects,
        options=_parse_options(kind, fields),
        **values,
    )
    extra = {name: fields[name] for name in inputs.EXTRA if fields.get(name) is not None}
    return ParsedCreate(
        spec=spec,
        model_name=app.model.family,
        model_version=app.model.version or None,
        extra=extra,
        paths={**inputs.names_of(app), **names},
        reference_paths=media.paths,
    )


def _require(name: str, fields: Mapping[str, Any]) -> None:
    group = next((names for names in inputs.GROUPS if name in names), (name,))
    if all(fields.get(alias) in (None, "", []) for alias in group):
        raise missing(name)


def _parse_options(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    if kind is Kind.IMAGE:
        _refuse_film_inputs(fields)
    return read_options(
        {
            name: value
            for name, value in fields.items()
            if value is not None and name not in inputs.MEANT and name not in inputs.EXTRA
        },
        "body",
    )


def _refuse_film_inputs(fields: Mapping[str, Any]) -> None:
    """Refuse pictures and films that no picture is made of, instead of passing them over."""
    places = inputs.PLACES[Kind.IMAGE]
    known = {name for place in places for name in (*place.singles, *place.lists)}
    for place in inputs.PLACES[Kind.VIDEO]:
        for name in (*place.singles, *place.lists):
            if name not in known and fields.get(name):
                raise inputs.unknown_input(name)
    if fields.get(inputs.ELEMENTS):
        raise inputs.unknown_input(inputs.ELEMENTS)


# ---------------------------------------------------------------- the client's half


def render_create(
    app: App, spec: GenerationSpec, extra: dict[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the arguments for `app`, and the names of the spec fields that could not be said in full.

    A field of `extra` without a word is named `extra.<field>`. An application whose inputs are
    listed is told nothing else, so that what it would pass over is named.
    """
    body: dict[str, Any] = {}
    unsaid: list[str] = []
    if spec.model is not None and spec.model != app.model:
        unsaid.append("model")
    unsaid += inputs.render_plain(spec, app, body)
    unsaid += inputs.render_media(spec, app, body)
    unsaid += _render_options(spec, body)
    unsaid += [name for name in ("watermark", "scene", "off_peak", "step") if getattr(spec, name) is not None]
    body.update({name: extra[name] for name in inputs.EXTRA if extra.get(name) is not None})
    unsaid += [f"extra.{name}" for name in extra if name not in inputs.EXTRA]
    return body, tuple(unsaid)


def _render_options(spec: GenerationSpec, body: dict[str, Any]) -> list[str]:
    own = {name: value for name, value in spec.options.items() if value is not None}
    free = {name: v for name, v in own.items() if name not in inputs.MEANT and name not in inputs.EXTRA}
    try:
        read_options(free, "body")
    except GenmuxError:
        free = {}
    body.update(free)
    return [] if free == spec.options else ["options"]
