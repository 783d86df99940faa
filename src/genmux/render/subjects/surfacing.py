"""What comes up out of the sea: leaping dolphins, the fluke of a diving whale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.noise import smoothstep
from genmux.render.paint.bodies import Relief, relief
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, blend, blur, f32, flat, paint, premultiplied, spread
from genmux.render.sprites.stamps import pose, stamp_bent
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot
from genmux.render.subjects.swimmer import heading, mottled, within
from genmux.render.subpixel import ONE, SHIFT, fixed

Points = tuple[tuple[float, float], ...]

# Half of a fluke seen from behind; its other half mirrors it.
_FLUKE: Final[Points] = (
    (0.0, -0.375), (0.025, -0.40), (0.09, -0.445), (0.20, -0.475), (0.33, -0.505), (0.46, -0.555),
    (0.565, -0.615), (0.60, -0.62), (0.575, -0.55), (0.50, -0.45), (0.39, -0.36), (0.26, -0.27),
    (0.15, -0.17), (0.085, -0.06), (0.075, 0.08), (0.10, 0.30),
)  # fmt: skip
_SLATE: Final = colour("#2c3e4e")
_CREAM: Final = colour("#d9e2e4")
_AIRBORNE: Final = 0.5
_ROUND_SECONDS: Final = 2.6
_DROPS: Final = 90


def sunlit_sprite(stage: Stage, form: Relief, rgb: F32) -> U8:
    """A wet body above water: dark against a low sun, with a bright upper edge."""
    palette = stage.palette
    power = {"day": 0.95, "dawn": 0.62, "storm": 0.55, "night": 0.34}.get(stage.time, 0.46)
    tone = mix(np.ones(3, np.float32), palette.glow, 0.45) * power
    light = (0.22 + 0.95 * form.up**1.3)[..., None]
    shade = mix(palette.near, palette.far, 0.35) * (0.55 * (1 - form.up))[..., None]
    glint = (np.clip(form.up - 0.5, 0, 1) * form.edge * 1.6)[..., None] * palette.glow
    return premultiplied(f32(np.clip(rgb * tone * light + shade + glint, 0, 1)), form.cover)


@dataclass(frozen=True, slots=True, eq=False)
class Leaper:
    """A body that leaps out of the water at a layer point again and again; it faces right in its sprite.

    `drops` rows are direction, height, size and delay of the spray in 0..1; `first` is when it first leaves
    the water, as a share of a round.
    """

    sprite: U8
    anchor: tuple[float, float]
    length: float
    x: float
    y: float
    depth: float
    reach: float
    rise: float
    round_seconds: float
    first: float
    mirrored: bool
    drops: F32
    foam: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the body above the waterline and the spray where it left and where it falls in."""
        done = (moment.seconds / self.round_seconds - self.first) % 1 / _AIRBORNE
        x, line = moment.place(self.x, self.y, self.depth)
        scale = float(moment.matrix(self.depth)[0, 0])
        rows = min(max(round(line), 0), canvas.shape[0])
        side = -1.0 if self.mirrored else 1.0
        if done < 1 and rows:
            px, py, turn = self._flight(done)
            at = pose(
                x + side * px * scale, line + py * scale, scale, self.anchor, side * turn, self.mirrored
            )
            stamp_bent(canvas[:rows], self.sprite, at, self._arched, pad=self.length * 0.2)
        for start, where in ((0.06, -0.5), (0.9, 0.5)):
            self._spray(canvas, done - start, x + side * where * self.reach * scale * 0.94, line, scale)

    def _flight(self, done: float) -> tuple[float, float, float]:
        """Offset from the middle of the leap, and the turn of the body."""
        height = self.rise * 4 * done * (1 - done) - self.length * 0.25
        climb = self.rise * 4 * (1 - 2 * done)
        return (done - 0.5) * self.reach, -height, -math.atan2(climb, self.reach) * 0.9

    def _arched(self, u: F32, v: F32) -> tuple[F32, F32]:
        along = (u - self.anchor[0]) / self.length
        return f32(u), f32(v - (along**2 - 0.06) * self.length * 0.42)

    def _spray(self, canvas: U8, since: float, x: float, line: float, scale: float) -> None:
        """Drops that fly up and fall back, and foam that spreads, in a window around them."""
        if not 0 < since < 0.62:
            return
        size, grow = self.length * scale, since / 0.62
        left, right = max(int(x - 0.7 * size), 0), min(int(x + 0.7 * size), canvas.shape[1])
        top, bottom = max(int(line - 0.6 * size), 0), min(int(line + 0.15 * size), canvas.shape[0])
        if right - left < 2 or bottom - top < 2:
            return
        fade, foam = (1 - grow) ** 0.8, np.zeros((bottom - top, right - left), np.uint8)
        for share, strength in ((1.0, 70), (0.6, 120)):
            axes = (int(size * share * (0.08 + 0.26 * grow) * ONE), int(size * share * 0.022 * ONE))
            at = fixed(x - left, line - top)
            cv2.ellipse(foam, at, axes, 0, 0, 360, int(strength * fade), -1, cv2.LINE_AA, SHIFT)
        foam = blur(foam, max(size * 0.008, 0.6))
        for aside, high, drop, late in self.drops:
            t = min(grow * (0.7 + 0.6 * late), 1.0)
            px = x - left + (aside - 0.5) * size * 0.8 * t
            lift = (0.25 + 0.75 * high**2) * (1 - 1.2 * abs(aside - 0.5))
            py = line - top - lift * size * 1.25 * t * (1 - t)
            radius = int(max(0.8, size * 0.006 * (0.3 + drop**2 * 1.4)) * ONE)
            cv2.circle(foam, fixed(px, py), radius, int(230 * fade), -1, cv2.LINE_AA, SHIFT)
        paint(canvas[top:bottom, left:right], blur(foam, 0.6), self.foam)


