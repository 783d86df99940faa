"""A sitting panda that eats bamboo."""

from __future__ import annotations

from typing import Final

from genmux.render.layers import Element
from genmux.render.palette import colour, mix
from genmux.render.shapes import Shape, curve, ellipse, moved_all, polygon, shapes_layer
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot

_WHITE: Final = colour("#fbf8f2")
_BLACK: Final = colour("#1d181c")
_SHADE: Final = colour("#b9b6c4")
_GREEN: Final = colour("#5f9f3f")
_LEAF: Final = colour("#9fc85a")


def panda(stage: Stage, spot: Spot) -> list[Element]:
    """A sitting panda of the spot's height that eats bamboo."""
    shapes = [*_panda_body(), *_panda_head(), *_panda_snack()]
    placed = moved_all(shapes, spot.x, spot.y, spot.size)
    return [shapes_layer(stage.geometry, placed, spot.depth, supersample=3)]


def _panda_body() -> list[Shape]:
    dark = colour("#12351d")
    belly = [
        (-0.30, -0.3),
        (-0.24, -0.06),
        (0, 0.0),
        (0.24, -0.06),
        (0.30, -0.3),
        (0.14, -0.12),
        (-0.14, -0.12),
    ]
    chest = [
        (-0.29, -0.40),
        (-0.2, -0.50),
        (0, -0.53),
        (0.2, -0.50),
        (0.29, -0.40),
        (0.31, -0.46),
        (0.2, -0.6),
        (-0.2, -0.6),
        (-0.31, -0.46),
    ]
    left = [(-0.24, -0.52), (-0.36, -0.36), (-0.26, -0.24), (-0.10, -0.26), (-0.11, -0.34), (-0.2, -0.38)]
    right = [(0.22, -0.52), (0.37, -0.40), (0.30, -0.24), (0.12, -0.28), (0.13, -0.36), (0.22, -0.38)]
    return [
        Shape(ellipse(0, -0.01, 0.44, 0.06), dark, 0.4),
        Shape(ellipse(-0.2, -0.10, 0.17, 0.12, 0.25), _BLACK),
        Shape(ellipse(0.22, -0.10, 0.17, 0.12, -0.25), _BLACK),
        Shape(ellipse(0, -0.30, 0.31, 0.31), _WHITE),
        Shape(curve(belly), _SHADE, 0.35),
        Shape(curve(chest), _BLACK),
        Shape(curve(left), _BLACK),
        Shape(curve(right), _BLACK),
        Shape(ellipse(-0.22, -0.05, 0.075, 0.06), colour("#3a2f36")),
        Shape(ellipse(0.24, -0.05, 0.075, 0.06), colour("#3a2f36")),
    ]


def _panda_head() -> list[Shape]:
    jaw = [
        (-0.27, -0.74),
        (-0.22, -0.6),
        (0, -0.515),
        (0.22, -0.6),
        (0.27, -0.74),
        (0.14, -0.6),
        (-0.14, -0.6),
    ]
    shapes = [Shape(ellipse(side * 0.2, -0.955, 0.085, 0.082), _BLACK) for side in (-1, 1)]
    shapes += [Shape(ellipse(side * 0.2, -0.95, 0.045, 0.042), colour("#3a2f36")) for side in (-1, 1)]
    shapes += [Shape(ellipse(0, -0.745, 0.275, 0.235), _WHITE), Shape(curve(jaw), _SHADE, 0.3)]
    for side in (-1, 1):
        shapes += [
            Shape(ellipse(side * 0.115, -0.755, 0.072, 0.092, -side * 0.55), _BLACK),
            Shape(ellipse(side * 0.102, -0.765, 0.026, 0.028), _WHITE),
            Shape(ellipse(side * 0.098, -0.763, 0.019, 0.021), colour("#120c10")),
            Shape(ellipse(side * 0.098 + 0.006, -0.772, 0.007, 0.007), colour("#ffffff")),
            Shape(ellipse(side * 0.175, -0.66, 0.045, 0.025), colour("#ff9aa0"), 0.45),
        ]
    nose = [(-0.045, -0.685), (0, -0.70), (0.045, -0.685), (0.02, -0.655), (-0.02, -0.655)]
    mouth = [(-0.05, -0.625), (0, -0.612), (0.05, -0.625), (0.02, -0.592), (-0.02, -0.592)]
    return [*shapes, Shape(curve(nose), _BLACK), Shape(curve(mouth), colour("#7a3b46"))]


def _panda_snack() -> list[Shape]:
    leaves = (
        [(0.29, -0.72), (0.40, -0.80), (0.46, -0.78), (0.38, -0.72)],
        [(0.27, -0.71), (0.30, -0.84), (0.35, -0.87), (0.33, -0.76)],
        [(0.24, -0.68), (0.36, -0.66), (0.42, -0.61), (0.32, -0.62)],
    )
    stalk = polygon([(-0.18, -0.34), (-0.145, -0.355), (0.30, -0.70), (0.28, -0.73)])
    paw = Shape(ellipse(-0.17, -0.33, 0.07, 0.055, 0.3), _BLACK)
    return [
        Shape(stalk, _GREEN),
        *(Shape(curve(leaf, 6), mix(_GREEN, _LEAF, 0.2 + 0.2 * i)) for i, leaf in enumerate(leaves)),
        paw,
    ]
