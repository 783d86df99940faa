"""The builds and coats of the animals that sit facing us: outlines and colours, nothing else.

All lengths are shares of the animal's height; the foot is (0, 0) and up is negative.
Head parts are relative to the head's middle, on its right half; they are mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Points = tuple[tuple[float, float], ...]
Chain = tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Coat:
    """Colours of one breed: coat, pale parts, dark parts, iris, nose, and the names of its markings.

    `feature` is the prompt feature that picks this coat; without one it is drawn by chance.
    """

    base: str
    pale: str
    dark: str
    iris: str
    nose: str
    markings: tuple[str, ...]
    feature: str = ""


@dataclass(frozen=True, slots=True)
class Build:
    """The shape of one kind of animal.

    `head` and `torso` are right half outlines from top to bottom. `muzzle` and `haunch` are ellipses (x, y,
    rx, ry); `eye` too. `nose` is (y, rx, ry). `fore` is a foreleg's (x, upper radius, lower radius).
    """

    head_y: float
    head: Points
    ear: Points
    inner_ear: Points
    muzzle: tuple[float, float, float, float]
    nose: tuple[float, float, float]
    eye: tuple[float, float, float, float]
    torso: Points
    bib: Points
    fore: tuple[float, float, float]
    haunch: tuple[float, float, float, float]
    paw: tuple[float, float]
    tail: Chain
    coats: tuple[Coat, ...]
    fur: float = 0.022
    floppy: bool = False
    round_pupil: bool = True
    whiskers: bool = False


CAT: Final = Build(
    head_y=-0.66,
    head=((0, -0.185), (0.1, -0.18), (0.19, -0.115), (0.238, 0.0), (0.225, 0.09), (0.14, 0.16), (0, 0.178)),
    ear=((0.07, -0.16), (0.115, -0.25), (0.19, -0.335), (0.22, -0.29), (0.235, -0.16), (0.225, -0.05)),
    inner_ear=((0.115, -0.165), (0.15, -0.235), (0.19, -0.285), (0.205, -0.2), (0.205, -0.1)),
    muzzle=(0.048, 0.082, 0.062, 0.05),
    nose=(0.04, 0.026, 0.018),
    eye=(0.102, -0.022, 0.05, 0.051),
    torso=((0, -0.56), (0.12, -0.54), (0.175, -0.42), (0.225, -0.25), (0.255, -0.1), (0.22, -0.015),
        (0, 0.0)),
    bib=((0, -0.54), (0.1, -0.5), (0.115, -0.38), (0.07, -0.25), (0, -0.18)),
    fore=(0.083, 0.068, 0.056),
    haunch=(0.215, -0.125, 0.115, 0.13),
    paw=(0.075, 0.046),
    tail=(
        (0.16, -0.05, 0.05), (0.31, -0.045, 0.055), (0.41, -0.12, 0.055),
        (0.425, -0.25, 0.053), (0.385, -0.35, 0.047), (0.405, -0.42, 0.03),
    ),
    coats=(
        Coat("#e58a3c", "#fff0da", "#b95f1e", "#b7c24a", "#e2848a", ("tabby", "bib", "chops", "socks"),
            "ginger"),
        Coat("#8d8782", "#ece6dd", "#4f4a48", "#9fc06a", "#c97f7c", ("tabby", "bib", "chops")),
        Coat("#efdfc6", "#fbf1e0", "#5b4238", "#63b0e6", "#6a4a48", ("points",)),
        Coat("#fbf6ee", "#ffffff", "#e9dccb", "#66b7d8", "#f0a3a8", (), "white_coat"),
        Coat("#38343a", "#fbf7f2", "#1d1a20", "#d8c04a", "#4a3c42", ("bib", "chops", "socks", "blaze")),
        Coat("#2d2a30", "#45414a", "#17151a", "#e3c437", "#3a3036", (), "black_coat"),
        Coat("#fbf4ea", "#ffffff", "#3a3236", "#8fc27a", "#e8929a", ("patches",)),
    ),
    whiskers=True,
    round_pupil=False,
)  # fmt: skip

DOG: Final = Build(
    head_y=-0.70,
    head=((0, -0.19), (0.1, -0.18), (0.175, -0.11), (0.198, 0.0), (0.165, 0.1), (0.12, 0.165), (0, 0.195)),
    ear=(
        (0.09, -0.165),
        (0.165, -0.19),
        (0.235, -0.13),
        (0.275, 0.01),
        (0.25, 0.13),
        (0.195, 0.12),
        (0.165, -0.01),
    ),
    inner_ear=(),
    muzzle=(0.0, 0.085, 0.105, 0.088),
    nose=(0.032, 0.042, 0.03),
    eye=(0.085, -0.045, 0.033, 0.036),
    torso=((0, -0.58), (0.13, -0.55), (0.19, -0.42), (0.215, -0.24), (0.235, -0.1), (0.2, -0.015), (0, 0.0)),
    bib=((0, -0.56), (0.12, -0.5), (0.135, -0.38), (0.09, -0.24), (0, -0.16)),
    fore=(0.09, 0.075, 0.06),
    haunch=(0.22, -0.125, 0.105, 0.125),
    paw=(0.08, 0.048),
    tail=(
        (0.15, -0.07, 0.045),
        (0.29, -0.08, 0.052),
        (0.38, -0.17, 0.058),
        (0.42, -0.29, 0.05),
        (0.43, -0.36, 0.02),
    ),
    coats=(
        Coat("#d9a257", "#f3dcae", "#a8702f", "#4a2c18", "#2a1f20", ("bib",), "retriever"),
        Coat("#6b4326", "#a97c4c", "#3d2413", "#6a4426", "#2a1a16", ("bib",)),
        Coat("#f2e7d3", "#fffaf0", "#d8c39d", "#3d2718", "#2a2022", (), "white_coat"),
        Coat("#2c2a2e", "#55504f", "#161518", "#5a3a22", "#151316", (), "black_coat"),
        Coat("#fbf5ea", "#ffffff", "#7a4a28", "#4a2c18", "#2a1f20", ("patches",)),
    ),
    floppy=True,
)

# The dogs whose ears stand.
SPITZ: Final = Build(
    head_y=-0.67,
    head=((0, -0.19), (0.1, -0.185), (0.18, -0.12), (0.235, 0.01), (0.205, 0.1), (0.13, 0.165), (0, 0.185)),
    ear=((0.06, -0.17), (0.105, -0.26), (0.165, -0.325), (0.195, -0.28), (0.215, -0.15), (0.2, -0.06)),
    inner_ear=((0.105, -0.18), (0.14, -0.245), (0.167, -0.275), (0.183, -0.2), (0.18, -0.12)),
    muzzle=(0.0, 0.08, 0.1, 0.08),
    nose=(0.03, 0.038, 0.027),
    eye=(0.09, -0.035, 0.033, 0.035),
    torso=((0, -0.57), (0.14, -0.54), (0.2, -0.42), (0.225, -0.25), (0.24, -0.1), (0.2, -0.015), (0, 0.0)),
    bib=((0, -0.55), (0.14, -0.48), (0.15, -0.36), (0.1, -0.24), (0, -0.15)),
    fore=(0.09, 0.073, 0.058),
    haunch=(0.22, -0.125, 0.105, 0.125),
    paw=(0.078, 0.047),
    tail=((0.14, -0.1, 0.05), (0.27, -0.16, 0.075), (0.31, -0.29, 0.085), (0.25, -0.38, 0.07),
        (0.19, -0.36, 0.04)),
    coats=(
        Coat("#dd9a52", "#fff3e0", "#b87231", "#3a2114", "#251c1e", ("bib", "chops", "cheeks", "brows",
            "socks"), "shiba"),
        Coat("#686f7b", "#fbfaf8", "#333842", "#6fc0ee", "#23242a", ("bib", "chops", "cheeks", "brows",
            "blaze", "socks"), "husky"),
        Coat("#35302f", "#f3e2c8", "#1d1a1b", "#4a2c18", "#1c181a", ("bib", "chops", "cheeks", "brows",
            "socks")),
    ),
    fur=0.03,
)  # fmt: skip

FOX: Final = Build(
    head_y=-0.62,
    head=((0, -0.17), (0.09, -0.165), (0.165, -0.1), (0.265, 0.06), (0.16, 0.125), (0.075, 0.185), (0, 0.21)),
    ear=((0.05, -0.15), (0.09, -0.27), (0.155, -0.385), (0.195, -0.32), (0.215, -0.17), (0.2, -0.03)),
    inner_ear=((0.1, -0.16), (0.13, -0.255), (0.157, -0.32), (0.18, -0.22), (0.175, -0.1)),
    muzzle=(0.0, 0.105, 0.07, 0.085),
    nose=(0.16, 0.034, 0.024),
    eye=(0.095, -0.01, 0.036, 0.034),
    torso=((0, -0.53), (0.11, -0.51), (0.165, -0.4), (0.195, -0.25), (0.215, -0.1), (0.18, -0.015), (0, 0.0)),
    bib=((0, -0.53), (0.13, -0.46), (0.14, -0.36), (0.085, -0.24), (0, -0.14)),
    fore=(0.075, 0.06, 0.046),
    haunch=(0.195, -0.115, 0.1, 0.115),
    paw=(0.064, 0.038),
    tail=(
        (0.12, -0.07, 0.05), (0.27, -0.065, 0.085), (0.4, -0.13, 0.11),
        (0.46, -0.27, 0.115), (0.42, -0.4, 0.085), (0.36, -0.48, 0.02),
    ),
    coats=(
        Coat("#d96a24", "#fff4e4", "#3a2320", "#c98a2e", "#241a1c", ("bib", "chops", "cheeks", "boots",
            "tip", "tips")),
        Coat("#c9581c", "#fbeada", "#2e1d1c", "#d8a040", "#241a1c", ("bib", "chops", "cheeks", "boots",
            "tip", "tips")),
        Coat("#f4f3f2", "#ffffff", "#c6ccd6", "#8a6a3a", "#2a2628", ("cheeks",), "white_coat"),
    ),
    fur=0.03,
    round_pupil=False,
)  # fmt: skip

RABBIT: Final = Build(
    head_y=-0.47,
    head=((0, -0.17), (0.1, -0.155), (0.165, -0.08), (0.2, 0.04), (0.165, 0.125), (0.09, 0.165), (0, 0.17)),
    ear=((0.02, -0.13), (0.025, -0.33), (0.075, -0.5), (0.135, -0.51), (0.155, -0.36), (0.12, -0.11)),
    inner_ear=((0.055, -0.15), (0.06, -0.32), (0.09, -0.45), (0.12, -0.44), (0.125, -0.32), (0.095, -0.14)),
    muzzle=(0.036, 0.085, 0.056, 0.047),
    nose=(0.045, 0.022, 0.015),
    eye=(0.108, -0.012, 0.034, 0.041),
    torso=((0, -0.4), (0.12, -0.37), (0.2, -0.25), (0.235, -0.12), (0.2, -0.02), (0.1, 0.0), (0, 0.0)),
    bib=((0, -0.36), (0.085, -0.32), (0.1, -0.2), (0.06, -0.1), (0, -0.06)),
    fore=(0.065, 0.05, 0.042),
    haunch=(0.19, -0.12, 0.105, 0.12),
    paw=(0.062, 0.036),
    tail=((0.2, -0.08, 0.05), (0.26, -0.1, 0.06)),
    coats=(
        Coat("#a98563", "#f3e6d3", "#6a4e38", "#3a2418", "#c58a86", ("bib", "chops")),
        Coat("#fbf8f4", "#ffffff", "#e6dcd4", "#8a2f3a", "#f0a0a6", (), "white_coat"),
        Coat("#9a9a9f", "#eeecea", "#5d5d64", "#2c2226", "#b88488", ("bib", "chops")),
        Coat("#3a3538", "#6d6468", "#201d20", "#2a1a16", "#7a5a5c", ("bib",), "black_coat"),
        Coat("#fbf4ea", "#ffffff", "#8a5f3e", "#3a2418", "#e2989c", ("patches",)),
    ),
    fur=0.024,
    whiskers=True,
)  # fmt: skip

BEAR: Final = Build(
    head_y=-0.74,
    head=((0, -0.19), (0.12, -0.18), (0.21, -0.1), (0.242, 0.02), (0.2, 0.12), (0.12, 0.18), (0, 0.2)),
    ear=((0.1, -0.15), (0.12, -0.23), (0.185, -0.255), (0.24, -0.215), (0.245, -0.13), (0.19, -0.07)),
    inner_ear=((0.145, -0.14), (0.155, -0.195), (0.19, -0.21), (0.218, -0.18), (0.205, -0.125)),
    muzzle=(0.0, 0.088, 0.108, 0.085),
    nose=(0.04, 0.044, 0.03),
    eye=(0.09, -0.035, 0.026, 0.029),
    torso=((0, -0.63), (0.17, -0.6), (0.27, -0.45), (0.315, -0.26), (0.3, -0.1), (0.22, -0.015), (0, 0.0)),
    bib=((0, -0.5), (0.12, -0.45), (0.17, -0.3), (0.13, -0.15), (0, -0.1)),
    fore=(0.15, 0.1, 0.085),
    haunch=(0.255, -0.11, 0.12, 0.11),
    paw=(0.105, 0.06),
    tail=(),
    coats=(
        Coat("#7a4a2a", "#c79a6a", "#4a2b18", "#2a1810", "#1f1618", ("chops",)),
        Coat("#8f6238", "#d8b07c", "#5a3a20", "#2a1810", "#1f1618", ("chops",)),
        Coat("#33302f", "#b08a5e", "#1a1818", "#2a1c14", "#141213", ("chops", "crescent"), "black_coat"),
        Coat("#f6f1e6", "#ffffff", "#d9cfbd", "#241c1a", "#221d20", (), "white_coat"),
    ),
    fur=0.034,
)
