"""Rice paper, the red sun or pale moon on it, and the seal in its corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.ink.tones import Tones
from genmux.render.layers import Layer, backdrop
from genmux.render.noise import fbm, smoothstep
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, blend, blur, f32, flat, grid, paint, resize, spread, to_bytes
from genmux.render.shapes import Shape, polygon, shapes_layer
from genmux.render.stage import Stage
from genmux.render.subpixel import SHIFT, fixed_all

_CINNABAR: Final = colour("#b3372a")
_FIBRES: Final = 260

# The strokes of the seal as boxes in shares of its side: left, top, right, bottom.
_SEALS: Final = (
    (
        (0.14, 0.16, 0.86, 0.25), (0.14, 0.36, 0.46, 0.44), (0.55, 0.36, 0.86, 0.44),
        (0.14, 0.55, 0.46, 0.63), (0.55, 0.55, 0.86, 0.63), (0.14, 0.75, 0.86, 0.84),
        (0.46, 0.25, 0.55, 0.75),
    ),
    (
        (0.14, 0.16, 0.23, 0.84), (0.34, 0.16, 0.43, 0.62), (0.55, 0.16, 0.64, 0.84),
        (0.76, 0.16, 0.85, 0.62), (0.34, 0.75, 0.43, 0.84), (0.76, 0.75, 0.85, 0.84),
        (0.43, 0.38, 0.55, 0.46),
    ),
    (
        (0.14, 0.16, 0.86, 0.24), (0.77, 0.16, 0.86, 0.84), (0.14, 0.76, 0.86, 0.84),
        (0.14, 0.36, 0.23, 0.84), (0.14, 0.36, 0.64, 0.44), (0.55, 0.36, 0.64, 0.62),
        (0.36, 0.54, 0.64, 0.62),
    ),
)  # fmt: skip


def rice_paper(stage: Stage, used: Tones) -> Layer:
    """The sheet itself: a graded ground with clouds of pulp, fibres, a wet sky wash and the disc."""
    g, rng = stage.geometry, stage.rng
    height, width = g.layer_height, g.layer_width
    down = np.repeat(np.linspace(0, 1, height, dtype=np.float32)[:, None], width, axis=1)
    wash = resize(
        fbm(rng, height // 4 + 1, width // 4 + 1, 2.2, 5, stretch=2.2), width, height, cv2.INTER_CUBIC
    )
    rgb = blend(used.top, used.foot, smoothstep(0.0, 0.72, f32(down + (wash - 0.5) * 0.55)))
    if stage.time == "night" or (stage.time in ("day", "dawn", "sunset") and stage.allows("sun")):
        rgb = _with_disc(stage, used, rgb)
    pulp = fbm(rng, max(2, height // 2), max(2, width // 2), 26, 4)
    texture = 1 + 0.05 * (resize(pulp, width, height) - 0.5) + _fibres(stage)
    return backdrop(f32(rgb * spread(f32(texture))))


def _fibres(stage: Stage) -> F32:
    """Faint threads in the sheet, as light added or taken."""
    g, rng = stage.geometry, stage.rng
    mask = np.full((g.layer_height, g.layer_width), 128, np.uint8)
    unit = max(g.unit, 0.4)
    count = int(_FIBRES * g.layer_width * g.layer_height / (1280 * 720 * unit * unit)) + 20
    starts = rng.uniform(0, 1, (count, 2)) * [g.layer_width, g.layer_height]
    turns = np.cumsum(rng.normal(0, 0.35, (count, 5)), axis=1) + rng.uniform(0, 6.28, (count, 1))
    steps = np.stack([np.cos(turns), np.sin(turns)], -1) * (rng.uniform(2, 9, (count, 1, 1)) * unit)
    threads = np.concatenate([starts[:, None], starts[:, None] + np.cumsum(steps, axis=1)], axis=1)
    for thread, shade in zip(fixed_all(threads), rng.integers(100, 152, count), strict=True):
        cv2.polylines(mask, [thread], False, int(shade), 1, cv2.LINE_AA, SHIFT)
    return f32((f32(blur(mask, 0.5)) - 128) / 1100)


def _with_disc(stage: Stage, used: Tones, rgb: F32) -> F32:
    """The sun as a red brush dab, or the moon as paper left bare in a halo."""
    g, rng = stage.geometry, stage.rng
    night = stage.time == "night"
    radius = g.span * float(rng.uniform(0.055, 0.085))
    x, y = grid(g.layer_height, g.layer_width)
    at_y = g.margin_y + g.height * float(rng.uniform(0.15, 0.24))
    dab = fbm(rng, 64, 64, 5, 4)
    u = ((x - stage.sun_x) * (20 / radius) + 32).astype(np.float32)
    v = ((y - at_y) * (20 / radius) + 32).astype(np.float32)
    mottle = np.asarray(cv2.remap(dab, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)
    distance = np.hypot(x - stage.sun_x, y - at_y) - (mottle - 0.5) * radius * 0.05
    cover = np.clip((radius - distance) / max(2.2 * g.unit, 1.0) + 0.5, 0, 1)
    if night:
        halo = np.exp(-np.maximum(distance - radius, 0) / (radius * 2.4)) * 0.5
        rgb = blend(rgb, flat(mix(used.foot, used.disc, 0.5), rgb), f32(halo))
        return blend(rgb, flat(used.disc, rgb), f32(cover * 0.96))
    return blend(rgb, flat(used.disc, rgb), f32(cover * (0.72 + 0.4 * (mottle - 0.4))))


@dataclass(frozen=True, slots=True, eq=False)
class Bleed:
    """Paper that the ink has yet to reach: `delay` says for each point of a small map after how long."""

    delay: F32
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Cover what is still dry; nothing after the first second."""
        dry = np.clip((self.delay - moment.seconds) * 3.5, 0, 1)
        if moment.seconds < 1.0 and dry.any():
            mask = to_bytes(f32(dry * dry * (3 - 2 * dry)))
            paint(canvas, resize(mask, canvas.shape[1], canvas.shape[0], cv2.INTER_CUBIC), self.tone)


