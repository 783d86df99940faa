"""The stage: everything a scene is composed from, before any element exists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Geometry
from genmux.render.palette import HUES, PALETTES, Palette, borrowed, toward_hue, turned
from genmux.render.raster import F32
from genmux.render.vocabulary import Reading

# A prompt names these, but for the last two, which follow from its camera or its style.
FAMILIES: Final = (
    "ocean", "deep", "mountains", "meadow", "desert", "forest", "city", "street", "space",
    "portrait", "studio", "silk",
    "aerial", "inkwash",
)  # fmt: skip

# What can be seen from above, and what can be painted in ink.
FROM_ABOVE: Final = frozenset({"ocean", "mountains", "meadow", "desert", "forest", "silk"})
IN_INK: Final = frozenset({"ocean", "mountains", "meadow", "forest", "silk"})
# What two families named together are.
_MEETINGS: Final[dict[frozenset[str], str]] = {
    frozenset({"ocean", "city"}): "city",
    frozenset({"city", "street"}): "street",
    frozenset({"ocean", "deep"}): "deep",
}

# What a person may be painted with from near; with anything else they are part of a scene.
_BESIDE_A_FACE: Final = frozenset({"butterfly", "cherry_tree"})

LIT_BY_NEON: Final = frozenset({"city", "portrait"})
FILM_MARGIN: Final = 0.13
STILL_MARGIN: Final = 0.02
HUE_JITTER_DEGREES: Final = 14.0

# Times a family may take when the prompt names none.
USUAL_TIMES: Final[dict[str, tuple[str, ...]]] = {
    "ocean": ("sunset", "dawn", "day"),
    "mountains": ("sunset", "dawn", "day"),
    "forest": ("dawn", "day", "sunset"),
    "city": ("night", "sunset"),
    "space": ("night",),
    "silk": ("day",),
    "deep": ("day",),
    "meadow": ("day", "dawn"),
    "desert": ("sunset", "day", "dawn"),
    "street": ("night", "sunset", "day"),
    "portrait": ("sunset", "day"),
    "studio": ("day",),
    "aerial": ("sunset", "day", "dawn"),
    "inkwash": ("day",),
}

# Where what is green is what grows, not the light.
_GREENED: Final = frozenset({"ocean", "mountains", "meadow", "desert", "forest", "aerial", "deep", "inkwash"})

# What the light is like when the sun is low.
_LOW_SUN: Final = frozenset({"red", "orange", "gold", "purple", "pink"})

# What is only seen under water: named with the sea, it takes the picture there.
SUBMERGED: Final = frozenset({"fish", "jellyfish", "turtle", "shark", "ray"})

# What the light of a time becomes under water; by day a reef or the open sea.
UNDERWATER: Final[dict[str, str]] = {
    "dawn": "seadawn", "day": "deep", "sunset": "seadusk", "night": "abyss", "storm": "murk",
}  # fmt: skip

# The skies that a night or a storm may have; the first is the likeliest.
_SKIES: Final[dict[str, tuple[str, ...]]] = {
    "night": ("night", "night", "teal_night", "violet_night", "dusky_night"),
    "storm": ("storm", "green_storm", "amber_storm"),
}

# Height of the sun or moon above the horizon, as a share of the picture height.
SUN_HEIGHTS: Final[dict[str, tuple[float, float]]] = {
    "dawn": (0.05, 0.14),
    "day": (0.32, 0.42),
    "sunset": (0.02, 0.10),
    "night": (0.28, 0.42),
    "storm": (0.30, 0.40),
}


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Geometry, light and chance for one scene; positions are in layer pixels.

    `flipped` says on which side the sun is: False left, True right.
    `borrowed` says whether the palette was taken from reference pictures.
    """

    geometry: Geometry
    rng: np.random.Generator
    reading: Reading
    family: str
    time: str
    palette: Palette
    horizon: float
    sun_x: float
    sun_y: float
    flipped: bool
    neon: bool
    borrowed: bool

    def wants(self, feature: str) -> bool:
        """Whether the prompt asked for a feature."""
        return self.reading.has("feature", feature)

    def allows(self, feature: str) -> bool:
        """Whether the negative prompt leaves a feature alone."""
        return self.reading.allows(f"feature.{feature}")

    @property
    def dark(self) -> bool:
        """Whether lamps are lit at this time."""
        return self.time != "day"

    @property
    def free_x(self) -> float:
        """Where a subject stands: the side away from the sun."""
        g = self.geometry
        return g.margin_x + g.width * (0.32 if self.flipped else 0.68)


def generator(prompt: str, seed: int, index: int) -> np.random.Generator:
    """The source of all chance for one picture."""
    digest = hashlib.sha256(f"{seed}\0{index}\0{prompt}".encode("utf-8", "surrogatepass")).digest()
    return np.random.default_rng(np.frombuffer(digest, np.uint32))


def family_of(reading: Reading) -> str:
    """The scene family a reading asks for; silk when it names nothing that can be painted."""
    family = _named_family(reading)
    if reading.has("style", "ink") and family in IN_INK:
        return "inkwash"
    if reading.has("camera", "aerial") and family in FROM_ABOVE:
        return "aerial"
    return family


