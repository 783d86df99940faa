"""Weather and small moving things drawn over a scene or over a given picture."""

from genmux.render.effects.asked import MAKERS, asked_effects, effects_over, floating_effects, sky_effects
from genmux.render.effects.aurora import aurora
from genmux.render.effects.bokeh import bokeh
from genmux.render.effects.bubbles import bubbles
from genmux.render.effects.flock import birds
from genmux.render.effects.glow import motes
from genmux.render.effects.rays import rays

__all__ = [
    "MAKERS",
    "asked_effects",
    "aurora",
    "birds",
    "bokeh",
    "bubbles",
    "effects_over",
    "floating_effects",
    "motes",
    "rays",
    "sky_effects",
]