def bleed(stage: Stage, used: Tones) -> Bleed:
    """Ink that runs outward from the middle while a film begins."""
    g = stage.geometry
    height, width = max(4, g.height // 8), max(4, g.width // 8)
    x, y = grid(height, width)
    away = np.hypot((x / width - 0.5) * 1.25, (y / height - 0.5) * 1.25)
    ragged = away + (fbm(stage.rng, height, width, 5, 4) - 0.5) * 0.5
    return Bleed(f32(np.clip((ragged - 0.5) * 2.2, 0, 0.9)), used.paper(0.5))


def seal(stage: Stage, left: bool) -> Layer:
    """A red square with cut strokes near the left or the right edge; the strokes are no letters."""
    g, rng = stage.geometry, stage.rng
    side = g.span * 0.055
    x = g.margin_x + (g.span * 0.06 if left else g.width - g.span * 0.06 - side)
    y = g.margin_y + g.height * 0.9 - side * (1.0 if g.height < g.width * 1.2 else 2.0)
    strokes = _SEALS[int(rng.integers(len(_SEALS)))]
    rim = f32([(0, 0.03), (0.5, 0), (0.97, 0.02), (1, 0.5), (0.98, 1), (0.5, 0.98), (0.02, 1), (0, 0.5)])
    shapes = [Shape(polygon(rim * side + [x, y]), _CINNABAR, 0.9)]
    shapes += [_box(stroke, x, y, side) for stroke in strokes]
    return shapes_layer(g, shapes, 0.0, supersample=3)


def _box(stroke: tuple[float, float, float, float], x: float, y: float, side: float) -> Shape:
    left, top, right, bottom = stroke
    corners = f32([(left, top), (right, top), (right, bottom), (left, bottom)])
    return Shape(polygon(corners * side + [x, y]), colour("#f6ead8"), 0.92)
