"""The near side of the sea: a sand beach in the foreground, rocks and headlands in the middle."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.effects.surf import Swash, breakers
from genmux.render.layers import Element, Layer, layer
from genmux.render.noise import fbm, fbm_line, smoothstep, tile
from genmux.render.paint.light import shade_and_beam
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, blend, f32, resize
from genmux.render.scenery.rocks import Rock, rock
from genmux.render.sprites.reflection import reflection
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast

_SAND: Final = colour("#f3d6a0")
_WET: Final = colour("#b08a5e")
_SHALLOW: Final = colour("#46c3c4")


def beach(stage: Stage) -> list[Element]:
    """Sand in the foreground, the sea's edge washing over it, and who stands there."""
    g, rng = stage.geometry, stage.rng
    left = not stage.flipped
    edge = _waterline(stage, left)
    reach = g.span * 0.075
    depth = 0.62
    swash = Swash(edge, reach, depth, tile(rng, 256, 9, 5), _shallows(stage), _foam(stage),
                  float(rng.uniform(0, 6.28)))  # fmt: skip
    return [_sand(stage, edge, reach, depth), swash, *_people(stage, edge, depth)]


def _foam(stage: Stage) -> F32:
    """The colour of foam: white in the light of the hour."""
    dim = {"night": 0.55, "storm": 0.85}.get(stage.time, 0.97)
    return f32(mix(colour("#f8fbff"), stage.palette.glow, 0.28 if stage.time == "sunset" else 0.08) * dim)


def _shallows(stage: Stage) -> F32:
    """The colour of shallow water: its own by day, the sky's when the light is low."""
    palette = stage.palette
    own = {"day": 0.75, "dawn": 0.45}.get(stage.time, 0.15)
    return mix(mix(palette.deep, palette.sky[3], 0.6), _SHALLOW, own)


def _waterline(stage: Stage, left: bool) -> F32:
    """The row of the sea's edge in each column: high on the land side, low on the other."""
    g, rng = stage.geometry, stage.rng
    share = (np.arange(g.layer_width, dtype=np.float32) - g.margin_x) / g.width
    share = share if left else 1 - share
    bay = float(rng.uniform(0.5, 1.0))
    room = g.layer_height - g.margin_y - stage.horizon
    high, low = 0.46 - 0.10 * bay, 0.74 + 0.22 * bay
    curve = high + (low - high) * smoothstep(0.05, 1.05, f32(share)) + 0.04 * np.sin(share * 5 + bay * 6)
    wobble = (fbm_line(rng, g.layer_width, 4, 3) - 0.5) * 0.03
    return f32(stage.horizon + room * (curve + wobble))


