"""Results of tasks as inputs: one normal spelling inside, every wire's id outside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain.results import TaskResult, parse_result, render_result
from genmux.domain.spec import Kind
from genmux.wires import fal_tasks, mps_tasks, openai_videos, rest_tasks, vod_tasks
from genmux.wires.results import NoResultError, normal_source, parse_any_id, rest_source, url_source

HEX = "0123456789abcdef" * 2
IDS = st.binary(min_size=16, max_size=16)
NUMBERS = st.none() | st.integers(0, 9999)
RESULTS = st.builds(TaskResult, IDS, NUMBERS)

SPELLINGS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "rest": rest_tasks.render_task_id,
    "openai": openai_videos.render_task_id,
    "fal": fal_tasks.render_request_id,
    "mps": lambda task_id: mps_tasks.render_task_id(Kind.IMAGE, task_id),
    "vod": lambda task_id: vod_tasks.render_task_id(Kind.VIDEO, 1_500_000_001, task_id),
}


@given(RESULTS)
def test_the_normal_spelling_is_read_back(result: TaskResult) -> None:
    source = render_result(result)
    assert parse_result(source) == result
    assert normal_source(source) == normal_source(url_source(source)) == normal_source(rest_source(source))
    assert normal_source(source) == source


@pytest.mark.parametrize("wire", SPELLINGS)
@given(result=RESULTS, begin=st.sampled_from(["task:", "genmux://task/"]))
def test_every_wire_s_id_names_the_task(wire: str, result: TaskResult, begin: str) -> None:
    number = "" if result.n is None else f"#{result.n}"
    text = begin + SPELLINGS[wire](result.task_id) + number
    assert parse_result(normal_source(text)) == result


@given(st.text())
def test_other_sources_stay_as_they_are(text: str) -> None:
    assert url_source(text) == rest_source(text) == text or parse_result(text)
    try:
        assert normal_source(text) == text or parse_result(normal_source(text))
    except NoResultError:
        assert text.startswith(("task:", "genmux:"))


@given(st.text())
def test_only_ids_are_ids(text: str) -> None:
    assert parse_any_id(text) is None or len(text) >= len(HEX)


@pytest.mark.parametrize(
    "text",
    [
        *("task:", "task:#0", f"task:{HEX}#", f"task:{HEX}#-1", f"task:{HEX}#01", f"task:{HEX}#10000"),
        *(f"task:{HEX}#0#0", f"task:{HEX.upper()}", f"task:{HEX[:-1]}", f"task:{HEX}0", f"task: {HEX}"),
        *(f"task:task_{HEX} ", f"task:{HEX}\n", f"task:{HEX}?n=1", f"task://{HEX}"),
        *("genmux:", "genmux://", "genmux://task/", f"genmux://tasks/{HEX}", f"genmux:/task/{HEX}"),
        *(
            f"genmux://task/{HEX}/0",
            f"genmux://task/5-AigcVideo-{HEX}",
            f"genmux://task/-AigcVideoTask-{HEX}t",
        ),
    ],
)
def test_what_only_begins_like_one_is_none(text: str) -> None:
    with pytest.raises(NoResultError, match=r"genmux://task/<id>"):
        normal_source(text)
