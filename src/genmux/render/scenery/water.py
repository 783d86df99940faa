"""Reflecting water: everything above the waterline mirrored in moving waves, with glitter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.noise import Tile, tile
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, f32, remap, resize, tinted
from genmux.render.stage import Stage

_TILE: Final = 512
_COARSE: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Water:
    """A water surface from the waterline to the bottom of the picture.

    Tables start at the waterline, at half size (`coarse_*`) or full size.
    """

    waves: Tile
    waterline: float
    depth: float
    coarse_u: F32
    coarse_v: F32
    coarse_height: F32
    coarse_row: F32
    mirror_share: U8
    body: U8
    crest: F32
    trough: F32
    glitter: F32
    sun_x: float
    glitter_share: float
    whitecaps: bool = False

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Replace the canvas below the waterline by its moving reflection."""
        height, width = canvas.shape[:2]
        shore = min(max(moment.place(0, self.waterline, self.depth)[1], 4.0), height - 2.0)
        line = round(shore)
        rows = height - line
        waves = self._waves(moment, rows)
        surface = self._mirror(canvas, waves, shore, moment)
        cv2.multiply(surface, self.mirror_share[:rows], surface, 1 / 255.0)
        cv2.add(surface, self.body[:rows], surface)
        light, dark = self._sparkle(waves, moment)
        cv2.add(surface, _enlarged(light, width, rows), surface)
        cv2.subtract(surface, _enlarged(dark, width, rows), surface)
        canvas[line:] = surface
        _soften(canvas, line, moment.geometry.unit)

    def _waves(self, moment: Moment, rows: int) -> F32:
        """Wave heights at half size: two tiles that slide over each other."""
        count = (rows + _COARSE - 1) // _COARSE
        u, v = self.coarse_u[:count], self.coarse_v[:count]
        slide = moment.pose.x * moment.geometry.margin_x * 0.6 / moment.geometry.height * _TILE
        t = moment.seconds
        first = self.waves.at(u + (t * 9 + slide), v - t * 22)
        second = self.waves.at(u * 1.73 - (t * 12 - slide * 1.7), v * 1.61 - (t * 31 - 91))
        heights = (first + 0.7 * second) * self.coarse_height[:count]
        if self.whitecaps:
            heights = heights + 1.5 * self.waves.at(u * 0.31 + t * 5, v * 0.42 - t * 15)
        return np.asarray(heights, np.float32)

    def _mirror(self, canvas: U8, waves: F32, shore: float, moment: Moment) -> U8:
        # Between pixels too, so that the image glides when the camera moves the shore.
        line = round(shore)
        rows, width = canvas.shape[0] - line, canvas.shape[1]
        down = np.arange(rows, dtype=np.float32)[:, None] + np.float32(line - shore)
        half = f32([[0.5, 0, -0.25], [0, 0.5, (line - shore) / 2 - 0.25]])
        smooth = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        bend = cv2.warpAffine(waves, half, (width, rows), flags=smooth, borderMode=cv2.BORDER_REPLICATE)
        unit = moment.geometry.unit
        at_x = np.arange(width, dtype=np.float32)[None, :] + bend * (3.2 * unit)
        at_y = np.minimum((shore - 1 - down * 1.02) + bend * (2 * unit + down * 0.055), line - 1)
        return remap(canvas[:line], at_x, at_y.astype(np.float32))

    def _sparkle(self, waves: F32, moment: Moment) -> tuple[U8, U8]:
        """Light and dark of the waves at half size: crests, troughs, glitter under the sun."""
        count, width = waves.shape
        row = self.coarse_row[:count, None]
        sun = moment.place(self.sun_x, 0, 0.0)[0]
        away = (np.arange(width, dtype=np.float32)[None, :] * _COARSE - sun) / moment.geometry.span
        column = np.exp(-((away / (0.04 + 0.30 * row)) ** 2)) * self.glitter_share
        points = np.clip((waves - 0.55) * 1.6, 0, 1.4) * column * (1 - 0.4 * np.clip(row * 2, 0, 1))
        sheen = column * np.clip(1 - row * 1.7, 0, 1) * 0.2
        crest = np.clip(waves * 26 - 8, 0, 70).astype(np.uint8)
        if self.whitecaps:
            crest = np.maximum(crest, self._caps(waves, moment))
        glints = np.clip((points + sheen) * 255, 0, 255).astype(np.uint8)
        light = np.asarray(cv2.add(tinted(crest, self.crest), tinted(glints, self.glitter)), np.uint8)
        return light, tinted(np.clip(-waves * 26 - 4, 0, 60).astype(np.uint8), self.trough)

    def _caps(self, waves: F32, moment: Moment) -> U8:
        """Torn foam on the highest waves, thinner near the eye where it would be a sheet."""
        count = waves.shape[0]
        u, v = self.coarse_u[:count] * 5.3, self.coarse_v[:count] * 3.7
        torn = self.waves.at(u + moment.seconds * 16, v - moment.seconds * 60)
        high = np.clip((waves - 2.3 + 0.9 * torn) * 0.42, 0, 1) * np.clip(0.55 + 0.55 * torn, 0.06, 1)
        return np.asarray(np.clip(high * 225, 0, 225), np.uint8)


