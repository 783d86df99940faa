"""What fal's application ids name: published ones are rows, `family/version[/mode]` any catalogue model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

from genmux.domain.spec import GenerationSpec, Kind, ModelRef, Role

RESERVED: Final = frozenset(
    {
        *("api", "v1", "callbacks", "files", "inputs", "console", "healthz", "metrics", "docs"),
        *(".well-known", "tencent-vod", "run"),
    }
)
"""First segments of a path that are never an application's owner."""
NAMESPACES: Final = frozenset({"workflows", "comfy"})
"""First segments that stand before an owner (fal_client 1.0.3, `APP_NAMESPACES`)."""
REQUESTS: Final = "requests"

MODES: Final = {
    "text-to-video": Kind.VIDEO,
    "image-to-video": Kind.VIDEO,
    "reference-to-video": Kind.VIDEO,
    "first-last-frame-to-video": Kind.VIDEO,
    "text-to-image": Kind.IMAGE,
    "image-to-image": Kind.IMAGE,
    "edit": Kind.IMAGE,
}
"""Last segments after `family/version`, and what they make."""
NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "image-to-video": ("image_url",),
    "first-last-frame-to-video": ("image_url", "end_image_url"),
    "image-to-image": ("image_urls",),
    "edit": ("image_urls",),
}
"""What the modes cannot do without, by the first of the names for it."""


@dataclass(frozen=True, slots=True)
class App:
    """One application: its id, what it makes with which model, and what is known of its inputs.

    `kind` is None where the id leaves it open. `takes` are the known inputs among those with a
    meaning on this wire, None when nobody listed them; `needs` are those it cannot do without.
    """

    id: str
    model: ModelRef
    kind: Kind | None = None
    takes: frozenset[str] | None = None
    needs: tuple[str, ...] = ()
    seconds: str = ""  # how it writes durations: "8s", "number", or "" for "8"
    resolutions: tuple[str, ...] = ()
    film: Role = Role.BASE_VIDEO  # what `video_url` is for
    source: str = ""

    @property
    def root(self) -> str:
        """The part of the id that stays in the URLs of its requests."""
        return root_of(self.id)


def _load() -> dict[str, App]:
    raw = json.loads(files("genmux.wires").joinpath("fal_models.json").read_text("utf-8"))
    return {row["id"]: _app(row, raw["sources"]) for row in raw["rows"]}


def _app(row: dict[str, Any], sources: dict[str, str]) -> App:
    return App(
        id=row["id"],
        model=ModelRef(*row["model"]),
        kind=Kind(row["kind"]),
        takes=frozenset(row["takes"]) if "takes" in row else None,
        needs=tuple(row.get("needs", ())),
        seconds=row.get("duration", ""),
        resolutions=tuple(row.get("resolutions", ())),
        film=Role(row.get("film", Role.BASE_VIDEO)),
        source=sources[row["source"]],
    )


PUBLISHED: Final = _load()
"""The applications that fal publishes and whose model the catalogue knows, by id."""


def parse_app(path: str) -> App | None:
    """Return the application that a path (without its outer slashes) names, None where none can be."""
    published = PUBLISHED.get(path)
    if published is not None:
        return published
    segments = path.split("/")
    if not 2 <= len(segments) <= 3 or not all(segments) or segments[0] in RESERVED | NAMESPACES:
        return None
    mode = segments[2] if len(segments) == 3 else ""
    if mode and mode not in MODES:
        return None
    return App(path, ModelRef(segments[0], segments[1]), MODES.get(mode), needs=NEEDS.get(mode, ()))


def app_for(spec: GenerationSpec) -> App | None:
    """Return the plain application for a spec, None when its model has no name that fits a path."""
    model = spec.model
    if model is None:
        return None
    pictures = bool(spec.references or spec.subjects)
    if spec.kind is Kind.IMAGE:
        mode = "edit" if spec.references else "text-to-image"
    elif any(r.role is Role.FIRST_FRAME for r in spec.references):
        mode = "image-to-video"
    else:
        mode = "reference-to-video" if pictures else "text-to-video"
    app = parse_app(f"{model.family}/{model.version}/{mode}")
    return app if app is not None and app.model == model else None


def root_of(path: str) -> str:
    """Return owner and alias of an id, with the namespace before them if there is one."""
    segments = path.split("/")
    return "/".join(segments[: 3 if segments[0] in NAMESPACES else 2])


def request_url(base_url: str, root: str, request_id: str) -> str:
    """Return the URL of one request; `/status` and `/cancel` below it are its others."""
    return f"{base_url}/{quote(root, safe='/:')}/{REQUESTS}/{request_id}"
