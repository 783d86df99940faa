"""How a flow gets the pictures of its task: as URLs to be fetched, or by value."""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import Any

from genmux.domain.spec import GenerationSpec, Medium
from genmux.providers.seam import (
    ANY_PICTURE,
    Effect,
    InputBytes,
    PictureLimits,
    ReadInput,
    StagedInput,
    StageInput,
    Work,
)

Given = Generator[Effect, Any, tuple[GenerationSpec, tuple[str, ...]]]
"""A part of a flow that returns the spec with sources an upstream can use, and notes for the timeline."""


def picture_places(work: Work) -> dict[int, int]:
    """Return the number of the frozen input of each picture, by its place in `all_references()`."""
    pictures = [n for n, r in enumerate(work.spec.all_references()) if r.medium is Medium.IMAGE]
    return dict(zip(pictures, (facts.n for facts in work.inputs), strict=False))


def given_by_url(work: Work, limits: PictureLimits = ANY_PICTURE) -> Given:
    """Stage every picture and put its URL into the spec; one that cannot be staged keeps its source."""
    sources: dict[int, str] = {}
    notes: list[str] = []
    for place, n in picture_places(work).items():
        staged: StagedInput = yield StageInput(n, limits)
        if staged.url:
            sources[place] = staged.url
        if staged.note:
            notes.append(staged.note)
    return work.upstream_spec.with_sources(sources), tuple(notes)


def given_by_value(work: Work, limits: PictureLimits = ANY_PICTURE) -> Given:
    """Put every picture into the spec as a `data:` URL."""
    sources: dict[int, str] = {}
    notes: list[str] = []
    for place, n in picture_places(work).items():
        read: InputBytes = yield ReadInput(n, limits)
        sources[place] = f"data:{read.content_type};base64,{base64.b64encode(read.data).decode()}"
        if read.note:
            notes.append(read.note)
    return work.upstream_spec.with_sources(sources), tuple(notes)


def given_either_way(work: Work, limits: PictureLimits, all_bytes: int, formats: tuple[str, ...]) -> Given:
    """Have every picture staged within `limits`; those that have no URL then go by value.

    Together they have at most `all_bytes`, each its share. A subject's picture has no field for
    bytes in Tencent's wires: without a URL it keeps its source.
    """
    sources: dict[int, str] = {}
    notes: list[str] = []
    left: dict[int, int] = {}
    for place, n in picture_places(work).items():
        staged: StagedInput = yield StageInput(n, limits)
        notes.append(staged.note)
        if staged.url:
            sources[place] = staged.url
        elif place < len(work.spec.references):
            left[place] = n
    for place, n in left.items():
        read: InputBytes = yield ReadInput(n, PictureLimits(all_bytes // len(left), formats=formats))
        notes.append(read.note)
        sources[place] = f"data:{read.content_type};base64,{base64.b64encode(read.data).decode()}"
    return work.upstream_spec.with_sources(sources), tuple(filter(None, notes))
