"""The two rows of houses of a street, laid on a plate from the far end to the near one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from genmux.render.palette import colour
from genmux.render.raster import F32, f32, spread
from genmux.render.urban.facades import Light, Manner, facade
from genmux.render.urban.signs import NEON, sign
from genmux.render.urban.view import Plate, Point, covered

NEAREST: Final = 2.1
FARTHEST: Final = 95.0
_TILE: Final = colour("#23242b")
_FINEST: Final = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Air:
    """What distance does: after `reach` metres most is `haze`, high above only `floor` of its light."""

    haze: F32
    reach: float
    floor: float = 1.0

    def share(self, z: F32) -> F32:
        """How much haze there is before a distance."""
        return f32(1 - np.exp(-np.maximum(z - 4, 0) / self.reach))


@dataclass(frozen=True, slots=True)
class House:
    """One house: `side` -1 left or 1 right, its far and near end in metres, its height."""

    side: float
    near: float
    far: float
    height: float


def plots(rng: np.random.Generator, manner: Manner) -> list[House]:
    """Houses along both sides, far to near."""
    houses: list[House] = []
    for side in (-1.0, 1.0):
        z = NEAREST - float(rng.uniform(0, 1))
        while z < FARTHEST:
            wide = float(rng.uniform(5.5, 11)) * (1 + z / 60)
            height = float(rng.uniform(*manner.heights)) * (1 + 0.5 * float(rng.random() < 0.15))
            houses.append(House(side, max(z, NEAREST), z + wide, height))
            z += wide
    return sorted(houses, key=lambda house: -house.far)


def build(
    rng: np.random.Generator, plate: Plate, manner: Manner, lights: tuple[Light, Light], air: Air
) -> list[tuple[Point, F32]]:
    """Lay all houses; returns where signs glow and in which colour."""
    glows: list[tuple[Point, F32]] = []
    for plot in plots(rng, manner):
        house = replace(plot, height=min(plot.height, _highest_seen(plate, plot.far)))
        light = lights[0 if house.side < 0 else 1]
        _end_wall(plate, manner, light, air, house)
        _front(rng, plate, manner, light, air, house)
        if manner.eaves:
            _roofs(plate, manner, light, air, house)
        if manner.awnings > rng.random() and house.near < 40:
            _awning(rng, plate, manner, light, air, house)
        glows += _signs(rng, plate, manner, light, air, house)
    return glows


def _highest_seen(plate: Plate, z: float) -> float:
    """Metres above which nothing at a distance is in the picture, not even mirrored."""
    view = plate.view
    reach = max(view.horizon, plate.front.shape[0] - view.horizon)
    return float(view.eye + reach / view.scale(z) + 2.0)


def _hazed(
    texture: F32, air: Air, near: float, far: float, flipped: bool, heights: tuple[float, float] = (2.0, 2.0)
) -> F32:
    """A wall's texture with the haze of its distance, column by column; haze is darker high above the lamps.

    `heights` are the metres of its top and bottom.
    """
    along = np.linspace(near, far, texture.shape[1], dtype=np.float32)
    share = air.share(along[::-1] if flipped else along)[None, :]
    up = np.linspace(*heights, texture.shape[0], dtype=np.float32)[:, None]
    tone = (air.floor + (1 - air.floor) * np.exp(-up / 13))[..., None] * air.haze
    veil = spread(np.repeat(share, texture.shape[0], axis=0))
    rgb = texture[..., :3] * (1 - veil) + tone * veil
    return f32(np.dstack([rgb * texture[..., 3:], texture[..., 3]]))


def _span(plate: Plate, manner: Manner, house: House, x: float) -> tuple[Point, Point]:
    """The house's ends left and right on the screen, on the ground at distance `x` from the middle."""
    ends: tuple[Point, Point] = ((house.side * x, 0.0, house.near), (house.side * x, 0.0, house.far))
    return ends if house.side < 0 else (ends[1], ends[0])


def _upright(plate: Plate, texture: F32, ends: tuple[Point, Point], low: float, high: float) -> None:
    (ax, _, az), (bx, _, bz) = ends
    plate.lay(texture, [(ax, high, az), (bx, high, bz), (bx, low, bz), (ax, low, az)])


def _front(
    rng: np.random.Generator, plate: Plate, manner: Manner, light: Light, air: Air, house: House
) -> None:
    fine = float(np.clip(plate.view.scale(house.near) * 0.8, 5, _FINEST))
    texture = covered(facade(rng, manner, light, house.far - house.near, house.height, fine))
    hazed = _hazed(texture, air, house.near, house.far, house.side > 0, (house.height, 0))
    _upright(plate, hazed, _span(plate, manner, house, manner.half), 0, house.height)


