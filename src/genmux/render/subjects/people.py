"""Figures of people: a traveller with a staff, somebody who stands and looks, an astronaut."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from genmux.render.brushwork import Fade, Sheet, sheet, stroke
from genmux.render.cutout import Sway, cutout
from genmux.render.layers import Element
from genmux.render.palette import colour, mix, polar
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse
from genmux.render.stage import Stage
from genmux.render.subjects.lit import Lit, lit
from genmux.render.subjects.spot import Spot, Subject

_SKINS: Final = ("#efc4a4", "#d9a074", "#a86b45", "#6e4632")
_HAIRS: Final = ("#17110f", "#2c1a12", "#4a2c1a", "#8a5a30")
_COATS: Final = ("#7a2f2a", "#2f4a6a", "#b58a4a", "#3f5a44", "#4a3a5a", "#c8bfae")
_DRESSES: Final = ("#c83a44", "#f0e6d8", "#e0a83c", "#3f7a8a", "#d87f9a", "#6a5aa8")


def _open(spot: Spot, wide: float = 0.9) -> Sheet:
    """A sheet around a figure whose feet are at the origin."""
    across, up = math.ceil(wide * spot.size) + 2, math.ceil(1.25 * spot.size) + 2
    side = -1.0 if spot.mirrored else 1.0
    return sheet(2 * across, up + math.ceil(0.3 * spot.size) + 2, (float(across), float(up)), spot.size, side)


def _shadow(stage: Stage, page: Sheet, lamp: Lit, wide: float) -> None:
    """The figure's shadow on the ground: long and away from a low sun, short at noon."""
    away = -lamp.side
    length = {"sunset": 0.75, "dawn": 0.75, "day": 0.3}.get(stage.time, 0.12)
    tone = mix(stage.palette.near, stage.palette.deep, 0.4)
    points = [(-wide * 0.5, 0.0), (wide * 0.5, 0.0), (away * length + wide * 0.25, 0.085), (away * length - wide * 0.25, 0.10)]
    page.fill(curve(points), tone, 0.4, 0.012)
    page.fill(ellipse(0, 0.004, wide * 0.8, 0.022), tone, 0.55, 0.012)


def _finished(page: Sheet, spot: Spot, sway: float = 0.006) -> list[Element]:
    lean = Sway((spot.x, spot.y), lean=sway, stretch=0.004, speed=1.5, phase=spot.x)
    return [cutout(page, spot.x, spot.y, spot.depth, (lean,))]


