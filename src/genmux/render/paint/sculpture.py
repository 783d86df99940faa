"""Rounded forms: outlines inflated to soft bodies, lit by the scene and covered with fur."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.noise import smoothstep
from genmux.render.paint.light import FigureLight
from genmux.render.raster import F32, U8, blend, blur, f32, flat, spread, to_bytes
from genmux.render.shapes import coverage


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A patch of colour on a form, cut to it; `soft` is its blur as a share of the figure's height."""

    outline: F32
    tone: F32
    share: float = 1.0
    soft: float = 0.012


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One body made of overlapping outlines in figure units: height 1, foot at (0, 0), up is negative.

    `relief` is how far its roundness reaches in from the edge, 0 for flat things; `fur` the length of the
    fringe; `shade` how much it darkens what it lies on. A `glowing` form takes no light and gives its own.
    """

    outlines: tuple[F32, ...]
    tone: F32
    marks: tuple[Mark, ...] = ()
    relief: float = 0.1
    fur: float = 0.0
    shade: float = 0.3
    opacity: float = 1.0
    glowing: bool = False
    gloss: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """A painted part: a premultiplied sprite and its corner, in pixels from the figure's foot."""

    sprite: U8
    left: float
    top: float


def sculpted(
    forms: Iterable[Form], light: FigureLight, size: float, rng: np.random.Generator, mirrored: bool = False
) -> Cast:
    """Paint forms in order into one cropped sprite for a figure `size` pixels high."""
    forms = list(forms)
    factors = np.array([-size if mirrored else size, size], np.float32)
    points = np.concatenate([outline for form in forms for outline in form.outlines]) * factors
    rim = max(form.fur for form in forms) * size + 3
    low = np.floor(points.min(axis=0) - rim).astype(int)
    width, height = (int(v) for v in np.maximum(np.ceil(points.max(axis=0) + rim).astype(int) - low, 2))
    rgb, cover = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
    grain = _fur_grain(rng, height, width, size)
    for form in forms:
        _add(rgb, cover, form, _Frame(low.astype(np.float32), factors, size), light, grain, rng)
    rgb = blend(rgb, light.haze, np.full_like(cover, light.haze_share))
    sprite = cv2.merge((*cv2.split(rgb * spread(cover)), cover))
    return Cast(to_bytes(f32(sprite)), float(low[0]), float(low[1]))


def _fur_grain(rng: np.random.Generator, height: int, width: int, size: float) -> F32:
    """Streaks along the fall of the hair, mean 1."""
    noise = rng.normal(0, 1, (height, width)).astype(np.float32)
    streaks = f32(
        cv2.GaussianBlur(noise, (0, 0), sigmaX=max(0.5, size * 0.0022), sigmaY=max(1.0, size * 0.012))
    )
    return f32(1 + 0.055 * streaks / max(float(streaks.std()), 1e-6))


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """How figure units become sprite pixels."""

    low: F32
    factors: F32
    size: float

    def pixels(self, outline: F32) -> F32:
        return f32(outline * self.factors - self.low)


