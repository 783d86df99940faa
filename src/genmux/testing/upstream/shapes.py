"""What the real platforms answer about a task, member by member, as raw answers of them have it.

VOD (2026-08): members sorted, every other task's member null, zero values where nothing was said. That
a VOD task failed is told by `ErrCode` alone; MPS says FAIL.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any, Final

from genmux.testing.upstream import media
from genmux.testing.upstream.tasks import Phase, Task

ODD_STATUS: Final = "PONDERING"
MEMBER: Final = {"video": "AigcVideoTask", "image": "AigcImageTask"}
EVENT: Final = {
    "video": ("AigcVideoTaskComplete", "AigcVideoCompleteEvent"),
    "image": ("AigcImageTaskComplete", "AigcImageCompleteEvent"),
}
NO_TIME: Final = "0000-00-00T00:00:00Z"
WEEK_SECONDS: Final = 7 * 24 * 3600

MPS_STATUS: Final = {
    Phase.WAITING: "WAIT",
    Phase.RUNNING: "RUN",
    Phase.DONE: "DONE",
    Phase.FAILED: "FAIL",
}
VOD_STATUS: Final = {
    Phase.WAITING: "WAITING",
    Phase.RUNNING: "PROCESSING",
    Phase.DONE: "FINISH",
    Phase.FAILED: "FINISH",
}
FAILURES: Final = {
    "": (0, "", ""),
    "content": (70000, "InvalidParameter.VoilationContent", "The generated content is sensitive."),
    "capacity": (70000, "ResourceInsufficient", "The server is busy, please try again later."),
    "internal": (70000, "InternalError", "task failed with status: FAIL, message: internal error"),
    "invalid": (40000, "InvalidParameterValue", "The duration is not supported by this model version."),
    "overflow": (70000, "RequestLimitExceeded", "The number of concurrent tasks exceeds the limit."),
}
"""`ErrCode`, `ErrCodeExt` (one of them misspelt by the platform) and `Message`, by how a task fails."""

OTHER_MEMBERS: Final = (
    "AigcAudioTask AigcHunyuan3DTask AigcVideoRedrawTask ClipTask CloneVoiceAsyncTask"
    " ComplexAdaptiveDynamicStreamingTask ComposeMediaTask ConcatTask CreateAigcAdvancedCustomElementTask"
    " CreateAigcAudioCloneTask CreateAigcCustomVoiceTask CreateAigcMaterialTask CreateAigcSubjectTask"
    " CreateImageSpriteTask DescribeAigcFaceInfoAsyncTask DescribeFileAttributesTask DesignVoiceAsyncTask"
    " EditMediaTask ExtractBlindWatermarkTask ExtractCopyRightWatermarkTask ExtractTraceWatermarkTask"
    " FastClipMediaTask ImportMediaKnowledge ProcedureTask ProcessImageAsyncTask ProcessMediaByMPSTask"
    " PullUploadTask QualityEnhanceTask QualityInspectTask RebuildMediaTask ReduceMediaBitrateTask"
    " RemoveWatermarkTask ReviewAudioVideoTask SceneAigcImageTask SceneAigcVideoTask"
    " SnapshotByTimeOffsetTask SplitMediaTask TextToSpeechAsyncTask TranscodeTask VideoDubbingAsyncTask"
    " WechatMiniProgramPublishTask WechatPublishTask"
).split()

_SWITCHES: Final = (
    "EnableBGM EnhanceSwitch FrameInterpolate InputComplianceCheck LogoAdd OffPeak OutputComplianceCheck"
).split()
_ZERO_CONFIG: Final[dict[str, dict[str, Any]]] = {
    "video": {
        **dict.fromkeys(_SWITCHES, ""),
        **{"AspectRatio": "", "AudioGeneration": "", "ClassId": 0, "Duration": 0, "ExpireTime": NO_TIME},
        **{"MediaName": "", "PersonGeneration": "", "Resolution": "", "StorageMode": ""},
    },
    "image": {
        **{"AspectRatio": "", "ClassId": 0, "ExpireTime": NO_TIME, "InputComplianceCheck": "", "LogoAdd": ""},
        **{"MediaName": "", "OutputComplianceCheck": "", "OutputFormat": "", "OutputImageCount": 0},
        **{"PersonGeneration": "", "Resolution": "", "StorageMode": ""},
    },
}
_ZERO_INPUT: Final[dict[str, dict[str, Any]]] = {
    "video": {
        **{"EnhancePrompt": "", "ExtInfo": "", "FileInfos": [], "GenerationMode": "", "InputRegion": ""},
        **{"LastFrameFileId": "", "LastFrameUrl": "", "ModelName": "", "ModelVersion": ""},
        **{"NegativePrompt": "", "Prompt": "", "SceneType": "", "Seed": 0, "SubjectInfos": []},
    },
    "image": {
        **{"EnhancePrompt": "", "ExtInfo": "", "FileInfos": [], "GenerationMode": "", "ModelName": ""},
        **{"ModelVersion": "", "NegativePrompt": "", "Prompt": "", "SceneType": "", "Seed": 0},
    },
}


def iso(seconds: float) -> str:
    """Return a time as VOD writes it."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sorted_deep(value: Any) -> Any:
    """Return JSON with the members of every object in alphabetical order."""
    if isinstance(value, dict):
        return {name: sorted_deep(value[name]) for name in sorted(value)}
    return [sorted_deep(item) for item in value] if isinstance(value, list) else value


