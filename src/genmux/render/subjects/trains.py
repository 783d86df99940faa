"""Trains that cross a scene on their track: a steam engine with old coaches, or a high-speed train."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.layers import Element, Layer, layer
from genmux.render.noise import fbm
from genmux.render.paint.light import in_light
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, blend, f32, spread
from genmux.render.shapes import curve, ellipse, polygon
from genmux.render.sprites.motion import Motion
from genmux.render.stage import Stage
from genmux.render.subjects.easel import Easel, easel, sky_tones
from genmux.render.subjects.puffs import steam
from genmux.render.subjects.spot import Spot

_IRON: Final = colour("#1d2024")
_BRASS: Final = colour("#c79a4a")
_RED: Final = colour("#9a2a22")
_COACHES: Final = tuple(colour(c) for c in ("#2f5a43", "#7a2a2a", "#2d4a72", "#6a5236"))
_STRIPES: Final = tuple(colour(c) for c in ("#2f6fd0", "#d03a3a", "#e08a2a", "#2a9a8a"))
_WINDOW: Final = colour("#ffd28a")


def train(stage: Stage, spot: Spot) -> list[Element]:
    """A train of the spot's height on its bank; its engine passes near the middle, a steam engine smokes."""
    fast = stage.wants("highspeed") or (not stage.wants("steam") and stage.rng.random() < 0.4)
    size, facing = spot.size, -1.0 if spot.mirrored else 1.0
    coaches = int(np.clip(stage.geometry.layer_width / size / 2.6 * 0.62, 2, 7))
    board = easel(-2.5 * coaches - 0.3, 3.4, -0.12, 1.5, size)
    if fast:
        _fast_train(stage, board, coaches)
    else:
        _steam_train(stage, board, coaches)
    g = stage.geometry
    x = g.layer_width / 2 + facing * (g.width * 0.24 - 2.6 * size)
    pace = facing * size * (0.75 if fast else 0.42)
    rolling = board.placed(x, spot.y, spot.depth, facing, Motion(drift=(pace, 0.0)))
    elements: list[Element] = [_track(stage, spot), rolling]
    if not fast:
        chimney = (x + facing * 2.34 * size, spot.y - 1.28 * size)
        white = mix(colour("#ffffff"), stage.palette.sun, 0.2)
        tones = (in_light(stage, mix(white, stage.palette.far, 0.5)), in_light(stage, white))
        elements.insert(1, steam(stage.rng, chimney, spot.depth, pace, size * 0.95, tones))
    return elements


def _box(left: float, low: float, right: float, high: float) -> F32:
    return polygon([(left, low), (right, low), (right, high), (left, high)])


def _steam_train(stage: Stage, board: Easel, coaches: int) -> None:
    paint = _COACHES[int(stage.rng.integers(len(_COACHES)))]
    for k in range(coaches):
        _coach(stage, board, -2.42 * (k + 1) + 0.1, paint)
    _tender(stage, board)
    _engine(stage, board)


def _coach(stage: Stage, board: Easel, left: float, paint: F32) -> None:
    tone, dark = in_light(stage, paint), in_light(stage, _IRON)
    sky, low = sky_tones(stage)
    right = left + 2.3
    for x in (left + 0.3, left + 0.62, right - 0.62, right - 0.3):
        _wheel(stage, board, x, 0.13)
    board.solid(_box(left - 0.1, 0.2, right + 0.1, 0.27), f32(dark * 0.8))
    board.shaded(
        _box(left, 0.24, right, 0.92), [(0.24, f32(tone * 0.5)), (0.5, tone), (0.92, f32(tone * 1.1))]
    )
    roof = curve(
        [
            (left - 0.05, 0.9),
            (left + 0.1, 1.0),
            ((left + right) / 2, 1.04),
            (right - 0.1, 1.0),
            (right + 0.05, 0.9),
        ],
        6,
    )
    board.shaded(roof, [(0.9, f32(dark * 0.9)), (1.04, mix(dark, low if stage.dark else sky, 0.35))])
    board.solid(_box(left, 0.5, right, 0.525), in_light(stage, _BRASS), 0.8)
    _windows(stage, board, (left + 0.16, right - 0.16), (0.58, 0.83), 7)


