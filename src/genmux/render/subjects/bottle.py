"""A perfume bottle: thick glass, coloured liquid, a metal collar and a cap."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.paint.lit import Lit, lit
from genmux.render.paint.solids import ball, shadow
from genmux.render.palette import HUES, colour, mix, polar
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse, path
from genmux.render.stage import Stage
from genmux.render.subjects.pages import page_for, placed
from genmux.render.subjects.spot import Spot

_WHITE: Final = colour("#ffffff")
_SQUARE: Final = path(
    "-1 -0.03, -1 -0.3, -1 -0.52, -0.82 -0.6, -0.3 -0.615, 0.3 -0.615, 0.82 -0.6,"
    "1 -0.52, 1 -0.3, 1 -0.03, 0.9 0.018, 0 0.03, -0.9 0.018"
)


def bottle(stage: Stage, spot: Spot) -> list[Element]:
    """A bottle of the spot's height."""
    rng, lamp, page = stage.rng, lit(stage, spot.mirrored), page_for(spot)
    hue = (
        HUES[stage.reading.first("hue") or "pink"]
        if stage.reading.first("hue")
        else float(rng.uniform(0, 360))
    )
    liquid = polar(0.74, 0.13, hue), polar(0.56, 0.15, hue + float(rng.choice([-45.0, 40.0, 70.0])))
    half = float(rng.choice([0.2, 0.235, 0.27]))
    round_ = bool(rng.random() < 0.4)
    s = lamp.side
    shadow(page, lamp, 0, 0.0, half * 1.1, 1.1)
    # Light that went through the liquid colours the ground in the bottle's shadow.
    page.fill(ellipse(-s * half * 1.1, 0.03, half * 0.85, 0.04), mix(liquid[0], _WHITE, 0.35), 0.6, 0.025)
    outer = _round_glass(half * 1.15) if round_ else _square_glass(half)
    _glass(page, lamp, outer, half, liquid)
    _cap(page, lamp, half, float(rng.random()))
    label = [(-half * 0.42, -0.37), (half * 0.42, -0.37), (half * 0.42, -0.20), (-half * 0.42, -0.20)]
    page.fill(label, _WHITE, 0.30, 0.002)
    for y, wide in ((-0.31, 0.26), (-0.265, 0.18)):
        page.fill(
            stroke([(-half * wide, y), (0, y), (half * wide, y)], 0.006, 0.008, 0.006, 2),
            mix(liquid[1], colour("#1c1420"), 0.6),
            0.75,
        )
    return placed(page, spot)


def _square_glass(half: float) -> F32:
    return curve(_SQUARE * f32([half, 1]), 8)


def _round_glass(half: float) -> F32:
    a = np.linspace(np.pi * 0.60, np.pi * 2.40, 60)
    bowl = np.stack([np.cos(a) * half * 1.1, -0.31 + np.sin(a) * 0.315], 1)
    return f32(bowl)