def _add(
    rgb: F32, cover: F32, form: Form, frame: _Frame, light: FigureLight, grain: F32, rng: np.random.Generator
) -> None:
    """Paint one form over the sprite, in place, within its own window."""
    outlines = [frame.pixels(outline) for outline in form.outlines]
    every = np.concatenate(outlines)
    reach = max(form.fur, 0.03 if form.shade else 0.0) * frame.size + 3
    low = np.maximum(np.floor(every.min(axis=0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(every.max(axis=0) + reach), [cover.shape[1], cover.shape[0]]).astype(int)
    if (high <= low).any():
        return
    window = np.s_[low[1] : high[1], low[0] : high[0]]
    width, height = int(high[0] - low[0]), int(high[1] - low[1])
    mask = _mask([o - low for o in outlines], width, height, form.fur * frame.size, rng)
    albedo = flat(form.tone, mask)
    for mark in form.marks:
        patch = _mask([frame.pixels(mark.outline) - low], width, height, form.fur * frame.size * 0.6, rng)
        albedo = blend(albedo, mark.tone, f32(blur(patch, mark.soft * frame.size) * mark.share))
    lit = albedo if form.glowing else _lit(albedo, mask, form, frame.size, light, grain[window])
    if form.shade:
        offset = np.array([[1, 0, 0], [0, 1, frame.size * 0.012]], np.float32)
        under = cv2.warpAffine(blur(mask, frame.size * 0.014), offset, (width, height))
        rgb[window] *= spread(f32(1 - form.shade * under))
    area = mask * form.opacity
    behind = cover[window]
    total = area + behind * (1 - area)
    rgb[window] = blend(rgb[window], lit, f32(area / np.maximum(total, 1e-4)))
    cover[window] = total


def _mask(outlines: Sequence[F32], width: int, height: int, fur: float, rng: np.random.Generator) -> F32:
    tufts = [tuft for outline in outlines if fur > 0.8 for tuft in _fringe(outline, fur, rng)]
    return coverage([*outlines, *tufts], width, height)


def _fringe(outline: F32, fur: float, rng: np.random.Generator) -> F32:
    """Small tufts of hair that leave the outline, leaning downward, as triangles (n, 3, 2)."""
    closed = np.concatenate([outline, outline[:1]])
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    count = int(np.clip(lengths[-1] / max(fur * 0.3, 1.3), 8, 600))
    at = (np.arange(count) + rng.uniform(-0.4, 0.4, count)) * (lengths[-1] / count) % lengths[-1]
    points = np.stack([np.interp(at, lengths, closed[:, k]) for k in (0, 1)], 1)
    ahead = np.stack([np.interp((at + 1.0) % lengths[-1], lengths, closed[:, k]) for k in (0, 1)], 1)
    along = ahead - points
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)[:, None]
    turn = np.sign(_area(outline)) or 1.0
    out = np.stack([along[:, 1], -along[:, 0]], 1) * turn
    length = fur * rng.uniform(0.2, 0.85, (count, 1))
    tip = (
        points + out * length + np.array([0, 0.55]) * length + along * rng.normal(0, 0.3, (count, 1)) * length
    )
    half = along * fur * 0.34
    return f32(np.stack([points - half - out * fur * 0.3, tip, points + half - out * fur * 0.3], 1))


def _area(outline: F32) -> float:
    x, y = outline[:, 0], outline[:, 1]
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))


def _lit(albedo: F32, mask: F32, form: Form, size: float, light: FigureLight, grain: F32) -> F32:
    if form.relief <= 0:
        return f32(albedo * np.clip(light.key * 0.85 + light.fill, 0, 1.1))
    across, down, facing = _normals(mask, form.relief * size)
    toward = across * (0.42 * light.side) - down * 0.62 + facing * 0.66
    diffuse = np.clip(toward * 0.5 + 0.5, 0, 1) ** 1.7
    energy = [f32(light.fill[k] + light.key[k] * 1.12 * diffuse) for k in range(3)]
    lit = albedo * cv2.merge(energy)
    if form.fur > 0:
        sleek = min(1.0, form.fur / 0.02)
        lit *= spread(f32(1 + (grain - 1) * (0.35 + 0.65 * sleek)))
    edge = smoothstep(0.1, 0.72, f32(1 - facing)) * np.clip(across * light.side * 0.9 - down * 0.55, 0, 1)
    shine = edge + form.gloss * np.clip(toward, 0, 1) ** 18
    return f32(lit + cv2.merge([f32(shine * v) for v in light.rim]))


def _normals(mask: F32, radius: float) -> tuple[F32, F32, F32]:
    """The unit normals of the mask inflated with rounding radius `radius`, in pixels."""
    solid = (mask > 0.5).astype(np.uint8)
    radius = max(radius, 2.0)
    padded = cv2.copyMakeBorder(solid, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    inside = np.clip(cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1] / radius, 0, 1)
    height = blur(f32(np.sqrt(inside * (2 - inside)) * radius), max(radius * 0.16, 0.8))
    slope_x, slope_y = (
        cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8),
        cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8),
    )
    facing = 1 / np.sqrt(1 + slope_x**2 + slope_y**2)
    return f32(-slope_x * facing), f32(-slope_y * facing), f32(facing)
