"""The portrait: head and shoulders before lights out of focus, or before a blurred scene."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.effects import bokeh, motes
from genmux.render.layers import Element, Layer, Scene, backdrop, finish
from genmux.render.paint.gouache import Sheet, sheet
from genmux.render.palette import colour, mix, ramp
from genmux.render.portraiture.adornments import paint_adornments, paint_flower
from genmux.render.portraiture.body import BOTTOM
from genmux.render.portraiture.clothes import paint_body
from genmux.render.portraiture.face import paint_face
from genmux.render.portraiture.features import paint_lids
from genmux.render.portraiture.hair import paint_back, paint_front, shade_face
from genmux.render.portraiture.sitter import Light, Sitter, light, sitter
from genmux.render.portraiture.textures import paint_beard
from genmux.render.raster import F32, U8, blur, f32, grid, resize
from genmux.render.scenes import city, desert, forest, meadow, mountains, ocean, space, street
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import Sprite, painted
from genmux.render.sprites.stamps import stamp
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast

_BEHIND: Final[dict[str, Callable[[Stage], list[Element]]]] = {
    "city": city.compose,
    "street": street.compose,
    "ocean": ocean.compose,
    "forest": forest.compose,
    "meadow": meadow.compose,
    "mountains": mountains.compose,
    "desert": desert.compose,
    "space": space.compose,
}
# What is behind a sitter when the prompt does not say; None is a gradient of the hour's light.
_USUAL: Final[dict[str, tuple[str | None, ...]]] = {
    "dawn": (None, "meadow", "ocean", "mountains"),
    "day": (None, "forest", "meadow", "mountains"),
    "sunset": (None, None, "ocean", "city", "meadow"),
    "night": (None, "city", "city", "street"),
    "storm": (None, "ocean", "city"),
}
# Hair and hats that need room above the head.
_TALL: Final = frozenset({"bun", "beret", "curly", "cap"})
_COARSE: Final = 4
_PEOPLE: Final = frozenset({"person", "traveller", "astronaut"})


@dataclass(frozen=True, slots=True, eq=False)
class Blink:
    """Closed eyelids, shown for a sixth of a second every few seconds."""

    lids: Sprite
    every: float
    first: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Lay the lids over the eyes as far as they are closed."""
        since = (moment.seconds - self.first) % self.every
        closed = math.sin(min(since / 0.2, 1.0) * math.pi)
        if moment.seconds >= self.first and closed > 0.08:
            # The lids come down from their upper edge, and their lashes with them.
            lowered = self.lids.matrix(moment) @ np.diag(f32([1, min(1.0, closed * 1.2), 1]))
            stamp(canvas, self.lids.image, f32(lowered))


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    g, rng, palette = stage.geometry, stage.rng, stage.palette
    lights = _lights(stage)
    elements: list[Element] = [
        _background(stage),
        bokeh(g, rng, 24, lights, strength=0.34 if stage.dark else 0.26, depth=0.12),
    ]
    others = [name for name in asked(stage, "ground") if name not in _PEOPLE]
    if others and not stage.reading.has("subject", "person"):
        size = min(g.height * 0.66, g.width * 0.8)
        spot = Spot(g.margin_x + g.width * 0.5, g.margin_y + g.height * 0.94, size, 0.6, room=size)
        elements += cast(stage, "ground", spot)
    else:
        elements += _sitting(stage)
    near = bokeh(g, rng, 5, lights[:1], size=(70, 150), strength=0.12, depth=0.9)
    dust = motes(g, rng, 14, mix(palette.glow, colour("#ffffff"), 0.4), top=0.0, sizes=(1, 3), wander=18)
    return [*elements, near, dust]


def _lights(stage: Stage) -> tuple[F32, ...]:
    if stage.neon:
        return colour("#ff4fc0"), colour("#38d6ff"), colour("#a05cff")
    p = stage.palette
    return mix(p.glow, colour("#ffffff"), 0.3), p.lit, mix(p.glow, p.sky[3], 0.4)


def _background(stage: Stage) -> Layer:
    named = (*stage.reading.all("family"), *stage.reading.all("home"))
    family = next((f for f in named if f in _BEHIND), None)
    drawn = _USUAL[stage.time][int(stage.rng.integers(len(_USUAL[stage.time])))]
    if stage.neon:
        drawn = "city"
    chosen = family or drawn
    return _glow(stage) if chosen is None else _blurred(stage, chosen)


