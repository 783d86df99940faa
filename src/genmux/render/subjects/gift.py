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
        lid_top = f32([(corner, top), (half, top - rise), (-corner, top - 2 * rise), (-half, top - rise)])
        page.fill(
            lid_top,
            Fade(
                lamp.on(tone, 0.8),
                lamp.on(tone, 0.25),
                (lamp.side * half, top - rise),
                (-lamp.side * half, top - rise),
            ),
        )
        for p, q, r_, w in ((0, 1, 3, 2), (0, 3, 1, 2)):
            near, far = lid_top[p] * 0.5 + lid_top[q] * 0.5, lid_top[r_] * 0.5 + lid_top[w] * 0.5
            along = (lid_top[q] - lid_top[p]) * 0.08
            page.fill([near - along, near + along, far + along, far - along], lamp.on(ribbon, 0.45))
    page.fill(
        stroke([(corner, low), (corner, (low + top) / 2), (corner, top)], 0.004, 0.007, 0.004),
        lamp.on(tone, 0.9),
        0.6,
        0.002,
    )


def _bow(page: Sheet, lamp: Lit, tone: F32) -> None:
    y = -0.725
    for side in (-1, 1):
        tail = curve(
            [
                (0.01 * side, y),
                (0.13 * side, y + 0.035),
                (0.22 * side, y + 0.12),
                (0.17 * side, y + 0.135),
                (0.10 * side, y + 0.07),
            ],
            8,
        )
        page.fill(tail, lamp.on(tone, -0.1 if side == lamp.side else -0.45))
    for side in (-1, 1):
        loop = curve(
            [
                (0, y),
                (side * 0.08, y - 0.12),
                (side * 0.2, y - 0.17),
                (side * 0.265, y - 0.10),
                (side * 0.22, y - 0.01),
                (side * 0.1, y + 0.012),
            ],
            8,
        )
        page.fill(shifted(loop, 0, 0.015), lamp.on(tone, -1.0), 0.5, 0.012)
        light = 0.3 if side == lamp.side else -0.2
        page.fill(
            loop,
            Fade(
                lamp.on(tone, light + 0.3),
                lamp.on(tone, light - 0.45),
                (side * 0.24, y - 0.15),
                (side * 0.03, y),
            ),
        )
        inside = page.mask([loop])
        hollow = curve(
            [
                (side * 0.05, y - 0.02),
                (side * 0.13, y - 0.095),
                (side * 0.205, y - 0.105),
                (side * 0.17, y - 0.035),
            ],
            8,
        )
        page.fill(hollow, lamp.on(tone, -1.0), 0.7, 0.008, inside)
        page.fill(
            stroke(
                [(side * 0.07, y - 0.105), (side * 0.17, y - 0.155), (side * 0.24, y - 0.115)],
                0.006,
                0.02,
                0.006,
            ),
            _WHITE,
            0.5,
            0.006,
            inside,
        )
    page.fill(
        curve([(-0.045, y - 0.035), (0.045, y - 0.035), (0.05, y + 0.02), (-0.05, y + 0.02)], 6),
        lamp.across(tone, 0.05, y),
    )