def traveller(stage: Stage, spot: Spot) -> list[Element]:
    """A cloaked wanderer with a staff, walking into the picture."""
    lamp, rng = lit(stage, spot.mirrored), stage.rng
    page = _open(spot)
    cloak = mix(colour(_COATS[int(rng.integers(len(_COATS)))]), stage.palette.near, 0.2)
    dark = mix(cloak, colour("#120c10"), 0.6)
    _shadow(stage, page, lamp, 0.22)
    for x, foot in ((-0.05, -0.09), (0.06, 0.10)):
        page.fill(curve([(x - 0.035, -0.25), (x + 0.035, -0.25), (foot + 0.035, -0.01), (foot + 0.06, 0.005), (foot - 0.03, 0.005)], 6), lamp.on(dark, -0.3))
    page.fill(stroke([(0.26, -0.82), (0.245, -0.4), (0.235, 0.0)], 0.016, 0.02, 0.014), lamp.on(colour("#5a3c24"), 0.1))
    body = curve([(-0.05, -0.86), (0.07, -0.85), (0.13, -0.66), (0.17, -0.4), (0.2, -0.1), (0.02, -0.085), (-0.16, -0.1), (-0.26, -0.07), (-0.2, -0.4), (-0.14, -0.68)], 8)
    page.fill(body, lamp.across(cloak, 0.2, -0.5))
    inside = page.mask([body])
    for path in ([(-0.03, -0.8), (-0.09, -0.45), (-0.14, -0.1)], [(0.02, -0.78), (0.04, -0.45), (0.03, -0.1)], [(0.07, -0.74), (0.12, -0.45), (0.14, -0.12)]):
        page.fill(stroke(path, 0.006, 0.03, 0.04), lamp.on(cloak, -0.9), 0.6, 0.010, inside)
        page.fill(stroke([(x + lamp.side * 0.03, y) for x, y in path], 0.004, 0.016, 0.03), lamp.on(cloak, 0.7), 0.35, 0.008, inside)
    page.fill(curve([(0.08, -0.66), (0.2, -0.56), (0.255, -0.53), (0.25, -0.49), (0.17, -0.49), (0.08, -0.52)], 6), lamp.across(cloak, 0.2, -0.6))
    page.fill(ellipse(0.25, -0.51, 0.022, 0.026), lamp.on(colour(_SKINS[1]), 0.1))
    if rng.random() < 0.6:
        page.fill(curve([(-0.16, -0.74), (-0.06, -0.76), (-0.05, -0.46), (-0.12, -0.4), (-0.2, -0.46), (-0.2, -0.68)], 6), lamp.across(mix(colour("#6a4a30"), cloak, 0.2), 0.2, -0.6))
        page.fill(ellipse(-0.12, -0.77, 0.085, 0.036), lamp.across(mix(colour("#a89a7a"), cloak, 0.2), 0.1, -0.78))
    _hood(page, lamp, cloak, float(rng.random()))
    out = lamp.side if lamp.side > 0 else lamp.side * 1.2
    edge = [(lamp.side * 0.06, -0.965), (out * 0.11, -0.78), (out * 0.155, -0.5), (out * 0.2, -0.12)]
    page.fill(stroke(edge, 0.006, 0.014, 0.010), lamp.rim, 0.75, 0.004, page.cover.copy())
    return _finished(page, spot)


def _hood(page: Sheet, lamp: Lit, cloak: F32, kind: float) -> None:
    if kind < 0.5:
        hood = curve([(-0.1, -0.78), (-0.1, -0.92), (-0.02, -1.0), (0.075, -0.96), (0.1, -0.86), (0.07, -0.78), (0.0, -0.74)], 8)
        page.fill(hood, lamp.across(cloak, 0.1, -0.92))
        page.fill(curve([(0.05, -0.945), (0.1, -0.88), (0.075, -0.79), (0.045, -0.86)], 6), lamp.on(cloak, -1.0), 0.85, 0.004)
        return
    straw = colour("#b8924e")
    page.fill(ellipse(0.005, -0.88, 0.062, 0.075), lamp.on(colour("#3a241a"), -0.2))
    page.fill(curve([(-0.19, -0.885), (-0.03, -1.0), (0.04, -1.0), (0.2, -0.885), (0.1, -0.868), (0.0, -0.862), (-0.1, -0.868)], 8), lamp.across(straw, 0.16, -0.95))


def person(stage: Stage, spot: Spot) -> list[Element]:
    """Somebody who stands and looks into the scene; under an umbrella when it rains."""
    rng = stage.rng
    man, woman, child = stage.wants("man"), stage.wants("woman"), stage.wants("child")
    dressed = woman or (not man and bool(rng.random() < 0.5))
    if child:
        spot = Spot(spot.x, spot.y, spot.size * 0.72, spot.depth, spot.room, spot.mirrored)
    lamp, page = lit(stage, spot.mirrored), _open(spot)
    hair = colour("#c8c4c0" if stage.wants("elder") else _HAIRS[int(rng.integers(len(_HAIRS)))])
    skin = colour(_SKINS[int(rng.integers(len(_SKINS)))])
    cold = stage.wants("snowy") or stage.time == "storm" or stage.reading.has("effect", "snow")
    _shadow(stage, page, lamp, 0.2)
    head = -0.9 if not child else -0.86
    if dressed and not cold:
        _dress(page, lamp, skin, colour(_DRESSES[int(rng.integers(len(_DRESSES)))]), float(rng.uniform(-1, 1)))
    else:
        _coat(page, lamp, skin, colour(_COATS[int(rng.integers(len(_COATS)))]), dressed)
    _head(page, lamp, skin, hair, (0.0, head), 0.072 if not child else 0.095, dressed)
    if stage.reading.has("effect", "rain"):
        _umbrella(page, lamp, polar(0.5, 0.15, float(rng.uniform(0, 360))))
    elif dressed and not cold and rng.random() < 0.4:
        page.fill(ellipse(0, head - 0.035, 0.15, 0.03), lamp.across(colour("#d9b878"), 0.12, head))
        page.fill(curve([(-0.075, head - 0.04), (-0.06, head - 0.11), (0.06, head - 0.11), (0.075, head - 0.04)], 6), lamp.across(colour("#d9b878"), 0.1, head - 0.1))
    return _finished(page, spot)