def _glow(stage: Stage) -> Layer:
    """A gradient in the light of the hour, brighter on the side of the sun, with large soft patches."""
    g, p, rng = stage.geometry, stage.palette, stage.rng
    width, height = max(2, g.layer_width // _COARSE), max(2, g.layer_height // _COARSE)
    x, y = grid(height, width)
    u, v = x / width, y / height
    sun_u = stage.sun_x / g.layer_width
    away = f32(np.hypot((u - sun_u) * g.width / g.span * 0.8, (v - 0.3) * g.height / g.span * 0.8))
    for _ in range(7):
        cx, cy, r, s = rng.random(4)
        away += f32((0.34 * s - 0.17) * np.exp(-(((u - cx) ** 2 + (v - cy) ** 2) / (0.02 + 0.05 * r))))
    bright = mix(p.sky[4], colour("#ffffff"), 0.12 if stage.dark else 0.4)
    dark = mix(p.sky[1], p.near, 0.3)
    stops = [(0.0, bright), (0.35, p.sky[3]), (0.8, mix(p.sky[2], p.far, 0.4)), (1.5, dark)]
    return backdrop(resize(ramp(stops, away), g.layer_width, g.layer_height, cv2.INTER_CUBIC))


def _blurred(stage: Stage, family: str) -> Layer:
    """Another family's scene, far out of focus: its bright points become discs."""
    g = stage.geometry
    unseen = ("subject", "camera")
    concepts = MappingProxyType({k: () if k in unseen else v for k, v in stage.reading.concepts.items()})
    # Out of focus, the lights along a bridge are nothing but a white band.
    unlit = replace(stage.reading, concepts=concepts, banned=stage.reading.banned | {"feature.bridge"})
    small = Geometry(max(16, g.layer_width // _COARSE), max(16, g.layer_height // _COARSE), 2, 2)
    scale = small.width / g.layer_width
    behind = replace(
        stage, geometry=small, reading=unlit, family=family,
        horizon=stage.horizon * scale, sun_x=stage.sun_x * scale, sun_y=stage.sun_y * scale,
    )  # fmt: skip
    scene = Scene(small, _BEHIND[family](behind), (), finish(small.width, small.height, 0))
    picture = f32(scene.still()[..., :3] / 255)
    radius = max(2, round(small.span * 0.032))
    lens = f32(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))
    # Averaging cubes lets a bright point outshine what is around it, as light in a lens does.
    spread = np.cbrt(
        np.maximum(cv2.filter2D(picture**3, -1, lens / lens.sum(), borderType=cv2.BORDER_REFLECT), 0)
    )
    soft = blur(f32(spread), small.span * 0.006)
    return backdrop(np.clip(resize(soft, g.layer_width, g.layer_height, cv2.INTER_CUBIC), 0, 1))


def _sitting(stage: Stage) -> list[Element]:
    """The sitter as sprites that breathe, sway and blink."""
    g, rng = stage.geometry, stage.rng
    who = sitter(stage)
    side = float(rng.choice([-1.0, 1.0]))
    lamp = light(stage, side)
    size = min(g.height * 0.56, g.width * 0.56) * float(rng.uniform(0.94, 1.06))
    if who.child:
        size *= 0.92
    low = 0.09 * size if who.style in _TALL else 0.0
    wide = g.width / g.height
    off = 0.10 if wide > 2 else 0.05 if wide > 1.2 else 0.02
    x = g.margin_x + g.width * (0.5 - side * float(rng.uniform(0.2, 1.0)) * off)
    y = g.margin_y + max(g.height * 0.45, size * 0.74) + low
    breath = Motion((x, y + size * 2.2), y=-0.004 * size, tall=0.0035, rate=1.5)
    nod = Motion(
        (x, y + size * 0.6), x=0.006 * size, turn=0.012, rate=0.57, phase=float(rng.uniform(0, 10.2))
    )
    hang = Motion((x, y - size * 0.4), lean=0.012, rate=1.4, phase=float(rng.uniform(0, 6)))
    sheets = _painted(stage, who, lamp, side, size)
    body, head = (breath,), (nod, breath)
    motions = ((hang, *head), body, head, (hang, *head))
    depths = (0.56, 0.56, 0.60, 0.62)
    # A child's chin is higher and its neck shorter.
    raised = 0.055 * size if who.child else 0.0
    back, torso, face, locks = (
        painted(s, x, y - up, depth, *moved)
        for s, depth, moved, up in zip(sheets, depths, motions, (0.0, raised, 0.0, 0.0), strict=True)
    )
    closed = _sheet(size, side, (0.5, 0.4, 0.5))
    paint_lids(closed, who, lamp)
    blink = Blink(
        painted(closed, x, y, 0.60, *head), float(rng.uniform(2.2, 3.2)), float(rng.uniform(1.2, 1.9))
    )
    return [back, torso, face, blink, locks]


def _sheet(size: float, side: float, reach: tuple[float, float, float]) -> Sheet:
    """A sheet around the head that reaches so many head heights sideways, up and down."""
    across, up, down = (math.ceil(v * size) + 2 for v in reach)
    return sheet(2 * across, up + down, (float(across), float(up)), size, side)


def _painted(stage: Stage, who: Sitter, lamp: Light, side: float, size: float) -> list[Sheet]:
    """Back hair, body, head with its hair, and the locks that hang before the shoulders."""
    g, rng = stage.geometry, stage.rng
    below = min(BOTTOM, (g.layer_height - g.margin_y - g.height * 0.4) / size + 0.2)
    back, head, locks = (
        _sheet(size, side, r) for r in ((0.75, 0.95, 1.25), (0.75, 0.95, 0.75), (0.75, 0.7, 1.25))
    )
    if who.style == "headscarf":
        head = _sheet(size, side, (0.75, 0.95, 1.15))
    body = _sheet(size, side, (1.35, 0.0, below))
    paint_back(back, who, lamp, rng)
    paint_body(body, who, lamp)
    inside = paint_face(head, who, lamp)
    shade_face(head, who, lamp, inside)
    if who.beard:
        paint_beard(head, who, lamp, rng, inside)
    paint_front(locks, who, lamp, rng, free=True)
    paint_front(head, who, lamp, rng, free=False)
    paint_adornments(head, who, lamp)
    paint_flower(locks, who, lamp)
    return [back, body, head, locks]
