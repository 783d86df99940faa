"""A gift box with ribbon and bow."""

from __future__ import annotations

from typing import Final

from genmux.render.layers import Element
from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.paint.lit import Lit, lit
from genmux.render.palette import colour, mix, polar
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, path, shifted
from genmux.render.stage import Stage
from genmux.render.subjects.pages import hue_for, page_for, placed
from genmux.render.subjects.spot import Spot

_WHITE: Final = colour("#ffffff")

# The right half of the bow around its knot.
_TAIL: Final = "0.01 0, 0.13 0.035, 0.22 0.12, 0.17 0.135, 0.1 0.07"
_LOOP: Final = "0 0, 0.08 -0.12, 0.2 -0.17, 0.265 -0.1, 0.22 -0.01, 0.1 0.012"
_HOLLOW: Final = "0.05 -0.02, 0.13 -0.095, 0.205 -0.105, 0.17 -0.035"
_GLEAM: Final = "0.07 -0.105, 0.17 -0.155, 0.24 -0.115"
_KNOT: Final = "-0.045 -0.035, 0.045 -0.035, 0.05 0.02, -0.05 0.02"


def box(stage: Stage, spot: Spot) -> list[Element]:
    """A gift box seen over its corner, with ribbon and bow."""
    rng, lamp, page = stage.rng, lit(stage, spot.mirrored), page_for(spot)
    hue = hue_for(stage)
    paper = polar(0.66, 0.13, hue)
    ribbon = polar(0.93, 0.03, hue + 60) if rng.random() < 0.5 else polar(0.78, 0.12, 85)
    _footprint(page, lamp)
    _crate(page, lamp, paper, ribbon, 0.36, 0.0, 0.5)
    _crate(page, lamp, mix(paper, _WHITE, 0.12), ribbon, 0.39, -0.47, 0.12, lid=True)
    _bow(page, lamp, ribbon)
    return placed(page, spot)


def _footprint(page: Sheet, lamp: Lit) -> None:
    """The shadow of a box that stands on its corner."""
    tone, away = mix(lamp.shade, f32([0, 0, 0]), 0.25), -lamp.side
    base = f32(path("0.036 0.012, 0.37 -0.115, -0.036 -0.25, -0.37 -0.115"))
    page.fill(base + f32([away * 0.02, 0.008]), tone, 0.6, 0.012)
    page.fill(base * f32([1.15, 1.1]) + f32([away * 0.13, 0.02]), tone, 0.38, 0.05)


def _crate(
    page: Sheet, lamp: Lit, tone: F32, ribbon: F32, half: float, low: float, high: float, lid: bool = False
) -> None:
    """A box over its corner: two faces and, for a lid, the top."""
    rise, cut = 0.12 * half / 0.36, 0.10
    top = low - high
    for side in (-1, 1):
        corner = cut * half
        face = [(corner, low), (side * half, low - rise), (side * half, top - rise), (corner, top)]
        light = 0.25 if side == lamp.side else -0.55
        page.fill(
            face, Fade(lamp.on(tone, light + 0.2), lamp.on(tone, light - 0.25), (0, top - rise), (0, low))
        )
        a, b = 0.42, 0.58
        u = [(corner + (side * half - corner) * t, -rise * t) for t in (a, b)]
        band = [
            (u[0][0], low + u[0][1]),
            (u[1][0], low + u[1][1]),
            (u[1][0], top + u[1][1]),
            (u[0][0], top + u[0][1]),
        ]
        page.fill(
            band, Fade(lamp.on(ribbon, light + 0.35), lamp.on(ribbon, light - 0.25), (0, top), (0, low))
        )
        if not lid:
            inside = page.mask([face])
            page.fill(
                stroke([(corner, top + 0.035), (side * half, top - rise + 0.035)], 0.07, 0.07, 0.07, 2),
                lamp.on(tone, -1.0),
                0.6,
                0.02,
                inside,
            )
    corner = cut * half
    if lid:
        _lid(page, lamp, tone, ribbon, (half, corner, rise, top))
    page.fill(
        stroke([(corner, low), (corner, (low + top) / 2), (corner, top)], 0.004, 0.007, 0.004),
        lamp.on(tone, 0.9),
        0.6,
        0.002,
    )


def _lid(page: Sheet, lamp: Lit, tone: F32, ribbon: F32, form: tuple[float, float, float, float]) -> None:
    """The upper side, with the ribbons that cross on it."""
    (half, corner, rise, top), s = form, lamp.side
    lid = f32([(corner, top), (half, top - rise), (-corner, top - 2 * rise), (-half, top - rise)])
    ends = (s * half, top - rise), (-s * half, top - rise)
    page.fill(lid, Fade(lamp.on(tone, 0.8), lamp.on(tone, 0.25), *ends))
    for p, q, r, w in ((0, 1, 3, 2), (0, 3, 1, 2)):
        near, far = lid[p] * 0.5 + lid[q] * 0.5, lid[r] * 0.5 + lid[w] * 0.5
        along = (lid[q] - lid[p]) * 0.08
        page.fill([near - along, near + along, far + along, far - along], lamp.on(ribbon, 0.45))


def _bow(page: Sheet, lamp: Lit, tone: F32) -> None:
    """Two tails, two loops and the knot."""
    at = f32([0, -0.725])
    for side in (-1, 1):
        tail = curve(path(_TAIL, side) + at, 8)
        page.fill(tail, lamp.on(tone, -0.1 if side == lamp.side else -0.45))
    for side in (-1, 1):
        _loop(page, lamp, tone, at, side)
    page.fill(curve(path(_KNOT) + at, 6), lamp.across(tone, 0.05, float(at[1])))


def _loop(page: Sheet, lamp: Lit, tone: F32, at: F32, side: int) -> None:
    loop = curve(path(_LOOP, side) + at, 8)
    page.fill(shifted(loop, 0, 0.015), lamp.on(tone, -1.0), 0.5, 0.012)
    light, y = 0.3 if side == lamp.side else -0.2, float(at[1])
    bright, dark = lamp.on(tone, light + 0.3), lamp.on(tone, light - 0.45)
    page.fill(loop, Fade(bright, dark, (side * 0.24, y - 0.15), (side * 0.03, y)))
    inside = page.mask([loop])
    page.fill(curve(path(_HOLLOW, side) + at, 8), lamp.on(tone, -1.0), 0.7, 0.008, inside)
    page.fill(stroke(path(_GLEAM, side) + at, 0.006, 0.02, 0.006), _WHITE, 0.5, 0.006, inside)
