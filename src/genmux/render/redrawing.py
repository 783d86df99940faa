"""Image to image: the first picture restyled, in the palette of the others and of the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Geometry, Moment, Pose
from genmux.render.effects import effects_over
from genmux.render.fitting import fit
from genmux.render.noise import smoothstep
from genmux.render.palette import HUES, PALETTES, from_oklab, rotated, to_oklab
from genmux.render.raster import F32, U8, blend, f32, flat, grid, spread, to_bytes
from genmux.render.references import References
from genmux.render.standing import put_into
from genmux.render.styles import STYLES, still_styled
from genmux.render.vocabulary import Reading

# How much lightness a time of day leaves.
_EXPOSURE: Final = {"night": 0.62, "storm": 0.86, "sunset": 0.95}


def redrawn(
    references: References, base: bytes, size: tuple[int, int], reading: Reading, rng: np.random.Generator
) -> U8:
    """The base picture with the subjects in it, restyled."""
    picture = put_into(fit(base, *size), references.subjects)
    return restyled(picture, references.others, reading, rng)


def restyled(picture: U8, others: Sequence[U8], reading: Reading, rng: np.random.Generator) -> U8:
    """The RGB picture redrawn: palette of `others`, light, hue, style and weather of the prompt.

    Different chance gives a different take on the same picture.
    """
    image = picture
    for other in others:
        image = palette_of(other, image, strength=0.85 / len(others) ** 0.5)
    image = _varied(image, reading, rng)
    time = reading.first("time")
    if time is not None:
        image = _relit(image, time, rng)
    named = [name for name in reading.all("style") if name in STYLES]
    if named:
        image = still_styled(image, named, rng)
    else:
        painted = still_styled(image, ("oil",), rng)
        image = np.asarray(cv2.addWeighted(painted, 0.55, image, 0.45, 0), np.uint8)
    return _with_weather(image, reading, rng)


def palette_of(source: U8, picture: U8, strength: float) -> U8:
    """The picture with its OKLab mean and deviation moved toward those of `source` (Reinhard transfer)."""
    lab, wanted = to_oklab(f32(picture / 255)), to_oklab(f32(source / 255))
    mean, spread_of = lab.mean(axis=(0, 1)), lab.std(axis=(0, 1)) + 1e-4
    target, target_spread = wanted.mean(axis=(0, 1)), wanted.std(axis=(0, 1)) + 1e-4
    # Lightness keeps most of its own shape; only colour follows the source freely.
    scale = np.clip(target_spread / spread_of, [0.8, 0.5, 0.5], [1.25, 2.0, 2.0])
    moved = (lab - mean) * scale + mean + (target - mean) * np.array([0.5, 1.0, 1.0])
    return to_bytes(from_oklab(lab * (1 - strength) + moved * strength))


def _varied(picture: U8, reading: Reading, rng: np.random.Generator) -> U8:
    """A small turn of hue and a soft light from one side, so that siblings differ."""
    image = rotated(f32(picture / 255), float(rng.uniform(-12, 12)), float(rng.uniform(0.95, 1.15)))
    hue = reading.first("hue")
    if hue is not None:
        lab = to_oklab(image)
        chroma = np.hypot(lab[..., 1], lab[..., 2]) * 0.5 + 0.05
        angle = np.radians(HUES[hue])
        toned = np.stack([lab[..., 0], chroma * np.cos(angle), chroma * np.sin(angle)], -1)
        image = from_oklab(lab * 0.45 + toned * 0.55)
    height, width = picture.shape[:2]
    x, y = grid(height, width)
    angle = float(rng.uniform(0, 2 * np.pi))
    side = (x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)
    return to_bytes(np.clip(image * spread(f32(1 + 0.22 * side)), 0, 1))


def _relit(picture: U8, time: str, rng: np.random.Generator) -> U8:
    """The picture in the light of a time of day: its shadows, its sky and its glow."""
    palette = PALETTES[time]
    image = f32(picture / 255)
    height, width = picture.shape[:2]
    light = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)
    tones = to_oklab(blend(palette.near, palette.lit, light))
    lab = to_oklab(image)
    # Only the chroma follows the time's tones, so that the picture keeps its own contrast.
    lab[..., 1:] = lab[..., 1:] * 0.45 + tones[..., 1:] * 0.55
    lab[..., 0] = lab[..., 0] * _EXPOSURE.get(time, 1.0)
    image = from_oklab(lab)
    x, y = grid(height, width)
    above = (1 - smoothstep(0.0, 0.75, y / height)) * 0.28
    image = blend(image, flat(palette.sky[2], light), f32(above))
    away = np.hypot(x / width - float(rng.uniform(0.2, 0.8)), (y / height - 0.35) * 0.9)
    glow = flat(palette.glow, light) * spread(
        np.exp(-away * 4.5).astype(np.float32) * (0.15 if time == "night" else 0.4)
    )
    return to_bytes(1 - (1 - np.clip(image, 0, 1)) * (1 - glow))


def _with_weather(picture: U8, reading: Reading, rng: np.random.Generator) -> U8:
    height, width = picture.shape[:2]
    canvas = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA), np.uint8)
    geometry = Geometry(width, height, 0, 0)
    moment = Moment(geometry, Pose(), 1.0, 2.0)
    near: F32 = np.zeros(3, np.float32)
    for element in effects_over(reading, geometry, rng, near):
        element.draw(canvas, moment)
    return np.ascontiguousarray(canvas[..., :3])
