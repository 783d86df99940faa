"""What becomes of each field of the served MPS actions, and what each field of a spec is called there."""

from __future__ import annotations

from typing import Any, Final

from genmux.domain.spec import Kind
from genmux.wires.tencent_fields import ignored_in, load_uses

FIELD_USE: Final = load_uses("mps_fields.json")
"""Action → path → use; list items are spelt `N`. `docs/compatibility.md` shows the same table."""

_PLAIN: Final = {
    "model": "ModelName",
    "version": "ModelVersion",
    "prompt": "Prompt",
    "negative_prompt": "NegativePrompt",
    "enhance_prompt": "EnhancePrompt",
    "scene": "SceneType",
    "resolution": "ExtraParameters.Resolution",
    "aspect_ratio": "ExtraParameters.AspectRatio",
    "watermark": "ExtraParameters.LogoAdd",
    "options": "AdditionalParameters",
    "references": "ImageInfos",
    "reference": "ImageInfos",
    "asset": "ImageInfos",
    "style": "ImageInfos",
    "subject": "ImageInfos",
    "output": "StoreCosParam",
}

PATHS: Final[dict[Kind, dict[str, str]]] = {
    Kind.IMAGE: {
        **_PLAIN,
        "size": "AdditionalParameters.size",
        "count": "OutputImageCount",
        "output_format": "ExtraParameters.OutputFormat",
    },
    Kind.VIDEO: {
        **_PLAIN,
        "first_frame": "ImageUrl",
        "last_frame": "LastImageUrl",
        "base_video": "VideoInfos",
        "feature_video": "VideoInfos",
        "audio_references": "AudioInfos",
        "subjects": "SubjectInfos",
        "duration": "Duration",
        "audio": "ExtraParameters.EnableAudio",
        "background_music": "ExtraParameters.EnableBgm",
        "off_peak": "ExtraParameters.OffPeak",
    },
}
"""The wire path of every spec field and role that a kind of task can say.

`audio` is the spec's field (make sound); references of role audio are `audio_references`.
"""


def ignored_fields(action: str, body: dict[str, Any]) -> tuple[str, ...]:
    """Return the paths in `body` that preview has no use for, each once, in the order of the body."""
    return ignored_in(FIELD_USE[action], body)
