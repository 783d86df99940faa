"""The broad-leaved wood: trunks that recede into lit fog, leaves overhead, ferns, a path to a clearing."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from genmux.render.effects import motes, rays
from genmux.render.effects.drift import Leaves
from genmux.render.layers import Element, Layer, backdrop
from genmux.render.noise import fbm, fbm_line, smoothstep
from genmux.render.paint.polygons import blank, dab
from genmux.render.palette import mix, ramp
from genmux.render.plants.leaves import leaf_polygons
from genmux.render.plants.mushrooms import glowing_caps
from genmux.render.plants.thicket import foreground
from genmux.render.plants.timber import Tree, barked, soft_silhouette, tree, trunk_mask
from genmux.render.plants.undergrowth import Growth, planted
from genmux.render.plants.woods import Wood, wood_of
from genmux.render.raster import F32, U8, blend, f32, flat, grid, over, premultiplied, resize
from genmux.render.scenery.terrain import mist_band
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast

# Rows of trees from far to near: floor row and trunk width as shares of height and span, count per span,
# how much fog lies before them, depth. The first two belong to the backdrop.
_ROWS: Final = (
    (0.045, 0.012, 17.0, 0.84, 0.0),
    (0.075, 0.020, 11.0, 0.66, 0.0),
    (0.12, 0.034, 6.5, 0.40, 0.22),
    (0.19, 0.058, 3.6, 0.14, 0.44),
)
_FLOOR: Final = 0.60


@dataclass(frozen=True, slots=True, eq=False)
class _Glade:
    """What the rows share: the fog picture, the light's middle, and where it must stay clear."""

    wood: Wood
    fog: F32
    light_x: float
    light_y: float
    floor: float
    clear_x: float
    clear: float


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    g, h = stage.geometry, stage.geometry.height
    glade = _glade(stage)
    wood = glade.wood
    elements: list[Element] = [_far(stage, glade)]
    elements.append(_row(stage, glade, _ROWS[2], ground=False))
    if stage.allows("mist"):
        strength = 0.6 if stage.wants("mist") else 0.36
        elements.append(mist_band(stage, glade.floor + h * 0.05, h * 0.07, 0.3, strength, drift=16))
    from_x = (glade.light_x - g.margin_x) / g.width
    if wood.shafts > 0 and stage.allows("rays"):
        strength = wood.shafts * (1.5 if stage.wants("rays") else 1.0)
        elements.append(rays(g, stage.rng, from_x, wood.beam, strength))
    elements.append(_row(stage, glade, _ROWS[3], ground=True))
    if wood.caps:
        elements.append(glowing_caps(stage, glade.clear_x, glade.floor, glade.clear))
    size = min(h * 0.52, g.span * 0.62)
    foot = g.margin_y + h * 0.905
    elements += cast(stage, "air", Spot(stage.free_x, g.margin_y + h * 0.24, g.span * 0.3, 0.4, g.span * 0.3))
    light = replace(stage.palette, glow=wood.beam, haze=wood.fog[1])
    within = replace(stage, palette=light, time="night" if wood.caps else stage.time)
    elements += cast(within, "ground", Spot(glade.clear_x, foot, size, 0.62, room=size * 0.8))
    elements += foreground(stage, wood, glade.clear_x, glade.clear)
    falling = (
        wood.litter and not stage.reading.has("effect", "leaves") and stage.reading.allows("effect.leaves")
    )
    if falling:
        elements.append(Leaves(f32(stage.rng.random((30, 6)))))
    return [*elements, _air(stage, wood)]


def _air(stage: Stage, wood: Wood) -> Element:
    """Dust in the light by day, sparks by night."""
    if wood.caps or stage.time == "night":
        return motes(stage.geometry, stage.rng, 46, wood.spark, top=0.3, sizes=(2.5, 7.5))
    return motes(stage.geometry, stage.rng, 34, wood.spark, top=0.05, sizes=(1, 3.2), wander=16)


def _glade(stage: Stage) -> _Glade:
    g, rng = stage.geometry, stage.rng
    wood = wood_of(stage)
    floor = g.margin_y + g.height * _FLOOR
    side = 1.0 if stage.flipped else -1.0
    light_x = g.margin_x + g.width * (0.5 + side * float(rng.uniform(0.04, 0.16)))
    light_y = floor - g.height * float(rng.uniform(0.16, 0.30))
    subject = bool(asked(stage, "ground"))
    clear_x = g.margin_x + g.width * (0.5 - side * float(rng.uniform(0.0, 0.1)))
    clear = g.span * (0.40 if subject else 0.26)
    return _Glade(wood, _fog(stage, wood, light_x, light_y, floor), light_x, light_y, floor, clear_x, clear)


