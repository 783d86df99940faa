"""The ocean: sun over moving water, an island or a headland, sometimes a sailing boat."""

from __future__ import annotations

from genmux.render.effects import birds
from genmux.render.layers import Element
from genmux.render.sky import clouds, sky
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast
from genmux.render.subjects.boats import sailboat
from genmux.render.terrain import Range, mist_band, range_layer
from genmux.render.water import water


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    storm = stage.time == "storm"
    roughness = 1.9 if storm else float(stage.rng.uniform(0.9, 1.3))
    elements: list[Element] = [sky(stage), *clouds(stage), *_land(stage)]
    elements.append(water(stage, stage.horizon, roughness, clarity=0.7 if storm else 0.86))
    elements.append(mist_band(stage, stage.horizon, stage.geometry.span * 0.02, 0.19, 0.35, drift=6))
    elements += _boats(stage)
    if stage.time in ("dawn", "day", "sunset") and stage.allows("birds") and not stage.wants("birds"):
        elements.append(birds(stage.rng, 6, stage.palette.near, float(stage.rng.uniform(0.2, 0.34))))
    return elements


def _land(stage: Stage) -> list[Element]:
    """Far islands; a nearer, higher one when the prompt asks for an island."""
    horizon, span = stage.horizon, stage.geometry.span
    green = 0.7 if stage.time in ("day", "dawn") else 0.2
    floor = horizon + stage.geometry.height * 0.05
    land: list[Element] = []
    if stage.wants("island") or stage.rng.random() < 0.7:
        height = span * (0.26 if stage.wants("island") else 0.14)
        land.append(
            range_layer(
                stage,
                Range(
                    horizon + height * 0.2,
                    height,
                    0.12,
                    haze=0.5,
                    frequency=2,
                    mist=0.5,
                    green=green,
                    floor=floor,
                    scattered=True,
                ),
            )
        )
    if stage.wants("island"):
        land.append(
            range_layer(
                stage,
                Range(
                    horizon + span * 0.05,
                    span * 0.2,
                    0.17,
                    haze=0.22,
                    frequency=2,
                    mist=0.3,
                    green=green,
                    floor=floor,
                    scattered=True,
                ),
            )
        )
    return land


def _boats(stage: Stage) -> list[Element]:
    """What the prompt puts on the water; without a word, sometimes a small sail far out."""
    g = stage.geometry
    if asked(stage, "water"):
        near = Spot(stage.free_x, stage.horizon + g.span * 0.13, g.span * 0.30, 0.24, room=g.span * 0.36)
        return cast(stage, "water", near)
    if stage.time == "storm" or not stage.reading.allows("subject.boat") or stage.rng.random() > 0.4:
        return []
    far = Spot(stage.free_x, stage.horizon + g.span * 0.045, g.span * 0.13, 0.24, room=g.span * 0.2)
    return sailboat(stage, far)
