"""First frame to film: the picture is bent by a guessed depth so that near things move more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import MOVES, Geometry, Moment, Pose, eased, opposite
from genmux.render.effects import effects_over, motes
from genmux.render.layers import Element
from genmux.render.noise import smoothstep
from genmux.render.order import FPS
from genmux.render.raster import F32, U8, blur, f32, grid, guided, remap, resize
from genmux.render.vocabulary import Reading

_DEPTH_WIDTH: Final = 320
_COARSE: Final = 4
_FADE_SECONDS: Final = 0.8

# Per camera word: zoom gained, sideways and vertical shift (shares of the size), parallax gained.
SHIFTS: Final[dict[str, tuple[float, float, float, float]]] = {
    "drift": (0.10, 0.02, 0.0, 0.04),
    "zoom_in": (0.16, 0.0, 0.0, 0.04),
    "zoom_out": (0.16, 0.0, 0.0, 0.10),
    "dolly_in": (0.14, 0.0, 0.0, 0.14),
    "dolly_out": (0.16, 0.0, 0.0, 0.14),
    "pan_left": (0.10, -0.05, 0.0, 0.02),
    "pan_right": (0.10, 0.05, 0.0, 0.02),
    "tracking_left": (0.10, -0.05, 0.0, 0.05),
    "tracking": (0.10, 0.05, 0.0, 0.05),
    "tilt_up": (0.10, 0.0, -0.05, 0.02),
    "tilt_down": (0.10, 0.0, 0.05, 0.02),
    "crane_up": (0.10, 0.0, -0.05, 0.05),
    "crane_down": (0.10, 0.0, 0.05, 0.05),
    "orbit": (0.08, 0.045, 0.0, 0.06),
    "aerial": (0.12, 0.0, 0.03, 0.06),
    "handheld": (0.08, 0.01, 0.0, 0.03),
    "static": (0.0, 0.0, 0.0, 0.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Parallax:
    """A film from one RGBA picture; frame 0 is that picture, untouched."""

    source: U8
    depth: F32
    ripple: F32 | None
    effects: Sequence[Element]
    move: tuple[float, float, float, float]
    wobble: float

    def frame(self, number: int, count: int) -> U8:
        """Frame `number` of `count` as an RGBA canvas."""
        if number == 0:
            return self.source.copy()
        seconds = number / FPS
        canvas = self._bent(eased(number / max(count - 1, 1)), min(1.0, 0.5 + count / FPS / 10), seconds)
        return self._with_effects(canvas, seconds, count / FPS)

    def _bent(self, e: float, amount: float, t: float) -> U8:
        height, width = self.source.shape[:2]
        zoom, shift_x, shift_y, spread = (v * amount * e for v in self.move)
        x, y = (v * _COARSE for v in grid(*self.depth.shape))
        x += (_COARSE - 1) / 2
        y += (_COARSE - 1) / 2
        scale = (1 + zoom) * (1 + spread * (self.depth - 0.35))
        sway = math.sin(t * 0.9) * 0.0035 * min(1, t) * self.wobble * width
        bob = math.cos(t * 0.7) * 0.002 * min(1, t) * self.wobble * height
        nearness = 0.45 + 1.1 * self.depth
        at_x = (
            (x - width / 2) / scale + width / 2 + shift_x * width * nearness + sway * (self.depth - 0.3) * 2
        )
        at_y = (y - height / 2) / scale + height / 2 + shift_y * height * nearness + bob * (self.depth - 0.3)
        if self.ripple is not None:
            at_x, at_y = _rippled(
                at_x, at_y, x, y, self.ripple * min(1, t * 1.5), min(width, height) / 720, t
            )
        full = (resize(v.astype(np.float32), width, height) for v in (at_x, at_y))
        return remap(self.source, *full)

    def _with_effects(self, canvas: U8, seconds: float, duration: float) -> U8:
        if not self.effects:
            return canvas
        height, width = canvas.shape[:2]
        moment = Moment(Geometry(width, height, 0, 0), Pose(), seconds, duration)
        plain = canvas.copy() if seconds < _FADE_SECONDS else None
        for element in self.effects:
            element.draw(canvas, moment)
        if plain is None:
            return canvas
        share = seconds / _FADE_SECONDS
        return np.asarray(cv2.addWeighted(canvas, share, plain, 1 - share, 0), np.uint8)


def _rippled(at_x: F32, at_y: F32, x: F32, y: F32, power: F32, unit: float, t: float) -> tuple[F32, F32]:
    """Two crossing waves added to the sampling positions."""
    first = np.sin(y * (0.055 / unit) - t * 3.1 + np.sin(x * (0.012 / unit) + t) * 1.4)
    second = np.sin(y * (0.13 / unit) + t * 4.3 + x * (0.02 / unit))
    across = np.sin(y * (0.09 / unit) + t * 2.3)
    return at_x + power * unit * 2.2 * across, at_y + power * unit * (2.6 * first + 1.2 * second)


def parallax(picture: U8, reading: Reading, rng: np.random.Generator) -> Parallax:
    """A film from an RGB picture, moved and decorated as the prompt asks."""
    height, width = picture.shape[:2]
    coarse = (max(2, width // _COARSE), max(2, height // _COARSE))
    depth = resize(guessed_depth(picture), *coarse, cv2.INTER_CUBIC)
    watery = reading.has("family", "ocean") or reading.has("home", "ocean") or reading.has("feature", "lake")
    down = np.linspace(0, 1, coarse[1], dtype=np.float32)[:, None]
    geometry = Geometry(width, height, 0, 0)
    effects = effects_over(reading, geometry, rng, np.zeros(3, np.float32))
    still = reading.has("camera", "static")
    if not effects and not still:
        effects = [motes(geometry, rng, 18, np.array([0.4, 0.37, 0.3], np.float32), top=0.0, sizes=(1, 3))]
    return Parallax(
        source=np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA), np.uint8),
        depth=depth,
        ripple=smoothstep(0.56, 0.72, down) * (0.4 + 0.6 * depth) if watery else None,
        effects=effects,
        move=_move(reading),
        wobble=0.0 if still else 1.0,
    )


def _move(reading: Reading) -> tuple[float, float, float, float]:
    named = reading.all("camera")[:2] or ("zoom_in",)
    if len(named) == 2 and opposite(*(MOVES[name] for name in named)):
        named = named[:1]
    moves = [SHIFTS[name] for name in named]
    zoom, x, y, spread = (sum(part) for part in zip(*moves, strict=True))
    # Pulling out needs picture beyond the frame, which frame 0 does not have: it recedes by parallax.
    if {"zoom_out", "dolly_out"} & set(named):
        return 0.0, x, y, -spread
    return min(zoom, 0.18), x, y, spread


def guessed_depth(picture: U8) -> F32:
    """Depth 0 (far) .. 1 (near) of a picture 320 wide: low, sharp and salient things are near."""
    height = min(max(8, round(picture.shape[0] * _DEPTH_WIDTH / picture.shape[1])), 4 * _DEPTH_WIDTH)
    small = f32(resize(picture, _DEPTH_WIDTH, height, cv2.INTER_AREA)) / 255
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)
    light = f32(np.ascontiguousarray(lab[..., 0]) / 100)
    x, y = grid(height, _DEPTH_WIDTH)
    low = smoothstep(0.15, 1.05, y / height)
    sharp = blur(np.abs(np.asarray(cv2.Laplacian(light, cv2.CV_32F, ksize=3))), 7)
    salient = blur(np.linalg.norm(lab - blur(lab, _DEPTH_WIDTH * 0.18), axis=2).astype(np.float32), 4)
    centre = np.exp(-(((x / _DEPTH_WIDTH - 0.5) / 0.38) ** 2 + ((y / height - 0.6) / 0.5) ** 2))
    depth = 0.55 * low + 0.25 * salient / (salient.max() + 1e-6) * centre
    depth = depth + 0.2 * np.sqrt(np.clip(sharp / (sharp.max() + 1e-6), 0, 1)) * low
    for reach, smoothness in ((41, 1e-2), (17, 4e-3)):
        depth = guided(light, depth.astype(np.float32), reach, smoothness)
    bottom, top = np.percentile(depth, (2, 98))
    return blur(np.clip((depth - bottom) / (top - bottom + 1e-6), 0, 1).astype(np.float32), 1.6)
