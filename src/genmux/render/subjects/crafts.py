"""Flying crafts: rocket, flying saucer, satellite and airliner."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, add_light, f32
from genmux.render.shapes import curve, ellipse, polygon
from genmux.render.stage import Stage
from genmux.render.subjects.dragon import dragon
from genmux.render.subjects.flight import Flyer, halo, plume
from genmux.render.subjects.puppet import Motion, Piece
from genmux.render.subjects.sculpture import Form, Mark, light_on, limb, sculpted
from genmux.render.subjects.spot import Spot, Subject

_SHELL: Final = colour("#eef0f4")
_STEEL: Final = colour("#9aa4b4")
_GLASS: Final = colour("#2a6fb0")
_INK: Final = colour("#10131c")
_FLAME: Final = colour("#ff8a2a")
_HOT: Final = colour("#fff6d0")
_LIVERIES: Final = ("#d8342c", "#2563c9", "#e8892a", "#1f8f86")


def _placed(stage: Stage, spot: Spot, forms: Sequence[Form], angle: float, mirrored: bool) -> Piece:
    """Forms about the spot's middle, turned by `angle`, in its light."""
    c, s = math.cos(angle), math.sin(angle)
    turn = np.array([[c, s], [-s, c]], np.float32)
    turned = [
        replace(f, outlines=tuple(f32(o @ turn) for o in f.outlines),
                marks=tuple(replace(m, outline=f32(m.outline @ turn)) for m in f.marks))
        for f in forms
    ]  # fmt: skip
    made = sculpted(turned, light_on(stage, spot.x, spot.depth), spot.size, stage.rng, mirrored)
    return Piece(made.sprite, spot.x + made.left, spot.y + made.top)


def rocket(stage: Stage, spot: Spot) -> list[Element]:
    """A rocket under thrust that climbs along its axis and leaves smoke."""
    rng = stage.rng
    mirrored = bool(spot.x > stage.geometry.layer_width / 2) != (rng.random() < 0.3)
    tilt = float(rng.uniform(0.25, 0.75))
    side = -1 if mirrored else 1
    forward = (math.sin(tilt) * side, -math.cos(tilt))
    back = (-forward[0], -forward[1])
    tail = (spot.x + back[0] * spot.size * 0.44, spot.y + back[1] * spot.size * 0.44)
    flicker = Motion(tail, stretch=0.07, rate=31.0), Motion(tail, stretch=0.05, rate=19.0, phase=1.0)
    size = spot.size
    smoke = mix(colour("#e9e6ee"), stage.palette.haze, 0.35)
    pieces = [
        plume(tail, back, size * 2.1, (size * 0.06, size * 0.24), smoke, mix(smoke, _FLAME, 0.75), 0.62, rng),
        halo(tail[0] + back[0] * size * 0.12, tail[1] + back[1] * size * 0.12, size * 0.6, _FLAME, 0.6),
        replace(plume(tail, back, size * 0.62, (size * 0.085, size * 0.03), _FLAME, _HOT, 1.0), motions=flicker),
        replace(plume(tail, back, size * 0.34, (size * 0.05, size * 0.015), _HOT, colour("#ffffff"), 1.0), motions=flicker),
        _placed(stage, spot, list(_rocket(colour(_LIVERIES[int(rng.integers(4))]))), tilt, mirrored),
    ]
    pace = size * 0.09
    return [Flyer(pieces, spot.depth, (forward[0] * pace, forward[1] * pace))]


