"""What becomes of each field of the served VOD actions, and what each field of a spec is called there."""

from __future__ import annotations

from typing import Any, Final

from genmux.domain.spec import Kind
from genmux.wires.tencent_fields import ignored_in, load_uses

FIELD_USE: Final = load_uses("vod_fields.json")
"""Action → path → use; list items are spelt `N`. `docs/compatibility.md` shows the same table."""

_PLAIN: Final = {
    "model": "ModelName",
    "version": "ModelVersion",
    "prompt": "Prompt",
    "negative_prompt": "NegativePrompt",
    "enhance_prompt": "EnhancePrompt",
    "scene": "SceneType",
    "seed": "Seed",
    "resolution": "OutputConfig.Resolution",
    "aspect_ratio": "OutputConfig.AspectRatio",
    "watermark": "OutputConfig.LogoAdd",
    "options": "ExtInfo",
    "references": "FileInfos",
    "reference": "FileInfos",
    "asset": "FileInfos",
    "style": "FileInfos",
    "subject": "FileInfos",
    "output": "OutputConfig",
}

PATHS: Final[dict[Kind, dict[str, str]]] = {
    Kind.IMAGE: {
        **_PLAIN,
        "size": "ExtInfo.AdditionalParameters.size",
        "count": "OutputConfig.OutputImageCount",
        "output_format": "OutputConfig.OutputFormat",
    },
    Kind.VIDEO: {
        **_PLAIN,
        "first_frame": "FileInfos",
        "last_frame": "LastFrameUrl",
        "base_video": "FileInfos",
        "feature_video": "FileInfos",
        "audio_references": "FileInfos",
        "subjects": "SubjectInfos",
        "duration": "OutputConfig.Duration",
        "audio": "OutputConfig.AudioGeneration",
        "background_music": "OutputConfig.EnableBGM",
        "off_peak": "OutputConfig.OffPeak",
    },
}
"""The wire path of every spec field and role that a kind of task can say.

`audio` is the spec's field (make sound); references of role audio are `audio_references`.
"""


def ignored_fields(action: str, body: dict[str, Any]) -> tuple[str, ...]:
    """Return the paths in `body` that preview has no use for, each once, in the order of the body."""
    return ignored_in(FIELD_USE[action], body)