def _end_wall(plate: Plate, manner: Manner, light: Light, air: Air, house: House) -> None:
    """The wall that faces us above the next house's roof."""
    tone = manner.tones[int(house.far * 7) % len(manner.tones)] * (light.ambient + light.lamps * 0.1) * 0.7
    rgb = np.repeat(np.linspace(1.05, 0.75, 24, dtype=np.float32)[:, None, None], 24, axis=1) * tone
    texture = _hazed(covered(f32(rgb)), air, house.near, house.near, False, (house.height, 0))
    inner, outer = house.side * manner.half, house.side * (manner.half + 9)
    left, right = min(inner, outer), max(inner, outer)
    z, top = house.near, house.height
    plate.lay(texture, [(left, top, z), (right, top, z), (right, 0, z), (left, 0, z)])


def _roofs(plate: Plate, manner: Manner, light: Light, air: Air, house: House) -> None:
    """Tiled eaves above each storey: their dark underside and the row of tile ends."""
    under = np.full((8, 16, 3), 0.0, np.float32) + _TILE * light.ambient * 0.9 + light.lamps * 0.03
    ends = np.full((12, max(16, int((house.far - house.near) * 10)), 3), 0.0, np.float32)
    ends += _TILE * (light.ambient * 1.3 + light.lamps * 0.1) + 0.01
    ends[:, ::4] *= 1.9
    ends[-3:] *= 0.5
    inner, outer = manner.half - manner.eaves, manner.half + 0.1
    for height in (manner.storey * 1.02, house.height):
        low = height - 0.34
        a, b = _span(plate, manner, house, inner), _span(plate, manner, house, outer)
        soffit = _hazed(covered(f32(under)), air, house.near, house.far, flipped=house.side > 0)
        plate.lay(soffit, [(b[0][0], height, b[0][2]), (b[1][0], height, b[1][2]),
                           (a[1][0], low, a[1][2]), (a[0][0], low, a[0][2])])  # fmt: skip
        fascia = _hazed(covered(f32(ends)), air, house.near, house.far, flipped=house.side > 0)
        _upright(plate, fascia, a, low - 0.06, low + 0.24)


def _awning(
    rng: np.random.Generator, plate: Plate, manner: Manner, light: Light, air: Air, house: House
) -> None:
    """A striped awning over the shop window."""
    tone = colour(str(rng.choice(["#9c2f2a", "#2d5a4a", "#b5813a", "#34507a", "#7a3350"])))
    cloth = np.empty((10, 48, 3), np.float32)
    cloth[:] = tone
    cloth[:, (np.arange(48) // 4) % 2 == 0] = colour("#efe6d4")
    cloth *= light.ambient * 0.9 + light.lamps * 0.55
    edge = 0.12 * (house.far - house.near)
    inside = House(house.side, house.near + edge, house.far - edge, house.height)
    a, b = (_span(plate, manner, inside, manner.half - out) for out in (1.15, 0.0))
    texture = _hazed(covered(cloth), air, inside.near, inside.far, flipped=house.side > 0)
    plate.lay(texture, [(b[0][0], 3.2, b[0][2]), (b[1][0], 3.2, b[1][2]),
                        (a[1][0], 2.65, a[1][2]), (a[0][0], 2.65, a[0][2])])  # fmt: skip
    _upright(plate, f32(texture * f32([0.8, 0.8, 0.8, 1])), a, 2.42, 2.66)


def _signs(
    rng: np.random.Generator, plate: Plate, manner: Manner, light: Light, air: Air, house: House
) -> list[tuple[Point, F32]]:
    """Signs that hang out over the street and face us, far ones first."""
    found: list[tuple[Point, F32]] = []
    count = int(rng.poisson(manner.signs))
    places = sorted(rng.uniform(house.near + 0.6, house.far, count), reverse=True)
    for z in (float(v) for v in places):
        if z < 4.2 or z > 60:
            continue
        tone = NEON[int(rng.integers(len(NEON)))]
        cells = int(rng.integers(2, 6))
        upright = bool(rng.random() < 0.8)
        panel = float(rng.choice([0.05, 0.08, 0.42, 0.8]))
        texture = sign(rng, cells, upright, tone, panel)
        if not light.dark:
            texture = f32(texture * f32([0.62, 0.62, 0.62, 1]))
        wide = float(rng.uniform(0.6, 1.1)) * (1.0 if upright else 1.7)
        tall = wide * texture.shape[0] / texture.shape[1]
        low = float(rng.uniform(2.7, max(3.0, min(house.height * 0.7, 9.0))))
        edge = manner.half - 0.12
        left = house.side * edge - (wide if house.side > 0 else 0.0)
        hazed = _hazed(texture, Air(air.haze, air.reach * 1.8, air.floor), z, z, flipped=False)
        high = low + tall
        plate.lay(hazed, [(left, high, z), (left + wide, high, z), (left + wide, low, z), (left, low, z)])
        if light.dark:
            found.append(((left + wide / 2, low + tall / 2, z), tone))
    return found
