"""A ceramic vase with a few flowers."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.paint.lit import Lit, lit
from genmux.render.paint.solids import shadow
from genmux.render.palette import colour, mix, polar
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse, path
from genmux.render.sprites.motion import Motion
from genmux.render.stage import Stage
from genmux.render.subjects.pages import page_for, placed, tone_for
from genmux.render.subjects.spot import Spot

_WHITE: Final = colour("#ffffff")


# Vase profiles: half width at heights from foot to lip, in heights of the vase.
_PROFILES: Final = (
    path("0.17 0, 0.23 0.18, 0.27 0.42, 0.22 0.66, 0.11 0.84, 0.1 0.93, 0.14 1"),
    path("0.15 0, 0.28 0.16, 0.33 0.36, 0.28 0.56, 0.13 0.74, 0.085 0.88, 0.1 1"),
    path("0.16 0, 0.17 0.25, 0.19 0.5, 0.205 0.72, 0.2 0.88, 0.17 0.95, 0.18 1"),
)


_GLAZES: Final = ("#f2ebe0", "#c9d8d4", "#d98f6a", "#3f5f7f", "#e8c9c0", "#6f8a6a", "#2e2c38")


def vase(stage: Stage, spot: Spot) -> list[Element]:
    """A ceramic vase that holds a few flowers."""
    rng, lamp, page = stage.rng, lit(stage, spot.mirrored), page_for(spot)
    profile = _PROFILES[int(rng.integers(len(_PROFILES)))]
    tall = 0.5
    flowers = page_for(spot)
    _bouquet(flowers, lamp, rng, -tall * 0.97, float(profile[-1][0]) * tall)
    _vase_body(page, lamp, f32(profile) * tall, tone_for(stage, _GLAZES), float(rng.random()))
    mouth, phase = (spot.x, spot.y - spot.size * tall), float(rng.uniform(0, 6))
    lean = Motion(mouth, lean=0.02, rate=1.2, phase=phase)
    turn = Motion(mouth, turn=0.012, rate=0.76, phase=phase * 1.7)
    return [*placed(flowers, spot, lean, turn), *placed(page, spot)]


def _vase_body(page: Sheet, lamp: Lit, profile: F32, tone: F32, kind: float) -> None:
    right = curve(profile * [1, -1], 8, closed=False)
    shape = f32(np.concatenate([right, (right * [-1, 1])[::-1]]))
    s, wide, lip = lamp.side, float(profile[:, 0].max()), profile[-1]
    shadow(page, lamp, 0, 0.0, float(profile[0][0]) * 1.25, 1.2)
    base = ellipse(0, 0, float(profile[0][0]), float(profile[0][0]) * 0.2)
    fade = Fade(lamp.on(tone, 0.55), lamp.on(tone, -0.9), (s * wide * 0.6, -0.4), (-s * wide, -0.05))
    page.fill_all([shape, base], fade)
    inside = page.mask([shape, base])
    glaze = lamp.on(mix(tone, colour("#2a2430") if tone.mean() > 0.5 else colour("#f0e8dc"), 0.55), 0)
    if kind < 0.4:
        drip = curve(
            path(
                "-0.3 -0.6, 0.3 -0.6, 0.3 -0.22, 0.17 -0.27, 0.1 -0.19, 0.02 -0.27, -0.07 -0.2, "
                "-0.15 -0.29, -0.3 -0.22"
            ),
            8,
        )
        page.fill(drip, glaze, 0.55, 0.004, inside)
    elif kind < 0.7:
        for y in (-0.13, -0.155, -0.31):
            page.fill(
                stroke([(-0.3, y), (0, y + 0.028), (0.3, y)], 0.008, 0.011, 0.008), glaze, 0.7, 0.001, inside
            )
    page.fill(f32(ellipse(-s * wide * 0.95, -0.2, wide * 0.4, 0.3)), lamp.on(tone, -1.0), 0.5, 0.05, inside)
    page.fill(
        stroke(
            [(s * wide * 0.52, -0.36), (s * wide * 0.62, -0.22), (s * wide * 0.5, -0.08)],
            0.006,
            wide * 0.2,
            0.006,
        ),
        _WHITE,
        0.6,
        0.012,
        inside,
    )
    page.fill(
        stroke(
            [(-s * wide * 0.9, -0.3), (-s * wide * 0.93, -0.18), (-s * wide * 0.8, -0.05)], 0.004, 0.02, 0.004
        ),
        lamp.on(tone, 0.2),
        0.6,
        0.01,
        inside,
    )
    y = -float(lip[1])
    page.fill(ellipse(0, y, float(lip[0]), float(lip[0]) * 0.22), lamp.on(tone, 0.7))
    page.fill(ellipse(0, y + 0.002, float(lip[0]) * 0.84, float(lip[0]) * 0.16), lamp.on(tone, -1.0))


def _bouquet(page: Sheet, lamp: Lit, rng: np.random.Generator, mouth: float, half: float) -> None:
    """Stems, leaves and blossoms above the vase's mouth, the far ones first."""
    hue = float(rng.uniform(-30, 100))
    green = colour("#5f8a52")
    heads = []
    for k in range(9):
        lean = (k - 4) / 4 + float(rng.uniform(-0.15, 0.15))
        x, y = lean * 0.3, mouth - 0.36 + abs(lean) * 0.17 + float(rng.uniform(-0.09, 0.06))
        heads.append((x, y, float(rng.uniform(0.07, 0.105)), hue + float(rng.uniform(-25, 25))))
        line = [(lean * half * 0.6, mouth + 0.02), (x * 0.55, (mouth + y) / 2), (x, y)]
        page.fill(stroke(line, 0.012, 0.010, 0.008), lamp.on(green, -0.3), 1, 0.001)
        for up in (0.35, 0.62):
            px, py = (
                np.interp(up, [0, 0.5, 1], [p[0] for p in line]),
                np.interp(up, [0, 0.5, 1], [p[1] for p in line]),
            )
            side = 1 if (k + int(up * 10)) % 2 else -1
            angle = -0.5 if side > 0 else math.pi + 0.5
            leaf = ellipse(float(px) + side * 0.05, float(py) - 0.02, 0.062, 0.02, angle)
            page.fill(leaf, lamp.on(green, 0.35 if side == lamp.side else -0.35))
    for k, (x, y, r, tint) in enumerate(heads):
        if k % 3 == 2:
            _sprig(page, lamp, rng, x, y, r)
        else:
            _blossom(page, lamp, x, y, r, polar(0.78, 0.13, tint), float(rng.uniform(0, 1.2)))


