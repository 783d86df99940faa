"""Soft shaded painting: outlines filled with plain colours and fades, with sharp or blurred edges."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.palette import ramp
from genmux.render.raster import F32, U8, blur, f32, grid, resize, to_bytes
from genmux.render.shapes import curve, fill


@dataclass(frozen=True, slots=True, eq=False)
class Fade:
    """A colour that runs from `start` at one point to `end` at another, in the units of the sheet."""

    start: F32
    end: F32
    at: tuple[float, float]
    to: tuple[float, float]


Paint = F32 | Fade
Outline = npt.ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A picture in progress: premultiplied colour and coverage.

    Outlines are in units of `scale` pixels around `origin` (pixels); `side` -1 paints them mirrored.
    """

    colour: F32
    cover: F32
    origin: tuple[float, float]
    scale: float
    side: float = 1.0

    def pixels(self, points: Outline) -> F32:
        """Points in units as pixels of the sheet."""
        return f32(f32(points) * [self.scale * self.side, self.scale] + f32(self.origin))

    def mask(self, outlines: Iterable[Outline], soft: float = 0.0) -> F32:
        """Coverage of some outlines together, as large as the sheet; `soft` is the blur in units."""
        window, values = self._patch([self.pixels(o) for o in outlines], soft)
        whole = np.zeros(self.cover.shape, np.float32)
        whole[window] = values
        return whole

    def fill(
        self, outline: Outline, paint: Paint, opacity: float = 1.0, soft: float = 0.0,
        within: F32 | None = None,
    ) -> None:  # fmt: skip
        """Fill one outline; `within` (a mask of the sheet) keeps the paint inside it."""
        self.fill_all([outline], paint, opacity, soft, within)

    def fill_all(
        self, outlines: Iterable[Outline], paint: Paint, opacity: float = 1.0, soft: float = 0.0,
        within: F32 | None = None,
    ) -> None:  # fmt: skip
        """Fill several outlines with one paint."""
        window, values = self._patch([self.pixels(o) for o in outlines], soft)
        if values.size:
            self._lay(window, values * np.float32(opacity), paint, within)

    def wash(self, mask: F32, paint: Paint | None = None, picture: F32 | None = None) -> None:
        """Lay a paint, or a picture as large as the sheet, where a mask of the sheet is set."""
        rows, columns = np.flatnonzero(mask.max(axis=1) > 0), np.flatnonzero(mask.max(axis=0) > 0)
        if rows.size and columns.size:
            window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            shown = picture[window] if picture is not None else paint
            self._lay(window, mask[window], shown if shown is not None else np.zeros(3, np.float32), None)

    def _lay(self, window: tuple[slice, slice], values: F32, paint: Paint, within: F32 | None) -> None:
        if within is not None:
            values = f32(values * within[window])
        colour, cover = self.colour[window], self.cover[window]
        shown = self._faded(window, paint) if isinstance(paint, Fade) else paint
        colour += (shown - colour) * values[..., None]
        cover += (1 - cover) * values

    def _faded(self, window: tuple[slice, slice], paint: Fade) -> F32:
        x, y = grid(window[0].stop - window[0].start, window[1].stop - window[1].start)
        (ax, ay), (bx, by) = self.pixels([paint.at, paint.to])
        dx, dy = bx - ax, by - ay
        length = max(float(dx * dx + dy * dy), 1e-6)
        share = ((x + window[1].start - ax) * dx + (y + window[0].start - ay) * dy) / length
        share = np.clip(share, 0, 1)
        eased = f32(share * share * (3 - 2 * share))
        return f32(paint.start + (paint.end - paint.start) * eased[..., None])

    def _patch(self, outlines: list[F32], soft: float) -> tuple[tuple[slice, slice], F32]:
        """The window that the outlines touch, and their coverage there."""
        sigma = soft * self.scale
        height, width = self.cover.shape
        reach = math.ceil(sigma * 2.6) + 2
        filled = [o for o in outlines if len(o) > 2]
        if not filled:
            return np.s_[0:0, 0:0], np.zeros((0, 0), np.float32)
        low = np.min([o.min(axis=0) for o in filled], axis=0) - reach
        high = np.max([o.max(axis=0) for o in filled], axis=0) + reach
        left, top = max(math.floor(low[0]), 0), max(math.floor(low[1]), 0)
        right, bottom = min(math.ceil(high[0]), width), min(math.ceil(high[1]), height)
        if right <= left or bottom <= top:
            return np.s_[0:0, 0:0], np.zeros((0, 0), np.float32)
        # A wide blur keeps no detail: it is drawn and blurred small, and scaled up.
        coarse = max(1, int(sigma / 5))
        wide, high = right - left, bottom - top
        mask = np.zeros((-(-high // coarse) + 1, -(-wide // coarse) + 1), np.uint8)
        for outline in filled:
            fill(mask, f32((outline - [left, top] + 0.5) / coarse - 0.5))
        soft_mask = blur(mask, sigma / coarse)
        if coarse > 1:
            soft_mask = resize(soft_mask, mask.shape[1] * coarse, mask.shape[0] * coarse)
        return np.s_[top:bottom, left:right], f32(soft_mask[:high, :wide] * np.float32(1 / 255))

    def globe(self, x: float, y: float, r: float, stops: Sequence[tuple[float, F32]], light: float) -> None:
        """A ball lit from above on the side `light`; `stops` colour lightings of 0..1."""
        px, py = self.pixels([(x, y)])[0]
        reach = r * self.scale
        height, width = self.cover.shape
        left, top = max(math.floor(px - reach) - 1, 0), max(math.floor(py - reach) - 1, 0)
        right, bottom = min(math.ceil(px + reach) + 2, width), min(math.ceil(py + reach) + 2, height)
        if right <= left or bottom <= top:
            return
        gx, gy = grid(bottom - top, right - left)
        u, v = (gx + left - px) / reach * self.side, (gy + top - py) / reach
        away = np.hypot(u, v)
        z = np.sqrt(np.clip(1 - away * away, 0, 1))
        facing = 0.48 * light * u - 0.58 * v + 0.66 * z
        bounced = np.clip(v - 0.2, 0, 1) * (1 - z) * 0.34
        gleam = np.clip((facing - 0.9) / 0.1, 0, 1) ** 2
        level = np.clip(0.30 + 0.52 * facing + bounced + 0.3 * gleam, 0, 1)
        edge = np.clip((1 - away) * reach + 0.5, 0, 1)
        self._lay(np.s_[top:bottom, left:right], f32(edge), ramp(stops, f32(level)), None)

    def sprite(self) -> U8:
        """The finished picture as a premultiplied sprite."""
        return to_bytes(f32(cv2.merge((*cv2.split(self.colour), self.cover))))


def sheet(width: int, height: int, origin: tuple[float, float], scale: float, side: float = 1.0) -> Sheet:
    """An empty sheet of at least one pixel."""
    rows, columns = max(1, height), max(1, width)
    colour = np.zeros((rows, columns, 3), np.float32)
    return Sheet(colour, np.zeros((rows, columns), np.float32), origin, scale, side)


def stroke(points: Outline, start: float, middle: float, end: float, steps: int = 6) -> F32:
    """The outline of a brush stroke along a smooth path; the three widths are at its ends and middle."""
    path = curve(points, steps, closed=False)
    along = np.gradient(path, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)
    normal = np.stack([-along[:, 1], along[:, 0]], 1) / length[:, None]
    t = np.linspace(0, 1, len(path))
    half = np.interp(t, [0, 0.5, 1], [start, middle, end])[:, None] / 2
    return f32(np.concatenate([path + normal * half, (path - normal * half)[::-1]]))
