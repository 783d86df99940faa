"""The dark frame of a wood nearest to us: trunks, hanging twigs, ferns and huge leaves that sway."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.limbs import limb
from genmux.render.paint.polygons import blank, dab, faces
from genmux.render.palette import mix, ramp
from genmux.render.plants.leaves import leaf_polygons, placed
from genmux.render.plants.timber import Tree, barked, branch, trunk_mask
from genmux.render.plants.undergrowth import fern
from genmux.render.plants.woods import Wood
from genmux.render.raster import F32, U8, blend, f32, premultiplied
from genmux.render.shapes import curve
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage

_DEPTH: Final = 0.92


def foreground(stage: Stage, wood: Wood, clear_x: float, clear: float) -> list[Element]:
    """The dark frame nearest to us: a trunk or two at the sides, plants in the corners, hanging twigs."""
    rng = stage.rng
    dark = mix(wood.bark.dark, wood.fog[3], 0.25)
    pieces: list[Element] = []
    sides = [-1, 1] if rng.random() < 0.45 else [int(rng.choice([-1, 1]))]
    for side in sides:
        pieces.append(_near_trunk(stage, wood, dark, side))
    for side in (-1, 1):
        pieces.append(_overhang(stage, wood, side))
        pieces.append(_corner(stage, wood, side))
    return pieces


def _near_trunk(stage: Stage, wood: Wood, dark: F32, side: int) -> Sprite:
    g, rng = stage.geometry, stage.rng
    width = min(g.span * 0.13, g.width * 0.12) * wood.girth * float(rng.uniform(0.85, 1.15))
    box = max(4, int(width * 2.2))
    tall, lean = g.layer_height, width * float(rng.uniform(-0.3, 0.3))
    outline = limb(
        [
            (box / 2 - lean, tall * 1.1, width * 0.7),
            (box / 2 - lean * 0.5, tall * 0.86, width * 0.55),
            (box / 2 + lean * 0.3, tall * 0.5, width * 0.48),
            (box / 2 + lean, -tall * 0.1, width * 0.42),
        ]
    )
    stem = Tree([outline], [], box / 2, width)
    mask = trunk_mask([stem], g.layer_height, box)
    bark = blend(
        barked(rng, mask, wood.bark, width, -side, wood.beam, 0.35 * wood.rim),
        dark,
        np.full(mask.shape, 0.45, np.float32),
    )
    left = g.margin_x * 0.75 - box / 2 if side < 0 else g.layer_width - g.margin_x * 0.75 - box / 2
    left += side * -1 * g.width * float(rng.uniform(0.01, 0.06))
    return Sprite(premultiplied(bark, f32(mask / np.float32(255))), left, 0.0, _DEPTH)


def _overhang(stage: Stage, wood: Wood, side: int) -> Sprite:
    """A leafy branch that reaches in at an upper corner and sways."""
    g, rng = stage.geometry, stage.rng
    width, height = (
        max(8, int(g.margin_x + min(g.width * 0.36, g.span * 0.62))),
        max(8, int(g.margin_y + g.height * 0.3)),
    )
    sprite = blank(height, width)
    if wood.leafy > 0:
        _leafy_twigs(stage, sprite, wood)
    else:
        _bare_twigs(stage, sprite, wood)
    if side > 0:
        sprite = np.ascontiguousarray(sprite[:, ::-1])
    left = 0.0 if side < 0 else float(g.layer_width - width)
    pivot = (left if side < 0 else left + width, 0.0)
    sway = Motion(pivot, turn=0.013, rate=1.2, phase=float(rng.uniform(0, 6)))
    return Sprite(sprite, left, 0.0, _DEPTH, (sway,))


def _leafy_twigs(stage: Stage, sprite: U8, wood: Wood) -> None:
    g, rng = stage.geometry, stage.rng
    height, width = sprite.shape[:2]
    dark = mix(wood.leaves[0], wood.fog[3], 0.5)
    start = (0.0, height * 0.05)
    for _ in range(4):
        end = (width * float(rng.uniform(0.5, 0.86)), height * float(rng.uniform(0.15, 0.9)))
        bow = (end[0] * 0.5, start[1] + (end[1] - start[1]) * 0.25)
        line = limb([(*start, g.span * 0.012), (*bow, g.span * 0.007), (*end, g.span * 0.0015)])
        faces(sprite, [line], mix(dark, wood.fog[3], 0.5))
        _twig_leaves(stage, sprite, wood, dark, (start, bow, end))


def _bare_twigs(stage: Stage, sprite: U8, wood: Wood) -> None:
    """Winter's: forking boughs with a line of snow on each."""
    g, rng = stage.geometry, stage.rng
    height, width = sprite.shape[:2]
    for y, tilt in ((0.08, 1.75), (0.3, 1.45)):
        for outline, _ in branch(rng, -width * 0.05, height * y, tilt, width * 0.5, g.span * 0.008, 3):
            faces(sprite, [outline], wood.bark.dark)
            faces(sprite, [f32(outline - [0, g.span * 0.0035])], wood.ground[2] * 0.94)


