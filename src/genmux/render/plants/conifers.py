"""Pine woods: rows of conifer silhouettes on rolling ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.layers import Layer, layer
from genmux.render.noise import fbm_line, smoothstep
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, blend, f32, resize
from genmux.render.shapes import fill
from genmux.render.stage import Stage

_SUPERSAMPLE: Final = 2
_SNOW: Final = colour("#eef4fb")


@dataclass(frozen=True, slots=True)
class Woods:
    """One row of pines; `base` and `size` in pixels, `roll` the ground's waves as a share of the height.

    `floor` is the row where the layer may end because a nearer one covers the rest.
    No pine stands between the columns `clear`; `accent` colours some of them. A `bare` row has no ground.
    """

    base: float
    size: float
    depth: float
    count: int
    haze: float
    mist: float
    snow: float = 0.0
    roll: float = 0.04
    tone: F32 | None = None
    floor: float | None = None
    accent: F32 | None = None
    clear: tuple[float, float] | None = None
    bare: bool = False


def woods(stage: Stage, spec: Woods) -> Layer:
    """A row of pines with the ground they stand on, filled to the bottom or `spec.floor`."""
    g, palette = stage.geometry, stage.palette
    ground = spec.base + (fbm_line(stage.rng, g.layer_width, 3, 5) - 0.5) * g.height * spec.roll * 2
    top = int(max(0, spec.base - spec.size * 1.6 - g.height * spec.roll))
    bottom = g.layer_height if spec.floor is None else min(round(spec.floor), g.layer_height)
    cover = _silhouette(stage, spec, ground, top, bottom)
    tone = mix(palette.near if spec.tone is None else spec.tone, palette.haze, spec.haze)
    row = np.arange(top, bottom, dtype=np.float32)[:, None]
    fade = np.clip((row - (spec.base - spec.size)) / (spec.size * 1.6), 0, 1) * spec.mist
    rgb = blend(tone, palette.haze, np.repeat(fade, g.layer_width, axis=1))
    if spec.accent is not None:
        patches = smoothstep(0.35, 0.6, fbm_line(stage.rng, g.layer_width, 30, 3))[None, :]
        above = np.clip((spec.base - row) / (spec.size * 0.12) + 0.5, 0, 1) * (1 - fade) * 0.85
        rgb = blend(rgb, mix(spec.accent, palette.haze, spec.haze), f32(patches * above))
    if spec.snow > 0:
        rgb = _snowed(stage, spec, rgb, row, ground)
    return layer(rgb, cover, spec.depth, top)


def _snowed(stage: Stage, spec: Woods, rgb: F32, row: F32, ground: F32) -> F32:
    white = mix(mix(_SNOW, stage.palette.lit, 0.25), stage.palette.far, 0.25 if stage.time == "day" else 0.5)
    on_ground = smoothstep(-spec.size * 0.02, spec.size * 0.12, row - ground[None, :])
    return blend(rgb, mix(white, stage.palette.haze, spec.haze), f32(on_ground * spec.snow))


def _silhouette(stage: Stage, spec: Woods, ground: F32, top: int, bottom: int) -> F32:
    g, rng, ss = stage.geometry, stage.rng, _SUPERSAMPLE
    rows = bottom - top
    mask = np.zeros((rows * ss, g.layer_width * ss), np.uint8)
    count = max(3, round(spec.count * g.layer_width / (g.span * 2.05)))
    for x in np.sort(rng.uniform(0, g.layer_width, count)):
        size = spec.size * float(1 - 0.5 * rng.random())
        if spec.clear is not None and spec.clear[0] < x < spec.clear[1]:
            continue
        foot = float(ground[min(int(x), g.layer_width - 1)]) + size * 0.06
        fill(mask, (_pine(rng, float(x), foot, size) - [0, top]).astype(np.float32) * ss)
    if spec.bare:
        return f32(resize(mask, g.layer_width, rows, cv2.INTER_AREA) / 255)
    edge = np.stack([np.arange(g.layer_width), ground - top], axis=1)
    body = np.concatenate([edge, [[g.layer_width, rows], [0, rows]]]) * ss
    cv2.fillPoly(mask, [body.astype(np.int32)], 255)
    return f32(resize(mask, g.layer_width, rows, cv2.INTER_AREA) / 255)


def _pine(rng: np.random.Generator, x: float, foot: float, size: float) -> F32:
    """A conifer outline: drooping tiers, a little irregular on both sides."""
    tiers = int(rng.integers(8, 13))
    half = size * float(rng.uniform(0.15, 0.21))
    inner = (np.arange(tiers) + 0.1) / tiers
    outer = (np.arange(tiers) + 1.0) / tiers
    sides = []
    for sign in (-1, 1):
        reach = rng.uniform(0.75, 1.12, tiers)
        tucked = np.stack([x + sign * half * inner * 0.42, foot - size * (1 - inner)], axis=1)
        droop = size * rng.uniform(0.0, 0.035, tiers)
        tips = np.stack([x + sign * half * outer * reach, foot - size * (1 - outer) + droop], axis=1)
        sides.append(np.stack([tucked, tips], axis=1).reshape(-1, 2))
    return np.concatenate([[[x, foot - size * 1.04]], sides[0], sides[1][::-1]]).astype(np.float32)
