"""Rates and retried creates of the Tencent wires, on a clock that stands still."""

from __future__ import annotations

import asyncio

import pytest

from genmux.dialects.tencent_rates import REPEAT_MS, RateGate, RetryMemory
from genmux.testing.harness import FrozenClock
from genmux.wires.tencent import WireError

CREATE = "CreateAigcVideoTask"


async def test_the_call_over_the_rate_is_refused_with_both_numbers() -> None:
    gate = RateGate({CREATE: 2}, FrozenClock())
    for _ in range(2):
        await gate.admit(1, CREATE, patient=False)
    with pytest.raises(WireError) as caught:
        await gate.admit(1, CREATE, patient=False)
    assert caught.value.code == "RequestLimitExceeded"
    assert "`3`" in caught.value.text.en
    assert "`2`" in caught.value.text.en
    await gate.admit(2, CREATE, patient=False)  # another key has its own rate
    await gate.admit(1, "DescribeAigcVideoTask", patient=False)  # no rate set


async def test_a_patient_call_gets_the_room_of_the_next_second() -> None:
    clock = FrozenClock(1_795_000_000_995)
    gate = RateGate({CREATE: 1}, clock)
    await gate.admit(1, CREATE, patient=True)
    waiting = asyncio.create_task(gate.admit(1, CREATE, patient=True))
    await asyncio.sleep(0)
    clock.advance(1)
    await asyncio.wait_for(waiting, 5)


async def test_patience_has_an_end_and_a_limit() -> None:
    clock = FrozenClock(1_795_000_000_995)
    gate = RateGate({CREATE: 1}, clock)
    await gate.admit(1, CREATE, patient=True)
    waiting = asyncio.create_task(gate.admit(1, CREATE, patient=True))
    await asyncio.sleep(0)
    with pytest.raises(WireError):  # one waits already: the next is refused at once
        await gate.admit(1, CREATE, patient=True)
    with pytest.raises(WireError):  # the clock stood still, so there was no room
        await asyncio.wait_for(waiting, 5)
    assert not gate._waiting


def test_the_second_success_after_a_refusal_is_the_first_task() -> None:
    clock = FrozenClock()
    memory = RetryMemory(clock)
    key = memory.key(1, CREATE, "SDK_PYTHON_3.1.194", b"{}")
    assert memory.empty
    memory.refused(key)
    assert memory.recall(key) is None
    memory.made(key, {"TaskId": "first"})
    assert memory.recall(key) == {"TaskId": "first"}
    assert memory.recall(key) is None  # a third repeat is a new wish


def test_only_refused_requests_of_that_client_are_remembered() -> None:
    clock = FrozenClock()
    memory = RetryMemory(clock)
    assert memory.key(1, CREATE, "SDK_NODEJS_4.1.220", b"{}") is None
    key = memory.key(1, CREATE, "SDK_PYTHON_3.1.194", b"{}")
    memory.made(key, {"TaskId": "never refused"})
    assert memory.recall(key) is None
    others = [
        memory.key(2, CREATE, "SDK_PYTHON_3.1.194", b"{}"),
        memory.key(1, "CreateAigcImageTask", "SDK_PYTHON_3.1.194", b"{}"),
        memory.key(1, CREATE, "SDK_PYTHON_3.1.194", b"{ }"),
    ]
    memory.refused(key)
    memory.made(key, {"TaskId": "first"})
    assert [memory.recall(other) for other in others] == [None] * 3


def test_ten_seconds_later_it_is_a_new_wish() -> None:
    clock = FrozenClock()
    memory = RetryMemory(clock)
    key = memory.key(1, CREATE, "SDK_PYTHON_3.1.194", b"{}")
    memory.refused(key)
    memory.made(key, {"TaskId": "first"})
    clock.advance(REPEAT_MS / 1000)
    assert memory.recall(key) is None


def test_memory_is_bounded() -> None:
    clock = FrozenClock()
    memory = RetryMemory(clock)
    for n in range(6000):
        memory.refused(memory.key(n, CREATE, "SDK_PYTHON_3", b""))
    assert len(memory._refused) <= 4096
    clock.advance(60)
    memory.refused(memory.key(1, CREATE, "SDK_PYTHON_3", b"new"))
    assert len(memory._refused) == 1
