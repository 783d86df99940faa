"""What becomes of each field of the served MPS actions, and what each field of a spec is called there."""

from __future__ import annotations

import json
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

from genmux.domain.spec import Kind


class Use(StrEnum):
    """What the built-in preview makes of a field; other providers honour more."""

    HONOURED = "honoured"  # it changes the result or where it goes
    RECORDED = "recorded"  # kept and echoed
    IGNORED = "ignored"  # not applicable to preview: named in the task's timeline
    REFUSED = "refused"  # its presence is an error


def _load() -> dict[str, dict[str, Use]]:
    raw = json.loads(files("genmux.wires").joinpath("mps_fields.json").read_text("utf-8"))
    return {
        action: {path: Use(use) for use, paths in row.items() for path in paths}
        for action, row in raw.items()
    }


FIELD_USE: Final = _load()
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
    found: list[str] = []
    _collect(FIELD_USE[action], body, "", found)
    return tuple(dict.fromkeys(found))


def _collect(uses: dict[str, Use], fields: dict[str, Any], prefix: str, found: list[str]) -> None:
    """Add the ignored paths below `prefix`; a plain loop, since it runs at every create."""
    for name, value in fields.items():
        path = prefix + name
        if type(value) is dict:
            _collect(uses, value, path + ".", found)
        elif type(value) is list and value and type(value[0]) is dict:
            for item in value:
                _collect(uses, item, path + ".N.", found)
        elif uses.get(path) is Use.IGNORED:
            found.append(path)