def _twig_leaves(
    stage: Stage, sprite: U8, wood: Wood, dark: F32, line: tuple[tuple[float, float], ...]
) -> None:
    g, rng = stage.geometry, stage.rng
    count = 70 if not wood.huge else 26
    t = rng.uniform(0.15, 1.05, count)
    a, b, c = (np.asarray(p, np.float32) for p in line)
    line_at = (1 - t)[:, None] ** 2 * a + 2 * (t * (1 - t))[:, None] * b + t[:, None] ** 2 * c
    size = g.span * (0.036 if not wood.huge else 0.09)
    at = f32(line_at + rng.normal(0, size * 0.45, line_at.shape))
    tone = ramp([(0, dark), (1, mix(dark, wood.leaves[2], 0.6))], f32(rng.random(count) ** 1.5))
    angle = f32(rng.normal(1.1, 0.7, count))
    dab(sprite, leaf_polygons(at, f32(size * rng.uniform(0.6, 1.2, count)), angle, wood.slim), tone)


def _corner(stage: Stage, wood: Wood, side: int) -> Sprite:
    """Ferns, or huge leaves, in a lower corner; they nod."""
    g, rng = stage.geometry, stage.rng
    width = max(8, int(g.margin_x + min(g.width * 0.34, g.span * 0.5)))
    height = max(8, int(g.margin_y + (g.span * 0.26 if not wood.huge else min(g.span * 0.44, g.width * 0.3))))
    # Huge leaves lean far out of the corner they grow in.
    sprite = blank(height, width + (height if wood.huge else 0))
    dark, lit = mix(wood.fern[0], wood.fog[3], 0.6), mix(wood.fern[1], wood.fern[0], 0.55)
    if wood.huge:
        for _ in range(7):
            at = (float(rng.uniform(-0.15, 0.4)) * width, height * float(rng.uniform(0.9, 1.1)))
            _big_leaf(
                rng,
                sprite,
                at,
                height * float(rng.uniform(0.6, 0.95)),
                float(rng.uniform(-2.1, -0.7)),
                dark,
                lit,
            )
    elif wood.ferns > 0:
        for _ in range(4):
            x = float(rng.uniform(-0.05, 0.6)) * width
            fern(
                rng,
                sprite,
                x,
                height * float(rng.uniform(0.95, 1.15)),
                height * float(rng.uniform(0.55, 0.8)) * (1.1 - x / width * 0.6),
                dark,
                lit,
            )
    else:
        _snowbank(rng, sprite, wood)
    if side > 0:
        sprite = np.ascontiguousarray(sprite[:, ::-1])
    left = 0.0 if side < 0 else float(g.layer_width - sprite.shape[1])
    top = float(g.layer_height - height)
    made = Sprite(sprite, left, top, _DEPTH)
    if wood.ferns <= 0:
        return made
    root = (left + width / 2, float(g.layer_height))
    return made.moving(Motion(root, turn=0.011, rate=1.5, phase=float(rng.uniform(0, 6))))


def _big_leaf(
    rng: np.random.Generator,
    sprite: U8,
    at: tuple[float, float],
    length: float,
    angle: float,
    dark: F32,
    lit: F32,
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
            vein = f32(
                [
                    (k, 0.004),
                    (k + 0.14, sign * 0.2 * math.sin(math.pi * (k * 0.8 + 0.18))),
                    (k + 0.015, -0.004),
                ]
            )
            dab(sprite, placed(vein, where, size, turn), mix(dark, lit, min(1.0, share + 0.18))[None, :])


def _snowbank(rng: np.random.Generator, sprite: U8, wood: Wood) -> None:
    height, width = sprite.shape[:2]
    for k, tone in enumerate((wood.ground[1], wood.ground[2])):
        rise = height * float(rng.uniform(0.35, 0.6)) * (1 - 0.3 * k)
        bank = curve([(-width * 0.3, height * 1.3), (-width * 0.3, height - rise),
            (width * 0.25, height - rise * 0.9),
                      (width * 0.7, height - rise * 0.25), (width, height * 1.1)], 8)  # fmt: skip
        faces(sprite, [bank], tone)
