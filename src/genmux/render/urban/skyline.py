"""Rows of towers as layers, with what hangs and shines on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.layers import Layer, layer
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, blur, f32, resize, spread
from genmux.render.sprites.stamps import additive
from genmux.render.stage import Stage
from genmux.render.urban.lamps import Pulses
from genmux.render.urban.landmarks import Landmark, figure
from genmux.render.urban.signs import NEON, hologram, sign
from genmux.render.urban.towers import Look, Sheet, sheet, tower

_CONCRETE: Final = colour("#8d97a5")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of towers: `height` and widths in pixels, its ground at layer row `base`.

    `pitch` is the height of a storey in units; `bulge` how wide the hill of heights around `centre` is.
    """

    base: float
    height: float
    depth: float
    haze: float
    lamps: float
    narrow: float
    wide: float
    centre: float
    bulge: float = 0.24
    prominent: float = 0.6
    pitch: float = 6.0


def look(stage: Stage, row: Row, air: F32) -> Look:
    """How a row looks in the stage's light."""
    palette = stage.palette
    wall = palette.near if stage.dark else mix(_CONCRETE, palette.lit, 0.25)
    if stage.time in ("dawn", "sunset"):
        wall = mix(palette.near, palette.far, 0.55 if stage.time == "dawn" else 0.3)
    glass = f32([mix(palette.near, palette.haze, 0.5), palette.sky[4], palette.sky[2], palette.sky[1]])
    snow = mix(colour("#eef3fb"), palette.haze, 0.25) * {"night": 0.45, "storm": 0.6, "sunset": 0.8}.get(
        stage.time, 1.0
    )
    lamps = row.lamps * {"night": 1.0, "storm": 0.8, "sunset": 0.6, "dawn": 0.25}.get(stage.time, 0.0)
    return Look(wall, air, row.haze, lamps, glass, palette.sun, row.pitch * stage.geometry.unit,
                stage.dark, stage.neon, stage.flipped, snow if stage.wants("snowy") else None)  # fmt: skip


def paper_of(stage: Stage, row: Row, taller: float = 1.6) -> Sheet:
    """A sheet for this row, high enough for what is `taller` times its height."""
    top = max(0, int(row.base - row.height * taller))
    return sheet(stage.geometry.layer_width, top, max(int(row.base), top + 4))


def raise_row(stage: Stage, paper: Sheet, row: Row, shine: Look) -> None:
    """Draw the row's towers from left to right, highest around its centre."""
    rng, width = stage.rng, stage.geometry.layer_width
    x = -row.wide * float(rng.random())
    while x < width:
        wide = float(rng.uniform(row.narrow, row.wide))
        hill = 0.36 + 0.64 * np.exp(-(((x / width - row.centre) / row.bulge) ** 2))
        tall = row.height * hill * float(rng.uniform(0.42, 1.0))
        slim = 0.72 if tall > row.height * 0.6 else 1.0
        tower(rng, paper, shine, x, wide * slim, tall, bool(rng.random() < row.prominent * hill))
        x += wide * slim * float(rng.uniform(0.95, 1.25))


def stand(
    rng: np.random.Generator, paper: Sheet, landmark: Landmark, shine: Look, x: float, tall: float
) -> None:
    """Draw a landmark whose foot is at layer column `x`."""
    walls = (shine.wall, shine.wall if shine.dark else f32(shine.wall * 0.35 + shine.glass[2] * 0.6))
    rgb, cover, lamps = figure(rng, landmark, round(tall), walls, 0.9 if shine.dark else 0.0)
    down = (
        np.linspace(0, 0.45, cover.shape[0], dtype=np.float32)[:, None, None] * (1 - shine.haze) + shine.haze
    )
    rgb = f32(rgb * (1 - down) + shine.air * down)
    low = paper.base - paper.top - cover.shape[0]
    paper.put(round(x - cover.shape[1] / 2), low, rgb, cover, f32(lamps * (1 - 0.4 * shine.haze)))
    paper.tips.append((x, paper.base - tall + 2))


