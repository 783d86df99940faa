"""The city: skylines that fade into haze, on a river that mirrors their lights or seen over roofs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from genmux.render.layers import Element, Layer, merged
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.scenery.sky import clouds, sky
from genmux.render.scenery.terrain import mist_band
from genmux.render.scenery.water import water
from genmux.render.scenes.waterfront import bridge, quay, shore
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast
from genmux.render.urban.landmarks import LANDMARKS
from genmux.render.urban.nightlights import beacons, beam_tones, beams, flyers, sign_halos, winks
from genmux.render.urban.skyline import (
    Row,
    glowing,
    hang_signs,
    holograms,
    look,
    paper_of,
    raise_row,
    stand,
    street_floor,
)
from genmux.render.urban.towers import Sheet
from genmux.render.urban.traffic import traffic

_NEON_AIR: Final = (colour("#c0308f"), colour("#2f8fc0"), colour("#7a3fd0"))
_LAMP_AIR: Final = colour("#ffa860")

# Landmarks by what a prompt wants: name, height in rows' heights, place across from the middle.
_FAMOUS: Final = {
    "pearl_tower": (("spiral", 1.5, 0.25), ("opener", 1.22, 0.1), ("pearl", 1.25, -0.1)),
    "eiffel": (("eiffel", 1.45, 0.0),),
}


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    elements: list[Element] = [sky(stage), *clouds(stage), *cast(stage, "air", _air_spot(stage))]
    water_asked = asked(stage, "water") or stage.wants("bridge") or stage.wants("pearl_tower")
    if not water_asked and not asked(stage, "ground") and stage.rng.random() < 0.3:
        return [*elements, *_over_roofs(stage)]
    return [*elements, *_on_the_river(stage)]


def _air_spot(stage: Stage) -> Spot:
    g = stage.geometry
    return Spot(stage.free_x, g.margin_y + g.height * 0.22, g.span * 0.16, 0.15, room=g.span * 0.3)


def _tall(stage: Stage) -> float:
    g = stage.geometry
    return g.span * (0.52 if g.width >= g.height else 0.7) * float(stage.rng.uniform(0.88, 1.08))


def _air(stage: Stage, share: float = 0.3) -> F32:
    """What hangs between the rows: the haze, coloured by the lamps below."""
    if stage.neon:
        return mix(stage.palette.haze, _NEON_AIR[int(stage.rng.integers(3))], 0.5)
    if stage.time in ("night", "storm"):
        return mix(stage.palette.haze, _LAMP_AIR, share * (1.0 if stage.time == "night" else 0.3))
    return stage.palette.haze


def _rows(stage: Stage, base: float, tall: float) -> tuple[Row, Row, Row]:
    """Far, middle and near row; the middle one carries the landmarks."""
    unit, rng = stage.geometry.span, stage.rng
    centre = float(rng.uniform(0.36, 0.64))
    clear = 0.72 if stage.time == "day" else 1.0
    far = Row(
        base,
        tall * 0.74,
        0.10,
        0.6 * clear,
        0.3,
        unit * 0.022,
        unit * 0.055,
        float(rng.uniform(0.2, 0.8)),
        0.4,
        pitch=4.2,
    )
    middle = Row(
        base,
        tall,
        0.15,
        0.3 * clear,
        0.42,
        unit * 0.04,
        unit * 0.085,
        centre,
        float(rng.uniform(0.18, 0.3)),
        0.9,
        5.2,
    )
    near = Row(base + 1, tall * 0.5, 0.2, 0.06, 0.5, unit * 0.05, unit * 0.12, centre, 0.5, 0.35, 6.4)
    if _famous(stage):
        return far, replace(middle, height=tall * 0.72, bulge=0.4), replace(near, height=tall * 0.26)
    return far, middle, near


def _famous(stage: Stage) -> tuple[tuple[str, float, float], ...]:
    return next((_FAMOUS[name] for name in _FAMOUS if stage.wants(name)), ())


def _on_the_river(stage: Stage) -> list[Element]:
    h, g = stage.geometry.height, stage.geometry
    base = stage.horizon + h * 0.06
    tall = _tall(stage)
    far, middle, near = _rows(stage, base, tall)
    air = _air(stage)
    behind, between, front = (paper_of(stage, row, 2.2) for row in (far, middle, near))
    for paper, row in ((behind, far), (between, middle)):
        raise_row(stage, paper, row, look(stage, row, air))
    _stand_famous(stage, between, middle, tall, air)
    raise_row(stage, front, near, look(stage, near, air))
    signs = _signs(stage, [(between, middle), (front, near)])
    elements: list[Element] = [
        glowing(stage, [behind], far.depth),
        mist_band(
            stage, base - h * 0.03, h * 0.08, 0.13, 0.5 if stage.dark else 0.34, tone=_mist_tone(stage, air)
        ),
        glowing(stage, [between], middle.depth),
        *_moving_lights(stage, [behind, between], base, tall, signs),
        mist_band(stage, base - h * 0.01, h * 0.045, 0.16, 0.4, tone=_mist_tone(stage, _air(stage))),
        _near_bank(stage, glowing(stage, [front], near.depth), base),
    ]
    if stage.neon:
        elements.append(holograms(stage, middle, 3))
    if stage.dark:
        elements += [
            winks(stage, base - tall * 0.3, base, near.depth),
            traffic(stage.rng, base - h * 0.004, 0.2),
        ]
    if stage.wants("bridge") or (
        stage.allows("bridge") and not stage.wants("pearl_tower") and stage.rng.random() < 0.25
    ):
        elements += bridge(stage, base)
    elements.append(water(stage, base, roughness=0.75, clarity=0.88))
    elements += cast(stage, "water", Spot(stage.free_x, base + h * 0.1, g.span * 0.2, 0.3, room=g.span * 0.3))
    if asked(stage, "ground"):
        return [*elements, *quay(stage), *cast(stage, "ground", _road_spot(stage))]
    return [*elements, *quay(stage)] if stage.rng.random() < 0.3 else elements


def _near_bank(stage: Stage, towers: Layer, base: float) -> Layer:
    """The nearest row, behind trees while there is daylight to see them in."""
    green = stage.time in ("day", "dawn", "sunset") and not stage.neon
    return merged(towers, shore(stage, base)) if green else towers


def _road_spot(stage: Stage) -> Spot:
    g = stage.geometry
    size = g.span * (0.46 if "person" in asked(stage, "ground") else 0.2)
    return Spot(stage.free_x, g.margin_y + g.height * 0.955, size, 0.6, room=g.span * 0.34)


def _mist_tone(stage: Stage, air: F32) -> F32 | None:
    return air if stage.dark and stage.time not in ("dawn", "sunset") else None


def _stand_famous(stage: Stage, paper: Sheet, row: Row, tall: float, air: F32) -> None:
    g = stage.geometry
    side = -1.0 if stage.flipped else 1.0
    shine = look(stage, replace(row, haze=0.2), air)
    reach = g.span * 1.6
    middle = g.margin_x + g.width * (0.5 if g.width < g.height * 1.2 else float(stage.rng.uniform(0.4, 0.6)))
    for name, height, off in _famous(stage):
        high = min(
            tall * height, (row.base - g.margin_y) * (0.8 + 0.1 * (height > 1.4)), g.width * 0.85 * height
        )
        stand(stage.rng, paper, LANDMARKS[name], shine, middle + side * off * reach, high)


def _signs(stage: Stage, rows: list[tuple[Sheet, Row]]) -> list[tuple[float, float, F32]]:
    """Neon signs and holograms on the rows of a neon city."""
    if not stage.neon:
        return []
    found = [entry for paper, row in rows for entry in hang_signs(stage, paper, row, 26)]
    return found[:24]


def _moving_lights(
    stage: Stage, papers: list[Sheet], base: float, tall: float, signs: list[tuple[float, float, F32]]
) -> list[Element]:
    if not stage.dark or stage.time == "dawn":
        return []
    tips = [tip for paper in papers for tip in paper.tips]
    elements: list[Element] = [beacons(stage, tips, 0.15)]
    if signs:
        elements.append(sign_halos(stage, signs, 0.17))
    if stage.neon or (stage.wants("pearl_tower") and stage.time == "night"):
        feet = [(x, y + 2) for x, y in papers[-1].tips[:4]]
        elements.insert(0, beams(stage, feet, beam_tones(stage.neon), 0.15))
    if stage.neon:
        elements.append(flyers(stage, base - tall * 0.35, base - tall * 1.15, 0.17))
    return elements


def _roof_rows(stage: Stage, bottom: float, tall: float) -> list[Row]:
    """The rows of towers, far to near."""
    unit = stage.geometry.span
    drop = bottom - stage.horizon
    rows = [
        Row(stage.horizon + drop * 0.06, tall * 0.66, 0.10, 0.64, 0.3, unit * 0.02, unit * 0.05, 0.5, 0.5,
            pitch=3.8),
        Row(stage.horizon + drop * 0.2, tall * 0.86, 0.14, 0.42, 0.4, unit * 0.034, unit * 0.075,
            float(stage.rng.uniform(0.3, 0.7)), 0.34, 0.9, 5.0),
        Row(stage.horizon + drop * 0.52, tall * 0.72, 0.22, 0.2, 0.46, unit * 0.055, unit * 0.11,
            float(stage.rng.uniform(0.2, 0.8)), 0.5, 0.7, 6.6),
        Row(stage.horizon + drop * 0.82, tall * 0.62, 0.34, 0.07, 0.5, unit * 0.08, unit * 0.16,
            float(stage.rng.choice([0.05, 0.95])), 0.42, 0.4, 9.0),
        Row(bottom + 2, tall * 0.5, 0.5, 0.0, 0.5, unit * 0.12, unit * 0.24,
            float(stage.rng.choice([0.1, 0.9])), 0.36, 0.2, 13.0),
    ]  # fmt: skip
    if stage.time == "day":
        return [replace(row, haze=row.haze * 0.7) for row in rows]
    return rows


def _over_roofs(stage: Stage) -> list[Element]:
    """Seen from high up: row after row of towers, lamplit haze between them, near roofs below."""
    g = stage.geometry
    h, tall = g.height, _tall(stage)
    bottom = g.margin_y * 2 + h
    rows = _roof_rows(stage, bottom, tall)
    elements: list[Element] = [street_floor(stage, rows[0].base - 2, _air(stage, 0.4))]
    tips: list[tuple[float, float]] = []
    for k, row in enumerate(rows):
        paper = paper_of(stage, row, 1.8)
        air = _air(stage, 0.5)
        raise_row(stage, paper, row, look(stage, row, air))
        if k == 1:
            _stand_famous(stage, paper, row, tall, air)
        signs = _signs(stage, [(paper, row)]) if k in (1, 2) else []
        elements.append(glowing(stage, [paper], row.depth, row.height * 0.3 if k < 4 else 0.0))
        tips += paper.tips if k < 3 else []
        if signs:
            elements.append(sign_halos(stage, signs, row.depth))
        if k < 4:
            nxt = rows[k + 1]
            at = row.base - (row.base - (nxt.base - nxt.height * 0.5)) * 0.2
            elements.append(
                mist_band(
                    stage,
                    at,
                    h * 0.06,
                    row.depth + 0.01,
                    0.5 if stage.dark else 0.3,
                    tone=_mist_tone(stage, air),
                )
            )
    if stage.dark:
        elements.append(winks(stage, rows[2].base - tall * 0.6, bottom, 0.22))
        elements.append(beacons(stage, tips, 0.14))
    if stage.neon:
        elements.append(holograms(stage, rows[2], 2))
        elements.append(flyers(stage, rows[2].base - tall * 0.4, stage.horizon - tall * 0.6, 0.2, 22))
    return elements
