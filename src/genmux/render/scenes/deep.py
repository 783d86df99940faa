"""The deep sea: light from above, hazy ridges, a reef or kelp on the floor, and what swims there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from genmux.render.effects import bubbles, motes
from genmux.render.layers import Element, Layer, merged
from genmux.render.palette import mix
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast
from genmux.render.subjects.fish import school, tropical
from genmux.render.undersea.growth import Form
from genmux.render.undersea.reef import Garden, kelp, library, overgrown, pasted, reef
from genmux.render.undersea.seabed import Ridge, rocks, sand, skyline
from genmux.render.undersea.sunken import SUNKEN
from genmux.render.undersea.underwater import floor_light, shafts, surface, water_column


@dataclass(frozen=True, slots=True)
class Floor:
    """What grows on the floor: clusters on the middle, back and near rock, crusts 0..1, stems of kelp.

    `level` is where the floor begins, as a share of the height; a low one has no rock before it.
    """

    clusters: tuple[int, int, int]
    grown: float
    stems: int
    level: float = 0.77


FLOORS: Final[dict[str, Floor]] = {
    "reef": Floor((46, 50, 20), 1.0, 0),
    "kelp": Floor((22, 24, 7), 0.6, 7),
    "rocks": Floor((24, 26, 10), 0.7, 3),
    "abyss": Floor((14, 18, 9), 0.4, 2),
    "open": Floor((0, 0, 0), 0.2, 0, level=0.93),
}
# How strong the daylight is at times that are not clear days.
# What is at home in open water, and how often it is shown there.
OCEANIC: Final = frozenset({"whale", "dolphin", "shark", "ray", "jellyfish"})
_OPEN_CHANCE: Final = 0.4
_SUNKEN_CHANCE: Final = 0.16
DAYLIGHT: Final = {"night": 0.34, "storm": 0.45}

Forms = dict[str, list[Form]]


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    g, h = stage.geometry, stage.geometry.span
    floor = FLOORS[_floor_name(stage)]
    forms = library(stage, floor.stems > 0)
    ground = g.margin_y + g.height * (floor.level + float(stage.rng.uniform(-0.03, 0.03)))
    bright = DAYLIGHT.get(stage.time, 1.0)
    spot = Spot(stage.free_x, g.margin_y + g.height * 0.56 * floor.level, h * 0.40, 0.35, h * 0.34)
    far, mid = _ridges(stage, floor, forms, ground)
    elements: list[Element] = [merged(water_column(stage), far), surface(stage, 0.7 * bright)]
    mid = _with_sunken(stage, floor, merged(mid, sand(stage, ground, mid.depth)), ground)
    elements += [mid, floor_light(stage, ground, mid.depth, 0.8 * bright)]
    elements.append(shafts(stage, bright * (0.95 if stage.wants("rays") else 0.72)))
    elements += _kelp(stage, floor.stems // 3, ground + 0.05 * h, 0.5 * h, 0.3, 0.42, forms)
    elements += _life(stage, spot)
    if any(floor.clusters[1:]):
        elements += _reef(stage, floor, forms, ground)
    return [*elements, *_drifting(stage)]


def _floor_name(stage: Stage) -> str:
    if stage.wants("coral"):
        return "reef"
    if stage.wants("kelp"):
        return "kelp"
    if OCEANIC & set(asked(stage, "deep")) and stage.rng.random() < _OPEN_CHANCE:
        return "open"
    if stage.time == "night":
        return "abyss"
    return str(stage.rng.choice(("reef", "kelp", "rocks") if stage.allows("coral") else ("kelp", "rocks")))


def _ridges(stage: Stage, floor: Floor, forms: Forms, ground: float) -> tuple[Layer, Layer]:
    """Two ridges in the distance, the nearer one with the first corals."""
    h, rng = stage.geometry.span, stage.rng
    walls = (float(rng.uniform(0.6, 1.3)), float(rng.uniform(0.0, 0.5)))
    side = walls if stage.flipped else walls[::-1]
    end = ground + 0.1 * h
    far = Ridge(ground - 0.02 * h, h * float(rng.uniform(0.22, 0.34)), 0.0, 0.80, side[::-1], 2.2, end)
    mid = Ridge(
        ground + 0.02 * h, h * float(rng.uniform(0.18, 0.28)), 0.18, 0.48, side, 2.0, end, floor.grown * 0.5
    )
    crest = skyline(stage, mid)
    garden = Garden(floor.clusters[0], (0.03 * h, 0.06 * h), 0.55, 0.10 * h)
    distant = rocks(stage, far, skyline(stage, far))
    return distant, overgrown(stage, rocks(stage, mid, crest), crest, garden, forms)


def _with_sunken(stage: Stage, floor: Floor, base: Layer, ground: float) -> Layer:
    """The floor with a wreck or ruins on the sun's side, when asked for or, on a bare floor, by chance."""
    g, rng = stage.geometry, stage.rng
    named = [name for name in SUNKEN if stage.wants(name)]
    drawn = str(rng.choice(list(SUNKEN)))
    bare = not stage.wants("coral") and any(floor.clusters[1:])
    if not named and (rng.random() > _SUNKEN_CHANCE or not bare or not stage.allows(drawn)):
        return base
    sprite = SUNKEN[named[0] if named else drawn](stage, g.span * 0.36, 0.42)
    x = g.layer_width - stage.free_x
    return pasted(base, [(sprite, x, ground + 0.07 * g.span)])


