"""A phone."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.gouache import Fade, stroke
from genmux.render.paint.lit import lit
from genmux.render.paint.solids import shadow
from genmux.render.palette import colour, polar
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, path, shifted
from genmux.render.stage import Stage
from genmux.render.subjects.pages import hue_for, page_for, placed
from genmux.render.subjects.spot import Spot

_WHITE: Final = colour("#ffffff")


def phone(stage: Stage, spot: Spot) -> list[Element]:
    """A phone that stands a little turned, with a glowing picture on its screen."""
    rng, lamp, page = stage.rng, lit(stage, spot.mirrored), page_for(spot)
    hue = hue_for(stage)
    shadow(page, lamp, 0, 0, 0.26, 1.0)
    lean = 0.05
    frame = _slate(0.235, 0.0, 0.95, 0.055, lean)
    edge = shifted(frame, -lamp.side * 0.026, 0.004)
    metal = colour("#8e94a4")
    page.fill(edge, Fade(lamp.on(metal, 0.5), lamp.on(metal, -0.8), (0, -0.95), (0, 0)))
    page.fill(frame, lamp.on(metal, 0.2))
    page.fill(_slate(0.226, -0.008, 0.942, 0.05, lean), colour("#0b0c12"))
    screen = _slate(0.212, -0.022, 0.928, 0.04, lean)
    page.fill(screen, Fade(polar(0.42, 0.16, hue), polar(0.80, 0.13, hue + 70), (-0.1, -0.9), (0.15, 0)))
    inside = page.mask([screen])
    for k in range(5):
        x, y = float(rng.uniform(-0.2, 0.2)), float(rng.uniform(-0.85, -0.1))
        blob = curve([(x - 0.3, y), (x, y - 0.12), (x + 0.3, y + 0.03), (x + 0.05, y + 0.1)], 8)
        page.fill(blob, polar(0.55 + 0.09 * k, 0.15, hue + 30 * k - 20), 0.6, 0.05, inside)
    page.globe(
        float(rng.uniform(-0.06, 0.06)) + 0.01,
        -0.46,
        0.11,
        [(0.0, polar(0.5, 0.15, hue + 100)), (1.0, polar(0.95, 0.06, hue + 60))],
        lamp.side,
    )
    page.fill(_slate(0.045, -0.885, 0.908, 0.0115, lean), colour("#06070b"))
    sheen = (
        path("-0.3 -1, 0.02 -1, -0.14 0.1, -0.5 0.1")
        if lamp.side < 0
        else path("0.3 -1, 0 -1, 0.16 0.1, 0.5 0.1")
    )
    page.fill(sheen, _WHITE, 0.16, 0.006, page.mask([frame]))
    rim = [
        (lamp.side * 0.232 + lean * 0.9, -0.9),
        (lamp.side * 0.233 + lean * 0.5, -0.5),
        (lamp.side * 0.234, -0.06),
    ]
    page.fill(stroke(rim, 0.003, 0.008, 0.003), _WHITE, 0.85, 0.002)
    return placed(page, spot)


def _slate(half: float, low: float, high: float, r: float, lean: float) -> F32:
    """A rounded upright rectangle from height `low` to `high`, leaning sideways at its top."""
    bottom, top = min(low, -low), -high
    corners = (
        (half - r, bottom - r, 0.0),
        (-half + r, bottom - r, 0.5),
        (-half + r, top + r, 1.0),
        (half - r, top + r, 1.5),
    )
    points = []
    for x, y, start in corners:
        for a in np.linspace(start * math.pi, (start + 0.5) * math.pi, 8):
            points.append((x + math.cos(a) * r, y + math.sin(a) * r))
    p = f32(points)
    return f32(np.stack([p[:, 0] - lean * p[:, 1] * 1.0, p[:, 1]], 1))
