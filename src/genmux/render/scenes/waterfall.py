"""A waterfall: a cliff among wooded slopes, a ribbon of falling water, its pool and its mist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.noise import Tile, tile
from genmux.render.palette import colour, mix
from genmux.render.plants.conifers import Woods, woods
from genmux.render.raster import F32, U8, f32, over, premultiplied, resize
from genmux.render.scenery.rocks import Rock, rock
from genmux.render.scenery.terrain import Range, mist_band, range_layer
from genmux.render.scenery.water import water
from genmux.render.scenes.ridges import accents, slope, snow_share, white
from genmux.render.stage import Stage
from genmux.render.subjects import asked

_WATER: Final = colour("#f2f8fc")


@dataclass(frozen=True, slots=True, eq=False)
class Fall:
    """Water that falls from (x, top) to row `foot`, `lip` pixels wide above and `skirt` wide below.

    `step` 0..1 is where it strikes a ledge and widens.
    """

    x: float
    top: float
    foot: float
    lip: float
    skirt: float
    step: float
    depth: float
    streaks: Tile
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Compose the ribbon and the mist at its foot, at half size."""
        x, top = moment.place(self.x, self.top, self.depth)
        _, foot = moment.place(self.x, self.foot, self.depth)
        drop = foot - top
        half = self.skirt * 2.6
        left, right = max(0, int(x - half)), min(canvas.shape[1], int(x + half))
        high, low = max(0, int(top) - 2), min(canvas.shape[0], int(foot + drop * 0.12))
        if right - left < 4 or low - high < 4 or drop < 4:
            return
        across = np.linspace(left - x, right - x, max(2, (right - left) // 2), dtype=np.float32)[None, :]
        down = ((np.linspace(high, low, max(2, (low - high) // 2), dtype=np.float32) - top) / drop)[:, None]
        cover = self._falling(across, down, moment.seconds)
        rgb = np.broadcast_to(self.tone, (*cover.shape, 3))
        sprite = resize(premultiplied(f32(rgb), f32(cover)), right - left, low - high)
        part = np.ascontiguousarray(canvas[high:low, left:right])
        over(part, sprite)
        canvas[high:low, left:right] = part

    def _falling(self, across: F32, down: F32, t: float) -> F32:
        """Coverage at offsets `across` in pixels and shares `down` of the fall."""
        past = 1 / (1 + np.exp(-(down - self.step) * 40))
        width = self.lip + (self.skirt - self.lip) * (0.25 * down + 0.55 * past + 0.2 * down**3)
        sway = np.sin(down * 7 + t * 0.8) * self.lip * 0.08 * down
        away = (across - sway) / width
        u = np.repeat(across / self.lip * 15, down.shape[0], axis=0).astype(np.float32)
        v = np.repeat(np.sqrt(np.clip(down, 0, 2)) * 75 - t * 62, across.shape[1], axis=1).astype(np.float32)
        streaks = self.streaks.at(u, v)
        fine = self.streaks.at(u * 2.3 + 40, v * 1.7)
        body = np.exp(-(np.abs(away) ** 3.2)) * np.clip(0.66 + 0.22 * streaks + 0.13 * fine, 0.1, 1)
        ribbon = body * np.clip(down * 60 + 0.4, 0, 1) * np.clip((1.02 - down) * 14, 0, 1)
        foam = np.exp(-(((down - self.step) / 0.035) ** 2)) * np.exp(-(away**2) * 1.2) * 0.5
        puff = self.streaks.at(u * 0.22 + t * 3, f32(v * 0 + down * 60 + t * 9))
        cloud = np.exp(-(((down - 1.0) / 0.13) ** 2)) * np.exp(-((across / (self.skirt * 1.25)) ** 2))
        mist = cloud * np.clip(0.62 + 0.26 * puff, 0, 1)
        return f32(np.clip(1 - (1 - ribbon) * (1 - foam) * (1 - mist), 0, 0.97))


def waterfall(stage: Stage) -> list[Element]:
    """Ranges, the cliff with its fall, the pool that mirrors it and near pines."""
    g, rng = stage.geometry, stage.rng
    span, h = g.span, g.height
    pool = stage.horizon + h * 0.10
    x = stage.free_x * 0.6 + g.layer_width * 0.2
    height = min(span * float(rng.uniform(0.50, 0.62)), (pool - g.margin_y) * 0.78)
    half = min(span * float(rng.uniform(0.50, 0.7)), g.width * 0.5)
    turf = 0.45 if not stage.wants("snowy") else 0.0
    cliff, lip = rock(stage, Rock(x, half, pool, height, 0.22, haze=0.16, steep=0.85, turf=turf))
    side = 1 if x < g.layer_width / 2 else -1
    wing, _ = rock(stage, Rock(x + side * half * 1.15, half * 0.8, pool + 1, height * 0.55, 0.22, haze=0.10,
                               steep=0.6, turf=turf))  # fmt: skip
    wide = span * float(rng.uniform(0.026, 0.038))
    light = {"night": 0.62, "storm": 0.82}.get(stage.time, 1.0)
    tone = f32(mix(_WATER, stage.palette.lit, 0.25) * light)
    fall = Fall(x, lip + height * 0.02, pool, wide, wide * float(rng.uniform(1.7, 2.4)),
                float(rng.uniform(0.45, 0.65)), 0.22, tile(rng, 256, 12, 4), tone)  # fmt: skip
    far = Range(
        stage.horizon + h * 0.04, span * 0.42, 0.10, haze=0.42, snow=snow_share(stage), floor=pool + 2
    )
    slopes = slope(stage, stage.horizon + h * 0.10, span * 0.26, 0.18, 0.26, 0.7, pool + 2)
    bank = Woods(pool, span * 0.10, 0.2, count=120, haze=0.22, mist=0.4, snow=white(stage), roll=0.004,
                 floor=pool + h * 0.02, accent=accents(stage)[0],
                 clear=(x - half * 0.7, x + half * 0.7))  # fmt: skip
    elements: list[Element] = [
        range_layer(stage, far),
        mist_band(stage, stage.horizon + h * 0.02, h * 0.06, 0.13, 0.45),
        range_layer(stage, slopes),
        cliff,
        fall,
        wing,
        woods(stage, bank),
        mist_band(stage, pool - h * 0.015, h * 0.035, 0.21, 0.5, drift=9),
        water(stage, pool, roughness=0.75, clarity=0.85),
    ]
    if not asked(stage, "ground"):
        clear = (x - span * 0.16, x + span * 0.16)
        near = Woods(stage.horizon + h * 0.45, span * 0.36, 0.95, count=15, haze=0.0, mist=0.0,
                     snow=white(stage), roll=0.05, accent=accents(stage)[1], clear=clear)  # fmt: skip
        elements.append(woods(stage, near))
    return elements
