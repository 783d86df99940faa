"""The desert: dunes with sharp crests under a wide sky, with mesas, pyramids or cactuses."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.effects import birds
from genmux.render.layers import Element
from genmux.render.paint.light import Light, light
from genmux.render.palette import mix
from genmux.render.scenery.dunes import dune_layer, dunes, dust, footprints, ribbons, sand
from genmux.render.scenery.mesas import mesas, pyramids
from genmux.render.scenery.relief import Relief, relief
from genmux.render.scenery.sky import clouds, sky
from genmux.render.scenery.terrain import Range, mist_band, range_layer
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast
from genmux.render.subjects.cactus import cactus

_FAR: Final = 95.0

# From far to near: where each stretch of dunes begins, its depth, the strength of dust on its crest.
_STRETCHES: Final = ((13.0, 0.18, 0.7), (4.6, 0.36, 0.8), (0.0, 0.58, 0.7))


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    g, sun = stage.geometry, light(stage)
    of = sand(stage, sun)
    ground = relief(stage, dunes(stage, of), _FAR, steps=560)
    elements: list[Element] = [sky(stage), *clouds(stage), *_distance(stage, sun)]
    far, spot = _FAR, _spot(stage, ground)
    for number, (near, depth, strength) in enumerate(_STRETCHES):
        painted, seen = dune_layer(
            stage, ground, of, sun, (near * 0.85, far), depth, _bottom(stage, ground, near)
        )
        if near == 0 and asked(stage, "ground"):
            footprints(painted.sprite, painted.top, ground, (spot[0].x, spot[1]), of, sun)
        elements.append(painted)
        if stage.allows("dust"):
            elements.append(dust(stage, of, seen, depth, strength))
        if number == 0:
            elements += _monuments(stage, sun)
            elements += cast(stage, "air", _air(stage))
            elements.append(mist_band(stage, stage.horizon + g.span * 0.04, g.span * 0.03, 0.24, 0.3))
        far = near
    if stage.allows("dust"):
        elements.append(ribbons(stage, of, stage.horizon + g.span * 0.1, depth))
    return [*elements, *_standing(stage, spot[0]), *_life(stage)]


def _spot(stage: Stage, ground: Relief) -> tuple[Spot, float]:
    """Where a subject stands, on the highest sand of its column, and how far away that is."""
    g = stage.geometry
    z, row = ground.summit(stage.free_x, 2.1, 4.2)
    y = min(row, g.margin_y + g.height * 0.9)
    return Spot(stage.free_x, y + g.span * 0.004, g.span * 0.31, _STRETCHES[-1][1], room=g.span * 0.36), z


def _bottom(stage: Stage, ground: Relief, near: float) -> int:
    """The row below which the next nearer stretch covers everything."""
    split = int(np.searchsorted(ground.z, near))
    if split < 2:
        return stage.geometry.layer_height
    lowest = float(ground.rows[:split].min(axis=0).max())
    return min(round(lowest + stage.geometry.span * 0.06), stage.geometry.layer_height)


def _distance(stage: Stage, sun: Light) -> list[Element]:
    horizon, span = stage.horizon, stage.geometry.span
    draw = stage.rng.random()
    if stage.wants("pyramids") or draw > 0.8:
        return []
    if draw > 0.45:
        return [mesas(stage, sun, 0.08)]
    return [range_layer(stage, Range(horizon, span * 0.2, 0.08, haze=0.6, floor=horizon + span * 0.05))]


def _monuments(stage: Stage, sun: Light) -> list[Element]:
    if not stage.wants("pyramids"):
        return []
    return [pyramids(stage, sun, 0.2, stage.horizon + stage.geometry.span * 0.075)]


def _air(stage: Stage) -> Spot:
    g = stage.geometry
    x = g.margin_x + g.width * (0.36 if stage.flipped else 0.64)
    return Spot(x, g.margin_y + (stage.horizon - g.margin_y) * 0.46, g.span * 0.34, 0.24, room=g.span * 0.5)


def _standing(stage: Stage, spot: Spot) -> list[Element]:
    """The subjects on the sand, and cactuses when asked for or by chance."""
    if asked(stage, "ground"):
        return cast(stage, "ground", spot)
    if stage.wants("cactus") or (stage.rng.random() < 0.25 and not stage.wants("pyramids")):
        return cactus(stage, spot)
    return []


def _life(stage: Stage) -> list[Element]:
    if stage.time in ("night", "storm") or not stage.allows("birds") or stage.wants("birds"):
        return []
    tone = mix(stage.palette.near, stage.palette.far, 0.3)
    return [birds(stage.rng, 3, tone, float(stage.rng.uniform(0.16, 0.26)), size=8)]
