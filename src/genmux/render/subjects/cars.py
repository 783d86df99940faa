"""Cars: from the side on open ground, from behind or before in a street."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.paint.light import in_light
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, f32
from genmux.render.shapes import curve, ellipse, polygon
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.stamps import centred, stamp
from genmux.render.stage import Stage
from genmux.render.subjects.easel import Easel, easel, sky_tones
from genmux.render.subjects.spot import Spot

_PAINTS: Final = tuple(
    colour(c) for c in ("#b3202a", "#1f4f8a", "#d8d6d0", "#23262c", "#d89a2b", "#2f6b57", "#8f9aa6")
)
_HUED: Final = {"red": 0, "blue": 1, "gold": 4, "yellow": 4, "orange": 4, "green": 5, "teal": 5}
_RUBBER: Final = colour("#141416")
_METAL: Final = colour("#b9bec6")
_HEAD: Final = colour("#fff1cf")
_TAIL: Final = colour("#ff2318")


@dataclass(frozen=True, slots=True, eq=False)
class _Body:
    """Outlines of a car that drives to the right, height 1: body, glass, wheels (x, radius), lamps."""

    shell: tuple[tuple[float, float], ...]
    glass: tuple[tuple[float, float], ...]
    pillars: tuple[float, ...]
    wheels: tuple[float, float]
    radius: float
    head: tuple[float, float]
    tail: tuple[float, float]
    crease: tuple[tuple[float, float], ...]


_COUPE: Final = _Body(
    (
        (-1.66, 0.3),
        (-1.7, 0.52),
        (-1.63, 0.7),
        (-1.3, 0.76),
        (-0.95, 0.84),
        (-0.5, 0.99),
        (-0.1, 1.0),
        (0.26, 0.93),
        (0.72, 0.72),
        (1.2, 0.65),
        (1.56, 0.53),
        (1.7, 0.4),
        (1.68, 0.24),
        (1.5, 0.17),
        (0, 0.15),
        (-1.5, 0.17),
    ),
    ((-1.0, 0.77), (-0.55, 0.93), (-0.12, 0.945), (0.2, 0.885), (0.58, 0.73), (0.2, 0.705), (-0.6, 0.715)),
    (-0.36,),
    (-1.08, 1.08),
    0.27,
    (1.54, 0.47),
    (-1.64, 0.6),
    ((-1.6, 0.6), (-0.8, 0.63), (0.4, 0.58), (1.5, 0.5)),
)
_SEDAN: Final = _Body(
    (
        (-1.62, 0.28),
        (-1.66, 0.5),
        (-1.6, 0.66),
        (-1.12, 0.7),
        (-0.78, 0.93),
        (-0.4, 1.0),
        (0.12, 1.0),
        (0.45, 0.9),
        (0.78, 0.68),
        (1.3, 0.62),
        (1.6, 0.54),
        (1.68, 0.4),
        (1.66, 0.23),
        (1.5, 0.16),
        (0, 0.14),
        (-1.5, 0.16),
    ),
    ((-0.98, 0.69), (-0.7, 0.89), (-0.38, 0.94), (0.1, 0.94), (0.38, 0.86), (0.64, 0.68), (0, 0.665)),
    (-0.2, 0.3),
    (-1.02, 1.04),
    0.25,
    (1.56, 0.5),
    (-1.6, 0.57),
    ((-1.58, 0.56), (-0.6, 0.58), (0.6, 0.56), (1.55, 0.52)),
)
_CLASSIC: Final = _Body(
    (
        (-1.44, 0.26),
        (-1.5, 0.42),
        (-1.36, 0.62),
        (-1.1, 0.72),
        (-0.86, 0.94),
        (-0.45, 1.06),
        (0.02, 1.06),
        (0.4, 0.96),
        (0.62, 0.72),
        (1.05, 0.68),
        (1.36, 0.58),
        (1.5, 0.42),
        (1.48, 0.24),
        (1.3, 0.18),
        (0, 0.16),
        (-1.3, 0.18),
    ),
    ((-0.9, 0.72), (-0.7, 0.92), (-0.42, 0.99), (0.0, 0.99), (0.3, 0.9), (0.48, 0.71), (-0.2, 0.7)),
    (-0.3, 0.12),
    (-0.92, 0.94),
    0.26,
    (1.36, 0.5),
    (-1.42, 0.5),
    ((-1.38, 0.54), (-0.6, 0.6), (0.5, 0.58), (1.36, 0.5)),
)
_BODIES: Final = (_COUPE, _SEDAN, _CLASSIC)


def car(stage: Stage, spot: Spot) -> list[Element]:
    """A car that drives slowly: past us on open ground, along the street between houses."""
    drawn = int(stage.rng.integers(len(_PAINTS)))
    paint = _PAINTS[_HUED.get(stage.reading.first("hue") or "", drawn)]
    if stage.family == "street":
        return _along_the_street(stage, spot, paint)
    body = _BODIES[int(stage.rng.integers(len(_BODIES)))]
    board = easel(-2.6, 4.6, -0.35, 1.3, spot.size)
    _side_view(stage, board, body, paint)
    facing = -1.0 if spot.mirrored else 1.0
    shake = 0.4 * stage.geometry.unit
    rolling = Motion(y=shake, rate=9.0, drift=(facing * 0.16 * spot.size, 0.0))
    return [board.placed(spot.x, spot.y, spot.depth, facing, rolling)]


def _side_view(stage: Stage, board: Easel, body: _Body, paint: F32) -> None:
    sky, low = sky_tones(stage)
    tone, dark = in_light(stage, paint), in_light(stage, _RUBBER)
    board.solid(ellipse(0, 0.02, 1.75, 0.07), f32(dark * 0.4), 0.55)
    for x in body.wheels:
        board.solid(ellipse(x, body.radius + 0.03, body.radius * 1.16, body.radius * 1.14), f32(dark * 0.5))
    bright = mix(tone, low if stage.dark else sky, 0.4)
    shell = curve(body.shell, 8)
    board.shaded(shell, [(0.12, f32(tone * 0.28)), (0.34, f32(tone * 0.62)), (0.52, tone),
                         (0.6, f32(tone * 1.06)), (0.68, bright), (0.8, tone), (0.93, f32(tone * 0.95)),
                         (1.0, bright)])  # fmt: skip
    board.solid(polygon([(-1.5, 0.15), (1.5, 0.15), (1.45, 0.24), (-1.45, 0.24)]), f32(dark * 0.8), 0.8)
    _glass(stage, board, body, sky, low)
    for x in body.wheels:
        _wheel(stage, board, x, body.radius)
    crease = curve(body.crease, 8, closed=False)
    board.solid(_stroke(crease, 0.012), bright, 0.6)
    board.solid(_stroke(f32(crease - f32([0, 0.03])), 0.014), f32(tone * 0.5), 0.5)
    for x in (-0.52, 0.5):
        board.solid(
            _stroke(curve([(x, 0.7), (x + 0.02, 0.45), (x + 0.08, 0.22)], 6, closed=False), 0.007),
            f32(tone * 0.4),
        )
    board.solid(ellipse(0.62, 0.74, 0.06, 0.035), f32(tone * 0.8))
    _lamps(stage, board, body)


def _glass(stage: Stage, board: Easel, body: _Body, sky: F32, low: F32) -> None:
    pane = mix(colour("#10161e"), sky, 0.5 if not stage.dark else 0.22)
    board.shaded(curve(body.glass, 6), [(0.68, f32(pane * 0.55)), (0.8, pane), (0.95, mix(pane, low, 0.4))])
    for x in body.pillars:
        board.solid(
            polygon([(x - 0.025, 0.68), (x + 0.025, 0.68), (x + 0.04, 0.93), (x, 0.93)]), f32(pane * 0.3)
        )


def _wheel(stage: Stage, board: Easel, x: float, radius: float) -> None:
    rubber, metal = in_light(stage, _RUBBER), in_light(stage, _METAL)
    y = radius
    board.solid(ellipse(x, y, radius, radius), rubber)
    board.shaded(ellipse(x, y, radius * 0.68, radius * 0.68), [(0.0, f32(metal * 0.45)), (2 * radius, metal)])
    for turn in np.arange(5) * 1.2566 + 0.3:
        c, s = np.cos(turn), np.sin(turn)
        points = [(0.12, -0.1), (0.62, -0.2), (0.62, 0.2), (0.12, 0.1)]
        wedge = f32([(x + radius * (u * c - v * s), y + radius * (u * s + v * c)) for u, v in points])
        board.solid(wedge, f32(metal * 0.32), 0.85)
    board.solid(ellipse(x, y, radius * 0.14, radius * 0.14), metal)


def _lamps(stage: Stage, board: Easel, body: _Body) -> None:
    (hx, hy), (tx, ty) = body.head, body.tail
    board.solid(ellipse(hx, hy, 0.1, 0.045, -0.35), mix(in_light(stage, _METAL), _HEAD, 0.6))
    board.solid(ellipse(tx, ty, 0.05, 0.06), in_light(stage, colour("#c0241c")))
    if not stage.dark:
        return
    board.shine(
        polygon([(hx, hy + 0.03), (hx + 2.5, hy + 0.3), (hx + 2.7, -0.1), (hx, hy - 0.05)]), _HEAD * 0.16, 0.1
    )
    board.shine(ellipse(hx + 1.3, 0.0, 1.1, 0.09), _HEAD * 0.28, 0.07)
    board.shine(ellipse(hx + 0.04, hy, 0.09, 0.05), _HEAD * 0.95, 0.015)
    board.shine(ellipse(hx + 0.05, hy, 0.16, 0.14), _HEAD * 0.5, 0.1)
    board.shine(ellipse(tx, ty, 0.05, 0.06), _TAIL * 0.9, 0.01)
    board.shine(ellipse(tx - 0.06, ty, 0.16, 0.14), _TAIL * 0.55, 0.1)
    board.shine(ellipse(tx - 0.3, 0.0, 0.4, 0.05), _TAIL * 0.25, 0.06)


def _stroke(line: F32, thick: float) -> F32:
    """A line as a thin outline."""
    return f32(np.concatenate([line + f32([0, thick]), line[::-1] - f32([0, thick])]))


def _along_the_street(stage: Stage, spot: Spot, paint: F32) -> list[Element]:
    size = spot.size * 1.6
    board = easel(-1.6, 1.6, -1.1, 1.4, size)
    coming = bool(stage.rng.random() < 0.4)
    _end_view(stage, board, paint, coming)
    at = board.middle(spot.x, spot.y)
    lift = at[1] - spot.y
    vanishing = (stage.geometry.layer_width / 2, stage.horizon + lift * 0.2)
    return [Receding(board.sprite(), at, vanishing, spot.depth, -0.035 if coming else 0.045)]


@dataclass(frozen=True, slots=True, eq=False)
class Receding:
    """A sprite that drives toward a vanishing point, or slowly comes from it when `pace` is negative."""

    sprite: U8
    at: tuple[float, float]
    vanishing: tuple[float, float]
    depth: float
    pace: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the sprite at its present distance."""
        shrink = 1 / (1 + self.pace * (moment.seconds - moment.duration / 2))
        x, y = (v + (a - v) * shrink for a, v in zip(self.at, self.vanishing, strict=True))
        scale = shrink * float(moment.matrix(self.depth)[0, 0])
        stamp(canvas, self.sprite, centred(self.sprite, *moment.place(x, y, self.depth), scale))


