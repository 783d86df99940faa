"""What is given: a wrapped box with a bow, a cake with berries, a phone."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from genmux.render.brushwork import Fade, Sheet, stroke
from genmux.render.layers import Element
from genmux.render.palette import HUES, colour, mix, polar, ramp
from genmux.render.pedestals import TILT, gloss, shadow
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse
from genmux.render.stage import Stage
from genmux.render.subjects.lit import Lit, lit
from genmux.render.subjects.pages import page_for, placed
from genmux.render.subjects.spot import Spot

_WHITE: Final = colour("#ffffff")


def _hue(stage: Stage) -> float:
    named = stage.reading.first("hue")
    return HUES[named] if named is not None else float(stage.rng.uniform(0, 360))


def box(stage: Stage, spot: Spot) -> list[Element]:
    """A gift box seen over its corner, with ribbon and bow."""
    rng, lamp, page = stage.rng, lit(stage, spot.mirrored), page_for(spot)
    hue = _hue(stage)
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
    base = f32([(0.036, 0.012), (0.37, -0.115), (-0.036, -0.25), (-0.37, -0.115)])
    page.fill(base + f32([away * 0.02, 0.008]), tone, 0.6, 0.012)
    page.fill(base * f32([1.15, 1.1]) + f32([away * 0.13, 0.02]), tone, 0.38, 0.05)


def _crate(page: Sheet, lamp: Lit, tone: F32, ribbon: F32, half: float, low: float, high: float, lid: bool = False) -> None:
    """A box over its corner: two faces and, for a lid, the top."""
    rise, cut = 0.12 * half / 0.36, 0.10
    top = low - high
    for side in (-1, 1):
        corner = cut * half
        face = [(corner, low), (side * half, low - rise), (side * half, top - rise), (corner, top)]
        light = 0.25 if side == lamp.side else -0.55
        page.fill(face, Fade(lamp.on(tone, light + 0.2), lamp.on(tone, light - 0.25), (0, top - rise), (0, low)))
        a, b = 0.42, 0.58
        u = [(corner + (side * half - corner) * t, -rise * t) for t in (a, b)]
        band = [(u[0][0], low + u[0][1]), (u[1][0], low + u[1][1]), (u[1][0], top + u[1][1]), (u[0][0], top + u[0][1])]
        page.fill(band, Fade(lamp.on(ribbon, light + 0.35), lamp.on(ribbon, light - 0.25), (0, top), (0, low)))
        if not lid:
            inside = page.mask([face])
            page.fill(stroke([(corner, top + 0.035), (side * half, top - rise + 0.035)], 0.07, 0.07, 0.07, 2), lamp.on(tone, -1.0), 0.6, 0.02, inside)
    corner = cut * half
    if lid:
        lid_top = f32([(corner, top), (half, top - rise), (-corner, top - 2 * rise), (-half, top - rise)])
        page.fill(lid_top, Fade(lamp.on(tone, 0.8), lamp.on(tone, 0.25), (lamp.side * half, top - rise), (-lamp.side * half, top - rise)))
        for p, q, r_, w in ((0, 1, 3, 2), (0, 3, 1, 2)):
            near, far = lid_top[p] * 0.5 + lid_top[q] * 0.5, lid_top[r_] * 0.5 + lid_top[w] * 0.5
            along = (lid_top[q] - lid_top[p]) * 0.08
            page.fill([near - along, near + along, far + along, far - along], lamp.on(ribbon, 0.45))
    page.fill(stroke([(corner, low), (corner, (low + top) / 2), (corner, top)], 0.004, 0.007, 0.004), lamp.on(tone, 0.9), 0.6, 0.002)


def _bow(page: Sheet, lamp: Lit, tone: F32) -> None:
    y = -0.725
    for side in (-1, 1):
        tail = curve([(0.01 * side, y), (0.13 * side, y + 0.035), (0.22 * side, y + 0.12), (0.17 * side, y + 0.135), (0.10 * side, y + 0.07)], 8)
        page.fill(tail, lamp.on(tone, -0.1 if side == lamp.side else -0.45))
    for side in (-1, 1):
        loop = curve([(0, y), (side * 0.08, y - 0.12), (side * 0.2, y - 0.17), (side * 0.265, y - 0.10), (side * 0.22, y - 0.01), (side * 0.1, y + 0.012)], 8)
        page.fill(f32(loop + [0, 0.015]), lamp.on(tone, -1.0), 0.5, 0.012)
        light = 0.3 if side == lamp.side else -0.2
        page.fill(loop, Fade(lamp.on(tone, light + 0.3), lamp.on(tone, light - 0.45), (side * 0.24, y - 0.15), (side * 0.03, y)))
        inside = page.mask([loop])
        hollow = curve([(side * 0.05, y - 0.02), (side * 0.13, y - 0.095), (side * 0.205, y - 0.105), (side * 0.17, y - 0.035)], 8)
        page.fill(hollow, lamp.on(tone, -1.0), 0.7, 0.008, inside)
        page.fill(stroke([(side * 0.07, y - 0.105), (side * 0.17, y - 0.155), (side * 0.24, y - 0.115)], 0.006, 0.02, 0.006), _WHITE, 0.5, 0.006, inside)
    page.fill(curve([(-0.045, y - 0.035), (0.045, y - 0.035), (0.05, y + 0.02), (-0.05, y + 0.02)], 6), lamp.across(tone, 0.05, y))


def cake(stage: Stage, spot: Spot) -> list[Element]:
    """A layered cake on a stand, with dripping glaze and berries."""
    rng, lamp, page = stage.rng, lit(stage, spot.mirrored), page_for(spot)
    hue = _hue(stage) if stage.reading.first("hue") else float(rng.choice([10.0, 355.0, 60.0, 90.0, 330.0]))
    cream, glaze = polar(0.93, 0.035, hue + 40), polar(0.72, 0.13, hue) if rng.random() < 0.6 else colour("#4a2a1e")
    china = colour("#f4f0ea")
    shadow(page, lamp, 0, 0, 0.22, 1.3)
    page.fill(curve([(-0.17, 0.015), (-0.05, -0.02), (-0.045, -0.1), (0.045, -0.1), (0.05, -0.02), (0.17, 0.015), (0, 0.04)], 6), lamp.across(china, 0.15))
    page.fill(ellipse(0, -0.105, 0.47, 0.47 * TILT), lamp.on(china, -0.5))
    page.fill(ellipse(0, -0.125, 0.47, 0.47 * TILT), lamp.across(china, 0.45, -0.15))
    page.fill(ellipse(0, -0.135, 0.38, 0.38 * TILT), lamp.on(china, -0.9), 0.45, 0.02)
    _tiers(page, lamp, cream)
    _glaze(page, lamp, rng, glaze)
    _berries(page, lamp, rng)
    return placed(page, spot)


def _tiers(page: Sheet, lamp: Lit, cream: F32) -> None:
    half, low, top, s = 0.35, -0.145, -0.55, lamp.side
    bottom = ellipse(0, low, half, half * TILT, points=80)[:41]
    body = np.concatenate([[(half, top)], bottom, [(-half, top)]])
    page.fill(body, Fade(lamp.on(cream, 0.4), lamp.on(cream, -0.7), (s * half * 0.7, 0), (-s * half, 0)))
    inside = page.mask([body])
    sponge = colour("#d9a066")
    for y in (-0.24, -0.42):
        lower, upper = (ellipse(0, y + d, half * 1.01, half * TILT, points=60)[:31] for d in (0.045, -0.045))
        layer = np.concatenate([lower, upper[::-1]])
        page.fill(layer, Fade(lamp.on(sponge, 0.25), lamp.on(sponge, -0.75), (s * half * 0.7, 0), (-s * half, 0)), 0.9, 0.006, inside)
    page.fill(ellipse(s * half * 0.5, -0.3, half * 0.12, 0.3), lamp.on(cream, 1.0), 0.35, 0.04, inside)
    page.fill(ellipse(0, top, half, half * TILT, points=60), lamp.on(cream, 0.6))


def _glaze(page: Sheet, lamp: Lit, rng: np.random.Generator, tone: F32) -> None:
    half, top, s = 0.355, -0.555, lamp.side
    points = [(-half, top - 0.01)]
    for k in range(11):
        x = -half + (k + 0.5) * 2 * half / 11
        front = top + half * TILT * math.sqrt(max(0.0, 1 - (x / half) ** 2))
        points += [(x - 0.017, front + 0.02), (x, front + 0.03 + 0.12 * float(rng.random())), (x + 0.017, front + 0.02)]
    drips = curve([*points, (half, top - 0.01), (0, top - 0.05)], 6)
    page.fill(f32(drips + [0, 0.012]), lamp.on(tone, -1.0), 0.4, 0.010)
    page.fill_all([drips, ellipse(0, top, half, half * TILT, points=60)], Fade(lamp.on(tone, 0.35), lamp.on(tone, -0.5), (s * half, top), (-s * half, top)))
    page.fill(ellipse(0, top, half * 0.97, half * TILT * 0.95, points=60), Fade(lamp.on(tone, 0.7), lamp.on(tone, 0.0), (s * half, top - 0.05), (-s * half, top)), 0.9, 0.006)
    page.fill(ellipse(s * 0.18, top - 0.015, 0.09, 0.018), _WHITE, 0.5, 0.012)


def _berries(page: Sheet, lamp: Lit, rng: np.random.Generator) -> None:
    """Strawberries, blueberries and mint, piled up on the top."""
    spots = sorted(((float(a), float(b), float(c)) for a, b, c in rng.random((11, 3))), key=lambda p: p[1])
    for k, (a, b, c) in enumerate(spots):
        x, y = (a - 0.5) * 0.44, -0.59 + (b - 0.5) * 0.075 - 0.03 * (1 - abs(a - 0.5) * 2)
        r, tone = (0.062, colour("#d92b3a")) if k % 2 == 0 else (0.038, colour("#3c4478"))
        page.fill(ellipse(x - lamp.side * 0.02, y + r * 0.8, r * 1.1, r * 0.4), colour("#2a0e14"), 0.35, 0.012)
        page.globe(x, y, r * (0.85 + 0.3 * c), lambda level, tone=tone: ramp(gloss(lamp, tone), level), lamp.side)
        if k % 2 == 0:
            seeds = [ellipse(x + math.cos(q) * r * 0.5, y + math.sin(q * 1.7) * r * 0.5, 0.004, 0.006) for q in range(6)]
            page.fill_all(seeds, colour("#f7d38a"), 0.8)
            for q in (-0.7, 0.0, 0.7):
                page.fill(ellipse(x + math.sin(q) * r * 0.4, y - r * 0.95, r * 0.4, r * 0.14, q), lamp.on(colour("#5f9a48"), 0.1))


def phone(stage: Stage, spot: Spot) -> list[Element]:
    """A phone that stands a little turned, with a glowing picture on its screen."""
    rng, lamp, page = stage.rng, lit(stage, spot.mirrored), page_for(spot)
    hue = _hue(stage)
    shadow(page, lamp, 0, 0, 0.26, 1.0)
    lean = 0.05
    frame = _slate(0.235, 0.0, 0.95, 0.055, lean)
    edge = f32(frame + [-lamp.side * 0.026, 0.004])
    metal = colour("#8e94a4")
    page.fill(edge, Fade(lamp.on(metal, 0.5), lamp.on(metal, -0.8), (0, -0.95), (0, 0)))
    page.fill(frame, lamp.on(metal, 0.2))
    page.fill(_slate(0.226, -0.008, 0.942, 0.05, lean), colour("#0b0c12"))
    screen = _slate(0.212, -0.022, 0.928, 0.04, lean)
    page.fill(screen, Fade(polar(0.42, 0.16, hue), polar(0.80, 0.13, hue + 70), (-0.1, -0.9), (0.15, 0)))
    inside = page.mask([screen])
    for k in range(5):
        x, y = float(rng.uniform(-0.2, 0.2)), float(rng.uniform(-0.85, -0.1))
        blob = curve([(x - 0.3, y), (x, y - 0.12), (x + 0.3, y + 0.03), (x + 0.05, y + 0.1)], 8)
        page.fill(blob, polar(0.55 + 0.09 * k, 0.15, hue + 30 * k - 20), 0.6, 0.05, inside)
    page.globe(float(rng.uniform(-0.06, 0.06)) + 0.01, -0.46, 0.11, lambda level: ramp([(0.0, polar(0.5, 0.15, hue + 100)), (1.0, polar(0.95, 0.06, hue + 60))], level), lamp.side)
    page.fill(_slate(0.045, -0.885, 0.908, 0.0115, lean), colour("#06070b"))
    sheen = [(-0.3, -1.0), (0.02, -1.0), (-0.14, 0.1), (-0.5, 0.1)] if lamp.side < 0 else [(0.3, -1.0), (0.0, -1.0), (0.16, 0.1), (0.5, 0.1)]
    page.fill(sheen, _WHITE, 0.16, 0.006, page.mask([frame]))
    rim = [(lamp.side * 0.232 + lean * 0.9, -0.9), (lamp.side * 0.233 + lean * 0.5, -0.5), (lamp.side * 0.234, -0.06)]
    page.fill(stroke(rim, 0.003, 0.008, 0.003), _WHITE, 0.85, 0.002)
    return placed(page, spot)


def _slate(half: float, low: float, high: float, r: float, lean: float) -> F32:
    """A rounded upright rectangle from height `low` to `high`, leaning sideways at its top."""
    bottom, top = min(low, -low), -high
    corners = ((half - r, bottom - r, 0.0), (-half + r, bottom - r, 0.5), (-half + r, top + r, 1.0), (half - r, top + r, 1.5))
    points = []
    for x, y, start in corners:
        for a in np.linspace(start * math.pi, (start + 0.5) * math.pi, 8):
            points.append((x + math.cos(a) * r, y + math.sin(a) * r))
    p = f32(points)
    return f32(np.stack([p[:, 0] - lean * p[:, 1] * 1.0, p[:, 1]], 1))
