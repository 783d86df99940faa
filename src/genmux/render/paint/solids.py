"""Solid forms under soft light: cylinders, balls, cones, slabs, arches and rings on a floor."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.paint.lit import Lit
from genmux.render.palette import mix
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse, shifted

# How flat circles on the floor look.
TILT: Final = 0.2


def shadow(page: Sheet, lamp: Lit, x: float, y: float, r: float, length: float = 1.0) -> None:
    """The soft shadow of something of radius r that stands at (x, y)."""
    tone, away = mix(lamp.shade, f32([0, 0, 0]), 0.25), -lamp.side
    page.fill(
        ellipse(x + away * r * 0.5 * length, y + r * 0.05, r * (1.1 + 0.5 * length), r * TILT * 1.25),
        tone,
        0.34,
        r * 0.14,
    )
    page.fill(ellipse(x + away * r * 0.1, y + r * 0.02, r * 1.04, r * TILT * 1.06), tone, 0.5, r * 0.035)


def cylinder(page: Sheet, lamp: Lit, at: tuple[float, float], r: float, high: float, tone: F32) -> None:
    """A cylinder whose base is centred at `at`."""
    (x, y), s = at, lamp.side
    shadow(page, lamp, x, y, r, min(1.0, 0.5 + high))
    bottom = ellipse(x, y, r, r * TILT, points=80)
    body = np.concatenate([[(x + r, y - high)], bottom[:41], [(x - r, y - high)]])
    page.fill(body, Fade(lamp.on(tone, 0.35), lamp.on(tone, -0.75), (x + s * r * 0.7, y), (x - s * r, y)))
    inside = page.mask([body])
    page.fill(_column(x + s * r * 0.5, y, r * 0.3, high), lamp.on(tone, 0.9), 0.45, r * 0.12, inside)
    page.fill(_column(x + s * r * 0.98, y, r * 0.1, high), lamp.on(tone, -0.5), 0.45, r * 0.05, inside)
    page.fill(_column(x - s * r * 0.97, y, r * 0.06, high), lamp.on(tone, 0.25), 0.5, r * 0.03, inside)
    top = ellipse(x, y - high, r, r * TILT, points=80)
    page.fill(
        top,
        Fade(
            lamp.on(tone, 0.85),
            lamp.on(tone, 0.2),
            (x + s * r, y - high - r * TILT),
            (x - s * r, y - high + r * TILT),
        ),
    )
    front = top[2:39]
    page.fill(stroke(front, r * 0.004, r * 0.02, r * 0.004, 2), lamp.on(tone, 1.0), 0.8, r * 0.004)


def _column(x: float, y: float, half: float, high: float) -> list[tuple[float, float]]:
    return [
        (x - half, y - high - half),
        (x + half, y - high - half),
        (x + half, y + half * 2),
        (x - half, y + half * 2),
    ]


def ball(page: Sheet, lamp: Lit, at: tuple[float, float], r: float, tone: F32, grounded: bool = True) -> None:
    """A ball that stands on `at`, or floats around it."""
    x, y = at
    if grounded:
        shadow(page, lamp, x, y - r * 0.04, r * 0.7, 1.2)
        y -= r * 0.96
    page.globe(x, y, r, gloss(lamp, tone), lamp.side)


def gloss(lamp: Lit, tone: F32) -> list[tuple[float, F32]]:
    """The tones of a glossy thing from shade to highlight."""
    return [(0.0, lamp.on(tone, -1.0)), (0.3, lamp.on(tone, -0.5)), (0.6, lamp.on(tone, 0.1)),
            (0.86, lamp.on(tone, 0.6)), (1.0, mix(lamp.on(tone, 1.0), lamp.rim, 0.6))]  # fmt: skip


def cone(page: Sheet, lamp: Lit, at: tuple[float, float], r: float, high: float, tone: F32) -> None:
    """A cone whose base is centred at `at`."""
    (x, y), s = at, lamp.side
    shadow(page, lamp, x, y, r, 0.9)
    body = np.concatenate([ellipse(x, y, r, r * TILT, points=60)[:31], [(x, y - high)]])
    page.fill(
        body,
        Fade(
            lamp.on(tone, 0.5), lamp.on(tone, -0.85), (x + s * r * 0.5, y - high * 0.3), (x - s * r * 0.8, y)
        ),
    )
    inside = page.mask([body])
    shine = [(x, y - high), (x + s * r * 0.2, y + r * 0.2), (x + s * r * 0.5, y + r * 0.2)]
    page.fill(shine, lamp.on(tone, 1.0), 0.5, r * 0.08, inside)


def slab(page: Sheet, lamp: Lit, at: tuple[float, float], half: float, high: float, tone: F32) -> None:
    """A block seen from the front and a little from above."""
    (x, y), s = at, lamp.side
    deep = half * TILT * 1.5
    dark, away = mix(lamp.shade, f32([0, 0, 0]), 0.25), -s
    base = f32([(x - half, y), (x + half, y), (x + half * 0.92, y - deep), (x - half * 0.92, y - deep)])
    page.fill(base + f32([away * half * 0.22, half * 0.04]), dark, 0.42, half * 0.1)
    page.fill(base + f32([away * half * 0.03, half * 0.02]), dark, 0.6, half * 0.02)
    skew = -s * half * 0.1
    top = [
        (x - half, y - high),
        (x + half, y - high),
        (x + half * 0.92 + skew, y - high - deep),
        (x - half * 0.92 + skew, y - high - deep),
    ]
    front = [(x - half, y - high), (x + half, y - high), (x + half, y), (x - half, y)]
    page.fill(
        front, Fade(lamp.on(tone, 0.05), lamp.on(tone, -0.6), (x + s * half, y - high), (x - s * half, y))
    )
    page.fill(
        top, Fade(lamp.on(tone, 0.9), lamp.on(tone, 0.3), (x + s * half, y - high), (x - s * half, y - high))
    )
    page.fill(stroke([top[0], (x, y - high), top[1]], 0.003, 0.006, 0.003), lamp.on(tone, 1.0), 0.9, 0.001)


def arch(page: Sheet, lamp: Lit, at: tuple[float, float], half: float, high: float, tone: F32) -> None:
    """A standing arch with its opening in shade."""
    (x, y), s = at, lamp.side
    shadow(page, lamp, x, y, half, 0.7)
    outer, inner = _vault(x, y, half, high), _vault(x, y, half * 0.66, high - half * 0.36)
    side = shifted(outer, -s * half * 0.16, -half * 0.02)
    page.fill(side, Fade(lamp.on(tone, -0.3), lamp.on(tone, -0.8), (x, y - high), (x, y)))
    page.fill(
        outer, Fade(lamp.on(tone, 0.55), lamp.on(tone, -0.1), (x + s * half, y - high), (x - s * half, y))
    )
    page.fill(
        inner,
        Fade(
            lamp.on(tone, -0.85),
            lamp.on(tone, -0.45),
            (x + s * half * 0.6, y - high),
            (x - s * half * 0.6, y),
        ),
    )
    hole = page.mask([inner])
    page.fill(
        shifted(inner, -s * half * 0.14, 0.0),
        Fade(lamp.on(tone, 0.1), lamp.on(tone, -0.3), (x, y - high), (x, y)),
        0.9,
        0.004,
        hole,
    )


def _vault(x: float, y: float, half: float, high: float) -> F32:
    a = np.linspace(math.pi, 2 * math.pi, 40)
    bow = np.stack([x + np.cos(a) * half, y - high + half + np.sin(a) * half], 1)
    return f32(np.concatenate([[(x - half, y)], bow, [(x + half, y)]]))


def disc(page: Sheet, lamp: Lit, at: tuple[float, float], r: float, tone: F32) -> None:
    """A great thin disc that stands behind the rest, its middle at `at`."""
    (x, y), s = at, lamp.side
    page.fill(
        ellipse(x - s * r * 0.10, y + r * 0.05, r, r, points=90), mix(lamp.shade, tone, 0.3), 0.5, r * 0.1
    )
    page.fill(ellipse(x - s * r * 0.03, y + r * 0.01, r, r, points=90), lamp.on(tone, -0.6))
    page.fill(
        ellipse(x, y, r, r, points=90),
        Fade(
            lamp.on(tone, 0.6),
            lamp.on(tone, -0.25),
            (x + s * r * 0.6, y - r * 0.8),
            (x - s * r * 0.6, y + r * 0.8),
        ),
    )


def ring(page: Sheet, lamp: Lit, at: tuple[float, float], r: float, tone: F32) -> None:
    """A thick ring that stands upright, its foot at `at`."""
    (x, y), s = at, lamp.side
    y -= r
    shadow(page, lamp, x, y + r, r * 0.6, 1.0)
    for turn in np.linspace(0, 2 * math.pi, 72, endpoint=False):
        cx, cy = x + math.cos(turn) * r * 0.86, y + math.sin(turn) * r * 0.86
        light = 0.5 * s * math.cos(turn) - 0.6 * math.sin(turn)
        part = ellipse(cx, cy, r * 0.14, r * 0.14, points=18)
        page.fill(part, lamp.on(tone, light * 0.7 - 0.1), 1, 0.001)
    glow = curve(
        [(x + math.cos(a) * r * 0.84, y + math.sin(a) * r * 0.84) for a in np.linspace(0, 2 * math.pi, 25)],
        3,
        closed=False,
    )
    heights = glow @ f32([s, -1.2]) - (s * x - 1.2 * y)
    peak = int(np.argmax(heights[:-1]))
    arc = np.roll(glow[:-1], len(glow) // 2 - peak, axis=0)[len(glow) // 4 : 3 * len(glow) // 4]
    page.fill(stroke(arc, r * 0.01, r * 0.06, r * 0.01, 2), lamp.rim, 0.6, r * 0.02)
