"""Cut-outs: the subject of a picture, when it has a clear one, and how it is put into another light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.noise import smoothstep
from genmux.render.raster import F32, U8, blur, f32, guided, resize, spread

_CUT_SIZE: Final = 320
_NOISE: Final = 5.0
_ROUNDS: Final = 3
_SHARES: Final = (0.06, 0.55)
_MOST_EDGE: Final = 0.08
_MOST_RAGGED: Final = 2.6
_LEAST_STABLE: Final = 0.8

# What is both wide and low is land, not a subject: shares of the width, and height against breadth.
_WIDE: Final = 0.7
_LOW: Final = 0.75

# Most of a subject's outline is where colours change.
_MOST_FAINT: Final = 0.4
_FAINT: Final = 18.0
_NEIGHBOURHOOD: Final = (13, 13)

# A subject is clear when a smaller first guess leads to the same outline.
_SMALLER: Final = 0.78


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A subject without its surroundings: RGB and coverage 0..1, cropped to it.

    One that is not `whole` was cut by the lower edge of its picture, like a portrait's shoulders.
    """

    picture: U8
    cover: F32
    whole: bool


def cutout(picture: U8, cover: F32 | None = None) -> Cutout | None:
    """The subject of an RGB picture; `cover` is the picture's own transparency if it has any.

    None when the picture has no clear subject: a doubtful outline looks worse than none.
    """
    found = subject_mask(picture) if cover is None else cover
    if found is None:
        return None
    rows, columns = np.flatnonzero(found.max(axis=1) > 0.5), np.flatnonzero(found.max(axis=0) > 0.5)
    if not (rows.size and columns.size):
        return None
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    touched = float((found[-2:] > 0.5).mean()) > 0.02
    return Cutout(np.ascontiguousarray(picture[window]), np.ascontiguousarray(found[window]), not touched)


def subject_mask(picture: U8) -> F32 | None:
    """Coverage 0..1 of the picture's central subject, or None when no clear one is found."""
    scale = _CUT_SIZE / max(picture.shape[:2])
    size = (max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale)))
    small = resize(picture, *size, cv2.INTER_AREA)
    found = _outlined(small, 1.0)
    if not _clear(found) or _faintness(found, small) > _MOST_FAINT:
        return None
    if _overlap(found, _outlined(small, _SMALLER)) < _LEAST_STABLE:
        return None
    return _refined(found, picture)


def _outlined(small: U8, guess: float) -> U8:
    return _largest(_grab_cut(small, guess))


def _clear(mask: U8) -> bool:
    """Whether an outline is of a sensible size and shape, keeps off three edges, and is not torn."""
    edge = np.concatenate([mask[0], mask[:, 0], mask[:, -1]])
    sensible = _SHARES[0] < float(mask.mean()) < _SHARES[1] and not _landlike(mask)
    return sensible and float(edge.mean()) <= _MOST_EDGE and _raggedness(mask) <= _MOST_RAGGED


def _landlike(mask: U8) -> bool:
    rows, columns = np.flatnonzero(mask.max(axis=1)), np.flatnonzero(mask.max(axis=0))
    if not rows.size:
        return False
    high, wide = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
    return wide > min(mask.shape[0], _WIDE * mask.shape[1]) and high < _LOW * wide


def _overlap(a: U8, b: U8) -> float:
    return float((a & b).sum() / max(int((a | b).sum()), 1))


def _faintness(mask: U8, picture: U8) -> float:
    """The share of the outline where the colours on both sides, in CIELAB, are nearly the same."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    close = np.ones((3, 3), np.uint8)
    inner, outer = (np.asarray(f(mask, close), np.uint8) for f in (cv2.erode, cv2.dilate))
    (within, much), (without, more) = (
        _mean_around(lab, side) for side in (inner, np.asarray(outer == 0, np.uint8))
    )
    line = (outer > mask) & (much > 0.1) & (more > 0.1)
    return float((np.linalg.norm(within - without, axis=2)[line] < _FAINT).mean()) if line.any() else 1.0


def _mean_around(lab: F32, where: U8) -> tuple[F32, F32]:
    """The mean colour of what is `where`, around each pixel, and how much of the surroundings it is."""
    much = cv2.blur(where.astype(np.float32), _NEIGHBOURHOOD)
    total = cv2.blur(lab * spread(f32(where)), _NEIGHBOURHOOD)
    return f32(total / spread(f32(np.maximum(much, 1e-3)))), f32(much)


def _refined(mask: U8, picture: U8) -> F32:
    """The outline at the picture's size, drawn to the picture's own edges."""
    height, width = picture.shape[:2]
    soft = resize(blur(mask.astype(np.float32), 1.2), width, height, cv2.INTER_CUBIC)
    light = f32(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) / 255)
    reach = max(3, round(max(width, height) / 60)) | 1
    return smoothstep(0.3, 0.75, guided(light, soft, reach, 2e-3))


def _grab_cut(small: U8, guess: float) -> U8:
    """GrabCut from a central ellipse; 1 where the subject is."""
    height, width = small.shape[:2]
    mask = np.full((height, width), cv2.GC_BGD, np.uint8)
    mask[int(height * 0.04) :, int(width * 0.1) : int(width * 0.9)] = cv2.GC_PR_BGD
    centre, axes = (width // 2, int(height * 0.56)), (int(width * 0.26 * guess), int(height * 0.42 * guess))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, int(cv2.GC_PR_FGD), -1)
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(_uneven(small), mask, (0, 0, 0, 0), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)


def _uneven(small: U8) -> U8:
    """The picture in blue, green, red, softened and with a little noise.

    Regular patterns give all edges one weight, on which the minimal cut takes minutes.
    """
    noise = np.random.default_rng(5).normal(0, _NOISE, small.shape)
    soft = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32)
    return np.ascontiguousarray(np.clip(soft + noise, 0, 255).astype(np.uint8)[..., ::-1])


def _largest(mask: U8) -> U8:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return mask
    body = (labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(body, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)), np.uint8)


def _raggedness(mask: U8) -> float:
    """Outline length against that of a disc of equal area: 1 is a disc, high is torn."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    length = sum(cv2.arcLength(o, True) for o in outlines)
    return float(length / (2 * np.sqrt(np.pi * max(float(mask.sum()), 1.0))))