def _rocket(livery: F32) -> Iterator[Form]:
    """Nose up, middle at (0, 0), height 1."""
    dark = mix(livery, _INK, 0.3)
    hull = curve([(0, -0.5), (0.075, -0.36), (0.115, -0.16), (0.115, 0.1), (0.085, 0.34), (0, 0.36), (-0.085, 0.34),
                  (-0.115, 0.1), (-0.115, -0.16), (-0.075, -0.36)])  # fmt: skip
    nozzle = polygon([(-0.05, 0.33), (0.05, 0.33), (0.075, 0.43), (-0.075, 0.43)])
    yield Form((nozzle,), mix(_STEEL, _INK, 0.45), relief=0.04, shade=0)
    for side in (-1, 1):
        fin = curve([(side * 0.09, 0.08), (side * 0.21, 0.26), (side * 0.23, 0.45), (side * 0.15, 0.39), (side * 0.075, 0.35)], 6)
        yield Form((fin,), livery if side < 0 else dark, relief=0.035, shade=0.1)
    nose = Mark(polygon([(-0.2, -0.6), (0.2, -0.6), (0.2, -0.31), (-0.2, -0.31)]), livery, 1.0, 0.003)
    bands = [Mark(polygon([(-0.2, y), (0.2, y), (0.2, y + h), (-0.2, y + h)]), tone, 1.0, 0.003)
             for y, h, tone in ((0.2, 0.045, livery), (0.27, 0.012, dark), (-0.3, 0.008, _STEEL), (0.03, 0.006, _STEEL))]  # fmt: skip
    yield Form((hull,), _SHELL, (nose, *bands), relief=0.11, shade=0.25, gloss=0.7)
    yield Form((ellipse(0, -0.14, 0.058, 0.058),), _STEEL, relief=0.02, shade=0.2)
    yield Form((ellipse(0, -0.14, 0.043, 0.043),), _GLASS, (Mark(ellipse(-0.015, -0.16, 0.022, 0.016, 0.6), colour("#bfe6ff"), 0.9, 0.006),), relief=0.02, shade=0, gloss=1.0)
    yield Form((limb([(0, 0.14, 0.012), (0, 0.3, 0.016), (0, 0.44, 0.01)]),), livery, relief=0.014, shade=0.3)


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
    sway = Motion((spot.x, spot.y), swing=0.05, rate=1.1, phase=float(rng.uniform(0, 6)))
    body = replace(_placed(stage, spot, list(_saucer(tone)), lean, False), motions=(sway,))
    pieces = [halo(spot.x, spot.y + size * 0.06, size * 1.25, tone, 0.55), body]
    for k in range(7):
        a = math.pi * (k + 0.5) / 7
        x, y = -math.cos(a) * size * 0.54, size * (0.055 + 0.045 * math.sin(a))
        lamp = halo(spot.x + x, spot.y + y, size * 0.13, mix(tone, colour("#ffffff"), 0.5), 1.0)
        pulse = Motion((spot.x + x, spot.y + y), stretch=0.5, rate=7.0, phase=k * 0.9)
        pieces.append(replace(lamp, motions=(pulse, sway)))
    elements: list[Element] = []
    if stage.family != "space":
        length = stage.geometry.margin_y + stage.geometry.height * 0.93 - spot.y
        elements.append(Beam(spot.x, spot.y + size * 0.1, length, size * 0.62, spot.depth, mix(tone, colour("#ffffff"), 0.25)))
    pace = size * 0.02 * (1 if rng.random() < 0.5 else -1)
    return [*elements, Flyer(pieces, spot.depth, (0.0 if elements else pace, 0.0), bob=0.0 if elements else size * 0.03)]


def _saucer(tone: F32) -> Iterator[Form]:
    dome = curve([(-0.22, -0.06), (-0.2, -0.2), (-0.1, -0.3), (0.1, -0.3), (0.2, -0.2), (0.22, -0.06)])
    yield Form((dome,), mix(_GLASS, tone, 0.45), (Mark(ellipse(-0.09, -0.2, 0.06, 0.045, -0.5), colour("#ffffff"), 0.55, 0.015),), relief=0.12, shade=0, opacity=0.92, gloss=1.2)
    under = curve([(-0.34, 0.04), (-0.2, 0.15), (0.2, 0.15), (0.34, 0.04), (0.0, 0.0)])
    yield Form((under,), mix(_STEEL, _INK, 0.5), (Mark(ellipse(0, 0.14, 0.16, 0.035), tone, 0.9, 0.02),), relief=0.06, shade=0)
    rim = curve([(-0.6, 0.035), (-0.4, -0.05), (-0.15, -0.095), (0.15, -0.095), (0.4, -0.05), (0.6, 0.035), (0.42, 0.085), (0, 0.115), (-0.42, 0.085)])
    seam = Mark(curve([(-0.62, 0.02), (0, 0.05), (0.62, 0.02), (0.62, 0.035), (0, 0.068), (-0.62, 0.035)]), mix(_STEEL, _INK, 0.6), 0.7, 0.006)
    yield Form((rim,), mix(_STEEL, colour("#dfe6f2"), 0.45), (seam,), relief=0.075, shade=0.3, gloss=1.0)
    ring = curve([(-0.25, -0.07), (0, -0.045), (0.25, -0.07), (0.22, -0.1), (0, -0.08), (-0.22, -0.1)])
    yield Form((ring,), mix(_STEEL, _INK, 0.3), relief=0.02, shade=0.2)