def _windows(
    stage: Stage, board: Easel, ends: tuple[float, float], rows: tuple[float, float], count: int
) -> None:
    sky, _ = sky_tones(stage)
    step = (ends[1] - ends[0]) / count
    for k in range(count):
        pane = _box(ends[0] + step * (k + 0.14), rows[0], ends[0] + step * (k + 0.86), rows[1])
        if stage.dark:
            board.solid(pane, f32(_WINDOW * 0.9))
            board.shine(pane, _WINDOW * 0.3, 0.05)
        else:
            board.shaded(pane, [(rows[0], f32(sky * 0.35)), (rows[1], f32(sky * 0.75))])


def _wheel(stage: Stage, board: Easel, x: float, radius: float, tone: F32 = _IRON) -> None:
    dark, rim = in_light(stage, _IRON), in_light(stage, tone)
    board.solid(ellipse(x, radius, radius, radius), f32(dark * 0.7))
    board.solid(ellipse(x, radius, radius * 0.82, radius * 0.82), mix(rim, dark, 0.3))
    board.solid(ellipse(x, radius, radius * 0.62, radius * 0.62), f32(dark * 0.55))
    for turn in np.arange(6) * np.pi / 6:
        c, s = np.cos(turn) * radius * 0.8, np.sin(turn) * radius * 0.8
        nx, ny = -np.sin(turn) * radius * 0.07, np.cos(turn) * radius * 0.07
        spoke = [(x - c + nx, radius - s + ny), (x + c + nx, radius + s + ny), (x + c - nx, radius + s - ny),
                 (x - c - nx, radius - s - ny)]  # fmt: skip
        board.solid(polygon(spoke), rim)


def _tender(stage: Stage, board: Easel) -> None:
    dark = in_light(stage, _IRON)
    for x in (0.12, 0.42, 0.7):
        _wheel(stage, board, x, 0.15, _RED)
    board.shaded(_box(-0.02, 0.26, 0.86, 0.8), [(0.26, f32(dark * 0.7)), (0.8, f32(dark * 1.5))])
    coal = curve([(0.0, 0.8), (0.15, 0.9), (0.35, 0.86), (0.55, 0.93), (0.75, 0.86), (0.86, 0.8)], 5)
    board.solid(coal, f32(dark * 0.6))


def _engine(stage: Stage, board: Easel) -> None:
    dark, red, brass = (in_light(stage, c) for c in (_IRON, _RED, _BRASS))
    sky, low = sky_tones(stage)
    gleam = mix(dark, low if stage.dark else sky, 0.45)
    board.solid(_box(0.9, 0.24, 2.7, 0.36), f32(red * 0.8))
    board.solid(polygon([(2.6, 0.05), (2.98, 0.05), (2.72, 0.34), (2.6, 0.34)]), red)
    for x in (1.22, 1.62, 2.02):
        _wheel(stage, board, x, 0.24, _RED)
    for x in (2.38, 2.6):
        _wheel(stage, board, x, 0.13, _RED)
    board.solid(_box(1.2, 0.215, 2.36, 0.255), f32(gleam * 1.1))
    board.solid(_box(2.2, 0.26, 2.56, 0.44), f32(dark * 1.2))
    board.shaded(
        _box(1.42, 0.4, 2.66, 0.88),
        [(0.4, f32(dark * 0.55)), (0.6, dark), (0.76, gleam), (0.88, f32(dark * 1.2))],
    )
    board.shaded(ellipse(2.66, 0.64, 0.07, 0.24), [(0.4, f32(dark * 0.7)), (0.88, gleam)])
    for x in (1.7, 1.98, 2.26):
        board.solid(_box(x, 0.4, x + 0.022, 0.885), brass, 0.85)
    board.shaded(_box(0.92, 0.36, 1.46, 1.02), [(0.36, f32(dark * 0.7)), (1.02, f32(dark * 1.6))])
    board.shaded(
        _box(1.04, 0.66, 1.32, 0.94),
        [(0.66, f32(sky * 0.3)), (0.94, f32((_WINDOW if stage.dark else sky) * 0.8))],
    )
    board.solid(curve([(0.82, 1.0), (0.95, 1.08), (1.4, 1.08), (1.54, 1.0)], 5), f32(dark * 0.8))
    board.shaded(
        polygon([(2.27, 0.86), (2.41, 0.86), (2.43, 1.22), (2.25, 1.22)]),
        [(0.86, dark), (1.22, f32(dark * 1.5))],
    )
    board.solid(_box(2.22, 1.2, 2.46, 1.26), brass)
    board.shaded(
        curve([(1.76, 0.87), (1.78, 1.0), (1.87, 1.04), (1.96, 1.0), (1.98, 0.87)], 5),
        [(0.87, f32(brass * 0.6)), (1.04, brass)],
    )
    board.solid(ellipse(2.76, 0.84, 0.065, 0.065), brass)
    if stage.dark:
        board.shine(ellipse(2.78, 0.84, 0.05, 0.05), _WINDOW, 0.02)
        board.shine(ellipse(2.85, 0.84, 0.22, 0.2), _WINDOW * 0.5, 0.14)
        board.shine(polygon([(2.78, 0.86), (3.4, 1.0), (3.4, 0.45), (2.78, 0.8)]), _WINDOW * 0.2, 0.05)


