"""DescribeTasks: what is asked, what is listed, and both read back by the other side."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain.states import TaskState
from genmux.wires import vod
from genmux.wires.tencent import BrokenAnswerError, WireError
from genmux.wires.tencent_schema import read_body

SECONDS = st.none() | st.integers(1, 4_000_000_000).map(lambda second: second * 1000)
QUERIES = st.builds(
    vod.TaskQuery,
    sub_app_id=st.none() | st.integers(1, 9),
    status=st.sampled_from(["", "WAITING", "PROCESSING", "FINISH"]),
    file_id=st.sampled_from(["", "123"]),
    created_from=SECONDS,
    created_until=SECONDS,
    finished_from=SECONDS,
    finished_until=SECONDS,
    sort=st.sampled_from(["created", "finished"]),
    ascending=st.booleans(),
    limit=st.integers(1, 100),
    cursor=st.none() | st.binary(min_size=16, max_size=16),
)
TASKS = st.builds(
    vod.ListedTask,
    task_id=st.text(min_size=1),
    task_type=st.sampled_from(["AigcVideoTask", "AigcImageTask"]),
    status=st.sampled_from(["WAITING", "FINISH"]),
    created_at=st.integers(1, 4_000_000_000).map(lambda second: second * 1000),
    begun_at=SECONDS,
    finished_at=SECONDS,
    file_id=st.text(),
    session_id=st.text(),
    session_context=st.text(),
)


def parse(body: dict[str, Any]) -> vod.TaskQuery:
    return vod.parse_list(read_body(json.dumps(body).encode(), vod.request_schema("DescribeTasks")))


@given(QUERIES)
def test_a_query_is_read_as_it_was_said(query: vod.TaskQuery) -> None:
    action, body = vod.render_query(query)
    assert action == "DescribeTasks"
    assert parse(body) == query


@given(st.lists(TASKS, max_size=3), st.text())
def test_a_list_is_read_as_it_was_said(tasks: list[vod.ListedTask], token: str) -> None:
    fields = vod.render_list(tasks, token)
    assert vod.SCHEMA.response("DescribeTasks").read(fields) == fields
    assert vod.parse_listed(fields) == (tuple(tasks), token)


def test_the_published_examples() -> None:
    assert parse({"Status": "FINISH", "Limit": "5"}) == vod.TaskQuery(status="FINISH", limit=5)
    assert parse({}) == vod.TaskQuery(limit=10)
    assert vod.render_query(vod.TaskQuery(), "taskId6")[1]["ScrollToken"] == "taskId6"


def test_each_state_is_found_under_one_status() -> None:
    found = [
        state for word in ("WAITING", "PROCESSING", "FINISH") for state in vod.TaskQuery(status=word).states
    ]
    assert found == list(TaskState)
    assert vod.TaskQuery().states == ()


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({"Status": "ABORTED"}, "InvalidParameterValue.Status", "Status"),
        ({"Limit": 0}, "InvalidParameterValue", "Limit"),
        ({"Limit": 101}, "InvalidParameterValue", "Limit"),
        ({"Limit": -1}, "InvalidParameter", "Limit"),
        ({"CreateTime": {"After": "now"}}, "InvalidParameterValue", "CreateTime.After"),
        ({"FinishTime": {"Before": "2026-08-05"}}, "InvalidParameterValue", "FinishTime.Before"),
        ({"Sort": {"Field": "Status", "Order": "Asc"}}, "InvalidParameterValue", "Sort.Field"),
        ({"Sort": {"Field": "CreateTime", "Order": "Up"}}, "InvalidParameterValue", "Sort.Order"),
        ({"Sort": {"Field": "CreateTime"}}, "MissingParameter", "Sort.Order"),
        ({"ScrollToken": "taskId6"}, "InvalidParameterValue", "ScrollToken"),
        ({"ScrollToken": "猫"}, "InvalidParameterValue", "ScrollToken"),
    ],
)
def test_refusals_name_the_path(body: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(WireError) as caught:
        parse(body)
    assert (caught.value.code, caught.value.field) == (code, path)


def test_an_upstream_that_has_not_begun() -> None:
    task = {
        "TaskId": "t",
        "Status": "WAITING",
        "BeginProcessTime": "0000-00-00T00:00:00Z",
        "FinishTime": None,
    }
    ((read,), token) = vod.parse_listed({"TaskSet": [task], "ScrollToken": None})
    assert (read.begun_at, read.finished_at, token) == (None, None, "")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"TaskSet": None},
        {"TaskSet": [1]},
        {"TaskSet": [{"TaskId": "t"}]},
        {"TaskSet": [{"TaskId": "t", "Status": "FINISH", "CreateTime": "soon"}]},
    ],
)
def test_broken_lists(fields: dict[str, Any]) -> None:
    with pytest.raises(BrokenAnswerError):
        vod.parse_listed(fields)
