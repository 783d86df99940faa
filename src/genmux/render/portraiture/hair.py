"""Hair: locks of strands between two edges, in the styles of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.brushwork import Fade, Sheet, stroke
from genmux.render.palette import colour, mix
from genmux.render.portraiture.face import Turn
from genmux.render.portraiture.sitter import Light, Sitter
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse

Path = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Lock:
    """Hair between an outer and an inner edge (equally many points, root to tip).

    `wave` bends it in head heights; `lift` says whether it hangs free and sways.
    """

    outer: Path
    inner: Path
    wave: float = 0.0
    free: bool = False
    mirror: bool = False


_CROWN_A: Final = ((0.08, -0.595), (-0.13, -0.585), (-0.305, -0.47), (-0.395, -0.22), (-0.415, 0.02))
_CROWN_B: Final = ((0.08, -0.43), (0.0, -0.40), (-0.17, -0.31), (-0.275, -0.16), (-0.318, 0.02))
_RIGHT_A: Final = ((0.05, -0.597), (0.2, -0.565), (0.325, -0.44), (0.395, -0.22), (0.415, 0.02))
_RIGHT_B: Final = ((0.075, -0.43), (0.13, -0.40), (0.225, -0.31), (0.29, -0.16), (0.318, 0.02))
_LONG_A: Final = ((-0.445, 0.28), (-0.47, 0.58), (-0.45, 0.84), (-0.34, 1.14))
_LONG_B: Final = ((-0.335, 0.25), (-0.315, 0.5), (-0.285, 0.78), (-0.32, 1.13))
_BOB_A: Final = ((-0.45, 0.16), (-0.46, 0.31), (-0.41, 0.41), (-0.30, 0.43))
_BOB_B: Final = ((-0.335, 0.12), (-0.325, 0.22), (-0.30, 0.32), (-0.255, 0.40))
_TIED_A: Final = ((0.08, -0.555), (-0.14, -0.55), (-0.30, -0.43), (-0.372, -0.22), (-0.38, -0.03))
_TIED_B: Final = ((0.08, -0.42), (-0.06, -0.39), (-0.21, -0.31), (-0.30, -0.15), (-0.345, 0.0))
_TIED_RA: Final = ((0.06, -0.555), (0.19, -0.54), (0.315, -0.41), (0.372, -0.22), (0.38, -0.03))
_TIED_RB: Final = ((0.075, -0.42), (0.15, -0.39), (0.24, -0.31), (0.31, -0.15), (0.345, 0.0))
_BANGS_A: Final = ((-0.06, -0.57), (-0.2, -0.5), (-0.29, -0.34), (-0.305, -0.20), (-0.295, -0.085))
_BANGS_B: Final = ((0.1, -0.57), (0.22, -0.5), (0.295, -0.34), (0.305, -0.20), (0.295, -0.085))


def _flipped(path: Path) -> Path:
    return tuple((-x, y) for x, y in path)


def _pair(tail_a: Path, tail_b: Path, wave: float = 0.0, free: bool = False) -> tuple[Lock, ...]:
    return (
        Lock((*_CROWN_A, *tail_a), (*_CROWN_B, *tail_b), wave, free),
        Lock((*_RIGHT_A, *_flipped(tail_a)), (*_RIGHT_B, *_flipped(tail_b)), wave, free, mirror=True),
    )


_TIED: Final = (Lock(_TIED_A, _TIED_B), Lock(_TIED_RA, _TIED_RB, mirror=True))
_BANGS: Final = Lock(_BANGS_A, _BANGS_B)
_SWEEP: Final = Lock(
    ((-0.25, -0.40), (-0.22, -0.60), (0.05, -0.665), (0.29, -0.565), (0.375, -0.38), (0.385, -0.16)),
    ((-0.24, -0.35), (-0.12, -0.40), (0.06, -0.39), (0.2, -0.35), (0.285, -0.27), (0.345, -0.12)),
)  # fmt: skip
_SIDE: Final = Lock(
    ((-0.22, -0.49), (-0.32, -0.40), (-0.372, -0.24), (-0.375, -0.08), (-0.355, 0.02)),
    ((-0.22, -0.38), (-0.275, -0.30), (-0.305, -0.2), (-0.325, -0.08), (-0.335, 0.02)),
)
_SIDE_R: Final = Lock(_flipped(_SIDE.outer), _flipped(_SIDE.inner), mirror=True)
_QUIFF: Final = Lock(
    ((-0.31, -0.34), (-0.345, -0.48), (-0.22, -0.63), (0.04, -0.685), (0.27, -0.6), (0.36, -0.38)),
    ((-0.265, -0.32), (-0.2, -0.375), (-0.08, -0.40), (0.08, -0.405), (0.19, -0.38), (0.285, -0.3)),
)  # fmt: skip
_FORELOCKS: Final = tuple(
    Lock(((x * 0.5 - 0.05, -0.60 + x * x), (x - 0.12, -0.46 + 0.8 * x * x), (x - 0.09 + lean * 0.6, -0.33), (x + lean, tip)),
         ((x * 0.5 + 0.05, -0.60 + x * x), (x + 0.11, -0.45 + 0.8 * x * x), (x + 0.06 + lean * 0.7, -0.31), (x + lean, tip)))
    for x, lean, tip in ((-0.24, -0.06, -0.17), (0.25, 0.05, -0.18), (-0.13, 0.06, -0.2), (0.14, -0.08, -0.19),
                         (-0.02, 0.07, -0.17), (0.05, -0.04, -0.24))
)  # fmt: skip
_TAILS: Final = tuple(
    Lock(tuple((s * x, y) for x, y in ((0.36, 0.06), (0.47, 0.12), (0.53, 0.34), (0.49, 0.58), (0.42, 0.72))),
         tuple((s * x, y) for x, y in ((0.36, 0.08), (0.38, 0.2), (0.38, 0.36), (0.37, 0.54), (0.41, 0.72))),
         0.012, True, s > 0)
    for s in (-1, 1)
)  # fmt: skip

LOCKS: Final[dict[str, tuple[Lock, ...]]] = {
    "long": _pair(_LONG_A, _LONG_B, 0.006, True),
    "straight": (*_pair(_LONG_A, _LONG_B, 0.004, True), _BANGS),
    "wavy": _pair(_LONG_A, _LONG_B, 0.03, True),
    "bob": _pair(_BOB_A, _BOB_B),
    "fringe": (*_pair(_BOB_A, _BOB_B), _BANGS),
    "bun": _TIED,
    "pigtails": (*_TAILS, *_TIED, _BANGS),
    "beret": _pair(_BOB_A, _BOB_B, 0.012),
    "parted": (_SIDE_R, _SIDE, _SWEEP),
    "swept": (_SIDE_R, _SIDE, _QUIFF),
    "tousled": (_SIDE_R, _SIDE, *_FORELOCKS),
    "cap": (_SIDE_R, _SIDE),
}
# How far down the hair behind the head reaches.
BACKS: Final = {
    "long": 1.0,
    "straight": 1.0,
    "wavy": 1.02,
    "bob": 0.4,
    "fringe": 0.4,
    "beret": 0.4,
    "tousled": 0.1,
    "parted": 0.05,
    "swept": 0.05,
}


@dataclass(frozen=True, slots=True, eq=False)
class Tones:
    """Four tones of one head of hair, in the scene's light."""

    deep: F32
    base: F32
    light: F32
    shine: F32


