"""Styles of plain tiles: low polygons and large pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, cast

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.layers import Element, Layer
from genmux.render.raster import F32, U8, blur, f32, resize
from genmux.render.styles.work import Filter, Work, grey

_CELL: Final = 28.0
_CANDIDATES: Final = 5200
_APART: Final = 13.0
_SHADING: Final = 0.035
_SMALL_THING: Final = 0.2
_LEVELS: Final = 7
_BAYER: Final = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))

Points = npt.NDArray[np.float32]


def lowpoly(work: Work) -> Filter:
    """Triangles of one colour each: along the edges of a still, on a fixed net for films."""
    if not work.moving:
        return lambda picture: _faceted(picture, _fitted_points(work, picture), work.rng)
    net = _Net.woven(work, _jittered_points(work), work.rng)
    return net.apply


class _Net:
    """Triangles over a picture: which one each pixel belongs to, and where each takes its colour."""

    __slots__ = ("_labels", "_places", "_shade", "_size")

    def __init__(
        self, labels: npt.NDArray[np.int32], places: Points, shade: Points, size: tuple[int, int]
    ) -> None:
        self._labels, self._places, self._shade, self._size = labels, places, shade, size

    @classmethod
    def woven(cls, work: Work, points: Points, rng: np.random.Generator) -> _Net:
        """The Delaunay triangles of some points, numbered and painted into a map of labels."""
        triangles = _triangles(points, work.width, work.height)
        labels = np.zeros((work.height, work.width), np.int32)
        for i, corners in enumerate(triangles):
            cv2.fillConvexPoly(labels, np.round(corners).astype(np.int32), i)
        shade = 1 + rng.normal(0, _SHADING, len(triangles)).clip(-0.08, 0.08)
        return cls(labels, triangles.mean(axis=1), f32(shade)[:, None], (work.width, work.height))

    def apply(self, picture: U8) -> U8:
        """The picture in flat triangles; each has the colour around its middle."""
        width, height = self._size
        small = (max(2, width // 12), max(2, height // 12))
        means = resize(picture, *small, cv2.INTER_AREA)
        x = f32((self._places[:, 0] + 0.5) * small[0] / width - 0.5)[None]
        y = f32((self._places[:, 1] + 0.5) * small[1] / height - 0.5)[None]
        found = cv2.remap(means, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
        return self._painted(np.asarray(found, np.uint8))

    def filled(self, picture: U8) -> U8:
        """The picture in flat triangles; each has the mean colour of its pixels."""
        labels, count = self._labels.ravel(), len(self._places)
        area = np.maximum(np.bincount(labels, minlength=count), 1)
        sums = [np.bincount(labels, picture[..., k].ravel(), count) for k in range(3)]
        return self._painted(f32(np.stack(sums, 1) / area[:, None]))

    def _painted(self, colours: Points | U8) -> U8:
        width, height = self._size
        tones = np.zeros((len(colours), 4), np.uint8)
        tones[:, :3] = np.clip(colours * self._shade, 0, 255)
        flat = tones.view(np.uint32).ravel().take(self._labels).view(np.uint8).reshape(height, width, 4)
        return cast(U8, cv2.cvtColor(flat, cv2.COLOR_RGBA2RGB))


def _faceted(picture: U8, points: Points, rng: np.random.Generator) -> U8:
    height, width = picture.shape[:2]
    return _Net.woven(Work(width, height, rng, moving=False), points, rng).filled(picture)


def _jittered_points(work: Work) -> Points:
    """A grid of points, each moved a little by chance; the border is covered."""
    cell = max(6.0, _CELL * work.unit)
    columns, rows = max(2, round(work.width / cell)) + 1, max(2, round(work.height / cell)) + 1
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    x = (x + 0.5 * (y % 2) + work.rng.uniform(-0.33, 0.33, x.shape)) * (work.width / (columns - 1))
    y = (y + work.rng.uniform(-0.33, 0.33, y.shape)) * (work.height / (rows - 1))
    return f32(np.stack([x.ravel(), y.ravel()], 1))


def _fitted_points(work: Work, picture: U8) -> Points:
    """Points along the edges of a picture, a few units apart, over a loose grid."""
    small = (max(4, min(work.width // 2, picture.shape[1])), max(4, min(work.height // 2, picture.shape[0])))
    light = f32(blur(grey(resize(picture, *small, cv2.INTER_AREA)), 3.2 * work.unit * small[0] / work.width))
    edge = f32(np.hypot(cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)))
    ridge = edge >= cv2.dilate(edge, np.ones((3, 3), np.uint8)) * 0.96
    weight = np.where(ridge, np.minimum(edge, float(np.quantile(edge, 0.97)) + 1e-3), 0).ravel() + 1e-6
    share = weight.astype(np.float64) / float(weight.astype(np.float64).sum())
    chosen = work.rng.choice(share.size, min(_CANDIDATES, share.size // 4), replace=False, p=share)
    at = np.stack([chosen % small[0], chosen // small[0]], 1) * [
        work.width / small[0],
        work.height / small[1],
    ]
    cells = np.floor(at / max(3.0, _APART * work.unit)).astype(np.int64)
    _, first = np.unique(cells[:, 0] * 100_003 + cells[:, 1], return_index=True)
    return f32(np.concatenate([at[np.sort(first)], _jittered_points(work)[::3]]))


def _triangles(points: Points, width: int, height: int) -> Points:
    """Delaunay triangles as (n, 3, 2), reaching beyond the picture on every side."""
    margin = max(width, height)
    net = cv2.Subdiv2D((-margin, -margin, width + 2 * margin, height + 2 * margin))
    rim = [
        (x, y)
        for x in (-0.2 * width, 0.5 * width, 1.2 * width)
        for y in (-0.2 * height, 0.5 * height, 1.2 * height)
    ]
    for x, y in (*rim, *points.tolist()):
        net.insert((float(x), float(y)))
    corners = f32(net.getTriangleList()).reshape(-1, 3, 2)
    inside = (np.abs(corners) < margin * 0.9 + max(width, height)).all(axis=(1, 2))
    return np.asarray(corners[inside], np.float32)


def facet_layers(elements: Sequence[Element], rng: np.random.Generator, unit: float) -> list[Element]:
    """The elements with the colours of every still layer in triangles; outlines stay as they are."""
    return [_facet_layer(e, rng, unit) if type(e) is Layer and _firm(e) else e for e in elements]


def _firm(sheet: Layer) -> bool:
    """Whether a layer is more than mist and more than a small thing with a face of its own."""
    cover = sheet.sprite[..., 3]
    return int(cover.max()) > 200 and cover.size > 0 and float(np.mean(cover > 128)) > _SMALL_THING


def _filled(reduced: F32, unit: float) -> U8:
    """The bare colours of a reduced sprite, continued where it is empty."""
    wide = blur(reduced, 2 + 6 * unit)
    share = np.clip(reduced[..., 3:] / 255 * 2 - 1, 0, 1)
    near, far = (v[..., :3] / np.maximum(v[..., 3:], 1.0) * 255 for v in (reduced, wide))
    return np.clip(near * share + far * (1 - share), 0, 255).astype(np.uint8)


def _facet_layer(sheet: Layer, rng: np.random.Generator, unit: float) -> Layer:
    height, width = sheet.sprite.shape[:2]
    work = Work(width, height, rng, moving=False, scale=unit * 1.3)
    small = (max(2, width // 6), max(2, height // 6))
    reduced = f32(resize(sheet.sprite, *small, cv2.INTER_AREA))
    bare = _filled(reduced, unit)
    points = _fitted_points(work, bare)
    triangles = _triangles(points, width, height)
    at = f32((triangles.mean(axis=1) + 0.5) / 6 - 0.5)
    columns, rows = np.ascontiguousarray(at[None, :, 0]), np.ascontiguousarray(at[None, :, 1])
    tones = cv2.remap(bare, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    shade = 1 + rng.normal(0, _SHADING, (len(tones), 1)).clip(-0.08, 0.08)
    flat = np.array(cv2.cvtColor(bare, cv2.COLOR_RGB2RGBA))
    flat = resize(flat, width, height)
    for corners, tone in zip(
        np.round(triangles).astype(np.int32), np.clip(tones * shade, 0, 255), strict=True
    ):
        cv2.fillConvexPoly(flat, corners, (*tone.tolist(), 255))
    cover = cv2.merge((*(np.ascontiguousarray(sheet.sprite[..., 3]),) * 3,))
    rgb = cv2.multiply(np.ascontiguousarray(flat[..., :3]), cover, scale=1 / 255.0)
    return replace(sheet, sprite=np.dstack([rgb, sheet.sprite[..., 3]]))


def pixel(work: Work) -> Filter:
    """Large square pixels in few colours."""
    across = 192 if work.width >= work.height else 120
    small = (min(across, work.width), max(2, round(across * work.height / work.width)))
    few = (np.round(np.arange(256) / 255 * _LEVELS) / _LEVELS * 255).astype(np.uint8)[None]
    step = 255 / _LEVELS
    pattern = np.tile((f32(_BAYER) / 16 - 0.47) * step * 0.7, (small[1] // 4 + 1, small[0] // 4 + 1))
    dither = np.repeat(pattern[: small[1], : small[0], None], 3, axis=2)
    lighter, darker = (np.clip(s * dither, 0, 255).astype(np.uint8) for s in (1, -1))

    def apply(picture: U8) -> U8:
        coarse = resize(picture, *small, cv2.INTER_AREA)
        coarse = cast(U8, cv2.subtract(cv2.add(coarse, lighter), darker))
        return resize(cast(U8, cv2.LUT(coarse, few)), work.width, work.height, cv2.INTER_NEAREST)

    return apply
