"""What grows at the foot of a wood: ferns, grass, fallen leaves, glowing mushrooms, and the frame before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.brushwork import blade_polygons, blank, dab, frond, leaf_polygons, placed, strokes
from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.palette import colour, mix, ramp
from genmux.render.raster import F32, U8, add_light, blend, f32, premultiplied
from genmux.render.scenes.woods import Wood
from genmux.render.shapes import curve, ellipse
from genmux.render.stage import Stage
from genmux.render.subjects.puppet import Motion, Piece, Puppet
from genmux.render.subjects.sculpture import limb
from genmux.render.timber import barked, branch, tree, trunk_mask

_CAP: Final = colour("#7ff5e0")


@dataclass(frozen=True, slots=True)
class Growth:
    """Where plants grow on a row: floor rows from..to, their size in pixels, the fog, and the clear middle."""

    low: float
    high: float
    size: float
    haze: float
    clear_x: float
    clear: float


def planted(stage: Stage, sprite: U8, wood: Wood, spec: Growth, fog: F32) -> None:
    """Grass, fallen leaves and ferns on a row, the farther ones first, in place."""
    g, rng = stage.geometry, stage.rng
    span = g.layer_width / g.span
    rows = spec.high - spec.low
    if wood.litter:
        count = int(420 * span)
        at = f32(np.stack([rng.uniform(0, g.layer_width, count), spec.low + rng.random(count) ** 1.3 * rows], 1))
        near = 0.35 + 0.65 * (at[:, 1] - spec.low) / max(rows, 1)
        tone = _fogged(ramp(_stops(wood.leaves), f32(rng.random(count))), at, fog, spec.haze)
        dab(sprite, leaf_polygons(at, f32(spec.size * 0.2 * near), f32(rng.uniform(0, 6.28, count)), 0.45), tone)
    count = int(520 * span)
    at = f32(np.stack([rng.uniform(0, g.layer_width, count), spec.low + rng.random(count) * rows], 1))
    at = at[_outside(at, spec)]
    at = at[np.argsort(at[:, 1], kind="stable")]
    near = 0.4 + 0.6 * (at[:, 1] - spec.low) / max(rows, 1)
    height = f32(spec.size * near * rng.uniform(0.3, 0.8, len(at)))
    tone = _fogged(ramp(_stops((wood.ground[0], *wood.fern)), f32(rng.random(len(at)) * 0.8)), at, fog, spec.haze)
    lean = f32(rng.normal(0, 0.35, len(at)))
    dab(sprite, blade_polygons(at, height, lean, f32(np.maximum(height * 0.06, 0.7))), tone)
    for _ in range(round(7 * span * wood.ferns)):
        x, y = float(rng.uniform(0, g.layer_width)), spec.low + float(rng.random()) * rows
        if bool(_outside(f32([[x, y]]), spec)[0]):
            size = spec.size * float(rng.uniform(1.1, 1.9)) * (0.55 + 0.45 * (y - spec.low) / max(rows, 1))
            _fern(rng, sprite, x, y, size, _fogged_one(wood.fern[0], x, y, fog, spec.haze),
                  _fogged_one(wood.fern[1], x, y, fog, spec.haze))  # fmt: skip


def _stops(tones: tuple[F32, ...]) -> list[tuple[float, F32]]:
    return [(i / (len(tones) - 1), tone) for i, tone in enumerate(tones)]


def _outside(at: F32, spec: Growth) -> F32:
    """Which points leave the clear middle free; it is wider near the bottom."""
    down = np.clip((at[:, 1] - spec.low) / max(spec.high - spec.low, 1), 0, 1)
    return np.asarray(np.abs(at[:, 0] - spec.clear_x) > spec.clear * (0.45 + 0.6 * down))


def _fogged(tone: F32, at: F32, fog: F32, haze: float) -> F32:
    rows = np.clip(at[:, 1], 0, fog.shape[0] - 1).astype(int)
    columns = np.clip(at[:, 0], 0, fog.shape[1] - 1).astype(int)
    return f32(tone * (1 - haze) + fog[rows, columns] * haze)


def _fogged_one(tone: F32, x: float, y: float, fog: F32, haze: float) -> F32:
    return _fogged(tone[None, :], f32([[x, y]]), fog, haze)[0]


def _fern(
    rng: np.random.Generator, sprite: U8, x: float, y: float, size: float, dark: F32, lit: F32
) -> None:
    """A plant of seven fronds, the middle ones lit and last."""
    spreads = np.array([-1.25, 1.25, -0.85, 0.85, -0.4, 0.45, 0.02]) + rng.normal(0, 0.12, 7)
    for k, spread in enumerate(spreads):
        leaflets = frond(rng, x, y, size * float(rng.uniform(0.75, 1.1)), -math.pi / 2 + float(spread))
        share = np.linspace(0.1, 0.55, len(leaflets)) + 0.06 * k + rng.normal(0, 0.06, len(leaflets))
        dab(sprite, leaflets, ramp([(0, dark), (1, lit)], f32(np.clip(share, 0, 1))))


@dataclass(frozen=True, slots=True, eq=False)
class _Caps:
    """Mushrooms whose light breathes, group by group; `glows` are (light, left, top, phase) at quarter size."""

    bodies: Puppet
    glows: tuple[tuple[U8, float, float, float], ...]
    depth: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the caps and add their light."""
        self.bodies.draw(canvas, moment)
        height, width = max(1, canvas.shape[0] // 4), max(1, canvas.shape[1] // 4)
        light = np.zeros((height, width), np.uint8)
        for glow, left, top, phase in self.glows:
            x, y = (v / 4 for v in moment.place(left, top, self.depth))
            power = 0.68 + 0.32 * math.sin(moment.seconds * 1.7 + phase)
            _stamp(light, cv2.convertScaleAbs(glow, alpha=power), round(x), round(y))
        add_light(canvas, light, _CAP)


def _stamp(light: U8, glow: np.ndarray, x: int, y: int) -> None:
    """Add a glow with its corner at (x, y); what sticks out is cut off."""
    low_x, low_y = max(x, 0), max(y, 0)
    high_x, high_y = min(x + glow.shape[1], light.shape[1]), min(y + glow.shape[0], light.shape[0])
    if high_x > low_x and high_y > low_y:
        window = light[low_y:high_y, low_x:high_x]
        window[:] = cv2.add(np.ascontiguousarray(window), glow[low_y - y : high_y - y, low_x - x : high_x - x])


def glowing_caps(stage: Stage, clear_x: float, floor: float, clear: float) -> Element:
    """Groups of glowing mushrooms beside the clear middle."""
    g, rng = stage.geometry, stage.rng
    pieces, glows = [], []
    for _ in range(max(4, round(3.4 * g.layer_width / g.span))):
        side = float(rng.choice([-1, 1]))
        x = clear_x + side * (clear * 0.9 + float(rng.uniform(0, 0.45)) * g.width)
        down = float(rng.uniform(0.42, 0.9))
        y = floor + down * (g.layer_height - floor) - g.margin_y * 0.8
        size = g.span * 0.05 * (0.35 + 0.65 * down)
        piece, glow = _group(rng, x, y, size)
        pieces.append(piece)
        glows.append((glow, piece.left, piece.top, float(rng.uniform(0, 6))))
    return _Caps(Puppet(pieces, 0.46), tuple(glows), 0.46)


def _group(rng: np.random.Generator, x: float, y: float, size: float) -> tuple[Piece, U8]:
    """A few mushrooms as a sprite, and the light about them at quarter size."""
    side = max(16, int(size * 9))
    sprite, middle = blank(side, side), side / 2
    glow = np.zeros((side // 4, side // 4), np.float32)
    v, u = np.mgrid[0 : side // 4, 0 : side // 4].astype(np.float32) * 4
    offsets = rng.normal(0, 1, (int(rng.integers(2, 5)), 2)) * [size * 1.2, size * 0.25]
    for dx, dy in offsets[np.argsort(offsets[:, 1])]:
        tall = size * float(rng.uniform(0.5, 1.15))
        _mushroom(sprite, middle + float(dx), middle + float(dy), tall)
        away = np.hypot(u - middle - dx, v - middle - dy + tall * 0.7) / (tall * 2.1)
        glow += (np.exp(-away * 2.2) * np.clip(2 - away, 0, 1)).astype(np.float32)
    edge = np.clip(2.2 - np.hypot(u - middle, v - middle) / middle * 2.2, 0, 1)
    bright = np.asarray(np.clip(glow * edge, 0, 1) * 105, np.uint8)
    return Piece(sprite, x - middle, y - middle), bright


def _mushroom(sprite: U8, x: float, y: float, size: float) -> None:
    stem = limb([(x, y, size * 0.13), (x + size * 0.04, y - size * 0.4, size * 0.09), (x, y - size * 0.72, size * 0.1)], 4)
    strokes(sprite, [stem], colour("#cfeee0"))
    under = ellipse(x, y - size * 0.62, size * 0.44, size * 0.13)
    strokes(sprite, [under], colour("#eafff4"))
    cap = curve([(x - size * 0.5, y - size * 0.6), (x - size * 0.36, y - size * 0.9), (x, y - size * 1.06),
                 (x + size * 0.36, y - size * 0.9), (x + size * 0.5, y - size * 0.6), (x, y - size * 0.66)])  # fmt: skip
    strokes(sprite, [cap], colour("#2fbfae"))
    shine = curve([(x - size * 0.34, y - size * 0.74), (x - size * 0.2, y - size * 0.92), (x + size * 0.1, y - size * 0.98),
                   (x - size * 0.05, y - size * 0.82)])  # fmt: skip
    strokes(sprite, [shine], colour("#a8fff0"))
    for dx, dy, r in ((0.2, 0.76, 0.05), (-0.1, 0.72, 0.04), (0.05, 0.88, 0.04)):
        strokes(sprite, [ellipse(x + size * dx, y - size * dy, size * r, size * r * 0.8, points=12)], colour("#d8fff6"))


def foreground(stage: Stage, wood: Wood, clear_x: float, clear: float) -> Element:
    """The dark frame nearest to us: a trunk or two at the sides, plants in the corners, hanging twigs."""
    g, rng = stage.geometry, stage.rng
    dark = mix(wood.bark.dark, wood.fog[3], 0.25)
    pieces: list[Piece] = []
    sides = [-1, 1] if rng.random() < 0.45 else [int(rng.choice([-1, 1]))]
    for side in sides:
        pieces.append(_near_trunk(stage, wood, dark, side))
    for side in (-1, 1):
        pieces.append(_overhang(stage, wood, side))
        pieces.append(_corner(stage, wood, side))
    return Puppet(pieces, 0.92)


def _near_trunk(stage: Stage, wood: Wood, dark: F32, side: int) -> Piece:
    g, rng = stage.geometry, stage.rng
    width = min(g.span * 0.13, g.width * 0.12) * wood.girth * float(rng.uniform(0.85, 1.15))
    box = max(4, int(width * 2.6))
    stem = tree(rng, box / 2, g.layer_height * 1.06, g.layer_height * 1.3, width, 0.0)
    mask = trunk_mask([stem], g.layer_height, box)
    bark = blend(barked(rng, mask, wood.bark, width, -side, wood.beam, 0.35 * wood.rim), dark, np.full(mask.shape, 0.45, np.float32))
    left = g.margin_x * 0.75 - box / 2 if side < 0 else g.layer_width - g.margin_x * 0.75 - box / 2
    left += side * -1 * g.width * float(rng.uniform(0.01, 0.06))
    return Piece(premultiplied(bark, f32(mask / np.float32(255))), left, 0)


def _overhang(stage: Stage, wood: Wood, side: int) -> Piece:
    """A leafy branch that reaches in at an upper corner and sways."""
    g, rng = stage.geometry, stage.rng
    width, height = max(8, int(g.margin_x + min(g.width * 0.36, g.span * 0.62))), max(8, int(g.margin_y + g.height * 0.3))
    sprite = blank(height, width)
    if wood.leafy > 0:
        _leafy_twigs(stage, sprite, wood)
    else:
        _bare_twigs(stage, sprite, wood)
    if side > 0:
        sprite = np.ascontiguousarray(sprite[:, ::-1])
    left = 0.0 if side < 0 else float(g.layer_width - width)
    pivot = (left if side < 0 else left + width, 0.0)
    return Piece(sprite, left, 0, (Motion(pivot, swing=0.013, rate=1.2, phase=float(rng.uniform(0, 6))),))


def _leafy_twigs(stage: Stage, sprite: U8, wood: Wood) -> None:
    g, rng = stage.geometry, stage.rng
    height, width = sprite.shape[:2]
    dark = mix(wood.leaves[0], wood.fog[3], 0.5)
    start = (0.0, height * 0.05)
    for _ in range(4):
        end = (width * float(rng.uniform(0.5, 0.98)), height * float(rng.uniform(0.15, 0.9)))
        bow = (end[0] * 0.5, start[1] + (end[1] - start[1]) * 0.25)
        line = limb([(*start, g.span * 0.012), (*bow, g.span * 0.007), (*end, g.span * 0.0015)])
        strokes(sprite, [line], mix(wood.bark.dark, wood.fog[3], 0.3))
        _twig_leaves(stage, sprite, wood, dark, (start, bow, end))


def _bare_twigs(stage: Stage, sprite: U8, wood: Wood) -> None:
    """Winter's: forking boughs with a line of snow on each."""
    g, rng = stage.geometry, stage.rng
    height, width = sprite.shape[:2]
    for y, tilt in ((0.08, 1.75), (0.3, 1.45)):
        for outline, _ in branch(rng, -width * 0.05, height * y, tilt, width * 0.5, g.span * 0.008, 3):
            strokes(sprite, [outline], wood.bark.dark)
            strokes(sprite, [f32(outline - [0, g.span * 0.0035])], wood.ground[2] * 0.94)


def _twig_leaves(stage: Stage, sprite: U8, wood: Wood, dark: F32, line: tuple[tuple[float, float], ...]) -> None:
    g, rng = stage.geometry, stage.rng
    count = 70 if not wood.huge else 26
    t = rng.uniform(0.15, 1.05, count)
    a, b, c = (np.asarray(p, np.float32) for p in line)
    at = (1 - t)[:, None] ** 2 * a + 2 * (t * (1 - t))[:, None] * b + t[:, None] ** 2 * c
    size = g.span * (0.036 if not wood.huge else 0.09)
    at = f32(at + rng.normal(0, size * 0.45, at.shape))
    tone = ramp([(0, dark), (1, mix(dark, wood.leaves[2], 0.6))], f32(rng.random(count) ** 1.5))
    angle = f32(rng.normal(1.1, 0.7, count))
    dab(sprite, leaf_polygons(at, f32(size * rng.uniform(0.6, 1.2, count)), angle, wood.slim), tone)


def _corner(stage: Stage, wood: Wood, side: int) -> Piece:
    """Ferns, or huge leaves, in a lower corner; they nod."""
    g, rng = stage.geometry, stage.rng
    width = max(8, int(g.margin_x + min(g.width * 0.34, g.span * 0.5)))
    height = max(8, int(g.margin_y + g.span * (0.26 if not wood.huge else 0.44)))
    sprite = blank(height, width)
    dark, lit = mix(wood.fern[0], wood.fog[3], 0.6), mix(wood.fern[1], wood.fern[0], 0.55)
    if wood.huge:
        for _ in range(7):
            at = (float(rng.uniform(-0.1, 0.55)) * width, height * float(rng.uniform(0.9, 1.1)))
            _big_leaf(rng, sprite, at, height * float(rng.uniform(0.6, 0.95)), float(rng.uniform(-2.1, -0.7)), dark, lit)
    elif wood.ferns > 0:
        for _ in range(4):
            x = float(rng.uniform(-0.05, 0.6)) * width
            _fern(rng, sprite, x, height * float(rng.uniform(0.95, 1.15)), height * float(rng.uniform(0.55, 0.8)) * (1.1 - x / width * 0.6), dark, lit)
    else:
        _snowbank(rng, sprite, wood)
    if side > 0:
        sprite = np.ascontiguousarray(sprite[:, ::-1])
    left, top = (0.0 if side < 0 else float(g.layer_width - width)), float(g.layer_height - height)
    sway = () if wood.ferns <= 0 else (Motion((left + width / 2, g.layer_height), swing=0.011, rate=1.5, phase=float(rng.uniform(0, 6))),)
    return Piece(sprite, left, top, sway)


def _big_leaf(
    rng: np.random.Generator, sprite: U8, at: tuple[float, float], length: float, angle: float, dark: F32, lit: F32
) -> None:
    """A leaf of the jungle in two halves of different light, with its ribs."""
    share = float(rng.uniform(0.2, 0.8))
    half = f32([(0, 0), (0.15, 0.17), (0.4, 0.27), (0.7, 0.21), (1, 0)])
    where, size, turn = f32([at]), f32([length]), f32([angle])
    for sign, light in ((1, share * 0.6), (-1, share)):
        outline = placed(f32(half * [1, sign]), where, size, turn)
        dab(sprite, outline, mix(dark, lit, light)[None, :])
    rib = placed(f32([(0, 0.008), (1, 0), (0, -0.008)]), where, size, turn)
    dab(sprite, rib, mix(dark, lit, min(1.0, share + 0.35))[None, :])
    for k in np.linspace(0.15, 0.8, 6):
        for sign in (-1, 1):
            vein = f32([(k, 0.004), (k + 0.14, sign * 0.2 * math.sin(math.pi * (k * 0.8 + 0.18))), (k + 0.015, -0.004)])
            dab(sprite, placed(vein, where, size, turn), mix(dark, lit, min(1.0, share + 0.18))[None, :])


def _snowbank(rng: np.random.Generator, sprite: U8, wood: Wood) -> None:
    height, width = sprite.shape[:2]
    for k, tone in enumerate((wood.ground[1], wood.ground[2])):
        rise = height * float(rng.uniform(0.35, 0.6)) * (1 - 0.3 * k)
        bank = curve([(-width * 0.3, height * 1.3), (-width * 0.3, height - rise), (width * 0.25, height - rise * 0.9),
                      (width * 0.7, height - rise * 0.25), (width, height * 1.1)], 8)  # fmt: skip
        strokes(sprite, [bank], tone)
