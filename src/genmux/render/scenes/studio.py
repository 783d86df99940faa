"""The studio: pedestals and plain forms in window light, with room for a product."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from genmux.render.effects import motes
from genmux.render.effects.gobo import gobo
from genmux.render.layers import Element, Layer, backdrop
from genmux.render.noise import smoothstep
from genmux.render.paint.gouache import Sheet, sheet
from genmux.render.paint.lit import Lit, lit
from genmux.render.paint.solids import arch, ball, cone, cylinder, disc, ring, slab
from genmux.render.palette import HUES, Palette, colour, hue_of, mix, polar
from genmux.render.raster import F32, blend, f32, flat, grid, resize
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import painted
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast

_COARSE: Final = 2
_HUES: Final = (20.0, 45.0, 70.0, 355.0, 330.0, 300.0, 255.0, 195.0, 160.0)
_DARK_HUES: Final = (265.0, 300.0, 190.0, 15.0, 345.0)
_HARMONIES: Final = (0.0, 28.0, -35.0, 150.0, 180.0)


@dataclass(frozen=True, slots=True, eq=False)
class Colours:
    """The colours of one set: wall, floor, two for the forms and an accent."""

    wall: F32
    floor: F32
    form: F32
    second: F32
    accent: F32


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a set: where its foot is, its radius and height, in spans around the main pedestal's foot."""

    kind: str
    x: float
    y: float
    r: float
    high: float
    tone: str


# Sets: what stands behind, and what stands in front; the first form in front is the main pedestal.
_SETS: Final[tuple[tuple[tuple[Form, ...], tuple[Form, ...]], ...]] = (
    ((Form("disc", 0.0, -0.34, 0.36, 0, "second"),),
     (Form("cylinder", 0.0, 0.0, 0.34, 0.10, "form"), Form("ball", 0.47, 0.05, 0.06, 0, "accent"),
      Form("cylinder", -0.46, -0.04, 0.12, 0.24, "second"), Form("ball", -0.30, 0.11, 0.035, 0, "second"))),
    ((Form("arch", 0.05, -0.10, 0.38, 0.72, "second"),),
     (Form("cylinder", 0.0, 0.02, 0.32, 0.12, "form"), Form("cone", -0.46, 0.04, 0.09, 0.22, "accent"),
      Form("ball", 0.44, 0.08, 0.055, 0, "accent"))),
    ((Form("slab", 0.24, -0.12, 0.2, 0.46, "second"), Form("slab", -0.34, -0.10, 0.13, 0.28, "form")),
     (Form("slab", 0.0, 0.06, 0.36, 0.11, "form"), Form("ball", 0.48, 0.06, 0.07, 0, "accent"),
      Form("ball", -0.49, 0.09, 0.045, 0, "second"))),
    ((Form("ring", 0.03, -0.06, 0.33, 0, "second"),),
     (Form("cylinder", 0.0, 0.04, 0.36, 0.07, "form"), Form("cylinder", 0.48, 0.02, 0.10, 0.15, "accent"),
      Form("ball", 0.48, -0.125, 0.06, 0, "second"), Form("cone", -0.48, 0.05, 0.08, 0.19, "accent"))),
    ((Form("disc", -0.22, -0.40, 0.26, 0, "accent"), Form("arch", 0.26, -0.12, 0.22, 0.52, "second")),
     (Form("cylinder", 0.0, 0.03, 0.30, 0.16, "form"), Form("cylinder", -0.38, 0.07, 0.15, 0.07, "second"),
      Form("ball", -0.38, 0.0, 0.075, 0, "form"))),
)  # fmt: skip
_SOLIDS: Final[dict[str, Callable[[Sheet, Lit, tuple[float, float], float, float, F32], None]]] = {
    "cylinder": cylinder,
    "cone": cone,
    "slab": slab,
    "arch": arch,
    "ball": lambda page, lamp, at, r, high, tone: ball(page, lamp, at, r, tone),
    "disc": lambda page, lamp, at, r, high, tone: disc(page, lamp, at, r, tone),
    "ring": lambda page, lamp, at, r, high, tone: ring(page, lamp, at, r, tone),
}


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    g, rng = stage.geometry, stage.rng
    colours = _colours(stage)
    stage = replace(stage, palette=_studio_light(stage, colours))
    behind, front = _SETS[int(rng.integers(len(_SETS)))]
    lamp = lit(stage, mirrored=False)
    turned = float(rng.choice([-1.0, 1.0]))
    unit = min(g.height * 0.96, g.width * 0.92)
    foot = g.margin_y + g.height * (0.82 if g.height <= g.width else 0.70)
    x = g.margin_x + g.width * 0.5 + (g.width / g.span - 1) * g.span * float(rng.uniform(-0.06, 0.06))
    shown = bool(asked(stage, "ground"))
    back, stand = _page(unit, turned), _page(unit, turned)
    for page, forms in ((back, behind), (stand, front)):
        _set(page, replace(lamp, side=lamp.side * turned), forms, colours)
    main = front[0]
    elements: list[Element] = [
        _backdrop(stage, colours, foot - unit * 0.16),
        painted(back, x, foot, 0.25),
        painted(stand, x, foot, 0.4),
        gobo(g, rng, lamp.side, bool(rng.random() < 0.5), 0.8 if stage.time != "night" else 0.66),
    ]
    top = foot + (main.y - main.high) * unit + (unit * 0.02 if main.kind == "cylinder" else -unit * 0.03)
    if shown:
        spot = Spot(x, top, unit * 0.58, 0.4, room=unit * 0.27, mirrored=turned < 0)
        elements += cast(stage, "ground", spot)
    else:
        elements += _still_life(stage, lamp, colours, (x, top), unit)
    elements += _floating(stage, lamp, colours, (x, foot), unit)
    return [*elements, motes(g, rng, 16, mix(colours.wall, colour("#ffffff"), 0.7), top=0.0, sizes=(1, 3))]


