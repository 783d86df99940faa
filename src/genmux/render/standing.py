"""Cut-out subjects that stand in a painted scene, or in another picture, in its light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.cutout import Cutout
from genmux.render.layers import Layer, layer
from genmux.render.noise import smoothstep
from genmux.render.raster import F32, U8, blend, blur, f32, grid, resize, spread, to_bytes, windows
from genmux.render.stage import Stage

DEPTH: Final = 0.6
_EXPOSURE: Final = {"night": 0.62, "storm": 0.82, "sunset": 0.92}

# Share of the shorter side that one, two, three subjects are high, and where they stand across.
_HEIGHTS: Final = (0.62, 0.54, 0.46)
_PLACES: Final = ((0.5,), (0.34, 0.67), (0.24, 0.5, 0.76))


@dataclass(frozen=True, slots=True)
class Ground:
    """The frame that subjects are put into, in pixels: its upper left corner and its size."""

    left: int
    top: int
    width: int
    height: int


def standing(stage: Stage, subjects: Sequence[Cutout]) -> list[Layer]:
    """One layer per subject, side by side on the lower edge of the scene; at most three are shown."""
    g = stage.geometry
    ground = Ground(g.margin_x, g.margin_y, g.width, g.height)
    shown = subjects[: len(_HEIGHTS)]
    canvas = (g.layer_height, g.layer_width)
    return [_layer(stage, ground, subject, n, len(shown), canvas) for n, subject in enumerate(shown)]


def _layer(
    stage: Stage, ground: Ground, subject: Cutout, number: int, count: int, canvas: tuple[int, int]
) -> Layer:
    picture, cover, left, top = _placed(ground, subject, number, count)
    lit = _in_light(stage, picture, cover)
    colour, alpha = _with_shadow(lit, cover, subject.whole)
    return _on_layer(colour, alpha, left, top, canvas)


def put_into(picture: U8, subjects: Sequence[Cutout]) -> U8:
    """The RGB picture with subjects standing in it, toned toward what is behind them."""
    height, width = picture.shape[:2]
    image = f32(picture / 255)
    shown = subjects[: len(_HEIGHTS)]
    for number, subject in enumerate(shown):
        small, cover, left, top = _placed(Ground(0, 0, width, height), subject, number, len(shown))
        behind = image[max(top, 0) : top + small.shape[0], max(left, 0) : left + small.shape[1]]
        tone = behind.mean(axis=(0, 1)) / max(float(behind.mean()), 0.05)
        colour, alpha = _with_shadow(f32(np.clip(small * (0.8 + 0.2 * tone), 0, 1)), cover, subject.whole)
        _compose(image, colour, alpha, left, top)
    return to_bytes(image)


def _placed(ground: Ground, subject: Cutout, number: int, count: int) -> tuple[F32, F32, int, int]:
    """The subject at its size with room for its shadow: colour, coverage, left and top."""
    high, wide = subject.cover.shape
    share = _HEIGHTS[count - 1] * (1.0 if subject.whole else 1.2)
    room = ground.width * (0.92 / count)
    scale = min(max(ground.height * share, min(ground.width, ground.height) * share) / high, room / wide)
    width, height = max(2, round(wide * scale)), max(2, round(high * scale))
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture = f32(np.clip(resize(f32(subject.picture / 255), width, height, mode), 0, 1))
    cover = f32(np.clip(resize(subject.cover, width, height), 0, 1))
    pad = max(2, height // 12)
    around = ((pad, pad if subject.whole else 0), (pad, pad))
    foot = ground.top + ground.height * (0.96 if subject.whole else 1.0)
    left = ground.left + ground.width * _PLACES[count - 1][number] - width / 2
    padded = np.pad(picture, (*around, (0, 0)), mode="edge"), np.pad(cover, around)
    return f32(padded[0]), f32(padded[1]), round(left) - pad, round(foot) - height - pad


def _in_light(stage: Stage, picture: F32, cover: F32) -> F32:
    """The subject in the scene's light: its exposure, its tint, and a rim on the sun's side."""
    palette = stage.palette
    tinted = picture * (_EXPOSURE.get(stage.time, 1.0) * (0.84 + 0.16 * palette.glow))
    if stage.time == "day":
        tinted = picture
    reach = max(1, picture.shape[0] // 90)
    moved = np.roll(cover, -reach * 2 if stage.flipped else reach * 2, axis=1)
    rim = blur(f32(np.clip(cover - moved, 0, 1)), reach)
    return blend(f32(tinted), f32(np.broadcast_to(palette.glow, picture.shape)), f32(rim * 0.5))


def _with_shadow(picture: F32, cover: F32, whole: bool) -> tuple[F32, F32]:
    """Colour and coverage with a soft shadow on the ground, which only whole subjects have."""
    if not whole:
        return picture, cover
    height, width = cover.shape
    pad = max(2, height // 14)
    x, y = grid(height, width)
    away = np.hypot((x - width / 2) / (width * 0.46), (y - (height - pad * 1.15)) / (pad * 0.9))
    shadow = (1 - smoothstep(0.25, 1.0, f32(away))) * 0.42
    total = cover + shadow * (1 - cover)
    return f32(picture * spread(f32(cover / np.maximum(total, 1e-3)))), f32(total)


def _on_layer(picture: F32, cover: F32, left: int, top: int, canvas: tuple[int, int]) -> Layer:
    """A picture with its corner at (left, top) of an otherwise empty layer; what sticks out is cut off."""
    height = max(1, min(picture.shape[0], canvas[0] - max(top, 0)))
    rgb = np.zeros((height, canvas[1], 3), np.float32)
    alpha = np.zeros((height, canvas[1]), np.float32)
    there, here = windows(alpha.shape, cover.shape, left, min(top, 0))
    rgb[there], alpha[there] = picture[here], cover[here]
    return layer(rgb, alpha, DEPTH, max(top, 0))


def _compose(image: F32, picture: F32, cover: F32, left: int, top: int) -> None:
    there, here = windows(image.shape[:2], cover.shape, left, top)
    if image[there].size:
        image[there] = blend(f32(image[there]), f32(picture[here]), f32(cover[here]))
