"""Locks of hair painted strand by strand, in the tones that a lamp gives them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genmux.render.paint.gouache import Fade, Sheet
from genmux.render.palette import colour, mix
from genmux.render.portraiture.head import Turn
from genmux.render.portraiture.sitter import Light, Sitter
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve


@dataclass(frozen=True, slots=True, eq=False)
class Tones:
    """Four tones of one head of hair, in the scene's light."""

    deep: F32
    base: F32
    light: F32
    shine: F32


def tones(who: Sitter, lamp: Light) -> Tones:
    """The hair's tones under a lamp."""
    base = mix(lamp.shade, who.hair, 0.35 + 0.6 * lamp.level)
    warm = mix(base, lamp.rim, 0.16)
    return Tones(
        mix(base, mix(lamp.shade, colour("#08060a"), 0.6), 0.55), base, lamp.on(warm, 0.35),
        mix(lamp.on(warm, 0.8), lamp.rim, 0.3),
    )  # fmt: skip


def seen(turn: Turn, points: npt.ArrayLike) -> F32:
    """Hair points as seen on a turned head: near the forehead they turn with it, the sides less."""
    p = f32(points).reshape(-1, 2)
    depth = 0.05 + 0.24 * np.clip(1 - (p[:, 0] / 0.42) ** 2, 0, 1)
    back = np.where(p[:, 0] < 0, -0.1 * turn.yaw, -0.02 * turn.yaw)
    return f32(np.stack([p[:, 0] * 0.97 + turn.shift(depth) + back, p[:, 1]], 1))


def lock(
    sheet: Sheet, outer: F32, inner: F32, tone: Tones, lamp: Light, rng: np.random.Generator, wave: float
) -> None:
    """Paint one lock between two edges: body, shade across, strands and a band of shine."""
    a, b = (f32(curve(e, 8, closed=False)) for e in (outer, inner))
    t = np.linspace(0, 1, len(a), dtype=np.float32)
    if wave:
        bend = wave * np.sin(t * 17 + float(rng.uniform(0, 6))) * np.clip(t * 2.4 - 0.8, 0, 1)
        a, b = a + np.stack([bend, 0 * t], 1), b + np.stack([bend * 0.7, 0 * t], 1)
    outline = f32(np.concatenate([a, b[::-1]]))
    top, low = (float(f(outline[:, 1])) for f in (np.min, np.max))
    sheet.fill(outline, Fade(tone.base, mix(tone.base, tone.deep, 0.5), (0, top), (0, low)), 1, 0.0015)
    inside = sheet.mask([outline])
    for edge, other, share in ((b, a, 0.9), (a, b, 0.55)):
        strip = f32(np.concatenate([edge, (edge * 0.72 + other * 0.28)[::-1]]))
        sheet.fill(strip, tone.deep, share, 0.022, inside)
    wide = float(np.hypot(*(a - b).T).max())
    count = int(np.clip(wide * 130, 12, 70))
    for paint, opacity, number, span in (
        (tone.deep, 0.5, count, (0.0, 1.0)),
        (tone.light, 0.34, count, (0.06, 0.95)),
        (tone.shine, 0.3, count, (0.12, 0.45)),
        (tone.shine, 0.2, count // 2, (0.5, 0.8)),
    ):
        _strands(sheet, a, b, paint, opacity, number, span, lamp, rng, inside)
    if float(a[:, 0].mean()) * lamp.side > 0.1:
        sheet.fill(tapered(a[len(a) // 8 :], 0.016), lamp.rim, 0.75, 0.0035, inside)
        sheet.fill(tapered(a[len(a) // 8 :], 0.07), lamp.rim, 0.28, 0.022, inside)


def _strands(
    sheet: Sheet, a: F32, b: F32, paint: F32, opacity: float, count: int, span: tuple[float, float],
    lamp: Light, rng: np.random.Generator, inside: F32,
) -> None:  # fmt: skip
    """Thin strokes along the lock, each over its own part of `span`."""
    n = len(a)
    strokes = []
    for u, v, w, thick in rng.random((count, 4)):
        start = span[0] + (span[1] - span[0]) * v * 0.5
        end = start + (span[1] - start) * (0.5 + 0.5 * w)
        first, last = int(start * (n - 1)), max(int(end * (n - 1)) + 1, int(start * (n - 1)) + 3)
        path = a[first:last] * (1 - u) + b[first:last] * u
        if len(path) > 2:
            strokes.append(tapered(f32(path), 0.003 + 0.008 * thick))
    sheet.fill_all(strokes, paint, opacity, 0.0012, inside)


def tapered(path: F32, width: float) -> F32:
    """A path as a stroke that is pointed at both ends."""
    along = np.gradient(path, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)
    normal = np.stack([-along[:, 1], along[:, 0]], 1) / length[:, None]
    half = np.sin(np.linspace(0.05, np.pi - 0.05, len(path)))[:, None] * width / 2
    return f32(np.concatenate([path + normal * half, (path - normal * half)[::-1]]))
