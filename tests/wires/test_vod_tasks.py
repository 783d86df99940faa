"""VOD after the create: ids, status words, error codes."""

from __future__ import annotations

import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tencentcloud.vod.v20180717 import errorcodes

from genmux.domain import errors
from genmux.domain.spec import ERROR_CODES, Kind
from genmux.domain.states import TaskState
from genmux.domain.text import same
from genmux.wires import vod
from genmux.wires.tencent import BrokenAnswerError, WireError
from genmux.wires.tencent_messages import MESSAGES
from genmux.wires.vod_tasks import CANCELLED, INPUT_CODES, REPEATED_SESSION, iso_time

HEX = "0123456789abcdef" * 2
PLATFORM = {getattr(errorcodes, name) for name in dir(errorcodes) if name.isupper()}


@given(st.sampled_from(Kind), st.integers(0, 10**19 - 1), st.binary(min_size=16, max_size=16))
def test_task_id_round_trip(kind: Kind, sub_app_id: int, task_id: bytes) -> None:
    text = vod.render_task_id(kind, sub_app_id, task_id)
    assert vod.parse_task_id(text) == (sub_app_id, kind, task_id)


def test_a_task_id_of_the_real_platform() -> None:
    assert vod.parse_task_id(f"1500044236-AigcVideoTask-{HEX}t") == (
        1500044236,
        Kind.VIDEO,
        bytes.fromhex(HEX),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"4-AigcVideo-{HEX}",
        f"1-AigcVideoTask-{HEX}",
        f"1-AigcVideoTask-{HEX[1:]}t",
        f"1-AigcVideoTask-{HEX.upper()}t",
        f"1-AigcAudioTask-{HEX}t",
        f"01-AigcVideoTask-{HEX}t",
        f"-1-AigcVideoTask-{HEX}t",
        f"１-AigcVideoTask-{HEX}t",
        f"1-AigcVideoTask-{HEX}t\n",
        f" 1-AigcVideoTask-{HEX}t",
    ],
)
def test_other_task_ids_are_none_of_ours(text: str) -> None:
    assert vod.parse_task_id(text) is None


def test_status_is_total() -> None:
    assert set(vod.STATUS) == set(TaskState)
    assert {state for state in TaskState if vod.STATUS[state] == "FINISH"} == {
        state for state in TaskState if state.final
    }


def test_failures_are_total_and_in_the_words_of_the_platform() -> None:
    assert vod.FAILURES.keys() == ERROR_CODES
    doc = inspect.getsource(__import__("tencentcloud.vod.v20180717.models", fromlist=["x"]).AigcVideoTask)
    listed = set(re.findall(r"<li>([\w.]+)：", doc))
    for failure in (*vod.FAILURES.values(), CANCELLED):
        assert failure.code in (40000, 60000, 70000)
        assert failure.extended in listed


def test_error_codes_are_total() -> None:
    classes = {
        item
        for _, item in inspect.getmembers(errors, inspect.isclass)
        if issubclass(item, errors.GenmuxError)
    }
    assert set(vod.ERROR_CODES) == classes
    codes = {*vod.ERROR_CODES.values(), *INPUT_CODES.values(), REPEATED_SESSION}
    assert {code for code in codes if code not in MESSAGES} <= PLATFORM


def test_error_code_of_a_new_class_is_its_nearest() -> None:
    class Odd(errors.NotFound):
        pass

    assert vod.error_code(Odd(same("gone"))) == "ResourceNotFound"


def test_created_and_describe() -> None:
    created = vod.render_created(Kind.IMAGE, 7, bytes(16))
    task_id = vod.parse_created(created)
    assert task_id == f"7-AigcImageTask-{bytes(16).hex()}t"
    action, body = vod.render_describe(task_id, 7)
    assert action == "DescribeTaskDetail"
    assert vod.parse_describe(body) == (7, Kind.IMAGE, bytes(16))
    assert vod.parse_describe({"TaskId": task_id}) == (7, Kind.IMAGE, bytes(16))
    assert vod.parse_describe({"TaskId": task_id, "SubAppId": 8}) is None
    with pytest.raises(BrokenAnswerError):
        vod.parse_created({"TaskId": ""})
    with pytest.raises(WireError, match="MissingParameter"):
        vod.parse_describe({"TaskId": ""})
    with pytest.raises(WireError, match=r"InvalidParameterValue\.TaskId"):
        vod.parse_describe({"TaskId": "4-AigcVideo-0"})


def test_times() -> None:
    assert iso_time(None) == ""
    assert iso_time(1_785_922_200_999) == "2026-08-05T09:30:00Z"
