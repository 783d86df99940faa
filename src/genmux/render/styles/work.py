"""What styles are made for: a size, a source of chance, and whether frames follow each other fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from genmux.render.noise import fbm
from genmux.render.palette import colour, ramp
from genmux.render.raster import F32, U8, f32, resize, to_bytes

Filter = Callable[[U8], U8]


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A style's task; filters take and give RGB pictures of exactly this size."""

    width: int
    height: int
    rng: np.random.Generator
    moving: bool
    scale: float | None = None

    @property
    def unit(self) -> float:
        """One pixel of a 720-pixel-high picture, in pixels; `scale` where the size does not tell."""
        return max(min(self.width, self.height) / 720 if self.scale is None else self.scale, 0.2)

    @property
    def drawn(self) -> tuple[int, int]:
        """Width and height that costly steps work at: half size for films."""
        if not self.moving:
            return self.width, self.height
        return max(2, (self.width + 1) // 2), max(2, (self.height + 1) // 2)

    @property
    def step(self) -> float:
        """One unit in pixels of the drawn size."""
        return self.unit * (0.5 if self.moving else 1.0)

    def reduced(self, picture: U8) -> U8:
        """The picture at the drawn size."""
        return resize(picture, *self.drawn, cv2.INTER_AREA) if self.moving else picture

    def restored(self, picture: U8) -> U8:
        """A picture of the drawn size at full size."""
        return resize(picture, self.width, self.height, cv2.INTER_CUBIC) if self.moving else picture

    def noise(self, frequency: float, octaves: int = 4) -> F32:
        """Noise of the full size, roughly 0..1."""
        return fbm(self.rng, self.height, self.width, frequency, octaves)


def times(picture: U8, share: U8) -> U8:
    """The picture multiplied by a table of the same height and width (one or three channels), 255 for 1."""
    table = share if share.ndim == 3 else cv2.merge((share,) * 3)
    return cast(U8, cv2.multiply(picture, table, scale=1 / 255.0))


def table(values: F32) -> U8:
    """256 values 0..1 as a look-up table."""
    return to_bytes(f32(values).reshape(1, 256))


def toned(light: U8, stops: list[tuple[float, str]]) -> U8:
    """A grey picture in the colours of a gradient."""
    lut = to_bytes(ramp([(at, colour(text)) for at, text in stops], np.linspace(0, 1, 256, dtype=np.float32)))
    return cast(U8, cv2.applyColorMap(light, lut.reshape(256, 1, 3)))


def grey(picture: U8) -> U8:
    """The lightness of an RGB picture."""
    return cast(U8, cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


def clustered(picture: U8, reach: int) -> U8:
    """Brush-like patches: per pixel the calmest of the four squares beside it (Kuwahara)."""
    padded = cv2.copyMakeBorder(picture, reach, reach, reach, reach, cv2.BORDER_REFLECT)
    light = f32(cv2.cvtColor(padded, cv2.COLOR_RGB2GRAY))
    means = cast(U8, cv2.blur(padded, (reach + 1, reach + 1)))
    mean = cv2.blur(light, (reach + 1, reach + 1))
    restless = np.asarray(
        cv2.sqrBoxFilter(light, cv2.CV_32F, (reach + 1, reach + 1)) - mean * mean, np.float32
    )
    height, width = picture.shape[:2]
    half = reach // 2
    near, far = reach - half - reach % 2, reach + half
    best, calmest = None, None
    for top in (near, far):
        for left in (near, far):
            window = np.s_[top : top + height, left : left + width]
            found, calm = np.ascontiguousarray(means[window]), np.ascontiguousarray(restless[window])
            if best is None or calmest is None:
                best, calmest = found, calm
                continue
            mask = cast(U8, cv2.compare(calm, calmest, cv2.CMP_LT))
            cv2.copyTo(found, mask, best)
            calmest = cast(F32, cv2.min(calm, calmest))
    return picture if best is None else best


@dataclass(frozen=True, slots=True, eq=False)
class Wobble:
    """A fixed unevenness of hand: every picture is bent in the same way."""

    x: F32
    y: F32

    def bend(self, picture: U8) -> U8:
        """The picture bent."""
        return cast(
            U8, cv2.remap(picture, self.x, self.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        )


def wobble(work: Work, amount: float, frequency: float) -> Wobble:
    """Unevenness at the drawn size, up to `amount` units."""
    width, height = work.drawn
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    push = [fbm(work.rng, height, width, frequency, 3) - 0.5 for _ in range(2)]
    reach = 2 * amount * work.step
    return Wobble(f32(x + push[0] * reach), f32(y + push[1] * reach))


def outlines(light: U8, sigma: float) -> U8:
    """How strongly each point of a grey picture is darker than what surrounds it."""
    soft = cast(U8, cv2.GaussianBlur(light, (0, 0), max(sigma, 0.4)))
    wide = cast(U8, cv2.GaussianBlur(light, (0, 0), max(sigma * 2.2, 0.8)))
    return cast(U8, cv2.subtract(wide, soft))
