"""kill -9 of a gateway; the official SDK before it, a second genmux as Tencent behind it, a bucket beside."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.mps.v20190612 import models
from tencentcloud.mps.v20190612.mps_client import MpsClient
from tests.crash.children import Child, no_workers_left
from tests.e2e.serving import Client, Running, get, poll, serving
from tests.e2e.upstreams import table
from tests.media.servers import ACCESS_KEY, SECRET_KEY, rclone

from genmux.media.checks import verify_file

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

FILMS = 4
KILLS = 4
BODY = {
    "ModelName": "PixVerse",
    "ModelVersion": "v6",
    "Prompt": "flowing red silk",
    "Duration": 1,
    "ExtraParameters": {"Resolution": "540P"},
}


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Running]:
    with serving(tmp_path / "upstream") as running:
        yield running


def sdk(client: Client) -> MpsClient:
    """Return the official client at a gateway."""
    endpoint = HttpProfile(protocol="http", endpoint=client.address)
    credential = Credential(client.secret_id, client.secret_key)
    return MpsClient(credential, "ap-guangzhou", ClientProfile(httpProfile=endpoint))


def film(client: Client) -> str:
    """Ask for a film and return its TaskId."""
    request = models.CreateAigcVideoTaskRequest()
    request.from_json_string(json.dumps(BODY))
    task_id: str = sdk(client).CreateAigcVideoTask(request).TaskId
    return task_id


def described(client: Client, task_id: str) -> Any:
    """Return the official client's view of a film."""
    request = models.DescribeAigcVideoTaskRequest()
    request.TaskId = task_id
    return sdk(client).DescribeAigcVideoTask(request)


def test_a_film_of_a_gateway_that_is_killed_is_made_once_and_kept(tmp_path: Path, upstream: Running) -> None:
    chance = random.Random(7)
    (tmp_path / "s3" / "media").mkdir(parents=True)
    with rclone(tmp_path / "s3") as endpoint:
        place = {"type": "s3", "endpoint": endpoint, "bucket": "media"}
        keys = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
        settings = {
            "channels": json.dumps({"tencent": table("vod", upstream, slots=FILMS)}),
            "media": json.dumps({**place, **keys}),
        }
        gateway = Child(tmp_path / "gateway", **settings)
        pids = [gateway.process.pid]
        client = gateway.new_client()
        task_ids = [film(client) for _ in range(FILMS)]
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.05, 1.0))
            gateway.kill()
            gateway = Child(tmp_path / "gateway", **settings)
            pids.append(gateway.process.pid)
        client = gateway.same_client(client)
        try:
            for task_id in task_ids:
                poll(lambda t=task_id: described(client, t).Status in ("DONE", "FAIL"), task_id, 100)  # type: ignore[misc]
                answer = described(client, task_id)
                assert answer.Status == "DONE", answer
                facts = verify_file(BytesIO(get(answer.VideoUrls[0]).body), "video")
                assert (facts.width, facts.height, facts.seconds) == (960, 540, 1.0)
            assert upstream.newest() == FILMS  # every film was asked for once
            assert len(list((tmp_path / "s3" / "media" / "tasks").rglob("0.mp4"))) == FILMS
        finally:
            gateway.stop()
    no_workers_left(pids)


def test_where_nothing_can_be_looked_up_a_killed_gateway_says_that_it_does_not_know(
    tmp_path: Path, upstream: Running
) -> None:
    settings = {"channels": json.dumps({"tencent": table("mps", upstream)})}
    gateway = Child(tmp_path / "gateway", **settings)
    client = gateway.new_client()
    task_ids = []
    for _ in range(KILLS):
        task_ids.append(film(client))
        gateway.kill()  # in the middle of the submit, or just beside it
        gateway = Child(tmp_path / "gateway", **settings)
        client = gateway.same_client(client)
    try:
        states = [settled(gateway, task_id) for task_id in task_ids]
        assert set(states) <= {"succeeded", "unknown"}
        made = upstream.newest()
        assert states.count("succeeded") <= made <= KILLS
        for task_id, state in zip(task_ids, states, strict=True):
            wanted = "DONE" if state == "succeeded" else "RUN"
            assert described(client, task_id).Status == wanted
    finally:
        gateway.stop()


def settled(gateway: Child, task_id: str) -> str:
    """Wait until a task has ended or is held as unknown; return its state."""
    path = f"/tasks/task_{task_id.rsplit('-', 1)[1]}"
    found: dict[str, Any] = {}

    def there() -> bool:
        found.update(json.loads(gateway.operator.rest("GET", path).body))
        return found["state"] in ("succeeded", "failed", "unknown")

    poll(there, f"{task_id} settles", 90)
    if found["state"] == "unknown":
        assert found["reason"], found
    state: str = found["state"]
    return state
