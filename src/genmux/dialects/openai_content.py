"""The bytes of a finished film, whole or a range of them."""

from __future__ import annotations

from typing import Final

from genmux.dialects.exchange import WireReply
from genmux.dialects.openai_call import Call, Desk, Refused, query_refusal
from genmux.dialects.openai_images import EXPIRED, failure, gettable
from genmux.dialects.openai_videos import task_id_of
from genmux.dialects.ranges import Unsatisfiable, parse_range
from genmux.domain.spec import Kind
from genmux.domain.states import TaskState
from genmux.engine.ports import ArtifactRow
from genmux.wires import openai

VARIANTS: Final = {"video": "result", "thumbnail": "thumbnail", "spritesheet": "spritesheet"}
"""The role of the artifact that each variant is."""

NOT_READY: Final = openai.Problem(409, "invalid_request_error", "video_not_ready")
FAILED: Final = openai.Problem(404, "invalid_request_error", "video_failed")
NO_VARIANT: Final = openai.Problem(404, "invalid_request_error", "variant_not_found")


async def download(desk: Desk, call: Call) -> WireReply:
    """Send a film's bytes, or those of its thumbnail."""
    variant = call.query.get("variant", "video")
    if variant not in VARIANTS:
        listed = ", ".join(f"'{name}'" for name in VARIANTS)
        raise query_refusal("variant", f"must be one of {listed}.", f"应为以下之一：{listed}。")
    artifact = await _artifact(desk, call, variant)
    size = await desk.media.size(artifact.media_key) if gettable(artifact, desk.clock()) else None
    if size is None:
        raise Refused(EXPIRED, "The video is no longer kept.")
    return _reply(desk, call, artifact, size)


async def _artifact(desk: Desk, call: Call, variant: str) -> ArtifactRow:
    view = await desk.service.find(call.sender, task_id_of(call), Kind.VIDEO)
    if not view.row.state.final:
        raise Refused(NOT_READY, "The video is not ready yet; poll it until it is completed.")
    if view.row.state is not TaskState.SUCCEEDED:
        raise Refused(FAILED, f"There is no video: {failure(view)[1]}")
    found = next((a for a in view.artifacts if a.role == VARIANTS[variant]), None)
    if found is None:
        raise Refused(NO_VARIANT, f"This video has no {variant}.")
    return found


def _reply(desk: Desk, call: Call, artifact: ArtifactRow, size: int) -> WireReply:
    headers = [
        ("etag", f'"{artifact.sha256.hex()}"'),
        ("accept-ranges", "bytes"),
        ("cache-control", "private, no-cache"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", f'attachment; filename="{call.params["id"]}.{artifact.extension}"'),
    ]
    try:
        wanted = parse_range(call.request.headers.get("range", ""), size)
    except Unsatisfiable:
        return WireReply(416, headers=(*headers, ("content-range", f"bytes */{size}")))
    start, length = wanted or (0, size)
    if wanted is not None:
        headers.append(("content-range", f"bytes {start}-{start + length - 1}/{size}"))
    return WireReply(
        206 if wanted is not None else 200,
        content_type=artifact.content_type,
        headers=headers,
        stream=desk.media.stream(artifact.media_key, start, 0 if call.head else length),
        length=length,
    )
