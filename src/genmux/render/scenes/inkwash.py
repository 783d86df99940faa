"""The ink painting: mountains of washes over mist, a boat, a branch from the edge, birds and a red seal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from genmux.render.effects import birds
from genmux.render.ink import figures, plants
from genmux.render.ink.dipped import dipped
from genmux.render.ink.lotus import pond
from genmux.render.ink.paper import bleed, rice_paper, seal
from genmux.render.ink.plants import Corner
from genmux.render.ink.tones import Tones, in_ink, tones
from genmux.render.ink.washes import Massif, Wash, bank, wash
from genmux.render.layers import Element, Layer, merged
from genmux.render.noise import fbm_line
from genmux.render.raster import F32, f32
from genmux.render.scenery.terrain import heightfield, mist_band, shading
from genmux.render.shapes import Shape, shapes_layer
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import lifted
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast

# Ranges from far to near: foot below the horizon and height as shares (of height, of span), depth, ink.
_HAND_SCROLL: Final = ((-0.01, 0.46, 0.06, 0.40), (0.05, 0.54, 0.09, 0.68), (0.17, 0.36, 0.2, 1.0))
_HANGING_SCROLL: Final = (
    (-0.20, 0.56, 0.05, 0.34), (-0.08, 0.66, 0.09, 0.58), (0.06, 0.46, 0.16, 0.82), (0.2, 0.34, 0.28, 1.0),
)  # fmt: skip

_Plant = Callable[[Stage, Tones, Corner], list[Shape]]
_BRANCHES: Final[tuple[_Plant | None, ...]] = (plants.pine, plants.pine, plants.bamboo, plants.willow, None)


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    used = tones(stage)
    inked = in_ink(stage, used)
    side = -1.0 if stage.flipped else 1.0
    elements: list[Element] = [rice_paper(stage, used), *_mountains(inked, used, side)]
    if stage.wants("mist") or stage.rng.random() < 0.5:
        g = stage.geometry
        elements.append(mist_band(inked, stage.horizon + g.height * 0.2, g.height * 0.05, 0.3, 0.7, drift=20))
    elements += dipped(cast(inked, "air", _aloft(stage, side)), used)
    elements += [*_afloat(inked, used, side), *_ashore(inked, used, side)]
    if stage.allows("birds") and not stage.wants("birds") and stage.time != "night":
        count = int(stage.rng.integers(5, 10))
        elements.append(birds(stage.rng, count, used.ink, float(stage.rng.uniform(0.16, 0.3)), size=8))
    plant = _plant(stage)
    elements += _branch(inked, used, side, plant)
    return [*elements, bleed(stage, used), seal(stage, left=(side > 0) != (plant is plants.bamboo))]


def _mountains(stage: Stage, used: Tones, side: float) -> list[Element]:
    """Washes with mist between them; the mass of the mountains stands on one side, `side` > 0 the right."""
    g, rng = stage.geometry, stage.rng
    upright = g.height > g.width * 1.15
    terrain = heightfield(rng, 4 if upright else 3)
    rock = Massif(terrain, shading(terrain, stage.flipped))
    layers: list[Element] = []
    for i, (below, height, depth, ink) in enumerate(_HANGING_SCROLL if upright else _HAND_SCROLL):
        base = stage.horizon + g.height * below
        tall = (g.height * 0.62 if upright else g.span) * height * float(rng.uniform(0.85, 1.15))
        painted = wash(stage, used, rock, Wash(base, tall, depth, ink, _masses(stage, i, side)))
        layers.append(painted)
        if i:
            layers.append(
                mist_band(stage, base - tall * 0.08, g.height * 0.035, depth + 0.03, 0.75, drift=9 + 6 * i)
            )
    return layers


def _masses(stage: Stage, row: int, side: float) -> tuple[float, ...]:
    rng = stage.rng
    main = 0.5 + side * float(rng.uniform(0.12, 0.3)) * (1 if row % 2 == 0 else 0.8)
    second = 0.5 - side * float(rng.uniform(0.3, 0.55))
    wide = stage.geometry.width > stage.geometry.height * 2
    third = (0.5 - side * float(rng.uniform(0.02, 0.15)),) if wide and row != 1 else ()
    return (main, second, *third) if row != 1 else (main - side * 0.22, *third)


def _aloft(stage: Stage, side: float) -> Spot:
    g = stage.geometry
    x = g.margin_x + g.width * (0.5 - side * 0.2)
    return Spot(x, g.margin_y + g.height * 0.24, g.span * 0.2, 0.3, room=g.span * 0.26)


def _afloat(stage: Stage, used: Tones, side: float) -> list[Element]:
    """What the prompt puts on the water, or the painting's own boat."""
    if stage.wants("lotus"):
        return []
    g = stage.geometry
    x = g.margin_x + g.width * (0.5 - side * float(stage.rng.uniform(0.06, 0.2)))
    y = stage.horizon + g.height * float(stage.rng.uniform(0.2, 0.25))
    others = [name for name in asked(stage, "water") if name not in ("boat", "rowboat")]
    around = shapes_layer(g, figures.ripples(stage, used, x, y, g.span * 0.3), 0.34)
    if others:
        return [around, *dipped(cast(stage, "water", Spot(x, y, g.span * 0.26, 0.34, g.span * 0.3)), used)]
    wanted = bool({"boat", "rowboat"}.intersection(stage.reading.all("subject")))
    if not wanted and (
        asked(stage, "ground") or stage.rng.random() < 0.3 or not stage.reading.allows("subject.boat")
    ):
        return [around]
    length = g.span * float(stage.rng.uniform(0.23, 0.28) if wanted else stage.rng.uniform(0.17, 0.22))
    painted = shapes_layer(g, figures.boat(used, x, y, length, side < 0), 0.34, supersample=4)
    return [around, lifted(painted, Motion(y=1.6 * g.unit, drift=(-side * 7 * g.unit, 0.0), rate=1.7))]