def _colours(stage: Stage) -> Colours:
    rng = stage.rng
    asked_hue = stage.reading.first("hue")
    dark = stage.time == "night" or (asked_hue is None and stage.time == "day" and rng.random() < 0.22)
    hues = _DARK_HUES if dark else _HUES
    drawn = hues[int(rng.integers(len(hues)))] + float(rng.uniform(-10, 10))
    hue = HUES[asked_hue] if asked_hue is not None else drawn
    if stage.borrowed:
        hue = hue_of(stage.palette.glow)
    other = hue + float(rng.choice(_HARMONIES))
    accent = hue + float(rng.choice([60.0, 180.0, 150.0, -60.0]))
    if dark:
        return Colours(polar(0.30, 0.06, hue), polar(0.24, 0.05, hue), polar(0.36, 0.07, other),
                       polar(0.44, 0.09, hue + 20), polar(0.72, 0.13, accent))  # fmt: skip
    rich = float(rng.uniform(0.065, 0.10)) + (0.03 if asked_hue is not None else 0.0)
    return Colours(polar(0.85, rich, hue), polar(0.83, rich, hue), polar(0.90, rich * 0.6, other),
                   polar(0.78, rich * 1.15, hue + 12), polar(0.72, 0.13, accent))  # fmt: skip


def _studio_light(stage: Stage, colours: Colours) -> Palette:
    """The palette of a room: its shades lean to the wall's colour, its light to the hour's."""
    hue = hue_of(colours.wall)
    glow = {"sunset": "#ffc490", "dawn": "#ffdfc0", "night": "#bcd0ff"}.get(stage.time, "#fff6e6")
    far, near = polar(0.46, 0.11, hue - 18), polar(0.22, 0.08, hue - 28)
    return replace(
        stage.palette, glow=colour(glow), far=far, near=near, haze=colours.wall, lit=colour("#ffffff")
    )


