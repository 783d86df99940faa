"""Maps of land seen from above: seamless heights, ground colours and water for each kind of country."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.noise import normalised, smoothstep, tile_octave
from genmux.render.palette import colour, mix, ramp
from genmux.render.raster import F32, blend, blur, f32, flat, remap, resize, spread
from genmux.render.stage import Stage

SIZE: Final = 1024

_SAND: Final = colour("#e6d3a3")
_ROCK: Final = colour("#6f675f")
_SNOW: Final = colour("#f5f9fd")
_FOAM: Final = colour("#f4fbfa")
_SHALLOW: Final = colour("#49b8b0")
_DEEP: Final = colour("#0f4a72")
_AUTUMN: Final = ("#5d4a26", "#8a5c2a", "#a3502c", "#a98a3c")
_FIELDS: Final = ("#7f9a3e", "#9fb552", "#c9b25a", "#5f8538", "#b3a04c", "#8cae55", "#d3c073", "#6f9148")


@dataclass(frozen=True, slots=True, eq=False)
class Land:
    """Seamless maps (SIZE, SIZE): heights in map steps, ground colour 0..1, and how much water shows, 0..1.

    `rough` scales the shading of slopes, `bumps` that of what is too small for the map;
    `tall` is the height of the highest point.
    """

    heights: F32
    rgb: F32
    water: F32
    tall: float
    rough: float = 1.0
    bumps: float = 0.07


def noise(rng: np.random.Generator, cells: int, octaves: int, gain: float = 0.5, ridged: bool = False) -> F32:
    """Seamless fractal noise, roughly 0..1."""
    total, weight, amplitude = np.zeros((SIZE, SIZE), np.float32), 0.0, 1.0
    for _ in range(octaves):
        if cells > SIZE // 2:
            break
        octave = tile_octave(rng, SIZE, cells)
        total += amplitude * (np.square(1 - np.abs(2 * octave - 1)) if ridged else octave)
        weight += amplitude
        amplitude, cells = amplitude * gain, cells * 2
    return f32(total / weight)


def shifted(field: F32, x: F32, y: F32) -> F32:
    """A seamless map read at positions pushed by (x, y) map steps."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    return remap(field, np.mod(columns + x, SIZE - 1), np.mod(rows + y, SIZE - 1), cv2.BORDER_WRAP)


def slopes(heights: F32) -> tuple[F32, F32]:
    """Rise per map step to the right and downward."""
    across = (np.roll(heights, -1, 1) - np.roll(heights, 1, 1)) * 0.5
    down = (np.roll(heights, -1, 0) - np.roll(heights, 1, 0)) * 0.5
    return f32(across), f32(down)


def islands(stage: Stage) -> Land:
    """Green islands with beaches in a shallow sea."""
    rng = stage.rng
    broad, ridge = noise(rng, 3, 6, 0.5), noise(rng, 7, 6, 0.5, ridged=True)
    swirl = (noise(rng, 6, 4) - 0.5) * 60
    raw = shifted(normalised(broad), swirl, np.roll(swirl, 300, 0))
    sea = float(np.quantile(raw, 0.74))
    rise = np.clip((raw - sea) / (raw.max() - sea), 0, 1)
    height = rise**0.8 * (0.35 + 0.75 * ridge)
    depth = np.clip((sea - raw) / 0.2, 0, 1)
    detail = noise(rng, 70, 4, 0.6)
    woods = _mottled(rng, ("#2d5a2c", "#3f7434", "#5d8a3f", "#24502f"))
    land = blend(flat(_SAND, rise), woods, smoothstep(0.035, 0.1, f32(rise + (detail - 0.5) * 0.06)))
    steep = _steepness(f32(height * 70))
    land = blend(land, flat(_ROCK, rise), smoothstep(1.2, 2.4, f32(steep + detail - 0.5)) * 0.7)
    wet = smoothstep(0.004, 0.0, f32(rise))
    return Land(f32(height * 70), blend(land, _sea(stage, depth, detail), wet), wet, 70.0)


def _sea(stage: Stage, depth: F32, detail: F32) -> F32:
    """Foam at the coast, turquoise shallows, deep blue beyond."""
    shallow = mix(_SHALLOW, stage.palette.sky[3], 0.25)
    deep = mix(_DEEP, stage.palette.deep, 0.3)
    body = ramp(
        [(0, mix(_SAND, shallow, 0.55)), (0.1, shallow), (0.4, mix(shallow, deep, 0.6)), (1, deep)], depth
    )
    reef = smoothstep(0.5, 0.75, detail) * smoothstep(0.3, 0.05, depth) * 0.35
    body = blend(body, flat(mix(deep, shallow, 0.4), depth), f32(reef))
    foam = smoothstep(0.028, 0.0, f32(depth + (detail - 0.5) * 0.03)) * 0.85
    return blend(body, flat(_FOAM, depth), f32(foam))


