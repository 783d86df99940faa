"""Sand: sharp-crested dunes seen from eye level, with wind ripples and dust that blows off the crests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Layer, layer
from genmux.render.noise import Tile, smoothstep, tile
from genmux.render.paint.light import Light, local
from genmux.render.paint.polygons import opaque_tone, oval
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, blend, blur, f32, flat, grid, paint, resize, spread
from genmux.render.scenery.relief import Height, Relief, View, view
from genmux.render.stage import Stage

# Sand in shade and in the sun.
SANDS: Final = (("#98633a", "#d39a60"), ("#8f4628", "#cf7a42"), ("#9c754e", "#d2b082"))
_WINDWARD: Final = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Sand:
    """One desert's sand and wind: colours, noise, and the side (-1 or 1) that its slip faces turn to."""

    tones: tuple[F32, F32]
    noise: Tile
    lee: float
    slant: float
    offset: float


def sand(stage: Stage, sun: Light) -> Sand:
    """Choose the sand of a stage; the steep sides of its dunes lie in the shade."""
    rng = stage.rng
    dark, bright = SANDS[int(rng.integers(len(SANDS)))]
    tones = (local(stage, dark), local(stage, bright))
    slant, offset = float(rng.uniform(0.25, 0.6)), float(rng.uniform(0, 9))
    return Sand(tones, tile(rng, 1024, 8, 2, 0.3), -sun.side, slant, offset)


def dunes(stage: Stage, of: Sand) -> Height:
    """The height of two families of dunes, small near the viewer and great far off."""
    noise, tall = of.noise, float(stage.rng.uniform(0.85, 1.2))

    def crests(x: F32, z: F32, length: float, slant: float, bend: float) -> F32:
        scale = 150 / length
        along = (z * slant + of.lee * x * (1 - slant)) / length
        across = along + bend * noise.at(x * scale, z * scale * 0.8) + of.offset
        phase = across - np.floor(across)
        up, down = phase / _WINDWARD, (1 - phase) / (1 - _WINDWARD)
        # A crest finer than the steps it is sampled at would come out as a row of beads.
        soft = np.clip(0.16 * z * slant / length, 0.03, 0.5)
        rise, fall = up**1.5, down**1.1
        near = np.maximum(soft - np.abs(rise - fall), 0) / soft
        return f32(np.minimum(rise, fall) - near * near * soft * 0.25)

    def height(x: F32, z: F32) -> F32:
        islands = np.clip(0.62 + 0.34 * noise.at(x * 20 + 170, z * 20), 0.12, 1.1)
        small = crests(x, z, 2.9, of.slant, 0.26) * 0.62 * smoothstep(1.0, 3.4, z)
        great = crests(x, z, 9.5, 0.5, 0.34) * 2.1 * tall * smoothstep(4.5, 15.0, z)
        vast = noise.at(x * 5, z * 5 + 99) * smoothstep(18, 60, z) * 1.2 + smoothstep(25, 90, z) * 1.7
        return f32(
            np.maximum(small * islands * (1 - 0.75 * smoothstep(9, 20, z)), great * islands) - 0.2 + vast
        )

    return height


def dune_layer(
    stage: Stage, ground: Relief, of: Sand, sun: Light, reach: tuple[float, float], depth: float, bottom: int
) -> tuple[Layer, View]:
    """The dunes between two distances as a layer, and how they are seen."""
    seen = view(ground, *reach, bottom)
    long = {"sunset": 0.85, "dawn": 0.8, "night": 0.6}.get(stage.time, 0.7)
    # Crests that lie almost level are thinner than a row: the median mends their broken lines.
    lit = blur(f32(cv2.medianBlur(seen.read(ground.shade(sun, long)), 5)), 0.6)
    shade = np.clip(lit * 1.08, 0, 1)
    shade = f32(np.clip(shade * _rippled(seen, of, ground.focal), 0, 1.1))
    tones = [f32(t + (float(t.mean()) - t) * sun.grey) for t in of.tones]
    surface = blend(tones[0], tones[1], np.clip(shade * 1.1, 0, 1))
    grain = of.noise.at(seen.x * ground.focal * 0.9, seen.z * ground.focal * 0.5)
    surface = surface * spread(f32(1 + 0.035 * grain * np.clip(4 / seen.z, 0, 1)))
    rgb = surface * (flat(sun.sky, shade) + spread(shade) * sun.sun)
    veil = f32(np.clip(1 - np.exp(-seen.z / 58), 0, 1) * 0.95)
    rgb = blend(f32(rgb), mix(stage.palette.haze, of.tones[1], 0.3 if stage.time == "day" else 0.12), veil)
    rgb += _edge_light(seen, stage) * np.float32(0.3)
    return layer(rgb, seen.cover, depth, seen.top), seen


