"""The camera: where it stands at each moment and how that moves layers of different depth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.raster import F32


@dataclass(frozen=True, slots=True)
class Geometry:
    """A picture of `width` x `height` inside layers that reach `margin_*` pixels further on each side."""

    width: int
    height: int
    margin_x: int
    margin_y: int

    @property
    def layer_width(self) -> int:
        """Width of a layer, margins included."""
        return self.width + 2 * self.margin_x

    @property
    def layer_height(self) -> int:
        """Height of a layer, margins included."""
        return self.height + 2 * self.margin_y

    @property
    def span(self) -> int:
        """The shorter side: the scale of things in the scene."""
        return min(self.width, self.height)

    @property
    def unit(self) -> float:
        """One pixel of a 720-pixel-high picture, in pixels."""
        return self.span / 720


@dataclass(frozen=True, slots=True)
class Pose:
    """Camera offset as a share of the margins (-1..1) and zoom (>= 1)."""

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0


def _drift(e: float, amount: float) -> Pose:
    return Pose(x=(e - 0.5) * 0.9 * amount, zoom=1 + 0.05 * e)


def _zoom_in(e: float, amount: float) -> Pose:
    return Pose(zoom=1 + 0.24 * amount * e)


def _zoom_out(e: float, amount: float) -> Pose:
    return Pose(zoom=1 + 0.24 * amount * (1 - e))


def _orbit(e: float, amount: float) -> Pose:
    return Pose(x=math.sin((e - 0.5) * 2.4) * 0.9 * amount, zoom=1.06 + 0.05 * math.cos((e - 0.5) * 3))


MOVES: Final[dict[str, Callable[[float, float], Pose]]] = {
    "drift": _drift,
    "zoom_in": _zoom_in,
    "zoom_out": _zoom_out,
    "pan_left": lambda e, amount: Pose(x=-(e - 0.5) * 1.8 * amount),
    "pan_right": lambda e, amount: Pose(x=(e - 0.5) * 1.8 * amount),
    "tilt_up": lambda e, amount: Pose(y=-(e - 0.5) * 1.7 * amount),
    "tilt_down": lambda e, amount: Pose(y=(e - 0.5) * 1.7 * amount),
    "orbit": _orbit,
    "aerial": _drift,
    "static": lambda e, amount: Pose(),
}


def eased(progress: float) -> float:
    """Time 0..1 with soft ends."""
    return progress * progress * (3 - 2 * progress) * 0.6 + progress * 0.4


def pose_at(moves: Sequence[str], progress: float, duration: float) -> Pose:
    """The camera at `progress` 0..1 of a film of `duration` seconds; longer films travel further."""
    amount = min(1.0, 0.45 + duration / 10)
    poses = [MOVES[name](eased(progress), amount) for name in moves[:2] or ("drift",)]
    zoom = math.prod(p.zoom for p in poses)
    return Pose(sum(p.x for p in poses), sum(p.y for p in poses), zoom)


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant of a scene: geometry, camera and clock (seconds)."""

    geometry: Geometry
    pose: Pose
    seconds: float
    duration: float

    def matrix(self, depth: float, drift: float = 0.0) -> F32:
        """Layer pixels to picture pixels for a layer at `depth` (0 far .. 1 near), moved `drift` pixels."""
        g = self.geometry
        nearness = 0.12 + 0.88 * depth
        scale = 1 + (self.pose.zoom - 1) * (0.25 + 0.95 * depth)
        centre_x, centre_y = g.width / 2, g.height * 0.55
        shift_x = (
            centre_x - scale * (g.margin_x + centre_x) - self.pose.x * g.margin_x * 0.92 * nearness + drift
        )
        shift_y = centre_y - scale * (g.margin_y + centre_y) - self.pose.y * g.margin_y * 0.9 * nearness
        return np.array([[scale, 0, shift_x], [0, scale, shift_y]], np.float32)

    def place(self, x: float, y: float, depth: float) -> tuple[float, float]:
        """Where a layer point at `depth` is in the picture."""
        m = self.matrix(depth)
        return float(m[0, 0] * x + m[0, 2]), float(m[1, 1] * y + m[1, 2])