def _head(page: Sheet, lamp: Lit, skin: F32, hair: F32, at: tuple[float, float], r: float, long: bool) -> None:
    """A head seen from behind, turned a little."""
    x, y = at
    page.fill(curve([(x - 0.028, y), (x + 0.028, y), (x + 0.036, y + r * 1.7), (x - 0.036, y + r * 1.7)], 4), lamp.on(skin, -0.3))
    page.fill(ellipse(x, y, r * 0.86, r * 1.06), lamp.across(skin, r, y))
    page.fill(ellipse(x + r * 0.82, y + r * 0.15, r * 0.14, r * 0.24), lamp.on(skin, -0.1))
    cap = [(-0.95, 0.2), (-0.9, -0.6), (-0.3, -1.18), (0.4, -1.12), (0.92, -0.5), (0.8, 0.1), (0.62, 0.7), (0, 0.92), (-0.7, 0.75)]
    if long:
        cap = [(-1.0, 0.2), (-0.95, -0.6), (-0.3, -1.2), (0.4, -1.15), (0.95, -0.5), (0.95, 0.6), (1.1, 1.8), (0.9, 3.0), (0.1, 3.4), (-0.8, 3.1), (-1.2, 1.9), (-1.0, 0.8)]
    shape = curve([(x + a * r, y + b * r) for a, b in cap], 6)
    page.fill(shape, lamp.across(hair, r, y - r * 0.4))
    inside = page.mask([shape])
    low = 3.0 if long else 0.8
    strands = [stroke([(x + k * r * 0.1, y - r * 1.1), (x + k * r * 0.24, y), (x + k * r * 0.23, y + low * r)], 0.002, 0.006, 0.002, 4) for k in range(-4, 5)]
    page.fill_all(strands, lamp.on(hair, 0.5), 0.4, 0.002, inside)
    s = lamp.side
    page.fill(stroke([(x + s * r * 0.3, y - r * 1.16), (x + s * r * 0.9, y - r * 0.5), (x + s * r * 0.98, y + low * r * 0.6)], 0.004, 0.016, 0.006), lamp.rim, 0.8, 0.004, inside)


def _dress(page: Sheet, lamp: Lit, skin: F32, cloth: F32, breeze: float) -> None:
    """A long dress moved by a breeze."""
    b = 0.09 * breeze
    for x in (-0.045, 0.045):
        page.fill(stroke([(x, -0.3), (x * 1.1, -0.12), (x, 0.0)], 0.05, 0.045, 0.03), lamp.across(skin, 0.1, -0.2))
    for side in (-1, 1):
        arm = stroke([(side * 0.125, -0.74), (side * 0.165, -0.58), (side * 0.14, -0.42)], 0.05, 0.042, 0.03)
        page.fill(arm, lamp.on(skin, 0.35 if side == lamp.side else -0.35))
    shape = curve([(-0.13, -0.77), (-0.04, -0.76), (0.04, -0.76), (0.13, -0.77), (0.11, -0.64), (0.09, -0.54), (0.17 + b * 0.4, -0.34), (0.25 + b, -0.11),
                   (0.1 + b, -0.085), (-0.08 + b, -0.095), (-0.22 + b, -0.08), (-0.16 + b * 0.4, -0.34), (-0.09, -0.54), (-0.11, -0.64)], 8)  # fmt: skip
    page.fill(shape, lamp.across(cloth, 0.2, -0.45))
    inside = page.mask([shape])
    for k in range(-3, 4):
        path = [(k * 0.025, -0.53), (k * 0.05 + b * 0.4, -0.32), (k * 0.075 + b, -0.08)]
        page.fill(stroke(path, 0.004, 0.014, 0.03), lamp.on(cloth, -0.8), 0.4, 0.008, inside)
        page.fill(stroke([(x + 0.02 * lamp.side, y) for x, y in path], 0.003, 0.010, 0.02), lamp.on(cloth, 0.8), 0.35, 0.006, inside)
    page.fill(stroke([(-0.1, -0.535), (0, -0.525), (0.1, -0.535)], 0.02, 0.022, 0.02), lamp.on(cloth, -0.6), 0.7, 0.003, inside)
    edge = [(lamp.side * 0.12, -0.76), (lamp.side * 0.09, -0.54), (lamp.side * 0.16 + b * 0.4, -0.34), (lamp.side * 0.235 + b, -0.1)]
    page.fill(stroke(edge, 0.008, 0.018, 0.012), lamp.rim, 0.8, 0.005, inside)


