"""Requests are read as strictly as the platform's gateway reads them, and never crash the reader."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.wires.tencent import WireError, failure
from genmux.wires.tencent_schema import COMMON_PARAMETERS, MAX_ITEMS, Schema, read_body, read_flat

SCHEMA = Schema(
    {
        "version": "2000-01-01",
        "actions": {"Act": ["ActRequest", "ActResponse"]},
        "structs": {
            "ActRequest": {
                "Text": "string!",
                "Flag": "bool",
                "Number": "int64",
                "Size": "uint64",
                "Rate": "float",
                "Words": "[string]",
                "Numbers": "[int64]",
                "Thing": "Thing",
                "Things": "[Thing]",
            },
            "ActResponse": {},
            "Thing": {"Url": "string", "Inner": "Inner"},
            "Inner": {"Deep": "[Leaf]"},
            "Leaf": {"Id": "string!"},
        },
    }
)
ACT = SCHEMA.request("Act")


def read(**fields: Any) -> dict[str, Any]:
    return read_body(json.dumps({"Text": "t", **fields}).encode(), ACT)


def flat(*pairs: tuple[str, str]) -> dict[str, Any]:
    return read_flat([("Text", "t"), *pairs], ACT)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("Text", "", ""),
        ("Text", "猫\x00", "猫\x00"),
        ("Flag", True, True),
        ("Flag", False, False),
        ("Number", 5, 5),
        ("Number", "5", 5),
        ("Number", "-5", -5),
        ("Number", 2**63 - 1, 2**63 - 1),
        ("Number", -(2**63), -(2**63)),
        ("Size", 2**64 - 1, 2**64 - 1),
        ("Rate", 5, 5.0),
        ("Rate", 5.5, 5.5),
        ("Rate", "5.5", 5.5),
        ("Rate", "1e3", 1000.0),
        ("Words", ["a", ""], ["a", ""]),
        ("Words", [], []),
        ("Numbers", ["1", 2], [1, 2]),
        ("Thing", {}, {}),
        (
            "Thing",
            {"Url": "u", "Inner": {"Deep": [{"Id": "i"}]}},
            {"Url": "u", "Inner": {"Deep": [{"Id": "i"}]}},
        ),
    ],
)
def test_values_that_fit(field: str, value: Any, kept: Any) -> None:
    result = read(**{field: value})[field]
    assert result == kept
    assert type(result) is type(kept)


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ("Text", 5, "string"),
        ("Text", True, "string"),
        ("Text", ["t"], "string"),
        ("Text", {"a": 1}, "string"),
        ("Flag", "true", "bool"),
        ("Flag", 1, "bool"),
        ("Flag", 0, "bool"),
        ("Number", 5.5, "int64"),
        ("Number", 5.0, "int64"),
        ("Number", True, "int64"),
        ("Number", "", "int64"),
        ("Number", "5.5", "int64"),
        ("Number", " 5", "int64"),
        ("Number", "5\n", "int64"),
        ("Number", "٥", "int64"),
        ("Number", "9" * 5000, "int64"),
        ("Number", 2**63, "int64"),
        ("Number", -(2**63) - 1, "int64"),
        ("Number", str(2**63), "int64"),
        ("Size", -1, "uint64"),
        ("Size", 2**64, "uint64"),
        ("Rate", True, "float"),
        ("Rate", "nan", "float"),
        ("Rate", "inf", "float"),
        ("Rate", "1e999", "float"),
        ("Rate", "1_0", "float"),
        ("Rate", 10**400, "float"),
        ("Words", "a", "list"),
        ("Words", {"0": "a"}, "list"),
        ("Thing", "u", "object"),
        ("Thing", ["u"], "object"),
    ],
)
def test_values_of_the_wrong_type(field: str, value: Any, wanted: str) -> None:
    with pytest.raises(WireError) as caught:
        read(**{field: value})
    assert (caught.value.code, caught.value.field) == ("InvalidParameter", field)
    expected = f"The value type of parameter `{field}` is not valid, input type should be `{wanted}`."
    assert caught.value.text.en == expected


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"Foo": 1}, "UnknownParameter", "Foo"),
        ({"Foo": None}, "UnknownParameter", "Foo"),
        ({"text": "t"}, "UnknownParameter", "text"),
        ({"": "t"}, "UnknownParameter", None),
        ({"Thing": {"Foo": 1}}, "UnknownParameter", "Thing.Foo"),
        ({"Things": [{}, {"Foo": 1}]}, "UnknownParameter", "Things.1.Foo"),
        ({"Things": [{}, {"Inner": {"Deep": [{"Id": 1}]}}]}, "InvalidParameter", "Things.1.Inner.Deep.0.Id"),
        ({"Things": [{"Inner": {"Deep": [{}]}}]}, "MissingParameter", "Things.0.Inner.Deep.0.Id"),
        ({"Things": [None]}, "InvalidParameter", "Things.0"),
        ({"Words": ["a", 1]}, "InvalidParameter", "Words.1"),
        ({"Words": ["a"] * (MAX_ITEMS + 1)}, "InvalidParameter", "Words"),
    ],
)
def test_paths_of_complaints(fields: dict[str, Any], code: str, path: str | None) -> None:
    with pytest.raises(WireError) as caught:
        read(**fields)
    assert (caught.value.code, caught.value.field) == (code, path)


def test_null_is_absent() -> None:
    assert read(Flag=None, Thing={"Url": None}, Words=None) == {"Text": "t", "Thing": {}}
    for body in (b"{}", b"", b" \n", b'{"Text": null}'):
        with pytest.raises(WireError, match=r"MissingParameter.*`Text`"):
            read_body(body, ACT)


def test_the_last_of_two_values_counts() -> None:
    assert read_body(b'{"Text": 1, "Text": "b"}', ACT) == {"Text": "b"}
    assert flat(("Number", "1"), ("Number", "2")) == {"Text": "t", "Number": 2}


@pytest.mark.parametrize(
    "body",
    [
        b"x",
        b"[]",
        b'"t"',
        b"1",
        b"null",
        b'{"Text": "t"} x',
        b'{"Text": NaN}',
        b'{"Rate": Infinity}',
        b'{"Rate": 1e999}',
        b'{"Text": "\\ud800"}',
        b'{"Text": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"Number": ' + b"1" * 5000 + b"}",
    ],
)
def test_bodies_that_are_no_json_object(body: bytes) -> None:
    with pytest.raises(WireError) as caught:
        read_body(body, ACT)
    assert caught.value.code == "InvalidParameter"
    assert caught.value.field is None


@given(st.binary() | st.text().map(str.encode))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    with suppress(WireError):
        read_body(body, ACT)


NAMES = st.sampled_from(
    ["Text", "Flag", "Number", "Words", "Things", "Thing", "Inner", "Deep", "Id", "0", "1", ""]
)


@given(st.lists(st.tuples(st.lists(NAMES, max_size=6).map(".".join) | st.text(), st.text())))
def test_any_flat_names_are_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        read_flat(pairs, ACT)
    except WireError as error:
        failure(error.code, error.text.en, "r")


def test_flat_values_are_typed_by_the_schema() -> None:
    assert flat(
        ("Number", "5"),
        ("Size", "6"),
        ("Rate", "1.5"),
        ("Flag", "True"),
        ("Words.1", "5"),
        ("Words.0", "true"),
        ("Things.0.Url", "u"),
        ("Things.0.Inner.Deep.0.Id", "i"),
        ("Thing.Url", ""),
    ) == {
        "Text": "t",
        "Number": 5,
        "Size": 6,
        "Rate": 1.5,
        "Flag": True,
        "Words": ["true", "5"],
        "Things": [{"Url": "u", "Inner": {"Deep": [{"Id": "i"}]}}],
        "Thing": {"Url": ""},
    }


@pytest.mark.parametrize(
    ("word", "value"), [("True", True), ("true", True), ("False", False), ("false", False)]
)
def test_flat_booleans(word: str, value: bool) -> None:
    assert flat(("Flag", word))["Flag"] is value


@pytest.mark.parametrize(
    ("pairs", "code", "path"),
    [
        ([("Foo", "1")], "UnknownParameter", "Foo"),
        ([("Thing.Foo", "1")], "UnknownParameter", "Thing.Foo"),
        ([("Things.0.Foo", "1")], "UnknownParameter", "Things.0.Foo"),
        ([("Flag", "yes")], "InvalidParameter", "Flag"),
        ([("Flag", "1")], "InvalidParameter", "Flag"),
        ([("Number", "5.5")], "InvalidParameter", "Number"),
        ([("Things.1.Url", "u")], "InvalidParameter", "Things.1"),
        ([("Things.0.Url", "u"), ("Things.2.Url", "u")], "InvalidParameter", "Things.2"),
        ([("Things.99999999999.Url", "u")], "InvalidParameter", "Things.99999999999"),
        ([("Words.00", "u")], "InvalidParameter", "Words.00"),
        ([("Words.٠", "u")], "InvalidParameter", "Words.٠"),
        ([("Words.-1", "u")], "InvalidParameter", "Words.-1"),
        ([("Words.x", "u")], "InvalidParameter", "Words.x"),
        ([("Words", "u")], "InvalidParameter", "Words"),
        ([("Thing", "u")], "InvalidParameter", "Thing"),
        ([("Thing", "u"), ("Thing.Url", "u")], "InvalidParameter", "Thing.Url"),
        ([("Thing.Url", "u"), ("Thing", "u")], "InvalidParameter", "Thing"),
        ([("Text.0", "u")], "InvalidParameter", "Text.0"),
        ([("Number.0", "1")], "InvalidParameter", "Number"),
        ([("Flag.0", "1")], "InvalidParameter", "Flag"),
        ([(f"Words.{n}", "a") for n in range(MAX_ITEMS + 1)], "InvalidParameter", "Words"),
        ([("A" + ".0" * 10_000, "u")], "UnknownParameter", "A"),
    ],
)
def test_flat_complaints(pairs: list[tuple[str, str]], code: str, path: str) -> None:
    with pytest.raises(WireError) as caught:
        flat(*pairs)
    assert (caught.value.code, caught.value.field) == (code, path)


def test_flat_text_that_is_no_utf8() -> None:
    with pytest.raises(WireError, match="InvalidParameter"):
        read_flat([("Text", "\ud800")], ACT)


def test_common_parameters_are_left_out() -> None:
    assert flat(*((name, "x") for name in COMMON_PARAMETERS)) == {"Text": "t"}


def test_paths_of_a_schema() -> None:
    assert SCHEMA.paths("Act") == (
        "Text",
        "Flag",
        "Number",
        "Size",
        "Rate",
        "Words",
        "Numbers",
        "Thing.Url",
        "Thing.Inner.Deep.N.Id",
        "Things.N.Url",
        "Things.N.Inner.Deep.N.Id",
    )
