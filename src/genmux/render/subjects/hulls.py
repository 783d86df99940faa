"""What flying things are made of: bodies in any attitude, plumes and halos, carried along a line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.noise import smoothstep
from genmux.render.paint.light import light_on
from genmux.render.paint.sculpture import Form, sculpted
from genmux.render.palette import colour
from genmux.render.raster import F32, blur, f32, flat, grid, premultiplied
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot

SHELL: Final = colour("#eef0f4")
STEEL: Final = colour("#9aa4b4")
GLASS: Final = colour("#2a6fb0")
INK: Final = colour("#10131c")
FLAME: Final = colour("#ff8a2a")
HOT: Final = colour("#fff6d0")
LIVERIES: Final = ("#d8342c", "#2563c9", "#e8892a", "#1f8f86")


def flying(sprites: Iterable[Sprite], pace: tuple[float, float], bob: float = 0.0) -> list[Element]:
    """Sprites that travel `pace` (x, y) layer pixels each second and rise and sink by `bob` pixels.

    In the middle of a film they are where they were put.
    """
    course = Motion(y=bob, rate=1.3, drift=pace)
    return [sprite.moving(course) for sprite in sprites]


def plume(
    start: tuple[float, float], along: tuple[float, float], length: float, width: tuple[float, float],
    tone: F32, core: F32, strength: float, depth: float, rng: np.random.Generator | None = None,
) -> Sprite:  # fmt: skip
    """A soft tapering trail from `start` in direction `along`; `width` is its half width at start and end.

    With `rng` it is broken into puffs like smoke; without, it is a clean flame or vapour trail.
    """
    reach = max(width) * 2.6
    end = (start[0] + along[0] * length, start[1] + along[1] * length)
    left, top = min(start[0], end[0]) - reach, min(start[1], end[1]) - reach
    w, h = (max(4, int(abs(b - a) + 2 * reach)) for a, b in zip(start, end, strict=True))
    x, y = grid(h, w)
    x, y = x + left - start[0], y + top - start[1]
    run = (x * along[0] + y * along[1]) / length
    off = -x * along[1] + y * along[0]
    half = width[0] + (width[1] - width[0]) * np.clip(run, 0, 1)
    if rng is not None:
        off = off + _puffs(rng, h, w, max(width))
    body = (
        np.exp(-((off / half) ** 2) * 1.6)
        * smoothstep(-0.02, 0.02, f32(run))
        * smoothstep(1.0, 0.35, f32(run))
    )
    heat = np.exp(-((off / half) ** 2) * 5) * np.clip(1 - run * 1.25, 0, 1)
    rgb = flat(tone, x) + (core - tone) * np.clip(heat, 0, 1)[..., None]
    return Sprite(premultiplied(f32(rgb), f32(np.clip(body * strength, 0, 1))), left, top, depth)


def _puffs(rng: np.random.Generator, height: int, width: int, size: float) -> F32:
    """A field of pushes, in pixels, that makes an edge billow."""
    noise = rng.normal(0, 1, (height, width)).astype(np.float32)
    small, large = blur(noise, max(size * 0.16, 0.8)), blur(noise, max(size * 0.4, 1.2))
    return f32(
        small / max(float(small.std()), 1e-6) * size * 0.12
        + large / max(float(large.std()), 1e-6) * size * 0.16
    )


def halo(x: float, y: float, radius: float, tone: F32, strength: float, depth: float) -> Sprite:
    """A soft round glow about a point."""
    size = max(4, int(radius * 2))
    u, v = grid(size, size)
    away = np.hypot(u - size / 2, v - size / 2) / (size / 2)
    cover = f32(np.clip(np.exp(-away * 3.2) - math.exp(-3.2), 0, 1) * strength)
    return Sprite(premultiplied(flat(tone, cover), cover), x - size / 2, y - size / 2, depth)


def placed(stage: Stage, spot: Spot, forms: Sequence[Form], angle: float, mirrored: bool) -> Sprite:
    """Forms about the spot's middle, turned by `angle`, in its light."""
    c, s = math.cos(angle), math.sin(angle)
    turn = np.array([[c, s], [-s, c]], np.float32)
    turned = [
        replace(f, outlines=tuple(f32(o @ turn) for o in f.outlines),
                marks=tuple(replace(m, outline=f32(m.outline @ turn)) for m in f.marks))
        for f in forms
    ]  # fmt: skip
    made = sculpted(turned, light_on(stage, spot.x, spot.depth), spot.size, stage.rng, mirrored)
    return Sprite(made.sprite, spot.x + made.left, spot.y + made.top, spot.depth)