def _reef(stage: Stage, floor: Floor, forms: Forms, ground: float) -> list[Element]:
    """The rock before the floor and the corals nearest to the eye, higher at the sides than in the middle."""
    g, h, rng = stage.geometry, stage.geometry.span, stage.rng
    bottom = g.margin_y + g.height
    high = (float(rng.uniform(0.9, 1.5)), float(rng.uniform(0.2, 0.6)))
    side = high if stage.flipped else high[::-1]
    back = Ridge(ground + 0.62 * (bottom - ground), h * 0.12, 0.5, 0.2, side, 2.0, None, floor.grown)
    near = Ridge(bottom + 0.03 * h, h * 0.10, 0.8, 0.03, (side[1] + 0.3, side[0]), 2.0, None, floor.grown)
    gardens = (
        Garden(floor.clusters[1], (0.06 * h, 0.13 * h), 0.18, 0.16 * h, 6),
        Garden(floor.clusters[2], (0.15 * h, 0.23 * h), 0.0, 0.1 * h, 6),
    )
    elements: list[Element] = []
    for spec, garden in zip((back, near), gardens, strict=True):
        crest = skyline(stage, spec)
        elements += reef(stage, rocks(stage, spec, crest), crest, garden, forms)
        if spec is back:
            stems = floor.stems - floor.stems // 3
            elements += _kelp(stage, stems, bottom + 0.02 * h, 0.85 * h, 0.7, 0.10, forms)
    return elements


def _kelp(
    stage: Stage, stems: int, row: float, height: float, depth: float, haze: float, forms: Forms
) -> list[Element]:
    """Stems at the sides of the picture, most of them on the sun's."""
    g, rng = stage.geometry, stage.rng
    room = max(min(0.09 * g.width / g.height, 0.16) - 0.03, 0.0)
    spots: list[tuple[float, float]] = []
    for k in range(stems):
        left = (k % 3 != 2) != stage.flipped
        aside = float(rng.uniform(-0.05, room if k % 3 != 2 else 0.02))
        spots.append((g.margin_x + g.width * (aside if left else 1 - aside), row))
    return kelp(stage, spots, height, depth, haze, forms)


def _life(stage: Stage, spot: Spot) -> list[Element]:
    """What the prompt asks for; else a school of fish, over a reef with a few large ones."""
    g, rng = stage.geometry, stage.rng
    away = g.layer_width - spot.x
    fishy = stage.reading.allows("subject.fish")
    wanted = asked(stage, "deep")
    company: list[Element] = []
    if fishy and stage.time != "night" and "fish" not in wanted:
        behind = replace(spot, x=away, y=spot.y - 0.1 * g.span, size=spot.size * 0.55, depth=0.16)
        company.append(school(stage, behind, 30, max(6.0, g.span * 0.024), 0.58))
    if wanted:
        return [*company, *cast(stage, "deep", spot)]
    if not fishy:
        return company
    company.append(school(stage, spot, 64, max(8.0, g.span * 0.045), 0.14))
    return [*company, *(_passing(stage, k, spot) for k in range(int(rng.integers(1, 3))))]


def _passing(stage: Stage, k: int, spot: Spot) -> Element:
    g, rng = stage.geometry, stage.rng
    name = ("tang", "butterfly", "angel", "clown")[int(rng.integers(4))]
    x = g.margin_x + g.width * (0.22 + 0.5 * k + float(rng.uniform(-0.1, 0.1)))
    y = spot.y + spot.size * float(rng.uniform(0.35, 0.62))
    return tropical(stage, name, x, y, g.span * float(rng.uniform(0.10, 0.14)), 0.45, 0.05)


def _drifting(stage: Stage) -> list[Element]:
    """Bubbles, and specks in the water: living lights at night."""
    g, rng, palette = stage.geometry, stage.rng, stage.palette
    night = stage.time == "night"
    tone = mix(palette.glow, palette.lit, 0.5) * (1.0 if night else 0.5)
    specks = motes(g, rng, 60 if night else 46, tone, 0.0, (2.2, 7.0) if night else (1.6, 4.2), wander=14)
    if stage.reading.has("effect", "bubbles") or not stage.reading.allows("effect.bubbles"):
        return [specks]
    return [specks, bubbles(g, rng, streams=int(rng.integers(2, 4)), each=8)]
