"""Commands against a real server: one that runs, and one started for the command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from click.testing import CliRunner, Result

from genmux.cli import cli
from genmux.store.ownership import OwnerCard, owner_of

SMALL = ["--model", "Hunyuan/3.0", "--size", "512x512"]
FAILING = ["--option", 'genmux={"fail": "InternalError"}']
STUCK = ["--option", 'genmux={"stuck": true}']
PATIENCE_SECONDS = 60.0


def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("GENMUX_")} | {"GENMUX_LANG": "en"}


def start(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "genmux", *arguments],
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data directory of a running `genmux serve`."""
    home = tmp_path_factory.mktemp("serve")
    process = start("serve", "--port", "0", "--data", str(home / "data"), cwd=home)
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while owner_of(home / "data") is None:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.05)
        yield home / "data"
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, err
    assert out.startswith("genmux serves http://127.0.0.1:")
    assert "gmx_" not in out + err


def card_of(data: Path) -> OwnerCard:
    card = owner_of(data)
    assert card is not None
    return card


def genmux(data: Path, *arguments: str) -> Result:
    return CliRunner(env={"GENMUX_LANG": "en"}).invoke(cli, [*arguments, "--data", str(data)])


def told(data: Path, *arguments: str) -> Any:
    done = genmux(data, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_picture_is_made_and_brought_home(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "fox.png"
    done = genmux(data, "image", "a fox", *SMALL, "-o", str(file))
    assert done.exit_code == 0, done.output
    assert file.read_bytes().startswith(b"\x89PNG")
    assert done.stdout.startswith(f"{file}  512x512  image/png")
    assert [p.name for p in file.parent.iterdir()] == ["fox.png"]


def test_json_is_the_task_and_nothing_else(data: Path, tmp_path: Path) -> None:
    task = told(data, "image", "a fox", *SMALL, "-o", str(tmp_path / "fox.png"))
    assert task["state"] == "succeeded"
    assert task["files"] == [str(tmp_path / "fox.png")]
    assert told(data, "tasks", "show", task["id"])["events"]
    listed = told(data, "tasks", "list", "--limit", "1")
    assert listed[0]["id"] == task["id"]
    shown = genmux(data, "tasks", "show", task["id"]).stdout
    assert shown.startswith(f"{task['id']}  succeeded")
    assert "timeline" in shown


def test_a_place_that_cannot_be_written_is_1_and_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    done = genmux(data, "image", "a fox", *SMALL, "-o", str(tmp_path / "file" / "fox.png"))
    assert done.exit_code == 1
    assert "cannot be saved at" in done.stderr
    assert "Not a directory" in done.stderr


def test_one_task_begins_with_another_s_result(data: Path, tmp_path: Path) -> None:
    first = told(data, "image", "a fox [[genmux delay=0.3]]", *SMALL, "--no-wait")
    second = told(data, "image", "in winter", *SMALL, "--from", f"{first['id']}#0", "--no-wait")
    assert second["state"] == "waiting"
    assert told(data, "tasks", "wait", second["id"], "-o", str(tmp_path))["state"] == "succeeded"
    inputs = told(data, "tasks", "show", second["id"])["inputs"]
    assert [entry["from_task"] for entry in inputs] == [first["id"]]
    shown = genmux(data, "tasks", "show", second["id"]).stdout
    assert f"input 0    reference  {first['id']}#0" in shown


def test_a_failed_task_is_1_and_says_why(data: Path) -> None:
    done = genmux(data, "image", "x", *SMALL, *FAILING)
    assert done.exit_code == 1
    assert "InternalError" in done.stderr
    assert done.stdout == ""
    failed = genmux(data, "image", "x", *SMALL, *FAILING, "--json")
    assert failed.exit_code == 1
    task = json.loads(failed.stdout)
    assert task["state"] == "failed"
    again = genmux(data, "image", "x", "--from", task["id"])
    assert again.exit_code == 4
    assert "The task failed, so it has no result" in again.stderr


def test_what_the_server_refuses_is_4(data: Path) -> None:
    done = genmux(data, "video", "x", "--model", "Klinge/3.0")
    assert done.exit_code == 4
    assert "Kling" in done.stderr
    assert genmux(data, "tasks", "show", "task_0").exit_code == 4
    assert genmux(data, "keys", "revoke", "AKID0").exit_code == 4


def test_a_second_server_on_the_directory_is_3(data: Path, tmp_path: Path) -> None:
    process = start("serve", "--port", "0", "--data", str(data), cwd=tmp_path)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out) == (3, "")
    assert card_of(data).url in err


def test_an_access_key_works_by_its_token_until_it_is_revoked(data: Path) -> None:
    made = told(data, "keys", "create", "laptop", "--tenant", "other")
    assert set(made) == {"secret_id", "secret_key", "token"}
    server = ["--server", card_of(data).url, "--token", made["token"]]
    runner = CliRunner(env={"GENMUX_LANG": "en"})
    assert runner.invoke(cli, ["tasks", "list", *server, "--json"]).stdout == "[]\n"
    assert runner.invoke(cli, ["keys", "list", *server]).exit_code == 4
    listing = genmux(data, "keys", "list").stdout
    assert made["secret_id"] in listing
    assert made["secret_key"] not in listing
    assert genmux(data, "keys", "revoke", made["secret_id"]).exit_code == 0
    assert runner.invoke(cli, ["tasks", "list", *server]).exit_code == 4
    plain = genmux(data, "keys", "create", "desk").stdout
    assert [line.split()[0] for line in plain.splitlines()] == ["SecretId", "SecretKey", "Token"]


def test_models_are_listed(data: Path) -> None:
    assert {m["family"] for m in told(data, "models", "KLING", "--kind", "video")} == {"Kling"}
    assert "Kling/3.0 *" in genmux(data, "models", "kling").stdout


def test_ctrl_c_leaves_the_task_and_says_how_to_come_back(data: Path, tmp_path: Path) -> None:
    process = start("image", "x", *SMALL, *STUCK, "--data", str(data), cwd=tmp_path)
    assert process.stderr is not None
    task_id = process.stderr.readline().split()[0]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, err
    assert out == ""
    assert f"genmux tasks wait {task_id}" in err
    assert "Traceback" not in err
    assert told(data, "tasks", "show", task_id)["state"] in ("queued", "submitting", "running")
    assert genmux(data, "tasks", "cancel", task_id).exit_code == 0
    waited = genmux(data, "tasks", "wait", task_id)
    assert waited.exit_code == 1
    assert "cancelled" in waited.stderr


def alone(home: Path, *arguments: str) -> Any:
    """Return what a command says that has to be its own server."""
    process = start(*arguments, "--data", str(home), "--json", cwd=home.parent)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, err
    return json.loads(out)


def test_without_a_server_the_command_is_the_server(tmp_path: Path) -> None:
    home = tmp_path / "own"
    task = alone(home, "image", "a fox", *SMALL, "--no-wait")
    assert task["state"] == "queued"
    assert owner_of(home) is None
    waited = alone(home, "tasks", "wait", task["id"], "-o", str(tmp_path / "fox.png"))
    assert waited["state"] == "succeeded"
    assert (tmp_path / "fox.png").stat().st_size == waited["artifacts"][0]["bytes"]
    assert owner_of(home) is None


def test_the_demo_makes_a_picture_and_a_film_over_mps(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    process = start("demo", "--out", str(out), cwd=tmp_path)
    text, err = process.communicate(timeout=110)
    assert process.returncode == 0, text + err
    assert (out / "image.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "film.mp4").read_bytes()[4:8] == b"ftyp"
    assert str(out / "film.mp4") in text
    assert "4-AigcVideo-" in text
    assert "5.00 s" in text
    assert text.count("succeeded") == 4
    assert "Unclosed" not in err
    assert owner_of(out / "data") is None


def test_env_prints_exports_for_the_official_sdks(data: Path) -> None:
    command = [sys.executable, "-m", "genmux", "keys", "create", "laptop", "--env", "--data", str(data)]
    out = subprocess.run(command, env=environment(), check=True, capture_output=True, text=True).stdout
    lines = out.splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        "export TENCENTCLOUD_SECRET_ID",
        "export TENCENTCLOUD_SECRET_KEY",
        "export GENMUX_TOKEN",
    ]
    assert lines[0].partition("=")[2].startswith("AKID")
    both = subprocess.run([*command, "--json"], env=environment(), capture_output=True, text=True)
    assert both.returncode == 2


def test_films_are_joined_extended_and_taken_apart(data: Path, tmp_path: Path) -> None:
    small = ["--model", "PixVerse/v6", "--size", "64x48", "--duration", "1"]
    first = told(data, "video", "red silk", *small, "-o", str(tmp_path / "a.mp4"))
    joined = tmp_path / "joined.mp4"
    told(data, "step", "concatenate", str(tmp_path / "a.mp4"), first["id"], "-o", str(joined))
    assert frames(joined) == 48
    end = told(data, "step", "last-frame", f"task:{first['id']}", "-o", str(tmp_path / "end.png"))
    assert end["model"] == "genmux/last_frame"
    poster = told(data, "step", "poster", end_url(first), "-o", str(tmp_path / "poster"))
    assert poster["files"] == [str(tmp_path / "poster.jpg")]
    said = ["--format", "webp", "--size", "32x32"]
    shrunk = told(data, "step", "convert", str(tmp_path / "end.png"), *said, "-o", str(tmp_path))
    assert shrunk["files"][0].endswith(".webp")
    quiet = told(
        data, "step", "convert", first["id"], "--resolution", "100P", "--no-audio", "-o", str(tmp_path)
    )
    assert (quiet["artifacts"][0]["width"], quiet["artifacts"][0]["height"]) == (134, 100)
    longer = tmp_path / "longer.mp4"
    said = ["--model", "PixVerse/v6", "--duration", "1", "--seed", "4", "-o", str(longer)]
    told(data, "step", "extend", first["id"], "the silk settles", *said)
    assert frames(longer) == 48


def end_url(task: dict[str, Any]) -> str:
    return str(task["artifacts"][0]["url"])


def frames(path: Path) -> int:
    with av.open(str(path), "r") as film:
        return sum(1 for _ in film.decode(video=0))


def test_what_is_no_medium_is_said_before_anything_is_made(data: Path, tmp_path: Path) -> None:
    for wrong in ("nowhere.mp4", str(tmp_path), "notes.txt"):
        done = genmux(data, "step", "poster", wrong)
        assert done.exit_code == 2
        assert "no task, no URL and no file" in done.output
    pictures = genmux(data, "step", "concatenate", "https://example.com/a.mp4", "https://example.com/b.mp4")
    assert (pictures.exit_code, "held here" in pictures.output) == (4, True)