def _sand(stage: Stage, edge: F32, reach: float, depth: float) -> Layer:
    """Dry sand with ripples and footed shadows, a glossy wet strip, and shallows it shines through."""
    g, rng, palette = stage.geometry, stage.rng, stage.palette
    top = max(0, int(edge.min() - reach * 2.6))
    rows, columns = g.layer_height - top, g.layer_width
    along = (np.arange(top, g.layer_height, dtype=np.float32)[:, None] - edge[None, :]) / reach
    shade, key = shade_and_beam(stage)
    shade = f32(shade * np.array([1.08, 1.0, 0.90], np.float32))
    near = np.linspace(0.3, 1, rows, dtype=np.float32)[:, None]
    dunes = resize(fbm(rng, max(2, rows // 2), max(2, columns // 2), 5, 6, stretch=4), columns, rows)
    fine = rng.normal(0, 0.028, (rows, columns)).astype(np.float32) * near
    level = np.clip(0.72 + 1.1 * (dunes - 0.5) + fine, 0, 1.1)
    sand = mix(_SAND, palette.haze, 0.08)
    dry = sand * np.clip(shade * 0.9 + level[..., None] * key * 1.15 + 0.06 * key, 0, 1.08)
    gloss = mix(palette.sky[4], palette.glow, 0.25)
    sky_share = 0.16 + 0.22 * np.clip(1 - np.abs(np.arange(columns) - stage.sun_x) / (g.width * 0.5), 0, 1)
    wet = blend(f32(mix(_WET, palette.near, 0.2) * (shade + 0.45 * key)), gloss,
                f32(np.repeat(sky_share[None, :], rows, axis=0)))  # fmt: skip
    bend = (dunes - 0.5) * 0.5
    rgb = blend(wet, f32(dry), smoothstep(0.6, 1.7, f32(along + bend)))
    rgb = blend(_shallows(stage), rgb, smoothstep(-1.5, -0.1, f32(along)))
    cover = smoothstep(-2.4, -0.5, f32(along))
    return layer(f32(np.clip(rgb, 0, 1)), cover, depth, top)


def _people(stage: Stage, edge: F32, depth: float) -> list[Element]:
    """The subjects that stand on the sand, on its wider side."""
    g = stage.geometry
    if not asked(stage, "ground"):
        return []
    share = 0.26 if not stage.flipped else 0.74
    x = g.margin_x + g.width * share
    size = g.span * 0.42
    room = min(size * 0.9, g.width * 0.24)
    line = float(edge[int(np.clip(x, 0, g.layer_width - 1))])
    y = min(line + (g.layer_height - g.margin_y - line) * 0.45, g.margin_y + g.height * 0.94)
    return cast(stage, "ground", Spot(x, y, size, depth, room=room))


def headland(stage: Stage) -> list[Element]:
    """A rocky islet in the middle distance with waves at its foot; ground subjects stand on top."""
    g, rng = stage.geometry, stage.rng
    span, storm = g.span, stage.time == "storm"
    x = stage.free_x + float(rng.uniform(-0.04, 0.04)) * g.width
    half = min(span * float(rng.uniform(0.30, 0.40)), g.width * 0.36)
    height = span * float(rng.uniform(0.15, 0.21))
    base = stage.horizon + span * 0.15
    turf = 0.45 if rng.random() < 0.5 and not storm else 0.0
    mass, top = rock(stage, Rock(x, half, base, height, 0.30, haze=0.06, steep=0.42, turf=turf))
    side = -1 if x > g.layer_width / 2 else 1
    skerry, _ = rock(stage, Rock(x + side * half * 1.35, half * 0.36, base + span * 0.03, height * 0.34, 0.30,
                                 haze=0.04, steep=0.3))  # fmt: skip
    spot = Spot(x, top + height * 0.03, span * 0.235, 0.30, room=half * 0.5)
    rage = 1.0 if storm else 0.25
    unit = stage.geometry.unit
    return [
        reflection(mass, base + height * 0.08, 0.25 if storm else 0.6, unit),
        mass,
        *cast(stage, "ground", spot),
        breakers(stage, x - half * 1.12, x + half * 1.12, base + height * 0.04, 0.30, span * 0.32, rage),
        reflection(skerry, base + span * 0.033, 0.25 if storm else 0.6, unit),
        skerry,
        breakers(stage, x + side * half * 1.35 - half * 0.45, x + side * half * 1.35 + half * 0.45,
                 base + span * 0.035, 0.30, span * 0.14, rage),
    ]  # fmt: skip


def stacks(stage: Stage) -> list[Element]:
    """Cliffs that come in from one side at the horizon, and stacks or an arch before them."""
    g, rng = stage.geometry, stage.rng
    span = g.span
    side = 1 if stage.flipped else -1
    edge = g.layer_width / 2 - side * g.width * 0.56
    cliff_height = span * float(rng.uniform(0.16, 0.30))
    green = 0.5 if stage.time in ("day", "dawn") else 0.2
    far, _ = rock(
        stage, Rock(edge, g.width * 0.30, stage.horizon, cliff_height, 0.14, haze=0.34, steep=0.8, turf=green)
    )
    found: list[Element] = [far]
    x = edge + side * g.width * 0.30
    for k in range(int(rng.integers(1, 4))):
        x += side * span * float(rng.uniform(0.13, 0.22))
        arch = k == 0 and bool(rng.random() < 0.5)
        height = cliff_height * float(rng.uniform(0.45, 0.85)) * (1.0 if arch else 0.9**k)
        half = height * (0.75 if arch else float(rng.uniform(0.28, 0.42)))
        stack, _ = rock(
            stage,
            Rock(
                x, half, stage.horizon + 1, height, 0.16, haze=0.26, steep=0.95, turf=green * 0.6, arch=arch
            ),
        )
        found.append(stack)
    return found
