"""Small copies of the gallery's pictures, kept to notice what changes: `python -m tests.render.golden`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from tests.render.pictures import Picture, made, order, picture

from genmux.render.showcase import showcase

FILE = Path(__file__).parent / "golden.png"
COLUMNS = 6
SIZE = (160, 90)

TOLERANCE = 6.0
"""Mean distance in byte steps: another CPU or another NumPy may round a little differently."""


def load(name: str) -> Picture:
    """The kept copy of one picture."""
    place = [shown.name for shown in showcase()].index(name)
    left, top = place % COLUMNS * SIZE[0], place // COLUMNS * SIZE[1]
    with Image.open(FILE) as sheet:
        return np.asarray(sheet.convert("RGB").crop((left, top, left + SIZE[0], top + SIZE[1])))


def distance(picture_now: Picture, kept: Picture) -> float:
    """How far a picture is from its kept copy, its fine grain aside."""
    soft = [cv2.GaussianBlur(p.astype(np.float32), (0, 0), 1.2) for p in (small(picture_now), kept)]
    return float(np.abs(soft[0] - soft[1]).mean())


def small(pixels: Picture) -> Picture:
    return np.asarray(cv2.resize(pixels, SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def main() -> None:
    """Paint every picture and keep a copy."""
    cv2.setNumThreads(1)
    tiles = [small(picture(made(order(prompt=s.prompt, seed=s.seed))[0])) for s in showcase()]
    rows = [np.hstack(tiles[n : n + COLUMNS]) for n in range(0, len(tiles), COLUMNS)]
    Image.fromarray(np.vstack(rows)).save(FILE, optimize=True)


if __name__ == "__main__":
    main()
