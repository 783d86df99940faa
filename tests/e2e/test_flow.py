"""A picture, a film from it, and the lives of scripted tasks, by hand-signed requests."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import av
import pytest
from PIL import Image
from tests.e2e.serving import (
    IMAGE,
    SMALL_FILM,
    SMALL_PICTURE,
    VIDEO,
    Client,
    Running,
    get,
    hex_of,
    poll,
    send,
    serving,
)

from genmux.store.ownership import AlreadyOwned
from genmux.testing.scripted import tiny_png

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that accepts and does nothing."""
    home = tmp_path_factory.mktemp("resting")
    with serving(home / "data", paused=True, buckets={"b": str(home / "bucket")}) as server:
        yield server


def test_a_picture_then_a_film_from_it(client: Client, running: Running) -> None:
    task_id, (url,) = client.done(IMAGE, SMALL_PICTURE)
    answer = client.describe(task_id)
    assert set(answer) == {"Status", "ImageUrls", "Message", "RequestId"}
    picture = Image.open(io.BytesIO(get(url).body))
    assert (picture.format, picture.size) == ("PNG", (512, 512))

    film = {**SMALL_FILM, "ImageUrl": url, "ExtraParameters": {"Resolution": "540P", "EnableAudio": True}}
    film_id, (film_url,) = client.done(VIDEO, film)
    answer = client.describe(film_id)
    assert set(answer) == {"Status", "VideoUrls", "Resolution", "Message", "RequestId"}
    assert answer["Resolution"] == "540x540"  # the picture's own ratio
    with av.open(io.BytesIO(get(film_url).body), "r") as container:
        assert container.duration is not None
        assert abs(container.duration / 1_000_000 - 1) <= 0.05
        assert [s.codec_context.name for s in container.streams] == ["h264", "aac"]
        assert container.streams.video[0].frames == 24
    kinds = [kind for kind, _ in running.timeline(film_id)]
    assert kinds[0] == "created"
    assert kinds[-1] == "succeeded"
    assert kinds.count("succeeded") == 1
    told = json.loads(client.rest("GET", f"/tasks/task_{hex_of(film_id)}").body)
    usage = told["usage"]
    assert (usage["seconds"], usage["resolution"], usage["audio"]) == (1.0, "540x540", True)


def test_a_film_of_ours_is_no_picture(client: Client, film_url: str) -> None:
    code, message = client.refusal(VIDEO, {"Prompt": "a", "ImageUrl": film_url})
    assert code.startswith("InvalidParameter.")
    assert "A picture is wanted and the source is a film" in message


def test_each_picture_asked_for_is_made(client: Client) -> None:
    body = {**SMALL_PICTURE, "ExtraParameters": {"OutputFormat": "jpeg"}, "OutputImageCount": 2}
    task_id, urls = client.done(IMAGE, body)
    pictures = [get(url) for url in urls]
    assert [reply.headers["content-type"] for reply in pictures] == ["image/jpeg"] * 2
    assert pictures[0].body != pictures[1].body
    assert client.describe(task_id)["ImageUrls"] == urls


def test_a_caption_is_drawn_where_the_options_ask_for_one(client: Client, running: Running) -> None:
    drawn = {}
    for caption in (None, True, "Two lines about a quiet harbour at dusk, one after the other"):
        options = json.dumps({"seed": 3, "size": "512x512", "caption": caption})
        task_id, (url,) = client.done(IMAGE, {"Prompt": "a quiet harbour", "AdditionalParameters": options})
        assert "ignored" not in running.timeline(task_id)[0][1]
        drawn[caption] = Image.open(io.BytesIO(get(url).body)).convert("RGB")
    lower, upper = (0, 380, 400, 512), (0, 0, 512, 380)
    assert len({picture.crop(lower).tobytes() for picture in drawn.values()}) == 3
    assert len({picture.crop(upper).tobytes() for picture in drawn.values()}) == 1