def _enlarged(table: U8, width: int, rows: int) -> U8:
    """The first rows of a table of half size at full size; always by the same factor."""
    return resize(table, width, table.shape[0] * _COARSE)[:rows]


def _soften(canvas: U8, line: int, unit: float) -> None:
    """Blur the waterline a little, so that land meets water without a knife edge."""
    reach = max(1, round(2 * unit))
    low, high = max(0, line - reach), min(canvas.shape[0], line + reach + 1)
    padded_low = max(0, low - 6)
    band = cv2.GaussianBlur(canvas[padded_low : high + 6], (1, 2 * reach + 1), 0)
    canvas[low:high] = band[low - padded_low : high - padded_low]


def water(stage: Stage, waterline: float, roughness: float, clarity: float, whitecaps: bool = False) -> Water:
    """Water below `waterline`; `roughness` scales the waves, `clarity` 0..1 the reflection.

    `whitecaps` stand on the long swell of a storm.
    """
    g, palette = stage.geometry, stage.palette
    rows, columns = g.height // _COARSE + 2, (g.width + 1) // _COARSE
    row = (np.arange(rows, dtype=np.float32) + 0.7) * _COARSE / g.span
    away = 0.22 / (row + 0.012)
    across = (np.arange(columns, dtype=np.float32) * _COARSE - g.width / 2) / g.span
    height = np.clip(row / 0.05, 0, 1) ** 0.7 * np.clip(1.4 - away * 0.12, 0.25, 1.2) * roughness
    share = clarity * (1 - 0.6 * np.clip(np.arange(g.height, dtype=np.float32) / (g.span * 0.42), 0, 1))
    body = (1 - share)[:, None] * mix(palette.deep, palette.near, 0.12) * 255
    sparkling = stage.time != "storm" and (stage.allows("sun") or stage.time == "night")
    return Water(
        waves=tile(stage.rng, _TILE, 4, 5, gain=0.55),
        waterline=waterline,
        depth=0.2,
        coarse_u=f32(across[None, :] * away[:, None] * _TILE * 0.62),
        coarse_v=np.repeat((away * _TILE * 2.3)[:, None], columns, axis=1).astype(np.float32),
        coarse_height=height[:, None].astype(np.float32),
        coarse_row=f32(row),
        mirror_share=_rows_to_rgba(np.repeat((share * 255)[:, None], 3, axis=1), g.width),
        body=_rows_to_rgba(body, g.width),
        crest=(mix(palette.haze, palette.sun, 0.2) * (0.75 if whitecaps else 0.4)).astype(np.float32),
        trough=np.array([0.33, 0.33, 0.33], np.float32),
        glitter=mix(palette.glow, palette.sun, 0.5),
        sun_x=stage.sun_x,
        glitter_share={"day": 0.75, "storm": 0.0}.get(stage.time, 1.0) if sparkling else 0.0,
        whitecaps=whitecaps,
    )


def _rows_to_rgba(rows: F32, width: int) -> U8:
    """One colour per row, 0..255, as a full-size RGBA table with empty alpha."""
    table = np.zeros((rows.shape[0], width, 4), np.uint8)
    table[..., :3] = np.clip(rows, 0, 255).astype(np.uint8)[:, None, :]
    return table
