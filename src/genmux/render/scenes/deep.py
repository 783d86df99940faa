"""The deep sea: light from above, hazy ridges, a reef or kelp on the floor, and what swims there."""

from __future__ import annotations

from genmux.render.layers import Element
from genmux.render.reef import Garden, kelp, library, reef
from genmux.render.seabed import Ridge, rocks, sand, skyline
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, cast
from genmux.render.underwater import floor_light, shafts, surface, water_column


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    g, rng = stage.geometry, stage.rng
    bright = {"night": 0.35, "storm": 0.45}.get(stage.time, 1.0)
    elements: list[Element] = [water_column(stage), surface(stage, bright)]
    floor = g.margin_y + g.height * float(rng.uniform(0.74, 0.8))
    h = g.span
    forms = library(stage)
    wall = (1.2, 0.2) if stage.flipped else (0.2, 1.2)
    far = Ridge(floor - 0.02 * h, h * 0.3, 0.05, 0.78, (0.5, 0.2), 2.0, floor + 0.1 * h)
    mid = Ridge(floor + 0.02 * h, h * 0.26, 0.14, 0.5, (1.2, 0.2), 2.0, floor + 0.1 * h, 0.5)
    elements.append(rocks(stage, far, skyline(stage, far)))
    crest = skyline(stage, mid)
    elements += reef(stage, rocks(stage, mid, crest), crest, Garden(44, (0.03 * h, 0.06 * h), 0.5, 0.16 * h), forms)
    elements.append(shafts(stage, 0.8 * bright))
    elements.append(sand(stage, floor, 0.4))
    elements.append(floor_light(stage, floor, 0.4, 0.8 * bright))
    elements += cast(stage, "deep", Spot(stage.free_x, g.margin_y + g.height * 0.44, h * 0.4, 0.35, h * 0.3))
    back = Ridge(floor + 0.16 * h, h * 0.12, 0.5, 0.22, (1.0, 0.4), 2.0, None, 0.9)
    crest = skyline(stage, back)
    elements += reef(stage, rocks(stage, back, crest), crest, Garden(44, (0.06 * h, 0.13 * h), 0.2, 0.16 * h, 6), forms)
    near = Ridge(g.margin_y + g.height + 0.02 * h, h * 0.1, 0.8, 0.04, wall, 2.0, None, 1.0)
    crest = skyline(stage, near)
    elements += reef(stage, rocks(stage, near, crest), crest, Garden(18, (0.15 * h, 0.24 * h), 0.0, 0.1 * h, 6), forms)
    return elements
