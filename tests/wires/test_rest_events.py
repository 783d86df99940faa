"""A task's events as server-sent events: what is written is read back, line breaks and all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.wires.rest_events import (
    HEARTBEAT,
    LINE,
    TASK,
    Message,
    parse_event_number,
    parse_messages,
    render_message,
    render_opening,
)

words = st.text(st.characters(codec="utf-8"), max_size=20)
messages = st.builds(
    Message,
    st.sampled_from([TASK, LINE]),
    st.dictionaries(words, words | st.integers(-(2**53), 2**53) | st.none(), max_size=3),
    st.none() | st.integers(0, 999_999_999),
)


@given(st.lists(messages, max_size=4))
def test_what_is_written_is_read_back(said: list[Message]) -> None:
    stream = render_opening() + b"".join(render_message(m) + HEARTBEAT for m in said)
    assert list(parse_messages(stream.decode())) == said


@given(messages)
def test_a_message_is_one_block(message: Message) -> None:
    block = render_message(message)
    assert block.endswith(b"\n\n")
    assert block.count(b"\n\n") == 1
    assert b"\r" not in block


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("17", 17), ("", None), ("-1", None), ("1.5", None), ("٣", None), ("9" * 10, None)],
)
def test_an_id_is_a_number_of_ours(text: str, number: int | None) -> None:
    assert parse_event_number(text) == number