def mountains(stage: Stage) -> Land:
    """Rock and snow over wooded valleys with lakes."""
    rng = stage.rng
    broad, ridge = normalised(noise(rng, 3, 5)), noise(rng, 4, 8, 0.48, ridged=True)
    height = (
        normalised(f32(0.22 * broad + smoothstep(0.25, 0.7, broad) * ridge * (0.5 + 0.8 * broad))) ** 1.15
    )
    level = float(np.quantile(height, 0.1))
    lake = smoothstep(level + 0.006, level, f32(height)) if stage.allows("lake") else np.zeros_like(height)
    height = np.maximum(height, level)
    detail = noise(rng, 64, 4, 0.6)
    steep = _steepness(f32(height * 120))
    snowy = stage.wants("snowy") and stage.allows("snowy")
    line = 0.16 if snowy else 0.52
    grass = ramp(
        [(0, colour("#4f6b3a")), (0.3, colour("#5c7340")), (0.6, colour("#7c7a58")), (1, colour("#8a8378"))],
        f32(height),
    )
    woods = _mottled(rng, ("#23452c", "#2f5733", "#1e3d2a", "#3d6338"))
    land = blend(grass, woods, smoothstep(0.40, 0.26, f32(height + (detail - 0.5) * 0.16)))
    land = blend(land, flat(_ROCK, land), smoothstep(1.1, 2.2, f32(steep + (detail - 0.5))) * 0.85)
    cover = smoothstep(line, line + 0.12, f32(height + 0.14 * (detail - 0.5))) * (
        1 - 0.85 * smoothstep(2.4, 4.2, steep)
    )
    if snowy:
        stands = smoothstep(0.48, 0.6, noise(rng, 12, 5, 0.6)) * smoothstep(0.35, 0.22, height)
        cover = np.maximum(cover, (0.92 - 0.75 * stands) * (1 - 0.7 * smoothstep(2.0, 3.6, steep)))
    if stage.allows("snowy"):
        land = blend(land, flat(_SNOW, land), f32(cover))
    water = mix(mix(_DEEP, stage.palette.deep, 0.4), stage.palette.sky[2], 0.3)
    return Land(
        f32(height * 120),
        blend(land, flat(water, land), f32(lake)),
        f32(lake),
        120.0,
        bumps=0.045 if snowy else 0.06,
    )


def desert(stage: Stage) -> Land:
    """Dunes with sharp crests and rippled flanks."""
    rng = stage.rng
    swirl, patch = noise(rng, 4, 4), normalised(noise(rng, 3, 4))
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    wave = np.zeros_like(swirl)
    for turns, lean, weight in ((11, 4, 1.0), (23, 3, 0.22)):
        phase = (columns * turns + rows * lean) / SIZE + (swirl - 0.5) * 3.4
        saw = phase - np.floor(phase)
        # A long windward rise and a short lee fall give the crest its edge.
        wave += weight * np.where(
            saw < 0.72, smoothstep(0, 1, f32(saw / 0.72)), smoothstep(1, 0, f32((saw - 0.72) / 0.28))
        )
    height = blur(normalised(f32(wave * (0.35 + 0.8 * patch) + 0.7 * patch)), 0.7)
    ripple = np.sin((columns * 130 + rows * 60) * (2 * np.pi / SIZE) + noise(rng, 20, 4) * 30)
    detail = noise(rng, 80, 3, 0.6)
    land = ramp([(0, colour("#b9773f")), (0.45, colour("#d99a58")), (1, colour("#f1c98c"))], height)
    land = land * spread(f32(0.94 + 0.025 * ripple + 0.09 * detail))
    return Land(f32(height * 46), f32(land), np.zeros_like(height), 46.0, rough=1.4, bumps=0.025)