def tones(who: Sitter, lamp: Light) -> Tones:
    """The hair's tones under a lamp."""
    base = mix(lamp.shade, who.hair, 0.35 + 0.6 * lamp.level)
    warm = mix(base, lamp.rim, 0.16)
    return Tones(
        mix(base, mix(lamp.shade, colour("#08060a"), 0.6), 0.55), base, lamp.on(warm, 0.35),
        mix(lamp.on(warm, 0.8), lamp.rim, 0.3),
    )  # fmt: skip


def seen(turn: Turn, path: Path) -> F32:
    """Hair points as seen on a turned head: near the forehead they turn with it, the sides less."""
    p = f32(path)
    depth = 0.05 + 0.24 * np.clip(1 - (p[:, 0] / 0.42) ** 2, 0, 1)
    back = np.where(p[:, 0] < 0, -0.1 * turn.yaw, -0.02 * turn.yaw)
    return f32(np.stack([p[:, 0] * 0.97 + turn.shift(depth) + back, p[:, 1]], 1))


def paint_back(sheet: Sheet, who: Sitter, lamp: Light, rng: np.random.Generator) -> None:
    """Paint the hair behind the head."""
    turn, tone = Turn(who.yaw), tones(who, lamp)
    if who.style in ("curly", "curls"):
        _curls(sheet, who, lamp, rng, front=False)
    if who.style == "bun":
        x = float(seen(turn, ((-0.14, -0.5),))[0][0])
        _ball(sheet, (x, -0.63), 0.17, tone, lamp, rng)
    low = BACKS.get(who.style)
    if low is None:
        return
    half = (((-0.12, -0.57), (-0.34, -0.42), (-0.42, -0.1), (-0.45, 0.2), (-0.44, low * 0.8), (-0.3, low)),
            ((0.12, -0.57), (0.34, -0.42), (0.42, -0.1), (0.45, 0.2), (0.44, low * 0.8), (0.3, low)))  # fmt: skip
    if low < 0.2:
        half = (((-0.1, -0.55), (-0.33, -0.42), (-0.37, -0.2), (-0.33, low)), ((0.1, -0.55), (0.33, -0.42), (0.37, -0.2), (0.33, low)))
    darker = Tones(mix(tone.deep, colour("#000000"), 0.2), mix(tone.deep, tone.base, 0.35), mix(tone.deep, tone.base, 0.8), tone.base)
    lock(sheet, seen(turn, half[0]), seen(turn, half[1]), darker, lamp, rng, 0.0)


