"""What floats: boats with their reflections."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import Shape, curve, moved_all, polygon, shapes_layer
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot, Subject


def sailboat(stage: Stage, spot: Spot) -> list[Element]:
    """A sailing boat of the spot's height and its reflection."""
    palette, g = stage.palette, stage.geometry
    dark = stage.dark and stage.time != "storm"
    sail = mix(palette.near, palette.glow, 0.5) if dark else mix(colour("#fff3dc"), palette.glow, 0.3)
    shapes = _sailboat(mix(palette.near, colour("#3a1c14"), 0.3), sail)
    flip = np.array([1, -0.75], np.float32)
    mirrored = [replace(s, points=s.points * flip, opacity=0.3) for s in shapes]
    x, y, size = spot.x, spot.y, spot.size
    return [
        shapes_layer(g, moved_all(mirrored, x, y + size * 0.03, size), spot.depth, supersample=3),
        shapes_layer(g, moved_all(shapes, x, y, size), spot.depth, supersample=3),
    ]


def _sailboat(hull: F32, sail: F32) -> list[Shape]:
    shaded = mix(sail, hull, 0.3)
    return [
        Shape(
            curve(
                [(-0.54, -0.15), (-0.2, -0.115), (0.3, -0.12), (0.6, -0.17), (0.4, 0.03), (-0.38, 0.03)], 6
            ),
            hull,
        ),
        Shape(polygon([(-0.5, -0.13), (0.56, -0.145), (0.54, -0.115), (-0.48, -0.1)]), mix(hull, sail, 0.45)),
        Shape(polygon([(-0.012, -0.12), (0.012, -0.12), (0.008, -1.05), (-0.008, -1.05)]), hull),
        Shape(curve([(0.03, -0.18), (0.30, -0.17), (0.50, -0.22), (0.36, -0.52), (0.03, -1.02)], 10), sail),
        Shape(
            curve([(0.03, -0.18), (0.22, -0.175), (0.26, -0.45), (0.03, -1.02)], 10),
            mix(sail, shaded, 0.5),
            0.45,
        ),
        Shape(curve([(-0.03, -0.2), (-0.42, -0.19), (-0.26, -0.5), (-0.03, -0.9)], 10), shaded),
    ]


BOATS: Final[dict[str, Subject]] = {"boat": Subject(frozenset({"water"}), 1.0, sailboat)}