def _blossom(page: Sheet, lamp: Lit, x: float, y: float, r: float, tint: F32, turn: float) -> None:
    """A many-petalled flower: rings of petals, lighter toward the light and the rim."""
    for ring, (reach, count) in enumerate(((1.0, 9), (0.68, 7), (0.38, 5))):
        for k in range(count):
            a = turn + ring * 0.4 + k * 2 * math.pi / count
            px, py = x + math.cos(a) * r * reach * 0.62, y + math.sin(a) * r * reach * 0.55
            facing = 0.5 * (math.cos(a) * lamp.side - math.sin(a))
            outer, inner = (
                lamp.on(tint, facing + 0.15),
                lamp.on(mix(tint, colour("#a0304a"), 0.3), -0.2 - 0.1 * ring),
            )
            petal = ellipse(px, py, r * 0.5 * reach, r * 0.36 * reach, a, 20)
            tip = (px + math.cos(a) * r * 0.4 * reach, py + math.sin(a) * r * 0.4 * reach)
            page.fill(petal, Fade(inner, outer, (x, y), tip), 1, 0.0008)
    page.fill(ellipse(x, y, r * 0.17, r * 0.15), colour("#f2c75a"), 1, 0.002)


def _sprig(page: Sheet, lamp: Lit, rng: np.random.Generator, x: float, y: float, r: float) -> None:
    """A sprig of small white berries."""
    for a, b, c in rng.random((12, 3)):
        size = r * (0.16 + 0.14 * c)
        page.globe(
            x + (a - 0.5) * r * 2.2,
            y + (b - 0.5) * r * 2.4,
            size,
            _berry(lamp),
            lamp.side,
        )


def _berry(lamp: Lit) -> list[tuple[float, F32]]:
    """White berries from shade to light."""
    return [(0.0, lamp.on(colour("#e8e2d4"), -0.7)), (1.0, lamp.on(colour("#fffaf0"), 0.8))]