def footprints(
    sprite: U8, top: int, ground: Relief, start: tuple[float, float], of: Sand, sun: Light
) -> None:
    """Draw steps that come from a layer column and a distance toward the viewer.

    The sprite starts at layer row `top`.
    """
    start_column, far = start
    z = np.arange(float(ground.z[0]), far, 0.085, dtype=np.float32)[::-1]
    gone = f32(far - z)
    x = f32(
        (start_column - ground.centre) / ground.focal * far
        - of.lee * (0.16 * gone + 0.10 * np.sin(gone * 2.4))
    )
    x += np.where(np.arange(z.size) % 2, 0.022, -0.022).astype(np.float32)
    hidden = np.minimum.accumulate(ground.rows, axis=0)
    columns, rows = ground.footing(x, z)
    seen = rows <= ground.read(hidden, columns, z) + 1
    for px, py, size in zip(columns[seen], rows[seen] - top, 0.017 * ground.focal / z[seen], strict=True):
        row, column = int(np.clip(py, 0, sprite.shape[0] - 1)), int(np.clip(px, 0, sprite.shape[1] - 1))
        around = f32(sprite[row, column, :3] / 255)
        for shift, tone in ((0.22 * sun.side, around * 1.16), (0.0, around * 0.62)):
            oval(sprite, px - shift * size, py, size, size * 0.42, opaque_tone(f32(tone)))


def _rippled(seen: View, of: Sand, focal: float) -> F32:
    """Light and shade of wind ripples, where they are wide enough to be seen."""
    warp = of.noise.at(seen.x * 90, seen.z * 90)
    patch = smoothstep(-0.9, 0.8, of.noise.at(seen.x * 50 + 50, seen.z * 50))
    wave = np.sin((seen.z * 0.9 + of.lee * seen.x * 0.4) * 62 + warp * 3.2)
    resolved = np.clip((focal / (seen.z**2 * 62) * 6.28 - 1.6) / 4, 0, 1)
    return f32(1 + 0.13 * wave * resolved * (0.35 + 0.65 * patch))


def _edge_light(seen: View, stage: Stage) -> F32:
    """A thin glow along the skyline, strongest under the sun."""
    g = stage.geometry
    row = np.arange(seen.top, seen.top + seen.x.shape[0], dtype=np.float32)[:, None]
    column = np.arange(seen.x.shape[1], dtype=np.float32)[None, :]
    below = np.maximum(row - seen.skyline[None, :], 0) / (2.0 * max(g.unit, 0.4))
    fall = below + np.abs(column - stage.sun_x) * (2.5 / g.width)
    return blend(np.zeros(3, np.float32), stage.palette.glow, f32(np.exp(-fall) * seen.crest[None, :]))