def shade_face(sheet: Sheet, who: Sitter, lamp: Light, inside: F32) -> None:
    """The shadow that the front hair throws onto the face."""
    turn = Turn(who.yaw)
    locks = [part for part in LOCKS.get(who.style, ()) if part is not _TAILS[0] and part is not _TAILS[1]]
    outlines = [
        np.concatenate([curve(seen(turn, k.outer), 6, False), curve(seen(turn, k.inner), 6, False)[::-1]])
        + [-0.02 * lamp.side, 0.035]
        for k in locks
    ]
    if outlines:
        shade = mix(lamp.shade, mix(who.skin, colour("#4a1a14"), 0.65), lamp.level * 0.8)
        sheet.fill_all(outlines, shade, 0.5, 0.018, inside)


def paint_front(sheet: Sheet, who: Sitter, lamp: Light, rng: np.random.Generator, free: bool) -> None:
    """Paint the locks over the head; those that hang free go with `free` set."""
    turn, tone = Turn(who.yaw), tones(who, lamp)
    if who.style in ("crop", "tousled", "curls") and not free:
        _crop(sheet, who, lamp, rng)
    if who.style in ("curly", "curls") and not free:
        _curls(sheet, who, lamp, rng, front=True)
    for part in LOCKS.get(who.style, ()):
        if part.free == free:
            lock(sheet, seen(turn, part.outer), seen(turn, part.inner), tone, lamp, rng, part.wave)
    if who.style == "pigtails" and free:
        for side in (-1, 1):
            x = float(seen(turn, ((side * 0.40, 0.0),))[0][0])
            sheet.fill(ellipse(x, 0.1, 0.05, 0.035, side * 0.5), lamp.on(who.cloth, 0.2))
            sheet.fill(ellipse(x + lamp.side * 0.012, 0.09, 0.022, 0.012), lamp.rim, 0.5, 0.006)