def _coat(page: Sheet, lamp: Lit, skin: F32, cloth: F32, long: bool) -> None:
    """A coat to the knees over dark trousers."""
    trousers = mix(colour("#2a2c38"), cloth, 0.12)
    for x in (-0.055, 0.06):
        page.fill(curve([(x - 0.05, -0.46), (x + 0.05, -0.46), (x + 0.04, -0.02), (x + 0.055, 0.006), (x - 0.05, 0.006), (x - 0.04, -0.03)], 5), lamp.across(trousers, 0.1, -0.3))
    hem = -0.24 if long else -0.36
    shape = curve([(-0.06, -0.81), (0.06, -0.81), (0.155, -0.75), (0.165, -0.6), (0.15, -0.46), (0.17, hem), (0, hem + 0.02), (-0.17, hem), (-0.15, -0.46), (-0.165, -0.6), (-0.155, -0.75)], 8)
    page.fill(shape, lamp.across(cloth, 0.18, -0.6))
    inside = page.mask([shape])
    for side in (-1, 1):
        arm = curve([(side * 0.13, -0.755), (side * 0.185, -0.70), (side * 0.205, -0.52), (side * 0.19, -0.40), (side * 0.145, -0.40), (side * 0.135, -0.56)], 8)
        page.fill(arm, lamp.on(cloth, 0.35 if side == lamp.side else -0.55))
        page.fill(ellipse(side * 0.168, -0.385, 0.024, 0.03), lamp.on(skin, 0.0))
        page.fill(stroke([(side * 0.13, -0.7), (side * 0.125, -0.56), (side * 0.14, -0.42)], 0.004, 0.016, 0.008), lamp.on(cloth, -1), 0.7, 0.006, inside)
    page.fill(stroke([(0.0, -0.56), (0.004, -0.42), (0.0, hem)], 0.003, 0.012, 0.016), lamp.on(cloth, -0.9), 0.7, 0.004, inside)
    page.fill(curve([(-0.07, -0.82), (0.07, -0.82), (0.085, -0.775), (0, -0.755), (-0.085, -0.775)], 6), lamp.across(mix(cloth, colour("#f0e6d8"), 0.25), 0.1, -0.8))
    edge = [(lamp.side * 0.1, -0.785), (lamp.side * 0.18, -0.70), (lamp.side * 0.203, -0.52), (lamp.side * 0.185, -0.4)]
    page.fill(stroke(edge, 0.006, 0.018, 0.010), lamp.rim, 0.8, 0.004, page.cover.copy())


