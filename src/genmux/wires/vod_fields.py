"""What becomes of each field of the served VOD actions, and what each field of a spec is called there."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Final

from genmux.domain.spec import Kind
from genmux.wires.mps_fields import Use


def _load() -> dict[str, dict[str, Use]]:
    raw = json.loads(files("genmux.wires").joinpath("vod_fields.json").read_text("utf-8"))
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
        elif value != "" and uses.get(path) is Use.IGNORED:
            found.append(path)
