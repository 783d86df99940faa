"""What lies at a city's river: a suspension bridge, a quay with lamps."""

from __future__ import annotations

import itertools

import cv2
import numpy as np

from genmux.render.layers import Element, Layer, layer
from genmux.render.noise import fbm_line
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, blur, f32, flat, spread
from genmux.render.shapes import fill
from genmux.render.sprites.stamps import glow
from genmux.render.stage import Stage
from genmux.render.subpixel import SHIFT, fixed_all
from genmux.render.urban.lamps import Pulses
from genmux.render.urban.traffic import traffic
from genmux.render.urban.walkers import figure

_WARM = colour("#ffd08a")
_DEPTH = 0.21


def bridge(stage: Stage, base: float) -> list[Element]:
    """A suspension bridge across the picture, lit along its cables when it is dark."""
    g, rng = stage.geometry, stage.rng
    deck, top = base - g.span * 0.05, base - g.span * float(rng.uniform(0.26, 0.34))
    first = g.margin_x + g.width * float(rng.uniform(0.12, 0.24))
    gap = min(g.width * 0.62, g.span * 1.15)
    pylons = [first + k * gap for k in range(-2, 4)]
    steel, lamps = (np.zeros((g.layer_height, g.layer_width), np.uint8) for _ in range(2))
    thick = max(1, round(1.6 * g.unit))
    for left, right in itertools.pairwise(pylons):
        _cable(steel, lamps, (left, right), (top, deck), g.span * 0.016, thick)
    for x in pylons:
        _line(steel, (x, top - g.span * 0.012), (x, base), max(2, round(7 * g.unit)))
    _line(steel, (0, deck), (g.layer_width, deck), max(2, round(5 * g.unit)))
    tone = mix(stage.palette.near, stage.palette.haze, 0.12 if stage.dark else 0.25)
    rgb = flat(tone, f32(steel))
    if stage.dark:
        light = f32(lamps / 255)
        rgb += (spread(light) + spread(blur(light, 3 * g.unit + 0.3)) * 1.6) * _WARM
    cover = f32(np.maximum(steel, lamps if stage.dark else 0) / 255)
    elements: list[Element] = [layer(f32(np.clip(rgb, 0, 1)), cover, _DEPTH)]
    if stage.dark:
        elements.append(traffic(rng, deck - 1, _DEPTH, 34))
    return elements


def _cable(
    steel: U8, lamps: U8, ends: tuple[float, float], heights: tuple[float, float], step: float, thick: int
) -> None:
    """The main cable between two pylons with its hangers and lamps."""
    (left, right), (top, deck) = ends, heights
    count = max(4, int((right - left) / max(step, 2.0)))
    t = np.linspace(0, 1, count + 1)
    x, y = left + (right - left) * t, top + (deck - top) * 0.93 * (1 - (2 * t - 1) ** 2)
    points = fixed_all(np.stack([x, y], 1))
    cv2.polylines(steel, [points], False, 255, thick, cv2.LINE_AA, SHIFT)
    for px, py in zip(x, y, strict=True):
        _line(steel, (px, py), (px, deck), 1, 130)
        for row in (py, deck):
            cv2.circle(
                lamps, (round(px * 16), round(row * 16)), round(thick * 13), 255, -1, cv2.LINE_AA, SHIFT
            )


def _line(
    mask: U8, start: tuple[float, float], end: tuple[float, float], thick: int, value: int = 255
) -> None:
    a, b = ((round(x * 16), round(y * 16)) for x, y in (start, end))
    cv2.line(mask, a, b, value, thick, cv2.LINE_AA, SHIFT)


def shore(stage: Stage, base: float) -> Layer:
    """The far bank: an embankment wall with clumps of trees above it."""
    g, rng = stage.geometry, stage.rng
    tall = g.span * 0.03
    top = max(0, int(base - tall * 2))
    rows = max(4, int(base + 3) - top)
    picture = np.zeros((rows, g.layer_width, 4), np.uint8)
    tones = [mix(stage.palette.near, _leaves(stage), share) * 255 for share in (0.35, 0.55, 0.8)]
    foot = base - top - g.span * 0.006
    density = fbm_line(rng, g.layer_width, 7, 4)
    for shade, tone in enumerate(tones):
        for x in rng.uniform(0, g.layer_width, round(g.layer_width / tall * 11)):
            grown = float(np.clip((density[min(int(x), g.layer_width - 1)] - 0.3) * 3, 0, 1))
            size = tall * float(rng.uniform(0.1, 0.24)) * (1.1 - 0.2 * shade) * (0.5 + 0.5 * grown)
            lift = float(rng.uniform(0.05, 0.8)) * tall * (0.7 + 0.25 * shade) * grown
            if grown <= 0:
                continue
            at, axes = (int(x * 16), int((foot - lift) * 16)), (int(size * 20), int(size * 15))
            cv2.ellipse(picture, at, axes, 0, 0, 360, (*map(float, tone), 255), -1, cv2.LINE_AA, SHIFT)
    stone = mix(stage.palette.near, stage.palette.haze, 0.25 if stage.dark else 0.5) * 255
    cv2.rectangle(picture, (0, round(foot)), (g.layer_width, rows), (*map(float, stone), 255), -1)
    soft = f32(picture / 255)
    return layer(f32(soft[..., :3]), f32(soft[..., 3]), 0.2, top)


