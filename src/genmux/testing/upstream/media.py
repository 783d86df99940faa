"""The files an upstream makes: small and valid, in the ratio and the length that each task asked."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any, Final

from genmux.render.order import FPS, RenderOrder
from genmux.render.renderer import render

SHORT_SIDE: Final = 72
DEFAULT_SECONDS: Final = 5.0
DEFAULT_RATIO: Final = "16:9"
PNG: Final = "image/png"
MP4: Final = "video/mp4"


def frame_size(config: dict[str, Any]) -> tuple[int, int]:
    """Return the even size of a result: the ratio that was asked, and small whatever was asked."""
    across, _, down = (config.get("AspectRatio") or DEFAULT_RATIO).partition(":")
    ratio = float(across) / float(down)
    width, height = (SHORT_SIDE * ratio, SHORT_SIDE) if ratio >= 1 else (SHORT_SIDE, SHORT_SIDE / ratio)
    return round(width / 2) * 2, round(height / 2) * 2


def seconds_of(body: dict[str, Any]) -> float:
    """Return how long a film was asked to be."""
    said = body.get("Duration") or body.get("OutputConfig", {}).get("Duration")
    return float(said or DEFAULT_SECONDS)


@lru_cache(maxsize=64)
def picture(size: tuple[int, int]) -> bytes:
    """Return a PNG of this size."""
    return _made("image", size, 1)


@lru_cache(maxsize=16)
def film(size: tuple[int, int], seconds: float) -> bytes:
    """Return a silent MP4 of this size and length."""
    return _made("video", size, max(1, round(seconds * FPS)))


def _made(kind: str, size: tuple[int, int], frames: int) -> bytes:
    out = io.BytesIO()
    order = RenderOrder(
        kind=kind,
        prompt="silk",
        negative_prompt="",
        seed=1,
        index=0,
        width=size[0],
        height=size[1],
        frames=frames,
        audio=False,
        image_format="png",
        mark=False,
        label="scripted upstream",
    )
    render(order, out, lambda done, total: True)
    return out.getvalue()
