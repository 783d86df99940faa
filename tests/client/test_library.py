"""The engine inside a program: no server, no socket, nothing lost when the program is killed."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest
from click.testing import CliRunner, Result
from pytest_socket import SocketBlockedError
from tests.client.peer import peer, reply
from tests.e2e.serving import serving

import genmux
from genmux.cli import cli
from genmux.client.effects import Call
from genmux.client.http_carrier import HttpCarrier
from genmux.compose.asgi_carrier import AsgiCarrier
from genmux.store.ownership import Ownership, owner_of

SILK: Any = {"prompt": "flowing blue silk", "size": (512, 512)}
FILM: Any = {"prompt": "flowing red silk", "model": "PixVerse/v6", "duration": 1, "size": "64x48"}
PROGRAM = """
import asyncio, sys
import genmux

async def main() -> None:
    async with genmux.open(sys.argv[1], render_workers=1) as client:
        stuck = [await client.images.create("silk", options={"genmux": {"delay": 3600}})]
        image = await client.images.create("flowing silk", size="512x512", idempotency_key="image")
        film = await client.videos.create(
            "pan", model="PixVerse/v6", duration=1, size="64x48", first_frame=image, idempotency_key="film"
        )
        print(image.id, film.id, stuck[0].id, flush=True)
        await asyncio.sleep(3600)

asyncio.run(main())
"""


def frames(path: Path) -> int:
    with av.open(str(path), "r") as film:
        return sum(1 for _ in film.decode(film.streams.video[0]))


def command(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def killed(data: str) -> list[str]:
    """Run the program until it has said the ids of its tasks, kill it, and return them."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, data], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        ids = program.stdout.readline().split()
        program.kill()
    return ids


@pytest.mark.disable_socket
async def test_a_picture_and_its_film_are_made_without_a_socket(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="tried to use"), pytest.raises(SocketBlockedError):
        socket.socket()
    async with genmux.open(tmp_path / "data", render_workers=1) as client:
        image = await client.images.create(**SILK)
        film = await client.videos.create(**FILM, first_frame=image)
        kinds = [event.kind async for event in film]
        (path,) = await film.save(tmp_path / "film.mp4")
        (still,) = await image.save(tmp_path)
        with pytest.raises(genmux.InvalidValue) as caught:
            await client.videos.create("x", model="Kling/3.0", duration=30)
    assert (kinds[-1], frames(path), still.suffix) == ("succeeded", 24, ".png")
    assert film.result.url.startswith("http://genmux.invalid/")
    assert caught.value.field == "duration"
    assert owner_of(tmp_path / "data") is None


async def test_a_public_address_is_told_and_not_asked(tmp_path: Path) -> None:
    async with genmux.open(tmp_path / "data", public_url="https://films.example/made") as client:
        image = await client.images.create(**SILK)
        assert len(await image.save(tmp_path)) == 1
    assert image.result.url.startswith("https://films.example/made/files/")


async def test_a_killed_program_s_tasks_go_on(tmp_path: Path) -> None:
    image_id, film_id, late_id = killed(str(tmp_path / "data"))
    async with genmux.open(tmp_path / "data", render_workers=1) as client:
        film = await client.tasks.get(film_id)
        assert await film.save(tmp_path / "film.mp4") == [tmp_path / "film.mp4"]
        again = await client.videos.create(
            "pan",
            model="PixVerse/v6",
            duration=1,
            size="64x48",
            first_frame=f"task:{image_id}",
            idempotency_key="film",
        )
        assert again.id == film_id
        assert {task.id for task in await client.tasks.list()} == {image_id, film_id, late_id}
    assert frames(tmp_path / "film.mp4") == 24


async def test_a_directory_is_opened_once(tmp_path: Path) -> None:
    async with genmux.open(tmp_path, paused=True):
        with pytest.raises(genmux.Unavailable, match="open in this program already"):
            async with genmux.open(tmp_path):
                pass
        shown = await asyncio.to_thread(command, "tasks", "list", "--data", str(tmp_path))
        assert shown.exit_code == 3
        assert f"open in process {os.getpid()}" in shown.stderr
        served = await asyncio.to_thread(command, "serve", "--port", "0", "--data", str(tmp_path))
        assert served.exit_code == 3
        assert f"already open in process {os.getpid()}" in served.stderr
    async with genmux.open(tmp_path, paused=True) as client:
        assert (await client.tasks.list()).tasks == ()


async def test_another_program_s_directory_is_left_alone(tmp_path: Path) -> None:
    owned = Ownership.take(tmp_path)
    owned.announce("", "token")
    (tmp_path / "owner.json").write_text('{"url": "", "token": "", "pid": 1, "certificate": ""}')
    with pytest.raises(genmux.Unavailable, match="open in process 1"):
        async with genmux.open(tmp_path):
            pass
    owned.release()


async def test_a_served_directory_is_worked_on_by_its_server(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        async with genmux.open(tmp_path) as client:
            image = await client.images.create(**SILK)
            await image.wait(60)
        assert image.result.url.startswith(running.server.url)
        assert running.newest() == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"prot": 1}, "prot is unknown"),
        ({"validation": "late"}, "must be one of"),
        ({"language": "fr"}, "language must be one of en, zh"),
    ],
)
async def test_a_wrong_setting_is_named(tmp_path: Path, said: dict[str, Any], words: str) -> None:
    with pytest.raises(genmux.InvalidValue, match=words):
        async with genmux.open(tmp_path, **said):
            pass
    assert owner_of(tmp_path) is None


async def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (file := tmp_path / "data").write_text("")
    with pytest.raises(genmux.InvalidValue, match="data cannot be a data directory: ") as caught:
        async with genmux.open(file):
            pass
    assert caught.value.field == "data"


async def test_settings_come_from_arguments_environment_and_a_named_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "genmux.toml").write_text('default_image_model = "nonsense"')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENMUX_DEFAULT_IMAGE_MODEL", "Kling/2.1")
    async with genmux.open("data", paused=True) as client:
        assert (await client.images.create("x")).model == "Kling/2.1"
    monkeypatch.delenv("GENMUX_DEFAULT_IMAGE_MODEL")
    with pytest.raises(genmux.InvalidValue, match="default_image_model is 'nonsense'"):
        async with genmux.open("data", config="genmux.toml"):
            pass


async def test_what_lies_elsewhere_is_fetched_from_there(tmp_path: Path) -> None:

    with peer(reply(200, b"far"), reply(200, b"away")) as there:
        carrier = AsgiCarrier(None, "http://genmux.invalid", HttpCarrier())  # type: ignore[arg-type]
        assert (await carrier.exchange(Call("GET", there.url + "/"))).body == b"far"
        async with carrier.stream(there.url + "/", {}) as streamed:
            assert b"".join([chunk async for chunk in streamed.chunks]) == b"away"
        await carrier.close()
