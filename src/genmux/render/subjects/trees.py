"""Single trees: broad-leaved through the seasons, cherries in blossom, palms."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.light import light, local
from genmux.render.plants.foliage import Habit, Limb, Plant, draw_crown, draw_limbs, limbs
from genmux.render.raster import F32, f32
from genmux.render.sprites.motion import gusts
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.palms import palm
from genmux.render.subjects.shadows import ground_shadow
from genmux.render.subjects.spot import Spot, Subject, inside

_OAK: Final = Habit(trunk=0.24, girth=0.07, spread=0.56, forks=4, lobe=0.085, leaf=0.0072, leaves=120)
_CHERRY: Final = Habit(trunk=0.20, girth=0.058, spread=0.64, forks=4, lobe=0.085, leaf=0.0068, leaves=125)
_BARE: Final = Habit(trunk=0.25, girth=0.07, spread=0.52, forks=6, lobe=0.03, leaf=0.009, leaves=6)

# Leaves in shade, in between, in the sun; one of the rows is drawn.
_CROWNS: Final = {
    "green": (
        ("#16401c", "#4b8a2f", "#b9d858"),
        ("#1b4a2a", "#58963a", "#d0dc62"),
        ("#0f3a26", "#3a7d3a", "#9fd060"),
    ),
    "autumn": (
        ("#6b240c", "#d2691e", "#ffc14a"),
        ("#701a12", "#c73a1c", "#ff8a3c"),
        ("#7a4a08", "#e0a01a", "#ffe06a"),
    ),
    "cherry": (("#a8527e", "#f09ac0", "#ffe6f0"), ("#b06088", "#f7b0cc", "#fff2f6")),
    "snow": (("#7f93b0", "#dbe6f2", "#ffffff"),),
}
_BARK: Final = {"green": "#6b4e36", "autumn": "#5a3c2a", "cherry": "#5c3a36", "snow": "#4a4038"}


def tree(stage: Stage, spot: Spot) -> list[Element]:
    """A broad-leaved tree of the spot's height: green, golden in autumn, bare under snow in winter."""
    if stage.wants("snowy"):
        return _broadleaf(stage, spot, "snow", _BARE)
    return _broadleaf(stage, spot, "autumn" if stage.wants("autumn") else "green", _OAK)


def cherry_tree(stage: Stage, spot: Spot) -> list[Element]:
    """A cherry tree of the spot's height under clouds of blossom."""
    return _broadleaf(stage, spot, "cherry", _CHERRY)


def _broadleaf(stage: Stage, spot: Spot, season: str, habit: Habit) -> list[Element]:
    rng = stage.rng
    habit = replace(habit, spread=habit.spread * float(rng.uniform(0.82, 1.1)))
    grown = limbs(rng, habit)
    lobes = _lobes(grown, habit, rng)
    size = spot.size / (float(-lobes[:, 1].min()) + habit.lobe)
    reach = float(np.abs(lobes[:, 0]).max() + habit.lobe * 1.5) * size
    foot = f32([reach + 2, spot.size * 1.02 + 2])
    sprite = np.zeros((max(int(foot[1] + spot.size * 0.03) + 2, 4), max(int(2 * reach) + 4, 4), 4), np.uint8)
    _draw(stage, Plant(sprite, foot, size, habit, light(stage)), grown, lobes, season)
    spot = replace(spot, x=inside(stage, spot.x, reach))
    x, y = spot.x - float(foot[0]), spot.y - float(foot[1])
    sway = gusts(y + sprite.shape[0], 0.006, float(rng.uniform(0, 6)))
    return [ground_shadow(stage, spot, reach * 0.8 / spot.size), Sprite(sprite, x, y, spot.depth, sway)]


def _lobes(grown: list[Limb], habit: Habit, rng: np.random.Generator) -> F32:
    """Where balls of leaves are: at the ends of branches, and hanging below the outer ones."""
    ends = f32([limb.spine[-1] for limb in grown if limb.level >= habit.forks - 1])
    if habit.leaves < 10:
        return ends
    outward = np.abs(ends[:, 0]) / max(float(np.abs(ends[:, 0]).max()), 1e-3)
    below = ends[outward > 0.3] * f32([0.92, 1.0])
    below[:, 1] += habit.lobe * rng.uniform(0.5, 1.35, len(below)).astype(np.float32)
    return f32(np.concatenate([ends, below[rng.random(len(below)) < 0.55]]))


def _draw(stage: Stage, plant: Plant, grown: list[Limb], lobes: F32, season: str) -> None:
    """Branches, the crown around them, and once more the boughs with leaves in front."""
    kinds, bark = _CROWNS[season], local(stage, _BARK[season])
    dark, middle, bright = (local(stage, c) for c in kinds[int(stage.rng.integers(len(kinds)))])
    draw_limbs(plant, grown, bark)
    draw_crown(plant, lobes, (dark, middle, bright), stage.rng)
    if season != "snow":
        draw_limbs(plant, [limb for limb in grown if limb.level <= 1], bark)
        front = lobes[stage.rng.random(len(lobes)) < 0.55]
        draw_crown(plant, front if len(front) else lobes, (dark, middle, bright), stage.rng)


TREES: Final[dict[str, Subject]] = {
    "tree": Subject(frozenset({"ground"}), 1.35, tree),
    "cherry_tree": Subject(frozenset({"ground"}), 1.3, cherry_tree),
    "palm": Subject(frozenset({"ground"}), 1.15, palm),
}