@pytest.mark.parametrize("caption", [3, ["a"], "a" * 201])
def test_a_caption_that_cannot_be_drawn_is_refused(client: Client, caption: Any) -> None:
    options = json.dumps({"caption": caption})
    _, message = client.refusal(IMAGE, {"Prompt": "a", "AdditionalParameters": options})
    assert "AdditionalParameters" in message
    assert "`caption` must be true" in message


def test_what_preview_cannot_use_is_named_in_the_timeline(client: Client, running: Running) -> None:
    body = {
        "Prompt": "[[genmux stuck]]",
        "EnhancePrompt": True,
        "ExtraParameters": {"OffPeak": True, "EnableBgm": True},
        "Operator": "admin",
    }
    _, note = running.timeline(client.create(VIDEO, body))[0]
    assert note["ignored"] == ["EnhancePrompt", "ExtraParameters.OffPeak"]


def test_over_the_rate_nothing_is_created(tmp_path: Path) -> None:
    """Creates wait for room in the next second, but only as many as it will have room for."""
    with serving(tmp_path, paused=True, rates={VIDEO: 2}) as running, ThreadPoolExecutor(12) as pool:
        calls = [pool.submit(running.client.call, VIDEO, {"Prompt": "a"}) for _ in range(12)]
        answers = [call.result() for call in calls]
        made = [answer for answer in answers if "TaskId" in answer]
        refused = {answer["Error"]["Code"] for answer in answers if "Error" in answer}
        assert refused == {"RequestLimitExceeded"}
        assert running.newest() == len(made)


def test_a_task_at_rest_says_nothing_it_does_not_know(client: Client) -> None:
    task_id = client.create(VIDEO, {"Prompt": "[[genmux stuck]] a"})
    answer = client.describe(task_id)
    assert answer.pop("RequestId")
    assert answer.pop("Status") in ("WAIT", "RUN")
    assert answer == {"VideoUrls": [], "Resolution": "", "Message": ""}


def test_defaults_are_chosen_and_told(client: Client, running: Running) -> None:
    for action, body, model in (
        (IMAGE, {"Prompt": "[[genmux stuck]]"}, "Hunyuan 3.0"),
        (VIDEO, {"Prompt": "[[genmux stuck]]"}, "Kling 3.0"),
        (VIDEO, {"ModelName": "Kling", "Prompt": "[[genmux stuck]]"}, "Kling 3.0"),
    ):
        kind, note = running.timeline(client.create(action, body))[0]
        assert kind == "created"
        assert note["model"] == model
        assert note["chosen"]


def test_code_points_are_counted_not_bytes(client: Client) -> None:
    stuck = "[[genmux stuck]]"
    for letter in ("a", "猫", "🐈"):
        client.create(VIDEO, {"Prompt": stuck + letter * (2000 - len(stuck))})
        client.create(IMAGE, {"Prompt": stuck + letter * (1000 - len(stuck))})


def test_whole_numbers_may_be_text(client: Client) -> None:
    client.create(VIDEO, {"Prompt": "[[genmux stuck]]", "Duration": "5"})


# ------------------------------------------------------------ the emulator


def test_scripted_failures_come_as_a_message(client: Client) -> None:
    task_id = client.create(IMAGE, {"Prompt": "a [[genmux fail=InternalError]]"})
    answer = client.wait(task_id)
    assert answer["Status"] == "FAIL"
    assert answer["ImageUrls"] == []
    assert "InternalError" in answer["Message"]


def test_scripts_may_stand_in_the_options(client: Client) -> None:
    script = {"genmux": {"fail": "ModelGenerateFailed", "message": "no luck today"}}
    task_id = client.create(VIDEO, {"Prompt": "a", "AdditionalParameters": json.dumps(script)})
    assert client.wait(task_id)["Message"] == "no luck today"


def test_a_scripted_delay_is_spent_in_run(client: Client) -> None:
    body = {**SMALL_PICTURE, "Prompt": "a [[genmux delay=0.6]]"}
    task_id = client.create(IMAGE, body)
    assert client.wait(task_id, ("RUN", "DONE", "FAIL"))["Status"] == "RUN"
    assert client.wait(task_id)["Status"] == "DONE"