def _backdrop(stage: Stage, colours: Colours, seam: float) -> Layer:
    """A wall that runs into the floor, lit by a large soft lamp."""
    g, p = stage.geometry, stage.palette
    width, height = max(2, g.layer_width // _COARSE), max(2, g.layer_height // _COARSE)
    x, y = (v * _COARSE for v in grid(height, width))
    side = 1.0 if stage.flipped else -1.0
    lamp_x, lamp_y = g.margin_x + g.width * (0.5 + 0.2 * side), g.margin_y + g.height * 0.26
    away = f32(np.hypot((x - lamp_x) / (g.span * 0.9), (y - lamp_y) / (g.span * 0.8)))
    bright = mix(colours.wall, mix(colour("#ffffff"), p.glow, 0.35), 0.5)
    dim = mix(colours.wall, p.far, 0.42)
    wall = blend(flat(bright, away), flat(dim, away), smoothstep(0.0, 1.7, away))
    near = f32(np.clip((y - seam) / max(g.layer_height - seam, 1), 0, 1))
    floor = blend(
        flat(mix(colours.floor, colour("#ffffff"), 0.22), away),
        flat(mix(colours.floor, p.far, 0.3), away),
        smoothstep(0.0, 1.1, near),
    )
    edge = smoothstep(seam - g.span * 0.02, seam + g.span * 0.10, f32(y))
    picture = blend(wall, floor, edge)
    return backdrop(resize(picture, g.layer_width, g.layer_height))


def _page(unit: float, side: float) -> Sheet:
    across, up, down = math.ceil(unit * 0.9), math.ceil(unit * 0.95), math.ceil(unit * 0.32)
    return sheet(2 * across, up + down, (float(across), float(up)), unit, side)


def _set(page: Sheet, lamp: Lit, forms: tuple[Form, ...], colours: Colours) -> None:
    for form in sorted(forms, key=lambda f: f.y):
        tone = getattr(colours, form.tone)
        _SOLIDS[form.kind](page, lamp, (form.x, form.y), form.r, form.high, tone)


def _still_life(
    stage: Stage, lamp: Lit, colours: Colours, at: tuple[float, float], unit: float
) -> list[Element]:
    """Plain forms on the pedestal when no product is asked for."""
    page = sheet(math.ceil(unit * 0.9), math.ceil(unit * 0.6), (unit * 0.45, unit * 0.5), unit)
    rng = stage.rng
    if rng.random() < 0.5:
        ball(page, lamp, (0.05, 0.0), 0.125, colours.accent)
        ball(page, lamp, (-0.12, 0.02), 0.06, colours.wall)
        cone(page, lamp, (0.19, 0.025), 0.055, 0.16, colours.second)
    else:
        cylinder(page, lamp, (-0.08, 0.0), 0.09, 0.2, colours.second)
        ball(page, lamp, (-0.08, -0.2), 0.07, colours.accent)
        ball(page, lamp, (0.12, 0.02), 0.085, colours.form)
    return [painted(page, at[0], at[1], 0.42)]


def _floating(
    stage: Stage, lamp: Lit, colours: Colours, at: tuple[float, float], unit: float
) -> list[Element]:
    """A few balls that hang in the air beside the set."""
    rng, made = stage.rng, []
    for k in range(5):
        side = 1.0 if k % 2 else -1.0
        r = unit * float(rng.uniform(0.014, 0.042))
        x = at[0] + side * unit * float(rng.uniform(0.34, 0.62))
        y = at[1] - unit * float(rng.uniform(0.34, 0.78))
        page = sheet(math.ceil(r * 2.4), math.ceil(r * 2.4), (r * 1.2, r * 1.2), r)
        ball(
            page,
            lamp,
            (0.0, 0.0),
            1.0,
            colours.accent if k % 3 == 0 else colours.second if k % 3 == 1 else colours.form,
            grounded=False,
        )
        rate, phase = float(rng.uniform(0.8, 1.5)), float(rng.uniform(0, 6))
        bob = Motion(y=unit * 0.022, rate=rate, phase=phase)
        roam = Motion(x=unit * 0.008, rate=rate * 0.63, phase=phase * 1.7)
        made.append(painted(page, x, y, float(rng.uniform(0.3, 0.7)), bob, roam))
    return list(made)
