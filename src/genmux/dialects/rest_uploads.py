"""The endpoint that takes a picture or a film before the task that uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.rest_call import Call, Desk, reply_json
from genmux.domain.errors import InvalidInput, InvalidValue
from genmux.domain.text import Text
from genmux.engine.inputs import film_too_large
from genmux.wires.rest_answers import UploadStatus
from genmux.wires.rest_values import render_time

PICTURES: Final = ("image/png", "image/jpeg", "image/webp")
FILMS: Final = ("video/mp4", "video/quicktime", "video/webm", "video/x-matroska")
TYPES: Final = (*PICTURES, *FILMS)
PATH: Final = "/api/v1/uploads"
_UNTOLD: Final = ("", "application/octet-stream", "application/x-www-form-urlencoded")
"""What clients send that were not told what the bytes are (curl says it is a form)."""


def is_film_upload(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request's body is a film, which is taken in as it comes, never held in memory."""
    return path == PATH and method == "POST" and _stated(headers) in FILMS


def _stated(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _check_length(request: WireRequest, most: int) -> None:
    """Refuse a film that says itself that it is too large, before any of it is read."""
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and int(stated) > most:
        raise InvalidInput(film_too_large(most))


async def create_upload(desk: Desk, call: Call) -> WireReply:
    """Keep the picture or film that the body is; a picture's bytes decide what it is, not its header."""
    stated = _stated(call.request.headers)
    if stated not in (*TYPES, *_UNTOLD):
        listed = ", ".join(TYPES)
        raise InvalidValue(
            Text(
                f"The body must be the picture or film itself, with the header Content-Type {listed}.",
                f"请求体必须是图片或视频本身，请求头 Content-Type 为 {listed}。",
            ),
            field="Content-Type",
        )
    if call.request.stream is not None:
        _check_length(call.request, desk.service.inputs.limits.max_film_bytes)
        upload = await desk.service.upload_film(call.sender, call.request.stream)
    else:
        upload = await desk.service.upload(call.sender, call.request.body)
    facts = msgspec.json.decode(upload.probe)
    told = UploadStatus(
        source=f"sha256:{upload.sha256.hex()}",
        content_type=facts["content_type"],
        width=facts["width"],
        height=facts["height"],
        bytes=facts["bytes"],
        expires_at=render_time(upload.expires_at) or "",
    )
    return reply_json(told, 201, ("Cache-Control", "no-store"))
