"""How a film is drawn: through a scene, through a picture, or from one picture to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.composition import scene, styles_left
from genmux.render.fitting import fit
from genmux.render.layers import Scene
from genmux.render.morph import morph
from genmux.render.order import RenderOrder
from genmux.render.parallax import parallax
from genmux.render.raster import U8
from genmux.render.redrawing import redrawn
from genmux.render.references import References, references_of
from genmux.render.sizes import FILM_DESIGN, design_size, sized
from genmux.render.stage import Stage, family_of
from genmux.render.styles import film_filters
from genmux.render.vocabulary import Reading

Draw = Callable[[int], U8]

_ONLY_LAST: Final = "only a last frame was given: the film moves toward it"
_UNUSED_REFERENCES: Final = "references are not used beside a first or last frame"


@dataclass(frozen=True, slots=True, eq=False)
class Reel:
    """How a film is drawn: RGBA frames by number, what must stay exact, what to report and to restyle."""

    draw: Draw
    mode: str
    family: str
    time: str
    exact: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


def reel(order: RenderOrder, reading: Reading, rng: np.random.Generator) -> Reel:
    """The film that an order asks for."""
    firsts, lasts = order.pictures("first_frame"), order.pictures("last_frame")
    if firsts or lasts:
        return _reel_of_frames(order, reading, rng, firsts[:1], lasts[:1], bool(order.pictures("reference")))
    size = design_size(order.width, order.height, FILM_DESIGN)
    references = references_of(order, reading)
    if references is None:
        return _reel_of_scene(order, reading, *scene(reading, rng, *size, moving=True), "text_to_video")
    return _reel_of_references(order, reading, rng, size, references)


def _reel_of_scene(
    order: RenderOrder, reading: Reading, composed: Scene, setting: Stage, mode: str,
    notes: tuple[str, ...] = (),
) -> Reel:  # fmt: skip
    return Reel(
        lambda n: composed.frame(n, order.frames), mode, setting.family, setting.time, notes=notes,
        styles=styles_left(reading, setting.family),
    )  # fmt: skip


def _reel_of_references(
    order: RenderOrder, reading: Reading, rng: np.random.Generator, size: tuple[int, int],
    references: References,
) -> Reel:  # fmt: skip
    """A film of cut-out subjects in the scene of the prompt, or one that moves through a redrawn picture."""
    mode, notes, count = "reference_to_video", references.notes, order.frames
    if references.base is None:
        composed, setting = scene(
            reading, rng, *size, moving=True, subjects=references.subjects, lenders=references.others
        )
        return _reel_of_scene(order, reading, composed, setting, mode, notes)
    picture = redrawn(references, references.base, size, reading, rng)
    moved = parallax(picture, reading, rng)
    time = reading.first("time") or "day"
    return Reel(lambda n: moved.frame(n, count), mode, family_of(reading), time, notes=notes)


def _reel_of_frames(
    order: RenderOrder, reading: Reading, rng: np.random.Generator,
    firsts: tuple[bytes, ...], lasts: tuple[bytes, ...], references: bool,
) -> Reel:  # fmt: skip
    """A film that starts or ends with given pictures, drawn at the output size so that they stay exact."""
    count, final = order.frames, order.frames - 1
    family, time = family_of(reading), reading.first("time") or "day"
    notes = (_UNUSED_REFERENCES,) if references else ()
    pictures = [fit(data, order.width, order.height) for data in (*firsts, *lasts)]
    if firsts and lasts:
        film = morph(pictures[0], pictures[1], rng)
        exact = tuple(sorted({0, final}))
        return Reel(
            lambda n: film.frame(n, count), "first_last_frame", family, time, exact, (*film.notes, *notes)
        )
    single = parallax(pictures[0], reading, rng)
    if firsts:
        return Reel(lambda n: single.frame(n, count), "first_frame", family, time, (0,), notes)
    notes = (_ONLY_LAST, *notes)
    return Reel(lambda n: single.frame(final - n, count), "first_last_frame", family, time, (final,), notes)


def styled(order: RenderOrder, rng: np.random.Generator, reel: Reel) -> Draw:
    """The reel's RGBA frames in the styles of the prompt and at output size."""
    size = design_size(order.width, order.height, FILM_DESIGN)
    filters = film_filters(reel.styles, *size, rng)

    def draw(number: int) -> U8:
        canvas = reel.draw(number)
        if filters:
            picture = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGBA2RGB), np.uint8)
            for apply in filters:
                picture = apply(picture)
            canvas = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA), np.uint8)
        return sized(canvas, order.width, order.height)

    return draw