def lock(
    sheet: Sheet, outer: F32, inner: F32, tone: Tones, lamp: Light, rng: np.random.Generator, wave: float
) -> None:
    """Paint one lock between two edges: body, shade across, strands and a band of shine."""
    a, b = (f32(curve(e, 8, closed=False)) for e in (outer, inner))
    t = np.linspace(0, 1, len(a), dtype=np.float32)
    if wave:
        bend = wave * np.sin(t * 17 + float(rng.uniform(0, 6))) * np.clip(t * 2.4 - 0.8, 0, 1)
        a, b = a + np.stack([bend, 0 * t], 1), b + np.stack([bend * 0.7, 0 * t], 1)
    outline = f32(np.concatenate([a, b[::-1]]))
    top, low = (float(f(outline[:, 1])) for f in (np.min, np.max))
    sheet.fill(outline, Fade(tone.base, mix(tone.base, tone.deep, 0.5), (0, top), (0, low)), 1, 0.0015)
    inside = sheet.mask([outline])
    for edge, other, share in ((b, a, 0.9), (a, b, 0.55)):
        strip = f32(np.concatenate([edge, (edge * 0.72 + other * 0.28)[::-1]]))
        sheet.fill(strip, tone.deep, share, 0.022, inside)
    wide = float(np.hypot(*(a - b).T).max())
    count = int(np.clip(wide * 130, 12, 70))
    for paint, opacity, number, span in (
        (tone.deep, 0.5, count, (0.0, 1.0)),
        (tone.light, 0.34, count, (0.06, 0.95)),
        (tone.shine, 0.3, count, (0.12, 0.45)),
        (tone.shine, 0.2, count // 2, (0.5, 0.8)),
    ):
        _strands(sheet, a, b, paint, opacity, number, span, lamp, rng, inside)
    if float(a[:, 0].mean()) * lamp.side > 0.1:
        sheet.fill(_tapered(a[len(a) // 8 :], 0.016), lamp.rim, 0.75, 0.0035, inside)
        sheet.fill(_tapered(a[len(a) // 8 :], 0.07), lamp.rim, 0.28, 0.022, inside)


def _strands(
    sheet: Sheet, a: F32, b: F32, paint: F32, opacity: float, count: int, span: tuple[float, float],
    lamp: Light, rng: np.random.Generator, inside: F32,
) -> None:  # fmt: skip
    """Thin strokes along the lock, each over its own part of `span`."""
    n = len(a)
    strokes = []
    for u, v, w, thick in rng.random((count, 4)):
        start = span[0] + (span[1] - span[0]) * v * 0.5
        end = start + (span[1] - start) * (0.5 + 0.5 * w)
        first, last = int(start * (n - 1)), max(int(end * (n - 1)) + 1, int(start * (n - 1)) + 3)
        path = a[first:last] * (1 - u) + b[first:last] * u
        if len(path) > 2:
            strokes.append(_tapered(f32(path), 0.003 + 0.008 * thick))
    sheet.fill_all(strokes, paint, opacity, 0.0012, inside)


def _tapered(path: F32, width: float) -> F32:
    """A path as a stroke that is pointed at both ends."""
    along = np.gradient(path, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)
    normal = np.stack([-along[:, 1], along[:, 0]], 1) / length[:, None]
    half = np.sin(np.linspace(0.05, np.pi - 0.05, len(path)))[:, None] * width / 2
    return f32(np.concatenate([path + normal * half, (path - normal * half)[::-1]]))


def _ball(sheet: Sheet, at: tuple[float, float], r: float, tone: Tones, lamp: Light, rng: np.random.Generator) -> None:
    """A bun: strands wound around a ball."""
    x, y = at
    shape = ellipse(x, y, r, r * 0.86)
    sheet.fill(shape, Fade(tone.light, tone.deep, (x + lamp.side * r * 0.6, y - r * 0.7), (x - lamp.side * r * 0.7, y + r)))
    inside = sheet.mask([shape])
    for paint, opacity in ((tone.deep, 0.5), (tone.light, 0.4), (tone.shine, 0.3)):
        winds = []
        for k in range(16):
            size, shift, turn = rng.random(3)
            arc = ellipse(x + (shift - 0.5) * r * 0.6, y + r * 0.2, r * (0.3 + 0.7 * size), r * (0.2 + 0.6 * size), turn)
            winds.append(_tapered(arc[5 + k % 5 : 24 + k % 7], 0.004 + 0.006 * turn))
        sheet.fill_all(winds, paint, opacity, 0.0015, inside)
    sheet.fill(_tapered(ellipse(x, y, r, r * 0.86)[28:39] if lamp.side > 0 else ellipse(x, y, r, r * 0.86)[21:32], 0.018), lamp.rim, 0.7, 0.004)


def _curls(sheet: Sheet, who: Sitter, lamp: Light, rng: np.random.Generator, front: bool) -> None:
    """A cloud of curls around the head, or those at the hairline."""
    turn, tone = Turn(who.yaw), tones(who, lamp)
    big = who.style == "curly"
    count = (150 if big else 90) if not front else (70 if big else 110)
    reach, low = (0.60, 0.34) if big else (0.48, -0.12)
    dots = []
    for a, b, c in rng.random((count, 3)):
        if front:
            angle = np.pi * (1.0 + a)
            radius = 0.335 + 0.17 * b
            x, y = np.cos(angle) * radius * 0.98, -0.12 + np.sin(angle) * radius * 0.95 - (0 if big else 0.02)
            if y > -0.27 and abs(x) < 0.29:
                continue
        else:
            angle = np.pi * (0.78 + 1.44 * a)
            radius = reach * (0.45 + 0.55 * np.sqrt(b))
            x, y = np.cos(angle) * radius * 0.92, -0.14 + np.sin(angle) * radius * 0.86
            if y > low:
                continue
        dots.append((x, y, (0.062 if big else 0.046) * (0.75 + 0.5 * c), c))
    points = seen(turn, tuple((x, y) for x, y, _, _ in dots))
    base = tone if front else Tones(mix(tone.deep, colour("#000000"), 0.15), mix(tone.deep, tone.base, 0.55), mix(tone.base, tone.light, 0.3), tone.light)
    sheet.fill_all([ellipse(x, y, r, r, points=14) for (x, y), (_, _, r, _) in zip(points, dots, strict=True)], mix(base.deep, base.base, 0.35), 1, 0.002)
    for paint, opacity, from_, size in ((base.base, 0.8, 0.0, 1.0), (base.light, 0.55, 0.35, 0.8), (base.shine, 0.5, 0.55, 0.62)):
        arcs = []
        for (x, y), (_, _, r, c) in zip(points, dots, strict=True):
            facing = 0.5 + 0.5 * (lamp.side * x * 1.5 - (y + 0.1) * 1.2) + 0.25 * (c - 0.5)
            if facing < from_:
                continue
            ring = ellipse(x, y, r * size, r * size * 0.85, c * 6.28, 20)
            arcs.append(_tapered(ring[2 + int(c * 5) : 13 + int(c * 5)], r * 0.3 * size))
        sheet.fill_all(arcs, paint, opacity, 0.002)
    if not front:
        rim = [ellipse(x, y, r, r, points=16) for (x, y), (_, _, r, _) in zip(points, dots, strict=True) if np.hypot(x, y + 0.14) > reach * 0.82 and x * lamp.side > 0.05]
        sheet.fill_all([_tapered(f32(o[10:16] if lamp.side > 0 else o[7:13]), 0.012) for o in rim], lamp.rim, 0.6, 0.003)


def _crop(sheet: Sheet, who: Sitter, lamp: Light, rng: np.random.Generator) -> None:
    """Short hair: a shaded cap of fine strokes, thin over the ears."""
    turn, tone = Turn(who.yaw), tones(who, lamp)
    cap = ((-0.352, 0.0), (-0.372, -0.2), (-0.31, -0.42), (-0.14, -0.545), (0.06, -0.555), (0.26, -0.47), (0.36, -0.25),
           (0.352, 0.0), (0.325, -0.1), (0.30, -0.24), (0.245, -0.335), (0.1, -0.365), (-0.1, -0.365), (-0.245, -0.335),
           (-0.30, -0.24), (-0.325, -0.1))  # fmt: skip
    outline = curve(seen(turn, cap), 6)
    sheet.fill(outline, Fade(tone.base, mix(tone.base, tone.deep, 0.4), (lamp.side * 0.2, -0.5), (-lamp.side * 0.3, -0.2)), 0.92, 0.008)
    inside = sheet.mask([outline], 0.008)
    for paint, opacity in ((tone.deep, 0.6), (tone.light, 0.5), (tone.shine, 0.35)):
        marks = []
        for a, b, c in rng.random((240, 3)):
            angle = np.pi * (0.93 + 1.14 * a)
            radius = 0.34 + 0.13 * b
            x, y = np.cos(angle) * radius, -0.11 + np.sin(angle) * radius * 0.98
            if paint is tone.shine and (x * lamp.side < -0.05 or y > -0.3):
                continue
            dx, dy = np.cos(angle) * 0.05, np.sin(angle) * 0.05
            marks.append(stroke(seen(turn, ((x, y), (x + dx * 0.5 + 0.006 * c, y + dy * 0.5), (x + dx + 0.016 * (c - 0.3), y + dy))), 0.006, 0.005, 0.001, 2))
        sheet.fill_all(marks, paint, opacity, 0.001, inside)


def paint_beard(sheet: Sheet, who: Sitter, lamp: Light, rng: np.random.Generator, inside: F32) -> None:
    """A full beard, or stubble when `beard` is below 1."""
    turn, tone = Turn(who.yaw), tones(who, lamp)
    shape = ((-0.345, 0.06), (-0.345, 0.22), (-0.27, 0.40), (-0.15, 0.52), (0, 0.56), (0.15, 0.52), (0.27, 0.40), (0.345, 0.22),
             (0.345, 0.06), (0.29, 0.17), (0.22, 0.225), (0.12, 0.235), (0.05, 0.252), (0, 0.258), (-0.05, 0.252), (-0.12, 0.235), (-0.22, 0.225), (-0.29, 0.17))  # fmt: skip
    low = 0.05 if who.beard >= 1 else 0.0
    edge = curve([(x, y + (low if y > 0.35 else 0)) for x, y in turn.at(shape) + [0.0, 0.0]], 6)
    mouth = curve(turn.at(((-0.12, 0.305), (-0.05, 0.272), (0.05, 0.272), (0.12, 0.305), (0.06, 0.375), (-0.06, 0.375)), 0.02), 6)
    area = sheet.mask([edge], 0.016) * (1 - sheet.mask([mouth], 0.01))
    if who.beard < 1:
        area = f32(area * inside)
    full = who.beard >= 1
    sheet.wash(f32(area * (0.92 if full else 0.34)), mix(tone.base, tone.deep, 0.3))
    for paint, opacity in ((tone.deep, 0.5), (tone.light, 0.5), (tone.shine, 0.22)):
        marks = []
        for a, b, c in rng.random((260, 3)):
            x, y = (a - 0.5) * 0.7, 0.1 + 0.46 * b
            sx, sy = turn.at([(x, y)])[0]
            long = (0.045 if full else 0.012) * (0.6 + 0.6 * c)
            marks.append(stroke([(sx, sy), (sx + x * long * 0.5, sy + long * 0.5), (sx + x * long * 0.8 + 0.01 * (c - 0.5), sy + long)], 0.005, 0.004, 0.001, 2))
        sheet.fill_all(marks, paint, opacity * (1 if full else 0.5), 0.001, area)
