"""A scene cut out of paper: every layer becomes a sheet with a crisp edge, a lit rim and a soft shadow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, cast

import cv2
import numpy as np

from genmux.render.camera import Geometry
from genmux.render.layers import Element, Layer
from genmux.render.noise import fbm, smoothstep
from genmux.render.raster import F32, U8, blur, f32, resize, spread, to_bytes

_BANDS: Final = 7
_TONES: Final = 3.0

# A layer that covers less than this share of the picture is a thing with details of its own.
_DETAILED: Final = 0.12


def cut_sheets(elements: Sequence[Element], geometry: Geometry, rng: np.random.Generator) -> list[Element]:
    """The elements with every still layer cut from paper; moving elements stay as they are."""
    fibre = _fibre(geometry, rng)
    sheets = [e for e in elements if not (type(e) is Layer and _is_mist(e))]
    return [_cut(e, geometry, fibre) if type(e) is Layer else e for e in sheets]


def _is_mist(sheet: Layer) -> bool:
    """Whether a layer is too thin everywhere to be a sheet of paper."""
    return int(sheet.sprite[..., 3].max()) < 255 * 0.82


def _fibre(geometry: Geometry, rng: np.random.Generator) -> F32:
    """The grain of paper as a factor around 1, as large as a layer."""
    size = (geometry.layer_height, geometry.layer_width)
    return f32(1 + 0.09 * (fbm(rng, *size, 90, 3) - 0.5) + 0.05 * (fbm(rng, *size, 8, 3) - 0.5))


def _cut(sheet: Layer, geometry: Geometry, fibre: F32) -> Layer:
    if sheet.solid:
        return replace(sheet, sprite=_banded(sheet.sprite, geometry, fibre))
    unit = max(geometry.unit, 0.3)
    reach = round(26 * unit)
    above = min(reach, sheet.top)
    padded = cast(
        U8, cv2.copyMakeBorder(sheet.sprite, above, 0, 0, 0, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    )
    alpha = f32(padded[..., 3] / 255)
    cover = _crisp(alpha, unit)
    small_thing = float(cover.mean()) * cover.shape[0] < geometry.height * _DETAILED
    rgb = (_own(padded, alpha) if small_thing else _few_tones(padded, alpha, unit)) * spread(
        _texture(fibre, sheet.top - above, cover)
    )
    rim = np.clip(cover - np.roll(cover, max(1, round(1.6 * unit)), 0), 0, 1)
    rgb = np.clip(rgb + spread(f32(rim * 0.16)), 0, 1)
    shadow = blur(np.roll(cover, -round(4 * unit), 0), 9 * unit) * 0.46
    shadow = np.maximum(shadow, blur(cover, 3 * unit) * 0.3)
    total = cover + (1 - cover) * shadow
    ink = rgb * spread(cover)
    return replace(
        sheet,
        sprite=to_bytes(cast(F32, cv2.merge((*cv2.split(f32(ink)), f32(total))))),
        top=sheet.top - above,
    )


def _texture(fibre: F32, top: int, like: F32) -> F32:
    """The part of the paper that a sheet is cut from."""
    rows = np.arange(top, top + like.shape[0]) % fibre.shape[0]
    part = fibre[rows]
    return part if part.shape == like.shape else resize(part, like.shape[1], like.shape[0])


def _crisp(alpha: F32, unit: float) -> F32:
    """Coverage cut along its half-way line; soft shapes such as clouds are rounded first."""
    solid = float(alpha.mean()) > 0.35 or float(np.mean((alpha > 0.05) & (alpha < 0.9))) < 0.06
    soft = blur(alpha, (0.8 if solid else 5.0) * unit)
    edge = 0.22 if solid else 0.05
    return smoothstep(0.5 - edge, 0.5 + edge, soft)


def _own(sprite: U8, alpha: F32) -> F32:
    """The colours of a sheet as they are."""
    return f32(np.clip(f32(sprite[..., :3]) / 255 / np.maximum(alpha, 1 / 255)[..., None], 0, 1))


def _few_tones(sprite: U8, alpha: F32, unit: float) -> F32:
    """The sheet's own colours in a few flat steps, smooth inside each."""
    lit = f32(sprite[..., :3]) / 255
    small = (max(2, sprite.shape[1] // 3), max(2, sprite.shape[0] // 3))
    wide = blur(resize(lit, *small, cv2.INTER_AREA), 5 * unit)
    share = np.maximum(blur(resize(alpha, *small, cv2.INTER_AREA), 5 * unit), 1 / 255)
    colours = np.clip(wide / spread(share), 0, 1)
    light = colours.mean(axis=2)
    low, high = float(np.quantile(light, 0.01)) * 0.94, min(float(np.quantile(light, 0.99)) * 1.05, 1.0)
    span = max(high - low, 0.05)
    level = np.clip((light - low) / span, 0, 1) * _TONES
    step = np.floor(level) + smoothstep(0.44, 0.56, f32(level - np.floor(level)))
    wanted = low + span * np.clip(step / _TONES, 0, 1)
    vivid = light[..., None] + (colours - light[..., None]) * 1.3
    toned = vivid * spread(f32(wanted / np.maximum(light, 0.03)))
    return resize(f32(np.clip(toned, 0, 1)), sprite.shape[1], sprite.shape[0], cv2.INTER_CUBIC)


def _disc(small: F32, unit: float) -> F32:
    """Where the sun or the moon stands: small and far brighter than what is around it."""
    light = f32(small.mean(axis=2))
    return smoothstep(0.08, 0.16, f32(light - blur(light, 34 * unit)))


def _banded(sprite: U8, geometry: Geometry, fibre: F32) -> U8:
    """The backdrop as sheets behind each other: bands of equal light, each shading the next."""
    unit = max(geometry.unit, 0.3)
    picture = f32(sprite[..., :3]) / 255
    size = (max(2, sprite.shape[1] // 3), max(2, sprite.shape[0] // 3))
    small = cast(F32, cv2.medianBlur(resize(picture, *size, cv2.INTER_AREA), 5))
    disc = _disc(small, unit)
    small = blur(small, 7 * unit)
    light = resize(f32(small.mean(axis=2)), sprite.shape[1], sprite.shape[0], cv2.INTER_CUBIC)
    low, high = float(light.min()), float(light.max())
    span = max(high - low, 0.05)
    level = (light - low) / span * (_BANDS - 0.01)
    step = f32(np.floor(level) + smoothstep(0.46, 0.54, f32(level - np.floor(level))))
    shade = np.clip(step - blur(step, 8 * unit), 0, 1) * 0.16
    wanted = low + span * np.clip((step + 0.25) / _BANDS, 0, 1)
    colours = resize(small, sprite.shape[1], sprite.shape[0], cv2.INTER_CUBIC)
    gain = wanted / np.maximum(light, 0.03) * (1 - shade) * _texture(fibre, 0, light)
    rgb = np.clip(colours * spread(f32(gain)), 0, 1)
    cover = spread(smoothstep(0.3, 0.7, resize(disc, sprite.shape[1], sprite.shape[0], cv2.INTER_CUBIC)))
    rgb = rgb * (1 - cover) + picture * cover
    return cast(U8, cv2.cvtColor(to_bytes(f32(rgb)), cv2.COLOR_RGB2RGBA))
