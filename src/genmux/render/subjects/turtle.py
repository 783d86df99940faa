"""A sea turtle."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.noise import smoothstep
from genmux.render.paint.bodies import Relief, relief
from genmux.render.palette import colour, ramp
from genmux.render.raster import F32, blend, f32, flat, spread
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot
from genmux.render.subjects.swimmer import Gait, Part, Swimmer, heading, mottled, underwater_sprite, within

Points = tuple[tuple[float, float], ...]

_SHELL: Final[Points] = (
    (0.44, -0.04), (0.36, -0.17), (0.18, -0.275), (-0.06, -0.30), (-0.28, -0.235), (-0.44, -0.115),
    (-0.55, 0.035), (-0.42, 0.10), (-0.20, 0.165), (0.06, 0.19), (0.28, 0.155), (0.42, 0.075),
)  # fmt: skip
_BELLY: Final[Points] = ((-0.46, 0.06), (-0.2, 0.205), (0.06, 0.235), (0.30, 0.195), (0.44, 0.06), (0.0, 0.0))
_HEAD: Final[Points] = (
    (0.30, -0.06), (0.46, -0.085), (0.58, -0.115), (0.68, -0.095), (0.755, -0.035), (0.765, 0.005),
    (0.74, 0.035), (0.64, 0.052), (0.54, 0.060), (0.42, 0.10), (0.30, 0.10),
)  # fmt: skip
_FRONT: Final[Points] = (
    (0.09, -0.05), (0.13, 0.03), (0.10, 0.14), (0.03, 0.28), (-0.09, 0.42), (-0.24, 0.53), (-0.28, 0.54),
    (-0.24, 0.44), (-0.17, 0.30), (-0.11, 0.16), (-0.07, 0.04), (-0.05, -0.05),
)  # fmt: skip
_REAR: Final[Points] = (
    (0.06, -0.06), (0.06, 0.04), (-0.03, 0.11), (-0.15, 0.19), (-0.25, 0.21), (-0.22, 0.12), (-0.13, 0.02),
    (-0.05, -0.06),
)  # fmt: skip
# Middles of the shell's plates, as seen in this view.
_PLATES: Final[Points] = (
    (0.33, -0.10), (0.16, -0.15), (-0.05, -0.17), (-0.25, -0.13), (-0.42, -0.03),
    (0.27, 0.03), (0.08, 0.035), (-0.13, 0.02), (-0.32, 0.02),
    (0.36, 0.10), (0.20, 0.155), (0.04, 0.19), (-0.12, 0.185), (-0.27, 0.14), (-0.42, 0.095),
    (0.26, -0.27), (0.04, -0.31), (-0.2, -0.29), (-0.38, -0.2),
)  # fmt: skip
_SHELL_TONES: Final = tuple(
    (at, colour(c)) for at, c in ((0.0, "#2e1c0c"), (0.35, "#6a4318"), (0.7, "#a8752c"), (1.0, "#e3b865"))
)
_SKIN: Final = colour("#5f6b3c")
_SEAM: Final = colour("#e6dcae")
_PALE: Final = colour("#e8dfae")


def turtle(stage: Stage, spot: Spot) -> list[Element]:
    """A sea turtle that rows through the water, its shell about one and a half times the spot's height."""
    shell = min(spot.size * 1.12, stage.geometry.width * 0.46)
    parts = [
        _flipper(stage, _FRONT, shell, (0.30, -0.02), 0.85, 0.30, -1.9, 0.55, 0.35),
        _flipper(stage, _REAR, shell, (-0.38, 0.03), 0.8, 0.26, 0.2, 0.25, 1.4),
        _flipper(stage, _REAR, shell, (-0.36, 0.10), 1.0, 0.04, 0.0, 0.28, 1.0),
        _flipper(stage, _FRONT, shell, (0.27, 0.10), 1.0, 0.0, 0.0, 0.42, 0.0),
    ]
    form, rgb = _trunk(stage, shell)
    body = Part(underwater_sprite(stage, form, rgb, 0.04, 0.7), form.anchor)
    gait = Gait(0.32, 0.0, 0.0, 26, pitch=float(stage.rng.uniform(-0.28, -0.02)))
    mirrored, phase = heading(stage, spot.x), float(stage.rng.uniform(0, 6.28))
    x = within(stage, spot.x, shell * 0.82)
    return [
        Swimmer(body, tuple(parts[:3]), tuple(parts[3:]), gait, x, spot.y, spot.depth, shell, mirrored, phase)
    ]


