"""What grows at the foot of a wood: grass, fallen leaves and ferns."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from genmux.render.paint.polygons import dab
from genmux.render.palette import ramp
from genmux.render.plants.leaves import blade_polygons, frond, leaf_polygons
from genmux.render.plants.woods import Wood
from genmux.render.raster import F32, U8, f32
from genmux.render.stage import Stage


@dataclass(frozen=True, slots=True)
class Growth:
    """Where plants grow on a row: floor rows low..high, size in pixels, the fog, and the clear middle."""

    low: float
    high: float
    size: float
    haze: float
    clear_x: float
    clear: float


def planted(stage: Stage, sprite: U8, wood: Wood, spec: Growth, fog: F32) -> None:
    """Grass, fallen leaves and ferns on a row, the farther ones first, in place."""
    g, rng = stage.geometry, stage.rng
    span = g.layer_width / g.span
    rows = spec.high - spec.low
    if wood.litter:
        count = int(420 * span)
        at = f32(
            np.stack([rng.uniform(0, g.layer_width, count), spec.low + rng.random(count) ** 1.3 * rows], 1)
        )
        near = 0.35 + 0.65 * (at[:, 1] - spec.low) / max(rows, 1)
        tone = _fogged(ramp(_stops(wood.leaves), f32(rng.random(count))), at, fog, spec.haze)
        dab(
            sprite,
            leaf_polygons(at, f32(spec.size * 0.2 * near), f32(rng.uniform(0, 6.28, count)), 0.45),
            tone,
        )
    count = int(820 * span)
    at = f32(np.stack([rng.uniform(0, g.layer_width, count), spec.low + rng.random(count) * rows], 1))
    at = at[_outside(at, spec)]
    at = at[np.argsort(at[:, 1], kind="stable")]
    near = 0.4 + 0.6 * (at[:, 1] - spec.low) / max(rows, 1)
    height = f32(spec.size * near * rng.uniform(0.3, 0.95, len(at)))
    tone = _fogged(
        ramp(_stops((*wood.fern, wood.ground[2])), f32(rng.random(len(at)) * 0.8)), at, fog, spec.haze
    )
    lean = f32(rng.normal(0, 0.35, len(at)))
    dab(sprite, blade_polygons(at, height, lean, f32(np.maximum(height * 0.042, 0.6))), tone)
    for _ in range(round(7 * span * wood.ferns)):
        x, y = float(rng.uniform(0, g.layer_width)), spec.low + float(rng.random()) * rows
        if bool(_outside(f32([[x, y]]), spec)[0]):
            size = spec.size * float(rng.uniform(1.3, 2.3)) * (0.55 + 0.45 * (y - spec.low) / max(rows, 1))
            fern(rng, sprite, x, y, size, _fogged_one(wood.fern[0], x, y, fog, spec.haze),
                  _fogged_one(wood.fern[1], x, y, fog, spec.haze))  # fmt: skip


def _stops(tones: tuple[F32, ...]) -> list[tuple[float, F32]]:
    return [(i / (len(tones) - 1), tone) for i, tone in enumerate(tones)]


def _outside(at: F32, spec: Growth) -> F32:
    """Which points leave the clear middle free; it is wider near the bottom."""
    down = np.clip((at[:, 1] - spec.low) / max(spec.high - spec.low, 1), 0, 1)
    return np.asarray(np.abs(at[:, 0] - spec.clear_x) > spec.clear * (0.45 + 0.6 * down))


def _fogged(tone: F32, at: F32, fog: F32, haze: float) -> F32:
    rows = np.clip(at[:, 1], 0, fog.shape[0] - 1).astype(int)
    columns = np.clip(at[:, 0], 0, fog.shape[1] - 1).astype(int)
    return f32(tone * (1 - haze) + fog[rows, columns] * haze)


def _fogged_one(tone: F32, x: float, y: float, fog: F32, haze: float) -> F32:
    return f32(_fogged(tone[None, :], f32([[x, y]]), fog, haze)[0])


def fern(rng: np.random.Generator, sprite: U8, x: float, y: float, size: float, dark: F32, lit: F32) -> None:
    """A plant of seven fronds, the middle ones lit and last."""
    spreads = np.array([-1.25, 1.25, -0.85, 0.85, -0.4, 0.45, 0.02]) + rng.normal(0, 0.12, 7)
    for k, spread in enumerate(spreads):
        leaflets = frond(rng, x, y, size * float(rng.uniform(0.75, 1.1)), -math.pi / 2 + float(spread))
        share = np.linspace(0.1, 0.55, len(leaflets)) + 0.06 * k + rng.normal(0, 0.06, len(leaflets))
        dab(sprite, leaflets, ramp([(0, dark), (1, lit)], f32(np.clip(share, 0, 1))))
