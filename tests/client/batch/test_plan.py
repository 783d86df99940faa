"""Plans: links, cycles, keys that last, and file names that cannot leave their directory."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.client.batch.entries import read_entries
from genmux.client.batch.lines import Line, read_line
from genmux.client.batch.naming import Template, TemplateRefused, line_fields, number_stem, stem_lines
from genmux.client.batch.plan import key_lines, link_lines
from genmux.client.batch.turns import Turns


def lines(*said: dict[str, Any]) -> tuple[Line, ...]:
    text = "\n".join(json.dumps({"kind": "image", "prompt": "x", **fields}) for fields in said)
    read = [read_line(entry, Path("/b"), {})[0] for entry in read_entries("a.jsonl", text.encode()).found]
    return tuple(line for line in read if line is not None)


def wrong(*said: dict[str, Any]) -> list[str]:
    return [fault.placed.en for fault in link_lines(lines(*said))[1]]


def keys(*said: dict[str, Any], batch: str = "b", digest: str = "d") -> list[str]:
    linked, faults = link_lines(lines(*said))
    assert not faults
    planned = key_lines(batch, linked, {Path("/b/a.png"): digest})
    return [key for _, key in sorted((p.line.n, p.key) for p in planned)]


# ---------------------------------------------------------------- links


def test_a_line_comes_after_those_it_links_to() -> None:
    linked, faults = link_lines(
        lines(
            {"name": "film", "reference": ["$b", "$a#2"]},
            {"name": "a", "reference": "$c", "count": 3},
            {"name": "b"},
            {"name": "c"},
        )
    )
    order = [line.name for line in linked]
    assert not faults
    assert order.index("film") > max(order.index("a"), order.index("b"))
    assert order.index("a") > order.index("c")


def test_what_is_wrong_between_lines() -> None:
    assert wrong({"name": "a", "reference": "$b"}, {"name": "b", "reference": "$a"}, {"name": "c"}) in (
        ["line 1: the line waits for itself: $a → $b → $a."],
        ["line 2: the line waits for itself: $b → $a → $b."],
    )
    assert wrong({"name": "a", "reference": "$a"}) == ["line 1: the line waits for itself: $a → $a."]
    assert wrong({"name": "hero"}, {"reference": "$heroe"}, {"name": "hero"}) == [
        "line 3: the name hero is line 1's already; every name must be another one.",
        "line 2: $heroe is the name of no line; did you mean $hero?",
    ]


def test_a_link_leads_to_what_is_wanted() -> None:
    assert wrong(
        {"name": "film", "kind": "video"},
        {"name": "still", "count": 2},
        {"kind": "video", "first_frame": "$film"},
        {"kind": "video", "base_video": "$still"},
        {"reference": "$still#2"},
        {"reference": "$still#1"},
        {"step": "last_frame", "prompt": None, "references": [{"source": "$film"}]},
        {"step": "last_frame", "prompt": None, "references": [{"source": "$still"}]},
    ) == [
        "line 3: first_frame wants a picture, and $film makes a film; link to a step of it, last_frame or "
        "poster.",
        "line 4: base_video wants a film, and $still makes a picture.",
        "line 5: reference names $still#2, and that line makes 2, numbered from 0.",
        "line 8: references.0 wants a film, and $still makes a picture.",
    ]


# ---------------------------------------------------------------- keys


def test_a_key_lasts_as_long_as_its_line() -> None:
    said: list[dict[str, Any]] = [{"name": "a"}, {"prompt": "y"}, {"name": "f", "reference": ["$a", "a.png"]}]
    first = keys(*said)
    assert len(set(first)) == 3
    assert all(len(key) == 32 for key in first)
    assert keys(*reversed(said)) == first[::-1]
    assert keys(*said[:2], {"prompt": "new"}, said[2])[:2] == first[:2]
    assert not set(keys(*said, batch="other")) & set(first)


@pytest.mark.parametrize(
    "change", [{"prompt": "z"}, {"seed": 1}, {"priority": 1}, {"extra": {"Operator": "me"}}]
)
def test_a_changed_line_is_a_new_one_and_so_is_what_links_to_it(change: dict[str, Any]) -> None:
    film = {"name": "f", "reference": "$a"}
    before, after = keys({"name": "a"}, film), keys({"name": "a", **change}, film)
    assert not set(before) & set(after)


def test_a_changed_file_makes_a_changed_line() -> None:
    line = {"reference": "a.png"}
    assert keys(line, digest="d") == keys(line, digest="d") != keys(line, digest="e")


def test_equal_lines_are_as_many_tasks() -> None:
    twice = keys({}, {})
    assert len(set(twice)) == 2
    assert keys({}, {"prompt": "between"}, {})[::2] == twice


# ---------------------------------------------------------------- names


def stem(template: str, **said: Any) -> str:
    (line,) = lines(said)
    return Template.parse(template).stem(line_fields(line))


def test_a_template_says_what_is_known_of_a_line() -> None:
    said = {"name": "hero", "model": "Kling/3.0", "seed": 7, "kind": "video", "duration": 5}
    template = "{kind}/{n:04}-{name}-{model}-{family}-{version}-{seed:03}-{duration}-{index:02}{ext}"
    assert stem(template, **said) == "video/0001-hero-Kling-3.0-Kling-3.0-007-5-{02}"
    assert number_stem("a-{02}", 2) == ("a-01", "a-02")
    assert number_stem("a", 1) == ("a",)
    assert number_stem("a", 2) == ("a-1", "a-2")
    assert stem("{name}-{model}-{seed:03}") == "0001-default"


ASTRAY = "/{name} ../{name} a/../{name} ~/{name} a//{name} a\\{name} ./{name} {name}/ fixed"
UNFILLED = "{nme} {name.__class__} {name[0]} {n:d {n:zz} {} {0} {{name}} {n:{name}} {index:x} a*{n} {n}|b"


@pytest.mark.parametrize("template", ["", *ASTRAY.split(), *UNFILLED.split()])
def test_a_template_that_leads_astray_is_refused(template: str) -> None:
    with pytest.raises(TemplateRefused, match="The template"):
        Template.parse(template)


@given(
    st.dictionaries(st.sampled_from(["model", "scene", "output_format"]), st.text(min_size=1, max_size=300))
)
def test_no_value_leaves_the_directory(said: dict[str, str]) -> None:
    path = PurePosixPath(stem("{model}/{family}-{version}/{name}", **said))
    assert len(path.parts) == 3
    for part in path.parts:
        assert part not in (".", "..")
        assert not part.startswith(".")
        assert not set(part) & set('/\\:*?"<>|\0\n{}')
        assert len(part.encode()) <= 151


@pytest.mark.parametrize(
    ("said", "safe"),
    [
        ("CON", "_CON"),
        ("nul.x", "_nul.x"),
        ("..", "_"),
        ("-a/b-", "a-b"),
        ("manifest.jsonl", "_manifest.jsonl"),
    ],
)
def test_names_that_file_systems_keep_for_themselves(said: str, safe: str) -> None:
    assert stem("{model}", model={"family": said, "version": ""}) == safe


def test_two_results_never_share_a_file() -> None:
    listed = lines({"name": "a", "count": 2}, {"name": "a-1"}, {"name": "B"}, {"name": "b"}, {"name": "é"})
    stems, faults = stem_lines(Template("{name}"), listed, {}, ["E\u0301"])
    assert stems[2] == "a-1"
    assert [(fault.row, fault.text.en.partition(",")[0]) for fault in faults] == [
        (2, "its result would be a-1"),
        (4, "its result would be b"),
        (5, "its result would be é"),
    ]
    assert "line 3" in faults[1].text.en
    assert "there is such a file" in faults[2].text.en


def test_a_line_keeps_the_name_it_was_given() -> None:
    listed = lines({"prompt": "new"}, {"prompt": "old"})
    stems, faults = stem_lines(Template("{n:04}"), listed, {2: "0001"}, ())
    assert stems == {1: "0001", 2: "0001"}
    assert [fault.row for fault in faults] == [1]


# ---------------------------------------------------------------- turns


def test_turns_go_in_order_as_far_as_the_limits_allow() -> None:
    models = ["Kling/3.0", "Kling/2.1", "Hunyuan/3.0", "Kling/3.0", "GV/3.1"]
    turns = Turns(3, {"KLING": 1, "gv/3.1": 1})
    turns.add(lines(*({"model": model} for model in models)))
    taken = [turns.take(), turns.take(), turns.take()]
    assert [line and line.n for line in taken] == [1, 3, 5]
    assert turns.take() is None
    assert taken[2] is not None
    turns.give_back(taken[2])
    assert turns.take() is None
    assert taken[0] is not None
    turns.give_back(taken[0])
    following = turns.take()
    assert following is not None
    assert following.n == 2
