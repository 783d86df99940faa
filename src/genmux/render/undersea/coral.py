"""Corals and what grows beside them, each as a small shaded form."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from genmux.render.noise import fbm, smoothstep
from genmux.render.raster import F32, f32, grid
from genmux.render.shapes import ellipse
from genmux.render.undersea.growth import SOFTEN, Form, Sketch, board_of


def _branch(
    rng: np.random.Generator, x: float, y: float, angle: float, length: float, level: int, spread: float
) -> list[tuple[int, F32]]:
    """A branching growth as (level left, curved piece of line), trunk first."""
    bend = float(rng.normal(0, 0.16))
    along = np.linspace(0, 1, 5, dtype=np.float32)
    turn = angle + bend * along
    pieces = np.stack([x + np.sin(turn) * length * along, y - np.cos(turn) * length * along], 1)
    found = [(level, f32(pieces))]
    if level > 0:
        for side in (-1, 1):
            lean = angle * 0.92 + side * spread * float(rng.uniform(0.6, 1.25))
            reach = length * float(rng.uniform(0.74, 0.92))
            end = pieces[-1] if rng.random() < 0.7 else pieces[3]
            found += _branch(rng, float(end[0]), float(end[1]), lean, reach, level - 1, spread)
    return found


def fan(rng: np.random.Generator, size: int) -> Form:
    """A sea fan: a flat lace of fine branches."""
    board = board_of(size, round(size * 1.5))
    root, length = board.light.shape[1] / 2, size * SOFTEN * 0.2
    for angle in (-0.85, -0.45, -0.1, 0.25, 0.65):
        for level, line in _branch(rng, root, size * SOFTEN * 1.0, angle, length, 6, 0.27):
            board.line(line, size * SOFTEN * 0.0055 * (1 + level * 0.75), 255 - 22 * level)
    return board.form()


def staghorn(rng: np.random.Generator, size: int) -> Form:
    """A thicket of round branches with pale tips."""
    board = board_of(size, round(size * 1.7))
    s = size * SOFTEN
    lines = [
        piece
        for angle in rng.permutation(np.linspace(-0.85, 0.85, 6))
        for piece in _branch(rng, board.light.shape[1] / 2 + float(angle) * s * 0.12, s * 1.02, float(angle),
                             s * 0.31, 3, 0.42)
    ]  # fmt: skip
    for level, line in lines:
        board.tube(line, s * (0.03 + 0.011 * level), 225 - 22 * level)
        if level == 0:
            board.disc(float(line[-1, 0]), float(line[-1, 1]), s * 0.015, 255)
    return board.form()


def tubes(rng: np.random.Generator, size: int) -> Form:
    """A cluster of tube sponges with dark mouths."""
    board = board_of(size, size)
    s = size * SOFTEN
    for k in np.argsort(rng.random(8)):
        lean = (float(k) - 3.5) / 3.5
        width = s * float(rng.uniform(0.10, 0.15))
        top = s * float(rng.uniform(0.1, 0.5)) + abs(lean) * s * 0.12
        x = s * (0.5 + 0.24 * lean)
        body = f32([(s * (0.5 + 0.12 * lean), s * 1.05), (s * (0.5 + 0.20 * lean), s * 0.7), (x, top)])
        board.tube(body, width, 205)
        board.area(ellipse(x, top - width * 0.06, width * 0.56, width * 0.26, lean * 0.3), 245)
        board.area(ellipse(x, top - width * 0.03, width * 0.36, width * 0.15, lean * 0.3), 34)
    return board.form()


def bush(rng: np.random.Generator, size: int) -> Form:
    """A soft coral: a dome of many small buds."""
    board = board_of(size, round(size * 1.4))
    s, centre = size * SOFTEN, board.light.shape[1] / 2
    turn, out = rng.uniform(-1.5, 1.5, 260), np.sqrt(rng.random(260))
    x, y = centre + np.sin(turn) * out * s * 0.6, s * 0.98 - np.cos(turn) * out * s * 0.85
    board.area(ellipse(centre, s, s * 0.5, s * 0.7), 60)
    for k in np.argsort(y - out * s * 0.25):
        r = s * (0.035 + 0.03 * float(rng.random()))
        bright = 0.45 + 0.55 * float(np.clip(1.05 - y[k] / s, 0, 1)) + float(rng.normal(0, 0.05))
        px, py = float(x[k]), float(y[k])
        board.disc(px, py, r, round(np.clip(95 * bright, 0, 255)))
        board.disc(px - r * 0.15, py - r * 0.18, r * 0.72, round(np.clip(190 * bright, 0, 255)))
        board.disc(px - r * 0.28, py - r * 0.32, r * 0.32, round(np.clip(265 * bright, 0, 255)))
    return board.form()


def brain(rng: np.random.Generator, size: int) -> Form:
    """A brain coral: a dome with winding grooves."""
    width = round(size * 1.6)
    x, y = grid(size, width)
    u, v = (x - width / 2) / (width / 2), (size - y) / size
    out = np.hypot(u, v)
    depth = np.sqrt(np.clip(1 - out * out, 0, 1))
    swell = 1 / (0.45 + 0.55 * depth)
    winding = fbm(rng, size, width, 5, 2) * 30 + np.sin(u * 5 * swell) * 1.2
    groove = smoothstep(-0.75, 0.35, f32(np.sin(winding * swell)))
    facing = np.clip(0.15 + 0.55 * v - 0.28 * u + 0.4 * depth, 0, 1)
    light = facing * (0.42 + 0.58 * groove)
    return Form(f32(np.clip(light, 0, 1)), f32(np.clip((1 - out) * size * 0.5, 0, 1)))


def table(rng: np.random.Generator, size: int) -> Form:
    """A table coral: flat plates over each other on short stalks."""
    board = board_of(size, round(size * 1.8))
    s, width = size * SOFTEN, board.light.shape[1]
    for k, height in enumerate((0.74, 0.58, 0.40, 0.2)):
        x = width * (0.5 + float(rng.uniform(-0.1, 0.1)))
        reach = width * (0.36 - 0.065 * k) * float(rng.uniform(0.85, 1.1))
        board.tube(f32([(width / 2, s * 1.05), (x, s * height)]), s * 0.12, 110)
        board.area(ellipse(x, s * height, reach, s * 0.085), 60)
        board.area(ellipse(x, s * (height - 0.025), reach, s * 0.075), 205)
        for a in rng.uniform(0, 6.28, 90):
            out = math.sqrt(float(rng.uniform(0.05, 1)))
            at = (x + math.cos(a) * out * reach * 0.97, s * (height - 0.03) + math.sin(a) * out * s * 0.07)
            board.disc(*at, s * 0.016, round(150 + 105 * out * float(rng.uniform(0.6, 1))))
    return board.form()


def anemone(rng: np.random.Generator, size: int) -> Form:
    """A sea anemone: a tuft of soft tentacles with bright tips."""
    board = board_of(size, round(size * 1.7))
    s, centre = size * SOFTEN, board.light.shape[1] / 2
    board.area(ellipse(centre, s * 0.98, s * 0.24, s * 0.24), 62)
    for depth in np.linspace(0, 1, 46):
        lean = float(rng.uniform(-1.15, 1.15))
        length = s * float(rng.uniform(0.5, 0.74)) * (1.05 - 0.45 * depth)
        along = np.linspace(0, 1, 8, dtype=np.float32)
        turn = lean * (0.55 + 0.6 * along) + float(rng.normal(0, 0.25)) * along**2
        x = centre + lean * s * 0.17 + np.sin(turn) * length * along
        y = s * (0.84 + 0.1 * depth) - np.cos(turn) * length * along
        line = f32(np.stack([x, y], 1))
        board.tube(line, s * 0.044, round(110 + 80 * depth))
        board.disc(float(line[-1, 0]), float(line[-1, 1]), s * 0.03, 255)
    return board.form()


def whips(rng: np.random.Generator, size: int) -> Form:
    """Sea whips: a few slender feathered rods."""
    board = board_of(size, round(size * 0.9))
    s, centre = size * SOFTEN, board.light.shape[1] / 2
    for lean in rng.permutation(np.linspace(-0.42, 0.42, 9)):
        along = np.linspace(0, 1, 14, dtype=np.float32)
        turn = float(lean) * along * 1.5
        length = s * float(rng.uniform(0.6, 0.95))
        line = np.stack([centre + np.sin(turn) * length * along, s - np.cos(turn) * length * along], 1)
        board.tube(f32(line), s * 0.022, 190)
        for x, y in line[4:]:
            for side in (-1, 1):
                bud = f32([(x, y), (x + side * s * 0.03, y - s * 0.035)])
                board.line(bud, s * 0.008, 240)
    return board.form()


def grass(rng: np.random.Generator, size: int) -> Form:
    """A tuft of ribbon-like sea grass or kelp."""
    board = board_of(size, round(size * 0.7))
    s, centre = size * SOFTEN, board.light.shape[1] / 2
    for depth in np.linspace(0, 1, 11):
        along = np.linspace(0, 1, 16, dtype=np.float32)
        wave = np.sin(along * float(rng.uniform(2.5, 5)) + float(rng.uniform(0, 6))) * along * s * 0.06
        x = centre + float(rng.normal(0, 0.05)) * s + float(rng.normal(0, 0.13)) * s * along + wave
        y = s - s * float(rng.uniform(0.55, 0.97)) * along
        half = s * 0.02 * (1 - along) ** 0.6 * (0.5 + along) * 1.6
        right = np.stack([x + half, y], 1)
        left = np.stack([x - half, y], 1)
        board.area(f32(np.concatenate([left, right[::-1]])), round(70 + 110 * depth))
        board.area(f32(np.concatenate([left, np.stack([x, y], 1)[::-1]])), round(110 + 130 * depth))
    return board.form()


def kelp(rng: np.random.Generator, size: int) -> Form:
    """Kelp: long winding stems with leaves to both sides."""
    board = board_of(size, round(size * 0.42))
    s, centre = size * SOFTEN, board.light.shape[1] / 2
    for depth in np.linspace(0, 1, 4):
        along = np.linspace(0, 1, 40, dtype=np.float32)
        height = s * float(rng.uniform(0.72, 0.97))
        wind = np.sin(along * float(rng.uniform(3, 6)) + float(rng.uniform(0, 6))) * along * s * 0.035
        x = centre + float(rng.normal(0, 0.05)) * s * along + wind
        stem = f32(np.stack([x, s - height * along], 1))
        side = 1.0
        for k in range(3, 40):
            side = -side
            reach = s * float(rng.uniform(0.06, 0.125)) * (1 - 0.55 * along[k])
            value = (80 + 100 * depth) * float(rng.uniform(0.75, 1.2))
            _leaf(board, stem[k], side, reach, float(rng.uniform(-1.1, 0.3)), round(value))
        board.tube(stem, s * 0.009, round(100 + 90 * depth))
    return board.form()


def _leaf(board: Sketch, root: F32, side: float, reach: float, droop: float, value: int) -> None:
    """A long leaf whose upper half is lighter."""
    along = np.linspace(0, 1, 9, dtype=np.float32)
    x = root[0] + side * reach * along
    y = root[1] - reach * (0.75 * along - (0.75 + droop) * along**2)
    half = reach * 0.085 * np.sqrt(np.sin(np.pi * along**0.7).clip(0, 1))
    upper, lower = np.stack([x, y - half], 1), np.stack([x, y + half], 1)
    board.area(f32(np.concatenate([upper, lower[::-1]])), value)
    board.area(f32(np.concatenate([upper, np.stack([x, y], 1)[::-1]])), min(round(value * 1.35), 255))


def starfish(rng: np.random.Generator, size: int) -> Form:
    """A starfish lying on the ground."""
    x, y = grid(size, round(size * 1.5))
    u, v = (x / size - 0.75) / 0.75 * 1.05, (y / size - 0.5) * 2.1
    angle = np.arctan2(v, u) + float(rng.uniform(0, 1.2))
    out = np.hypot(u, v)
    arm = np.abs(np.mod(angle * 5 / (2 * math.pi), 1) - 0.5) * 2
    edge = 0.34 + 0.64 * arm**2.2
    bumps = fbm(rng, x.shape[0], x.shape[1], 16, 2)
    ridge = smoothstep(0.5, 1.0, f32(arm)) * smoothstep(0.9, 0.1, f32(out))
    light = np.clip(0.5 + 0.35 * ridge - 0.25 * v - 0.15 * u + (bumps - 0.5) * 0.6, 0, 1)
    return Form(f32(light), f32(np.clip((edge - out) * size * 0.35, 0, 1)))


GROWTHS: Final[dict[str, Callable[[np.random.Generator, int], Form]]] = {
    "fan": fan, "staghorn": staghorn, "tubes": tubes, "bush": bush, "brain": brain,
    "table": table, "anemone": anemone, "whips": whips, "grass": grass, "kelp": kelp, "starfish": starfish,
}  # fmt: skip
SOFT: Final = frozenset({"fan", "anemone", "whips", "grass", "kelp"})
