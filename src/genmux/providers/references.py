"""How a flow gives its upstream the inputs that we hold: as URLs to be fetched, or by value."""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import Any, Final

from genmux.domain.spec import GenerationSpec, Medium
from genmux.providers.seam import (
    ANY_PICTURE,
    Effect,
    ErrorClass,
    InputBytes,
    InputFacts,
    PictureLimits,
    ReadInput,
    Refused,
    StagedInput,
    StageInput,
    Work,
)

Given = Generator[Effect, Any, tuple[GenerationSpec, tuple[str, ...]]]
"""A part of a flow that returns the spec with sources an upstream can use, and notes for the timeline."""

_WEB: Final = ("http://", "https://")


def as_if_given(spec: GenerationSpec, source: str) -> GenerationSpec:
    """Return a spec as it is once every input that we may hold is given as `source`."""
    held = [
        n
        for n, r in enumerate(spec.all_references())
        if r.medium is Medium.IMAGE or (r.medium is Medium.VIDEO and not r.source.startswith(_WEB))
    ]
    return spec.with_sources(dict.fromkeys(held, source))


def given_by_url(work: Work, limits: PictureLimits = ANY_PICTURE) -> Given:
    """Stage every input and put its URL into the spec; one that cannot be staged keeps its source.

    `limits` are for pictures.
    """
    sources: dict[int, str] = {}
    notes: list[str] = []
    for facts in work.inputs:
        staged: StagedInput = yield StageInput(facts.n, _limits(facts, limits))
        if staged.url:
            sources[facts.n] = staged.url
        if staged.note:
            notes.append(staged.note)
    return work.upstream_spec.with_sources(sources), tuple(notes)


def given_by_value(work: Work, limits: PictureLimits = ANY_PICTURE) -> Given:
    """Put every picture into the spec as a `data:` URL; a film keeps its source."""
    sources: dict[int, str] = {}
    notes: list[str] = []
    for facts in filter(is_picture, work.inputs):
        read: InputBytes = yield ReadInput(facts.n, limits)
        sources[facts.n] = _data_url(read)
        if read.note:
            notes.append(read.note)
    return work.upstream_spec.with_sources(sources), tuple(notes)


def given_either_way(work: Work, limits: PictureLimits, all_bytes: int, formats: tuple[str, ...]) -> Given:
    """Have every input staged, pictures within `limits`; pictures that have no URL then go by value.

    Together those have at most `all_bytes`, each its share. A subject's picture has no field for
    bytes in Tencent's wires: without a URL it keeps its source, and so does a film.
    """
    sources: dict[int, str] = {}
    notes: list[str] = []
    left: list[int] = []
    for facts in work.inputs:
        staged: StagedInput = yield StageInput(facts.n, _limits(facts, limits))
        notes.append(staged.note)
        if staged.url:
            sources[facts.n] = staged.url
        elif is_picture(facts) and facts.n < len(work.spec.references):
            left.append(facts.n)
    for n in left:
        read: InputBytes = yield ReadInput(n, PictureLimits(all_bytes // len(left), formats=formats))
        notes.append(read.note)
        sources[n] = _data_url(read)
    return work.upstream_spec.with_sources(sources), tuple(filter(None, notes))


def is_picture(facts: InputFacts) -> bool:
    """Return whether an input is a picture, which may be fitted to an upstream; a film never is."""
    return facts.content_type.startswith("image/")


def _limits(facts: InputFacts, limits: PictureLimits) -> PictureLimits:
    return limits if is_picture(facts) else ANY_PICTURE


def _data_url(read: InputBytes) -> str:
    return f"data:{read.content_type};base64,{base64.b64encode(read.data).decode()}"


def unfetchable(spec: GenerationSpec, *, by_value: bool = False) -> Refused | None:
    """Return the refusal of a spec with inputs that cannot be given, before anything is sent.

    Bytes by value are good only where the service takes them.
    """
    good = (*_WEB, *(("data:",) if by_value else ()))
    sources = enumerate(reference.source.lower() for reference in spec.all_references())
    bad = next((n for n, source in sources if not source.startswith(good)), None)
    if bad is None:
        return None
    return Refused(
        ErrorClass.INVALID,
        "InvalidParameter.InvalidUrl",
        f"Input {bad} has no URL that the platform can fetch; set public_url or a staging bucket.",
        f"第 {bad} 个输入没有平台可访问的 URL，请配置 public_url 或暂存桶。",
    )
