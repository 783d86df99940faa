"""What any HTTP answer says: its time, when to come back, and whose a URL is."""

from __future__ import annotations

import pytest

from genmux.wires.http_answers import date_ms, read_object, retry_after_seconds, same_origin

HALF_PAST = "Wed, 21 Oct 2026 07:28:30 GMT"
EIGHT_AND_TWENTY = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": HALF_PAST, "date": EIGHT_AND_TWENTY}, 30.0),
        ({"retry-after": EIGHT_AND_TWENTY, "date": HALF_PAST}, 0.0),
        ({"retry-after": "999999"}, 3600.0),
        ({"retry-after": HALF_PAST}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers) == seconds


def test_the_time_of_an_answer() -> None:
    assert date_ms({"date": EIGHT_AND_TWENTY}) == 1_792_567_680_000
    assert date_ms({"date": "today"}) is None
    assert date_ms({}) is None


@pytest.mark.parametrize(
    ("body", "value"), [(b'{"a":1}', {"a": 1}), (b"[]", None), (b"{", None), (b"[" * 10_000, None)]
)
def test_only_an_object_is_read(body: bytes, value: dict[str, int] | None) -> None:
    assert read_object(body) == value


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://a.example/x", True),
        ("https://a.example:443/", True),
        ("http://a.example/", False),
        ("https://a.example:444/", False),
        ("https://b.example/", False),
        ("nonsense", False),
        ("https://[", False),
    ],
)
def test_whose_a_url_is(other: str, same: bool) -> None:
    assert same_origin("https://a.example", other) is same
    assert not same_origin("nonsense", "nonsense")
