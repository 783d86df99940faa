"""Picture styles: each turns RGB pictures into the same pictures in another hand.

A style is made once for a size and then applied to one still or to every frame of a film.
Whatever it draws by chance it draws when it is made, so that a film's texture holds still.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from genmux.render.raster import U8
from genmux.render.styles.facets import lowpoly, pixel
from genmux.render.styles.flat import anime, papercut
from genmux.render.styles.paint import ink, oil, sketch, watercolor
from genmux.render.styles.tones import film, mono, vintage
from genmux.render.styles.work import Filter, Work

STYLES: Final[dict[str, Callable[[Work], Filter]]] = {
    "mono": mono,
    "vintage": vintage,
    "film": film,
    "oil": oil,
    "watercolor": watercolor,
    "sketch": sketch,
    "ink": ink,
    "anime": anime,
    "lowpoly": lowpoly,
    "papercut": papercut,
    "pixel": pixel,
}


def still_styled(picture: U8, names: Sequence[str], rng: np.random.Generator) -> U8:
    """One RGB picture in the named styles, applied in order; other names change nothing."""
    work = Work(picture.shape[1], picture.shape[0], rng, moving=False)
    for name in names:
        if name in STYLES:
            picture = STYLES[name](work)(picture)
    return picture


def film_filters(names: Sequence[str], width: int, height: int, rng: np.random.Generator) -> list[Filter]:
    """The filters of the named styles for frames of this size; other names give none."""
    work = Work(width, height, rng, moving=True)
    return [STYLES[name](work) for name in names if name in STYLES]


__all__ = ["STYLES", "Filter", "Work", "film_filters", "still_styled"]
