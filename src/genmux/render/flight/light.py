"""Sunlight baked into a map: slopes, soft cast shadows, shaded valleys and the shadows of clouds."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from genmux.render.flight.lands import SIZE, Land, noise, slopes
from genmux.render.noise import smoothstep
from genmux.render.palette import colour
from genmux.render.raster import F32, blur, f32, flat, resize, spread
from genmux.render.stage import Stage

# Light of the sun and of the sky, the sun's height (rise per step), and the strength of its light.
_LIGHTS: Final[dict[str, tuple[str, str, float, float]]] = {
    "dawn": ("#ffd2a6", "#8f92bd", 0.42, 1.12),
    "day": ("#fff4dc", "#86a6d2", 0.95, 1.0),
    "sunset": ("#ffa765", "#8468a0", 0.36, 1.02),
    "night": ("#7f9fe0", "#14233f", 0.7, 0.5),
    "storm": ("#a9b4b8", "#5f6c74", 1.2, 0.55),
}
_MUTED: Final = {"dawn": 0.38, "day": 0.16, "sunset": 0.34, "night": 0.5, "storm": 0.4}
_SHADOW_STEPS: Final = 26
_STRIDE: Final = 2.0


def lit(stage: Stage, land: Land, azimuth: float) -> F32:
    """The map's colours (SIZE, SIZE, 3) under the sun that stands in direction `azimuth` (radians)."""
    sun, sky, rise, power = _LIGHTS[stage.time]
    facing = _facing(land, azimuth, rise)
    bright = facing * (1 - 0.8 * _cast_shadow(land.heights, azimuth, rise)) * _cloud_shadow(stage)
    hollow = np.clip((blur(land.heights, 14) - land.heights) / land.tall * 1.5, -0.2, 0.35)
    ambient = flat(colour(sky), bright) * spread(f32(0.62 * (1 - hollow)))
    direct = flat(colour(sun), bright) * spread(f32(bright * power * 0.95))
    level = np.where(land.water > 0.5, np.float32(0.8), np.float32(0))
    light = ambient + direct
    shown = _muted(stage, land.rgb)
    steady = flat(colour(sky), bright) * 0.55 + flat(colour(sun), bright) * 0.42 * power
    wet = spread(f32(level))
    return f32(np.clip(shown * (light * (1 - wet) + steady * wet), 0, 1))


def _muted(stage: Stage, rgb: F32) -> F32:
    """Ground colours as low light leaves them: greyer, and nearer to the colour of the air."""
    share = _MUTED[stage.time]
    grey = spread(f32(rgb @ np.array([0.3, 0.5, 0.2], np.float32)))
    return f32(rgb * (1 - share) + (grey * 0.72 + stage.palette.far * 0.28 * grey * 2) * share)


def _facing(land: Land, azimuth: float, rise: float) -> F32:
    across, down = slopes(land.heights)
    scale = land.rough
    across, down = across * scale, down * scale
    sun = np.array([math.sin(azimuth), math.cos(azimuth), rise]) / math.hypot(1, rise)
    length = np.sqrt(1 + across**2 + down**2)
    return f32(np.clip((-across * sun[0] - down * sun[1] + sun[2]) / length, 0, 1) / max(sun[2], 0.45))


def _cast_shadow(heights: F32, azimuth: float, rise: float) -> F32:
    """How deep each point lies in the shadow of what stands toward the sun, at half size."""
    half = resize(heights, SIZE // 2, SIZE // 2, cv2.INTER_AREA)
    blocked = np.zeros_like(half)
    for k in range(1, _SHADOW_STEPS):
        far = k * _STRIDE * (1 + k * 0.03)
        move = np.array(
            [[1, 0, -math.sin(azimuth) * far / 2], [0, 1, -math.cos(azimuth) * far / 2]], np.float32
        )
        toward = cv2.warpAffine(half, move, half.shape[::-1], borderMode=cv2.BORDER_WRAP)
        blocked = np.maximum(blocked, np.asarray(toward, np.float32) - far * rise * 0.62 - half)
    return resize(blur(smoothstep(0.0, 4.0, blocked), 1.0), SIZE, SIZE)


def _cloud_shadow(stage: Stage) -> F32:
    if stage.time not in ("day", "dawn") or stage.wants("clear"):
        return np.ones((SIZE, SIZE), np.float32)
    return f32(1 - 0.38 * smoothstep(0.55, 0.7, noise(stage.rng, 4, 4)))