def _flipper(
    stage: Stage, points: Points, shell: float, at: tuple[float, float], size: float, haze: float,
    turn: float, swing: float, phase: float,
) -> Part:  # fmt: skip
    c, s = np.cos(turn), np.sin(turn)
    turned = [((x * c - y * s) * size, (x * s + y * c) * size) for x, y in points]
    form = relief([turned], shell, 0.8)
    rgb = _skin(stage, form, 22)
    sprite = underwater_sprite(stage, form, rgb, haze, 0.5)
    return Part(sprite, form.anchor, (at[0] * shell, at[1] * shell), swing, phase)


def _cells(points: F32, form: Relief) -> tuple[F32, F32]:
    """Distance to the nearest point and to the border with the next cell, in body lengths."""
    away = np.stack([np.hypot(form.x - x, (form.y - y) * 1.15) for x, y in points])
    two = np.partition(away, 1, axis=0)[:2]
    return f32(two[0]), f32(two[1] - two[0])


def _skin(stage: Stage, form: Relief, count: int) -> F32:
    """Dark scales with pale seams."""
    rng = stage.rng
    low = (float(form.x.min()), float(form.y.min()))
    size = (float(np.ptp(form.x)), float(np.ptp(form.y)))
    points = f32(rng.random((count * 2, 2)) * size + low)
    _, border = _cells(points, form)
    tone = blend(flat(_SEAM, border), flat(_SKIN, border), smoothstep(0.006, 0.022, border))
    return f32(tone * spread(f32(0.8 + 0.4 * mottled(stage, form, 4, 3))))


def _trunk(stage: Stage, shell: float) -> tuple[Relief, F32]:
    """Head, belly and shell in one form."""
    whole = [_SHELL, _BELLY, _HEAD]
    head, belly, back = (relief([part], shell, 1.0, whole) for part in (_HEAD, _BELLY, _SHELL))
    rgb = _skin(stage, head, 40)
    jaw = smoothstep(0.0, 0.05, f32(head.y + (head.x - 0.6) * 0.1))
    rgb = blend(rgb, flat(_PALE, jaw), f32(jaw * 0.7))
    for radius, tone in ((0.034, "#2a2416"), (0.024, "#0a0a0c")):
        rgb = blend(rgb, flat(colour(tone), jaw), head.near(0.655, -0.036, radius))
    rgb = blend(rgb, flat(_PALE, jaw), head.near(0.663, -0.045, 0.008))
    rgb = blend(rgb, flat(f32(_PALE * 0.62), jaw), belly.cover)
    rgb = blend(rgb, _carapace(stage, back), back.cover)
    up, edge = head.up, head.edge
    for part in (belly, back):
        up = up * (1 - part.cover) + part.up * part.cover
        edge = edge * (1 - part.cover) + part.edge * part.cover
    cover = np.maximum.reduce([head.cover, belly.cover, back.cover])
    return Relief(cover, back.x, back.y, f32(up), f32(edge), shell, back.anchor), rgb


def _carapace(stage: Stage, form: Relief) -> F32:
    """Plates with rays from their middles and pale seams."""
    points = f32(_PLATES)
    middle, border = _cells(points, form)
    away = np.stack([np.hypot(form.x - x, (form.y - y) * 1.15) for x, y in points])
    nearest = np.argmin(away, axis=0)
    angle = np.arctan2(form.y - points[nearest, 1], form.x - points[nearest, 0])
    rough = mottled(stage, form, 9, 4)
    rays = np.sin(angle * 9 + nearest * 2.1 + rough * 5) * 0.5 + 0.5
    t = np.clip(0.20 + middle * 2.6 * (0.45 + 0.75 * rays) + (rough - 0.5) * 0.3, 0, 1)
    rgb = ramp(_SHELL_TONES, f32(t))
    return blend(flat(f32(_SEAM * 0.86), middle), rgb, smoothstep(0.003, 0.016, border))