def hang_signs(stage: Stage, paper: Sheet, row: Row, count: int) -> list[tuple[float, float, F32]]:
    """Upright neon signs on the walls of a row; returns their middles (layer pixels) and colours."""
    rng, g = stage.rng, stage.geometry
    found: list[tuple[float, float, F32]] = []
    for _ in range(count):
        tone = NEON[int(rng.integers(len(NEON)))]
        texture = sign(rng, int(rng.integers(3, 6)), True, tone, float(rng.choice([0.06, 0.06, 0.5])))[
            ..., :3
        ]
        wide = max(5, round(g.span * float(rng.uniform(0.018, 0.032))))
        tall = round(wide * texture.shape[0] / texture.shape[1])
        x = round(float(rng.uniform(0.03, 0.97)) * g.layer_width)
        y = paper.base - paper.top - round(row.height * float(rng.uniform(0.22, 0.5))) - tall // 2
        column = paper.cover[min(max(y, 0), paper.cover.shape[0] - 1), min(x + wide // 2, g.layer_width - 1)]
        if column < 0.5:
            continue
        face = resize(f32(np.clip(texture, 0, 1.4)), wide, tall)
        paper.put(x, y, f32(face * 0.2), np.ones((tall, wide), np.float32), face)
        found.append((x + wide / 2, y + paper.top + tall / 2, tone))
    return found


def holograms(stage: Stage, row: Row, count: int) -> Pulses:
    """Great pictures of light that flicker before the towers of a row."""
    rng, g = stage.rng, stage.geometry
    rows: list[tuple[float, float, float, float, float]] = []
    sprites: list[U8] = []
    for k in range(count):
        tall = max(8, round(g.span * float(rng.uniform(0.12, 0.2))))
        side = (-1) ** k * float(rng.uniform(0.1, 0.3))
        x = (row.centre + side) * g.layer_width
        rows.append(
            (
                x,
                row.base - row.height * float(rng.uniform(0.5, 0.75)),
                float(k),
                float(rng.uniform(5, 9)),
                0.72,
            )
        )
        light = hologram(
            rng, round(tall * float(rng.uniform(0.5, 0.75))), tall, NEON[int(rng.integers(len(NEON)))]
        )
        sprites.append(additive(f32(light * 0.8)))
    return Pulses(f32(rows).reshape(-1, 5), tuple(sprites), row.depth)


def glowing(stage: Stage, papers: Sequence[Sheet], depth: float, melting: float = 0.0) -> Layer:
    """Sheets of one depth, far to near, as one layer with the light that their lamps spill.

    The lowest `melting` pixels fade out, so that towers rise from haze.
    """
    top, base = min(p.top for p in papers), max(p.top + p.cover.shape[0] for p in papers)
    width = papers[0].cover.shape[1]
    rgb, lamps = (np.zeros((base - top, width, 3), np.float32) for _ in range(2))
    cover = np.zeros((base - top, width), np.float32)
    for paper in papers:
        window = np.s_[paper.top - top : paper.top - top + paper.cover.shape[0]]
        through = spread(f32(1 - paper.cover))
        rgb[window] = rgb[window] * through + paper.colour * spread(paper.cover)
        lamps[window] = lamps[window] * through + paper.lamps
        cover[window] = np.maximum(cover[window], paper.cover)
    if stage.dark:
        small = resize(lamps, max(2, width // 3), max(2, (base - top) // 3))
        unit = stage.geometry.unit
        spill = blur(small, 1.1 * unit + 0.2) * 0.55 + blur(small, 5 * unit + 0.3) * 0.7
        halo = resize(f32(spill), width, base - top)
    else:
        halo = np.zeros_like(lamps)
    solid = cover.copy()
    if melting >= 1:
        rows = min(round(melting), base - top)
        fade = np.linspace(1, 0, rows, dtype=np.float32)[:, None]
        cover[-rows:] *= fade
    lit = f32(np.maximum(rgb / spread(np.maximum(solid, 1e-3)), lamps) + halo)
    return layer(np.clip(lit, 0, 1), cover, depth, top)


def street_floor(stage: Stage, base: float, air: F32) -> Layer:
    """The ground of a city seen from above: lamplit haze, darker toward us, from layer row `base` down."""
    g = stage.geometry
    top = min(max(0, int(base)), g.layer_height - 2)
    rows = g.layer_height - top
    down = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    near = mix(stage.palette.near, air, 0.25 if stage.dark else 0.5)
    rgb = np.repeat((air * (1 - down) + near * down)[:, None, :], g.layer_width, axis=1)
    cover = np.repeat(np.clip(down * rows / 6, 0, 1), g.layer_width, axis=1)
    return layer(f32(rgb), f32(cover), 0.1, top)
