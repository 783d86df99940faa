"""The colours of grassland: meadows, crops in rows, fields on far hills, a path or a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.noise import Tile, smoothstep
from genmux.render.paint.light import Light, local
from genmux.render.palette import mix
from genmux.render.raster import F32, blend, f32, flat, spread
from genmux.render.scenery.relief import View
from genmux.render.stage import Stage

# Shaded, middle and sunny grass.
_GRASS: Final = {
    "spring": ("#2f6a24", "#6aa336", "#b9cf55"),
    "summer": ("#3a6626", "#7c9f3a", "#c8c35c"),
    "autumn": ("#6b4f1e", "#b5863a", "#e2b95c"),
    "winter": ("#9fb0c4", "#d5dfea", "#f6f9fd"),
}
# Rows of a crop: ground between, shaded plant, blossom, bright blossom, rows per eye height.
CROPS: Final = {
    "lavender": ("#4b5a3a", "#4a3478", "#8a63c4", "#c09cec", 2.1),
    "rapeseed": ("#8a9a1f", "#cdb016", "#fbdc22", "#fff37a", 1.1),
    "sunflowers": ("#33571f", "#4f7a2a", "#d9a51a", "#ffd445", 1.8),
    "tulips": ("#2f5f2a", "#3d7a34", "#d8405a", "#ff8a94", 1.3),
}
TULIPS: Final = ("#d62f3f", "#f7c531", "#f07aa8", "#f4efe6", "#8f3fa8", "#f08a2e")
_FIELDS: Final = ("#86a546", "#c9b65a", "#5d8a3f", "#a9bf55", "#7a9a3c", "#d7c877")
_PATH: Final = ("#8f7650", "#cdb689")
_SNOWY_PATH: Final = ("#8f8f98", "#c3c6cf")


@dataclass(frozen=True, slots=True, eq=False)
class Turf:
    """What grows: a season's grass, a crop or none, where a path winds (its half width 0: none), noise.

    `carpet` is the colour that flowers too far off to be told apart lend the ground, `lushness` how much.
    """

    season: str
    crop: str | None
    noise: Tile
    bend: float
    path: float
    stream: bool
    slant: float
    carpet: F32 | None = None
    lushness: float = 0.0


def growth(view: View, turf: Turf, stage: Stage, light: Light, shade: F32, fine: float) -> F32:
    """The lit colours of the ground; `fine` is the focal length that textures are cut off by."""
    surface = _grass(view, turf, stage, fine)
    if turf.carpet is not None and not turf.crop:
        surface = _carpeted(view, turf, surface, turf.carpet)
    if turf.crop:
        surface = _rows(view, turf, stage, surface, fine)
    if turf.path > 0 and not turf.stream:
        surface = _trodden(view, turf, stage, surface)
    lit = f32(surface * (flat(light.sky, shade) + spread(shade) * light.sun))
    return _watered(view, turf, stage, lit) if turf.stream else lit


def winding(turf: Turf, z: F32) -> F32:
    """Where the path or stream runs at each distance."""
    return f32(turf.bend * (0.55 + 0.9 * np.sin(z * 0.42 + turf.bend * 3)) * np.minimum(z * 0.35, 3.0))


def _grass(view: View, turf: Turf, stage: Stage, fine: float) -> F32:
    dark, middle, bright = (local(stage, c) for c in _GRASS[turf.season])
    broad = turf.noise.at(view.x * 9 + 31, view.z * 9)
    tufts = turf.noise.at(view.x * 90, view.z * 34 + 77)
    near = np.clip(fine / 90 / view.z / 2.2, 0, 1)
    blades = turf.noise.at(view.x * fine * 0.42, view.z * fine * 0.21)
    close = np.clip(3.2 / view.z - 0.25, 0, 1)
    tone = f32(np.clip(0.5 + 0.17 * broad + 0.13 * tufts * near + 0.17 * blades * close, 0, 1))
    colours = blend(
        blend(dark, middle, np.clip(tone * 2, 0, 1)), flat(bright, tone), np.clip(tone * 2 - 1, 0, 1)
    )
    return _patched(view, turf, stage, colours) if turf.season != "winter" else colours


def _carpeted(view: View, turf: Turf, surface: F32, carpet: F32) -> F32:
    drift = turf.noise.at(view.x * 14, view.z * 14) + 0.6 * turf.noise.at(view.x * 60 + 9, view.z * 60)
    reach = smoothstep(1.6, 4.5, view.z) * (1 - smoothstep(9.0, 19.0, view.z))
    return blend(surface, carpet, f32(smoothstep(0.2, 1.7, drift) * reach * turf.lushness * 0.62))


def _patched(view: View, turf: Turf, stage: Stage, colours: F32) -> F32:
    """Far slopes as a patchwork of fields with darker hedges between them."""
    u = view.x / 7 + turf.slant * view.z / 9 + 0.12 * turf.noise.at(view.x * 2, view.z * 2)
    v = view.z / 8 - turf.slant * view.x / 12
    cell = (np.floor(u) * 3 + np.floor(v) * 5 + np.floor(v * 0.5)).astype(np.int32) % len(_FIELDS)
    tones = np.stack([local(stage, c) for c in _FIELDS])
    if turf.season == "autumn":
        tones = f32([mix(t, local(stage, "#c98a3a"), 0.5) for t in tones])
    far = smoothstep(7.0, 13.0, view.z) * 0.72
    patched = blend(colours, f32(tones[cell]), far)
    edge = np.minimum(np.abs(u - np.round(u)) * 7, np.abs(v - np.round(v)) * 8)
    hedge = (1 - smoothstep(0.12, 0.5, f32(edge))) * smoothstep(8.0, 13.0, view.z) * 0.75
    return blend(patched, local(stage, "#3d6130"), f32(hedge))


def _rows(view: View, turf: Turf, stage: Stage, grass: F32, fine: float) -> F32:
    ground, shaded, blossom, bright, rate = CROPS[turf.crop or ""]
    ragged = turf.noise.at(view.x * 60, view.z * 60)
    lane = (view.x - turf.slant * view.z) * rate + 0.05 * ragged * np.clip(6 / view.z, 0, 1)
    within = np.abs(lane - np.floor(lane) - 0.5) * 2
    resolved = np.clip(fine / rate / view.z / 5, 0, 1)
    ridge = f32((1 - within**2) * resolved + 0.6 * (1 - resolved))
    specks = turf.noise.at(view.x * fine * 0.5, view.z * fine * 0.16)
    tone = f32(np.clip(ridge * 0.95 + 0.16 * specks * np.clip(5 / view.z, 0.25, 1) - 0.06, 0, 1))
    colours = blend(local(stage, shaded), local(stage, blossom), smoothstep(0.2, 0.62, tone))
    if turf.crop == "tulips":
        tones = np.stack([local(stage, c) for c in TULIPS])
        lanes = f32(tones[(np.floor(lane / 2).astype(np.int32)) % len(tones)])
        colours = blend(flat(local(stage, shaded), tone), lanes, smoothstep(0.2, 0.6, tone))
    colours = blend(colours, flat(local(stage, bright), tone), smoothstep(0.72, 1.0, tone) * 0.7)
    furrow = smoothstep(0.34, 0.1, tone) * (0.25 if turf.crop == "rapeseed" else 0.9)
    planted = blend(colours, flat(local(stage, ground), tone), furrow)
    end = 11 + 2 * turf.noise.at(view.x * 5, view.z * 0)
    return blend(planted, grass, smoothstep(0.0, 3.5, f32(view.z - end)))


def _trodden(view: View, turf: Turf, stage: Stage, surface: F32) -> F32:
    """The ground with a path of bare earth."""
    rough = turf.noise.at(view.x * 70, view.z * 70)
    away = f32(np.abs(view.x - winding(turf, view.z)) + 0.02 * rough)
    cover = (1 - smoothstep(turf.path * 0.8, turf.path * 1.15, away)) * 0.9
    verge = (1 - smoothstep(turf.path, turf.path * 2.0, away)) * 0.45
    surface = blend(surface, local(stage, _GRASS[turf.season][0]), f32(verge))
    dark, bright = (local(stage, c) for c in (_SNOWY_PATH if turf.season == "winter" else _PATH))
    return blend(surface, blend(dark, bright, f32(np.clip(0.55 + 0.22 * rough, 0, 1))), f32(cover))


def _watered(view: View, turf: Turf, stage: Stage, lit: F32) -> F32:
    """The lit ground with a stream that mirrors the sky between dark banks."""
    ragged = 0.02 * turf.noise.at(view.x * 70, view.z * 70)
    away = f32(np.abs(view.x - winding(turf, view.z)) + ragged)
    near = 1 - smoothstep(6.0, 8.0, view.z)
    bank = (1 - smoothstep(turf.path, turf.path * 1.7, away)) * near * 0.55
    lit = blend(lit, stage.palette.near, f32(bank))
    deep, bright = (mix(stage.palette.sky[k], stage.palette.haze, 0.25) for k in (2, 5))
    ripple = turf.noise.at(view.x * 90, view.z * 200)
    water = blend(deep, bright, f32(np.clip(view.z / 8 + 0.22 * ripple, 0, 1)))
    return blend(lit, water, f32((1 - smoothstep(turf.path * 0.8, turf.path * 1.1, away)) * near))
