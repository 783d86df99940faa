"""The street: two rows of houses that run to a glowing vanishing point, lamps, people, wet ground."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from genmux.render.layers import Element, Layer
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, blur, f32, grid, resize, spread, to_bytes
from genmux.render.scenery.sky import clouds, sky
from genmux.render.sprites.stamps import glow
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast
from genmux.render.urban.facades import MANNERS, Light, Manner
from genmux.render.urban.houses import Air, build
from genmux.render.urban.kerbside import plant
from genmux.render.urban.lamps import HangingLanterns, Pulses, headlights, strings, wires
from genmux.render.urban.landmarks import LANDMARKS, billboard
from genmux.render.urban.pavement import ground, shimmer
from genmux.render.urban.view import Plate, Point, View, plate
from genmux.render.urban.walkers import walkers

DEPTH: Final = 0.3

# What grows along a street rather than in it.
_LINING: Final = frozenset({"tree", "cherry_tree"})
_NEON_HAZE: Final = (colour("#a02f8e"), colour("#2f6fb0"), colour("#6a3fb8"))
_WARM_LAMP: Final = colour("#ffb569")
_LANTERN_LAMP: Final = colour("#ff8a50")
_SUNNY: Final = {"day": 1.45, "dawn": 1.15, "sunset": 0.62, "night": 0.15, "storm": 0.3}
_SHADED: Final = {"day": 0.66, "dawn": 0.6, "sunset": 0.36, "night": 0.13, "storm": 0.26}


@dataclass(frozen=True, slots=True, eq=False)
class _Setting:
    """What one street is made of."""

    manner: Manner
    name: str
    view: View
    lights: tuple[Light, Light]
    air: Air
    wet: float
    lanterns: bool


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    stage, setting = _settled(stage)
    g, rng, view = stage.geometry, stage.rng, setting.view
    sheet = plate(view, g.layer_width, g.layer_height)
    _end(stage, setting, sheet)
    glows = build(rng, sheet, setting.manner, setting.lights, setting.air)
    if setting.manner.road:
        glows += plant(rng, sheet, setting.manner, setting.lights, setting.air, _leaves(stage, setting))
    elements: list[Element] = [_sky(stage), *(clouds(stage) if not stage.dark else [])]
    elements.append(_street(stage, setting, sheet))
    if stage.dark:
        elements.append(_pulses(stage, setting, glows))
    if setting.manner.road and setting.lights[0].dark:
        elements.append(headlights(rng, view, 1.7, DEPTH))
    if setting.lanterns:
        elements.append(_hung(stage, setting))
    if setting.manner.signs and setting.manner.end != "spire" and rng.random() < 0.75:
        tone = mix(colour("#0a0a10"), setting.air.haze, 0.25)
        elements.append(wires(rng, g, view, setting.manner.half, tone, DEPTH))
    elements += _people(stage, setting)
    if setting.wet > 0.3:
        elements.append(shimmer(rng, view, setting.manner, DEPTH))
    return [*elements, *_standing(stage, setting)]


def _standing(stage: Stage, setting: _Setting) -> list[Element]:
    """The subjects in the street, people as tall as they are; its trees grow along it already."""
    named, view = set(asked(stage, "ground")), setting.view
    if named <= _LINING:
        return []
    lane, peopled = _lane(stage, setting), "person" in named
    away = max(5.2 if peopled else 8.2, abs(lane) * view.focal / (0.22 * stage.geometry.width))
    at, size = view.at(lane, 0, away), view.scale(away) * (2.6 if peopled else 1.55)
    room = size * (0.6 if peopled else 1.5)
    return cast(stage, "ground", Spot(*at, size, DEPTH, room=room, mirrored=stage.flipped))


def _lane(stage: Stage, setting: _Setting) -> float:
    """Where a subject stands across the street, in metres."""
    return (-1 if stage.flipped else 1) * (1.7 if setting.manner.road else 0.9)


def _settled(stage: Stage) -> tuple[Stage, _Setting]:
    """The stage with its sun at the end of the street, and the street's own choices."""
    g, rng = stage.geometry, stage.rng
    name = _manner(stage)
    manner = MANNERS[name]
    centre = g.margin_x + g.width * float(rng.uniform(0.4, 0.6))
    upright = g.height > g.width * 1.2
    horizon = g.margin_y + g.height * (float(rng.uniform(0.55, 0.63)) + 0.05 * upright)
    eye = float(rng.uniform(1.6, 2.5)) if manner.road else float(rng.uniform(1.5, 2.0))
    view = View(centre, horizon, g.span * float(rng.uniform(0.85, 1.05)) * (1.4 if upright else 1.0), eye)
    low = stage.time in ("dawn", "sunset")
    sun = (centre + g.span * float(rng.uniform(-0.06, 0.06)), horizon - g.span * 0.1)
    stage = replace(
        stage, horizon=horizon, sun_x=sun[0] if low else stage.sun_x, sun_y=sun[1] if low else stage.sun_y
    )
    lanterns = stage.wants("lanterns") or (name == "old_town" and stage.allows("lanterns"))
    haze = _haze(stage, name)
    lamps = _lamps(stage, name)
    return stage, _Setting(
        manner, name, view, _lights(stage, lamps), _air(stage, haze), _wet(stage, name), lanterns
    )


