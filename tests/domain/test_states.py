"""The task machine: total, final, and with exactly one way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain.errors import IllegalMove
from genmux.domain.states import REOPENABLE, TABLE, Effect, Event, TaskState, advance

states = st.sampled_from(TaskState)
events = st.sampled_from(Event)


@given(states, events)
def test_every_pair_is_a_move_or_a_named_error(state: TaskState, event: Event) -> None:
    if (state, event) in TABLE:
        assert advance(state, event, error_code="deadline") == TABLE[state, event]
    else:
        with pytest.raises(IllegalMove, match=rf"a {state.word} task .* {event.value}"):
            advance(state, event, error_code="deadline")


@given(st.lists(events, max_size=40), st.sampled_from([None, "internal", "deadline", "outcome_unknown"]))
def test_final_states_have_one_way_out(story: list[Event], code: str | None) -> None:
    state = TaskState.WAITING
    for event in story:
        try:
            after = advance(state, event, error_code=code).state
        except IllegalMove:
            continue
        if state.final:
            assert (state, event, after) == (TaskState.FAILED, Event.FOUND, TaskState.COLLECTING)
            assert code in REOPENABLE
        state = after


def test_every_event_is_used_and_every_state_can_be_reached_and_left() -> None:
    assert {event for _, event in TABLE} == set(Event)
    assert {move.state for move in TABLE.values()} | {TaskState.WAITING} == set(TaskState)
    assert {state for state, _ in TABLE} == set(TaskState) - {TaskState.SUCCEEDED, TaskState.CANCELLED}


def test_attempts_open_before_calls_and_close_at_ends() -> None:
    for (state, event), move in TABLE.items():
        if move.state is TaskState.SUBMITTING and state is TaskState.QUEUED:
            assert Effect.OPEN_ATTEMPT in move.effects
        holds_slot = TaskState.SUBMITTING <= state <= TaskState.COLLECTING
        leaves = move.state.final or move.state is TaskState.QUEUED
        if holds_slot and leaves:
            assert Effect.CLOSE_ATTEMPT in move.effects, (state, event)
        if move.state.final:
            woken = {Effect.WAKE_DEPENDANTS, Effect.FAIL_DEPENDANTS} & move.effects
            assert woken == (
                {Effect.WAKE_DEPENDANTS} if move.state is TaskState.SUCCEEDED else {Effect.FAIL_DEPENDANTS}
            )


@pytest.mark.parametrize("code", [None, "internal", "content_refused"])
def test_other_failures_stay_failed(code: str | None) -> None:
    with pytest.raises(IllegalMove):
        advance(TaskState.FAILED, Event.FOUND, error_code=code)


def test_stored_numbers_never_change() -> None:
    assert [(s.value, s.word) for s in TaskState] == [
        (0, "waiting"),
        (1, "queued"),
        (2, "submitting"),
        (3, "running"),
        (4, "unknown"),
        (5, "collecting"),
        (6, "succeeded"),
        (7, "failed"),
        (8, "cancelled"),
    ]
