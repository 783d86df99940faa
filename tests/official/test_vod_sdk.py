"""`tencentcloud-sdk-python-vod`, unpatched, over loopback: films, pictures, sessions, lists and events."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.vod.v20180717 import models, vod_client, vod_client_async
from tests.e2e.serving import IMAGE, VIDEO, Running, get, poll

from genmux.testing.scripted import tiny_png
from genmux.wires import vod

pytestmark = pytest.mark.filterwarnings("ignore:.* fileds are useless")  # the SDK about fields it lacks

APP = 1500044236
MODEL = {"SubAppId": APP, "ModelName": "PixVerse", "ModelVersion": "v6"}
SMALL = {"Duration": 1, "Resolution": "540p"}
FILM: dict[str, Any] = {**MODEL, "Prompt": "flowing red silk", "OutputConfig": SMALL}
PICTURE = {
    "SubAppId": APP,
    "ModelName": "Hunyuan",
    "ModelVersion": "3.0",
    "Prompt": "flowing blue silk",
    "ExtInfo": json.dumps({"AdditionalParameters": json.dumps({"size": "512x512"})}),
}


@pytest.fixture(scope="module")
def address(official: Running) -> str:
    """Where VOD is served: the same port as everything else."""
    return official.server.url.removeprefix("http://")


@dataclass(frozen=True)
class Client:
    """The typed client of the SDK, and its client for any body."""

    typed: Any
    common: Any

    def ask(self, action: str, body: dict[str, Any]) -> Any:
        request = getattr(models, f"{action}Request")()
        request.from_json_string(json.dumps(body))
        return getattr(self.typed, action)(request)

    def refusal(self, action: str, body: dict[str, Any]) -> str:
        with pytest.raises(TencentCloudSDKException) as raised:
            self.common.call_json(action, body)
        assert raised.value.get_request_id()
        code: str = raised.value.get_code()
        return code

    def wait(self, task_id: str) -> Any:
        """Poll as published clients do: until FINISH, and never another end."""
        answers: list[Any] = []

        def finished() -> bool:
            answers.append(self.ask("DescribeTaskDetail", {"TaskId": task_id, "SubAppId": APP}))
            assert answers[-1].Status in ("WAITING", "PROCESSING", "FINISH")
            return bool(answers[-1].Status == "FINISH")

        poll(finished, f"{task_id} ends")
        return answers[-1]


@pytest.fixture(scope="module")
def client(official: Running, address: str) -> Client:
    return client_of(official, address)


def client_of(running: Running, address: str, method: str = "POST", sign: str = "TC3-HMAC-SHA256") -> Client:
    credential = Credential(running.client.secret_id, running.client.secret_key)
    profile = ClientProfile(
        httpProfile=HttpProfile(protocol="http", endpoint=address, reqMethod=method, reqTimeout=30),
        signMethod=sign,
        language="en-US",
    )
    return Client(
        vod_client.VodClient(credential, "ap-guangzhou", profile),
        CommonClient("vod", vod.VERSION, credential, "ap-guangzhou", profile),
    )


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_a_picture_then_a_film_from_it(client: Client) -> None:
    made = client.ask(IMAGE, PICTURE)
    assert made.TaskId.startswith(f"{APP}-AigcImageTask-")
    answer = client.wait(made.TaskId)
    picture = answer.AigcImageTask
    assert (answer.TaskType, picture.ErrCode, picture.Progress) == ("AigcImageTask", 0, 100)
    (still,) = picture.Output.FileInfos
    assert (still.MetaData.Width, still.MetaData.Height) == (512, 512)
    assert answer.AigcVideoTask is None

    body = {
        **FILM,
        "FileInfos": [{"Type": "Url", "Url": still.FileUrl}],
        "OutputConfig": {**SMALL, "AudioGeneration": "Enabled"},
        "SessionContext": "mine",
    }
    answer = client.wait(client.ask(VIDEO, body).TaskId)
    film = answer.AigcVideoTask
    assert (film.Status, film.ErrCode, film.ErrCodeExt, film.Message) == ("FINISH", 0, "", "")
    assert film.SessionContext == "mine"
    assert (film.Input.OutputConfig.Resolution, film.Input.FileInfos[0].Url) == ("540p", still.FileUrl)
    (info,) = film.Output.FileInfos
    assert seconds(info.ExpireTime) - seconds(answer.FinishTime) == 7 * 86_400
    meta = info.MetaData
    assert (meta.Container, meta.Width, meta.Height) == ("mov,mp4,m4a,3gp,3g2,mj2", 540, 540)
    assert abs(meta.Duration - 1) < 0.1
    (video,), (audio,) = meta.VideoStreamSet, meta.AudioStreamSet
    assert (video.Codec, video.Width, audio.Codec) == ("h264", 540, "aac")
    assert video.Fps > 0
    assert film.Output.Usage.OutputSeconds == 1
    data = get(info.FileUrl).body
    assert data[4:8] == b"ftyp"
    assert meta.Size == len(data)


def test_base64_and_a_last_frame(client: Client) -> None:
    png = b64encode(tiny_png(320, 320)).decode()
    infos = [{"Type": "Base64", "Base64": png, "Usage": usage} for usage in ("FirstFrame", "LastFrame")]
    film = client.wait(client.ask(VIDEO, {**FILM, "FileInfos": infos}).TaskId).AigcVideoTask
    assert film.ErrCode == 0
    assert [info.Usage for info in film.Input.FileInfos] == ["FirstFrame", "LastFrame"]
    assert [info.Base64 for info in film.Input.FileInfos] == ["", ""]


def test_a_failed_film_is_finished_with_a_code(client: Client) -> None:
    answer = client.wait(client.ask(VIDEO, {**FILM, "Prompt": "[[genmux fail]]"}).TaskId)
    film = answer.AigcVideoTask
    assert (answer.Status, film.Status, film.ErrCode, film.ErrCodeExt) == (
        "FINISH",
        "FINISH",
        70000,
        "InternalError",
    )
    assert film.Message
    assert film.Output.FileInfos == []


ERRORS: dict[str, tuple[str, dict[str, Any], str]] = {
    "no application": (IMAGE, {"ModelName": "Hunyuan"}, "MissingParameter"),
    "a wrong type": (IMAGE, {**PICTURE, "Prompt": 5}, "InvalidParameter"),
    "an unknown field": (IMAGE, {**PICTURE, "Colour": "red"}, "UnknownParameter"),
    "an unknown model": (IMAGE, {**PICTURE, "ModelName": "X"}, "InvalidParameterValue"),
    "a long session": (VIDEO, {**FILM, "SessionId": "s" * 51}, "InvalidParameterValue.SessionIdTooLong"),
    "a private URL": (
        VIDEO,
        {**FILM, "FileInfos": [{"Type": "Url", "Url": "http://127.0.0.1/a.png"}]},
        "InvalidParameterValue.Url",
    ),
    "a violation": (
        IMAGE,
        {**PICTURE, "Prompt": "[[genmux violation]]"},
        "InvalidParameter.ViolationContent",
    ),
    "no task id": ("DescribeTaskDetail", {"TaskId": "x"}, "InvalidParameterValue.TaskId"),
    "no such task": (
        "DescribeTaskDetail",
        {"TaskId": f"{APP}-AigcVideoTask-{'0' * 32}t"},
        "ResourceNotFound",
    ),
    "a bad status": ("DescribeTasks", {"Status": "DONE"}, "InvalidParameterValue.Status"),
    "an action not served": ("CreateAigcAudioTask", {}, "UnsupportedOperation"),
    "an action of MPS": ("DescribeAigcVideoTask", {"TaskId": "x"}, "InvalidAction"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_raised_with_code_and_request_id(client: Client, name: str) -> None:
    action, body, code = ERRORS[name]
    assert client.refusal(action, body) == code


def test_a_session_is_used_once(client: Client) -> None:
    body = {**PICTURE, "Prompt": "[[genmux stuck]]", "SessionId": "once"}
    client.ask(IMAGE, body)
    assert client.refusal(IMAGE, body) == "InvalidParameterValue.SessionId"


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("sign", ["TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"])
def test_every_signature_by_every_method(official: Running, address: str, method: str, sign: str) -> None:
    client = client_of(official, address, method, sign)
    body = {
        **FILM,
        "Prompt": "[[genmux stuck]] 猫 & dog",
        "FileInfos": [{"Type": "Url", "Url": "https://example.com/a.png?x=1&y=2", "Usage": "Reference"}],
        "TasksPriority": -3,
    }
    task_id = client.ask(VIDEO, body).TaskId
    task = client.ask("DescribeTaskDetail", {"TaskId": task_id}).AigcVideoTask
    assert task.Input.Prompt == body["Prompt"]
    assert task.Input.OutputConfig.Duration == 1


def test_lists_and_events(client: Client) -> None:
    app = APP + 1
    made = [client.ask(IMAGE, {**PICTURE, "SubAppId": app}).TaskId for _ in range(3)]
    first = client.ask("DescribeTasks", {"SubAppId": app, "Limit": 2})
    rest = client.ask("DescribeTasks", {"SubAppId": app, "Limit": 2, "ScrollToken": first.ScrollToken})
    assert [task.TaskId for task in (*first.TaskSet, *rest.TaskSet)] == made[::-1]
    assert rest.ScrollToken == ""

    def finished() -> bool:
        return len(client.ask("DescribeTasks", {"SubAppId": app, "Status": "FINISH"}).TaskSet) == 3

    poll(finished, "three pictures end")
    events = client.ask("PullEvents", {"SubAppId": app}).EventSet
    assert {event.EventType for event in events} == {"AigcImageTaskComplete"}
    assert sorted(event.AigcImageCompleteEvent.TaskId for event in events) == sorted(made)
    client.ask("ConfirmEvents", {"SubAppId": app, "EventHandles": [event.EventHandle for event in events]})
    assert client.ask("PullEvents", {"SubAppId": app}).EventSet == []
    assert client.refusal("ConfirmEvents", {"EventHandles": ["x"]}) == "InvalidParameterValue"
    client.ask(
        "ModifyEventConfig", {"SubAppId": app, "Mode": "PUSH", "NotificationUrl": "https://example.com"}
    )
    assert client.ask("DescribeEventConfig", {"SubAppId": app}).Mode == "PUSH"


async def finish(client: Any, asked: Any) -> Any:
    async with asyncio.timeout(60):
        while True:
            answer = await client.DescribeTaskDetail(asked)
            if answer.Status == "FINISH":
                return answer
            await asyncio.sleep(0.05)


async def test_the_asynchronous_client(official: Running, address: str) -> None:
    credential = Credential(official.client.secret_id, official.client.secret_key)
    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=address, reqTimeout=30))
    async with vod_client_async.VodClient(credential, "ap-guangzhou", profile) as client:
        request = models.CreateAigcImageTaskRequest()
        request.from_json_string(json.dumps(PICTURE))
        asked = models.DescribeTaskDetailRequest()
        asked.TaskId = (await client.CreateAigcImageTask(request)).TaskId
        answer = await finish(client, asked)
    (info,) = answer.AigcImageTask.Output.FileInfos
    assert urlsplit(info.FileUrl).netloc == address
