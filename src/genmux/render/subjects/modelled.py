"""Solid things: faces of one colour each, painted as a small sprite in the scene's light."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.noise import fbm
from genmux.render.paint.hours import HOURS
from genmux.render.paint.light import shade_and_beam
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, blur, f32, resize, to_bytes
from genmux.render.shapes import fill, polygon
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """An outline of one colour: `light` 0..1 falls on its middle, `fall` less at its right than its left.

    The light comes from the left; the finished thing is mirrored when the sun is on the right.
    A `lamp` shines in its own colour once lamps are lit.
    """

    points: F32
    colour: F32
    light: float = 0.6
    fall: float = 0.0
    opacity: float = 1.0
    lamp: bool = False

    def moved(self, x: float, y: float, scale: float = 1.0, mirrored: bool = False) -> Face:
        """The face scaled about its origin and then moved; a mirrored one turns away from the light."""
        factors = np.array([-scale if mirrored else scale, scale], np.float32)
        points = f32(self.points * factors + np.array([x, y], np.float32))
        return replace(self, points=points)


def bar(left: float, right: float, top: float, bottom: float) -> F32:
    """An upright rectangle as an outline."""
    return polygon([(left, bottom), (right, bottom), (right, top), (left, top)])


def taper(x: float, bottom: float, top: float, low: float, high: float) -> F32:
    """A column around `x`, `low` half wide at `bottom` and `high` half wide at `top`."""
    return polygon([(x - low, bottom), (x + low, bottom), (x + high, top), (x - high, top)])


def moved_faces(
    faces: Iterable[Face], x: float, y: float, scale: float = 1.0, mirrored: bool = False
) -> list[Face]:
    """Several faces moved as one."""
    return [face.moved(x, y, scale, mirrored) for face in faces]


def modelled(
    stage: Stage,
    spot: Spot,
    faces: Sequence[Face],
    *motions: Motion,
    shadow: float = 0.35,
) -> Sprite:
    """The faces (units of the spot's height, foot at the origin) as one lit sprite with its lamps' glow.

    `shadow` is the strength of the dark pool under its foot.
    """
    outlines = np.concatenate([face.points for face in faces]) * spot.size
    if stage.flipped:
        outlines = outlines * np.array([-1, 1], np.float32)
    glowing = stage.dark and any(face.lamp for face in faces)
    pad = max(3.0, spot.size * (0.42 if glowing else 0.06))
    low, high = np.floor(outlines.min(axis=0) - pad), np.ceil(outlines.max(axis=0) + pad)
    width, height = (max(4, int(v)) for v in high - low)
    painter = _Painter(stage, spot, low, width, height)
    for face in faces:
        painter.add(face)
    image = painter.finished(shadow if outlines[:, 1].max() < spot.size * 0.2 else 0.0)
    return Sprite(image, spot.x + float(low[0]), spot.y + float(low[1]), spot.depth, motions)


class _Painter:
    """The buffers that faces are painted into, a few times larger than the sprite."""

    def __init__(self, stage: Stage, spot: Spot, low: npt.NDArray[np.float32], width: int, height: int):
        self.stage, self.spot, self.low, self.size = stage, spot, low, (width, height)
        self.scale = 3 if width * height < 90_000 else 2
        self.shade, self.key = shade_and_beam(stage)
        shape = (height * self.scale, width * self.scale)
        self.rgb = np.zeros((*shape, 3), np.float32)
        self.cover = np.zeros(shape, np.float32)
        self.lamps = np.zeros(shape, np.float32)
        self.lamp_rgb = np.zeros(3, np.float32)

    def add(self, face: Face) -> None:
        """Paint one face over what is there."""
        side = np.array([-1 if self.stage.flipped else 1, 1], np.float32)
        points = (face.points * side * self.spot.size - self.low) * self.scale
        low = np.maximum(np.floor(points.min(axis=0)) - 1, 0).astype(int)
        high = np.minimum(np.ceil(points.max(axis=0)) + 2, self.cover.shape[::-1]).astype(int)
        if (high <= low).any():
            return
        mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        fill(mask, f32(points - low))
        area = f32(mask * (face.opacity / 255))
        window = np.s_[low[1] : high[1], low[0] : high[0]]
        lit = face.lamp and self.stage.dark
        colour = face.colour if lit else self._lit(face, mask.shape[1])
        self.rgb[window] += (colour - self.rgb[window]) * area[..., None]
        self.cover[window] += (1 - self.cover[window]) * area
        self.lamps[window] *= 1 - area
        if lit:
            self.lamps[window] += area
            self.lamp_rgb = face.colour

    def _lit(self, face: Face, width: int) -> F32:
        """The face's colour under the light, one value per column."""
        across = np.linspace(-0.5, 0.5, width, dtype=np.float32) * (-1 if self.stage.flipped else 1)
        level = np.clip(face.light - face.fall * across, 0, 1.2)
        colour = mix(face.colour, self.stage.palette.near, 0.3) if face.lamp else face.colour
        return f32(colour * (self.shade + level[:, None] * self.key))[None]

    def finished(self, shadow: float) -> U8:
        """The sprite: grain of the material, rim light, haze, the glow of lamps, a pool of shadow."""
        palette, spot = self.stage.palette, self.spot
        rgb = resize(self.rgb, *self.size, cv2.INTER_AREA)
        cover = resize(self.cover, *self.size, cv2.INTER_AREA)
        lamps = resize(self.lamps, *self.size, cv2.INTER_AREA)
        grain = fbm(self.stage.rng, self.size[1], self.size[0], max(4.0, self.size[1] / 9), 3) - 0.5
        soft = (1 - lamps)[..., None]
        rgb = rgb * (1 + 0.22 * grain[..., None] * soft)
        rgb += self._rim(cover)[..., None] * palette.glow * soft
        haze = float(np.clip(0.30 - 0.34 * spot.depth, 0, 0.25))
        rgb = np.clip(rgb + (palette.haze - rgb) * haze * soft, 0, 1) * cover[..., None]
        if shadow:
            pool = self._pool() * shadow * (1 - cover)
            rgb += pool[..., None] * palette.near * 0.5
            cover = cover + pool
        rgb += self._glow(lamps)
        return to_bytes(f32(np.dstack([rgb, cover])))

    def _rim(self, cover: F32) -> F32:
        """The edges that face the sun."""
        reach = max(1, round(self.spot.size * 0.008))
        shift = -reach if self.stage.flipped else reach
        behind = np.roll(cover, (reach, shift), (0, 1))
        return f32(blur(np.clip(cover - behind, 0, 1), 0.6) * HOURS[self.stage.time].edge)

    def _pool(self) -> F32:
        """A soft ellipse of shadow around the foot, falling away from the sun."""
        feet = self.cover[-self.scale * 6 :].max(axis=0) if self.low[1] > 0 else self.cover.max(axis=0)
        found = np.flatnonzero(feet > 0.5) / self.scale
        left, right = (float(found[0]), float(found[-1])) if found.size else (0.0, 1.0)
        x, y = np.meshgrid(np.arange(self.size[0]), np.arange(self.size[1]))
        lean = (right - left) * (-0.04 if self.stage.flipped else 0.04)
        across = (x - (left + right) / 2 - lean) / ((right - left) * 0.5 + 1)
        down = (y + float(self.low[1])) / (self.spot.size * 0.05 + 1)
        return f32(np.exp(-(across**6)) * np.exp(-(down**2)))

    def _glow(self, lamps: F32) -> F32:
        """Light around lit lamps, near and far."""
        if not lamps.any():
            return np.zeros((self.size[1], self.size[0], 3), np.float32)
        small = resize(lamps, max(1, self.size[0] // 2), max(1, self.size[1] // 2), cv2.INTER_AREA)
        size = self.spot.size
        light = blur(small, size * 0.02) * 0.55 + blur(small, size * 0.09) * 0.9
        return resize(light, *self.size)[..., None] * self.lamp_rgb * 0.8
