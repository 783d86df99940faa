"""The motif of a reference picture, placed into a scene: its subject, or a double exposure of it all."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from genmux.render.layers import Layer, layer
from genmux.render.noise import smoothstep
from genmux.render.raster import F32, U8, blur, f32, grid, resize
from genmux.render.stage import Stage

_CUT_SIZE: Final = 320
_CONFIDENT: Final = (0.06, 0.55)


def motif(stage: Stage, reference: U8) -> Layer:
    """A layer that shows the reference: its subject standing if it has a clear one, else a soft exposure."""
    cover = subject_mask(reference)
    return _exposed(stage, reference) if cover is None else _standing(stage, reference, cover)


def subject_mask(picture: U8) -> F32 | None:
    """Coverage 0..1 of the picture's central subject, or None when no clear one is found."""
    scale = _CUT_SIZE / max(picture.shape[:2])
    small = resize(
        picture,
        max(8, round(picture.shape[1] * scale)),
        max(8, round(picture.shape[0] * scale)),
        cv2.INTER_AREA,
    )
    found = _largest(_grab_cut(small))
    share = float(found.mean())
    frame = np.concatenate([found[0], found[:, 0], found[:, -1]])
    if not _CONFIDENT[0] < share < _CONFIDENT[1] or float(frame.mean()) > 0.08 or _raggedness(found) > 2.6:
        return None
    soft = blur(found.astype(np.float32), 1.6)
    return smoothstep(0.35, 0.75, resize(soft, picture.shape[1], picture.shape[0], cv2.INTER_CUBIC))


def _grab_cut(small: U8) -> U8:
    """GrabCut from a central ellipse; 1 where the subject is."""
    height, width = small.shape[:2]
    mask = np.full((height, width), cv2.GC_BGD, np.uint8)
    mask[int(height * 0.04) :, int(width * 0.1) : int(width * 0.9)] = cv2.GC_PR_BGD
    centre, axes = (width // 2, int(height * 0.56)), (int(width * 0.26), int(height * 0.42))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, int(cv2.GC_PR_FGD), -1)
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), mask, (0, 0, 0, 0), *models, 3, cv2.GC_INIT_WITH_MASK)
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)


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


def _standing(stage: Stage, reference: U8, cover: F32) -> Layer:
    """The cut-out standing on the lower edge, in the scene's light."""
    g = stage.geometry
    rows, columns = np.flatnonzero(cover.max(axis=1) > 0.5), np.flatnonzero(cover.max(axis=0) > 0.5)
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    picture, shape = f32(reference[window] / 255), cover[window]
    scale = min(g.height * 0.55 / shape.shape[0], g.width * 0.55 / shape.shape[1])
    width, height = max(2, round(shape.shape[1] * scale)), max(2, round(shape.shape[0] * scale))
    lit = resize(picture, width, height, cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    if stage.time != "day":
        lit = f32(lit * (0.82 + 0.18 * stage.palette.glow))
    left = round(g.margin_x + g.width * 0.5 - width / 2)
    top = round(g.margin_y + g.height * 0.97 - height)
    return _placed(stage, lit, f32(resize(shape, width, height)), left, top, 0.6)


def _exposed(stage: Stage, reference: U8) -> Layer:
    """The whole reference as a soft-edged exposure in the sky, behind everything else."""
    g = stage.geometry
    scale = max(g.width * 0.8 / reference.shape[1], g.height * 0.5 / reference.shape[0])
    width, height = max(8, round(reference.shape[1] * scale)), max(8, round(reference.shape[0] * scale))
    picture = resize(reference, width, height, cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    x, y = grid(height, width)
    away = f32(np.hypot((x / width - 0.5) * 2, (y / height - 0.5) * 2))
    cover = (1 - smoothstep(0.4, 1.0, away)) * 0.72
    left = round(g.margin_x + (g.width - width) / 2)
    top = round(g.margin_y + g.height * 0.34 - height / 2)
    return _placed(stage, f32(picture / 255), f32(cover), left, top, 0.04)


def _placed(stage: Stage, picture: F32, cover: F32, left: int, top: int, depth: float) -> Layer:
    """A picture with its corner at (left, top) on an otherwise empty layer; what sticks out is cut off."""
    g = stage.geometry
    cut_x, cut_y = max(-left, 0), max(-top, 0)
    left, top = max(left, 0), max(top, 0)
    height = min(picture.shape[0] - cut_y, g.layer_height - top)
    width = min(picture.shape[1] - cut_x, g.layer_width - left)
    rgb = np.zeros((height, g.layer_width, 3), np.float32)
    alpha = np.zeros((height, g.layer_width), np.float32)
    window = np.s_[cut_y : cut_y + height, cut_x : cut_x + width]
    rgb[:, left : left + width] = np.clip(picture[window], 0, 1)
    alpha[:, left : left + width] = np.clip(cover[window], 0, 1)
    return layer(rgb, alpha, depth, top)