def _fog(stage: Stage, wood: Wood, light_x: float, light_y: float, floor: float) -> F32:
    """Lit fog over the whole layer: bright where the light enters, darker to the sides and overhead."""
    g, rng = stage.geometry, stage.rng
    height, width = g.layer_height // 4 + 1, g.layer_width // 4 + 1
    x, y = (v * 4 for v in grid(height, width))
    reach = 0.55 * g.span + 0.45 * g.width
    away = np.hypot((x - light_x) / reach * 1.5, (y - light_y) / g.height * 1.25)
    away += (fbm(rng, height, width, 3, 4) - 0.5) * 0.22
    picture = ramp(
        [(0.0, wood.fog[0]), (0.22, wood.fog[1]), (0.55, wood.fog[2]), (1.1, wood.fog[3])], f32(away)
    )
    roof = smoothstep(g.margin_y + g.height * 0.34, g.margin_y - g.height * 0.1, y)
    leaves = smoothstep(0.35, 0.62, f32(fbm(rng, height, width, 7, 5) + roof * 0.5 - 0.28))
    picture = blend(picture, wood.fog[3], f32(leaves * (0.25 + 0.5 * roof)))
    return resize(picture, g.layer_width, g.layer_height)


def _far(stage: Stage, glade: _Glade) -> Layer:
    """The fog with the two far rows of trunks standing in it, and the far floor."""
    g, wood = stage.geometry, glade.wood
    picture = glade.fog.copy()
    y = np.arange(g.layer_height, dtype=np.float32)[:, None]
    soil = np.repeat(
        smoothstep(glade.floor - g.height * 0.02, glade.floor + g.height * 0.1, y), g.layer_width, 1
    )
    picture = blend(picture, mix(wood.ground[0], wood.fog[2], 0.35), f32(soil * 0.75))
    for spec in _ROWS[:2]:
        base, width, _, haze, _ = spec
        trees = _stand(stage, glade, spec, 0.0)
        cover = soft_silhouette(trunk_mask(trees, g.layer_height, g.layer_width), g.unit * 0.7)
        tone = blend(flat(wood.bark.dark, cover), picture, f32(np.full_like(cover, haze)))
        row = glade.floor + g.height * base
        sunk = 1 - smoothstep(row - g.height * 0.05, row + g.span * width, y)
        picture = blend(picture, tone, f32(cover * sunk))
    return backdrop(picture)


def _stand(stage: Stage, glade: _Glade, spec: tuple[float, ...], clear: float) -> list[Tree]:
    """The trees of one row, none within `clear` pixels of the clear middle."""
    g, rng, wood = stage.geometry, stage.rng, glade.wood
    base, share, per_span, _, depth = spec
    count = max(3, round(per_span * wood.crowd * g.layer_width / g.span))
    gap = g.layer_width / count
    trees = []
    for x in (np.arange(count) + 0.5) * gap + rng.normal(0, gap * 0.3, count):
        width = g.span * share * float(rng.uniform(0.65, 1.35)) * wood.girth
        foot = glade.floor + g.height * base + float(rng.normal(0, 0.008)) * g.height
        height = foot * float(rng.uniform(0.95, 1.15))
        if abs(x - glade.clear_x) > clear + width:
            trees.append(tree(rng, float(x), foot, height, width, wood.bushy * (0.4 if depth == 0 else 1.0)))
    return trees


def _row(stage: Stage, glade: _Glade, spec: tuple[float, ...], ground: bool) -> Layer:
    """One near row as a layer: floor, trunks, undergrowth and leaves overhead, seen through its fog."""
    g, wood, rng = stage.geometry, glade.wood, stage.rng
    base, share, _, haze, depth = spec
    row, width = glade.floor + g.height * base, g.span * share * wood.girth
    trees = _stand(stage, glade, spec, glade.clear * (0.85 if ground else 0.5))
    mask = trunk_mask(trees, g.layer_height, g.layer_width)
    side = 1.0 if glade.light_x > glade.clear_x else -1.0
    rgb = barked(rng, mask, wood.bark, width, side, wood.beam, 0.5 * wood.rim)
    sprite = premultiplied(
        blend(rgb, glade.fog, np.full(mask.shape, haze, np.float32)), f32(mask / np.float32(255))
    )
    sheet = _floor(stage, glade, row, haze, path=ground)
    over(sprite, sheet)
    _in_front(sprite, mask, rgb, glade, trees, row, haze)
    planted(stage, sprite, wood, Growth(row, g.layer_height if ground else row + g.height * 0.05,
                                        g.span * (0.075 if ground else 0.04), haze, glade.clear_x,
                                        glade.clear if ground else 0.0), glade.fog)  # fmt: skip
    if wood.leafy > 0:
        _crowned(
            stage, sprite, glade, trees, g.span * (0.021 if ground else 0.013), haze, 2600 if ground else 2000
        )
    return Layer(sprite, depth)


def _in_front(
    sprite: U8, mask: U8, rgb: F32, glade: _Glade, trees: list[Tree], row: float, haze: float
) -> None:
    """Set the feet of the trunks onto the floor again, which was laid over them."""
    low = int(max(row - 80, 0))
    high = int(min(row + max((t.width for t in trees), default=0) * 0.5, mask.shape[0]))
    if high <= low:
        return
    part = blend(rgb[low:high], glade.fog[low:high], np.full((high - low, mask.shape[1]), haze, np.float32))
    cover = f32(mask[low:high] / np.float32(255))
    fade = np.linspace(1, 0, high - low, dtype=np.float32)[:, None] ** 0.5
    window = np.ascontiguousarray(sprite[low:high])
    over(window, premultiplied(part, f32(cover * fade)))
    sprite[low:high] = window


