"""The head as a shape: its outline, and where points of the face are seen when it turns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from genmux.render.noise import smoothstep
from genmux.render.portraiture.sitter import Sitter
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, path

# Right half of the outline, crown to chin, in head heights; the face looks at the viewer.
_ADULT: Final = path(
    "0 -0.53, 0.16 -0.495, 0.28 -0.38, 0.345 -0.2, 0.352 -0.04, 0.34 0.1, 0.315 0.22, "
    "0.262 0.34, 0.18 0.438, 0.085 0.492, 0 0.503"
)


_MAN: Final = path(
    "0 -0.53, 0.16 -0.495, 0.28 -0.38, 0.348 -0.2, 0.355 -0.04, 0.347 0.1, 0.333 0.22, "
    "0.292 0.355, 0.215 0.46, 0.11 0.517, 0 0.525"
)


_CHILD: Final = path(
    "0 -0.5, 0.18 -0.475, 0.31 -0.36, 0.365 -0.2, 0.372 -0.03, 0.372 0.12, 0.348 0.25, "
    "0.275 0.36, 0.175 0.432, 0.08 0.462, 0 0.468"
)


DEPTH: Final = 0.34


@dataclass(frozen=True, slots=True)
class Turn:
    """A head turned by `yaw`: where points of the frontal face are seen."""

    yaw: float

    def at(self, points: npt.ArrayLike, lift: float = 0.0) -> F32:
        """Face points (n, 2) as seen; `lift` is how far they stand off the face."""
        p = f32(points).reshape(-1, 2)
        round_ = np.clip(1 - (p[:, 0] / 0.44) ** 2 - (p[:, 1] / 0.66) ** 2, 0, 1)
        z = DEPTH * np.sqrt(round_) + lift
        return f32(np.stack([p[:, 0] * math.cos(self.yaw) + self.shift(z), p[:, 1]], 1))

    def shift(self, z: npt.ArrayLike) -> F32:
        """How far sideways a depth moves."""
        return f32((f32(z) - DEPTH * 0.42) * math.sin(self.yaw))

    def outline(self, half: npt.ArrayLike) -> F32:
        """The closed outline of the head from its right half."""
        right = f32(half)
        left = (right[1:-1] * [-1, 1])[::-1]
        p = np.concatenate([right, left])
        chin = smoothstep(0.12, 0.5, f32(p[:, 1]))
        depth = 0.13 + 0.05 * np.sign(p[:, 0]) + 0.1 * chin
        far = np.where(p[:, 0] > 0.1, self.yaw, 0)
        dent = 0.055 * np.exp(-(((p[:, 1] - 0.01) / 0.07) ** 2)) - 0.03 * np.exp(
            -(((p[:, 1] - 0.14) / 0.08) ** 2)
        )
        x = p[:, 0] * (0.95 * math.cos(self.yaw * 0.6)) + self.shift(depth) - dent * far
        return curve(np.stack([x, p[:, 1]], 1), 10)


def head_outline(who: Sitter) -> F32:
    """The outline of face and skull."""
    half = _CHILD if who.child else _ADULT if who.female else _MAN
    return Turn(who.yaw).outline(half)
