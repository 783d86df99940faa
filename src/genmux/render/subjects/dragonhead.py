"""The head of the dragon: antlers, mane, jaws, whiskers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from genmux.render.paint.limbs import limb
from genmux.render.paint.polygons import dab, faces
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, f32
from genmux.render.shapes import curve, ellipse, path

_INK: Final = colour("#140d12")
_WHITE: Final = colour("#fffaf0")
_MOUTH: Final = colour("#7a1a1e")
_IRIS: Final = colour("#d8681a")

# Outlines in a frame whose x points ahead and whose y points to the belly; 1 is the size of the head.
_JAW: Final = "-0.1 0.22, 0.3 0.42, 0.75 0.46, 0.98 0.36, 0.7 0.3, 0.3 0.2"
_THROAT: Final = "0.15 0.2, 0.7 0.3, 0.95 0.33, 1 0.2, 0.6 0.12"
_SKULL: Final = (
    "-0.32 -0.28, 0 -0.4, 0.28 -0.34, 0.5 -0.18, 0.85 -0.16, 1.08 -0.2, 1.18 -0.04, 1.08 0.12, 0.7 0.16, "
    "0.3 0.2, 0 0.34, -0.3 0.3"
)
_BROW: Final = "-0.28 -0.22, 0 -0.36, 0.28 -0.32, 0.48 -0.18, 0.8 -0.13, 0.5 -0.08, 0.1 -0.1, -0.2 -0.08"
_CHEEK: Final = "0.3 0.12, 0.7 0.06, 1.1 0.02, 1.06 0.11, 0.7 0.15, 0.32 0.19"
_TEETH: Final = (0.5, 0.68, 0.86)

# Antlers as (x, y, radius): the beam and its tine.
_BEAM: Final = ((0.02, -0.3, 0.075), (-0.3, -0.68, 0.06), (-0.72, -0.86, 0.045), (-1.0, -1.08, 0.012))
_TINE: Final = ((-0.42, -0.74, 0.045), (-0.5, -1.0, 0.03), (-0.46, -1.18, 0.008))
_EYELASH: Final = ((0.2, -0.24, 0.05), (0.38, -0.27, 0.06), (0.55, -0.2, 0.02))

_Strand = Sequence[tuple[float, float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Skull:
    """Where a head is on a sprite: the neck's end, the way it looks, its side (-1 or 1), its size."""

    at: F32
    way: F32
    side: float
    size: float

    def put(self, points: npt.ArrayLike) -> F32:
        """Points of the head as pixels of the sprite; the head looks more level than the neck."""
        fore = self.way * 0.75 + np.array([self.side, 0.0]) * 0.25
        fore = fore / max(float(np.hypot(*fore)), 1e-6)
        down = np.array([-fore[1], fore[0]]) * (1 if self.side > 0 else -1)
        p = np.asarray(points, np.float32)
        return f32(self.at + p[:, :1] * fore * self.size + p[:, 1:2] * down * self.size)

    def strand(self, points: _Strand) -> F32:
        """A tapering strand through (x, y, radius) points as an outline on the sprite."""
        centre = self.put([p[:2] for p in points])
        chain = [(float(c[0]), float(c[1]), p[2] * self.size) for c, p in zip(centre, points, strict=True)]
        return limb(chain, 5)


def draw_head(sprite: U8, skull: Skull, tones: tuple[F32, F32, F32, F32], horn: F32, t: float) -> None:
    """Draw the head as it is at `t` seconds; `tones` are back, flank, belly and mane."""
    base, flank, belly, mane = tones
    sway = 0.12 * math.sin(t * 2.6)
    for k in range(9):
        faces(sprite, [skull.strand(_lock(k, sway, t))], mane * (0.78 + 0.05 * (k % 4)))
    for lift, tone in ((0.0, horn * 0.72), (0.1, horn)):
        antler = [[(x + lift, y, r) for x, y, r in part] for part in (_BEAM, _TINE)]
        faces(sprite, [skull.strand(part) for part in antler], tone)
    _draw_face(sprite, skull, (base, flank, belly), horn)
    faces(sprite, [skull.strand(_EYELASH)], mane)
    for k, spread in enumerate((0.0, 0.16)):
        faces(
            sprite,
            [skull.strand(_whisker(spread, 0.14 * math.sin(t * 2.2 + k * 1.3)))],
            mix(mane, belly, 0.4),
        )
    for k in range(3):
        beard = [
            (0.2 + k * 0.22, 0.36, 0.06),
            (0.1 + k * 0.22, 0.58, 0.045),
            (-0.1 + k * 0.2, 0.76 + sway, 0.005),
        ]
        faces(sprite, [skull.strand(beard)], mane * (0.85 + 0.07 * k))


def _lock(k: int, sway: float, t: float) -> _Strand:
    """Lock `k` of the mane."""
    a = -1.25 + k * 0.31
    reach = 1.25 - 0.35 * abs(a) + 0.1 * math.sin(t * 3.2 + k)
    root = (-0.1, math.sin(a) * 0.42)
    tip = (-0.25 - reach * math.cos(a * 0.8), math.sin(a) * 0.95 + sway)
    return [(*root, 0.17), ((root[0] + tip[0]) / 2, (root[1] + tip[1]) / 2 - 0.06, 0.13), (*tip, 0.01)]


def _whisker(spread: float, wag: float) -> _Strand:
    return [
        (0.98, 0.02 + spread * 0.4, 0.03), (1.3, 0.25 + wag + spread, 0.024),
        (1.1, 0.75 - wag + spread, 0.018), (0.5, 1.0 + wag + spread, 0.014),
        (0.1, 0.95 + 1.5 * wag + spread, 0.004),
    ]  # fmt: skip


def _draw_face(sprite: U8, skull: Skull, tones: tuple[F32, F32, F32], horn: F32) -> None:
    base, flank, belly = tones

    def shape(points: str, steps: int, tone: F32) -> None:
        faces(sprite, [skull.put(curve(path(points), steps))], tone)

    def oval(x: float, y: float, rx: float, ry: float, tone: F32) -> None:
        faces(sprite, [skull.put(ellipse(x, y, rx, ry, points=16))], tone)

    shape(_JAW, 5, mix(flank, base, 0.45))
    shape(_THROAT, 4, _MOUTH)
    for x in _TEETH:
        tooth = skull.put([(x - 0.04, 0.13), (x + 0.01, 0.27), (x + 0.05, 0.13)])
        dab(sprite, tooth[None], mix(horn, _WHITE, 0.5)[None])
    shape(_SKULL, 6, flank)
    shape(_BROW, 5, mix(base, flank, 0.25))
    shape(_CHEEK, 5, mix(flank, belly, 0.6))
    oval(1.04, -0.1, 0.06, 0.045, mix(base, _INK, 0.5))
    oval(0.34, -0.14, 0.13, 0.095, _WHITE)
    oval(0.37, -0.14, 0.075, 0.075, _IRIS)
    oval(0.38, -0.14, 0.04, 0.055, _INK)
