"""Painted and drawn styles: oil, watercolour, pencil and ink."""

from __future__ import annotations

from typing import Final, cast

import cv2
import numpy as np

from genmux.render.noise import fbm, smoothstep
from genmux.render.palette import colour
from genmux.render.raster import F32, U8, blur, f32, flat, grid, resize, spread, to_bytes
from genmux.render.styles.work import (
    Filter,
    Work,
    clustered,
    grey,
    outlines,
    table,
    times,
    toned,
    wobble,
)  # fmt: skip

_X: Final = np.linspace(0, 1, 256, dtype=np.float32)
_PAPER: Final = colour("#f8f4ea")


def oil(work: Work) -> Filter:
    """Patches of thick paint on canvas, lit from the upper left."""
    reach = max(2, round(6 * work.step))
    uneven = wobble(work, 2.4, 50)
    weave = _weave(work)
    richer = _saturation(1.32)

    def apply(picture: U8) -> U8:
        patches = clustered(uneven.bend(work.reduced(picture)), reach)
        patches = clustered(patches, max(1, reach // 2)) if not work.moving else patches
        painted = work.restored(cast(U8, cv2.transform(patches, richer)))
        return times(_relieved(painted, grey(painted)), weave)

    return apply


def _relieved(picture: U8, light: U8) -> U8:
    """The picture with the ridges of its paint catching light."""
    lit, shaded = (cast(U8, cv2.filter2D(light, -1, side * _EMBOSS)) for side in (1, -1))
    return cast(U8, cv2.subtract(cv2.add(picture, cv2.merge((lit,) * 3)), cv2.merge((shaded,) * 3)))


_EMBOSS: Final = np.array([[0.5, 0.25, 0], [0.25, 0, -0.25], [0, -0.25, -0.5]], np.float32)


def _weave(work: Work) -> U8:
    """Threads of canvas as a table to multiply with."""
    x, y = grid(work.height, work.width)
    period = max(2.4, 3.2 * work.unit)
    threads = np.sin(x * (2 * np.pi / period)) * np.sin(y * (2 * np.pi / period))
    strokes = work.noise(50, 4) - 0.5
    return to_bytes(f32(np.clip(0.965 + 0.02 * threads + 0.09 * strokes, 0, 1)))


def _saturation(gain: float) -> F32:
    """A colour matrix that moves colours away from grey."""
    weights = np.array([0.3, 0.55, 0.15], np.float32)
    return f32(np.eye(3) * gain + (1 - gain) * weights[None, :])


def watercolor(work: Work) -> Filter:
    """Pale washes with darker rims on grained paper that stays bare at the edges."""
    reach = max(2, round(7 * work.step))
    uneven = wobble(work, 5.0, 22)
    pale = table(f32(1 - (1 - _X) ** 1.25 * 0.8))
    richer = _saturation(1.3)
    washes = 0.93 + 0.22 * (work.noise(6, 5) - 0.5) + 0.16 * (work.noise(90, 3) - 0.5)
    grain = to_bytes(f32(np.clip(washes, 0, 1)))
    keep, bare = _bare_edges(work)

    def apply(picture: U8) -> U8:
        patches = clustered(uneven.bend(work.reduced(picture)), reach)
        rims = outlines(grey(patches), 2.2 * work.step)
        wash = cast(
            U8,
            cv2.subtract(
                cv2.LUT(cast(U8, cv2.transform(patches, richer)), pale),
                cv2.merge((cast(U8, cv2.convertScaleAbs(rims, alpha=2.2)),) * 3),
            ),
        )
        sheet = times(work.restored(wash), grain)
        return cast(U8, cv2.add(times(sheet, keep), bare))

    return apply


def _bare_edges(work: Work) -> tuple[U8, U8]:
    """How much paint lies where, and the paper that shows instead."""
    x, y = grid(work.height, work.width)
    side = np.minimum(np.minimum(x, work.width - 1 - x), np.minimum(y, work.height - 1 - y))
    ragged = side / (46 * work.unit) + (work.noise(9, 5) - 0.5) * 1.3
    cover = smoothstep(0.12, 0.42, f32(ragged))
    return to_bytes(spread(cover)), to_bytes(flat(_PAPER, cover) * spread(f32(1 - cover)))


def sketch(work: Work) -> Filter:
    """Pencil: outlines, and hatching where it is dark."""
    hatches = [_hatching(work, angle) for angle in (0.75, -0.55, 1.4)]
    steps = [table(smoothstep(high, low, _X)) for low, high in ((0.5, 0.95), (0.24, 0.62), (0.04, 0.34))]
    tooth = to_bytes(f32(np.clip(0.93 + 0.14 * (work.noise(120, 2) - 0.5), 0, 1)))
    sigma = max(0.8, 5 * work.step)

    def apply(picture: U8) -> U8:
        light = grey(work.reduced(picture))
        around = cast(U8, cv2.bitwise_not(cv2.GaussianBlur(cv2.bitwise_not(light), (0, 0), sigma)))
        line = cast(U8, cv2.divide(light, around, scale=255.0))
        line = cast(U8, cv2.LUT(line, _LINE))
        drawn, tone = work.restored(line), work.restored(light)
        drawn = cast(U8, cv2.multiply(drawn, cast(U8, cv2.LUT(tone, _GRAPHITE)), scale=1 / 255.0))
        for hatch, step in zip(hatches, steps, strict=True):
            mark = cv2.multiply(cast(U8, cv2.LUT(tone, step)), hatch, scale=1 / 255.0)
            drawn = cast(U8, cv2.subtract(drawn, mark))
        drawn = cast(U8, cv2.multiply(drawn, tooth, scale=1 / 255.0))
        return toned(drawn, [(0, "#2a2b30"), (0.5, "#8d8b89"), (1, "#fbf8f0")])

    return apply


_GRAPHITE: Final = table(f32(0.62 + 0.38 * smoothstep(0.05, 0.85, _X)))
_LINE: Final = table(np.clip((_X - 0.35) / 0.62, 0, 1) ** 1.7)


def _hatching(work: Work, angle: float) -> U8:
    """Uneven parallel strokes, as how much they darken."""
    x, y = grid(work.height, work.width)
    period = max(2.6, 6.5 * work.unit)
    along = x * np.cos(angle) + y * np.sin(angle) + (work.noise(7, 3) - 0.5) * 5 * period
    stroke = smoothstep(0.1, 0.9, f32(np.sin(along * (2 * np.pi / period))))
    broken = smoothstep(0.25, 0.7, fbm(work.rng, work.height, work.width, 70, 3))
    return to_bytes(f32(stroke * (0.4 + 0.6 * broken) * 0.42))


def _evened(light: U8) -> U8:
    """A grey picture with its dark regions lifted, so that a night still leaves paper bare."""
    height, width = light.shape
    small = resize(light, max(2, width // 16), max(2, height // 16), cv2.INTER_AREA)
    around = f32(blur(small, max(1.0, min(small.shape) / 7)))
    gain = np.clip(150 / (around + 26), 0.85, 2.9) * 64
    share = resize(cast(U8, gain.astype(np.uint8)), width, height)
    return cast(U8, cv2.multiply(light, share, scale=1 / 64.0))


def ink(work: Work) -> Filter:
    """Ink washes on rice paper, dark rims, bare paper in the lights."""
    reach = max(2, round(7 * work.step))
    uneven = wobble(work, 6.0, 20)
    wash = table(smoothstep(-0.03, 0.66, _X) ** 0.85)
    pulp = 0.94 + 0.26 * (work.noise(5, 5) - 0.5) + 0.12 * (work.noise(60, 3) - 0.5)
    grain = to_bytes(f32(np.clip(pulp, 0, 1)))

    def apply(picture: U8) -> U8:
        patches = _evened(grey(clustered(uneven.bend(work.reduced(picture)), reach)))
        rims = cast(U8, cv2.convertScaleAbs(outlines(patches, 2.4 * work.step), alpha=3.2))
        washes = cast(U8, cv2.subtract(cv2.LUT(blur(patches, 1.2 * work.step), wash), rims))
        sheet = cast(U8, cv2.multiply(work.restored(washes), grain, scale=1 / 255.0))
        return toned(sheet, [(0, "#16191e"), (0.35, "#4d5257"), (0.7, "#b3ada0"), (1, "#f4eddd")])

    return apply
