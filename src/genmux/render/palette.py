"""Colours: OKLab mixing, the palettes of the times of day, and palettes taken from pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.raster import F32, U8, f32, resize

_TO_LMS: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_FROM_LMS: Final = np.linalg.inv(_TO_LMS).astype(np.float32)
_FROM_LAB: Final = np.linalg.inv(_TO_LAB).astype(np.float32)

# Hue angles in OKLab degrees, read off the sRGB colours people mean by these words.
HUES: Final[dict[str, float]] = {
    "red": 27.0,
    "orange": 55.0,
    "gold": 82.0,
    "yellow": 105.0,
    "green": 145.0,
    "teal": 195.0,
    "blue": 255.0,
    "purple": 303.0,
    "pink": 355.0,
}


# A hue nearer than this to one of the sky's is what the sky shows.
_NEAR_DEGREES: Final = 55.0


def colour(text: str) -> F32:
    """ "#rrggbb" as three floats in 0..1."""
    return f32([int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def to_oklab(rgb: npt.ArrayLike) -> F32:
    """sRGB 0..1 (..., 3) to OKLab."""
    c = np.asarray(rgb, np.float32)
    linear = np.where(c <= 0.04045, c / 12.92, ((np.maximum(c, 0) + 0.055) / 1.055) ** 2.4)
    return (np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T).astype(np.float32)


def from_oklab(lab: npt.ArrayLike) -> F32:
    """OKLab (..., 3) to sRGB clipped to 0..1."""
    linear = np.clip(((np.asarray(lab, np.float32) @ _FROM_LAB.T) ** 3) @ _FROM_LMS.T, 0, 1)
    c = np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * np.power(np.maximum(linear, 1e-9), 1 / 2.4) - 0.055
    )
    return f32(np.clip(c, 0, 1))


def mix(a: F32, b: F32, share: float) -> F32:
    """The colour `share` of the way from a to b, measured in OKLab."""
    return from_oklab(to_oklab(a) * (1 - share) + to_oklab(b) * share)


def ramp(stops: Sequence[tuple[float, F32]], t: F32) -> F32:
    """An OKLab gradient read at every value of `t`; exact to 1/1023 of its length."""
    positions = [s[0] for s in stops]
    lab = np.stack([to_oklab(s[1]) for s in stops])
    at = np.linspace(positions[0], positions[-1], 1024, dtype=np.float32)
    table = from_oklab(np.stack([np.interp(at, positions, lab[:, k]) for k in range(3)], -1))
    span = positions[-1] - positions[0]
    index = np.clip((t - positions[0]) * (1023 / span) + 0.5, 0, 1023).astype(np.int32)
    return f32(table[index])


def rotated(c: F32, degrees: float, chroma: float = 1.0) -> F32:
    """The colour with its OKLab hue turned and its chroma scaled, lightness kept."""
    lab = to_oklab(c)
    angle = math.radians(degrees)
    a = (lab[..., 1] * math.cos(angle) - lab[..., 2] * math.sin(angle)) * chroma
    b = (lab[..., 1] * math.sin(angle) + lab[..., 2] * math.cos(angle)) * chroma
    return from_oklab(np.stack([lab[..., 0], a, b], -1))


def polar(lightness: float, chroma: float, degrees: float) -> F32:
    """An sRGB colour from OKLab lightness, chroma and hue angle."""
    angle = math.radians(degrees)
    return from_oklab(np.array([lightness, chroma * math.cos(angle), chroma * math.sin(angle)], np.float32))


def hue_of(c: F32) -> float:
    """OKLab hue angle in degrees."""
    lab = to_oklab(c)
    return math.degrees(math.atan2(float(lab[2]), float(lab[1])))


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """The colours of one light: `sky` is a (6, 3) ramp from zenith to horizon."""

    sky: F32
    sun: F32
    glow: F32
    haze: F32
    near: F32
    far: F32
    lit: F32
    cloud: F32
    cloud_shade: F32
    deep: F32
    stars: float

    def mapped(self, change: Any) -> Palette:
        """The palette with `change` applied to every colour (arrays of shape (..., 3))."""
        changed = {f.name: change(getattr(self, f.name)) for f in fields(self) if f.name != "stars"}
        return replace(self, **changed)


def _palette(sky: str, sun: str, glow: str, haze: str, near: str, far: str, lit: str,
             cloud: str, shade: str, deep: str, stars: float) -> Palette:  # fmt: skip
    zenith_to_horizon = np.stack([colour(c) for c in sky.split()])
    return Palette(zenith_to_horizon, colour(sun), colour(glow), colour(haze), colour(near), colour(far),
                   colour(lit), colour(cloud), colour(shade), colour(deep), stars)  # fmt: skip


PALETTES: Final[dict[str, Palette]] = {
    "dawn": _palette("#35508f #6f7fb8 #b79bc4 #f2b3ae #ffd7b0 #fff0d6", "#fff6dc", "#ffc58a", "#f4cfc2",
                     "#22314a", "#8a8fb5", "#ffd3b0", "#ffe6dc", "#8f86b5", "#3c5c86", 0.0),
    "day": _palette("#1254b5 #2f83d8 #62b0ee #a2d6f7 #d3eefb #eef9ff", "#fffdf0", "#fff3c9", "#cfe8f4",
                    "#12352c", "#6f9fb8", "#f2f4d2", "#ffffff", "#8fabc6", "#0b5a8c", 0.0),
    "sunset": _palette("#1d1a4a #4a2a78 #a8437f #f0745f #ffb864 #ffe3a1", "#fff0c4", "#ff9a4d", "#ffae7c",
                       "#170b22", "#8d4a7c", "#ffb27a", "#ffa486", "#6a3a74", "#2a1c46", 0.25),
    "night": _palette("#03061a #081231 #0f2350 #1b3b72 #2f5a8f #4d7ea8", "#f4f6ff", "#8fb2ff", "#335a88",
                      "#020510", "#1c3a63", "#8db2e0", "#4c6c9c", "#0a1630", "#04102a", 1.0),
    "teal_night": _palette("#020812 #051a2b #0a3448 #175463 #33797f #74a79c", "#fbf7e6", "#96dcd2",
                           "#33687c", "#020a0f", "#1a4459", "#a6d2de", "#547f94", "#0b2230", "#041722", 1.0),
    "violet_night": _palette("#080722 #12123f #242464 #45408e #7c60a2 #cc90a6", "#fff3ea", "#c9aef2",
                             "#584a86", "#05040f", "#2f2a60", "#bfb4e6", "#7a6ca8", "#161338", "#0b0c30", 1),
    "dusky_night": _palette("#050a26 #0c1844 #1f2d66 #4a4a80 #9a6a7c #f0a266", "#ffeccb", "#ffb878",
                            "#6a5a7c", "#05060f", "#2c3560", "#c0a8bc", "#75709c", "#121a3c", "#0a1230", 0.9),
    "storm": _palette("#161d28 #2a3542 #46545f #6e7d85 #94a1a4 #b3bcb9", "#dfe6e6", "#a5b3b5", "#8b999c",
                      "#0d1418", "#566770", "#aebcbb", "#aeb9bc", "#2c3742", "#1a262e", 0.0),
    "green_storm": _palette("#0f201f #1e3836 #375650 #5d7c6f #8a9f88 #b4bc9c", "#e4ead2", "#a9bf9f",
                            "#839782", "#0a1614", "#4b655c", "#b4c2ae", "#a9b8a8", "#223732", "#152a28", 0.0),
    "amber_storm": _palette("#171a26 #2b303f #494a58 #76706f #b89a7a #ecc48a", "#ffe9c2", "#e8b878",
                            "#a08f80", "#100f16", "#5a5562", "#d0b394", "#b3a396", "#2f2d38", "#1e2029", 0.0),
    "neon": _palette("#07021a #1b0640 #4b0d72 #a3168a #ff3d8f #ffa05a", "#ffe27a", "#ff4fa3", "#b02c8e",
                     "#05010f", "#4b1470", "#39e6ff", "#b43a9f", "#200a48", "#12032e", 0.4),
    "space": _palette("#010208 #03051a #080a28 #100e36 #1a1442 #251b52", "#ffffff", "#a070ff", "#3a2370",
                      "#010107", "#2a1c58", "#c79bff", "#7a4bd0", "#1a0f40", "#010107", 1.6),
    # Under water the ramp runs from the surface down, and the haze is the colour of far water.
    "reef": _palette("#e4fff2 #86ebe4 #37c0d8 #1496c4 #0b70a8 #0a5588", "#f6fff0", "#c4fff0", "#27a0c6",
                     "#052840", "#1b84ad", "#d2fff0", "#eaffff", "#3b9dbd", "#073a5e", 0.0),
    "deep": _palette("#a6e4f5 #45aadd #1c77be #0f549c #0a3b79 #072a58", "#e9fbff", "#9fdcff", "#165c9f",
                     "#03142f", "#134d8a", "#a9e0f7", "#dff6ff", "#2a6aa8", "#052049", 0.0),
    "seadawn": _palette("#fff0da #f6cfc4 #a5c4dc #5b9dca #2f76ab #1b5688", "#fff6e2", "#ffe0c0", "#4a8fbd",
                        "#0a2745", "#3a7cae", "#ffe6d0", "#fff4ea", "#6a94bb", "#0f3a63", 0.0),
    "seadusk": _palette("#ffe2a6 #fda97c #c46c8e #7a4d97 #453f86 #262d68", "#fff2cd", "#ffc58c", "#6a4c96",
                        "#150f38", "#584890", "#ffcfa4", "#ffe2cc", "#6a5098", "#1d1a50", 0.0),
    "abyss": _palette("#2a83b0 #11507f #0a335f #072046 #04142f #020b1f", "#c4ecff", "#6cc6ff", "#0c3768",
                      "#010814", "#0c3059", "#6cc6ea", "#bfe8ff", "#123c66", "#020d22", 0.0),
    "murk": _palette("#b8cdb8 #769d8e #477770 #2c585a #1c4047 #122d34", "#eef6e4", "#bcd6c0", "#3a6c69",
                     "#071a1e", "#336360", "#c4dcc6", "#e2efe4", "#4a7a76", "#0c262b", 0.0),
}  # fmt: skip


def turned(palette: Palette, degrees: float) -> Palette:
    """The palette with every hue turned by the same angle."""
    return palette.mapped(lambda c: rotated(c, degrees))


def toward_hue(palette: Palette, degrees: float, pull: float) -> Palette:
    """The palette with every hue drawn to one by a share `pull`; as it is when its sky has that hue."""
    sky = (palette.glow, palette.sky[1], palette.sky[3])
    if min(abs((degrees - hue_of(c) + 180) % 360 - 180) for c in sky) < _NEAR_DEGREES:
        return palette
    towards = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))], np.float32)

    def drawn(c: F32) -> F32:
        lab = to_oklab(c)
        chroma = np.hypot(lab[..., 1:2], lab[..., 2:3])
        pulled = lab[..., 1:] * (1 - pull) + chroma * towards * pull
        pulled *= chroma / np.maximum(np.hypot(pulled[..., :1], pulled[..., 1:]), 1e-4)
        return from_oklab(np.concatenate([lab[..., :1], pulled], axis=-1))

    return palette.mapped(drawn)


def swatches(pictures: Sequence[U8], count: int = 6) -> F32:
    """The main colours of some RGB pictures as OKLab (count, 3), darkest first."""
    samples = np.concatenate([resize(p, 48, 48, cv2.INTER_AREA).reshape(-1, 3) for p in pictures])
    lab = to_oklab(samples.astype(np.float32) / 255)
    cv2.setRNGSeed(1)
    criteria = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, 20, 1e-4)
    _, _, centres = cv2.kmeans(lab, count, np.empty((0,), np.int32), criteria, 2, cv2.KMEANS_PP_CENTERS)
    found = np.asarray(centres, np.float32)
    return found[np.argsort(found[:, 0], kind="stable")]


def borrowed(palette: Palette, lab_swatches: F32, share: float = 0.8) -> Palette:
    """The palette with chroma borrowed from a picture's swatches of like lightness."""

    def change(c: F32) -> F32:
        lab = to_oklab(c)
        borrowed_ab = [np.interp(lab[..., 0], lab_swatches[:, 0], lab_swatches[:, k]) for k in (1, 2)]
        target = np.stack([lab[..., 0], *borrowed_ab], -1).astype(np.float32)
        return from_oklab(lab * (1 - share) + target * share)

    return palette.mapped(change)
