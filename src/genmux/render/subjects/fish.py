"""Fish: a school that streams through the picture, and colourful ones of a reef."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.noise import smoothstep
from genmux.render.paint.bodies import Relief, relief
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, blend, f32, flat, remap, spread
from genmux.render.sprites.stamps import pose, stamp
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot
from genmux.render.subjects.swimmer import Gait, Part, Swimmer, underwater_sprite, within

_PHASES: Final = 8
_FLAPS_PER_SECOND: Final = 2.6
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Breed:
    """A kind of fish: half its height, colours of back, belly and fins, and bands.

    `bands` rows are place along the body, half width and colour; `crest` is how high its fins stand.
    """

    half: float
    back: str
    belly: str
    fins: str
    bands: tuple[tuple[float, float, str], ...] = ()
    crest: float = 0.10
    slope: float = 0.0


BREEDS: Final[dict[str, Breed]] = {
    "clown": Breed(0.20, "#f2701c", "#ff9a3c", "#f58a2a",
                   ((0.20, 0.050, "#15100e"), (0.20, 0.036, "#fdfaf2"), (-0.06, 0.056, "#15100e"),
                    (-0.06, 0.042, "#fdfaf2"), (-0.27, 0.034, "#15100e"), (-0.27, 0.022, "#fdfaf2")), 0.07),
    "tang": Breed(0.23, "#1746d8", "#2d77f0", "#ffd633",
                  ((-0.06, 0.10, "#0c1440"), (-0.30, 0.05, "#ffd633")), 0.07, 0.5),
    "butterfly": Breed(0.32, "#ffcf1f", "#fff08a", "#ffb300",
                       ((0.31, 0.036, "#17140f"), (-0.20, 0.020, "#fff6c8"),
                        (-0.26, 0.030, "#2a1a10")), 0.10),
    "angel": Breed(0.33, "#f4f0d0", "#fffdf0", "#f7d84a",
                   ((0.30, 0.040, "#161412"), (0.03, 0.070, "#161412"), (-0.22, 0.050, "#f5c518"),
                    (-0.29, 0.030, "#161412")), 0.20, -0.4),
    "anthias": Breed(0.16, "#ff5f7a", "#ffb08a", "#ff8fc0", (), 0.09),
    "chromis": Breed(0.18, "#3fd0d8", "#c8fff0", "#7fe8e8", (), 0.07),
}  # fmt: skip
SCHOOLS: Final = (
    Breed(0.13, "#3f6f98", "#eef8ff", "#a8c8dc"),
    Breed(0.14, "#e8b020", "#fff4c0", "#ffd84a"),
    Breed(0.13, "#2f8f9a", "#e6fff4", "#8fd8d0", ((0.0, 0.5, "#2f8f9a"),)),
    Breed(0.15, "#ff6a5a", "#ffd8b8", "#ff9a80"),
)


def _body(half: float) -> Points:
    upper = ((0.5, 0.01), (0.42, -0.42), (0.28, -0.80), (0.08, -1.0), (-0.12, -0.82), (-0.26, -0.36))
    lower = ((-0.34, 0.22), (-0.26, 0.38), (-0.12, 0.84), (0.08, 1.0), (0.28, 0.78), (0.42, 0.40))
    return tuple((x, y * half) for x, y in (*upper, (-0.34, -0.22), *lower))


def _fins(breed: Breed) -> tuple[Points, ...]:
    h, c = breed.half, breed.crest
    tail = ((-0.30, -0.04), (-0.40, -0.12), (-0.52, -0.17), (-0.47, -0.06), (-0.455, 0.0), (-0.47, 0.06),
            (-0.52, 0.17), (-0.40, 0.12), (-0.30, 0.04))  # fmt: skip
    dorsal = ((0.22, -h * 0.80), (0.10, -h - c * 0.8), (-0.06, -h - c), (-0.24, -h * 0.72 - c * 1.1),
              (-0.20, -h * 0.5), (0.0, -h * 0.8))  # fmt: skip
    anal = tuple((x - 0.04, -y) for x, y in dorsal[1:])
    return (tail, dorsal, anal)


def _painted(stage: Stage, breed: Breed, length: float, haze: float) -> tuple[U8, tuple[float, float]]:
    fins, body_line = _fins(breed), _body(breed.half)
    whole = [body_line, *fins]
    fin, body = relief(fins, length, 0.4, whole), relief([body_line], length, 1.0, whole)
    streaks = 0.82 + 0.18 * np.sin(np.arctan2(fin.y, fin.x + 0.1) * 60)
    under = flat(colour(breed.fins), fin.cover) * spread(f32(streaks))
    rgb = blend(f32(under), _scales(breed, body), body.cover)
    cover = f32(np.maximum(body.cover, fin.cover * 0.86))
    up = f32(body.up * body.cover + 0.62 * (1 - body.cover))
    form = Relief(cover, body.x, body.y, up, f32(body.edge * body.cover), length, body.anchor)
    return underwater_sprite(stage, form, rgb, haze, dapple=0.25 if length > 60 else 0.0), body.anchor


def _scales(breed: Breed, form: Relief) -> F32:
    """The body's colours: back to belly, bands, gill, side fin and eye."""
    down = smoothstep(-0.5, 0.7, f32(form.y / breed.half))
    rgb = blend(flat(colour(breed.back), down), flat(colour(breed.belly), down), down)
    curved = form.x + breed.slope * form.y - 0.25 * np.square(form.y / breed.half) * 0.12
    for place, width, tone in breed.bands:
        if width < 0.4:
            inside = np.clip((width - np.abs(curved - place)) * form.scale * 0.8 + 0.5, 0, 1)
            rgb = blend(rgb, flat(colour(tone), down), f32(inside))
    if form.scale < 48:
        return _eyed(rgb, form, 0.035)
    gill = np.exp(-(((np.hypot(form.x - 0.38, form.y) - 0.19) / 0.008) ** 2)) * (form.x < 0.3) * 0.35
    weave = np.sin((form.x + form.y) * 95) * np.sin((form.x - form.y) * 95) * 0.06
    side = np.hypot((form.x - 0.06) / 0.11, (form.y - 0.05) / 0.055)
    fin = smoothstep(1.0, 0.7, f32(side)) * (0.7 + 0.3 * np.sin(form.y * 190))
    rgb = f32(rgb * spread(f32(1 + weave - gill)))
    return _eyed(blend(rgb, flat(mix(colour(breed.fins), np.ones(3, np.float32), 0.2), down), f32(fin * 0.8)),
                 form, 0.03)  # fmt: skip


