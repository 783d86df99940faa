"""Timber shopfronts of an old town: door leaves with lattice, open shops, plastered walls."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from genmux.render.palette import colour
from genmux.render.raster import F32, f32
from genmux.render.urban.shops import room

PAPER: Final = colour("#ffb056")
_WOOD: Final = tuple(colour(c) for c in ("#5a1f18", "#4a2a1c", "#3a241c", "#6a2a1e"))
_PLASTER: Final = colour("#c9bfae")


def bay(rng: np.random.Generator, pane: F32, fall: F32, glass: F32, dark: bool) -> None:
    """Fill one bay of the ground floor (h, w, 3), in place; `fall` is the light on its walls."""
    kind = rng.random()
    if kind < 0.36:
        room(rng, pane, PAPER, float(rng.uniform(0.7, 1.15)) if dark else 0.3)
    elif kind < 0.88:
        _leaves(rng, pane, fall, glass, dark)
    else:
        pane[:] = _PLASTER * fall
        h, w = pane.shape[:2]
        lattice(pane[int(h * 0.2) : int(h * 0.6), int(w * 0.22) : int(w * 0.78)], glass, dark, 4)


def _leaves(rng: np.random.Generator, pane: F32, fall: F32, glass: F32, dark: bool) -> None:
    """Four narrow door leaves: lattice above, carved panels below."""
    h, w = pane.shape[:2]
    wood = _WOOD[int(rng.integers(len(_WOOD)))] * fall
    lit = dark and rng.random() < 0.7
    edges = np.linspace(0, w, 5).astype(int)
    pane[:] = wood
    for left, right in itertools.pairwise(edges):
        rim = max(1, (right - left) // 9)
        lattice(pane[int(h * 0.07) : int(h * 0.58), left + rim : right - rim], glass, lit, 3)
        pane[int(h * 0.66) : int(h * 0.93), left + 2 * rim : right - 2 * rim] *= 0.72
        pane[:, left : left + max(1, rim // 2)] *= 0.45


def lattice(pane: F32, glass: F32, lit: bool, columns: int, tone: F32 = PAPER) -> None:
    """Paper windows behind fretwork, in place."""
    h, w = pane.shape[:2]
    if h < 4 or w < 4:
        return
    y = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    x = np.linspace(-1, 1, w, dtype=np.float32)[None, :, None]
    pane[:] = tone * f32(0.95 - 0.35 * y - 0.15 * x * x) if lit else glass * 0.5
    step, bar = max(3, w // (2 * columns)), max(1, w // (16 * columns))
    for at in range(0, w, step):
        pane[:, at : at + bar] *= 0.22
    for at in range(0, h, step):
        if (at // step) % 3 != 1:
            pane[at : at + bar] *= 0.22
