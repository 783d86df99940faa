"""First and last frame to film: a flow morph between related pictures, a dissolve between others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from genmux.render.noise import fbm, normalised, smoothstep
from genmux.render.raster import F32, U8, blur, f32, grid, remap, resize

_FLOW_SIZE: Final = 640
_UNRELATED: Final = "frames unrelated: dissolve instead of flow morph"


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Optical flow both ways at reduced size, in output pixels, and how far it is to be trusted (0..1)."""

    forward: F32
    backward: F32
    trust: float


@dataclass(frozen=True, slots=True, eq=False)
class Morph:
    """A film between two RGBA pictures; its first and last frame are those pictures, untouched."""

    first: U8
    last: U8
    flow: Flow
    veil: F32

    @property
    def notes(self) -> tuple[str, ...]:
        """What a caller should know about how the film was made."""
        return () if self.flow.trust > 0.5 else (_UNRELATED,)

    def frame(self, number: int, count: int) -> U8:
        """Frame `number` of `count` as an RGBA canvas."""
        if number <= 0:
            return self.first.copy()
        if number >= count - 1:
            return self.last.copy()
        u = number / (count - 1)
        e = u * u * (3 - 2 * u)
        early, late = self._moved(e)
        if self.flow.trust > 0.6:
            return np.asarray(cv2.addWeighted(early, 1 - e, late, e, 0), np.uint8)
        share = smoothstep(0, 1, np.clip((e * 1.7 - 0.35) + (self.veil - 0.5) * 0.7, 0, 1).astype(np.float32))
        # The ends of the dissolve must meet the untouched frames, whatever the veil says.
        late_enough, early_enough = (float(smoothstep(a, b, f32(u))) for a, b in ((0.85, 1.0), (0.15, 0.0)))
        share = np.clip(share, late_enough, 1 - early_enough)
        weight = resize(share.astype(np.float32), early.shape[1], early.shape[0])
        return np.asarray(cv2.blendLinear(early, late, 1 - weight, weight), np.uint8)

    def _moved(self, e: float) -> tuple[U8, U8]:
        """Both pictures at time `e`: along the flow as far as it is trusted, else pushed toward the eye."""
        push = 0.1 * (1 - self.flow.trust)
        there, back = self.flow.forward, self.flow.backward
        early = _displaced(self.first, e * e * back - (1 - e) * e * there, 1 + push * e)
        late = _displaced(self.last, (1 - e) ** 2 * there - e * (1 - e) * back, 1 + push * (1 - e))
        return early, late


def _displaced(picture: U8, shift: F32, zoom: float) -> U8:
    """The picture zoomed about its centre and then shifted; `shift` is coarse but counts picture pixels."""
    height, width = picture.shape[:2]
    x, y = grid(*shift.shape[:2])
    step_x, step_y = width / shift.shape[1], height / shift.shape[0]
    at_x = ((x + 0.5) * step_x - 0.5 - width / 2) / zoom + width / 2 + shift[..., 0]
    at_y = ((y + 0.5) * step_y - 0.5 - height / 2) / zoom + height / 2 + shift[..., 1]
    return remap(picture, resize(f32(at_x), width, height), resize(f32(at_y), width, height))


