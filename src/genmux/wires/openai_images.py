"""Finished pictures and the list of models on the OpenAI wire."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

FORMATS: Final = {"image/png": "png", "image/jpeg": "jpeg", "image/webp": "webp"}
"""The wire's words for content types."""


class ImageResult(NamedTuple):
    """One picture: where it is, or its bytes as base64 text."""

    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None


class ImagesStatus(NamedTuple):
    """The answer to a picture's create; `created_at` is seconds since the epoch.

    `size` ("1024x1024") and `output_format` are those of the first picture. Tokens are not counted
    here, so there is no `usage`.
    """

    created_at: int
    images: tuple[ImageResult, ...] = ()
    size: str | None = None
    output_format: str | None = None
    quality: str | None = None
    background: str | None = None


def render_images(status: ImagesStatus) -> dict[str, Any]:
    """Return the answer's JSON; what is not known is left out."""
    fields: dict[str, Any] = {
        "created": status.created_at,
        "data": [_said(image._asdict()) for image in status.images],
        "size": status.size,
        "output_format": status.output_format,
        "quality": status.quality,
        "background": status.background,
    }
    return _said(fields)


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def parse_images(fields: Any) -> ImagesStatus:
    """Return the pictures of an upstream's answer. Raises `ValueError` where there is none."""
    data = fields.get("data") if isinstance(fields, dict) else None
    images = tuple(_image(item) for item in data) if isinstance(data, list) else ()
    if not images or not all(image.url or image.b64_json for image in images):
        raise ValueError("the answer holds no picture")
    created = fields.get("created")
    return ImagesStatus(
        created_at=int(created) if isinstance(created, int | float) and abs(created) < 2**53 else 0,
        images=images,
        size=_text(fields.get("size")),
        output_format=_text(fields.get("output_format")),
        quality=_text(fields.get("quality")),
        background=_text(fields.get("background")),
    )


def _image(item: Any) -> ImageResult:
    said = item if isinstance(item, dict) else {}
    return ImageResult(_text(said.get("url")), _text(said.get("b64_json")), _text(said.get("revised_prompt")))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def render_model(name: str, owner: str) -> dict[str, Any]:
    """Return one model; nobody tells when it was made, so `created` is 0."""
    return {"id": name, "object": "model", "created": 0, "owned_by": owner}


def render_models(models: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the list of (name, owner)."""
    return {"object": "list", "data": [render_model(name, owner) for name, owner in models]}


def parse_models(fields: Any) -> Sequence[str]:
    """Return the names of an upstream's models. Raises `ValueError`."""
    data = fields.get("data") if isinstance(fields, dict) else None
    if not isinstance(data, list):
        raise ValueError("the answer is no list of models")
    return [item["id"] for item in data if isinstance(item, dict) and isinstance(item.get("id"), str)]