def _leaves(stage: Stage) -> F32:
    if stage.wants("snowy"):
        return mix(colour("#dfe8f2"), stage.palette.haze, 0.2) * (
            0.5 if stage.time in ("night", "storm") else 1.0
        )
    green = colour("#b8622c") if stage.wants("autumn") else colour("#4f7d45")
    return mix(green, stage.palette.near, {"day": 0.0, "dawn": 0.35}.get(stage.time, 0.75))


def quay(stage: Stage) -> list[Element]:
    """A near quay along the bottom: its road, balustrade and lamps."""
    g = stage.geometry
    top = g.margin_y + g.height * 0.925
    rail = top - g.span * 0.035
    mask = np.zeros((g.layer_height, g.layer_width), np.uint8)
    mask[min(round(top), g.layer_height - 1) :] = 255
    step = g.span * 0.03
    for x in np.arange(0, g.layer_width, step):
        _line(mask, (x, rail), (x, top), max(1, round(3 * g.unit)))
    _line(mask, (0, rail), (g.layer_width, rail), max(2, round(5 * g.unit)))
    posts = f32(np.arange(g.span * float(stage.rng.uniform(0.05, 0.3)), g.layer_width, g.span * 0.55))
    head = top - g.span * 0.2
    for x in posts:
        _line(mask, (x, head), (x, top), max(2, round(4 * g.unit)))
        cv2.circle(mask, (round(x), round(head)), max(2, round(7 * g.unit)), 255, -1, cv2.LINE_AA)
    for _ in range(int(stage.rng.integers(2, 6))):
        _bystander(stage, mask, top + g.span * 0.02)
    cover = f32(mask / 255)
    elements: list[Element] = [layer(_stone(stage, cover, top, posts), cover, 0.6)]
    if stage.dark:
        rows = [(float(x), head, float(k), 0.6, 0.9) for k, x in enumerate(posts)]
        sprite = glow(max(6.0, 70 * g.unit), _WARM * 0.8, 0.1)
        elements.append(Pulses(f32(rows).reshape(-1, 5), (sprite,) * len(rows), 0.6))
    return elements


def _bystander(stage: Stage, mask: U8, foot: float) -> None:
    """Somebody, sometimes a pair, at the balustrade."""
    rng, g = stage.rng, stage.geometry
    x, metre = float(rng.uniform(0.04, 0.96)) * g.layer_width, g.span * 0.05
    rain = stage.reading.has("effect", "rain")
    for k in range(int(rng.integers(1, 3))):
        for outline in figure(float(rng.uniform(-0.3, 0.3)), rain):
            fill(mask, f32(outline * f32([metre, -metre]) + f32([x + k * metre * 0.62, foot])))


def _stone(stage: Stage, cover: F32, top: float, posts: F32) -> F32:
    """The quay's colour: dark by night but for the pools of light under its lamps."""
    g = stage.geometry
    day = mix(colour("#8c8a88"), stage.palette.haze, 0.2)
    rgb = flat(mix(stage.palette.near, colour("#0c0c12"), 0.3) if stage.dark else day, cover)
    y, x = np.mgrid[0 : g.layer_height, 0 : g.layer_width].astype(np.float32)
    down = np.clip((y - top) / max(g.layer_height - top, 1), 0, 1)
    rgb *= spread(f32(np.where(y > top, 1.1 - 0.4 * down, 0.8 if stage.dark else 0.42)))
    if stage.dark:
        near = (
            np.min(np.abs(x[:1] - np.asarray(posts, np.float32)[:, None]), axis=0)
            if len(posts)
            else x[0] * 0 + 1e6
        )
        pool = np.exp(-((near / (g.span * 0.16)) ** 2))[None, :] * np.exp(-down * 1.2) * (y > top)
        rgb += spread(f32(pool * 0.3)) * _WARM
    return f32(np.clip(rgb, 0, 1))
