"""The camera: where it stands at each moment and how that moves layers of different depth."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    """Where the camera stands: offset as a share of the margins (-1..1) and zoom (>= 1).

    `x`, `y` and `zoom` are those of the nearest things, `far_*` those of the farthest: a camera that
    travels leaves far things behind, one that turns or zooms takes them along.
    """

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0
    far_x: float = 0.0
    far_y: float = 0.0
    far_zoom: float = 1.0


@dataclass(frozen=True, slots=True)
class Move:
    """One way to move: how far to either side and how much larger the nearest things become.

    `far` and `far_zoom` are the shares of this that reach the farthest things; a negative share
    circles around the middle. A negative `zoom` begins large. A `steady` move has no soft ends,
    and `shake` is how far an unsteady hand strays.
    """

    x: float = 0.0
    y: float = 0.0
    zoom: float = 0.0
    far: float = 0.12
    far_zoom: float = 0.25
    steady: bool = False
    shake: float = 0.0


MOVES: Final[dict[str, Move]] = {
    "drift": Move(x=0.6, zoom=0.07),
    "zoom_in": Move(zoom=0.24, far_zoom=0.7),
    "zoom_out": Move(zoom=-0.24, far_zoom=0.7),
    "dolly_in": Move(zoom=0.36, far_zoom=0.1),
    "dolly_out": Move(zoom=-0.36, far_zoom=0.1),
    "pan_left": Move(x=-0.9, far=0.5),
    "pan_right": Move(x=0.9, far=0.5),
    "tracking_left": Move(x=-0.98, far=0.06, steady=True),
    "tracking": Move(x=0.98, far=0.06, steady=True),
    "tilt_up": Move(y=-0.85, far=0.5),
    "tilt_down": Move(y=0.85, far=0.5),
    "crane_up": Move(y=-0.95, far=0.06, zoom=0.04),
    "crane_down": Move(y=0.95, far=0.06, zoom=-0.04),
    "orbit": Move(x=0.95, far=-0.4, zoom=0.06),
    "aerial": Move(x=0.4, y=0.3, zoom=0.16),
    "handheld": Move(x=0.12, zoom=0.04, far=0.6, shake=0.3),
    "static": Move(),
}

# Per axis, the waves an unsteady hand is made of: cycles per second, phase, weight (1 in all).
_TREMOR: Final = (
    ((0.31, 0.4, 0.55), (0.83, 2.1, 0.30), (1.70, 5.0, 0.15)),
    ((0.27, 3.3, 0.55), (0.71, 0.9, 0.30), (1.45, 1.7, 0.15)),
)


def eased(progress: float) -> float:
    """Time 0..1 with soft ends."""
    return progress * progress * (3 - 2 * progress) * 0.5 + progress * 0.5


def pose_at(moves: Sequence[str], progress: float, duration: float) -> Pose:
    """The camera at `progress` 0..1 of a film of `duration` seconds; longer films travel further.

    Two moves happen together; of two opposite ones the second leads back. Whatever is combined
    stays inside the margins.
    """
    amount = min(1.0, 0.45 + duration / 10)
    chosen = [MOVES[name] for name in moves[:2] or ("drift",)]
    if len(chosen) == 2 and opposite(*chosen):
        chosen, progress = ([chosen[0]], progress * 2) if progress < 0.5 else ([chosen[1]], progress * 2 - 1)
    poses = [_posed(move, progress, amount, progress * duration) for move in chosen]
    wide = max(1.0, sum(abs(move.x) + move.shake for move in chosen))
    high = max(1.0, sum(abs(move.y) + move.shake for move in chosen))
    return Pose(
        x=sum(p.x for p in poses) / wide,
        y=sum(p.y for p in poses) / high,
        zoom=math.prod(p.zoom for p in poses),
        far_x=sum(p.far_x for p in poses) / wide,
        far_y=sum(p.far_y for p in poses) / high,
        far_zoom=math.prod(p.far_zoom for p in poses),
    )


def opposite(one: Move, other: Move) -> bool:
    """Whether a move is another one backwards."""
    there, back = (one.x, one.y, one.zoom), (other.x, other.y, other.zoom)
    return any(there) and all(a == -b for a, b in zip(there, back, strict=True))


def _posed(move: Move, progress: float, amount: float, seconds: float) -> Pose:
    along = progress if move.steady else eased(progress)
    swing = (2 * along - 1) * amount
    stray_x, stray_y = (move.shake * _tremor(waves, seconds) for waves in _TREMOR)
    x, y = move.x * swing + stray_x, move.y * swing + stray_y
    gain = abs(move.zoom) * amount * (along if move.zoom > 0 else 1 - along)
    return Pose(x, y, 1 + gain, x * move.far, y * move.far, 1 + gain * move.far_zoom)


def _tremor(waves: Sequence[tuple[float, float, float]], seconds: float) -> float:
    return sum(weight * math.sin(math.tau * rate * seconds + phase) for rate, phase, weight in waves)


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
        pose = self.pose
        scale = _between(pose.far_zoom, pose.zoom, depth)
        aside, above = _between(pose.far_x, pose.x, depth), _between(pose.far_y, pose.y, depth)
        centre_x, centre_y = g.width / 2, g.height * 0.55
        shift_x = centre_x - scale * (g.margin_x + centre_x) - aside * g.margin_x * 0.92 + drift
        shift_y = centre_y - scale * (g.margin_y + centre_y) - above * g.margin_y * 0.9
        return np.array([[scale, 0, shift_x], [0, scale, shift_y]], np.float32)

    def place(self, x: float, y: float, depth: float) -> tuple[float, float]:
        """Where a layer point at `depth` is in the picture."""
        m = self.matrix(depth)
        return float(m[0, 0] * x + m[0, 2]), float(m[1, 1] * y + m[1, 2])


def _between(far: float, near: float, depth: float) -> float:
    return far + (near - far) * depth
