"""The scripted upstream itself: the official SDKs as its clients, and what its ledger says of them."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.mps.v20190612 import models as mps_models
from tencentcloud.mps.v20190612 import mps_client
from tencentcloud.vod.v20180717 import models as vod_models
from tencentcloud.vod.v20180717 import vod_client
from tests.e2e.serving import get, poll

from genmux.media.checks import verify_file
from genmux.testing.upstream.faults import FAULTS, read_script
from genmux.testing.upstream.launch import Launched, launched
from genmux.testing.upstream.ledger import busiest_second
from genmux.testing.upstream.options import SECRET_ID, SECRET_KEY, SUB_APP_ID

MPS_FILM: dict[str, Any] = {"ModelName": "Kling", "ModelVersion": "2.1", "Duration": 5}
VOD_FILM: dict[str, Any] = {
    "SubAppId": SUB_APP_ID,
    "ModelName": "Kling",
    "ModelVersion": "2.1",
    "OutputConfig": {"Duration": 5, "AspectRatio": "9:16"},
}
VOD_PICTURE: dict[str, Any] = {"SubAppId": SUB_APP_ID, "ModelName": "Hunyuan", "ModelVersion": "3.0"}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with launched(tmp_path_factory.mktemp("upstream"), median=0.2, event_wait=0.2) as running:
        yield running


def sdk(running: Launched, module: Any, secret_key: str = SECRET_KEY, account: str = "") -> Any:
    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=running.address, reqTimeout=10))
    client = module.MpsClient if module is mps_client else module.VodClient
    return client(Credential(SECRET_ID + account, secret_key), "ap-guangzhou", profile)


def call(client: Any, models: Any, action: str, body: dict[str, Any]) -> Any:
    request = getattr(models, f"{action}Request")()
    request.from_json_string(json.dumps(body))
    return getattr(client, action)(request)


def mps(running: Launched, action: str, **body: Any) -> Any:
    return call(sdk(running, mps_client), mps_models, action, body)


def vod(running: Launched, action: str, account: str = "", **body: Any) -> Any:
    return call(sdk(running, vod_client, account=account), vod_models, action, body)


def facts(url: str, kind: str, home: Path) -> Any:
    """Return what a full decode says of a result."""
    path = home / "result"
    path.write_bytes(get(url).body)
    with path.open("rb") as file:
        return verify_file(file, kind)


def ended(ask: Any, over: tuple[str, ...]) -> Any:
    answers: list[Any] = []

    def there() -> bool:
        answers.append(ask())
        return answers[-1].Status in over

    poll(there, "the task ends")
    return answers[-1]


@pytest.mark.filterwarnings("ignore:.* fileds are useless")
def test_a_film_over_mps(upstream: Launched, tmp_path: Path) -> None:
    made = mps(upstream, "CreateAigcVideoTask", Prompt="label=film a cat", **MPS_FILM)
    assert made.TaskId.startswith("4-AigcVideo-")
    answer = ended(lambda: mps(upstream, "DescribeAigcVideoTask", TaskId=made.TaskId), ("DONE", "FAIL"))
    assert (answer.Status, answer.Message, answer.Resolution) == ("DONE", "", "128x72")
    (url,) = answer.VideoUrls
    found = facts(url, "video", tmp_path)
    assert (found.width, found.height, round(found.seconds)) == (128, 72, 5)
    (entry,) = upstream.accepted("film")
    assert (entry.task, entry.api, entry.kind, entry.secret_id) == (made.TaskId, "mps", "video", SECRET_ID)
    assert entry.billed
    assert abs(entry.at_us / 1e6 - time.time()) < 60


@pytest.mark.filterwarnings("ignore:.* fileds are useless")
def test_a_film_over_vod(upstream: Launched, tmp_path: Path) -> None:
    said = {"Prompt": "label=vod a cat", "SessionId": "s-1", "SessionContext": "context", **VOD_FILM}
    made = vod(upstream, "CreateAigcVideoTask", **said)
    assert made.TaskId.startswith(f"{SUB_APP_ID}-AigcVideoTask-")

    def ask() -> Any:
        return vod(upstream, "DescribeTaskDetail", TaskId=made.TaskId, SubAppId=SUB_APP_ID)

    answer = ended(ask, ("FINISH",))
    task = answer.AigcVideoTask
    assert (answer.TaskType, task.Status, task.ErrCode, task.ErrCodeExt) == ("AigcVideoTask", "FINISH", 0, "")
    assert (task.SessionId, task.SessionContext, task.Input.Prompt) == ("s-1", "context", said["Prompt"])
    assert answer.AigcImageTask is None
    info = task.Output.FileInfos[0]
    assert info.MetaData.Duration == 5
    found = facts(info.FileUrl, "video", tmp_path)
    assert (found.width, found.height) == (72, 128)


@pytest.mark.filterwarnings("ignore:.* fileds are useless")
def test_a_picture_over_both(upstream: Launched, tmp_path: Path) -> None:
    made = mps(upstream, "CreateAigcImageTask", Prompt="a cat", ModelName="Hunyuan", OutputImageCount=2)
    answer = ended(lambda: mps(upstream, "DescribeAigcImageTask", TaskId=made.TaskId), ("DONE", "FAIL"))
    assert len(answer.ImageUrls) == 2
    assert facts(answer.ImageUrls[1], "image", tmp_path).content_type == "image/png"
    made = vod(upstream, "CreateAigcImageTask", Prompt="a cat", **VOD_PICTURE)
    answer = ended(lambda: vod(upstream, "DescribeTaskDetail", TaskId=made.TaskId), ("FINISH",))
    (info,) = answer.AigcImageTask.Output.FileInfos
    assert facts(info.FileUrl, "image", tmp_path).width == 128


def test_wrong_callers_are_refused(upstream: Launched) -> None:
    wrong = sdk(upstream, mps_client, secret_key="wrong")
    with pytest.raises(TencentCloudSDKException) as refused:
        call(wrong, mps_models, "CreateAigcVideoTask", {"Prompt": "a cat"})
    assert refused.value.code == "AuthFailure.SignatureFailure"
    with pytest.raises(TencentCloudSDKException) as refused:
        mps(upstream, "DescribeAigcVideoTask", TaskId="4-AigcVideo-0")
    assert refused.value.code == "ResourceNotFound.TaskNotFound"
    with pytest.raises(TencentCloudSDKException) as refused:
        vod(upstream, "CreateAigcVideoTask", Prompt="a cat")
    assert refused.value.code == "MissingParameter"


def test_a_session_is_taken_once(upstream: Launched) -> None:
    said = {"Prompt": "label=once a cat", "SessionId": "s-once", **VOD_PICTURE}
    vod(upstream, "CreateAigcImageTask", **said)
    with pytest.raises(TencentCloudSDKException) as refused:
        vod(upstream, "CreateAigcImageTask", **said)
    assert refused.value.code == "InvalidParameterValue.SessionId"
    vod(upstream, "CreateAigcImageTask", **{**said, "SubAppId": SUB_APP_ID + 1})
    assert len(upstream.accepted("once")) == 2


@pytest.mark.filterwarnings("ignore:.* fileds are useless")
def test_tasks_are_listed_in_pages(upstream: Launched) -> None:
    app = SUB_APP_ID + 10
    for n in range(5):
        said = {**VOD_PICTURE, "SubAppId": app, "Prompt": "a cat", "SessionId": f"page-{n}"}
        vod(upstream, "CreateAigcImageTask", **said)
    shown: list[str] = []
    token = ""
    while True:
        sort = {"Field": "CreateTime", "Order": "Asc"}
        page = vod(upstream, "DescribeTasks", SubAppId=app, Limit=2, ScrollToken=token, Sort=sort)
        shown += [task.SessionId for task in page.TaskSet]
        token = page.ScrollToken
        if not token:
            break
    assert shown == [f"page-{n}" for n in range(5)]
    never = {"After": "2000-01-01T00:00:00Z", "Before": "2000-01-02T00:00:00Z"}
    assert vod(upstream, "DescribeTasks", SubAppId=app, CreateTime=never).TaskSet == []
    poll(
        lambda: len(vod(upstream, "DescribeTasks", SubAppId=app, Status="FINISH").TaskSet) == 5,
        "all of them are finished",
    )


@pytest.mark.filterwarnings("ignore:.* fileds are useless")
def test_events_come_until_they_are_confirmed(upstream: Launched) -> None:
    app = SUB_APP_ID + 20
    assert vod(upstream, "PullEvents", SubAppId=app).EventSet is None
    said: dict[str, Any] = {**VOD_PICTURE, "SubAppId": app, "Prompt": "seconds=0 a cat"}
    made = vod(upstream, "CreateAigcImageTask", **said)
    (event,) = vod(upstream, "PullEvents", SubAppId=app).EventSet
    assert event.EventType == "AigcImageTaskComplete"
    assert event.AigcImageCompleteEvent.TaskId == made.TaskId
    vod(upstream, "ConfirmEvents", SubAppId=app, EventHandles=[event.EventHandle])
    assert vod(upstream, "PullEvents", SubAppId=app).EventSet is None
    with pytest.raises(TencentCloudSDKException):
        vod(upstream, "ConfirmEvents", SubAppId=app, EventHandles=["unknown"])


@pytest.mark.filterwarnings("ignore:.* fileds are useless")
def test_slots_and_rates(tmp_path: Path) -> None:
    """The second task at once overflows as a task; the third call in a second is refused as a call."""
    with launched(tmp_path, slots=1, rates={"CreateAigcVideoTask": 2}) as running:
        for n in range(2):
            said = {"Prompt": f"label=slot-{n} seconds=30 a cat", **VOD_FILM}
            made = vod(running, "CreateAigcVideoTask", **said)
        answer = ended(lambda: vod(running, "DescribeTaskDetail", TaskId=made.TaskId), ("FINISH",))
        assert answer.AigcVideoTask.ErrCodeExt == "RequestLimitExceeded"
        assert [entry.billed for entry in running.accepted()] == [True, False]
        codes = [*burst(running, 5)]
        assert "RequestLimitExceeded" in codes
        creates = running.calls("CreateAigcVideoTask")
        assert [entry.code for entry in creates[2:]] == codes
        assert busiest_second(entry.at_us for entry in creates[2:] if not entry.code) <= 2


def burst(running: Launched, times: int) -> Iterator[str]:
    """Create at once, as another account, and return the codes of the answers."""
    client = sdk(running, vod_client, account="x")
    for _ in range(times):
        try:
            call(client, vod_models, "CreateAigcVideoTask", {"Prompt": "a cat", **VOD_FILM})
            yield ""
        except TencentCloudSDKException as refused:
            yield refused.code


BROKEN: dict[str, type[Exception] | tuple[type[Exception], ...]] = {
    "lost-answer": http.client.RemoteDisconnected,
    "reset-answer": (http.client.IncompleteRead, ConnectionResetError),
    "hang": TimeoutError,
}


@pytest.mark.parametrize("word", BROKEN)
def test_answers_that_never_come_whole(upstream: Launched, word: str) -> None:
    """The task is accepted, and in the ledger, whatever becomes of the answer."""
    connection = http.client.HTTPConnection(upstream.address, timeout=1)
    body = json.dumps({"prompt": f"label={word} {word}", "model": "sora-2"})
    headers = {"Authorization": "Bearer sk-scripted-upstream", "Content-Type": "application/json"}
    connection.request("POST", "/v1/videos", body, headers)
    with pytest.raises(BROKEN[word]):
        connection.getresponse().read()
    connection.close()
    assert len(upstream.accepted(word)) == 1


@pytest.mark.filterwarnings("ignore:.* fileds are useless")
@pytest.mark.parametrize(("word", "status"), [("file-404", 404), ("file-403", 403), ("file-redirect", 302)])
def test_files_that_are_not_there(upstream: Launched, word: str, status: int) -> None:
    made = mps(upstream, "CreateAigcImageTask", Prompt=f"{word} file-times=1 seconds=0", ModelName="Hunyuan")
    (url,) = mps(upstream, "DescribeAigcImageTask", TaskId=made.TaskId).ImageUrls
    parts = urlsplit(url)
    for expected in (status, 200):
        connection = http.client.HTTPConnection(parts.netloc)
        connection.request("GET", parts.path)
        assert connection.getresponse().status == expected
        connection.close()


def test_the_menu_is_read_as_it_is_written() -> None:
    for line in FAULTS:
        name, equals, _ = line.partition("=")
        assert name in read_script(f"a {name}{'=3' if equals else ''} cat"), line
        assert name not in read_script(f"a {name}{'' if equals else '=3'} cat"), line
    assert not read_script("a cat that can fly seconds hang=1").words


def test_the_busiest_second() -> None:
    assert busiest_second([]) == 0
    assert busiest_second([0, 999_999, 1_000_000]) == 2
    assert busiest_second([5, 3, 4, 2_000_000]) == 3
