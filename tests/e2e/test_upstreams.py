"""Two genmux servers: one as gateway, one as Tencent, a relay or an OpenAI-compatible server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.serving import (
    IMAGE,
    SMALL_FILM,
    SMALL_PICTURE,
    VIDEO,
    Running,
    get,
    hex_of,
    poll,
    send,
    serving,
)
from tests.e2e.upstreams import SUB_APP_ID, created_at, data_url, gateway, relay_table, rest_create, table
from tests.media.servers import ACCESS_KEY, SECRET_KEY, rclone

from genmux.media.checks import verify_file
from genmux.testing.scripted import tiny_png


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("upstream") / "data", allow_private_inputs=True) as running:
        yield running


def wait_rest(client: Any, task_id: str, *states: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def there() -> bool:
        found.update(json.loads(client.rest("GET", f"/tasks/{task_id}").body))
        return found["state"] in states

    poll(there, f"{task_id} becomes {' or '.join(states)}")
    return found


@pytest.mark.parametrize("provider", ["vod", "mps"])
def test_a_film_is_made_by_the_other_server_and_kept_here(
    tmp_path: Path, upstream: Running, provider: str
) -> None:
    before = created_at(upstream)
    with gateway(tmp_path / "data", {"main": table(provider, upstream)}) as front:
        task_id, urls = front.client.done(VIDEO, SMALL_FILM)
        facts = verify_file(BytesIO(get(urls[0]).body), "video")
        assert (facts.width, facts.height) == (960, 540)
        assert created_at(upstream) == before + 1
        assert all(url.startswith(front.server.url) for url in urls)
        kinds = [kind for kind, _ in front.timeline(task_id)]
        assert [k for k in kinds if k in ("accepted", "made", "succeeded")] == [
            "accepted",
            "made",
            "succeeded",
        ]


@pytest.mark.parametrize("provider", ["anyapi", "openai"])
def test_a_picture_is_made_through_a_relay_or_an_openai_server(
    tmp_path: Path, upstream: Running, provider: str
) -> None:
    before = created_at(upstream)
    names = {"image/*/*": "Hunyuan/3.0"} if provider == "anyapi" else {"image/*/*": "gpt-image-2/"}
    channel = relay_table(provider, upstream, names=names)
    with gateway(tmp_path / "data", {"main": channel}) as front:
        body = {**SMALL_PICTURE, "AdditionalParameters": '{"size":"1024x1024"}'}
        task_id = front.client.create(IMAGE, body)
        assert front.client.wait(task_id)["Status"] == "DONE", front.timeline(task_id)
        assert created_at(upstream) == before + 1


@pytest.mark.parametrize("provider", ["vod", "mps"])
def test_pictures_by_value_reach_the_upstream(tmp_path: Path, upstream: Running, provider: str) -> None:
    said = {
        "kind": "video",
        "model": {"family": "PixVerse", "version": "v6"},
        "prompt": "flowing red silk",
        "duration": 1,
        "resolution": "540P",
        "references": [{"role": "first_frame", "source": data_url(tiny_png(320, 180, 90))}],
    }
    with gateway(tmp_path / "plain", {"main": table(provider, upstream)}) as front:
        answer = rest_create(front.client, said)
        if provider == "mps":
            assert "set public_url" in answer["detail"], answer
            return
        done = wait_rest(front.client, answer["id"], "succeeded", "failed")
        assert done["state"] == "succeeded", done


def test_pictures_are_staged_at_the_public_url(tmp_path: Path, upstream: Running) -> None:
    with gateway(tmp_path / "probe", {}) as other:
        port = int(other.address.rsplit(":", 1)[1])
    said = {
        "kind": "video",
        "model": {"family": "PixVerse", "version": "v6"},
        "prompt": "flowing red silk",
        "duration": 1,
        "resolution": "540P",
        "references": [{"role": "first_frame", "source": data_url(tiny_png(320, 180, 90))}],
    }
    channels = {"main": table("mps", upstream)}
    public = f"http://127.0.0.1:{port}"
    with gateway(tmp_path / "data", channels, public_url=public, port=port) as front:
        answer = rest_create(front.client, said)
        done = wait_rest(front.client, answer["id"], "succeeded", "failed")
        assert done["state"] == "succeeded", done
        facts = verify_file(BytesIO(get(done["artifacts"][0]["url"]).body), "video")
        assert (facts.width, facts.height) == (960, 540)  # the first frame's own ratio


def test_results_live_in_a_bucket_of_a_third_process(tmp_path: Path, upstream: Running) -> None:
    buckets = tmp_path / "s3"
    (buckets / "media").mkdir(parents=True)
    (buckets / "studio-1250000000").mkdir()
    with rclone(buckets) as endpoint:
        place = {
            "type": "s3",
            "endpoint": endpoint,
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
        }
        with gateway(
            tmp_path / "data",
            {"main": table("vod", upstream)},
            media={**place, "bucket": "media"},
            buckets={"studio-1250000000": {**place, "bucket": "studio-1250000000"}},
        ) as front:
            cos = {"CosBucketName": "studio-1250000000", "CosBucketRegion": "ap-guangzhou"}
            body = {**SMALL_PICTURE, "StoreCosParam": {**cos, "CosBucketPath": "/films/"}}
            task_id, urls = front.client.done(IMAGE, body)
            served = get(urls[0]).body
        name = f"{hex_of(task_id)}-0.png"
        assert (buckets / "studio-1250000000" / "films" / name).read_bytes() == served
        kept = list((buckets / "media" / "tasks").rglob("0.png"))
        assert [path.read_bytes() for path in kept] == [served]


def test_what_no_channel_can_say_is_refused_by_name(tmp_path: Path, upstream: Running) -> None:
    with gateway(tmp_path / "data", {"main": table("mps", upstream)}) as front:
        answer = rest_create(front.client, {"kind": "video", "prompt": "a cat", "seed": 7})
        assert answer["code"] == "unsupported", answer
        assert "cannot pass on seed" in answer["detail"] or "can pass on seed" in answer["detail"], answer
        answer = rest_create(front.client, {"kind": "image", "prompt": "a cat"})
        assert answer["state"] in ("queued", "submitting", "running"), answer


def test_a_model_that_no_channel_serves_is_refused_and_never_painted(
    tmp_path: Path, upstream: Running
) -> None:
    with gateway(tmp_path / "data", {"main": table("mps", upstream, models=["video/Kling/*"])}) as front:
        code, _ = front.client.refusal(IMAGE, SMALL_PICTURE)
        assert code == "InvalidParameter.ModelNotSupported"


def test_metrics_tell_how_channels_fare(tmp_path: Path, upstream: Running) -> None:
    with gateway(tmp_path / "data", {"main": table("vod", upstream)}, metrics=True) as front:
        front.client.done(IMAGE, SMALL_PICTURE)
        page = get(f"{front.server.url}/metrics")
        assert page.headers["content-type"].startswith("text/plain")
        lines = page.body.decode().splitlines()
        assert 'genmux_tasks{state="succeeded"} 1.0' in lines
        assert 'genmux_channel_health{channel="main",state="closed"} 1.0' in lines
        assert 'genmux_detection_lag_seconds_count{channel="main"} 1.0' in lines


def test_an_openai_server_is_greeted_at_start(tmp_path: Path, upstream: Running) -> None:
    channel = relay_table("openai", upstream)
    wrong = {**channel, "credential": {"token": "gmx_nobody"}}
    with gateway(tmp_path / "data", {"right": channel, "wrong": wrong}) as front:

        def health() -> dict[str, str]:
            answer = json.loads(front.operator().rest("GET", "/channels").body)
            return {c["name"]: c["health"]["breaker"] for c in answer["channels"] if c["health"]}

        poll(lambda: health()["wrong"] == "open", "the wrong token is noticed without a task")
        assert health()["right"] == "closed"


def test_without_the_setting_there_is_no_metrics_page(tmp_path: Path) -> None:
    with gateway(tmp_path / "data", {}) as front:
        assert get(f"{front.server.url}/metrics").status == 404


def test_an_upstream_that_calls_back_is_asked_at_once(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "upstream", allow_private_callbacks=True) as far,
        gateway(tmp_path / "data", {"main": table("vod", far, rates={"list": 0.02})}) as front,
    ):
        answer = json.loads(front.operator().rest("GET", "/channels").body)
        path = next(c["callback_path"] for c in answer["channels"] if c["name"] == "main")
        wanted = {"SubAppId": SUB_APP_ID, "Mode": "PUSH", "NotificationUrl": front.server.url + path}
        assert "Error" not in far.client.call(
            "ModifyEventConfig", wanted, service="vod", version="2018-07-17"
        )
        front.client.done(IMAGE, SMALL_PICTURE)
        other = "1" if path.endswith("0") else "0"
        forged = send(front.address, "POST", path[:-1] + other, (), b"{}")
        assert forged.status == 404
        assert send(front.address, "POST", path, (), b"no event").status == 400
        assert send(front.address, "GET", path).status == 405


def test_an_event_queue_that_is_ours_alone_is_read(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "upstream") as far,
        gateway(tmp_path / "data", {"main": table("vod", far, events="exclusive")}) as front,
    ):
        by_hand = {"SubAppId": SUB_APP_ID, "ModelName": "Kling", "ModelVersion": "2.1", "Prompt": "a hill"}
        vod = {"service": "vod", "version": "2018-07-17"}
        strangers = far.client.create(IMAGE, by_hand, **vod)
        front.client.done(IMAGE, SMALL_PICTURE)
        poll(lambda: len(waiting_events(far)) == 1, "our event is confirmed, the stranger's is not", 90)
        assert strangers in waiting_events(far)


def waiting_events(far: Running) -> set[str]:
    """Return the tasks whose events nobody has confirmed."""
    rows = far.do(far.server.parts.store._read(_unconfirmed))
    return {f"{SUB_APP_ID}-AigcImageTask-{row[0].hex()}t" for row in rows}


def _unconfirmed(db: Any) -> list[Any]:
    found: list[Any] = db.execute("SELECT task_id FROM outbox WHERE done_at IS NULL").fetchall()
    return found
