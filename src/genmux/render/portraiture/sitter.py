"""Who sits for a portrait, and in which light: traits from the words of the prompt and from chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.palette import HUES, colour, from_oklab, mix, polar, rotated, to_oklab
from genmux.render.raster import F32, f32
from genmux.render.stage import Stage

SKINS: Final = ("#f6d6c0", "#f0c6a4", "#e7b48c", "#d69a6c", "#b97a4e", "#985e3c", "#7a4a33", "#5e3a29")
HAIRS: Final = (
    "#15110f",
    "#1f1512",
    "#2c1a12",
    "#3f2416",
    "#5a3420",
    "#7d4a28",
    "#a86b36",
    "#cfa05c",
    "#8a3b20",
)
DARK_HAIRS: Final = 4
GREYS: Final = ("#d9d6d2", "#b9b5b2", "#8f8b8a", "#ece6dc")
IRISES: Final = ("#3a2214", "#4e2f1a", "#6b4a26", "#5b6b3a", "#4f7186", "#6d8794")

STYLES: Final[dict[str, tuple[str, ...]]] = {
    "woman": ("long", "bob", "bun", "curly", "fringe", "wavy", "straight", "headscarf", "beret"),
    "man": ("crop", "parted", "tousled", "curls", "bald", "cap", "swept"),
    "girl": ("pigtails", "fringe", "straight", "pigtails"),
    "boy": ("tousled", "crop", "cap", "parted"),
    "old woman": ("bun", "bob", "wavy", "headscarf"),
    "old man": ("parted", "bald", "swept", "cap"),
}
WEARS: Final[dict[str, tuple[str, ...]]] = {
    "woman": ("turtleneck", "crossed", "blouse", "round", "coat"),
    "man": ("shirt", "turtleneck", "suit", "hoodie", "crossed", "coat"),
    "girl": ("round", "blouse", "crossed", "hoodie"),
    "boy": ("hoodie", "round", "shirt"),
    "old woman": ("turtleneck", "crossed", "coat", "blouse"),
    "old man": ("suit", "turtleneck", "coat", "crossed", "shirt"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """The traits of one person; `yaw` is how far the head turns, in radians."""

    kind: str
    skin: F32
    hair: F32
    iris: F32
    style: str
    wear: str
    cloth: F32
    trim: F32
    yaw: float
    beard: float
    smile: float
    extras: frozenset[str]

    @property
    def female(self) -> bool:
        """Whether lashes, lips and jaw are drawn softer."""
        return "woman" in self.kind or self.kind == "girl"

    @property
    def child(self) -> bool:
        """Whether the face has a child's proportions."""
        return self.kind in ("girl", "boy")

    @property
    def ears_hidden(self) -> bool:
        """Whether hair or cloth lies over the ears."""
        return self.style in ("long", "straight", "wavy", "bob", "fringe", "beret", "headscarf")

    @property
    def old(self) -> bool:
        """Whether the face has lines and the hair is grey."""
        return self.kind.startswith("old")


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """The light on a sitter: `side` -1 comes from the left of the sheet, 1 from its right."""

    key: F32
    shade: F32
    rim: F32
    fill: F32
    side: float
    level: float

    def on(self, base: F32, lit: float) -> F32:
        """A colour at a lighting of -1 (deep shade) to 1 (full light)."""
        if lit >= 0:
            lab = to_oklab(base)
            lab[0] += (1 - lab[0]) * 0.36 * lit
            return mix(from_oklab(lab), self.key, 0.14 * lit)
        dark = rotated(base, -6.0 * lit, 1.05)
        return mix(dark, self.shade, -0.62 * lit)


def sitter(stage: Stage) -> Sitter:
    """Draw a sitter who fits the words."""
    rng = stage.rng
    kind = _kind(stage)
    skin = _exposed(colour(SKINS[int(rng.integers(len(SKINS)))]), stage.time)
    grey = kind.startswith("old")
    dark = rng.random() < 0.55 or float(skin.mean()) < 0.5
    tones = GREYS if grey else HAIRS[:DARK_HAIRS] if dark else HAIRS
    wear = _one(rng, WEARS[kind])
    cloth, trim = _cloth(stage)
    beard = 0.0
    if kind == "old man":
        beard = float(rng.choice([0.0, 1.0, 1.0]))
    elif kind == "man":
        beard = float(rng.choice([0.0, 0.0, 0.45, 1.0]))
    style = _one(rng, STYLES[kind])
    if style == "bald" and kind == "man":
        beard = max(beard, 0.8)
    return Sitter(
        kind=kind, skin=skin, hair=colour(_one(rng, tones)), iris=colour(_iris(rng, skin)), style=style,
        wear=wear, cloth=cloth, trim=trim, yaw=float(rng.uniform(0.1, 0.4)), beard=beard,
        smile=float(rng.uniform(0.2, 1.0)), extras=_extras(stage, kind, style),
    )  # fmt: skip