def _floor(stage: Stage, glade: _Glade, row: float, haze: float, path: bool) -> U8:
    """The forest floor from `row` down: mottled soil, a pool of light, and the path if it is the nearest."""
    g, wood, rng = stage.geometry, glade.wood, stage.rng
    height, width = g.layer_height, g.layer_width
    edge = row + (fbm_line(rng, width, 4, 5) - 0.5) * g.height * 0.035
    top = max(0, int(edge.min()) - 2)
    x, y = grid(height - top, width)
    y += top
    cover = f32(np.clip((y - edge[None, :]) / 2 + 0.5, 0, 1))
    down = np.clip((y - glade.floor) / (height - glade.floor), 0, 1)
    mottle = fbm(rng, height - top, width, 9, 6, gain=0.6, stretch=3.2)
    pool = np.exp(-(((x - glade.clear_x) / (g.span * 0.42 + g.width * 0.12)) ** 2)
                  - ((y - g.margin_y - g.height * 0.8) / (g.height * 0.22)) ** 2)  # fmt: skip
    shade = np.clip(mottle * 0.9 - 0.22 + pool * 0.42 * wood.pool + (1 - down) * 0.12, 0, 1)
    rgb = ramp([(0, wood.ground[0]), (0.55, wood.ground[1]), (1.0, wood.ground[2])], f32(shade))
    if path:
        rgb = blend(rgb, wood.path, _path(stage, glade, x, y, mottle) * 0.8)
        rgb = f32(rgb + flat(wood.beam, cover) * (pool * 0.16 * wood.pool)[..., None])
    rgb = blend(rgb, glade.fog[top:], f32(np.clip(haze + (1 - down) * 0.35 - 0.1, 0, 1)))
    sprite = blank(height, width)
    sprite[top:] = premultiplied(np.clip(rgb, 0, 1), cover)
    return sprite


def _path(stage: Stage, glade: _Glade, x: F32, y: F32, mottle: F32) -> F32:
    """Coverage of a winding path that narrows toward the light."""
    g, rng = stage.geometry, stage.rng
    t = np.clip((y[:, :1] - glade.floor) / (g.layer_height - glade.floor), 0, 1)
    sway = float(rng.choice([-1, 1])) * float(rng.uniform(0.05, 0.13)) * g.span
    centre = glade.light_x + (glade.clear_x - glade.light_x) * t**0.7 + np.sin(t * 5.2) * sway * (1.15 - t)
    half = g.span * (0.03 + 0.26 * t**1.4)
    ragged = (mottle - 0.5) * 0.7
    return smoothstep(1.0, 0.55, f32(np.abs(x - centre) / half + ragged))


def _crowned(
    stage: Stage, sprite: U8, glade: _Glade, trees: list[Tree], size: float, haze: float, count: int
) -> None:
    """Leaves in clumps round the twigs and along the upper edge, the lit ones last."""
    g, wood, rng = stage.geometry, glade.wood, stage.rng
    tips = f32([tip for each in trees for tip in each.tips if tip[1] < g.margin_y + g.height * 0.42])
    upper = f32(
        np.stack(
            [rng.uniform(0, g.layer_width, 40), rng.uniform(-0.06, 0.16, 40) * g.height + g.margin_y * 0.7], 1
        )
    )
    clumps = np.concatenate([tips.reshape(-1, 2), upper])
    count = int(count * wood.leafy * (0.4 + 0.6 * g.layer_width / (g.span * 1.78)))
    pick = rng.integers(0, len(clumps), count)
    spread = f32(rng.normal(0, 1, (count, 2)) * [size * 3.4, size * 1.9])
    at = f32(clumps[pick] + spread)
    at = at[at[:, 1] < glade.floor - g.height * 0.08]
    spread = spread[: len(at)]
    side = 1.0 if glade.light_x > glade.clear_x else -1.0
    toward = 1 - np.clip(
        np.hypot(at[:, 0] - glade.light_x, (at[:, 1] - glade.light_y) * 0.8) / (g.span * 0.9), 0, 1
    )
    bright = np.clip(0.3 + 0.55 * toward + rng.normal(0, 0.2, len(at)) + 0.06 * side, 0, 1)
    order = np.argsort(bright, kind="stable")
    at, bright = at[order], f32(bright[order])
    tone = ramp(
        [(i / (len(wood.leaves) - 1), c) for i, c in enumerate(wood.leaves)],
        f32(np.clip(bright + rng.normal(0, wood.mixed, len(at)), 0, 1)),
    )
    fogged = glade.fog[
        np.clip(at[:, 1], 0, g.layer_height - 1).astype(int),
        np.clip(at[:, 0], 0, g.layer_width - 1).astype(int),
    ]
    tone = f32(tone * (1 - haze) + fogged * haze)
    angle = f32(rng.normal(math.pi / 2, 0.9, len(at)))
    dab(sprite, leaf_polygons(at, f32(size * rng.uniform(0.7, 1.4, len(at))), angle, wood.slim), tone)
