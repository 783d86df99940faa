"""Reference pictures: what each is good for, a subject to cut out or a picture to start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from genmux.render.cutout import Cutout, cutout
from genmux.render.fitting import opened
from genmux.render.order import RenderOrder
from genmux.render.raster import U8
from genmux.render.vocabulary import Reading

SIZE: Final = 768
_CUT_OUT: Final = "the subject of a reference was cut out and put into the scene of the prompt"
_PUT_INTO: Final = "the subject of a reference was cut out and put into another reference"
_NO_SUBJECT: Final = "no reference has a subject clear enough to cut out, so the first one itself is redrawn"


@dataclass(frozen=True, slots=True, eq=False)
class References:
    """Reference pictures sorted by their use.

    With `subjects` and no `base`, they are put into the scene that is painted for the prompt; with both,
    into the base; with a base alone, it is redrawn. `others` lend their colours.
    """

    subjects: tuple[Cutout, ...]
    base: bytes | None
    others: tuple[U8, ...]
    notes: tuple[str, ...]


def references_of(order: RenderOrder, reading: Reading) -> References | None:
    """The references of an order: of a still all its inputs, whatever they are called; None without any."""
    pictures = [item.data for item in order.inputs if order.kind == "image" or item.role == "reference"]
    return sort_references(pictures, reading) if pictures else None


def sort_references(data: Sequence[bytes], reading: Reading) -> References:
    """Sort the bytes of pictures; the prompt says whether there is a scene to put subjects into."""
    wanted = bool(reading.all("family"))
    if len(data) == 1 and not wanted:
        return References((), data[0], (), ())
    opened_all = [opened(one, SIZE) for one in data]
    found = [cutout(*one) for one in opened_all]
    subjects = tuple(one for one in found if one is not None)
    rest = [n for n, one in enumerate(found) if one is None]
    if subjects and wanted:
        return References(subjects, None, tuple(opened_all[n][0] for n in rest), (_CUT_OUT,))
    if subjects and rest:
        base, *more = rest
        return References(subjects, data[base], tuple(opened_all[n][0] for n in more), (_PUT_INTO,))
    notes = (_NO_SUBJECT,) if wanted else ()
    return References((), data[0], tuple(picture for picture, _ in opened_all[1:]), notes)
