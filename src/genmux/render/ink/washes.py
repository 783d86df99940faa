"""Mountains in ink: dark at the crest, textured by dry strokes, dissolved into mist at the foot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.ink.tones import Tones
from genmux.render.layers import Layer, layer
from genmux.render.noise import fbm, smoothstep
from genmux.render.palette import mix
from genmux.render.raster import F32, blend, f32, flat, resize
from genmux.render.scenery.terrain import Range, relief
from genmux.render.stage import Stage

_COARSE: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Wash:
    """One range: foot and height in pixels, depth, strength of its ink, sides where it rises (0..1).

    `mist` is the share of its height that has vanished above the foot.
    """

    base: float
    height: float
    depth: float
    strength: float
    masses: tuple[float, ...]
    mist: float = 0.62
    spread: float = 0.28


@dataclass(frozen=True, slots=True, eq=False)
class Massif:
    """A height map and its light, shared by the ranges of one painting."""

    terrain: F32
    shade: F32


def wash(stage: Stage, used: Tones, rock: Massif, spec: Wash) -> Layer:
    """Paint one range."""
    g = stage.geometry
    view = relief(
        stage,
        Range(spec.base, spec.height, spec.depth, haze=0.0, floor=spec.base + 2),
        rock.terrain, rock.shade, _envelope(stage, spec),
    )  # fmt: skip
    cloud, grain = _noises(stage, *view.below.shape)
    row = np.arange(view.top, view.top + view.below.shape[0], dtype=np.float32)[:, None]
    foot = smoothstep(
        spec.base, spec.base - spec.height * spec.mist, f32(row + (cloud - 0.5) * spec.height * 0.4)
    )
    foot = foot * smoothstep(spec.base, spec.base - spec.height * 0.16, row)
    edge = np.clip((view.below + (grain - 0.5) * 3 * g.unit) / max(g.unit, 0.5) + 0.5, 0, 1)
    cover = f32(edge * foot)
    density = _density(spec, used, view.light, view.below, cloud, grain, g.unit)
    ground = used.paper((spec.base - g.margin_y) / g.height - 0.12)
    body = mix(ground, used.snow, 0.85) if used.snowy else ground
    ink = mix(used.far, used.near, min(1.0, spec.depth * 2.6))
    rgb = blend(flat(body, cover), flat(ink, cover), f32(density * spec.strength))
    return layer(rgb, cover, spec.depth, view.top)


def _density(spec: Wash, used: Tones, light: F32, below: F32, cloud: F32, grain: F32, unit: float) -> F32:
    """How much ink lies where, 0..1."""
    down = np.maximum(below, 0)
    wet = np.exp(-down / (spec.height * 0.30)) * (0.35 + 0.9 * cloud)
    crest = np.exp(-down / (3.2 * max(unit, 0.4))) * smoothstep(0.34, 0.62, f32(0.6 * cloud + 0.4 * grain))
    shaded = smoothstep(0.60, 0.12, f32(light + (grain - 0.5) * 0.3))
    strokes = shaded * (0.4 + 0.6 * np.exp(-down / (spec.height * 0.5)))
    if used.snowy:
        wet = wet * 0.28
        strokes = strokes * smoothstep(0.0, spec.height * 0.10, f32(down)) * 1.1
    total = 0.62 * wet + 0.62 * crest + 0.72 * strokes
    total = total + (grain - 0.5) * 0.9 * total * np.clip(1.1 - total, 0, 1)
    return f32(np.clip(total, 0, 1))


def _noises(stage: Stage, rows: int, width: int) -> tuple[F32, F32]:
    """Wet clouds of ink and the grain of a dry brush, each (rows, width)."""
    rng, unit = stage.rng, max(stage.geometry.unit, 0.3)
    height, across = max(2, rows // _COARSE), max(2, width // _COARSE)
    cells = max(2.0, rows / (150 * unit))
    cloud = resize(fbm(rng, height, across, cells, 5), width, rows, cv2.INTER_CUBIC)
    grain = fbm(rng, rows, width, max(4.0, rows / (13 * unit)), 4, gain=0.8, stretch=0.45)
    return smoothstep(0.25, 0.75, cloud), smoothstep(0.2, 0.8, grain)


def _envelope(stage: Stage, spec: Wash) -> F32:
    g = stage.geometry
    x = (np.arange(g.layer_width, dtype=np.float32) - g.margin_x) / g.width
    broad = spec.spread * max(1.0, min(g.height / g.width * 1.2, 1.6)) * min(1.0, 1.9 * g.height / g.width)
    hills = [np.exp(-(((x - m) / broad) ** 2)) for m in spec.masses]
    return f32(np.clip(0.14 + 0.84 * np.max(hills, axis=0), 0, 1))


def bank(stage: Stage, used: Tones, line: F32, depth: float) -> Layer:
    """A near shore below a line of layer rows, dark at its brink and wet below."""
    g = stage.geometry
    top = min(max(0, int(line.min()) - 2), g.layer_height - 1)
    below = np.arange(top, g.layer_height, dtype=np.float32)[:, None] - line[None, :]
    cloud, grain = _noises(stage, *below.shape)
    down, thick = np.maximum(below, 0), g.span * 0.09
    density = np.exp(-down / thick) * (0.3 + 0.75 * cloud) + 0.4 * np.exp(-down / (4 * max(g.unit, 0.4)))
    density = density + (grain - 0.5) * 0.35 * density
    cover = f32(np.clip((below + (cloud - 0.5) * 9 * g.unit) / max(g.unit, 0.5) + 0.5, 0, 1))
    rgb = blend(
        flat(used.paper(0.9), cover),
        flat(mix(used.ink, used.near, 0.5), cover),
        f32(np.clip(density, 0, 0.96)),
    )
    fade = np.exp(-down / (thick * 2.4))
    return layer(rgb, f32(cover * fade), depth, top)
