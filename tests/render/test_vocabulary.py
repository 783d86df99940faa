"""Prompt words: longest match first, both languages, negatives."""

from __future__ import annotations

import pytest

from genmux.render import understood
from genmux.render.camera import MOVES
from genmux.render.effects import MAKERS
from genmux.render.palette import HUES, PALETTES
from genmux.render.stage import FAMILIES, SUN_HEIGHTS, family_of
from genmux.render.styles import STYLES
from genmux.render.vocabulary import GROUPS, _words, read


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("一只熊猫在竹林中玩耍，推镜头", ("熊猫", "竹林", "推镜头")),
        ("上海海边日落", ("上海", "海边", "日落")),
        ("雪山", ("雪山",)),
        ("海报", ()),
        ("海报，大海", ("大海",)),
        ("岁月静好", ()),
        ("a season of mists", ("mist",)),
        ("panda eating ice cream", ("panda",)),
        ("A Sailboat on the OCEAN", ("sailboat", "ocean")),
        ("mountains and mountains", ("mountain",)),
        ("", ()),
        ("🚀\x00\x07 ???", ()),
    ],
)
def test_words_are_matched_longest_first(prompt: str, words: tuple[str, ...]) -> None:
    assert understood(prompt) == words


@pytest.mark.parametrize(
    ("prompt", "family"),
    [
        ("上海的夜晚", "city"),
        ("雪山日出", "mountains"),
        ("星空下的湖泊", "mountains"),
        ("竹林里的熊猫", "forest"),
        ("panda", "forest"),
        ("sailing boat", "ocean"),
        ("the milky way galaxy", "space"),
        ("sunset", "mountains"),
        ("quarterly report", "silk"),
        ("", "silk"),
    ],
)
def test_family_of_prompt(prompt: str, family: str) -> None:
    assert family_of(read(prompt)) == family


def test_a_snow_mountain_does_not_make_it_snow() -> None:
    assert read("雪山").all("effect") == ()
    assert read("雪山上下雪").all("effect") == ("snow",)
    assert read("snowy mountains").all("effect") == ()


def test_negative_prompt_removes_what_it_names() -> None:
    reading = read("ocean, city, snowing at night", "city, snow, snowing, night")
    assert reading.all("family") == ("ocean",)
    assert reading.all("effect") == ()
    assert reading.all("time") == ()
    assert family_of(read("mountains", "mountains")) != "mountains"


def test_two_thousand_characters() -> None:
    assert understood("sea " * 500) == ("sea",)
    assert understood("海" * 2000) == ("海",)


def test_every_concept_is_known_to_the_renderer() -> None:
    known = {
        "family": set(FAMILIES),
        "home": set(FAMILIES),
        "time": set(SUN_HEIGHTS),
        "effect": set(MAKERS),
        "camera": set(MOVES),
        "hue": set(HUES),
        "style": {*STYLES, "neon"},
    }
    for word, concepts in _words().items():
        for concept in concepts:
            group, _, name = concept.partition(".")
            assert group in GROUPS, word
            assert name in known.get(group, {name}), word
    assert set(SUN_HEIGHTS) <= set(PALETTES)