def satellite(stage: Stage, spot: Spot) -> list[Element]:
    """A satellite that turns slowly, its wings of solar cells spread."""
    rng = stage.rng
    angle = float(rng.uniform(-0.6, 0.6))
    turn = Motion((spot.x, spot.y), swing=0.14, rate=0.55, phase=float(rng.uniform(0, 6)))
    body = replace(_placed(stage, spot, list(_satellite()), angle, bool(rng.random() < 0.5)), motions=(turn,))
    pace = spot.size * 0.03 * (1 if rng.random() < 0.5 else -1)
    lamp = halo(spot.x, spot.y, spot.size * 0.16, colour("#ff7a6a"), 0.0 if stage.time == "day" else 0.5)
    return [Flyer([body, lamp], spot.depth, (pace, -abs(pace) * 0.3))]


def _satellite() -> Iterator[Form]:
    cells, lines = colour("#1d3f8a"), colour("#7fa6e6")
    yield Form((limb([(-0.62, 0, 0.012), (0.62, 0, 0.012)], 2),), _STEEL, relief=0.01, shade=0)
    for side in (-1, 1):
        for k in range(3):
            x = side * (0.2 + k * 0.17)
            wing = polygon([(x, -0.13), (x + side * 0.155, -0.13), (x + side * 0.155, 0.13), (x, 0.13)])
            grid_lines = [Mark(polygon([(x - 0.2, y), (x + 0.2, y), (x + 0.2, y + 0.006), (x - 0.2, y + 0.006)]), lines, 0.55, 0.002) for y in (-0.075, -0.02, 0.035, 0.09)]
            grid_lines.append(Mark(polygon([(x + side * 0.075, -0.2), (x + side * 0.082, -0.2), (x + side * 0.082, 0.2), (x + side * 0.075, 0.2)]), lines, 0.55, 0.002))
            sheen = Mark(curve([(x, -0.2), (x + side * 0.1, -0.2), (x - side * 0.05, 0.2), (x - side * 0.1, 0.2)]), lines, 0.35, 0.03)
            yield Form((wing,), cells, (*grid_lines, sheen), relief=0.012, shade=0, gloss=0.5)
    foil = colour("#d8a53a")
    box = polygon([(-0.11, -0.15), (0.11, -0.15), (0.11, 0.15), (-0.11, 0.15)])
    folds = [Mark(polygon([(-0.11, y), (0.11, y + 0.03), (0.11, y + 0.05), (-0.11, y + 0.035)]), colour("#fff0b0"), 0.5, 0.008) for y in (-0.12, -0.03, 0.07)]
    yield Form((box,), foil, tuple(folds), relief=0.05, shade=0.3, gloss=1.0)
    yield Form((limb([(0, -0.14, 0.012), (0, -0.22, 0.01)], 2),), _STEEL, relief=0.01, shade=0.1)
    dish = curve([(-0.13, -0.26), (0, -0.2), (0.13, -0.26), (0.06, -0.245), (0, -0.24), (-0.06, -0.245)])
    yield Form((curve([(-0.13, -0.265), (0, -0.19), (0.13, -0.265), (0, -0.29)]),), _SHELL, relief=0.04, shade=0.2, gloss=0.6)
    yield Form((dish,), _STEEL, relief=0.01, shade=0, opacity=0.6)
    yield Form((limb([(0, -0.25, 0.006), (0, -0.33, 0.004), (0, -0.335, 0.012)], 3),), _STEEL, relief=0.01, shade=0)
    yield Form((ellipse(0, 0.18, 0.05, 0.04),), mix(_STEEL, _INK, 0.5), relief=0.03, shade=0.1)


def airplane(stage: Stage, spot: Spot) -> list[Element]:
    """An airliner in climbing flight with its vapour trails."""
    rng = stage.rng
    mirrored = bool(spot.x > stage.geometry.layer_width * 0.5) != (rng.random() < 0.25)
    climb = float(rng.uniform(0.04, 0.2))
    side = -1 if mirrored else 1
    forward = (math.cos(climb) * side, -math.sin(climb))
    back = (-forward[0], -forward[1])
    size = spot.size
    vapour = mix(colour("#ffffff"), stage.palette.sun, 0.35)
    strength = 0.5 if stage.time == "night" else 0.85
    pieces = []
    for down in (0.02, 0.085):
        start = (spot.x + back[0] * size * 0.06, spot.y + back[1] * size * 0.06 + down * size)
        pieces.append(plume(start, back, size * 3.2, (size * 0.009, size * 0.05), vapour, vapour, strength * 0.75))
    livery = colour(_LIVERIES[int(rng.integers(4))])
    pieces.append(_placed(stage, spot, list(_airliner(livery)), -climb, mirrored))
    if stage.dark:
        tip = (spot.x + side * size * 0.02, spot.y + size * 0.15)
        pieces.append(replace(halo(*tip, size * 0.07, colour("#ff5a4a"), 0.9), blinks=0.3))
    pace = size * 0.16
    return [Flyer(pieces, spot.depth, (forward[0] * pace, forward[1] * pace))]


