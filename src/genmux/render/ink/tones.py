"""The tones of an ink painting: its paper, its ink and the few colours beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from genmux.render.palette import HUES, Palette, colour, hue_of, mix, polar
from genmux.render.raster import F32, f32
from genmux.render.stage import Stage

# Paper at the top and at the foot of the picture, ink, sun or moon.
_GROUNDS: Final[dict[str, tuple[str, str, str, str]]] = {
    "day": ("#ece3d0", "#f4eddf", "#1f2329", "#c43d2c"),
    "dawn": ("#ecdccb", "#f7ebd9", "#262429", "#d4573c"),
    "sunset": ("#e9cfb2", "#f5e6d0", "#2a2224", "#bd3a26"),
    "night": ("#262d36", "#8b9092", "#10141a", "#f7f0dc"),
    "storm": ("#8f938f", "#dcd8cb", "#1b1f23", "#d8d2c2"),
    "snow": ("#7f888f", "#dedcd5", "#20262d", "#cf4a37"),
}
_INDIGO: Final = colour("#2f4a63")
_OCHRE: Final = colour("#9c6b45")
_MALACHITE: Final = colour("#3f7f6a")

# Pairs of tints for far and near washes; most paintings keep to ink alone.
_TINTS: Final = (None, None, (_INDIGO, _OCHRE), (_INDIGO, _INDIGO), (_MALACHITE, _OCHRE))


@dataclass(frozen=True, slots=True, eq=False)
class Tones:
    """Colours 0..1; `far` and `near` are the inks of distant and close washes, `snow` covers summits."""

    top: F32
    foot: F32
    ink: F32
    disc: F32
    far: F32
    near: F32
    snow: F32
    snowy: bool

    def paper(self, share: float) -> F32:
        """The paper at a share of the picture's height from its top."""
        return mix(self.top, self.foot, min(max(share, 0.0), 1.0))


def tones(stage: Stage) -> Tones:
    """The tones a prompt's time, weather and hue ask for."""
    snowy = (stage.wants("snowy") and stage.allows("snowy")) or stage.reading.has("effect", "snow")
    name = "snow" if snowy and stage.time in ("day", "dawn") else stage.time
    top, foot, ink, disc = (colour(c) for c in _GROUNDS[name])
    tint = _tint(stage)
    far, near = (ink, ink) if tint is None else (mix(ink, tint[0], 0.6), mix(ink, tint[1], 0.38))
    white = mix(colour("#fbf8f0"), top, 0.16 if stage.time == "night" else 0.0)
    return Tones(top, foot, ink, disc, far, near, white, snowy)


def _tint(stage: Stage) -> tuple[F32, F32] | None:
    drawn = _TINTS[int(stage.rng.integers(len(_TINTS)))]
    if stage.borrowed:
        return polar(0.4, 0.09, hue_of(stage.palette.glow)), polar(0.45, 0.08, hue_of(stage.palette.lit))
    asked = [h for h in stage.reading.all("hue") if h in HUES][:2]
    if asked:
        return polar(0.42, 0.11, HUES[asked[0]]), polar(0.46, 0.1, HUES[asked[-1]])
    return None if stage.time == "night" else drawn


def in_ink(stage: Stage, used: Tones) -> Stage:
    """The stage with ink for every colour of its palette."""
    papers = np.stack([used.paper(s) for s in (0.0, 0.15, 0.3, 0.45, 0.55, 0.6)])
    pale = used.paper(0.7)
    palette = Palette(
        sky=f32(papers), sun=pale, glow=pale, haze=pale, near=used.ink, far=mix(used.far, pale, 0.4),
        lit=pale, cloud=pale, cloud_shade=mix(used.ink, pale, 0.6), deep=mix(used.far, pale, 0.7), stars=0.0,
    )  # fmt: skip
    return replace(stage, palette=palette)