def _ashore(stage: Stage, used: Tones, side: float) -> list[Element]:
    """The near bank with a pavilion or with the subjects of the prompt."""
    g, rng = stage.geometry, stage.rng
    named = asked(stage, "ground")
    x = g.margin_x + g.width * (0.5 + side * (0.12 if named else 0.26))
    line = g.margin_y + g.height * (0.93 if named else 0.94)
    rise = g.height * (0.03 if named else 0.06)
    ground = f32(line - (fbm_line(rng, g.layer_width, 2.5, 5) - 0.35) * rise)
    shore = _shore(stage, used, ground, x, g.width * (0.75 if named else 0.42))
    if stage.wants("lotus"):
        return pond(stage, used, x, stage.horizon + g.height * 0.25, g.width * 0.42)
    if named:
        spot = Spot(x, line + g.height * 0.012, g.span * 0.44, 0.6, room=g.span * 0.34)
        return [shore, *dipped(cast(stage, "ground", spot), used)]
    if rng.random() < 0.5:
        foot = float(ground[min(int(x), g.layer_width - 1)]) + g.span * 0.012
        tower = shapes_layer(g, figures.pavilion(used, x, foot, g.span * 0.17), 0.5, supersample=3)
        return [merged(shore, tower)]
    return [shore]


def _shore(stage: Stage, used: Tones, ground: F32, x: float, reach: float) -> Layer:
    """A wet dark shore around `x` that thins out to both sides, with reeds."""
    g = stage.geometry
    columns = np.arange(g.layer_width, dtype=np.float32)
    lift = np.exp(-(((columns - x) / reach) ** 4))
    line = f32(ground + (1 - lift) * (g.layer_height - ground + 8))
    reeds = shapes_layer(
        g, figures.grass(stage, used, line, round(16 * g.width / g.span), g.span * 0.032), 0.5
    )
    return merged(bank(stage, used, line, 0.5), reeds)


def _branch(stage: Stage, used: Tones, side: float, plant: _Plant | None) -> list[Element]:
    """A branch that enters from the empty side, and sways."""
    g, rng = stage.geometry, stage.rng
    if plant is None:
        return []
    size = g.span * float(rng.uniform(0.42, 0.52))
    edge = g.margin_x - g.span * 0.04 if side > 0 else g.margin_x + g.width + g.span * 0.04
    drop = 0.0 if plant is plants.willow else g.margin_y + g.height * float(rng.uniform(0.02, 0.12))
    corner = Corner(edge, drop, side, size)
    painted = shapes_layer(g, plant(stage, used, corner), 0.8)
    root = (edge, g.layer_height * 1.1) if plant is plants.bamboo else (edge, corner.y)
    return [lifted(painted, Motion(root, turn=0.006 if plant is plants.bamboo else 0.014, rate=1.15))]


def _plant(stage: Stage) -> _Plant | None:
    if stage.wants("bamboo"):
        return plants.bamboo
    if (
        stage.wants("plum")
        or stage.reading.has("effect", "petals")
        or asked(stage, "ground") == ["cherry_tree"]
    ):
        return plants.plum
    if stage.reading.has("family", "forest"):
        return plants.pine
    return _BRANCHES[int(stage.rng.integers(len(_BRANCHES)))]
