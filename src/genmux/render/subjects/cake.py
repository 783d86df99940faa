"""A layered cake with glaze and berries."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.gouache import Fade, Sheet
from genmux.render.paint.lit import Lit, lit
from genmux.render.paint.solids import TILT, gloss, shadow
from genmux.render.palette import colour, polar
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse, path, shifted
from genmux.render.stage import Stage
from genmux.render.subjects.pages import hue_for, page_for, placed
from genmux.render.subjects.spot import Spot

_WHITE: Final = colour("#ffffff")


def cake(stage: Stage, spot: Spot) -> list[Element]:
    """A layered cake on a stand, with dripping glaze and berries."""
    rng, lamp, page = stage.rng, lit(stage, spot.mirrored), page_for(spot)
    hue = (
        hue_for(stage) if stage.reading.first("hue") else float(rng.choice([10.0, 355.0, 60.0, 90.0, 330.0]))
    )
    cream, glaze = (
        polar(0.93, 0.035, hue + 40),
        polar(0.72, 0.13, hue) if rng.random() < 0.6 else colour("#4a2a1e"),
    )
    china = colour("#f4f0ea")
    shadow(page, lamp, 0, 0, 0.22, 1.3)
    page.fill(
        curve(
            path("-0.17 0.015, -0.05 -0.02, -0.045 -0.1, 0.045 -0.1, 0.05 -0.02, 0.17 0.015, 0 0.04"),
            6,
        ),
        lamp.across(china, 0.15),
    )
    page.fill(ellipse(0, -0.105, 0.47, 0.47 * TILT), lamp.on(china, -0.5))
    page.fill(ellipse(0, -0.125, 0.47, 0.47 * TILT), lamp.across(china, 0.45, -0.15))
    page.fill(ellipse(0, -0.135, 0.38, 0.38 * TILT), lamp.on(china, -0.9), 0.45, 0.02)
    _tiers(page, lamp, cream)
    _glaze(page, lamp, rng, glaze)
    _berries(page, lamp, rng)
    return placed(page, spot)


def _tiers(page: Sheet, lamp: Lit, cream: F32) -> None:
    half, low, top, s = 0.35, -0.145, -0.55, lamp.side
    bottom = ellipse(0, low, half, half * TILT, points=80)[:41]
    body = np.concatenate([[(half, top)], bottom, [(-half, top)]])
    page.fill(body, Fade(lamp.on(cream, 0.4), lamp.on(cream, -0.7), (s * half * 0.7, 0), (-s * half, 0)))
    inside = page.mask([body])
    sponge = colour("#d9a066")
    for y in (-0.24, -0.42):
        lower, upper = (ellipse(0, y + d, half * 1.01, half * TILT, points=60)[:31] for d in (0.045, -0.045))
        layer = np.concatenate([lower, upper[::-1]])
        page.fill(
            layer,
            Fade(lamp.on(sponge, 0.25), lamp.on(sponge, -0.75), (s * half * 0.7, 0), (-s * half, 0)),
            0.9,
            0.006,
            inside,
        )
    page.fill(ellipse(s * half * 0.5, -0.3, half * 0.12, 0.3), lamp.on(cream, 1.0), 0.35, 0.04, inside)
    page.fill(ellipse(0, top, half, half * TILT, points=60), lamp.on(cream, 0.6))


def _glaze(page: Sheet, lamp: Lit, rng: np.random.Generator, tone: F32) -> None:
    half, top, s = 0.355, -0.555, lamp.side
    points = [(-half, top - 0.01)]
    for k in range(11):
        x = -half + (k + 0.5) * 2 * half / 11
        front = top + half * TILT * math.sqrt(max(0.0, 1 - (x / half) ** 2))
        points += [
            (x - 0.017, front + 0.02),
            (x, front + 0.03 + 0.12 * float(rng.random())),
            (x + 0.017, front + 0.02),
        ]
    drips = curve([*points, (half, top - 0.01), (0, top - 0.05)], 6)
    page.fill(shifted(drips, 0, 0.012), lamp.on(tone, -1.0), 0.4, 0.010)
    page.fill_all(
        [drips, ellipse(0, top, half, half * TILT, points=60)],
        Fade(lamp.on(tone, 0.35), lamp.on(tone, -0.5), (s * half, top), (-s * half, top)),
    )
    page.fill(
        ellipse(0, top, half * 0.97, half * TILT * 0.95, points=60),
        Fade(lamp.on(tone, 0.7), lamp.on(tone, 0.0), (s * half, top - 0.05), (-s * half, top)),
        0.9,
        0.006,
    )
    page.fill(ellipse(s * 0.18, top - 0.015, 0.09, 0.018), _WHITE, 0.5, 0.012)


def _berries(page: Sheet, lamp: Lit, rng: np.random.Generator) -> None:
    """Strawberries, blueberries and mint, piled up on the top."""
    spots = sorted(((float(a), float(b), float(c)) for a, b, c in rng.random((11, 3))), key=lambda p: p[1])
    for k, (a, b, c) in enumerate(spots):
        x, y = (a - 0.5) * 0.44, -0.59 + (b - 0.5) * 0.075 - 0.03 * (1 - abs(a - 0.5) * 2)
        r, tone = (0.062, colour("#d92b3a")) if k % 2 == 0 else (0.038, colour("#3c4478"))
        page.fill(
            ellipse(x - lamp.side * 0.02, y + r * 0.8, r * 1.1, r * 0.4), colour("#2a0e14"), 0.35, 0.012
        )
        page.globe(x, y, r * (0.85 + 0.3 * c), gloss(lamp, tone), lamp.side)
        if k % 2 == 0:
            seeds = [
                ellipse(x + math.cos(q) * r * 0.5, y + math.sin(q * 1.7) * r * 0.5, 0.004, 0.006)
                for q in range(6)
            ]
            page.fill_all(seeds, colour("#f7d38a"), 0.8)
            for q in (-0.7, 0.0, 0.7):
                page.fill(
                    ellipse(x + math.sin(q) * r * 0.4, y - r * 0.95, r * 0.4, r * 0.14, q),
                    lamp.on(colour("#5f9a48"), 0.1),
                )