def _named_family(reading: Reading) -> str:
    allowed = [f for f in FAMILIES if reading.allows(f"family.{f}")] or list(FAMILIES)
    named = [f for f in _places(reading) if f in allowed]
    for pair, family in _MEETINGS.items():
        if pair <= set(reading.all("family")) and family in allowed and not _shows_landmarks(reading):
            return family
    waters = reading.has("feature", "lake") or reading.has("feature", "waterfall")
    if "forest" in named[:1] and waters and "mountains" in allowed:
        return "mountains"
    submerged = "deep" in named and SUBMERGED & set(reading.all("subject"))
    if named:
        return "deep" if submerged and named[0] == "ocean" else named[0]
    outdoors = reading.first("time") or reading.first("effect") or reading.first("feature")
    if outdoors and "mountains" in allowed:
        return "mountains"
    return "silk" if "silk" in allowed else allowed[0]


def _places(reading: Reading) -> list[str]:
    """The families that a prompt names, then those where its things are at home, the likeliest first."""
    named = [*reading.all("family"), *reading.all("home")]
    if reading.has("feature", "leap"):
        named = ["ocean" if family == "deep" else family for family in named]
    people = reading.has("subject", "person")
    others = set(reading.all("subject")) - {"person"} - _BESIDE_A_FACE
    if others and "portrait" not in reading.all("family"):
        people = False
    if reading.all("subject") and not people:
        named = [family for family in named if family != "portrait"]
    elif "portrait" in reading.all("family") or (people and named[:1] == ["studio"]):
        named.insert(0, "portrait")
    if reading.all("subject") and reading.has("feature", "flowers") and not reading.all("family"):
        # Flowers in a vase stand on a table, not in a field.
        named.sort(key=lambda family: family != "studio")
    # Silk is what clothes are of, and what pictures look like: any real place wins.
    return sorted(named, key=lambda family: family == "silk")


def _shows_landmarks(reading: Reading) -> bool:
    """Whether a city is asked for by what only a skyline shows, and no street."""
    famous = any(reading.has("feature", name) for name in ("pearl_tower", "bridge", "eiffel"))
    return famous and not reading.has("family", "street")


def stage(
    reading: Reading,
    rng: np.random.Generator,
    width: int,
    height: int,
    moving: bool,
    swatches: F32 | None = None,
) -> Stage:
    """Choose family, light and layout; `swatches` are OKLab colours borrowed from reference pictures."""
    share = FILM_MARGIN if moving else STILL_MARGIN
    geometry = Geometry(width, height, max(2, int(width * share)), max(2, int(height * share)))
    family = family_of(reading)
    time = _time_of(reading, family, rng)
    flipped = bool(rng.random() < 0.5)
    horizon = geometry.margin_y + height * float(rng.uniform(0.56, 0.64))
    across = float(rng.uniform(0.62, 0.78)) if flipped else float(rng.uniform(0.22, 0.38))
    low, high = SUN_HEIGHTS[time]
    neon = reading.has("style", "neon") and family in LIT_BY_NEON
    name = _palette_name(reading, family, time, neon, rng)
    return Stage(
        geometry=geometry,
        rng=rng,
        reading=reading,
        family=family,
        time=time,
        palette=_lit(PALETTES[name], reading, family, rng, swatches),
        horizon=horizon,
        sun_x=geometry.margin_x + width * across,
        sun_y=horizon - height * float(rng.uniform(low, high)),
        flipped=flipped,
        neon=neon,
        borrowed=swatches is not None,
    )


def _time_of(reading: Reading, family: str, rng: np.random.Generator) -> str:
    usual = ("night", "sunset") if reading.has("feature", "lanterns") else USUAL_TIMES[family]
    drawn = usual[int(rng.integers(len(usual)))]
    if reading.first("hue") in _LOW_SUN and not reading.all("subject") and "sunset" in usual:
        drawn = "sunset"
    sunless = family == "deep" and (reading.has("feature", "abyss") or reading.has("subject", "jellyfish"))
    named = named_time(reading) or ("night" if sunless and reading.allows("time.night") else None)
    if named is not None and family != "space":
        return "night" if reading.has("effect", "aurora") else named
    allowed = [t for t in (drawn, *usual, *SUN_HEIGHTS) if reading.allows(f"time.{t}")]
    return allowed[0] if allowed else drawn


def _palette_name(reading: Reading, family: str, time: str, neon: bool, rng: np.random.Generator) -> str:
    if family == "deep":
        shallow = time == "day" and (reading.has("feature", "coral") or rng.random() < 0.4)
        return "reef" if shallow else UNDERWATER[time]
    skies = _SKIES.get(time, (time,))
    drawn = skies[int(rng.integers(len(skies)))]
    return "space" if family == "space" else "neon" if neon else drawn


def named_time(reading: Reading) -> str | None:
    """The time a prompt names; a storm leaves night, dawn and sunset what they are."""
    times = reading.all("time")
    others = [time for time in times if time not in ("storm", "day")]
    return others[0] if others and times[0] == "storm" else reading.first("time")


def _lit(
    palette: Palette, reading: Reading, family: str, rng: np.random.Generator, swatches: F32 | None
) -> Palette:
    jittered = turned(palette, float(rng.uniform(-HUE_JITTER_DEGREES, HUE_JITTER_DEGREES)))
    hue = reading.first("hue")
    if hue is not None and not (hue == "green" and family in _GREENED):
        # With a subject, the colour is more likely the subject's than that of the light.
        jittered = toward_hue(jittered, HUES[hue], 0.3 if reading.all("subject") else 0.75)
    return jittered if swatches is None else borrowed(jittered, swatches)
