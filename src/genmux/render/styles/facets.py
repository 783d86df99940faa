"""Styles of plain tiles: low polygons and large pixels."""

from __future__ import annotations

from typing import Final, cast

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.raster import U8, blur, f32, resize
from genmux.render.styles.work import Filter, Work, grey

_CELL: Final = 34.0
_CANDIDATES: Final = 5200
_APART: Final = 13.0
_SHADING: Final = 0.035
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

    def __init__(self, labels: npt.NDArray[np.int32], places: Points, shade: Points, size: tuple[int, int]) -> None:
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
        return self._painted(cv2.remap(means, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0])

    def filled(self, picture: U8) -> U8:
        """The picture in flat triangles; each has the mean colour of its pixels."""
        labels, count = self._labels.ravel(), len(self._places)
        area = np.maximum(np.bincount(labels, minlength=count), 1)
        sums = [np.bincount(labels, picture[..., k].ravel(), count) for k in range(3)]
        return self._painted(f32(np.stack(sums, 1) / area[:, None]))

    def _painted(self, colours: npt.NDArray[np.generic]) -> U8:
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
    small = (max(4, work.width // 2), max(4, work.height // 2))
    light = f32(blur(grey(resize(picture, *small, cv2.INTER_AREA)), 1.6 * work.unit))
    edge = f32(np.hypot(cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)))
    ridge = edge >= cv2.dilate(edge, np.ones((3, 3), np.uint8)) * 0.96
    weight = np.where(ridge, np.minimum(edge, float(np.quantile(edge, 0.97)) + 1e-3), 0).ravel() + 1e-6
    share = weight.astype(np.float64) / float(weight.astype(np.float64).sum())
    chosen = work.rng.choice(share.size, min(_CANDIDATES, share.size // 3), replace=False, p=share)
    at = np.stack([chosen % small[0], chosen // small[0]], 1) * [work.width / small[0], work.height / small[1]]
    cells = np.floor(at / max(3.0, _APART * work.unit)).astype(np.int64)
    _, first = np.unique(cells[:, 0] * 100_003 + cells[:, 1], return_index=True)
    return f32(np.concatenate([at[np.sort(first)], _jittered_points(work)[::3]]))


def _triangles(points: Points, width: int, height: int) -> Points:
    """Delaunay triangles as (n, 3, 2), reaching beyond the picture on every side."""
    margin = max(width, height)
    net = cv2.Subdiv2D((-margin, -margin, width + 2 * margin, height + 2 * margin))
    rim = [(x, y) for x in (-0.2 * width, 0.5 * width, 1.2 * width) for y in (-0.2 * height, 0.5 * height, 1.2 * height)]
    for x, y in (*rim, *points.tolist()):
        net.insert((float(x), float(y)))
    corners = f32(net.getTriangleList()).reshape(-1, 3, 2)
    inside = (np.abs(corners) < margin * 0.9 + max(width, height)).all(axis=(1, 2))
    return np.asarray(corners[inside], np.float32)


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
