"""The flight: where the camera is over the map at each moment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.flight.lands import SIZE, Land
from genmux.render.raster import F32, blur, f32

_SPEED: Final = 21.0
_ORBIT: Final = 300.0
_CANDIDATES: Final = 48


@dataclass(frozen=True, slots=True)
class View:
    """A camera over the map: position and height in map steps, heading and bank in radians.

    `zoom` scales the focal length; `tilt` is the asked tilt, -1..1.
    """

    x: float
    y: float
    z: float
    heading: float
    bank: float
    zoom: float
    tilt: float


@dataclass(frozen=True, slots=True, eq=False)
class Flight:
    """A path over a map: straight on, or around a point when `orbit` is set."""

    x: float
    y: float
    heading: float
    height: float
    ground: F32
    orbit: bool
    phase: float

    def at(self, moment: Moment) -> View:
        """The camera at a moment."""
        t = moment.seconds
        if self.orbit:
            return self._around(t, moment)
        ahead = _SPEED * t
        x, y = self.x + math.sin(self.heading) * ahead, self.y + math.cos(self.heading) * ahead
        turn = 0.07 * math.sin(t * 0.32 + self.phase) + moment.pose.x * 0.20
        bank = 0.05 * math.cos(t * 0.32 + self.phase)
        return View(x, y, self._above(x, y), self.heading + turn, bank, moment.pose.zoom, moment.pose.y)

    def _around(self, t: float, moment: Moment) -> View:
        heading = self.heading + t * 0.10
        middle_x = self.x + math.sin(self.heading) * _ORBIT
        middle_y = self.y + math.cos(self.heading) * _ORBIT
        x, y = middle_x - math.sin(heading) * _ORBIT, middle_y - math.cos(heading) * _ORBIT
        return View(x, y, self._above(x, y), heading, 0.03, 1.0, moment.pose.y)

    def _above(self, x: float, y: float) -> float:
        """A height that clears the land below without following every bump of it."""
        size = self.ground.shape[0]
        u, v = x / SIZE * size, y / SIZE * size
        i, j = math.floor(v), math.floor(u)
        a, b = v - i, u - j
        rows, columns = (i % size, (i + 1) % size), (j % size, (j + 1) % size)
        near = self.ground[np.ix_(rows, columns)]
        low = near[0] * (1 - a) + near[1] * a
        return self.height + float(low[0] * (1 - b) + low[1] * b)


def flight(rng: np.random.Generator, land: Land, heading: float, orbit: bool) -> Flight:
    """A path that starts at the best of some chance places: varied land ahead, water and ground both."""
    small = f32(land.heights[::8, ::8])
    wet = f32(land.water[::8, ::8])
    places = rng.uniform(0, SIZE, (_CANDIDATES, 2))
    best = max(places, key=lambda p: _worth(small, wet, land.tall, float(p[0]), float(p[1]), heading))
    ground = blur(f32(np.pad(small, 16, mode="wrap")), 6.0)[16:-16, 16:-16] * 0.75
    height = 74 + land.tall * 0.34
    return Flight(float(best[0]), float(best[1]), heading, height, ground, orbit, float(rng.uniform(0, 6.28)))


def _worth(heights: F32, wet: F32, tall: float, x: float, y: float, heading: float) -> float:
    """How much a view promises: relief in the middle distance, low ground close by, some water."""
    ahead = np.array([100, 140, 190, 250, 320, 420, 540], np.float32)[:, None]
    side = np.linspace(-0.45, 0.45, 7)[None, :]
    at_x = x + np.sin(heading + side) * ahead
    at_y = y + np.cos(heading + side) * ahead
    size = heights.shape[0]
    rows, columns = ((v / SIZE * size).astype(int) % size for v in (at_y, at_x))
    seen, water = heights[rows, columns] / tall, wet[rows, columns]
    return (
        float(seen[2:].std() * 2 + seen[3:].max() * 1.5 - seen[:3].max() * 1.2)
        - abs(float(water.mean()) - min(0.4, float(wet.mean()) * 1.2)) * 1.4
    )
