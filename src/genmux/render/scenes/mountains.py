"""Mountains: ranges that fade into haze, a lake that mirrors them, a fall or a fiery cone among them."""

from __future__ import annotations

from genmux.render.layers import Element
from genmux.render.plants.conifers import Woods, woods
from genmux.render.scenery.sky import clouds, sky
from genmux.render.scenery.terrain import Range, mist_band, range_layer
from genmux.render.scenery.water import water
from genmux.render.scenes.knoll import knoll, stand
from genmux.render.scenes.ridges import (
    LAYOUTS,
    accents,
    build,
    green_share,
    growth,
    mid_woods,
    near_woods,
    peak_profile,
    snow_share,
    valley_profile,
    white,
)
from genmux.render.scenes.volcano import volcano
from genmux.render.scenes.waterfall import waterfall
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast, cast_aloft


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    if stage.wants("volcano"):
        body = [*volcano(stage), *_foreground(stage)]
    elif stage.wants("waterfall"):
        body = [*waterfall(stage), *(knoll(stage) if asked(stage, "ground") else ())]
    elif (stage.wants("lake") and stage.allows("lake")) or asked(stage, "water"):
        body = _lakeside(stage)
    else:
        body = [*build(stage, _layout(stage)), *_foreground(stage)]
    return [sky(stage), *clouds(stage), *body, *cast_aloft(stage)]


def _layout(stage: Stage) -> str:
    """How the mountains are built; mist asks for ridges, snow for rock to lie on."""
    draw = float(stage.rng.random())
    if stage.wants("mist"):
        return "ridges" if draw < 0.6 else LAYOUTS[int((draw - 0.6) * 7.5)]
    if stage.wants("snowy"):
        return LAYOUTS[int(draw * 3)]
    return LAYOUTS[int(draw * 4)]


def _foreground(stage: Stage) -> list[Element]:
    grassy = stage.rng.random() < 0.3
    if asked(stage, "ground") or stage.wants("snowy") or grassy:
        return [mid_woods(stage), *knoll(stage)]
    return [mid_woods(stage), near_woods(stage)]


def _lakeside(stage: Stage) -> list[Element]:
    horizon, h, span = stage.horizon, stage.geometry.height, stage.geometry.span
    snow, green = snow_share(stage), green_share(stage)
    kind = int(stage.rng.integers(3))
    profile = (None, peak_profile(stage, (0.0, 0.9)), valley_profile(stage, 0.02, 0.6))[kind]
    high = span * (0.44, 0.56, 0.48)[kind]
    far = Range(horizon, high, 0.10, haze=0.36, snow=snow, floor=horizon + h * 0.06, profile=profile)
    slopes = Range(
        horizon + h * 0.01,
        span * 0.24,
        0.16,
        haze=0.24,
        snow=snow * 0.5,
        frequency=4,
        green=green,
        growth=growth(stage),
        floor=horizon + h * 0.06,
    )
    shore = Woods(horizon + h * 0.004, span * 0.055, 0.18, count=260, haze=0.2, mist=0.4, snow=white(stage),
                  roll=0.004, floor=horizon + h * 0.06, accent=accents(stage)[0])  # fmt: skip
    return [
        range_layer(stage, far),
        range_layer(stage, slopes),
        mist_band(stage, horizon - h * 0.01, h * 0.035, 0.17, 0.5),
        woods(stage, shore),
        water(stage, horizon, roughness=0.55, clarity=0.93),
        *_lake_subjects(stage),
    ]


def _lake_subjects(stage: Stage) -> list[Element]:
    """Boats on the lake, and what stands on the near bank."""
    g, grounded = stage.geometry, asked(stage, "ground")
    elements: list[Element] = []
    if asked(stage, "water"):
        x = stage.free_x if not grounded else g.layer_width - stage.free_x
        elements += cast(
            stage, "water", Spot(x, stage.horizon + g.height * 0.16, g.span * 0.25, 0.35, g.span * 0.4)
        )
    if grounded == ["torii"]:
        spot = Spot(stage.free_x, stage.horizon + g.span * 0.15, g.span * 0.28, 0.35, g.span * 0.3, wet=True)
        return [*elements, *cast(stage, "ground", spot)]
    if grounded:
        return [*elements, *knoll(stage)]
    place = stand(stage)
    clear = (place.x - place.half, place.x + place.half) if asked(stage, "water") else None
    near = Woods(stage.horizon + g.height * 0.44, g.span * 0.34, 0.95, count=13, haze=0.0, mist=0.0,
                 snow=white(stage), roll=0.05, accent=accents(stage)[1], clear=clear)  # fmt: skip
    return [*elements, woods(stage, near)]
