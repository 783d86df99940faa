"""Whales and dolphins."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.noise import smoothstep
from genmux.render.paint.bodies import Relief, relief
from genmux.render.palette import colour
from genmux.render.raster import F32, U8, blend, f32, flat, spread
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot
from genmux.render.subjects.surfacing import fluke, leaping, sunlit_sprite
from genmux.render.subjects.swimmer import Gait, Part, Swimmer, heading, mottled, underwater_sprite, within

Points = tuple[tuple[float, float], ...]

_WHALE: Final[Points] = (
    (0.505, 0.012), (0.46, -0.022), (0.38, -0.048), (0.28, -0.070), (0.14, -0.088), (0.0, -0.092),
    (-0.10, -0.084), (-0.150, -0.094), (-0.185, -0.088), (-0.215, -0.064), (-0.30, -0.042), (-0.40, -0.020),
    (-0.47, -0.010), (-0.47, 0.010), (-0.38, 0.018), (-0.28, 0.034), (-0.15, 0.066), (0.0, 0.092),
    (0.14, 0.108), (0.28, 0.110), (0.39, 0.090), (0.47, 0.056), (0.508, 0.030),
)  # fmt: skip
_FLUKES: Final[tuple[Points, ...]] = (
    ((-0.45, -0.012), (-0.49, -0.045), (-0.56, -0.098), (-0.625, -0.122), (-0.60, -0.07), (-0.555, -0.012),
     (-0.53, 0.004), (-0.46, 0.008)),
    ((-0.45, 0.010), (-0.50, 0.030), (-0.56, 0.062), (-0.61, 0.098), (-0.605, 0.052), (-0.57, 0.012),
     (-0.53, -0.004), (-0.46, -0.006)),
)  # fmt: skip
_WHALE_MOUTH: Final[Points] = ((0.25, 0.055), (0.31, 0.036), (0.38, 0.024), (0.46, 0.016), (0.51, 0.014))
_WHALE_BELLY: Final[Points] = (
    (-0.5, 0.03), (-0.3, 0.010), (-0.1, 0.030), (0.1, 0.046), (0.24, 0.050), (0.31, 0.036), (0.38, 0.024),
    (0.46, 0.016), (0.51, 0.014),
)  # fmt: skip
_WHALE_FIN: Final[Points] = (
    (0.03, -0.03), (0.0, 0.02), (-0.05, 0.07), (-0.12, 0.13), (-0.20, 0.18), (-0.285, 0.215), (-0.27, 0.175),
    (-0.22, 0.12), (-0.15, 0.055), (-0.09, 0.0), (-0.04, -0.035),
)  # fmt: skip
_DOLPHIN: Final[Points] = (
    (0.485, 0.022), (0.46, 0.004), (0.425, -0.006), (0.405, -0.030), (0.36, -0.060), (0.26, -0.086),
    (0.14, -0.100), (0.055, -0.104), (0.01, -0.135), (-0.045, -0.178), (-0.078, -0.186), (-0.062, -0.14),
    (-0.06, -0.102), (-0.10, -0.088), (-0.22, -0.055), (-0.36, -0.022), (-0.46, -0.010), (-0.46, 0.008),
    (-0.36, 0.018), (-0.22, 0.042), (-0.05, 0.074), (0.12, 0.088), (0.28, 0.078), (0.38, 0.055),
    (0.44, 0.044), (0.478, 0.040),
)  # fmt: skip
_DOLPHIN_BELLY: Final[Points] = (
    (-0.5, 0.01), (-0.25, 0.008), (-0.05, 0.022), (0.15, 0.030), (0.28, 0.026), (0.4, 0.022), (0.51, 0.026),
)  # fmt: skip
_DOLPHIN_FIN: Final[Points] = (
    (0.035, -0.02), (0.01, 0.02), (-0.04, 0.065), (-0.105, 0.115), (-0.10, 0.07), (-0.065, 0.015),
    (-0.03, -0.02),
)  # fmt: skip

_SLATE: Final = colour("#3d5a72")
_CREAM: Final = colour("#dfe9ea")
_GREY: Final = colour("#6f8ea6")
_DARK: Final = colour("#0a1420")


def whale(stage: Stage, spot: Spot) -> list[Element]:
    """A humpback whale about two and a half times as long as the spot is high; its fluke at the surface."""
    if stage.family != "deep":
        return fluke(stage, spot)
    length = min(spot.size * 2.5, stage.geometry.width * 0.74)
    mirrored = heading(stage, spot.x)
    haze = 0.16
    form = relief([_WHALE, *_FLUKES], length)
    body = Part(underwater_sprite(stage, form, _whale_skin(stage, form), haze), form.anchor)
    near = _fin(stage, _WHALE_FIN, length, (0.20, 0.066), _SLATE, haze, swing=0.20)
    far = _fin(stage, _WHALE_FIN, length * 0.72, (0.265, 0.062), _SLATE, 0.42, swing=0.16, whole=length)
    gait = Gait(0.17, length * 0.05, 2.6, 24, pitch=float(stage.rng.uniform(-0.10, 0.04)))
    x = within(stage, spot.x, length * 0.66)
    phase = float(stage.rng.uniform(0, 6.28))
    return [Swimmer(body, (far,), (near,), gait, x, spot.y, spot.depth, length, mirrored, phase)]


def _whale_skin(stage: Stage, form: Relief) -> F32:
    """Slate above and cream below, the throat grooved, scars and barnacles all over."""
    mottle = mottled(stage, form, 9, 5, 0.6)
    belly = f32(form.under(_WHALE_BELLY, 0.05) * smoothstep(-0.42, -0.15, form.x))
    rgb = blend(flat(_SLATE, belly), flat(_CREAM, belly), f32(np.clip(belly * (0.75 + 0.5 * mottle), 0, 1)))
    depth = (form.y - 0.014) / (0.02 + 0.10 * np.clip((0.55 - form.x) * 2.2, 0, 1))
    grooves = smoothstep(-0.2, -0.95, f32(np.cos(depth * 42))) * belly * smoothstep(-0.02, 0.10, form.x)
    lip = form.under(_WHALE_MOUTH, 0.006) - form.under([(x, y + 0.006) for x, y in _WHALE_MOUTH], 0.006)
    mouth = np.clip(lip * 1.4, 0, 1) * (form.x > 0.25)
    dark = np.clip(0.42 * grooves + 0.55 * mouth, 0, 0.8)
    flecks = smoothstep(0.63, 0.72, mottled(stage, form, 26, 3)) * smoothstep(0.15, 0.45, form.x) * 0.35
    rgb = rgb * spread(f32((0.78 + 0.44 * mottle) * (1 - dark))) + spread(f32(flecks))
    for x, y, radius, tone in ((0.298, 0.040, 0.0105, _GREY), (0.299, 0.040, 0.0075, _DARK)):
        rgb = blend(f32(rgb), flat(tone, belly), form.near(x, y, radius))
    return blend(f32(rgb), flat(_CREAM, belly), form.near(0.3015, 0.0375, 0.0022))


def _fin(
    stage: Stage, points: Points, length: float, at: tuple[float, float], tone: F32, haze: float,
    swing: float, whole: float | None = None,
) -> Part:  # fmt: skip
    """A fin of that tone at a place of the body, in body lengths."""
    form = relief([points], length)
    mottle = mottled(stage, form, 5, 4, 0.6)
    pale = smoothstep(0.35, 0.9, f32(mottle + form.y / max(float(form.y.max()), 1e-3) * 0.4)) * 0.35
    rgb = blend(flat(tone, mottle), flat(_CREAM, mottle), f32(pale))
    scale = whole or length
    place = (at[0] * scale, at[1] * scale)
    return Part(underwater_sprite(stage, form, rgb, haze), form.anchor, place, swing, 0.7)


def dolphins(stage: Stage, spot: Spot) -> list[Element]:
    """A pod of dolphins around the spot, the nearest last; leaping at the surface."""
    if stage.family != "deep":
        return leaping(
            stage, spot, *_leaping_sprite(stage, min(spot.size * 1.15, stage.geometry.width * 0.42))
        )
    rng, g = stage.rng, stage.geometry
    mirrored = heading(stage, spot.x)
    side = -1.0 if mirrored else 1.0
    pitch = float(rng.uniform(-0.22, 0.02))
    pod: list[Element] = []
    places = ((-0.75, -0.42, 0.5, 0.42), (0.55, 0.30, 0.66, 0.22), (0.0, 0.0, 1.0, 0.06))
    for across, down, share, haze in places[int(rng.integers(2)) :]:
        length = min(spot.size * 1.5, g.width * 0.56) * share
        x = within(stage, spot.x + side * across * spot.size * 0.8, length * 0.7)
        y = spot.y + (down + float(rng.uniform(-0.08, 0.08))) * spot.size
        pod.append(_dolphin(stage, x, y, spot.depth, length, haze, mirrored, pitch))
    return pod


def _dolphin(
    stage: Stage, x: float, y: float, depth: float, length: float, haze: float, mirrored: bool, pitch: float
) -> Swimmer:
    flukes = [tuple((px + 0.01, py * 0.8) for px, py in lobe) for lobe in _FLUKES]
    form = relief([_DOLPHIN, *flukes], length)
    body = Part(underwater_sprite(stage, form, _dolphin_skin(form), haze, 0.8), form.anchor)
    near = _fin(stage, _DOLPHIN_FIN, length, (0.22, 0.06), _GREY, haze, swing=0.22)
    far = _fin(stage, _DOLPHIN_FIN, length * 0.85, (0.245, 0.06), _GREY, haze + 0.25, 0.2, whole=length)
    turned = pitch + float(stage.rng.normal(0, 0.05))
    gait = Gait(float(stage.rng.uniform(0.55, 0.7)), length * 0.075, 2.8, 52, pitch=turned)
    phase = float(stage.rng.uniform(0, 6.28))
    return Swimmer(body, (far,), (near,), gait, x, y, depth, length, mirrored, phase)


def _leaping_sprite(stage: Stage, length: float) -> tuple[U8, tuple[float, float], float]:
    """A dolphin with its fin in one sprite, the sprite's anchor and its length."""
    flukes = [tuple((px + 0.01, py * 0.8) for px, py in lobe) for lobe in _FLUKES]
    fin = tuple((x + 0.22, y + 0.06) for x, y in _DOLPHIN_FIN)
    form = relief([_DOLPHIN, *flukes, fin], length)
    return sunlit_sprite(stage, form, _dolphin_skin(form)), form.anchor, length


def _dolphin_skin(form: Relief) -> F32:
    """Grey above, pale flanks, cream below, a dark eye and the line of the mouth."""
    belly = form.under(_DOLPHIN_BELLY, 0.05)
    flank = form.under([(x, y - 0.05) for x, y in _DOLPHIN_BELLY], 0.05)
    rgb = blend(flat(_SLATE, belly), flat(_GREY, belly), f32(flank * 0.8))
    rgb = blend(rgb, flat(_CREAM, belly), f32(belly * 0.9))
    lip = np.abs(form.y - np.interp(form.x, (0.36, 0.42, 0.51), (0.016, 0.022, 0.022)))
    mouth = np.clip(1.4 - lip * form.scale * 0.8, 0, 1) * (form.x > 0.365) * 0.6
    rgb = rgb * spread(f32(1 - mouth))
    rgb = blend(rgb, flat(_DARK, belly), form.near(0.345, 0.004, 0.0105))
    return blend(rgb, flat(_CREAM, belly), form.near(0.348, 0.001, 0.0032))
