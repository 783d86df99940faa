"""Whatever a key's owner sends, the answer is an envelope, and never our own failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.e2e.serving import Client, serving

from genmux.wires import mps

WORDS = st.sampled_from(
    """\
a Kling 3.0 720P 2K 16:9 5 -1 0 true yes {} {"size":"9x9"} asset ../.. \0 data:image/png;base64,AAAA
https://example.com/a.png http://[::1]/""".split(" ")
)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=20)


def names(action: str) -> list[str]:
    return sorted({part for path in mps.SCHEMA.paths(action) for part in path.split(".")} - {"N"})


def values(action: str) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(names(action)) | st.text(max_size=5)
    return st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=8,
    )


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(tmp_path_factory.mktemp("fuzz"), paused=True) as running:
        yield running.client


@given(data=st.data())
@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("action", mps.ACTIONS)
def test_any_fields_get_an_answer(resting: Client, action: str, data: st.DataObject) -> None:
    fields = st.dictionaries(st.sampled_from(names(action)), values(action), max_size=6)
    answer = resting.call(action, data.draw(fields))
    if "Error" in answer:
        assert answer["Error"]["Code"] not in ("InternalError", "ServiceUnavailable"), answer


@given(body=st.binary(max_size=300))
@settings(max_examples=100)
def test_any_bytes_get_an_answer(resting: Client, body: bytes) -> None:
    answer = resting.call("CreateAigcImageTask", body)
    assert answer["Error"]["Code"] in ("InvalidParameter", "UnknownParameter", "MissingParameter")


def test_the_server_still_works(resting: Client) -> None:
    assert resting.create("CreateAigcImageTask", {"Prompt": "a"})
