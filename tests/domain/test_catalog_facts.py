"""The catalogue against the published documents: what they allow and print must pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain.catalog import ModelEntry, builtin
from genmux.domain.spec import GenerationSpec, Kind, ModelRef, Reference, Role, Subject

FACTS = json.loads(Path(__file__).with_name("data").joinpath("catalog_facts.json").read_text("utf-8"))
DEFAULTS = {Kind.VIDEO: ModelRef("Kling", "3.0"), Kind.IMAGE: ModelRef("Hunyuan", "3.0")}
SURFACES = ("mps", "vod", "anyapi", "rest")
URL = "https://example.com/a.png"
FIRST, LAST = Reference(role=Role.FIRST_FRAME, source=URL), Reference(role=Role.LAST_FRAME, source=URL)
PICTURE = Reference(role=Role.REFERENCE, source=URL)


def refused(spec: GenerationSpec, surface: str) -> list[str]:
    return [v.text.en for v in builtin().check(spec, surface=surface)]


def specs_of(kind: Kind, model: ModelRef, fact: dict[str, Any]) -> Iterator[GenerationSpec]:
    frames = (FIRST,) if kind is Kind.VIDEO else ()
    base = GenerationSpec(kind=kind, model=model, prompt="x", references=frames)

    def spec(**fields: Any) -> GenerationSpec:
        return GenerationSpec(
            **{f: getattr(base, f) for f in ("kind", "model", "prompt", "references")} | fields
        )

    yield base
    yield from (spec(duration=d) for d in fact.get("durations", ()))
    yield from (spec(resolution=r) for r in fact.get("resolutions", ()))
    yield from (spec(aspect_ratio=a) for a in fact.get("aspect_ratios", ()))
    yield from (spec(scene=s) for s in fact.get("scenes", ()))
    yield from (spec(count=n) for n in range(1, fact.get("count", 0) + 1))
    yield from (spec(references=(*frames, *(PICTURE,) * n)) for n in range(1, fact.get("references", 0) + 1))
    if "last_frame" in fact:
        at = fact["last_frame"] if isinstance(fact["last_frame"], str) else None
        yield spec(references=(FIRST, LAST), resolution=at)


@pytest.mark.parametrize(
    ("surface", "kind", "family", "version", "fact"), FACTS["stated"], ids=lambda v: str(v) if v else "-"
)
def test_every_stated_value_is_allowed(
    surface: str, kind: str, family: str, version: str | None, fact: dict[str, Any]
) -> None:
    model = builtin().choose(Kind(kind), family, version, surface=surface, defaults=DEFAULTS).model
    assert model.family == family
    assert not version or model.version.lower() == version.lower()
    for spec in specs_of(Kind(kind), model, fact):
        assert not refused(spec, surface), spec
        assert not refused(spec, "rest"), spec


def test_the_facts_are_not_empty() -> None:
    assert len(FACTS["stated"]) > 200


@pytest.mark.parametrize(("surface", "family", "version"), FACTS["audio"])
def test_audio_models_are_listed(surface: str, family: str, version: str) -> None:
    entry = next(e for e in builtin().models("audio") if (e.family, e.version) == (family, version))
    assert surface in entry.surfaces


@pytest.mark.parametrize("entry", builtin().models(), ids=lambda e: f"{e.kind}-{e.family}-{e.version}")
def test_nothing_is_listed_without_a_source(entry: ModelEntry) -> None:
    assert entry.sources


VIDEO_GUIDE = GenerationSpec(
    kind=Kind.VIDEO,
    model=ModelRef("Kling", "3.0"),
    prompt="The woman gently turns around, her silk dress flowing in the breeze",
    references=(FIRST,),
    duration=5,
    audio=True,
    resolution="1080P",
)
PRINTED = {
    "video guide, raw request": ("mps", VIDEO_GUIDE),
    "video guide, image to video": (
        "mps",
        GenerationSpec(
            kind=Kind.VIDEO,
            model=ModelRef("Kling", "3.0"),
            prompt="The character walks forward...",
            references=(FIRST,),
            duration=5,
            audio=True,
        ),
    ),
    "video guide, every option": (
        "mps",
        GenerationSpec(
            kind=Kind.VIDEO,
            model=ModelRef("Kling", "3.0"),
            prompt="x" * 2000,
            references=(FIRST, LAST),
            duration=10,
            audio=True,
            resolution="720P",
            aspect_ratio="9:16",
        ),
    ),
    "image guide": (
        "mps",
        GenerationSpec(
            kind=Kind.IMAGE,
            model=ModelRef("Hunyuan", "3.0"),
            prompt="A young woman in ancient Chinese hanfu, standing by a moonlit lake",
            enhance_prompt=True,
        ),
    ),
    "image guide, every option": (
        "mps",
        GenerationSpec(
            kind=Kind.IMAGE,
            model=ModelRef("Hunyuan", "3.0"),
            prompt="x" * 1000,
            negative_prompt="blur",
            enhance_prompt=True,
            references=(PICTURE,),
            size=(1024, 768),
        ),
    ),
    "OpenAPI page": (
        "anyapi",
        GenerationSpec(
            kind=Kind.VIDEO,
            model=ModelRef("Kling", "1.6"),
            prompt="一辆汽车在公路上行驶,阳光明媚",
            negative_prompt="模糊、抖动",
            enhance_prompt=True,
            duration=8,
            resolution="1080P",
            aspect_ratio="16:9",
            audio=True,
        ),
    ),
    "MPS international page": (
        "mps",
        GenerationSpec(
            kind=Kind.VIDEO,
            model=builtin().choose(Kind.VIDEO, "GV", None, surface="mps", defaults=DEFAULTS).model,
            prompt="move the picture",
            negative_prompt="Top lighting,bright colors",
            enhance_prompt=False,
            references=(FIRST, LAST),
            duration=8,
            resolution="720P",
            aspect_ratio="16:9",
        ),
    ),
    "VOD integration note": (
        "vod",
        GenerationSpec(
            kind=Kind.VIDEO,
            model=ModelRef("Kling", "2.1"),
            prompt="一只熊猫在竹林中玩耍",
            enhance_prompt=True,
            references=(FIRST, LAST),
            scene="motion_control",
            resolution="1080P",
            aspect_ratio="16:9",
        ),
    ),
}


@pytest.mark.parametrize("name", PRINTED)
def test_every_printed_request_passes(name: str) -> None:
    surface, spec = PRINTED[name]
    assert not refused(spec, surface)
    assert not refused(spec, "rest")


ENTRIES = [e for e in builtin().models() if e.kind != "audio"]


@st.composite
def allowed_specs(draw: st.DrawFn) -> GenerationSpec:
    """A spec made only of values that the listing offers."""
    entry = draw(st.sampled_from(ENTRIES))
    kind = Kind(entry.kind)
    last = draw(st.booleans()) and kind is Kind.VIDEO and entry.last_frame is not False
    most = 4 if entry.max_references is None else entry.max_references
    frames = ((FIRST, LAST) if last else (FIRST,)) if kind is Kind.VIDEO else ()
    return GenerationSpec(
        kind=kind,
        model=ModelRef(entry.family, entry.version),
        prompt="x" + draw(st.text(max_size=999)),
        references=(*frames, *(PICTURE,) * draw(st.integers(0, most))),
        duration=draw(st.sampled_from(entry.durations)) if entry.durations and kind is Kind.VIDEO else None,
        resolution="1080P" if last else draw(st.sampled_from(entry.resolutions or ("720P",))),
        aspect_ratio=draw(st.sampled_from(entry.ratios)) if entry.ratios else None,
        count=draw(st.integers(1, entry.max_count or 9)),
        audio=entry.audio is not False and draw(st.booleans()),
        scene=draw(st.sampled_from(entry.scenes)) if entry.scenes else None,
        output_format=draw(st.sampled_from(("jpeg", "png"))),
    )


@given(allowed_specs())
def test_what_the_listing_offers_is_never_refused(spec: GenerationSpec) -> None:
    assert not refused(spec, "rest")


@st.composite
def any_specs(draw: st.DrawFn) -> GenerationSpec:
    entry = draw(st.sampled_from(ENTRIES))
    side = st.integers(-5, 30_000)
    roles = draw(st.lists(st.sampled_from(list(Role)), max_size=16))
    return GenerationSpec(
        kind=Kind(entry.kind),
        model=ModelRef(entry.family, entry.version),
        prompt=draw(st.text(max_size=3)) * draw(st.sampled_from((1, 1000))),
        references=tuple(Reference(role=role, source=URL) for role in roles),
        subjects=draw(st.sampled_from(((), (Subject(id="1"),)))),
        duration=draw(st.none() | st.floats()),
        resolution=draw(st.none() | st.text(max_size=5) | st.from_regex(r"\A\d{1,4}[kKpP]?\Z")),
        aspect_ratio=draw(st.none() | st.text(max_size=5) | st.from_regex(r"\A\d{1,4}:\d{1,4}\Z")),
        size=draw(st.none() | st.tuples(side, side)),
        count=draw(st.none() | st.integers()),
        audio=draw(st.none() | st.booleans()),
        scene=draw(st.none() | st.text(max_size=20)),
        output_format=draw(st.none() | st.sampled_from(("jpeg", "PNG", "webp", "gif", ""))),
    )


@given(any_specs(), st.sampled_from(SURFACES))
def test_the_nearest_value_mends_the_field(spec: GenerationSpec, surface: str) -> None:
    violations = builtin().check(spec, surface=surface)
    fixed = {f: getattr(spec, f) for f in spec.__struct_fields__}
    mended = set()
    for v in violations:
        assert v.text.en
        assert v.text.zh
        assert v.text.en != v.text.zh
        assert not (v.missing and v.nearest)
        if v.nearest is None:
            continue
        if v.field == "size":
            width, height = v.nearest.split("x")
            fixed["size"] = (int(width), int(height))
        elif v.field in ("duration", "count"):
            fixed[v.field] = float(v.nearest) if v.field == "duration" else int(v.nearest)
        elif v.field in ("resolution", "aspect_ratio", "scene", "output_format"):
            fixed[v.field] = v.nearest
        elif v.field == "audio":
            fixed["audio"] = False
        else:
            continue
        mended.add(v.field)
    after = {v.field for v in builtin().check(GenerationSpec(**fixed), surface=surface)}
    assert not mended & after


@given(any_specs(), st.sampled_from(SURFACES))
def test_rest_refuses_nothing_that_another_surface_allows(spec: GenerationSpec, surface: str) -> None:
    """A scene is the exception: only a surface that lists a model's scenes refuses one."""
    here = {v.field for v in builtin().check(spec, surface=surface)}
    assert {v.field for v in builtin().check(spec, surface="rest")} - {"scene"} <= here
