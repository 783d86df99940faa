"""Events of VOD: contents, pulls, pushes with their signature, and how an application is set up."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tencentcloud.vod.v20180717 import models

from genmux.domain.spec import GenerationSpec, Kind
from genmux.domain.states import TaskState
from genmux.wires import vod
from genmux.wires.tencent import BrokenAnswerError, WireError
from genmux.wires.tencent_schema import read_body
from genmux.wires.vod_events import EVENTS, parse_application, unknown_handle

NOW = 1_785_922_200


def task_of(kind: Kind) -> dict[str, Any]:
    name = vod.render_task_id(kind, 7, bytes(16))
    spec = GenerationSpec(kind=kind, prompt="猫")
    cancelled = vod.TaskPicture(name, kind, TaskState.CANCELLED, 0, None, 1000, None, spec, {})
    return vod.render_task(cancelled, "zh-CN")


@pytest.mark.parametrize("kind", list(Kind))
def test_an_event_tells_of_its_task(kind: Kind) -> None:
    content = vod.render_content(kind, task_of(kind))
    event_type, member = EVENTS[kind]
    assert list(content) == ["EventType", member]
    assert event_type.replace("Task", "") + "Event" == member
    assert member in vod.SCHEMA.structs["EventContent"]
    read = vod.parse_content(content)
    assert read is not None
    assert (read.kind, read.done, read.failure.extended) == (kind, True, "OperationCanceled")
    assert vod.parse_content({"EventType": "NewFileUpload", "FileUploadEvent": {}}) is None
    with pytest.raises(BrokenAnswerError):
        vod.parse_content({"EventType": event_type})


def test_the_official_sdk_reads_pulled_events() -> None:
    fields = vod.render_pulled([("h", vod.render_content(Kind.VIDEO, task_of(Kind.VIDEO)))])
    answer = models.PullEventsResponse()
    answer._deserialize({**json.loads(json.dumps(fields)), "RequestId": "r"})
    (event,) = answer.EventSet
    assert (event.EventHandle, event.EventType) == ("h", "AigcVideoTaskComplete")
    assert event.AigcVideoCompleteEvent.ErrCode == 70000
    assert event.AigcImageCompleteEvent is None


def test_pulls_and_confirms_are_read_as_they_were_said() -> None:
    action, body = vod.render_pull(7)
    assert parse_application(read_body(json.dumps(body).encode(), vod.request_schema(action))) == 7
    content = vod.render_content(Kind.IMAGE, task_of(Kind.IMAGE))
    ((handle, event),) = vod.parse_pulled(vod.render_pulled([("h", content)]))
    assert handle == "h"
    assert vod.parse_content(event) == vod.parse_content(content)
    action, body = vod.render_confirm(7, ["a", "b", "a"])
    assert vod.parse_confirm(read_body(json.dumps(body).encode(), vod.request_schema(action))) == ("a", "b")


def test_no_events() -> None:
    assert vod.render_pulled(()) == {"EventSet": []}
    assert vod.parse_pulled({"EventSet": None}) == ()
    odd: list[list[Any]] = [[{}], [{"EventHandle": ""}], ["x"]]
    for broken in odd:
        with pytest.raises(BrokenAnswerError):
            vod.parse_pulled({"EventSet": broken})


@pytest.mark.parametrize(
    ("body", "code"),
    [({"EventHandles": []}, "MissingParameter"), ({"EventHandles": ["h"] * 17}, "InvalidParameterValue")],
)
def test_confirms_are_refused(body: dict[str, Any], code: str) -> None:
    with pytest.raises(WireError) as caught:
        vod.parse_confirm(body)
    assert (caught.value.code, caught.value.field) == (code, "EventHandles")
    assert unknown_handle().code == "InvalidParameterValue"


def test_there_is_no_default_application() -> None:
    for body, code in (({}, "MissingParameter"), ({"SubAppId": 2**63}, "InvalidParameterValue.SubAppId")):
        with pytest.raises(WireError) as caught:
            parse_application(body)
        assert caught.value.code == code


def test_a_push_is_signed_key_first() -> None:
    content = vod.render_content(Kind.VIDEO, task_of(Kind.VIDEO))
    pushed = json.loads(vod.render_push(content, "key", NOW))
    assert pushed.pop("T") == NOW + 600
    assert pushed.pop("Sign") == hashlib.md5(f"key{NOW + 600}".encode()).hexdigest()
    assert pushed == content
    assert json.loads(vod.render_push(content, "", NOW)) == content


def test_a_push_is_believed_only_with_its_signature_and_in_time() -> None:
    body = vod.render_push({"EventType": "x"}, "key", NOW)
    pushed = vod.parse_push(body, "key", NOW + 600)
    assert pushed is not None
    assert pushed["EventType"] == "x"
    assert vod.parse_push(body, "key", NOW + 601) is None
    assert vod.parse_push(body, "other", NOW) is None
    assert vod.parse_push(b'{"T":"9"}', "key", NOW) is None
    assert vod.parse_push(b"{}", "", NOW) == {}
    for broken in (b"", b"[]", b"{"):
        with pytest.raises(BrokenAnswerError):
            vod.parse_push(broken, "", NOW)


WORDS = st.sampled_from(["ON", "OFF"])
CONFIGS = st.builds(
    vod.EventConfig,
    mode=st.sampled_from(["PULL", "PUSH"]),
    notification_url=st.sampled_from(["", "https://example.com/hear"]),
    upload_switch=WORDS,
    delete_switch=WORDS,
    persistence_switch=WORDS,
    sign_key=st.from_regex(r"[A-Za-z0-9]{0,32}", fullmatch=True),
)


@given(CONFIGS, CONFIGS)
def test_a_configuration_is_read_as_it_was_said(before: vod.EventConfig, after: vod.EventConfig) -> None:
    action, body = vod.render_modify(7, after)
    read = read_body(json.dumps(body).encode(), vod.request_schema(action))
    assert vod.parse_config(read, before) == after
    assert vod.parse_config({}, before) == before
    told = vod.render_config(after)
    assert vod.SCHEMA.response("DescribeEventConfig").read(told) == told
    assert "SignKey" not in told
    shown = vod.read_config(told)
    assert vod.render_config(shown) == told


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"Mode": "POLL"}, "Mode"),
        ({"NotificationUrl": "example.com"}, "NotificationUrl"),
        ({"UploadMediaCompleteEventSwitch": "yes"}, "UploadMediaCompleteEventSwitch"),
        ({"SignKey": "k" * 33}, "SignKey"),
        ({"SignKey": "键"}, "SignKey"),
    ],
)
def test_configurations_are_refused(body: dict[str, Any], path: str) -> None:
    with pytest.raises(WireError) as caught:
        vod.parse_config(body, vod.EventConfig())
    assert caught.value.field == path
