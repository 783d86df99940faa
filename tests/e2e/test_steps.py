"""Steps on a real server: films made, joined, taken apart, extended, uploaded; and what is refused."""

from __future__ import annotations

import io
import json
from typing import Any

import av
import pytest
from PIL import Image
from tests.e2e.serving import Client, Running, get, poll, send

FILM = {"kind": "video", "model": "PixVerse/v6", "duration": 1, "size": "64x48"}


def made(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    reply = client.rest("POST", "/tasks", body)
    assert reply.status == 201, reply.body
    found: dict[str, Any] = json.loads(reply.body)
    return found


def refused(client: Client, body: dict[str, Any]) -> tuple[str, str | None]:
    reply = client.rest("POST", "/tasks", body)
    assert reply.status >= 400, reply.body
    problem = json.loads(reply.body)
    return problem["detail"], problem.get("field")


def shown(client: Client, task_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.rest("GET", f"/tasks/{task_id}").body)
    return found


def ended(client: Client, task_id: str) -> dict[str, Any]:
    poll(lambda: shown(client, task_id)["state"] in ("succeeded", "failed", "cancelled"), f"{task_id} ends")
    return shown(client, task_id)


def result(client: Client, body: dict[str, Any]) -> bytes:
    """Create, wait, and return the bytes of the one result."""
    told = ended(client, made(client, body)["id"])
    assert told["state"] == "succeeded", told["error"]
    return get(told["artifacts"][0]["url"]).body


def step(word: str, *sources: str, kind: str = "video", **said: Any) -> dict[str, Any]:
    return {"kind": kind, "step": word, "references": [{"source": source} for source in sources], **said}


def facts(data: bytes) -> tuple[int, tuple[int, int], bool]:
    """Return a film's frames, its size, and whether it has sound."""
    with av.open(io.BytesIO(data), "r") as film:
        video = film.streams.video[0]
        return sum(1 for _ in film.decode(video)), (video.width, video.height), bool(film.streams.audio)


def source_of(task_id: str) -> str:
    return f"task:{task_id}"


@pytest.fixture(scope="module")
def films(client: Client) -> tuple[str, str]:
    """Two films of a second each, the second with sound and wider, that nobody waited for."""
    one = made(client, {**FILM, "prompt": "flowing red silk"})
    two = made(client, {**FILM, "prompt": "flowing blue silk", "size": "96x48", "audio": True})
    return source_of(one["id"]), source_of(two["id"])


def test_films_are_joined_before_they_are_made(client: Client, films: tuple[str, str]) -> None:
    joined = result(client, step("concatenate", *films))
    assert facts(joined) == (48, (64, 48), True)


def test_a_joined_film_takes_a_size_and_drops_its_sound(client: Client, films: tuple[str, str]) -> None:
    joined = result(client, step("concatenate", *films, size="128x64", audio=False))
    assert facts(joined) == (48, (128, 64), False)


@pytest.mark.parametrize(
    ("word", "said", "name"),
    [("last_frame", {}, "PNG"), ("poster", {}, "JPEG"), ("poster", {"output_format": "webp"}, "WEBP")],
)
def test_frames_are_taken_out(
    client: Client, films: tuple[str, str], word: str, said: dict[str, Any], name: str
) -> None:
    image = Image.open(io.BytesIO(result(client, step(word, films[0], kind="image", **said))))
    assert (image.format, image.size) == (name, (64, 48))


def test_media_are_converted(client: Client, films: tuple[str, str], picture_url: str) -> None:
    body = step("convert", picture_url, kind="image", size="64x32", output_format="jpeg")
    image = Image.open(io.BytesIO(result(client, body)))
    assert (image.format, image.size) == ("JPEG", (64, 32))
    assert facts(result(client, step("convert", films[1], resolution="100P"))) == (24, (200, 100), True)


def test_a_film_is_extended_by_three_tasks(client: Client, films: tuple[str, str]) -> None:
    body = step("extend", films[0], model="PixVerse/v6", prompt="the silk settles", duration=1, seed=7)
    key = (("Idempotency-Key", "extend-1"), ("Authorization", f"Bearer {client.token}"))
    replies = [send(client.address, "POST", "/api/v1/tasks", key, json.dumps(body).encode()) for _ in "ab"]
    first, again = [json.loads(reply.body)["id"] for reply in replies]
    assert first == again
    told = ended(client, first)
    assert told["state"] == "succeeded", told["error"]
    assert facts(get(told["artifacts"][0]["url"]).body)[:2] == (48, (64, 48))
    parts = told["events"][0]["data"]["parts"]
    frame, generation = [
        shown(client, parts[n].replace("task:", "task_")) for n in ("last_frame", "generation")
    ]
    assert (frame["model"], frame["kind"], told["model"]) == (
        "genmux/last_frame",
        "image",
        "genmux/concatenate",
    )
    assert generation["spec"]["references"] == [{"role": "first_frame", "source": source_of(frame["id"])}]
    assert (generation["spec"]["prompt"], generation["spec"]["seed"]) == ("the silk settles", 7)


def test_a_refused_extension_leaves_no_part_behind(running: Running, films: tuple[str, str]) -> None:
    """Refused in its second part, by a key that other bytes have taken, or repeated: nothing is written."""
    client, body = running.client, step("extend", films[0], prompt="x", model="PixVerse/v6", duration=1)

    def sent(body: dict[str, Any]) -> int:
        key = (("Idempotency-Key", "extend-2"), ("Authorization", f"Bearer {client.token}"))
        return send(client.address, "POST", "/api/v1/tasks", key, json.dumps(body).encode()).status

    before = running.newest()
    assert sent({**body, "duration": 3600}) == 422
    assert running.newest() == before
    assert sent(body) == 201
    assert running.newest() == before + 3
    assert [sent({**body, "duration": 2}), sent(body)] == [422, 201]
    assert running.newest() == before + 3


def test_an_extension_fails_with_its_generation(client: Client, films: tuple[str, str]) -> None:
    body = step("extend", films[0], prompt="x", options={"genmux": {"fail": "RequestLimitExceeded"}})
    told = ended(client, made(client, body)["id"])
    generation = told["events"][0]["data"]["parts"]["generation"]
    assert told["error"]["code"] == "input_failed"
    assert generation in told["error"]["message"]


def test_cancelling_an_extension_cancels_its_parts(client: Client, films: tuple[str, str]) -> None:
    body = step("extend", films[0], prompt="x", options={"genmux": {"stuck": True}})
    whole = made(client, body)["id"]
    assert json.loads(client.rest("POST", f"/tasks/{whole}/cancel").body)["state"] == "cancelled"
    parts = shown(client, whole)["events"][0]["data"]["parts"]
    assert ended(client, parts["generation"].replace("task:", "task_"))["state"] == "cancelled"


def test_an_uploaded_film_is_worked_on(client: Client, films: tuple[str, str]) -> None:
    data = result(client, step("convert", films[0]))
    headers = (("Authorization", f"Bearer {client.token}"), ("Content-Type", "video/mp4"))
    reply = send(client.address, "POST", "/api/v1/uploads", headers, data)
    told = json.loads(reply.body)
    assert (reply.status, told["content_type"], told["width"]) == (201, "video/mp4", 64), reply.body
    assert facts(result(client, step("concatenate", told["source"], films[1])))[0] == 48
    broken = send(client.address, "POST", "/api/v1/uploads", headers, data[:-100])
    assert broken.status == 422
    assert "ends before" in json.loads(broken.body)["detail"]
    stranger = send(client.address, "POST", "/api/v1/uploads", headers[1:], data)
    assert stranger.status == 401
    huge = (*headers, ("Content-Length", str(10**10)))
    assert b"larger than 200 MB" in send(client.address, "POST", "/api/v1/uploads", huge, b"").body


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (step("concatenate", "task:" + "0" * 32), "references", "2 to 100 films"),
        (step("last_frame", "FILM"), "kind", "its kind is image"),
        (step("last_frame", "PICTURE", kind="image"), "references.0.source", "A film is wanted"),
        (step("poster", "FILM", kind="image", prompt="x"), "prompt", "means nothing"),
        (step("poster", "FILM", kind="image", output_format="gif"), "output_format", "png, jpeg, webp"),
        (step("convert", "FILM", size="65x48"), "size", "the nearest is 64x48"),
        (step("convert", "FILM", model="Kling/3.0"), "model", "takes no model"),
        (step("convert", "FILM", model="genmux/poster"), "model", "takes no model"),
        ({"kind": "video", "model": "genmux/convert", "prompt": "x"}, "model", "genmux"),
        (step("convert", "https://example.com/a.mp4"), "references.0", "held here"),
        (step("convert", "FILM", output_format="webm"), "output_format", "mp4"),
        (step("extend", prompt="x"), "references", "takes 1 film as"),
        (step("extend", "FILM", prompt="x", duration=3600), "duration", "not available"),
        (step("stretch", "FILM"), "step", "concatenate"),
    ],
)
def test_what_a_step_cannot_do_is_refused_at_once(
    client: Client, films: tuple[str, str], picture_url: str, body: dict[str, Any], field: str, words: str
) -> None:
    text = json.dumps(body).replace("FILM", films[0]).replace("PICTURE", picture_url)
    detail, said = refused(client, json.loads(text))
    assert words in detail
    assert (said or "").startswith(field.removesuffix(".source"))
    told = json.loads(client.rest("POST", "/tasks:check", json.loads(text)).body)
    assert not told["valid"]


def test_real_channels_leave_the_steps_alone(running: Running) -> None:
    channels = json.loads(running.operator().rest("GET", "/channels").body)["channels"]
    steps = next(channel for channel in channels if channel["name"] == "steps")
    assert (steps["provider"], steps["models"], steps["enabled"]) == ("steps", ["*/genmux/*"], True)