def _exposed(skin: F32, time: str) -> F32:
    """Skin as a camera shows it that is set for the face: dark skin is not lost in low light."""
    lab = to_oklab(skin)
    lift = max(0.0, 0.64 - float(lab[0])) * {"day": 0.1, "dawn": 0.25}.get(time, 0.4)
    return from_oklab(lab * f32([1, 1.12, 1.12]) + f32([lift, 0, 0])) if lift else skin


def _kind(stage: Stage) -> str:
    man, woman = stage.wants("man"), stage.wants("woman")
    if not (man or woman):
        woman = bool(stage.rng.random() < 0.58)
    if stage.wants("child"):
        return "girl" if woman else "boy"
    if stage.wants("elder"):
        return "old woman" if woman else "old man"
    return "woman" if woman else "man"


def _one(rng: np.random.Generator, names: tuple[str, ...]) -> str:
    return names[int(rng.integers(len(names)))]


def _iris(rng: np.random.Generator, skin: F32) -> str:
    return _one(rng, IRISES if float(skin.mean()) > 0.68 else IRISES[:3])


def _cloth(stage: Stage) -> tuple[F32, F32]:
    """The colour of the clothes, away from the background's, and a colour that goes with it."""
    named, drawn = stage.reading.first("hue"), float(stage.rng.uniform(0, 360))
    hue = drawn if named is None else HUES[named]
    light = float(stage.rng.choice([0.28, 0.42, 0.55, 0.74, 0.86]))
    if named is not None:
        light = min(light, 0.55)
    cloth = polar(light, 0.15 if named is not None else 0.11 if light < 0.7 else 0.045, hue)
    return mix(cloth, stage.palette.far, 0.15), polar(0.92 if light < 0.6 else 0.35, 0.03, hue + 40)


def _extras(stage: Stage, kind: str, style: str) -> frozenset[str]:
    rng = stage.rng
    chosen: set[str] = set()
    if rng.random() < (0.5 if kind.startswith("old") else 0.16):
        chosen.add("glasses")
    if kind in ("woman", "old woman") and rng.random() < 0.55:
        chosen.add("earrings")
    flowers = stage.wants("flowers") or stage.wants("spring") or stage.reading.has("effect", "petals")
    if (
        kind in ("woman", "girl")
        and style not in ("headscarf", "beret", "cap")
        and rng.random() < (0.9 if flowers else 0.2)
    ):
        chosen.add("flower")
    return frozenset(chosen)


def light(stage: Stage, turned: float) -> Light:
    """The stage's light as it falls on a sheet that is mirrored when `turned` is -1."""
    p, side = stage.palette, (1.0 if stage.flipped else -1.0) * turned
    if stage.neon:
        return Light(colour("#ff9fd0"), colour("#2a1460"), colour("#ff4fb0"), colour("#35d8ff"), side, 0.8)
    white = colour("#ffffff")
    rows = {
        "day": (mix(white, p.glow, 0.25), mix(p.far, colour("#5a4a78"), 0.6), mix(p.lit, white, 0.4), 1.0),
        "dawn": (mix(white, p.glow, 0.5), mix(p.far, colour("#6a4a80"), 0.5), mix(p.glow, white, 0.35), 0.96),
        "sunset": (mix(white, p.glow, 0.55), mix(p.sky[1], colour("#4a1f40"), 0.5),
                   mix(p.glow, colour("#ffe2a8"), 0.5), 0.9),
        "night": (colour("#ffd2a0"), colour("#141238"), mix(p.glow, white, 0.25), 0.74),
        "storm": (colour("#e2ebee"), colour("#26303c"), colour("#dce8ee"), 0.8),
    }  # fmt: skip
    key, shade, rim, level = rows[stage.time]
    return Light(key, shade, rim, mix(p.sky[3], p.haze, 0.5), side, level)
