"""A reef: rock overgrown with clusters of coral, the soft ones swaying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from genmux.render.layers import Element, Layer
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, f32, over, windows
from genmux.render.stage import Stage
from genmux.render.undersea.coral import GROWTHS, SOFT
from genmux.render.undersea.growth import HUES, Form, scaled, sprite_of
from genmux.render.undersea.weeds import Weed

_LIBRARY_SIZE: Final = 0.24
_KINDS_PER_SCENE: Final = 7

# How often a kind is planted on a reef, and how high it grows against a sea fan.
KINDS: Final[dict[str, tuple[float, float]]] = {
    "fan": (1.2, 1.0), "staghorn": (1.5, 0.75), "tubes": (1.0, 0.8), "bush": (2.2, 0.55), "brain": (1.2, 0.5),
    "table": (0.7, 0.6), "anemone": (1.0, 0.5), "whips": (0.6, 1.0), "starfish": (0.35, 0.22),
}  # fmt: skip
_KELP: Final = (112.0, 0.11, 0.60)


@dataclass(frozen=True, slots=True)
class Garden:
    """How a crest is planted: clusters, heights in pixels, haze 0..1, how far down the rock in pixels."""

    clusters: int
    heights: tuple[float, float]
    haze: float
    below: float
    swaying: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Plant:
    form: Form
    kind: str
    hue: tuple[float, float, float]
    x: float
    y: float
    height: float


def library(stage: Stage, stems: bool) -> dict[str, list[Form]]:
    """Forms of the kinds that grow in this scene, large enough for the nearest reef; kelp if it has stems."""
    size, rng = max(16, round(stage.geometry.span * _LIBRARY_SIZE)), stage.rng
    odds = np.array([often for often, _ in KINDS.values()])
    names = [str(n) for n in rng.choice(list(KINDS), _KINDS_PER_SCENE, replace=False, p=odds / odds.sum())]
    forms = {name: [GROWTHS[name](rng, size) for _ in range(2)] for name in names}
    if stems:
        forms["kelp"] = [GROWTHS["kelp"](rng, 2 * size) for _ in range(2)]
    return forms


def plants(stage: Stage, crest: F32, garden: Garden, forms: dict[str, list[Form]]) -> list[_Plant]:
    """Clusters of one kind and hue each along a crest, farthest first."""
    rng, names = stage.rng, [name for name in forms if name in KINDS]
    odds = f32([KINDS[n][0] for n in names]).astype(float)
    found: list[_Plant] = []
    hues = rng.permutation(len(HUES))[:7]
    for k in range(garden.clusters):
        kind = names[int(rng.choice(len(names), p=odds / odds.sum()))]
        hue = _KELP if kind == "grass" else HUES[int(hues[int(rng.integers(len(hues)))])]
        middle = len(crest) * (k + float(rng.random())) / garden.clusters
        down = float(rng.random()) ** 1.5
        for _ in range(int(rng.integers(1, 5))):
            tall = garden.heights[0] + (garden.heights[1] - garden.heights[0]) * down
            height = tall * KINDS[kind][1] * float(rng.uniform(0.7, 1.25))
            x = middle + float(rng.normal(0, 0.8)) * height
            if 0 <= x < len(crest):
                y = float(crest[int(x)]) + height * 0.15 + (down + float(rng.uniform(0, 0.12))) * garden.below
                form = forms[kind][int(rng.integers(2))]
                found.append(_Plant(form, kind, hue, x, y, height))
    return sorted(found, key=lambda p: p.y)


def reef(
    stage: Stage, rock: Layer, crest: F32, garden: Garden, forms: dict[str, list[Form]]
) -> list[Element]:
    """The rock with its plants on it, and before it the few that sway."""
    planted = plants(stage, crest, garden, forms)
    soft = [p for p in planted if p.kind in SOFT][-garden.swaying :] if garden.swaying else []
    moving = {id(p) for p in soft}
    still = [p for p in planted if id(p) not in moving]
    return [_painted(stage, rock, garden.haze, still), *(_swaying(stage, p, garden, rock) for p in soft)]


def overgrown(stage: Stage, rock: Layer, crest: F32, garden: Garden, forms: dict[str, list[Form]]) -> Layer:
    """The rock with plants none of which sways."""
    return _painted(stage, rock, garden.haze, plants(stage, crest, garden, forms))


def kelp(
    stage: Stage, spots: Sequence[tuple[float, float]], height: float, depth: float, haze: float,
    forms: dict[str, list[Form]],
) -> list[Element]:  # fmt: skip
    """Kelp rooted at layer points, about `height` pixels high."""
    rng = stage.rng
    found: list[Element] = []
    for x, y in spots:
        tall = height * float(rng.uniform(0.6, 1.2))
        hue = (_KELP[0] + float(rng.normal(0, 14)), _KELP[1], _KELP[2])
        plant = _Plant(forms["kelp"][int(rng.integers(2))], "kelp", hue, x, y, tall)
        found.append(_swaying_at(stage, plant, haze, depth))
    return found


def _lit(stage: Stage, x: float) -> F32:
    """The light on a plant: that of the palette, most of it below the sun."""
    g, palette = stage.geometry, stage.palette
    power = {"night": 0.42, "storm": 0.6}.get(stage.time, 1.0)
    sun = float(np.exp(-(((x - stage.sun_x) / (0.75 * g.span)) ** 2)))
    tone = mix(np.ones(3, np.float32), palette.lit, 0.45 if stage.time != "night" else 0.8)
    return f32(tone * power * (0.78 + 0.3 * sun))


def _sprite(stage: Stage, plant: _Plant, haze: float) -> U8:
    air = mix(stage.palette.haze, stage.palette.far, 0.2)
    return sprite_of(scaled(plant.form, plant.height), plant.hue, air, haze, _lit(stage, plant.x))


def _swaying(stage: Stage, plant: _Plant, garden: Garden, rock: Layer) -> Weed:
    return _swaying_at(stage, plant, garden.haze, rock.depth)


def _swaying_at(stage: Stage, plant: _Plant, haze: float, depth: float) -> Weed:
    sprite = _sprite(stage, plant, haze)
    reach = plant.height * (0.09 if plant.kind == "kelp" else 0.07)
    # Empty columns cost time in every frame; the root stays in the middle.
    middle = sprite.shape[1] // 2
    used = np.abs(np.flatnonzero(sprite[..., 3].any(axis=0)) - middle)
    half = min(int(used.max(initial=0)) + 1, middle)
    pad = int(reach) + 2
    padded = np.pad(sprite[:, middle - half : middle + half + 1], ((1, 0), (pad, pad), (0, 0)))
    phase = plant.x / max(stage.geometry.span, 1) * 5 + float(stage.rng.uniform(0, 1))
    return Weed(padded, plant.x, plant.y, depth, reach, phase)


def _painted(stage: Stage, rock: Layer, haze: float, planted: Sequence[_Plant]) -> Layer:
    """The rock layer with plants painted onto it."""
    stems = [_sprite(stage, plant, haze) for plant in planted]
    return pasted(rock, [(stem, p.x, p.y) for stem, p in zip(stems, planted, strict=True)])


def pasted(base: Layer, pieces: Sequence[tuple[U8, float, float]]) -> Layer:
    """The layer with sprites painted onto it, each by the middle of its lower edge in layer pixels.

    They may stand higher than the layer, which grows.
    """
    highest = min((y - piece.shape[0] for piece, _, y in pieces), default=float(base.top))
    top = max(0, min(base.top, int(highest) - 1))
    sprite = np.pad(base.sprite, ((base.top - top, 0), (0, 0), (0, 0)))
    for piece, x, y in pieces:
        height, width = piece.shape[:2]
        there, here = windows(sprite.shape, piece.shape, round(x - width / 2), round(y - height) - top)
        if sprite[there].size:
            over(sprite[there], np.ascontiguousarray(piece[here]))
    return replace(base, sprite=sprite, top=top)