def _fast_train(stage: Stage, board: Easel, coaches: int) -> None:
    white, stripe = (
        in_light(stage, colour("#eef1f4")),
        in_light(stage, _STRIPES[int(stage.rng.integers(len(_STRIPES)))]),
    )
    dark, (sky, low) = in_light(stage, _IRON), sky_tones(stage)
    back = -2.45 * coaches
    nose = [(2.0, 0.86), (2.5, 0.72), (2.9, 0.5), (3.1, 0.32), (3.05, 0.2), (2.8, 0.14)]
    shell = np.concatenate([f32([(back, 0.14), (back, 0.88)]), curve([(1.4, 0.92), *nose], 6, closed=False)])
    bright = mix(white, low if stage.dark else sky, 0.3)
    board.solid(_box(back, 0.02, 2.7, 0.2), f32(dark * 0.7))
    board.shaded(
        f32(shell),
        [
            (0.1, f32(white * 0.5)),
            (0.3, f32(white * 0.85)),
            (0.6, white),
            (0.86, bright),
            (0.92, f32(white * 0.8)),
        ],
    )
    board.solid(
        curve(
            [(back, 0.34), (1.6, 0.34), (2.4, 0.31), (3.04, 0.26), (2.4, 0.36), (1.6, 0.42), (back, 0.42)], 4
        ),
        stripe,
    )
    for k in range(coaches + 1):
        left = 2.45 * (k - coaches) + 0.1
        last = k == coaches
        _windows(stage, board, (left + 0.1, left + (1.5 if last else 2.2)), (0.54, 0.72), 6 if last else 9)
        board.solid(_box(left - 0.13, 0.14, left - 0.1, 0.9), f32(dark * 1.2), 0.7)
    board.shaded(
        curve([(1.95, 0.6), (2.05, 0.8), (2.35, 0.74), (2.62, 0.6), (2.3, 0.58)], 5),
        [(0.58, f32(sky * 0.2)), (0.8, f32(sky * 0.5))],
    )
    if stage.dark:
        board.shine(ellipse(2.95, 0.36, 0.05, 0.03), _WINDOW, 0.01)
        board.shine(ellipse(3.05, 0.36, 0.25, 0.16), _WINDOW * 0.5, 0.12)


def _track(stage: Stage, spot: Spot) -> Layer:
    """The rails on a bank of gravel and grass that runs across the picture and fades into its ground."""
    g, size, rng = stage.geometry, spot.size, stage.rng
    top = max(0, min(int(spot.y - size * 0.03), g.layer_height - 4))
    rows = max(4, min(g.layer_height - top, round(size * 0.75)))
    y = np.arange(rows, dtype=np.float32)[:, None] / size
    rough = fbm(rng, rows, g.layer_width, max(2.0, rows / 6), 3)
    gravel, grass = (in_light(stage, c) for c in (colour("#8f8880"), _ground(stage)))
    share = f32(np.clip((y - 0.1 + (rough - 0.5) * 0.16) / 0.1, 0, 1))
    rgb = blend(gravel, grass, share) * spread(
        f32(
            (0.9 + 0.2 * rough if stage.wants("snowy") else 0.7 + 0.6 * rough)
            * (1.1 - 0.5 * np.clip(y, 0, 1))
        )
    )
    rail = (y > 0.012) & (y < 0.04)
    rgb = blend(
        f32(rgb), in_light(stage, colour("#3a3734")), f32(np.repeat(rail, g.layer_width, axis=1) * 0.9)
    )
    cover = np.clip((0.72 - y + (rough - 0.5) * 0.3) / 0.45, 0, 1)
    return layer(f32(np.clip(rgb, 0, 1)), f32(cover), spot.depth, top)


def _ground(stage: Stage) -> F32:
    """What grows on the bank."""
    if stage.wants("snowy"):
        return colour("#e4ebf4")
    if stage.family == "desert":
        return mix(stage.palette.far, colour("#c79a62"), 0.6)
    return mix(stage.palette.far, colour("#5d7f42"), 0.6)