def _manner(stage: Stage) -> str:
    rng, neon = stage.rng, stage.reading.has("style", "neon")
    drawn = float(rng.random())
    if stage.wants("oldtown") or (stage.wants("lanterns") and not neon):
        return "old_town"
    leafy = stage.wants("autumn") or stage.reading.has("effect", "petals")
    if stage.wants("eiffel") or stage.wants("european") or (leafy and not neon):
        return "european"
    if neon:
        return "neon"
    if stage.wants("tokyo"):
        return "tokyo"
    options = ("modern", "tokyo", "european") if stage.dark else ("european", "modern", "tokyo")
    return options[0 if drawn < 0.4 else 1 if drawn < 0.75 else 2]


def _leaves(stage: Stage, setting: _Setting) -> str:
    """The colour of the street's trees; empty where none grow."""
    if stage.reading.has("effect", "petals"):
        return "pink"
    if stage.wants("autumn") or stage.wants("snowy"):
        return "autumn" if stage.wants("autumn") else "snow"
    return "green" if setting.name == "european" or stage.rng.random() < 0.5 else ""


def _wet(stage: Stage, name: str) -> float:
    if stage.reading.has("effect", "rain") or stage.time == "storm":
        return 1.0
    if stage.time == "night":
        return 0.95 if name == "neon" else float(stage.rng.choice([0.35, 0.8]))
    return 0.12 if stage.time == "day" else 0.4


def _air(stage: Stage, haze: F32) -> Air:
    return Air(haze, _reach(stage), 0.35 if stage.time in ("night", "storm") else 0.75 if stage.dark else 1.0)


def _reach(stage: Stage) -> float:
    thick = 0.5 if stage.wants("mist") else 0.75 if stage.time == "storm" else 1.0
    return thick * {"day": 130.0, "dawn": 75.0, "sunset": 62.0}.get(stage.time, 44.0)


def _lamps(stage: Stage, name: str) -> F32:
    level = {"day": 0.0, "dawn": 0.12, "sunset": 0.5, "storm": 0.6, "night": 0.85}[stage.time]
    tone = _LANTERN_LAMP if name == "old_town" else _WARM_LAMP
    if name in ("neon", "tokyo"):
        tone = mix(tone, _NEON_HAZE[int(stage.rng.integers(3))], 0.7 if name == "neon" else 0.25) * 1.2
    return f32(tone * level)


def _haze(stage: Stage, name: str) -> F32:
    palette = stage.palette
    if stage.time == "day":
        return mix(palette.haze, colour("#ffffff"), 0.15)
    if name == "neon":
        return mix(palette.haze, _NEON_HAZE[int(stage.rng.integers(3))], 0.72)
    if stage.time in ("night", "storm"):
        tone = mix(_LANTERN_LAMP if name == "old_town" else _WARM_LAMP, palette.glow, 0.15)
        return mix(palette.haze, tone, 0.34 if stage.time == "night" else 0.16)
    return mix(mix(palette.haze, palette.sun, 0.35), palette.glow, 0.3)


def _lights(stage: Stage, lamps: F32) -> tuple[Light, Light]:
    """Light on the left and on the right row: the sun reaches one of them more."""
    palette = stage.palette
    cool = mix(palette.sky[1], colour("#ffffff"), 0.8 if stage.time in ("day", "dawn") else 0.4)
    warm = mix(palette.sun, colour("#ffffff"), 0.35)
    shaded, sunny = cool * _SHADED[stage.time], warm * _SUNNY[stage.time]
    glass = mix(
        mix(palette.sky[2], colour("#8a98a8"), 0.5), palette.near, 0.4 if stage.time == "day" else 0.6
    )
    dark = stage.time in ("sunset", "night", "storm")
    pair = (Light(f32(sunny), lamps, glass, dark), Light(f32(shaded), lamps, glass, dark))
    return pair if stage.flipped else (pair[1], pair[0])


def _sky(stage: Stage) -> Layer:
    hidden = stage.time == "day" or stage.reading.has("style", "neon")
    if not hidden:
        return sky(stage)
    away = replace(stage, sun_x=-stage.geometry.span * 1.0, sun_y=-stage.geometry.span * 1.0)
    return sky(away)