def _eyed(rgb: F32, form: Relief, size: float) -> F32:
    for radius, tone in ((size * 1.35, "#f6e9c0"), (size, "#0b0d12")):
        rgb = blend(rgb, flat(colour(tone), form.cover), form.near(0.365, -0.03, radius))
    return blend(rgb, flat(colour("#ffffff"), form.cover), form.near(0.375, -0.042, size * 0.34))


@dataclass(frozen=True, slots=True, eq=False)
class School:
    """Fish streaming along a winding line; `fish` rows are place, offset, height, size, phase and kind."""

    sprites: tuple[tuple[U8, ...], ...]
    fish: F32
    x: float
    y: float
    depth: float
    reach: float
    girth: float
    length: float
    mirrored: bool

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every fish where the stream has carried it, its tail where the beat has it."""
        side = -1.0 if self.mirrored else 1.0
        t, unit = moment.seconds, moment.geometry.unit
        run = (t - moment.duration / 2) * 34 * unit
        scale = float(moment.matrix(self.depth)[0, 0])
        for place, offset, height, size, phase, kind in self.fish:
            along = (place - 0.5) * 2 * self.reach
            wobble = math.sin(t * 0.9 + phase * 6.28) * self.length * 0.25
            x, y, slope = along + run + wobble + height * 9 * unit, *self._stream(along, t)
            y += (
                offset * self.girth * (1 - 0.55 * (2 * place - 1) ** 2)
                + math.sin(t * 1.3 + phase * 9) * 3 * unit
            )
            px, py = moment.place(self.x + side * x, self.y + y, self.depth)
            poses = self.sprites[int(kind)]
            sprite = poses[int((t * _FLAPS_PER_SECOND * (0.8 + 0.4 * size) + phase) * _PHASES) % _PHASES]
            middle = (sprite.shape[1] / 2, sprite.shape[0] / 2)
            turn = math.atan(slope) * side
            stamp(canvas, sprite, pose(px, py, scale * (0.62 + 0.5 * size), middle, turn, self.mirrored))

    def _stream(self, along: float, t: float) -> tuple[float, float]:
        """Height and slope of the winding line at a place along it."""
        wave, high = 2.6 / self.reach, self.reach * 0.16
        at = wave * along - t * 0.35
        return high * math.sin(at), high * wave * math.cos(at)


def school(stage: Stage, spot: Spot, count: int, length: float, haze: float) -> School:
    """A school around a spot, whose fish are `length` pixels long."""
    rng = stage.rng
    first = int(rng.integers(len(SCHOOLS)))
    sprites = tuple(_flapping(stage, SCHOOLS[(first + k) % len(SCHOOLS)], length, haze) for k in (0, 0, 1))
    fish = rng.random((count, 6))
    fish[:, 0] = np.clip(rng.normal(0.5, 0.22, count), 0, 1)
    fish[:, 1:3] = rng.normal(0, 0.5, (count, 2))
    fish[:, 5] = rng.choice(3, count, p=(0.5, 0.36, 0.14))
    fish = fish[np.argsort(fish[:, 3])]
    x = within(stage, spot.x, spot.size * 1.1)
    return School(sprites, f32(fish), x, spot.y, spot.depth, spot.size * 1.05, spot.size * 0.42, length,
                  bool(rng.random() < 0.5))  # fmt: skip


def _flapping(stage: Stage, breed: Breed, length: float, haze: float) -> tuple[U8, ...]:
    """The fish with its tail at every phase of a stroke."""
    sprite, anchor = _painted(stage, breed, length, haze)
    height, width = sprite.shape[:2]
    v, u = np.mgrid[0:height, 0:width].astype(np.float32)
    behind = np.maximum((anchor[0] - u) / length + 0.05, 0)
    return tuple(
        remap(sprite, f32(u - behind**1.3 * length * 0.45 * (1 + math.sin(k * math.tau / _PHASES))), v, 0)
        for k in range(_PHASES)
    )


def fish(stage: Stage, spot: Spot) -> list[Element]:
    """A school of fish, a fainter one far off, and over a reef a few large colourful ones."""
    g, rng = stage.geometry, stage.rng
    away = g.layer_width - spot.x
    far = Spot(away, spot.y - spot.size * float(rng.uniform(0.1, 0.5)), spot.size * 0.55, 0.15, spot.room)
    elements: list[Element] = [
        school(stage, far, 34, max(6.0, g.span * 0.022), 0.62),
        school(stage, spot, 76, max(8.0, g.span * 0.047), 0.12),
    ]
    if stage.wants("coral") or rng.random() < 0.35:
        elements += _large(stage, spot)
    return elements


def _large(stage: Stage, spot: Spot) -> list[Element]:
    rng, g = stage.rng, stage.geometry
    names = [str(n) for n in rng.permutation(list(BREEDS))][:4]
    found: list[Element] = []
    for k, name in enumerate(names):
        length = g.span * float(rng.uniform(0.11, 0.17))
        x = g.margin_x + g.width * (0.14 + 0.24 * k + float(rng.uniform(-0.05, 0.05)))
        y = spot.y + spot.size * float(rng.uniform(0.28, 0.66))
        found.append(tropical(stage, name, x, y, length, spot.depth, float(rng.uniform(0, 0.12))))
    return found


def tropical(
    stage: Stage, name: str, x: float, y: float, length: float, depth: float, haze: float
) -> Swimmer:
    """One large fish of a breed."""
    rng = stage.rng
    sprite, anchor = _painted(stage, BREEDS[name], length, haze)
    gait = Gait(float(rng.uniform(0.9, 1.4)), length * 0.6, 0, float(rng.uniform(14, 30)), upright=False)
    mirrored, phase = bool(rng.random() < 0.5), float(rng.uniform(0, 6.28))
    return Swimmer(Part(sprite, anchor), (), (), gait, x, y, depth, length, mirrored, phase)
