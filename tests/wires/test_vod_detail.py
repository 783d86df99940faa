"""What a task looks like on the VOD wire, held against the SDK's structs and raw answers of the platform."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tencentcloud.vod.v20180717 import models

from genmux.domain.spec import GenerationSpec, Kind, ModelRef, Reference, Role, Subject, TaskError
from genmux.domain.states import TaskState
from genmux.wires import vod
from genmux.wires.tencent import BrokenAnswerError
from genmux.wires.vod_detail import OTHER_TASKS

NOW = 1_785_922_200_000
HEX = "0123456789abcdef" * 2
PROBE = {
    "container": "mp4",
    "bit_rate": 800_000,
    "seconds": 5.1,
    "streams": [
        {"type": "video", "codec": "h264", "width": 1280, "height": 720, "fps": 23.976, "bit_rate": None},
        {"type": "audio", "codec": "aac", "sample_rate": 48_000, "bit_rate": 64_000},
    ],
}
FILM = vod.StoredFile("http://host/f.mp4", "123456789012345678", 1280, 720, 99, 5.042, PROBE)
SPEC = GenerationSpec(kind=Kind.VIDEO, model=ModelRef("Kling", "2.5"), prompt="猫", duration=5.0)
EXTRA = {"SubAppId": 1500, "SessionId": "s", "SessionContext": "c", "OutputConfig": {"MediaName": "m"}}


def picture(state: TaskState = TaskState.SUCCEEDED, **fields: Any) -> vod.TaskPicture:
    final = state.final
    made = vod.TaskPicture(
        task_id=f"1500-AigcVideoTask-{HEX}t",
        kind=Kind.VIDEO,
        state=state,
        created_at=NOW,
        begun_at=NOW + 1_000,
        finished_at=NOW + 60_000 if final else None,
        progress=None,
        spec=SPEC,
        extra=EXTRA,
        files=(FILM,) if state is TaskState.SUCCEEDED else (),
    )
    return replace(made, **fields)


def read_by_sdk(fields: dict[str, Any]) -> Any:
    answer = models.DescribeTaskDetailResponse()
    answer._deserialize(json.loads(json.dumps(fields)))
    return answer


def test_a_finished_film() -> None:
    fields = vod.render_detail(picture(), "zh-CN")
    assert list(fields) == sorted(fields)
    assert {name for name, value in fields.items() if value is None} == {*OTHER_TASKS, "AigcImageTask"}
    assert {"FastClipMediaTask", "CreateAigcMaterialTask"} <= fields.keys()
    assert (fields["TaskType"], fields["Status"]) == ("AigcVideoTask", "FINISH")
    assert (fields["CreateTime"], fields["BeginProcessTime"], fields["FinishTime"]) == (
        "2026-08-05T09:30:00Z",
        "2026-08-05T09:30:01Z",
        "2026-08-05T09:31:00Z",
    )
    task = fields["AigcVideoTask"]
    assert vod.SCHEMA._struct("AigcVideoTask").read(task) == task
    assert (task["Status"], task["ErrCode"], task["ErrCodeExt"], task["Message"]) == ("FINISH", 0, "", "")
    assert (task["Progress"], task["SessionId"], task["SessionContext"]) == (100, "s", "c")
    assert task["Output"] == {
        "FileInfos": [
            {
                "ClassId": 0,
                "ExpireTime": "2026-08-12T09:31:00Z",
                "FileContent": "",
                "FileId": "",
                "FileType": "",
                "FileUrl": "http://host/f.mp4",
                "MediaName": "m",
                "MetaData": {
                    "AudioDuration": 5.1,
                    "AudioStreamSet": [{"Bitrate": 64_000, "Codec": "aac", "SamplingRate": 48_000}],
                    "Bitrate": 800_000,
                    "Container": "mov,mp4,m4a,3gp,3g2,mj2",
                    "Duration": 5.042,
                    "Height": 720,
                    "Md5": "",
                    "Rotate": 0,
                    "Size": 99,
                    "VideoDuration": 5.1,
                    "VideoStreamSet": [
                        {
                            "Bitrate": 0,
                            "Codec": "h264",
                            "CodecTag": "",
                            "Codecs": "",
                            "DynamicRangeInfo": {"HDRType": "", "Type": "Unknown"},
                            "Fps": 24,
                            "Height": 720,
                            "Width": 1280,
                        }
                    ],
                    "Width": 1280,
                },
                "StorageMode": "Temporary",
                "UsageType": "",
            }
        ],
        "ProcedureTaskIds": [],
        "Usage": {
            "InputImageCount": 0,
            "InputSeconds": 0,
            "InputTokens": 0,
            "OutputSeconds": 5,
            "ThoughtTokens": 0,
            "TotalSeconds": 0,
        },
    }


@pytest.mark.filterwarnings("ignore:.* fileds are useless")
def test_the_official_sdk_reads_it() -> None:
    answer = read_by_sdk(vod.render_detail(picture(), "zh-CN"))
    assert answer.AigcImageTask is None
    info = answer.AigcVideoTask.Output.FileInfos[0]
    assert (info.MetaData.Width, info.MetaData.VideoStreamSet[0].Codec) == (1280, "h264")
    assert answer.AigcVideoTask.Input.OutputConfig.Duration == 5


def test_the_echo_has_zero_values() -> None:
    task = vod.render_task(picture(), "zh-CN")["Input"]
    assert set(task) == set(vod.SCHEMA.structs["AigcVideoTaskInput"])
    config = task.pop("OutputConfig")
    assert config.pop("ExpireTime") == "0000-00-00T00:00:00Z"
    assert (config.pop("Duration"), config.pop("ClassId"), config.pop("MediaName")) == (5, 0, "m")
    assert set(config.values()) == {""}
    said = {"ModelName": "Kling", "ModelVersion": "2.5", "Prompt": "猫"}
    zero = {name: 0 if name == "Seed" else [] if name.endswith("Infos") else "" for name in task}
    assert task == {**zero, **said}


def test_bytes_and_foreign_files_are_echoed_by_type_alone() -> None:
    sources = ["sha256:" + "0" * 64, "data:image/png;base64,AAAA", "file:2/9", "https://a/b"]
    references = tuple(Reference(role=Role.REFERENCE, source=source) for source in sources)
    subject = Subject(name="n", images=(Reference(role=Role.SUBJECT, source="sha256:00"),))
    spec = GenerationSpec(kind=Kind.VIDEO, references=references, subjects=(subject,))
    echo = vod.render_task(picture(spec=spec, extra={}), "zh-CN")["Input"]
    told = [(i["Type"], i["FileId"], i["Url"], i["Base64"], i["Usage"]) for i in echo["FileInfos"]]
    assert told == [
        ("Base64", "", "", "", "Reference"),
        ("Base64", "", "", "", "Reference"),
        ("File", "9", "", "", "Reference"),
        ("Url", "", "https://a/b", "", "Reference"),
    ]
    assert echo["SubjectInfos"] == [{"Id": "", "ImageUrls": [], "Name": "n", "VideoUrls": [], "VoiceId": ""}]


def test_what_an_item_said_beyond_its_reference_is_echoed() -> None:
    body = {
        "SubAppId": 1500,
        "ModelName": "Vidu",
        "ModelVersion": "q2",
        "FileInfos": [{"Type": "Url", "Url": "https://a/b", "ObjectId": "o", "VoiceId": "v"}],
        "LastFrameUrl": "https://a/c",
        "OutputConfig": {"Resolution": "1080p"},
    }
    parsed = vod.parse_create("CreateAigcVideoTask", body)
    echo = vod.render_task(picture(spec=parsed.spec, extra=parsed.extra), "zh-CN")["Input"]
    (item,) = echo["FileInfos"]
    assert (item["ObjectId"], item["VoiceId"], item["Usage"]) == ("o", "v", "")
    assert (echo["LastFrameUrl"], echo["OutputConfig"]["Resolution"]) == ("https://a/c", "1080p")


def test_a_permanent_result_has_a_file_id() -> None:
    forever = {"OutputConfig": {"StorageMode": "Permanent", "ClassId": 3}}
    (info,) = vod.render_task(picture(extra=forever), "zh-CN")["Output"]["FileInfos"]
    assert (info["StorageMode"], info["FileId"], info["ClassId"]) == ("Permanent", FILM.file_id, 3)
    assert info["ExpireTime"] == "9999-12-31T23:59:59Z"
    forever["OutputConfig"]["ExpireTime"] = "2027-01-01T00:00:00+08:00"
    (info,) = vod.render_task(picture(extra=forever), "zh-CN")["Output"]["FileInfos"]
    assert info["ExpireTime"] == "2027-01-01T00:00:00+08:00"


def test_a_picture() -> None:
    spec = GenerationSpec(kind=Kind.IMAGE, count=2)
    still = vod.StoredFile("http://host/a.png", "", 8, 9, 10, None, {"container": "png"})
    fields = vod.render_detail(picture(kind=Kind.IMAGE, spec=spec, extra={}, files=(still, still)), "en-US")
    task = fields["AigcImageTask"]
    assert vod.SCHEMA._struct("AigcImageTask").read(task) == task
    assert set(task["Output"]) == {"FileInfos"}
    assert len(task["Output"]["FileInfos"]) == 2
    assert set(task["Output"]["FileInfos"][0]) == set(vod.SCHEMA.structs["AigcImageTaskOutputFileInfo"])
    meta = task["Output"]["FileInfos"][0]["MetaData"]
    assert (meta["Width"], meta["Height"], meta["Duration"], meta["VideoStreamSet"]) == (8, 9, 0, [])
    assert task["Input"]["OutputConfig"]["OutputImageCount"] == 2
    assert fields["AigcVideoTask"] is None


@pytest.mark.parametrize("state", [state for state in TaskState if not state.final])
def test_unfinished(state: TaskState) -> None:
    fields = vod.render_detail(picture(state, progress=40, begun_at=None), "en-US")
    task = fields["AigcVideoTask"]
    assert (fields["Status"], task["Status"], task["Progress"]) == (vod.STATUS[state], "PROCESSING", 40)
    assert (fields["BeginProcessTime"], fields["FinishTime"]) == ("", "")
    assert (task["ErrCode"], task["Output"]["FileInfos"]) == (0, [])
    assert not vod.parse_detail(fields).done


@pytest.mark.parametrize(
    ("state", "error", "expected"),
    [
        (TaskState.FAILED, TaskError("upstream_failed", "bad", "坏"), (70000, "InternalError", "坏")),
        (TaskState.FAILED, TaskError("input_failed", "gone"), (60000, "InvalidParameter", "gone")),
        (TaskState.FAILED, TaskError("invalid_value", "v"), (40000, "InvalidParameterValue", "v")),
        (TaskState.FAILED, TaskError("a new code", "n"), (70000, "InternalError", "n")),
        (TaskState.FAILED, None, (70000, "InternalError", "")),
        (TaskState.CANCELLED, None, (70000, "OperationCanceled", "任务已取消。")),
    ],
)
def test_failed(state: TaskState, error: TaskError | None, expected: tuple[int, str, str]) -> None:
    fields = vod.render_detail(picture(state, error=error), "zh-CN")
    task = fields["AigcVideoTask"]
    assert (fields["Status"], task["Status"], task["Progress"]) == ("FINISH", "FINISH", 100)
    assert (task["ErrCode"], task["ErrCodeExt"], task["Message"]) == expected
    assert task["Output"]["FileInfos"] == []
    read = vod.parse_detail(fields)
    assert (read.done, read.failure, read.message) == (True, expected[:2], expected[2])


# The client's half.


def test_what_is_rendered_is_read() -> None:
    fields = vod.render_detail(picture(progress=3), "zh-CN")
    assert vod.parse_detail(fields) == vod.ReadTask(
        task_id=f"1500-AigcVideoTask-{HEX}t",
        kind=Kind.VIDEO,
        status="FINISH",
        done=True,
        progress=100,
        files=(
            vod.ReadFile(
                url="http://host/f.mp4",
                expires_at=NOW + 60_000 + 7 * 86_400_000,
                width=1280,
                height=720,
                seconds=5.042,
            ),
        ),
        session_id="s",
        session_context="c",
        finished_at=NOW + 60_000,
        usage={"OutputSeconds": 5},
    )


def test_answers_of_the_real_platform() -> None:
    old = {
        "AigcImageTask": {"Output": {"FileInfos": [{"FileUrl": "u", "MetaData": None}]}},
        "Status": "FINISH",
    }
    assert vod.parse_detail(old).files == (vod.ReadFile("u"),)
    never = {"FileUrl": "u", "FileId": "1", "ExpireTime": "9999-12-31T23:59:59Z", "MetaData": {"Width": 8}}
    read = vod.parse_detail({"AigcImageTask": {"Output": {"FileInfos": [never, 3]}}, "Status": "FINISH"})
    assert read.files == (vod.ReadFile("u", "1", None, 8),)
    assert (
        vod.parse_detail({"AigcVideoTask": {"Status": "PROCESSING", "Output": None}}).status == "PROCESSING"
    )
    aborted = vod.parse_detail({"AigcVideoTask": {"Status": "PROCESSING"}, "Status": "ABORTED"})
    assert (aborted.done, aborted.failure.extended) == (True, "OperationCanceled")
    failed = vod.parse_detail({"AigcVideoTask": {"Status": "FAIL"}})
    assert (failed.done, failed.failure.code) == (True, 70000)
    new = vod.parse_detail({"AigcVideoTask": {"ExpireTime": "odd"}, "Status": "RESTING"})
    assert (new.status, new.done) == ("RESTING", False)
    odd = {
        "Status": "FINISH",
        "AigcVideoTask": {"Output": {"FileInfos": [{"FileUrl": "u", "ExpireTime": "?"}]}},
    }
    assert vod.parse_detail(odd).files == (vod.ReadFile("u"),)


@pytest.mark.parametrize(
    "fields", [{}, {"AigcVideoTask": None}, {"AigcVideoTask": {}}, {"EditMediaTask": {}}]
)
def test_answers_without_a_task_or_status_are_broken(fields: dict[str, Any]) -> None:
    with pytest.raises(BrokenAnswerError):
        vod.parse_detail(fields)