def morph(first: U8, last: U8, rng: np.random.Generator) -> Morph:
    """A film between two RGB pictures of equal size."""
    height, width = first.shape[:2]
    veil = normalised(fbm(rng, max(8, height // 4), max(8, width // 4), 4, 4))
    rgba = [np.asarray(cv2.cvtColor(p, cv2.COLOR_RGB2RGBA), np.uint8) for p in (first, last)]
    return Morph(rgba[0], rgba[1], estimated_flow(first, last), veil)


def estimated_flow(first: U8, last: U8) -> Flow:
    """Dense flow seeded by a global similarity, gated by forward-backward agreement."""
    height, width = first.shape[:2]
    scale = min(1.0, _FLOW_SIZE / max(width, height))
    size = (max(32, round(width * scale)), max(32, round(height * scale)))
    grey_a, grey_b = (_prepared(resize(p, *size, cv2.INTER_AREA)) for p in (first, last))
    start = _similarity(grey_a, grey_b)
    forward = _dense(grey_a, grey_b, start)
    backward = _dense(grey_b, grey_a, np.asarray(cv2.invertAffineTransform(start), np.float32))
    sure_forward, sure_backward = _agreement(forward, backward), _agreement(backward, forward)
    confidence = float((sure_forward.mean() + sure_backward.mean()) / 2)
    trust = float(np.clip((confidence - 0.25) / 0.35, 0, 1))
    to_output = np.array([width / size[0], height / size[1]], np.float32) * trust
    return Flow(
        _mended(forward, sure_forward) * to_output, _mended(backward, sure_backward) * to_output, trust
    )


def _prepared(picture: U8) -> U8:
    grey = blur(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8), 0.8)
    return np.asarray(cv2.createCLAHE(2.0, (8, 8)).apply(grey), np.uint8)


def _similarity(a: U8, b: U8) -> F32:
    """The pan, zoom and turn from a to b by matched corners; the identity when there are too few."""
    orb = cv2.ORB_create(900)  # type: ignore[attr-defined]
    (points_a, traits_a), (points_b, traits_b) = (orb.detectAndCompute(image, None) for image in (a, b))
    identity = np.eye(2, 3, dtype=np.float32)
    if traits_a is None or traits_b is None or min(len(points_a), len(points_b)) < 20:
        return identity
    good = _matches(traits_a, traits_b)
    if len(good) < 12:
        return identity
    cv2.setRNGSeed(1)
    source = np.array([points_a[m.queryIdx].pt for m in good], np.float32)
    target = np.array([points_b[m.trainIdx].pt for m in good], np.float32)
    found, inliers = cv2.estimateAffinePartial2D(source, target, ransacReprojThreshold=4)
    agreeing = int(np.count_nonzero(inliers))
    return f32(found) if agreeing >= max(10, 0.3 * len(good)) else identity


def _matches(traits_a: Any, traits_b: Any) -> list[Any]:
    """Mutual best descriptors that clearly beat the second best."""
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(traits_a, traits_b, 2)
    return [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < 0.78 * pair[1].distance]


def _dense(a: U8, b: U8, start: F32) -> F32:
    x, y = grid(*a.shape)
    seed = np.stack(
        [
            start[0, 0] * x + start[0, 1] * y + start[0, 2] - x,
            start[1, 0] * x + start[1, 1] * y + start[1, 2] - y,
        ],
        -1,
    )
    engine = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # type: ignore[attr-defined]
    engine.setUseSpatialPropagation(True)
    return np.asarray(engine.calc(a, b, np.ascontiguousarray(seed, np.float32)), np.float32)


def _agreement(there: F32, back: F32) -> F32:
    """Where going there and back again returns to the same place: 1 is full agreement."""
    x, y = grid(*there.shape[:2])
    at = (x + there[..., 0], y + there[..., 1])
    returned = np.stack(
        [remap(np.ascontiguousarray(back[..., k]), *at, cv2.BORDER_REPLICATE) for k in (0, 1)], -1
    )
    error = np.linalg.norm(there + returned, axis=2)
    tolerance = 2.5 + 0.12 * np.linalg.norm(there, axis=2)
    return blur(np.exp(-((error / tolerance) ** 2)).astype(np.float32), 7)


def _mended(flow: F32, sure: F32) -> F32:
    """Doubtful vectors replaced by the smooth flow of surer neighbours."""
    weight = sure[..., None] + 1e-3
    smooth = blur(f32(flow * weight), 14) / blur(weight[..., 0].astype(np.float32), 14)[..., None]
    keep = np.clip(weight * 1.2, 0, 1)
    return blur((flow * keep + smooth * (1 - keep)).astype(np.float32), 1.5)
