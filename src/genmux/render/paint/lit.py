"""The light of the stage on what is painted in soft tones: people, clothes, still lifes."""

from __future__ import annotations

from dataclasses import dataclass

from genmux.render.paint.gouache import Fade
from genmux.render.paint.hours import HOURS
from genmux.render.palette import colour, from_oklab, mix, to_oklab
from genmux.render.raster import F32
from genmux.render.stage import Stage


@dataclass(frozen=True, slots=True, eq=False)
class Lit:
    """Colours in the light: `side` is where the light is on the sheet, -1 left and 1 right."""

    side: float
    rim: F32
    shade: F32
    tint: F32
    level: float

    def on(self, base: F32, lit: float) -> F32:
        """The colour at a lighting of -1 (deep shade) to 1 (full light)."""
        body = mix(self.shade, mix(base, self.tint, 0.12 * (1.3 - self.level)), self.level)
        if lit > 0:
            lab = to_oklab(body)
            lab[0] += (1 - lab[0]) * 0.45 * lit
            return mix(from_oklab(lab), self.rim, 0.28 * lit)
        return mix(body, self.shade, -0.7 * lit)

    def across(self, base: F32, reach: float, y: float = 0.0, power: float = 1.0) -> Fade:
        """A fade from the lit side to the shaded side, `reach` units to either side."""
        bright, dark = self.on(base, 0.5 * power), self.on(base, -0.6 * power)
        return Fade(bright, dark, (self.side * reach, y), (-self.side * reach, y + reach * 0.7))


def lit(stage: Stage, mirrored: bool) -> Lit:
    """The light on a subject that is painted mirrored or not."""
    side = (1.0 if stage.flipped else -1.0) * (-1.0 if mirrored else 1.0)
    p = stage.palette
    if stage.family == "studio":
        white = colour("#ffffff")
        return Lit(side, mix(white, p.glow, 0.25), mix(p.far, p.near, 0.55), p.haze, HOURS[stage.time].shown)
    return Lit(side, mix(p.glow, p.sun, 0.4), mix(p.near, p.far, 0.22), mix(p.haze, p.glow, 0.5),
               HOURS[stage.time].kept)  # fmt: skip