def test_a_scripted_violation_is_refused_at_create(client: Client, running: Running) -> None:
    before = running.newest()
    code, message = client.refusal(IMAGE, {"Prompt": "a [[genmux violation]]"}, language="zh-CN")
    assert code == "InvalidParameter.ViolationContent"
    assert "内容" in message
    assert running.newest() == before


@pytest.mark.parametrize("script", ["delay=soon", "delay=-1", "explode", "delay=nan"])
def test_a_script_that_cannot_be_is_refused(client: Client, script: str) -> None:
    code, _ = client.refusal(IMAGE, {"Prompt": f"a [[genmux {script}]]"})
    assert code == "InvalidParameterValue"


def test_what_is_stuck_stays_in_run_until_cancelled(client: Client) -> None:
    task_id = client.create(IMAGE, {"Prompt": "a [[genmux stuck]]"})
    client.wait(task_id, ("RUN",))
    answer = client.rest("POST", f"/tasks/task_{hex_of(task_id)}/cancel")
    assert answer.status == 200, answer.body
    assert client.wait(task_id)["Status"] == "FAIL"
    assert client.describe(task_id, language="zh-CN")["Message"] == "任务已取消。"
    assert client.describe(task_id, language="en-US")["Message"] == "The task was cancelled."


def test_a_running_render_is_cancelled(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        client = running.client
        film = client.create(VIDEO, {**SMALL_FILM, "Duration": 15})
        poll(lambda: bool(running.server.parts.pool.pids()), "a worker has begun")
        client.wait(film, ("RUN",))
        client.rest("POST", f"/tasks/task_{hex_of(film)}/cancel")
        assert client.wait(film)["Message"] == "The task was cancelled."
        poll(lambda: not any((tmp_path / "spool").iterdir()), "the spool is empty")
        assert client.done(IMAGE, SMALL_PICTURE)


def test_what_waits_for_a_slot_is_cancelled_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, paused=True) as running:
        task_id = running.client.create(IMAGE, SMALL_PICTURE)
        running.client.rest("POST", f"/tasks/task_{hex_of(task_id)}/cancel")
        assert running.client.describe(task_id)["Status"] == "FAIL"


# ------------------------------------------------------------ validation, buckets


def test_with_platform_validation_a_mismatch_fails_as_a_task(tmp_path: Path) -> None:
    with serving(tmp_path, validation="platform") as running:
        task_id = running.client.create(VIDEO, {"ModelName": "Kling", "Prompt": "a", "Duration": 99})
        answer = running.client.wait(task_id)
        assert answer["Status"] == "FAIL"
        assert "99" in answer["Message"]
        assert CHINESE.search(running.client.describe(task_id, language="zh-CN")["Message"])


def test_without_validation_a_mismatch_is_accepted(tmp_path: Path) -> None:
    with serving(tmp_path, validation="off", paused=True) as running:
        running.client.create(VIDEO, {"ModelName": "Kling", "Prompt": "a", "Duration": 99})
        running.client.create(VIDEO, {"ModelName": "Brandnew", "ModelVersion": "7", "Prompt": "a"})


def test_results_land_in_the_bucket_too(client: Client, running: Running) -> None:
    bucket = Path(str(running.server.settings.buckets["results-1300000000"]))
    for folder in ("/my/films/", "猫", ""):
        param = {"CosBucketName": "results-1300000000", "CosBucketRegion": "ap-guangzhou"}
        if folder:
            param["CosBucketPath"] = folder
        task_id, (url,) = client.done(IMAGE, {**SMALL_PICTURE, "StoreCosParam": param})
        landed = bucket / folder.strip("/") / f"{hex_of(task_id)}-0.png"
        assert landed.read_bytes() == get(url).body


PATHS_OUT = ("../../outside", "a/../b", "/..", ".hidden", "a//b", "a\\b", "a\nb", "n" * 300, "d/" * 500)


