"""Hair in the style of its sitter: what lies behind the head and what over it."""

from __future__ import annotations

import numpy as np

from genmux.render.paint.gouache import Sheet
from genmux.render.palette import colour, mix
from genmux.render.portraiture.hairstyles import BACKS, LOCKS
from genmux.render.portraiture.head import Turn
from genmux.render.portraiture.sitter import Light, Sitter
from genmux.render.portraiture.strands import Tones, lock, seen, tones
from genmux.render.portraiture.textures import paint_bun, paint_crop, paint_curls
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse, path, shifted


def paint_back(sheet: Sheet, who: Sitter, lamp: Light, rng: np.random.Generator) -> None:
    """Paint the hair behind the head."""
    turn, tone = Turn(who.yaw), tones(who, lamp)
    if who.style in ("curly", "curls"):
        paint_curls(sheet, who, lamp, rng, front=False)
    if who.style == "bun":
        x = float(seen(turn, ((-0.14, -0.5),))[0][0])
        paint_bun(sheet, (x, -0.63), 0.17, tone, lamp, rng)
    low = BACKS.get(who.style)
    if low is None:
        return
    edge = "0.12 -0.57, 0.34 -0.42, 0.42 -0.1, 0.45 0.2, 0.44 {most}, 0.3 {low}"
    if low < 0.2:
        edge = "0.1 -0.55, 0.33 -0.42, 0.37 -0.2, 0.33 {low}"
    outer, inner = (path(edge.format(low=low, most=low * 0.8), side) for side in (-1, 1))
    darker = Tones(
        mix(tone.deep, colour("#000000"), 0.2),
        mix(tone.deep, tone.base, 0.35),
        mix(tone.deep, tone.base, 0.8),
        tone.base,
    )
    lock(sheet, seen(turn, outer), seen(turn, inner), darker, lamp, rng, 0.0)


def shade_face(sheet: Sheet, who: Sitter, lamp: Light, inside: F32) -> None:
    """The shadow that the front hair throws onto the face."""
    turn = Turn(who.yaw)
    outlines = []
    for part in LOCKS.get(who.style, ()):
        outer, inner = (curve(seen(turn, edge), 6, closed=False) for edge in (part.outer, part.inner))
        outlines.append(shifted(np.concatenate([outer, inner[::-1]]), -0.02 * lamp.side, 0.035))
    if outlines:
        shade = mix(lamp.shade, mix(who.skin, colour("#4a1a14"), 0.65), lamp.level * 0.8)
        sheet.fill_all(outlines, shade, 0.5, 0.018, inside)


def paint_front(sheet: Sheet, who: Sitter, lamp: Light, rng: np.random.Generator, free: bool) -> None:
    """Paint the locks over the head; those that hang free go with `free` set."""
    turn, tone = Turn(who.yaw), tones(who, lamp)
    if who.style in ("crop", "tousled", "curls") and not free:
        paint_crop(sheet, who, lamp, rng)
    if who.style in ("curly", "curls") and not free:
        paint_curls(sheet, who, lamp, rng, front=True)
    for part in LOCKS.get(who.style, ()):
        if part.free == free:
            lock(sheet, seen(turn, part.outer), seen(turn, part.inner), tone, lamp, rng, part.wave)
    if who.style == "pigtails" and free:
        for side in (-1, 1):
            x = float(seen(turn, ((side * 0.40, 0.0),))[0][0])
            sheet.fill(ellipse(x, 0.1, 0.05, 0.035, side * 0.5), lamp.on(who.cloth, 0.2))
            sheet.fill(ellipse(x + lamp.side * 0.012, 0.09, 0.022, 0.012), lamp.rim, 0.5, 0.006)
