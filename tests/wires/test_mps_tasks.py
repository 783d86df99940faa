"""MPS answers after the create: ids, status words, error codes."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain import errors
from genmux.domain.spec import Kind
from genmux.domain.states import TaskState
from genmux.domain.text import same
from genmux.wires import mps
from genmux.wires.tencent import BrokenAnswerError, WireError
from genmux.wires.tencent_messages import MESSAGES
from genmux.wires.tencent_schema import Struct

KINDS = st.sampled_from(Kind)
VIEWS = st.builds(
    mps.StatusView,
    status=st.sampled_from(["WAIT", "RUN", "DONE", "FAIL", "NEW"]),
    urls=st.lists(st.text(min_size=1)).map(tuple),
    resolution=st.sampled_from(["", "1280x720", "1920x1088"]),
    message=st.text(),
)


@given(KINDS, st.binary(min_size=16, max_size=16))
def test_task_id_round_trip(kind: Kind, task_id: bytes) -> None:
    assert mps.parse_task_id(mps.render_task_id(kind, task_id)) == (kind, task_id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2147**3792",
        "4-AigcVideo-c3b145ec76xxxx94ac55b9e63be17d",
        "4-AigcVideo-" + "a" * 31,
        "4-AigcVideo-" + "a" * 33,
        "4-AigcVideo-" + "A" * 32,
        "5-AigcVideo-" + "a" * 32,
        "4-AigcAudio-" + "a" * 32,
        " 4-AigcVideo-" + "a" * 32,
        "4-AigcVideo-" + "a" * 32 + "\n",
        "4-AigcVideo-" + "\uff11" * 32,
    ],
)
def test_other_task_ids_are_none_of_ours(text: str) -> None:
    assert mps.parse_task_id(text) is None


def test_status_is_total() -> None:
    assert set(mps.STATUS) == set(TaskState)
    assert set(mps.STATUS.values()) == {"WAIT", "RUN", "DONE", "FAIL"}
    assert {state for state in TaskState if mps.STATUS[state] in ("DONE", "FAIL")} == {
        state for state in TaskState if state.final
    }


@given(KINDS, VIEWS)
def test_status_round_trip(kind: Kind, view: mps.StatusView) -> None:
    fields = mps.render_status(kind, view)
    read = mps.parse_status(kind, fields)
    expected = view if kind is Kind.VIDEO else mps.StatusView(view.status, view.urls, "", view.message)
    assert read == expected


@pytest.mark.parametrize(("action", "kind"), mps.DESCRIBES.items())
def test_status_answers_fit_the_schema(action: str, kind: Kind) -> None:
    view = mps.StatusView("DONE", ("https://example.com/a.mp4",), "1280x720", "")
    fields = mps.render_status(kind, view)
    response: Struct = mps.SCHEMA.response(action)
    assert response.read(fields) == fields
    assert fields.keys() | {"RequestId"} == response.fields.keys()


def test_status_of_the_real_platform() -> None:
    fields = {"Status": "DONE", "VideoUrls": ["u"], "Resolution": "1080*720", "Message": None, "New": 1}
    assert mps.parse_status(Kind.VIDEO, fields) == mps.StatusView("DONE", ("u",), "1080x720", "")
    running = mps.parse_status(Kind.IMAGE, {"Status": "RUN", "ImageUrls": None})
    assert running == mps.StatusView("RUN")


@pytest.mark.parametrize("fields", [{}, {"Status": None}, {"Status": ""}, {"Status": 3}])
def test_status_without_a_status_is_broken(fields: dict[str, object]) -> None:
    with pytest.raises(BrokenAnswerError):
        mps.parse_status(Kind.VIDEO, fields)


@pytest.mark.parametrize("kind", list(Kind))
def test_created_and_describe(kind: Kind) -> None:
    created = mps.render_created(kind, b"\x01" * 16)
    task_id = mps.parse_created(created)
    action, body = mps.render_describe(kind, task_id)
    assert mps.DESCRIBES[action] is kind
    assert mps.parse_describe(body) == task_id
    with pytest.raises(BrokenAnswerError):
        mps.parse_created({})
    with pytest.raises(WireError, match="MissingParameter"):
        mps.parse_describe({"TaskId": ""})


def test_error_codes_are_total() -> None:
    classes = {
        item
        for _, item in inspect.getmembers(errors, inspect.isclass)
        if issubclass(item, errors.GenmuxError)
    }
    assert set(mps.ERROR_CODES) == classes
    assert set(mps.ERROR_CODES.values()) <= MESSAGES.keys()


def test_error_code_of_a_new_class_is_its_nearest() -> None:
    class Odd(errors.NotFound):
        pass

    assert mps.error_code(Odd(same("gone"))) == "ResourceNotFound.TaskNotFound"