def _both(half: list[tuple[float, float]]) -> F32:
    return curve([*half, *((-x, y) for x, y in reversed(half))], 5)


def _end_view(stage: Stage, board: Easel, paint: F32, coming: bool) -> None:
    """A car seen from before (`coming`) or from behind."""
    sky, low = sky_tones(stage)
    tone, dark, metal = in_light(stage, paint), in_light(stage, _RUBBER), in_light(stage, _METAL)
    bright = mix(tone, low if stage.dark else sky, 0.35)
    board.solid(ellipse(0, 0.01, 0.78, 0.06), f32(dark * 0.3), 0.6)
    for side in (-1, 1):
        wheel = [(side * 0.42, 0.0), (side * 0.6, 0.0), (side * 0.61, 0.3), (side * 0.42, 0.3)]
        board.solid(polygon(wheel), f32(dark * 0.7))
    shell = _both(
        [(0.6, 0.16), (0.66, 0.36), (0.64, 0.54), (0.55, 0.64), (0.46, 0.9), (0.36, 0.99), (0.12, 1.02)]
    )
    board.shaded(
        shell,
        [
            (0.1, f32(tone * 0.3)),
            (0.32, f32(tone * 0.7)),
            (0.56, tone),
            (0.63, bright),
            (0.8, tone),
            (1.0, bright),
        ],
    )
    pane = mix(colour("#0e141c"), sky, 0.4 if not stage.dark else 0.2)
    board.shaded(_both([(0.47, 0.64), (0.4, 0.87), (0.3, 0.94), (0.1, 0.96)]),
                 [(0.62, f32(pane * 0.6)), (0.95, mix(pane, low, 0.35))])  # fmt: skip
    board.solid(polygon([(-0.6, 0.15), (0.6, 0.15), (0.62, 0.27), (-0.62, 0.27)]), f32(dark * 0.9), 0.85)
    board.solid(polygon([(-0.16, 0.33), (0.16, 0.33), (0.16, 0.41), (-0.16, 0.41)]), f32(metal * 0.7))
    if coming:
        board.solid(polygon([(-0.3, 0.42), (0.3, 0.42), (0.34, 0.52), (-0.34, 0.52)]), f32(dark * 0.8))
    lamp = _HEAD if coming else _TAIL
    for side in (-1, 1):
        shape = ellipse(side * 0.5, 0.5, 0.12, 0.05, -0.15 * side)
        board.solid(shape, mix(metal, _HEAD, 0.5) if coming else in_light(stage, colour("#b3221a")))
        if stage.dark:
            board.shine(shape, lamp * 0.95, 0.012)
            board.shine(ellipse(side * 0.5, 0.5, 0.2, 0.16), lamp * 0.55, 0.12)
            board.shine(ellipse(side * 0.5, -0.45, 0.08, 0.4), lamp * 0.3, 0.07)