def hills(stage: Stage) -> Land:
    """Wooded hills, a river in the valleys; autumn colours when asked."""
    rng = stage.rng
    height = normalised(f32(noise(rng, 4, 5, 0.45) + 0.5 * noise(rng, 5, 6, 0.45, ridged=True))) ** 1.2
    river, valley = _river(rng, height)
    crowns = noise(rng, 210, 2, 0.6)
    autumn = stage.wants("autumn")
    woods = _mottled(rng, _AUTUMN if autumn else ("#24492d", "#335f34", "#1f4230", "#4a7238"))
    glade = flat(colour("#8e9a55") if not autumn else colour("#a88f4f"), height)
    land = blend(woods, glade, smoothstep(0.62, 0.72, noise(rng, 9, 5, 0.55)))
    land = land * spread(f32(0.8 + 0.4 * crowns))
    if stage.wants("snowy"):
        land = blend(land, flat(_SNOW, height), f32(0.35 + 0.5 * smoothstep(0.4, 0.7, crowns)))
    water = mix(mix(_DEEP, stage.palette.deep, 0.3), stage.palette.sky[3], 0.4)
    tall = height * 58 * (1 - 0.8 * valley) + (crowns - 0.3) * 2.6 * (1 - river)
    return Land(f32(tall), blend(land, flat(water, height), river), river, 58.0, rough=1.3)


def meadows(stage: Stage) -> Land:
    """A patchwork of fields with hedges, copses and a river."""
    rng = stage.rng
    height = normalised(noise(rng, 3, 4, 0.42)) ** 1.1
    river, valley = _river(rng, height)
    fields, hedge = _patchwork(rng)
    detail = noise(rng, 90, 3, 0.6)
    copse = smoothstep(0.6, 0.68, noise(rng, 14, 5, 0.6))
    trees = _mottled(rng, ("#2f5a2c", "#3f6f35", "#27502d", "#527f3c"))
    flowers = smoothstep(0.6, 0.7, noise(rng, 10, 4)) if stage.wants("flowers") else None
    land = fields * spread(f32(0.88 + 0.24 * detail))
    if flowers is not None:
        land = blend(land, flat(colour("#c77fb4"), height), f32(flowers * 0.7))
    land = blend(land, trees * spread(f32(0.7 + 0.6 * detail)), f32(np.maximum(copse, hedge) * 0.95))
    water = mix(mix(_DEEP, stage.palette.deep, 0.3), stage.palette.sky[3], 0.45)
    tall = height * 34 * (1 - valley) + (copse * 0.8 + hedge * 0.5) * detail * 4 * (1 - river)
    return Land(f32(tall), blend(f32(land), flat(water, height), river), river, 34.0, rough=1.6)


def _river(rng: np.random.Generator, height: F32) -> tuple[F32, F32]:
    """A winding band of water that keeps to low ground, and the valley it has cut."""
    course = np.abs(noise(rng, 2, 4, 0.45) - 0.5)
    low = smoothstep(0.8, 0.5, height)
    return f32(smoothstep(0.012, 0.008, course) * low), f32(smoothstep(0.13, 0.0, course) * low)


def _patchwork(rng: np.random.Generator) -> tuple[F32, F32]:
    """Field colours and the hedges between them: seamless cells around scattered points."""
    around = SIZE // 8
    points = (rng.random((110, 2)) * SIZE).astype(int)
    seeds = np.full((SIZE, SIZE), 255, np.uint8)
    seeds[points[:, 1], points[:, 0]] = 0
    padded = np.pad(seeds, around, mode="wrap")
    distance, labels = cv2.distanceTransformWithLabels(padded, cv2.DIST_L1, 5, labelType=cv2.DIST_LABEL_PIXEL)
    del distance
    rows, columns = np.nonzero(padded == 0)
    order = np.zeros(int(labels.max()) + 1, np.int64)
    order[labels[rows, columns]] = (rows % SIZE) * 31 + (columns % SIZE) * 17
    inner = labels[around:-around, around:-around]
    tones = np.stack([colour(c) for c in _FIELDS])
    fields = tones[order[inner] % len(_FIELDS)]
    edge = (inner != np.roll(inner, 1, 0)) | (inner != np.roll(inner, 1, 1))
    return f32(fields), np.clip(blur(f32(edge), 1.2) * 2.2, 0, 1).astype(np.float32)


def _mottled(rng: np.random.Generator, tones: tuple[str, ...]) -> F32:
    """Foliage in four tones."""
    share = smoothstep(0.25, 0.75, noise(rng, 40, 4, 0.7))
    stops = [(i / (len(tones) - 1), colour(c)) for i, c in enumerate(tones)]
    return ramp(stops, share)


def _steepness(heights: F32) -> F32:
    across, down = slopes(heights)
    return f32(np.hypot(across, down))


def small(field: F32) -> F32:
    """The map at half size."""
    return resize(field, field.shape[1] // 2, field.shape[0] // 2, cv2.INTER_AREA)


LANDS: Final[dict[str, Callable[[Stage], Land]]] = {
    "ocean": islands,
    "mountains": mountains,
    "desert": desert,
    "forest": hills,
    "meadow": meadows,
}