@pytest.mark.parametrize("path", PATHS_OUT, ids=lambda path: repr(path)[:20])
def test_a_path_that_leads_out_of_the_bucket_is_refused_at_create(resting: Running, path: str) -> None:
    param = {"CosBucketName": "b", "CosBucketRegion": "ap-guangzhou", "CosBucketPath": path}
    code, message = resting.client.refusal(IMAGE, {**SMALL_PICTURE, "StoreCosParam": param})
    assert code == "InvalidParameterValue"
    assert "StoreCosParam" in message


def test_a_result_that_cannot_be_copied_holds_up_nobody(tmp_path: Path) -> None:
    """A folder that is a file in truth: the copy fails, and the only slot is free for the next task."""
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "file").write_bytes(b"in the way")
    buckets = {"b": str(tmp_path / "bucket")}
    with serving(tmp_path / "data", render_workers=1, buckets=buckets) as running:
        param = {"CosBucketName": "b", "CosBucketRegion": "ap-guangzhou", "CosBucketPath": "file"}
        blocked = running.client.create(IMAGE, {**SMALL_PICTURE, "StoreCosParam": param})
        running.client.wait(blocked, ("RUN", "FAIL"))
        free = running.client.create(IMAGE, SMALL_PICTURE)
        assert running.client.wait(free, seconds=20)["Status"] == "DONE"


# ------------------------------------------------------------ pictures by URL


class Gallery(BaseHTTPRequestHandler):
    """Somebody's picture server."""

    def do_GET(self) -> None:
        data = tiny_png(96, 64) if self.path == "/a.png" else b"<html>"
        self.send_response(404 if self.path == "/gone.png" else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def gallery() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gallery)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_pictures_by_url_are_fetched_while_the_task_waits(tmp_path: Path, gallery: str) -> None:
    with serving(tmp_path, allow_private_inputs=True) as running:
        body = {**SMALL_PICTURE, "ImageInfos": [{"ImageUrl": f"{gallery}/a.png"}]}
        task_id = running.client.create(IMAGE, body)
        assert running.client.wait(task_id)["Status"] == "DONE"
        for name in ("gone.png", "page.html"):
            body = {**SMALL_PICTURE, "ImageInfos": [{"ImageUrl": f"{gallery}/{name}"}]}
            task_id = running.client.create(IMAGE, body)
            answer = running.client.wait(task_id)
            assert answer["Status"] == "FAIL"
            assert answer["Message"]
            assert not CHINESE.search(answer["Message"])
            assert CHINESE.search(running.client.describe(task_id, language="zh-CN")["Message"])


def test_private_inputs_allowed_are_still_urls(tmp_path: Path) -> None:
    with serving(tmp_path, allow_private_inputs=True, paused=True) as running:
        for url in ("file:///etc/passwd", "ftp://127.0.0.1/a.png", "a.png"):
            code, _ = running.client.refusal(VIDEO, {"Prompt": "a", "ImageUrl": url})
            assert code == "InvalidParameter.InvalidUrl"


def test_keys_tasks_and_urls_outlive_the_server(tmp_path: Path) -> None:
    where = {"public_url": "https://cdn.example.com"}
    with serving(tmp_path, **where) as running:
        old = running.client
        task_id, urls = old.done(IMAGE, SMALL_PICTURE)
    with serving(tmp_path, **where) as running:
        client = Client(running.address, old.secret_id, old.secret_key, old.token)
        assert client.describe(task_id)["ImageUrls"] == urls
        path = urls[0].removeprefix("https://cdn.example.com")
        assert get(f"{running.server.url}{path}").body.startswith(b"\x89PNG")


def test_one_process_owns_a_directory(running: Running) -> None:
    with pytest.raises(AlreadyOwned, match=running.address), serving(running.data):
        pass
    assert send(running.address, "GET", "/healthz").status == 200


def test_many_creates_at_once_are_all_kept(running: Running) -> None:
    client = running.new_client("busy")
    ids = [client.create(IMAGE, {"Prompt": "[[genmux stuck]]"}) for _ in range(30)]
    assert len(set(ids)) == 30

    def all_run() -> bool:
        return all(client.describe(task_id)["Status"] == "RUN" for task_id in ids)

    poll(all_run, "thirty stuck tasks all run")
