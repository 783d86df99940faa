"""Flying saucers and the beams they throw."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.paint.sculpture import Form, Mark
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, add_light
from genmux.render.shapes import curve, ellipse
from genmux.render.sprites.motion import Motion, breath
from genmux.render.stage import Stage
from genmux.render.subjects.hulls import GLASS, INK, STEEL, flying, halo, placed
from genmux.render.subjects.spot import Spot


@dataclass(frozen=True, slots=True, eq=False)
class Beam:
    """A cone of light that falls from a craft and breathes, drawn at quarter size."""

    x: float
    y: float
    length: float
    spread: float
    depth: float
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of the cone."""
        height, width = max(1, canvas.shape[0] // 4), max(1, canvas.shape[1] // 4)
        x, y = (v / 4 for v in moment.place(self.x, self.y, self.depth))
        low, high = max(0, int(y)), min(height, int(y + self.length / 4) + 1)
        if high <= low:
            return
        v, u = np.mgrid[low:high, 0:width].astype(np.float32)
        down = (v - y) / max(self.length / 4, 1)
        half = self.spread / 4 * (0.18 + 0.82 * down)
        across = np.abs(u - x) / np.maximum(half, 0.5)
        power = (np.clip(1 - across, 0, 1) ** 0.8) * np.clip(1.05 - down, 0, 1) ** 0.7
        power *= 0.5 + 0.06 * math.sin(moment.seconds * 5) + 0.05 * np.sin(down * 26 - moment.seconds * 6)
        mask = np.zeros((height, width), np.uint8)
        mask[low:high] = (np.clip(power, 0, 1) * 255).astype(np.uint8)
        add_light(canvas, mask, self.tone)


def ufo(stage: Stage, spot: Spot) -> list[Element]:
    """A glowing saucer; over ground it throws a beam."""
    rng = stage.rng
    tone = colour(("#7affd8", "#8ad0ff", "#c8ff8a", "#ffb0f0")[int(rng.integers(4))])
    lean = float(rng.uniform(-0.12, 0.12))
    size = spot.size
    sway = Motion((spot.x, spot.y), turn=0.05, rate=1.1, phase=float(rng.uniform(0, 6)))
    body = placed(stage, spot, list(_saucer(tone)), lean, False).moving(sway)
    pieces = [halo(spot.x, spot.y + size * 0.06, size * 1.25, tone, 0.55, spot.depth), body]
    for k in range(7):
        a = math.pi * (k + 0.5) / 7
        x, y = -math.cos(a) * size * 0.54, size * (0.055 + 0.045 * math.sin(a))
        lamp = halo(spot.x + x, spot.y + y, size * 0.13, mix(tone, colour("#ffffff"), 0.5), 1.0, spot.depth)
        pulse = breath((spot.x + x, spot.y + y), 0.5, 7.0, k * 0.9)
        pieces.append(lamp.moving(pulse, sway))
    elements: list[Element] = []
    if stage.family != "space":
        length = stage.geometry.margin_y + stage.geometry.height * 0.93 - spot.y
        elements.append(
            Beam(
                spot.x,
                spot.y + size * 0.1,
                length,
                size * 0.62,
                spot.depth,
                mix(tone, colour("#ffffff"), 0.25),
            )
        )
    pace = size * 0.02 * (1 if rng.random() < 0.5 else -1)
    if elements:
        return [*elements, *pieces]
    return flying(pieces, (pace, 0.0), size * 0.03)


def _saucer(tone: F32) -> Iterator[Form]:
    dome = curve([(-0.22, -0.06), (-0.2, -0.2), (-0.1, -0.3), (0.1, -0.3), (0.2, -0.2), (0.22, -0.06)])
    yield Form(
        (dome,),
        mix(GLASS, tone, 0.45),
        (Mark(ellipse(-0.09, -0.2, 0.06, 0.045, -0.5), colour("#ffffff"), 0.55, 0.015),),
        relief=0.12,
        shade=0,
        opacity=0.92,
        gloss=1.2,
    )
    under = curve([(-0.34, 0.04), (-0.2, 0.15), (0.2, 0.15), (0.34, 0.04), (0.0, 0.0)])
    yield Form(
        (under,),
        mix(STEEL, INK, 0.5),
        (Mark(ellipse(0, 0.14, 0.16, 0.035), tone, 0.9, 0.02),),
        relief=0.06,
        shade=0,
    )
    rim = curve(
        [
            (-0.6, 0.035),
            (-0.4, -0.05),
            (-0.15, -0.095),
            (0.15, -0.095),
            (0.4, -0.05),
            (0.6, 0.035),
            (0.42, 0.085),
            (0, 0.115),
            (-0.42, 0.085),
        ]
    )
    seam = Mark(
        curve([(-0.62, 0.02), (0, 0.05), (0.62, 0.02), (0.62, 0.035), (0, 0.068), (-0.62, 0.035)]),
        mix(STEEL, INK, 0.6),
        0.7,
        0.006,
    )
    yield Form((rim,), mix(STEEL, colour("#dfe6f2"), 0.45), (seam,), relief=0.075, shade=0.3, gloss=1.0)
    ring = curve([(-0.25, -0.07), (0, -0.045), (0.25, -0.07), (0.22, -0.1), (0, -0.08), (-0.22, -0.1)])
    yield Form((ring,), mix(STEEL, INK, 0.3), relief=0.02, shade=0.2)
