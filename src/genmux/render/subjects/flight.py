"""What carries flying things along: an element that moves its pieces on a line, with a little bobbing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from genmux.render.camera import Moment
from genmux.render.noise import smoothstep
from genmux.render.raster import F32, U8, blur, f32, flat, grid, premultiplied
from genmux.render.stage import Stage
from genmux.render.subjects.puppet import Piece, place
from genmux.render.subjects.sculpture import Form, light_on, sculpted
from genmux.render.subjects.spot import Spot


@dataclass(frozen=True, slots=True, eq=False)
class Flyer:
    """Pieces that travel `speed` (x, y) layer pixels each second; in the middle of a film they are where put.

    `bob` is how far they rise and sink, in layer pixels.
    """

    pieces: Sequence[Piece]
    depth: float
    speed: tuple[float, float]
    bob: float = 0.0

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every piece where the flight has taken it."""
        since = moment.seconds - moment.duration / 2
        camera = np.concatenate([moment.matrix(self.depth), [[0, 0, 1]]])
        camera[0, 2] += self.speed[0] * since
        camera[1, 2] += self.speed[1] * since + self.bob * math.sin(moment.seconds * 1.3)
        for piece in self.pieces:
            if not piece.shown(moment.seconds):
                continue
            matrix = np.array([[1, 0, piece.left], [0, 1, piece.top], [0, 0, 1]], np.float32)
            for motion in piece.motions:
                matrix = motion.matrix(moment.seconds) @ matrix
            place(canvas, piece.sprite, (camera @ matrix)[:2])


def plume(
    start: tuple[float, float], along: tuple[float, float], length: float, width: tuple[float, float],
    tone: F32, core: F32, strength: float, rng: np.random.Generator | None = None,
) -> Piece:  # fmt: skip
    """A soft tapering trail from `start` in direction `along`; `width` is its half width at start and end.

    With `rng` it is broken into puffs like smoke; without, it is a clean flame or vapour trail.
    """
    reach = max(width) * 2.6
    end = (start[0] + along[0] * length, start[1] + along[1] * length)
    left, top = min(start[0], end[0]) - reach, min(start[1], end[1]) - reach
    w, h = (max(4, int(abs(b - a) + 2 * reach)) for a, b in zip(start, end, strict=True))
    x, y = grid(h, w)
    x, y = x + left - start[0], y + top - start[1]
    run = (x * along[0] + y * along[1]) / length
    off = -x * along[1] + y * along[0]
    half = width[0] + (width[1] - width[0]) * np.clip(run, 0, 1)
    if rng is not None:
        off = off + _puffs(rng, h, w, max(width))
    body = (
        np.exp(-((off / half) ** 2) * 1.6)
        * smoothstep(-0.02, 0.02, f32(run))
        * smoothstep(1.0, 0.35, f32(run))
    )
    heat = np.exp(-((off / half) ** 2) * 5) * np.clip(1 - run * 1.25, 0, 1)
    rgb = flat(tone, x) + (core - tone) * np.clip(heat, 0, 1)[..., None]
    return Piece(premultiplied(f32(rgb), f32(np.clip(body * strength, 0, 1))), left, top)


def _puffs(rng: np.random.Generator, height: int, width: int, size: float) -> F32:
    """A field of pushes, in pixels, that makes an edge billow."""
    noise = rng.normal(0, 1, (height, width)).astype(np.float32)
    small, large = blur(noise, max(size * 0.16, 0.8)), blur(noise, max(size * 0.4, 1.2))
    return f32(
        small / max(float(small.std()), 1e-6) * size * 0.12
        + large / max(float(large.std()), 1e-6) * size * 0.16
    )


def halo(x: float, y: float, radius: float, tone: F32, strength: float) -> Piece:
    """A soft round glow about a point."""
    size = max(4, int(radius * 2))
    u, v = grid(size, size)
    away = np.hypot(u - size / 2, v - size / 2) / (size / 2)
    cover = f32(np.clip(np.exp(-away * 3.2) - math.exp(-3.2), 0, 1) * strength)
    return Piece(premultiplied(flat(tone, cover), cover), x - size / 2, y - size / 2)


def placed(stage: Stage, spot: Spot, forms: Sequence[Form], angle: float, mirrored: bool) -> Piece:
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