def size_of(task: Task) -> tuple[int, int]:
    """Return the size of a task's results."""
    config = task.body.get("OutputConfig") or task.body.get("ExtraParameters") or {}
    return media.frame_size(config)


# MPS.


def mps_status(task: Task, phase: Phase, urls: list[str]) -> dict[str, Any]:
    """Return the answer to DescribeAigcImageTask or DescribeAigcVideoTask."""
    answer: dict[str, Any] = {
        "Message": FAILURES[task.failure][2] if phase is Phase.FAILED else "",
        "Status": MPS_STATUS[phase],
    }
    if task.kind == "image":
        return {"ImageUrls": urls, **answer}
    width, height = size_of(task)
    return {**answer, "Resolution": f"{width}x{height}" if phase is Phase.DONE else "", "VideoUrls": urls}


# VOD.


def vod_detail(task: Task, phase: Phase, urls: list[str], now: float) -> dict[str, Any]:
    """Return the answer to DescribeTaskDetail."""
    return {
        **dict.fromkeys((*OTHER_MEMBERS, *MEMBER.values())),
        **_times(task, phase, now),
        "Status": VOD_STATUS[phase],
        "TaskType": MEMBER[task.kind],
        MEMBER[task.kind]: vod_task(task, phase, urls),
    }


def vod_task(task: Task, phase: Phase, urls: list[str]) -> dict[str, Any]:
    """Return the member of the task itself, which events carry too."""
    code, extended, message = FAILURES[task.failure if phase.over else ""]
    member: dict[str, Any] = sorted_deep(
        {
            "ErrCode": code,
            "ErrCodeExt": extended,
            "Input": _input(task),
            "Message": message,
            "Output": _output(task, urls),
            "Progress": 100 if phase.over else 0,
            "SessionContext": task.body.get("SessionContext", ""),
            "SessionId": task.session,
            "Status": "FINISH" if phase.over else "PROCESSING",
            "TaskId": task.id,
        }
    )
    return member


def vod_line(task: Task, phase: Phase, now: float) -> dict[str, Any]:
    """Return a task as DescribeTasks lists it."""
    return {
        **_times(task, phase, now),
        "FileId": "",
        "SessionContext": task.body.get("SessionContext", ""),
        "SessionId": task.session,
        "Status": VOD_STATUS[phase],
        "TaskId": task.id,
        "TaskType": MEMBER[task.kind],
    }


def vod_event(task: Task, phase: Phase, urls: list[str], handle: str) -> dict[str, Any]:
    """Return the event that a task has ended."""
    word, member = EVENT[task.kind]
    return {"EventHandle": handle, "EventType": word, member: vod_task(task, phase, urls)}


def _times(task: Task, phase: Phase, now: float) -> dict[str, str]:
    return {
        "BeginProcessTime": NO_TIME if phase is Phase.WAITING else iso(task.created),
        "CreateTime": iso(task.created),
        "FinishTime": iso(task.ends) if phase.over else NO_TIME,
    }


def _input(task: Task) -> dict[str, Any]:
    """Return the request said again, with a zero value for everything that was not said."""
    zero = copy.deepcopy(_ZERO_INPUT[task.kind])
    said = {name: value for name, value in task.body.items() if name in zero}
    for info in said.get("FileInfos", ()):
        info.pop("Base64", None)
    config = {**_ZERO_CONFIG[task.kind], **task.body.get("OutputConfig", {})}
    return {**zero, **said, "OutputConfig": config}


def _output(task: Task, urls: list[str]) -> dict[str, Any]:
    output: dict[str, Any] = {"FileInfos": [_file(task, url) for url in urls]}
    if task.kind == "video":
        output["ProcedureTaskIds"] = []
        output["Usage"] = {"InputTokens": 0, "ThoughtTokens": 0}
    return output


def _file(task: Task, url: str) -> dict[str, Any]:
    config = task.body.get("OutputConfig", {})
    info = {
        "ClassId": config.get("ClassId", 0),
        "ExpireTime": iso(task.ends + WEEK_SECONDS),
        "FileId": "",
        "FileType": "",
        "FileUrl": url,
        "MediaName": config.get("MediaName", ""),
        "MetaData": _meta_data(task),
        "StorageMode": config.get("StorageMode") or "Temporary",
    }
    return info if task.kind == "image" else {**info, "FileContent": "", "UsageType": ""}


def _meta_data(task: Task) -> dict[str, Any] | None:
    if task.kind == "image":
        return None
    width, height = size_of(task)
    seconds = media.seconds_of(task.body)
    stream = {
        **{"Bitrate": 0, "Codec": "h264", "CodecTag": "avc1", "Codecs": "", "Fps": 24},
        **{"DynamicRangeInfo": {"HDRType": "", "Type": "Unknown"}, "Height": height, "Width": width},
    }
    return {
        **{"AudioDuration": 0, "AudioStreamSet": [], "Bitrate": 0, "Container": "mov,mp4,m4a,3gp,3g2,mj2"},
        **{"Duration": seconds, "Height": height, "Md5": "", "Rotate": 0, "Size": 0},
        **{"VideoDuration": seconds, "VideoStreamSet": [stream], "Width": width},
    }
