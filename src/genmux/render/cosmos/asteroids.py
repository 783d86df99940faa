"""A belt of asteroids: tumbling stones of many sizes that drift across."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.light import light_on
from genmux.render.paint.sculpture import Form, Mark, sculpted
from genmux.render.palette import colour, mix
from genmux.render.raster import f32
from genmux.render.shapes import curve, ellipse
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage

_STONES: Final = ("#7a6a5c", "#8b8378", "#6a5a58", "#96826a")

# Depth, count per 16:9 picture, size as a share of the span, drift in sizes of the span each second.
_SWARMS: Final = ((0.2, 26, 0.022, 0.008), (0.42, 11, 0.055, 0.016), (0.8, 4, 0.13, 0.03))


def belt(stage: Stage) -> list[Element]:
    """Far, middle and near stones along a slanted band; the near ones keep to the edges."""
    g, rng = stage.geometry, stage.rng
    slope = float(rng.uniform(-0.28, 0.28))
    way = 1 if rng.random() < 0.5 else -1
    swarms: list[Element] = []
    for depth, count, share, drift in _SWARMS:
        course = Motion(drift=(way * drift * g.span, way * slope * drift * g.span))
        for _ in range(max(2, round(count * (0.4 + 0.34 * g.width / g.span)))):
            x = float(rng.uniform(0, 1))
            off = float(rng.normal(0, 0.11 if depth < 0.7 else 0.3))
            y = 0.55 + slope * (x - 0.5) + off
            if depth > 0.7 and 0.2 < y < 0.8:
                y = float(rng.choice([rng.uniform(-0.02, 0.12), rng.uniform(0.88, 1.02)]))
            size = g.span * share * float(rng.uniform(0.5, 1.4))
            at = (g.margin_x + x * g.width, g.margin_y + y * g.height)
            swarms.append(_stone(stage, *at, size, depth).moving(course))
    return swarms


def _stone(stage: Stage, x: float, y: float, size: float, depth: float) -> Sprite:
    rng = stage.rng
    angles = np.linspace(0, 2 * np.pi, 11, endpoint=False)
    reach = 0.5 * rng.uniform(0.72, 1.08, 11)
    outline = curve(
        np.stack([np.cos(angles) * reach * float(rng.uniform(0.95, 1.3)), np.sin(angles) * reach], 1), 5
    )
    tone = mix(colour(_STONES[int(rng.integers(4))]), stage.palette.haze, 0.3 * (1 - depth))
    pits = []
    for _ in range(5):
        at, r = rng.uniform(-0.32, 0.32, 2), float(rng.uniform(0.04, 0.13))
        pits.append(
            Mark(
                ellipse(float(at[0]), float(at[1]), r, r * 0.8), mix(tone, colour("#17130f"), 0.5), 0.7, 0.02
            )
        )
        pits.append(
            Mark(
                ellipse(float(at[0]) + r * 0.3, float(at[1]) + r * 0.5, r * 0.6, r * 0.3),
                mix(tone, colour("#ffffff"), 0.3),
                0.5,
                0.02,
            )
        )
    light = replace(light_on(stage, x, depth), fill=f32([0.1, 0.1, 0.13]))
    made = sculpted([Form((outline,), tone, tuple(pits), relief=0.4, fur=0.008)], light, size, rng)
    spin = Motion(
        (x, y),
        turn=float(rng.uniform(0.1, 0.4)),
        rate=float(rng.uniform(0.4, 0.9)),
        phase=float(rng.uniform(0, 6)),
    )
    return Sprite(made.sprite, x + made.left, y + made.top, depth, (spin,))
