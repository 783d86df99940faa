"""An operator's facts on top of the shipped ones."""

from __future__ import annotations

from typing import Any

import pytest

from genmux.domain.catalog import builtin
from genmux.domain.catalog.facts import SizeRule
from genmux.domain.catalog.sizes import fits, nearest_size
from genmux.domain.errors import ModelNotSupported
from genmux.domain.spec import GenerationSpec, Kind, ModelRef, Reference, Role

DEFAULTS = {Kind.VIDEO: ModelRef("Kling", "3.0"), Kind.IMAGE: ModelRef("Hunyuan", "3.0")}
FIRST = Reference(role=Role.FIRST_FRAME, source="https://example.com/a.png")


def row(**fields: Any) -> dict[str, Any]:
    return {"models": [{"kind": "video", **fields}]}


def video(model: str, **fields: Any) -> GenerationSpec:
    return GenerationSpec(kind=Kind.VIDEO, model=ModelRef(*model.split()), prompt="x", **fields)


def test_a_new_version_is_added_and_the_shipped_catalogue_stays_as_it_is() -> None:
    data = row(family="kling", versions=["4.0"], durations={"min": 2, "max": 30, "step": 0.5})
    it = builtin().overlay(
        data | {"default_versions": [{"kind": "video", "family": "Kling", "version": "4.0"}]}
    )
    choice = it.choose(Kind.VIDEO, "Kling", None, surface="mps", defaults=DEFAULTS)
    assert choice.model == ModelRef("Kling", "4.0")
    assert not it.check(video("Kling 4.0", duration=29.5), surface="mps")
    assert it.check(video("Kling 4.0", duration=31), surface="mps")[0].nearest == "30"
    assert next(e for e in it.models("video") if e.version == "4.0").sources == ("operator",)
    with pytest.raises(ModelNotSupported):
        builtin().choose(Kind.VIDEO, "Kling", "4.0", surface="mps", defaults=DEFAULTS)


def test_a_value_is_added_to_a_shipped_model() -> None:
    it = builtin().overlay(row(family="Kling", versions=["2.1"], durations=[7], default_duration=7))
    assert not it.check(video("Kling 2.1", duration=7), surface="mps")
    assert not it.check(video("Kling 2.1", duration=10), surface="mps")
    assert it.default_duration(ModelRef("Kling", "2.1"), Kind.VIDEO) == 7


def test_an_unstable_version_is_no_longer_the_default() -> None:
    it = builtin().overlay(row(family="Hailuo", versions=["2.3"], stable=False))
    assert it.choose(Kind.VIDEO, "Hailuo", None, surface="mps", defaults=DEFAULTS).model.version != "2.3"
    assert it.choose(Kind.VIDEO, "Hailuo", "2.3", surface="mps", defaults=DEFAULTS).model.version == "2.3"


def test_versions_and_families_can_be_removed() -> None:
    remove = [{"kind": "video", "family": "kling", "versions": ["1.6"]}, {"kind": "video", "family": "OS"}]
    it = builtin().overlay({"remove": remove})
    for family, version in (("Kling", "1.6"), ("OS", "2.0")):
        with pytest.raises(ModelNotSupported):
            it.choose(Kind.VIDEO, family, version, surface="vod", defaults=DEFAULTS)
    assert it.choose(Kind.VIDEO, "Kling", "2.0", surface="vod", defaults=DEFAULTS).model.version == "2.0"


def test_removing_and_stating_again_narrows() -> None:
    data = row(family="Kling", versions=["2.1"], durations=[5], **{"from": ["ops"]})
    it = builtin().overlay(data | {"remove": [{"kind": "video", "family": "Kling", "versions": ["2.1"]}]})
    assert it.check(video("Kling 2.1", duration=10), surface="vod")[0].allowed == ("5",)


def test_a_binding_source_decides_for_its_surface() -> None:
    source = {"sources": {"contract": {"surfaces": ["mps"], "binding": True}}}
    it = builtin().overlay(
        row(family="Hunyuan", versions=["1.5"], durations=[5], **{"from": ["contract"]}) | source
    )
    assert it.check(video("Hunyuan 1.5", duration=6), surface="mps")


def test_limits_of_a_kind_can_be_raised() -> None:
    it = builtin().overlay({"limits": [{"kind": "video", "prompt_max": 5000}]})
    spec = GenerationSpec(kind=Kind.VIDEO, model=ModelRef("Kling", "3.0"), prompt="x" * 5000)
    assert not it.check(spec, surface="mps")
    assert builtin().check(spec, surface="mps")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (row(family="X", versions=["1"], duratoins=[5]), "duratoins"),
        (row(family="X", versions=["1"], durations={"min": 5, "max": 2}), "not usable"),
        (row(family="X", versions=["1"], resolutions=["big"]), "not a resolution"),
        (row(family="X", versions=["1"], ratios=["wide"]), "not a ratio"),
        ({"models": [{"kind": "smell", "family": "X", "versions": ["1"]}]}, "smell"),
    ],
)
def test_a_wrong_overlay_is_named(data: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says) as error:
        builtin().overlay(data)
    assert "$.models[0]" in str(error.value)


@pytest.mark.parametrize("size", [(1, 1), (1, 99999), (99999, 1), (640, 480), (3000, 2000)])
def test_the_nearest_size_fits_its_rule(size: tuple[int, int]) -> None:
    rules = (
        SizeRule(width=(512, 2048), height=(512, 2048), max_pixels=1048576),
        SizeRule(min_pixels=655360, max_pixels=8294400, multiple_of=16),
        SizeRule(min_pixels=262144, max_pixels=4194304),
    )
    for rule in rules:
        assert fits(nearest_size(size, (rule,)), (rule,))


@pytest.mark.parametrize("size", [(640, 300), (300, 640), (9000, 4000), (500, 500)])
def test_the_nearest_size_keeps_the_proportions(size: tuple[int, int]) -> None:
    width, height = nearest_size(size, (SizeRule(min_pixels=655360, max_pixels=8294400, multiple_of=16),))
    assert width / height == pytest.approx(size[0] / size[1], rel=0.03)
