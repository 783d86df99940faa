"""What is printed over a finished picture: the mark and the caption."""

from __future__ import annotations

from dataclasses import dataclass

from genmux.render.order import RenderOrder
from genmux.render.overprint.caption import caption
from genmux.render.overprint.lettering import Stamp
from genmux.render.overprint.mark import mark
from genmux.render.raster import U8


@dataclass(frozen=True, slots=True, eq=False)
class Overprint:
    """The stamps of one order, and what there is to note about them."""

    each: tuple[Stamp, ...]
    notes: tuple[str, ...]

    def draw(self, canvas: U8, opacity: float = 1.0) -> None:
        """Draw all of them onto an RGB or RGBA canvas of the ordered size, in place."""
        for one in self.each:
            one.stamp(canvas, opacity)


def overprint(order: RenderOrder) -> Overprint:
    """The mark and the caption, as far as an order asks for them."""
    badge = mark(order.width, order.height) if order.mark else None
    words, notes = caption(order.caption, order.width, order.height, beside=badge)
    return Overprint(tuple(one for one in (badge, words) if one is not None), notes)
