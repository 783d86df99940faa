"""How a still is drawn: a scene, a scene with cut-out subjects in it, or a picture redrawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from genmux.render.composition import scene, styles_left
from genmux.render.order import RenderOrder
from genmux.render.raster import U8
from genmux.render.redrawing import redrawn
from genmux.render.references import References
from genmux.render.sizes import RESTYLE_DESIGN, STILL_DESIGN, design_size
from genmux.render.styles import still_styled
from genmux.render.vocabulary import Reading


def drawn_still(
    order: RenderOrder, reading: Reading, rng: np.random.Generator, references: References | None,
    told: Callable[[int], None],
) -> U8:  # fmt: skip
    """The RGB picture at design size; `told` hears of step 1, composed, and step 2, drawn."""
    if references and references.base is not None:
        size = design_size(order.width, order.height, RESTYLE_DESIGN)
        picture = redrawn(references, references.base, size, reading, rng)
        told(2)
        return picture
    size = design_size(order.width, order.height, STILL_DESIGN)
    subjects, lenders = (references.subjects, references.others) if references else ((), ())
    composed, setting = scene(reading, rng, *size, moving=False, subjects=subjects, lenders=lenders)
    told(1)
    picture = np.ascontiguousarray(composed.still()[..., :3])
    picture = still_styled(picture, styles_left(reading, setting.family), rng)
    told(2)
    return picture
