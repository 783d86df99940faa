"""Bodies of the OpenAI wire: forms there and back, limits, and what is no form at all."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain.errors import CallerError
from genmux.wires.openai_form import (
    FormLimits,
    Upload,
    fingerprint,
    read_body,
    render_json,
    render_multipart,
)

LIMITS = FormLimits()
BOUNDARY = "7MA4YWxkTrZu0gW"

names = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
values = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20) | st.builds(
    Upload,
    data=st.binary(max_size=50) | st.sampled_from([b"\r\n--", b"--" + BOUNDARY[:5].encode(), b"\r\n\r\n-"]),
    content_type=st.sampled_from(["", "image/png"]),
    filename=st.sampled_from(["a.png", "猫.png", "file"]),
)
forms = st.dictionaries(
    names,
    values
    | st.lists(values, min_size=1, max_size=3)
    | st.dictionaries(names, values, min_size=1, max_size=2),
    max_size=4,
)


@given(forms)
def test_a_form_is_read_back(fields: dict[str, Any]) -> None:
    assert read_body(*render_multipart(fields, BOUNDARY), LIMITS) == fields


@given(forms, st.integers(0, 400))
def test_a_form_cut_short_is_refused(fields: dict[str, Any], cut: int) -> None:
    content_type, body = render_multipart(fields, BOUNDARY)
    with pytest.raises(CallerError, match="form"):
        read_body(content_type, body[: min(cut, len(body) - 4)], LIMITS)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    for data in (body, b"--x\r\n" + body + b"\r\n--x--\r\n"):
        with contextlib.suppress(CallerError):
            read_body("multipart/form-data; boundary=x", data, LIMITS)


@given(st.binary(max_size=100))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    with contextlib.suppress(CallerError):
        assert isinstance(read_body("application/json", body, LIMITS), dict)


def test_null_and_empty_texts_say_nothing() -> None:
    assert read_body("", b'{"a":null,"b":"","c":0}', LIMITS) == {"c": 0}


def test_repeated_and_numbered_names_are_lists() -> None:
    head = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    parts = [("a", "1"), ("a", "2"), ("b[0]", "3"), ("b[1]", "4"), ("c[]", "5")]
    body = "".join(f"--x\r\n{head.format(name, value)}" for name, value in parts) + "--x--\r\n"
    read = read_body("multipart/form-data; boundary=x", body.encode(), LIMITS)
    assert read == {"a": ["1", "2"], "b": ["3", "4"], "c": ["5"]}


def test_a_name_of_two_shapes_is_refused() -> None:
    content_type, one = render_multipart({"a": "1"}, "x")
    _, two = render_multipart({"a": {"k": "1"}}, "x")
    with pytest.raises(CallerError, match="two ways"):
        read_body(content_type, one.replace(b"--x--\r\n", b"") + two, LIMITS)


def test_forms_over_the_limits_are_refused() -> None:
    form = render_multipart({"a": "1", "b": Upload(b"12345")}, "x")
    with pytest.raises(CallerError, match="more than 1 parts"):
        read_body(*form, FormLimits(max_parts=1))
    with pytest.raises(CallerError, match="over 4 bytes"):
        read_body(*form, FormLimits(max_part_bytes=4))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"nul", b"[" * 50_000, b'{"a":' * 20 + b"1" + b"}" * 20])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(CallerError, match=r"JSON"):
        read_body("application/json", body, LIMITS)


def test_a_form_needs_a_boundary() -> None:
    with pytest.raises(CallerError, match="boundary"):
        read_body("multipart/form-data", b"", LIMITS)
    with pytest.raises(ValueError, match="boundary"):
        render_multipart({}, "no good\r\n")
    with pytest.raises(ValueError, match="occurs"):
        render_multipart({"a": "--x"}, "x")


def test_equal_requests_have_equal_fingerprints_whatever_their_boundary() -> None:
    fields = {"prompt": "a", "image": Upload(b"1", "image/png", "a.png")}
    one = read_body(*render_multipart(fields, "x"), LIMITS)
    two = read_body(*render_multipart(fields, "y"), LIMITS)
    assert fingerprint("/images/edits", one) == fingerprint("/images/edits", two)
    assert fingerprint("/images/edits", one) != fingerprint("/videos", one)
    other = {**one, "image": Upload(b"2", "image/png", "a.png")}
    assert fingerprint("/images/edits", one) != fingerprint("/images/edits", other)
    assert len(fingerprint("/videos", {"seed": 2**70})) == 32


def test_json_is_read_back() -> None:
    fields = {"prompt": "a", "n": 2, "images": [{"image_url": "https://a"}]}
    assert read_body(*render_json(fields), LIMITS) == fields