def _end(stage: Stage, setting: _Setting, sheet: Plate) -> None:
    """What stands at the end of the street, deep in haze."""
    name = "eiffel" if stage.wants("eiffel") else setting.manner.end
    wall = mix(mix(stage.palette.far, stage.palette.near, 0.5), setting.air.haze, 0.4) * setting.air.floor
    landmark = LANDMARKS[name]
    texture = billboard(
        stage.rng, landmark, wall, {"night": 0.75, "storm": 0.6, "sunset": 0.4}.get(stage.time, 0.0)
    )
    up = np.linspace(setting.air.floor, 1, texture.shape[0], dtype=np.float32)[:, None, None]
    texture[..., :3] = texture[..., :3] * 0.7 + setting.air.haze * up * texture[..., 3:] * 0.3
    sunk = f32(np.clip(np.linspace(7, 0, texture.shape[0]), 0, 1))[:, None, None]
    texture[..., :3] = texture[..., :3] * sunk + setting.air.haze * texture[..., 3:] * (1 - sunk)
    tall = {"eiffel": 62.0, "pagoda": 17.0, "spire": 40.0, "towers": 66.0}[name]
    half, z = tall * landmark.half * 1.05, 100.0
    x = float(stage.rng.uniform(-1, 1)) * 3.0
    sheet.lay(texture, [(x - half, tall, z), (x + half, tall, z), (x + half, 0, z), (x - half, 0, z)])


def _street(stage: Stage, setting: _Setting, sheet: Plate) -> Layer:
    """Houses, ground and the light they spill, as one layer."""
    g, view = stage.geometry, setting.view
    front = sheet.front
    overhead = mix(stage.palette.sky[3], setting.air.haze, 0.5)
    rgb, first = ground(stage.rng, sheet, setting.manner, setting.lights, setting.air, overhead, setting.wet,
                        stage.wants("snowy"))  # fmt: skip
    below = front[first:]
    through = spread(f32(1 - np.clip(below[..., 3], 0, 1)))
    below[..., :3] += rgb * through
    below[..., 3] = 1
    x, y = grid(g.layer_height // 4, g.layer_width // 4)
    away = np.hypot((x * 4 - view.centre_x) * 1.15, (y * 4 - view.horizon) * 1.0) / g.span
    strength = {"day": 0.2, "dawn": 0.6, "sunset": 0.75, "night": 0.5, "storm": 0.4}[stage.time]
    core = np.exp(-away * 5.5) * 0.75 + np.exp(-away * 17) * 0.7
    tone = mix(setting.air.haze, stage.palette.sun, 0.5 if stage.time in ("dawn", "sunset") else 0.2)
    light = f32(core * strength)[..., None] * tone
    light = light + _bloom(front, g.unit, 1.0 if setting.lights[0].dark else 0.3)
    whole = resize(f32(light), g.layer_width, g.layer_height)
    lit = _exposed(front[..., :3], setting.lights[0].dark)
    lit = 1 - (1 - np.clip(lit, 0, 1)) * (1 - np.clip(whole, 0, 1))
    sprite = np.dstack([f32(lit), np.clip(front[..., 3], 0, 1)])
    return Layer(to_bytes(f32(sprite)), DEPTH)


def _exposed(light: F32, dark: bool) -> F32:
    """Light of any strength brought into 0..1 without hard whites."""
    if dark:
        return f32(1 - np.exp(-1.35 * np.maximum(light, 0)))
    over = np.maximum(light - 0.62, 0)
    return f32(np.minimum(light, 0.62) + 0.36 * np.tanh(over / 0.5))


def _bloom(front: F32, unit: float, strength: float) -> F32:
    """The glow around bright things, at quarter size."""
    h, w = front.shape[:2]
    small = resize(front, w // 4, h // 4, cv2.INTER_AREA)[..., :3]
    bright = f32(np.clip(small - 0.55, 0, 1.6))
    return f32((blur(bright, 2.2 * unit + 0.2) * 0.5 + blur(bright, 8 * unit + 0.3) * 0.7) * strength)


def _pulses(stage: Stage, setting: _Setting, glows: list[tuple[Point, F32]]) -> Pulses:
    """The halos of signs, some of which flicker."""
    near = [entry for entry in glows if entry[0][2] < 26][-26:]
    rng, view = stage.rng, setting.view
    lamps = [
        (*view.at(*point), float(rng.uniform(0, 6.3)), float(rng.uniform(1.2, 5)), 0.35) for point, _ in near
    ]
    sprites = tuple(
        glow(min(view.scale(p[2]) * 1.7, stage.geometry.span * 0.22), tone * 0.5, 0.001) for p, tone in near
    )
    return Pulses(f32(lamps).reshape(-1, 5), sprites, DEPTH)


def _hung(stage: Stage, setting: _Setting) -> HangingLanterns:
    return strings(stage.rng, setting.view, setting.manner.half, DEPTH, stage.dark, 0.28 * setting.wet)


def _people(stage: Stage, setting: _Setting) -> list[Element]:
    if asked(stage, "ground") and not setting.manner.road:
        return []
    rain = stage.reading.has("effect", "rain")
    near = mix(stage.palette.near, colour("#16141c"), 0.6)
    far = 0.3 if stage.dark else 0.62
    tones = (f32(near * 0.9 + setting.air.haze * 0.1), f32(near * far + setting.air.haze * (1 - far)))
    crowd = int(stage.rng.integers(7, 14))
    return [walkers(stage.rng, setting.view, setting.manner.half, DEPTH, tones, rain, setting.wet, crowd)]