def _umbrella(page: Sheet, lamp: Lit, cloth: F32) -> None:
    page.fill(stroke([(0.13, -0.44), (0.12, -0.8), (0.11, -1.14)], 0.012, 0.012, 0.008), lamp.on(colour("#2a2420"), 0.2))
    top = curve([(-0.27, -0.93), (-0.2, -1.06), (-0.02, -1.17), (0.11, -1.19), (0.26, -1.17), (0.42, -1.06), (0.49, -0.93)], 8, closed=False)
    scallop = curve([(0.49, -0.93), (0.36, -0.965), (0.24, -0.935), (0.11, -0.97), (-0.02, -0.935), (-0.15, -0.965), (-0.27, -0.93)], 6, closed=False)
    shape = np.concatenate([top, scallop])
    page.fill(shape, lamp.across(cloth, 0.35, -1.1))
    inside = page.mask([shape])
    for x in (-0.14, 0.0, 0.22, 0.36):
        page.fill(stroke([(0.11, -1.19), (x * 0.7 + 0.033, -1.1), (x, -0.93)], 0.003, 0.008, 0.004), lamp.on(cloth, -0.9), 0.6, 0.003, inside)
    page.fill(stroke([(lamp.side * 0.3 + 0.11, -1.14), (lamp.side * 0.36 + 0.11, -1.0), (lamp.side * 0.38 + 0.11, -0.94)], 0.01, 0.02, 0.01), lamp.rim, 0.6, 0.008, inside)


def astronaut(stage: Stage, spot: Spot) -> list[Element]:
    """An astronaut: standing on the ground, or adrift in space where the spot is the middle."""
    afloat = stage.family == "space"
    lamp, page = lit(stage, spot.mirrored), _open(spot, 0.75)
    if afloat:
        lamp = replace(lamp, level=0.82, shade=mix(colour("#1a1c3a"), stage.palette.far, 0.4))
    lamp = replace(lamp, level=max(lamp.level, 0.6))
    white = colour("#eef0f4")
    if not afloat:
        _shadow(stage, page, lamp, 0.26)
    _suit(page, lamp, white, 0.05 if afloat else 0.0)
    _helmet(page, lamp, white, stage)
    if not afloat:
        return _finished(page, spot, 0.003)
    phase = float(stage.rng.uniform(0, 6.28))
    drift = Sway((spot.x, spot.y), x=spot.size * 0.05, y=spot.size * 0.04, turn=0.3, speed=0.6, phase=phase)
    return [cutout(page, spot.x, spot.y + spot.size * 0.5, spot.depth, (drift,))]


def _suit(page: Sheet, lamp: Lit, white: F32, loose: float) -> None:
    """Pack, legs, body and arms; `loose` spreads the limbs."""
    grey, orange = mix(white, colour("#5a6274"), 0.5), colour("#e8763a")
    page.fill(curve([(-0.2, -0.78), (0.2, -0.78), (0.225, -0.6), (0.21, -0.4), (-0.21, -0.4), (-0.225, -0.6)], 6), lamp.across(grey, 0.2, -0.6))
    for side in (-1, 1):
        foot = side * (0.085 + loose * 1.6)
        leg = curve([(side * 0.015, -0.42), (side * 0.15, -0.42), (side * 0.155 + loose * side, -0.24), (foot + side * 0.065, -0.05), (foot - side * 0.055, -0.05), (side * 0.03, -0.24)], 8)
        page.fill(leg, lamp.across(white, 0.14, -0.3))
        inside = page.mask([leg])
        for y in (-0.3, -0.21, -0.12):
            page.fill(stroke([(foot - 0.1, y), (foot, y + 0.02), (foot + 0.1, y)], 0.008, 0.012, 0.008), lamp.on(white, -0.8), 0.45, 0.006, inside)
        page.fill(curve([(foot - side * 0.06, -0.07), (foot + side * 0.07, -0.07), (foot + side * 0.1, -0.005), (foot + side * 0.09, 0.008), (foot - side * 0.065, 0.008)], 5), lamp.across(grey, 0.1, -0.05))
    body = curve([(-0.12, -0.76), (0.12, -0.76), (0.18, -0.68), (0.165, -0.48), (0.15, -0.37), (-0.15, -0.37), (-0.165, -0.48), (-0.18, -0.68)], 8)
    page.fill(body, lamp.across(white, 0.17, -0.6))
    inside = page.mask([body])
    page.fill(stroke([(-0.16, -0.41), (0, -0.40), (0.16, -0.41)], 0.03, 0.034, 0.03), lamp.on(grey, -0.2), 0.9, 0.003, inside)
    for side in (-1, 1):
        x = side * loose
        arm = curve([(side * 0.13, -0.735), (side * 0.21, -0.69), (side * 0.265 + x, -0.53), (side * 0.275 + 2 * x, -0.40), (side * 0.2 + 2 * x, -0.385), (side * 0.165 + x, -0.52), (side * 0.13, -0.62)], 8)
        page.fill(arm, lamp.across(white, 0.25, -0.6))
        within = page.mask([arm])
        for y in (-0.6, -0.5):
            page.fill(stroke([(side * 0.14, y), (side * 0.21, y + 0.015), (side * 0.3, y - 0.01)], 0.008, 0.012, 0.006), lamp.on(white, -0.8), 0.45, 0.006, within)
        page.fill(stroke([(side * 0.19 + x, -0.63), (side * 0.26 + x, -0.645)], 0.018, 0.018, 0.018, 3), orange, 0.8, 0.002, within)
        page.fill(ellipse(side * 0.24 + 2 * x, -0.365, 0.043, 0.048), lamp.across(grey, 0.2, -0.36))
    panel = curve([(-0.075, -0.62), (0.075, -0.62), (0.08, -0.51), (-0.08, -0.51)], 4)
    page.fill(panel, lamp.across(mix(grey, colour("#2a3040"), 0.35), 0.1, -0.55))
    for x, tone in ((-0.045, "#5ad0ff"), (0.0, "#ff6a5a"), (0.045, "#ffd25a")):
        page.fill(ellipse(x, -0.575, 0.012, 0.012), colour(tone), 0.95, 0.001)
    edge = [(lamp.side * 0.15, -0.735), (lamp.side * 0.215, -0.68), (lamp.side * (0.262 + loose), -0.53), (lamp.side * (0.27 + 2 * loose), -0.41)]
    page.fill(stroke(edge, 0.008, 0.018, 0.010), lamp.rim, 0.85, 0.005, page.cover.copy())