@dataclass(frozen=True, slots=True, eq=False)
class Dust:
    """Sand that the wind lifts off a crest: a veil above `skyline` (layer row by column), at quarter size.

    `crest` is 1 in the columns where there is a crest to blow off.
    """

    skyline: F32
    crest: F32
    noise: Tile
    depth: float
    wind: float
    strength: float
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Cover the canvas with the dust of this moment."""
        height, width = (max(v // 4, 1) for v in canvas.shape[:2])
        unit = max(moment.geometry.unit, 0.3)
        m = moment.matrix(self.depth)
        column = (np.arange(width, dtype=np.float32) * 4 - m[0, 2]) / m[0, 0]
        crest = np.interp(column, np.arange(self.skyline.size), self.skyline) * m[1, 1] + m[1, 2]
        low, high = (int(v / 4) for v in (crest.min() - 90 * unit, crest.max() + 70 * unit))
        low, high = min(max(low, 0), height), min(max(high, 0), height)
        if high <= low:
            return
        x, y = grid(high - low, width)
        above = (crest[None, :] - (y + low) * 4) / unit
        veil = np.exp(-np.maximum(above, 0) / 40) * np.exp(-np.maximum(-above, 0) / 26)
        t = moment.seconds
        gust = self.noise.at(f32((x * 4 / unit - self.wind * t) * 0.34), f32(above * 1.4 + x * 0.05))
        ridge = blur(f32(np.interp(column, np.arange(self.crest.size), self.crest))[None], 8.0)[0]
        lull = self.noise.at(f32((x * 4 / unit - self.wind * t * 0.6) * 0.06 + 200), f32(y * 0))
        cover = veil * smoothstep(-0.9, 1.4, gust) * smoothstep(-0.9, 0.5, lull) * (ridge * self.strength)
        mask = np.zeros(canvas.shape[:2], np.uint8)
        band = mask[low * 4 : high * 4]
        band[:] = resize((np.clip(cover, 0, 1) * 255).astype(np.uint8), canvas.shape[1], band.shape[0])
        paint(canvas, mask, self.tone)


def dust(stage: Stage, of: Sand, seen: View, depth: float, strength: float) -> Dust:
    """Dust along the skyline of a stretch, blown away from the sun."""
    wind = 150.0 * (-1 if stage.flipped else 1)
    return Dust(
        seen.skyline,
        seen.crest,
        of.noise,
        depth,
        wind,
        strength,
        mix(
            mix(stage.palette.haze, stage.palette.glow, 0.4),
            of.tones[1],
            0.45 if stage.time == "day" else 0.1,
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ribbons:
    """Sand that the wind drives over the ground in long low ribbons, from row `top` down, at quarter size."""

    noise: Tile
    top: float
    depth: float
    wind: float
    strength: float
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Cover the canvas with the ribbons of this moment."""
        height, width = canvas.shape[:2]
        unit = max(moment.geometry.unit, 0.3)
        m = moment.matrix(self.depth)
        top = min(max(int(m[1, 1] * self.top + m[1, 2]), 0), height - 1)
        rows, columns = max((height - top) // 4, 1), max(width // 4, 1)
        x, y = grid(rows, columns)
        down = (y * 4 + 1) / (height - top)
        # Nearer sand is larger and faster; the ground recedes as 1 / distance does.
        near = 0.25 + down
        along = ((x * 4 - m[0, 2]) / m[0, 0] - moment.geometry.layer_width / 2) / unit
        u = f32(along / near * 0.4 - self.wind * moment.seconds)
        v = f32(np.log(near) * 760)
        swirl = self.noise.at(f32(u * 0.3 + 40), f32(v * 0.3))
        ribbon = smoothstep(-0.4, 1.7, self.noise.at(u, f32(v + swirl * 40)))
        cover = np.clip(ribbon * smoothstep(-1.3, 0.7, swirl) * smoothstep(0.0, 0.25, f32(down)), 0, 1)
        mask = np.zeros((height, width), np.uint8)
        mask[top:] = resize((cover * (self.strength * 255)).astype(np.uint8), width, height - top)
        paint(canvas, mask, self.tone)


def ribbons(stage: Stage, of: Sand, top: float, depth: float) -> Ribbons:
    """Ribbons over the ground below a layer row, blown away from the sun."""
    tone = mix(mix(stage.palette.haze, stage.palette.glow, 0.45), of.tones[1], 0.35)
    return Ribbons(of.noise, top, depth, 110.0 * (-1 if stage.flipped else 1), 0.4, tone)