def _airliner(livery: F32) -> Iterator[Form]:
    """Nose to the right, middle at (0, 0), length about 1.2."""
    dim = mix(_SHELL, _STEEL, 0.45)
    far_wing = curve([(0.1, -0.03), (0.0, -0.13), (-0.09, -0.215), (-0.12, -0.215), (-0.075, -0.1), (-0.06, -0.02)], 6)
    yield Form((far_wing,), mix(dim, _STEEL, 0.4), relief=0.02, shade=0)
    yield Form((curve([(-0.44, -0.03), (-0.52, -0.1), (-0.56, -0.1), (-0.54, -0.02)], 6),), mix(dim, _STEEL, 0.4), relief=0.012, shade=0)
    fin = curve([(-0.38, -0.04), (-0.5, -0.215), (-0.57, -0.22), (-0.555, -0.03)], 6)
    yield Form((fin,), livery, relief=0.02, shade=0.1)
    hull = curve([(0.6, 0.01), (0.545, -0.035), (0.44, -0.064), (0.2, -0.068), (-0.2, -0.066), (-0.45, -0.05), (-0.6, -0.03),
                  (-0.6, -0.018), (-0.42, 0.035), (-0.2, 0.062), (0.2, 0.066), (0.46, 0.055), (0.56, 0.035)])  # fmt: skip
    belly = Mark(curve([(-0.6, 0.0), (0, 0.03), (0.6, 0.03), (0.4, 0.1), (-0.4, 0.1)]), dim, 0.9, 0.012)
    stripe = Mark(curve([(-0.62, -0.03), (-0.2, 0.012), (0.3, 0.016), (0.62, 0.012), (0.62, 0.022), (0.2, 0.03), (-0.3, 0.026)]), livery, 0.95, 0.004)
    panes = [Mark(ellipse(-0.4 + k * 0.028, -0.012, 0.006, 0.008, points=10), colour("#33425c"), 0.9, 0.002) for k in range(31)]
    cockpit = Mark(polygon([(0.5, -0.03), (0.545, -0.02), (0.55, -0.008), (0.495, -0.01)]), colour("#22304a"), 1.0, 0.003)
    yield Form((hull,), _SHELL, (belly, stripe, *panes, cockpit), relief=0.065, shade=0.15, gloss=0.5)
    for x, y in ((0.085, 0.085),):
        yield Form((limb([(x + 0.06, y, 0.034), (x - 0.06, y - 0.002, 0.028)], 3),), mix(_SHELL, _STEEL, 0.25), (Mark(ellipse(x + 0.09, y, 0.018, 0.05), mix(_INK, _STEEL, 0.3), 1.0, 0.004),), relief=0.03, shade=0.25)
    near = curve([(0.14, 0.02), (0.02, 0.11), (-0.13, 0.215), (-0.17, 0.22), (-0.125, 0.1), (-0.09, 0.03)], 6)
    flap = Mark(curve([(-0.12, 0.22), (-0.19, 0.23), (-0.14, 0.08), (-0.07, 0.03)]), _STEEL, 0.6, 0.01)
    yield Form((near,), mix(_SHELL, _STEEL, 0.2), (flap,), relief=0.022, shade=0.35)
    tail = curve([(-0.43, -0.02), (-0.53, 0.045), (-0.58, 0.048), (-0.56, -0.012)], 6)
    yield Form((tail,), mix(_SHELL, _STEEL, 0.2), relief=0.014, shade=0.3)


_AIR: Final = frozenset({"air"})

CRAFTS: Final[dict[str, Subject]] = {
    "rocket": Subject(frozenset({"air", "space"}), 1.15, rocket),
    "ufo": Subject(frozenset({"air", "space"}), 0.9, ufo),
    "satellite": Subject(frozenset({"air", "space"}), 0.95, satellite),
    "airplane": Subject(_AIR, 0.95, airplane),
    "dragon": Subject(_AIR, 1.5, dragon),
}