def _helmet(page: Sheet, lamp: Lit, white: F32, stage: Stage) -> None:
    """The helmet with a visor in which the sky is seen."""
    p, s = stage.palette, lamp.side
    page.fill(ellipse(0, -0.865, 0.148, 0.142), lamp.across(white, 0.14, -0.95))
    page.fill(stroke([(-0.11, -0.755), (0, -0.735), (0.11, -0.755)], 0.022, 0.028, 0.022), lamp.on(mix(white, colour("#5a6274"), 0.5), -0.1), 1, 0.002)
    visor = curve([(-0.115, -0.875), (-0.09, -0.945), (0.0, -0.97), (0.09, -0.945), (0.115, -0.875), (0.09, -0.80), (0, -0.775), (-0.09, -0.80)], 8)
    page.fill(visor, Fade(mix(p.sky[1], colour("#0a0c1c"), 0.45), mix(p.glow, p.haze, 0.4), (0, -0.96), (0, -0.80)))
    inside = page.mask([visor])
    page.fill(curve([(-0.12, -0.82), (-0.04, -0.838), (0.05, -0.825), (0.12, -0.835), (0.1, -0.77), (-0.1, -0.77)], 6), mix(p.near, colour("#05060e"), 0.4), 0.85, 0.006, inside)
    page.fill(ellipse(s * 0.05, -0.885, 0.02, 0.02), p.sun, 0.95, 0.006, inside)
    page.fill(ellipse(s * 0.05, -0.885, 0.05, 0.05), p.glow, 0.5, 0.02, inside)
    page.fill(stroke([(-s * 0.085, -0.85), (-s * 0.075, -0.92), (-s * 0.02, -0.95)], 0.004, 0.012, 0.003), colour("#ffffff"), 0.6, 0.004, inside)
    rim = ellipse(0, -0.865, 0.142, 0.136)
    arc = rim[(rim[:, 0] * s > 0.06)]
    page.fill(stroke(arc[np.argsort(arc[:, 1])], 0.004, 0.018, 0.004, 2), lamp.rim, 0.85, 0.004, page.cover.copy())


PEOPLE: Final[dict[str, Subject]] = {
    "traveller": Subject(frozenset({"ground"}), 0.62, traveller),
    "person": Subject(frozenset({"ground"}), 0.66, person),
    "astronaut": Subject(frozenset({"ground", "space"}), 0.7, astronaut),
}
