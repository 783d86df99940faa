"""`MetaData` of a stored file: what was measured when it was decoded, in the platform's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from genmux.wires.vod_echo import plain_number

_CONTAINERS: Final = {
    "mp4": "mov,mp4,m4a,3gp,3g2,mj2",
    "mov": "mov,mp4,m4a,3gp,3g2,mj2",
    "webm": "matroska,webm",
    "matroska": "matroska,webm",
}
"""Our word for a container → the platform's, which is FFmpeg's; any other is said as it is."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One result as it is stored; `probe` is what decoding it proved.

    The probe's members read here: `container`, `bit_rate`, `seconds`, and per item of `streams`:
    `type`, `codec`, `bit_rate`, `width`, `height`, `fps`, `sample_rate`, `codec_tag`, `seconds`;
    `rotate` and `md5` beside them. Whatever is absent is 0 or "".
    """

    url: str
    file_id: str
    width: int
    height: int
    size: int  # bytes
    seconds: float | None = None
    probe: Mapping[str, Any] = field(default_factory=dict)


def render_meta_data(file: StoredFile) -> dict[str, Any]:
    """Return the `MetaData` of a file, members sorted."""
    probe = file.probe
    streams = [stream for stream in probe.get("streams") or () if isinstance(stream, dict)]
    films = [stream for stream in streams if stream.get("type") == "video"]
    sounds = [stream for stream in streams if stream.get("type") == "audio"]
    seconds = file.seconds or probe.get("seconds") or 0
    container = probe.get("container") or ""
    return {
        "AudioDuration": _seconds(sounds, probe, seconds),
        "AudioStreamSet": [_sound(stream) for stream in sounds],
        "Bitrate": _whole(probe, "bit_rate"),
        "Container": _CONTAINERS.get(container, container),
        "Duration": plain_number(seconds),
        "Height": file.height,
        "Md5": probe.get("md5") or "",
        "Rotate": _whole(probe, "rotate"),
        "Size": file.size,
        "VideoDuration": _seconds(films, probe, seconds),
        "VideoStreamSet": [_film(stream) for stream in films],
        "Width": file.width,
    }


def _seconds(streams: list[dict[str, Any]], probe: Mapping[str, Any], seconds: float) -> Any:
    """Return how long the first of some streams runs, as far as it is known."""
    if not streams:
        return 0
    return plain_number(streams[0].get("seconds") or probe.get("seconds") or seconds)


def _film(stream: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Bitrate": _whole(stream, "bit_rate"),
        "Codec": stream.get("codec") or "",
        "CodecTag": stream.get("codec_tag") or "",
        "Codecs": "",
        "DynamicRangeInfo": {"HDRType": "", "Type": "Unknown"},
        "Fps": _whole(stream, "fps"),
        "Height": _whole(stream, "height"),
        "Width": _whole(stream, "width"),
    }


def _sound(stream: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Bitrate": _whole(stream, "bit_rate"),
        "Codec": stream.get("codec") or "",
        "SamplingRate": _whole(stream, "sample_rate"),
    }


def _whole(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    return round(value) if isinstance(value, int | float) else 0