def _glass(page: Sheet, lamp: Lit, outer: F32, half: float, liquid: tuple[F32, F32]) -> None:
    s = lamp.side
    clear = mix(lamp.on(colour("#eef6f8"), 0.4), liquid[0], 0.18)
    page.fill(outer, clear, 0.62)
    inside = page.mask([outer])
    middle = f32(outer.mean(axis=0))
    inner = f32((outer - middle) * [0.84, 0.86] + middle + [0, -0.012])
    level = -0.5
    fluid = inner[inner[:, 1] > level]
    bright, dark = mix(liquid[0], _WHITE, 0.25), liquid[1]
    page.fill(
        fluid,
        Fade(lamp.on(bright, 0.4), lamp.on(dark, -0.35), (s * half * 0.8, -0.5), (-s * half * 0.8, -0.02)),
        0.93,
        0.002,
    )
    within = page.mask([fluid], 0.003)
    # Refraction: light entering on one side gathers low on the other.
    page.fill(
        ellipse(-s * half * 0.42, -0.12, half * 0.42, 0.10), mix(liquid[0], _WHITE, 0.65), 0.8, 0.045, within
    )
    page.fill(ellipse(0, -0.055, half * 0.8, 0.035), mix(liquid[0], _WHITE, 0.5), 0.6, 0.02, within)
    page.fill(ellipse(s * half * 0.45, -0.36, half * 0.16, 0.2), lamp.on(dark, -0.5), 0.4, 0.04, within)
    page.fill(ellipse(0, level, half * 0.80, 0.016), mix(liquid[0], _WHITE, 0.55), 0.85, 0.002, inside)
    page.fill(
        stroke([(0.0, -0.61), (0.006, -0.35), (0.0, -0.08)], 0.008, 0.007, 0.006), _WHITE, 0.30, 0.002, inside
    )
    rows = outer[np.argsort(outer[:, 1], kind="stable")]
    for side, share in ((s, 0.85), (-s, 0.45)):
        edge = rows[rows[:, 0] * side > half * 0.55][::3]
        page.fill(stroke(edge * [0.975, 1], 0.004, 0.016, 0.006, 2), _WHITE, share, 0.003, inside)
        page.fill(
            stroke(edge * [1.0, 1], 0.004, 0.010, 0.006, 2), lamp.on(liquid[1], -0.7), 0.35, 0.003, inside
        )
    streak = [(s * half * 0.70, -0.56), (s * half * 0.72, -0.35), (s * half * 0.70, -0.10)]
    page.fill(stroke(streak, half * 0.06, half * 0.2, half * 0.06), _WHITE, 0.55, 0.006, inside)
    page.fill(
        stroke(
            [(-s * half * 0.78, -0.5), (-s * half * 0.8, -0.3), (-s * half * 0.78, -0.12)],
            0.004,
            half * 0.07,
            0.004,
        ),
        _WHITE,
        0.4,
        0.006,
        inside,
    )


def _cap(page: Sheet, lamp: Lit, half: float, kind: float) -> None:
    s, gold = lamp.side, colour("#d9b06a") if kind < 0.7 else colour("#c9ccd4")
    _metal(page, lamp, gold, 0.085, -0.60, -0.67)
    if kind < 0.35:
        ball(page, lamp, (0.0, -0.665), 0.125, gold, grounded=False)
        return
    dark = colour("#26202c") if kind < 0.7 else colour("#f2ece6")
    wide, top = (0.11, -0.90) if kind < 0.6 else (half * 0.62, -0.86)
    body = curve(
        [
            (-wide, -0.665),
            (-wide, -0.78),
            (-wide, top + 0.02),
            (-wide * 0.9, top),
            (wide * 0.9, top),
            (wide, top + 0.02),
            (wide, -0.78),
            (wide, -0.665),
        ],
        5,
    )
    page.fill(body, Fade(lamp.on(dark, 0.35), lamp.on(dark, -0.6), (s * wide, 0), (-s * wide, 0)))
    inside = page.mask([body])
    page.fill(
        [
            (s * wide * 0.45, top - 0.1),
            (s * wide * 0.75, top - 0.1),
            (s * wide * 0.75, -0.6),
            (s * wide * 0.45, -0.6),
        ],
        _WHITE,
        0.5,
        wide * 0.08,
        inside,
    )
    page.fill(
        [
            (-s * wide * 0.86, top - 0.1),
            (-s * wide * 0.94, top - 0.1),
            (-s * wide * 0.94, -0.6),
            (-s * wide * 0.86, -0.6),
        ],
        _WHITE,
        0.22,
        wide * 0.04,
        inside,
    )
    page.fill(ellipse(0, top + 0.008, wide * 0.92, 0.014), lamp.on(dark, 0.8), 0.7, 0.003, inside)


def _metal(page: Sheet, lamp: Lit, tone: F32, half: float, low: float, high: float) -> None:
    s = lamp.side
    band = [(-half, high), (half, high), (half, low), (-half, low)]
    page.fill(band, Fade(lamp.on(tone, 0.5), lamp.on(tone, -0.9), (s * half, 0), (-s * half, 0)))
    inside = page.mask([band])
    for at, wide, light in ((0.5, 0.16, 1.0), (0.15, 0.12, -0.6), (-0.75, 0.12, 0.7)):
        x = s * half * at
        page.fill(
            [
                (x - half * wide, high),
                (x + half * wide, high),
                (x + half * wide, low),
                (x - half * wide, low),
            ],
            lamp.on(tone, light),
            0.8,
            half * 0.06,
            inside,
        )