def leaping(
    stage: Stage, spot: Spot, sprite: U8, anchor: tuple[float, float], length: float
) -> list[Element]:
    """Three bodies of one sprite leaping in turn around the spot, so that one is always in the air."""
    rng = stage.rng
    mirrored = heading(stage, spot.x)
    side = -1.0 if mirrored else 1.0
    foam = mix(stage.palette.sun, colour("#ffffff"), 0.6)
    found: list[Element] = []
    for behind, down, late in ((1.25, -0.08, -0.36), (0.62, -0.03, 0.20), (0.0, 0.05, 0.0)):
        x = within(stage, spot.x - side * behind * length, length * 0.7)
        # A still shows the first second's end: the near one is then at the top of its leap.
        first = 1.0 / _ROUND_SECONDS - _AIRBORNE * 0.52 + late
        drops = f32(rng.random((_DROPS, 4)))
        found.append(
            Leaper(sprite, anchor, length, x, spot.y + down * spot.size, spot.depth, length * 1.25,
                   length * 0.72, _ROUND_SECONDS, first, mirrored, drops, foam)
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Fluke:
    """A whale's fluke that rises out of the water at a layer point, stands and slowly sinks again."""

    sprite: U8
    mirror: U8
    anchor: tuple[float, float]
    x: float
    y: float
    depth: float
    size: float
    lean: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw what is above the waterline and a faint mirror image below it."""
        sway = math.sin(moment.seconds * 0.9 + self.lean * 9)
        x, line = moment.place(self.x, self.y, self.depth)
        scale = float(moment.matrix(self.depth)[0, 0])
        rows = min(max(round(line), 0), canvas.shape[0])
        sink = (0.10 + 0.10 * math.sin(moment.seconds * 1.1 + 2.4)) * self.size * scale
        middle, size = self.anchor[0], self.size

        def bend(u: F32, v: F32) -> tuple[F32, F32]:
            out = np.abs(u - middle) / size
            return f32(u), f32(v + out**1.6 * size * (0.14 * sway - 0.02))

        def rippled(u: F32, v: F32) -> tuple[F32, F32]:
            wave = np.sin(v * (60 / size) - moment.seconds * 3) + 0.6 * np.sin(
                v * (140 / size) + moment.seconds * 5
            )
            return f32(u + wave * size * 0.012), f32(v)

        if rows:
            at = pose(x, line + sink, scale, self.anchor, self.lean + 0.03 * sway)
            stamp_bent(canvas[:rows], self.sprite, at, bend, pad=self.size * 0.15)
        if rows < canvas.shape[0]:
            below = pose(x, -sink, scale, self.anchor, self.lean + 0.03 * sway)
            below[1] = -below[1]
            stamp_bent(canvas[rows:], self.mirror, below, rippled, pad=self.size * 0.05)


def fluke(stage: Stage, spot: Spot) -> list[Element]:
    """The fluke of a whale that dives."""
    size = min(spot.size * 1.25, stage.geometry.width * 0.5)
    outline = [*_FLUKE, *((-x, y) for x, y in reversed(_FLUKE[1:]))]
    form = relief([outline], size, 1.1)
    mottle = mottled(stage, form, 6, 5, 0.6)
    pale = smoothstep(0.10, 0.42, f32(np.abs(form.x))) * smoothstep(0.42, 0.62, mottle) * 0.75
    rgb = blend(flat(_SLATE, mottle), flat(_CREAM, mottle), f32(pale))
    ridge = 1 - 0.4 * np.exp(-((form.x / 0.012) ** 2)) * (form.y < -0.25)
    sprite = sunlit_sprite(stage, form, f32(rgb * spread(f32(ridge * (0.75 + 0.4 * mottle)))))
    deep = np.clip(1 + form.y[:, :1] * 1.3, 0, 1) * 0.5
    mirror = (sprite * deep[..., None]).astype(np.uint8)
    x = within(stage, spot.x, size * 0.6)
    return [
        Fluke(sprite, mirror, form.anchor, x, spot.y, spot.depth, size, float(stage.rng.uniform(-0.14, 0.14)))
    ]
