"""The ocean: sun over moving water, far islands, cliffs or a headland, a beach in the foreground."""

from __future__ import annotations

from typing import Final

from genmux.render.effects import birds
from genmux.render.layers import Element
from genmux.render.scenery.rocks import Rock, rock
from genmux.render.scenery.sky import clouds, sky
from genmux.render.scenery.terrain import mist_band
from genmux.render.scenery.water import water
from genmux.render.scenes.shore import beach, headland, stacks
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast, cast_aloft
from genmux.render.subjects.boats import sailboat

_SANDY: Final = frozenset({"beach", "seaside", "shore", "海滩", "海边", "沙滩"})
_HIGH: Final = frozenset({"lighthouse", "castle", "pagoda"})


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    storm = stage.time == "storm"
    roughness = 1.9 if storm else float(stage.rng.uniform(0.7, 1.3))
    elements: list[Element] = [sky(stage), *clouds(stage), *_land(stage)]
    elements.append(water(stage, stage.horizon, roughness, clarity=0.7 if storm else 0.86, whitecaps=storm))
    thick, strength = (0.07, 0.85) if stage.wants("mist") else (0.02, 0.35)
    elements.append(mist_band(stage, stage.horizon, stage.geometry.span * thick, 0.19, strength, drift=6))
    elements += [*cast_aloft(stage), *_near(stage), *_boats(stage)]
    if stage.time in ("dawn", "day", "sunset") and stage.allows("birds") and not stage.wants("birds"):
        elements.append(birds(stage.rng, 6, stage.palette.near, float(stage.rng.uniform(0.2, 0.34))))
    return elements


def _near(stage: Stage) -> list[Element]:
    """Where the prompt's ground subjects stand: a headland, the water itself, or a beach."""
    g, grounded = stage.geometry, asked(stage, "ground")
    if _HIGH & set(grounded):
        return headland(stage)
    if grounded == ["torii"]:
        spot = Spot(stage.free_x, stage.horizon + g.span * 0.17, g.span * 0.30, 0.30, g.span * 0.3, wet=True)
        return cast(stage, "ground", spot)
    if grounded or stage.wants("beach") or _SANDY & set(stage.reading.words):
        return beach(stage)
    lonely = stage.time == "storm" and not asked(stage, "water")
    return headland(stage) if lonely and stage.rng.random() < 0.85 else []


def _land(stage: Stage) -> list[Element]:
    """Far islands, cliffs with stacks, or open sea; a nearer, higher island when the prompt asks for one."""
    island = stage.wants("island")
    chance = stage.rng.random()
    if not island and chance < 0.36 and asked(stage, "ground") != ["torii"]:
        return stacks(stage)
    if not island and chance > 0.92:
        return []
    return _islands(stage, island)


def _islands(stage: Stage, near: bool) -> list[Element]:
    """Low islands along the horizon; a `near` one is high and green before them."""
    g, rng = stage.geometry, stage.rng
    green = 0.75 if stage.time in ("day", "dawn") else 0.3
    found: list[Element] = []
    for _ in range(int(rng.integers(1, 4))):
        half = g.span * float(rng.uniform(0.12, 0.42))
        height = half * float(rng.uniform(0.16, 0.30))
        x = g.margin_x + g.width * float(rng.uniform(0.0, 1.0))
        spec = Rock(x, half, stage.horizon + 1, height, 0.12, haze=0.5, steep=0.08, turf=green)
        found.append(rock(stage, spec)[0])
    if near:
        half = g.span * float(rng.uniform(0.36, 0.5))
        height = g.span * float(rng.uniform(0.2, 0.28))
        spec = Rock(stage.free_x, half, stage.horizon + 1, height, 0.17, haze=0.2, steep=0.2, turf=green)
        found.append(rock(stage, spec)[0])
    return found


def _boats(stage: Stage) -> list[Element]:
    """What the prompt puts on the water; without a word, sometimes a small sail far out."""
    g = stage.geometry
    grounded = bool(asked(stage, "ground"))
    if asked(stage, "water"):
        x = stage.free_x if not grounded else g.layer_width - stage.free_x
        near = 0.09 if grounded else 0.13
        size = g.span * (0.2 if grounded else 0.30)
        return cast(stage, "water", Spot(x, stage.horizon + g.span * near, size, 0.24, room=g.span * 0.36))
    if (
        grounded
        or stage.time == "storm"
        or not stage.reading.allows("subject.boat")
        or stage.rng.random() > 0.4
    ):
        return []
    far = Spot(stage.free_x, stage.horizon + g.span * 0.045, g.span * 0.13, 0.24, room=g.span * 0.2)
    return sailboat(stage, far)
