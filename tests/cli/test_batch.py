"""`genmux batch` against a real server: what it makes, what it refuses, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from rich.console import Console
from tests.cli.test_server import PATIENCE_SECONDS, environment, start
from tests.e2e.serving import Running, poll, serving
from tests.e2e.upstreams import SUB_APP_ID

from genmux.cli import cli
from genmux.cli.batch_show import Board
from genmux.client.batch.decision import AGAIN
from genmux.client.batch.lines import SHORT
from genmux.client.batch.manifest import Record
from genmux.client.batch.naming import FIELDS
from genmux.client.batch.tally import Mark, News

PAGE = Path(__file__).parents[2] / "docs/batch.md"

TINY = {"kind": "image", "model": "GEM/3.0", "size": "64x64", "prompt": "x"}
FAILING = {**TINY, "name": "bad", "options": {"genmux": {"fail": "InternalError"}}}
FILM = {"name": "film", "kind": "video", "model": "PixVerse/v6", "duration": 1, "resolution": "540P"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("batch") / "data") as server:
        yield server


def write(home: Path, *lines: dict[str, Any]) -> Path:
    file = home / "shots.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    return file


def words(running: Running, *arguments: object) -> list[str]:
    target = ("--server", f"http://{running.address}", "--token", running.client.token)
    return ["batch", *map(str, arguments), *target]


def genmux(running: Running, *arguments: object, **environ: str) -> Result:
    return CliRunner(env={"GENMUX_LANG": "en", **environ}).invoke(cli, words(running, *arguments))


def told(running: Running, *arguments: object) -> dict[str, Any]:
    done = genmux(running, *arguments, "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert documented(found, *found["failures"])
    assert done.exit_code == (0 if found["done"] == found["lines"] else 1), done.output
    return found


def documented(*found: dict[str, Any]) -> bool:
    page = PAGE.read_text("utf-8")
    return all(f"`{name}`" in page for fields in found for name in fields)


def names(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*.[pm][np]*"))


def test_a_batch_is_made_once_and_told_line_by_line(running: Running, tmp_path: Path) -> None:
    lines = (
        {**TINY, "name": "hero"},
        {**TINY, "name": "two", "count": 2},
        {**FILM, "prompt": "it moves", "first_frame": "$hero"},
        FAILING,
        TINY,
        {**TINY, "name": "竹林"},
        {"name": "end", "kind": "image", "step": "last_frame", "references": [{"source": "$film"}]},
    )
    file, out = write(tmp_path, *lines), tmp_path / "out"
    first = genmux(running, file, "-o", out, "--retries", 1)
    assert first.exit_code == 1, first.output
    assert first.stdout == f"7 lines: 6 done, 1 failed; {out / 'manifest.jsonl'}\n"
    assert "hero  done  hero.png\n" in first.stderr
    assert "bad  failed  upstream_failed: " in first.stderr
    assert names(out) == ["0005.png", "end.png", "film.mp4", "hero.png", "two-1.png", "two-2.png", "竹林.png"]
    newest = running.newest()
    again = told(running, file, "-o", out, "--retries", 1)
    assert running.newest() == newest
    assert (again["done"], again["failed"]) == (6, 1)
    assert again["failures"][0]["name"] == "bad"
    assert told(running, file, "-o", out, "--retries", 0, "--retry-failed")["failed"] == 1
    assert running.newest() > newest


def test_csv_pictures_and_templates(running: Running, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "red").save(tmp_path / "red.png")
    file, out = tmp_path / "shots.csv", tmp_path / "out"
    file.write_text("\ufeffprompt;reference;seed\r\nx;red.png;7\r\ny;;\r\n")
    defaults = [part for name in ("kind", "model", "size") for part in ("--set", f"{name}={TINY[name]}")]
    template = "{model}/{n:03}-{kind}-{seed}{ext}"
    assert told(running, file, "-o", out, *defaults, "--name", template)["done"] == 2
    assert names(out) == ["GEM-3.0/001-image-7.png", "GEM-3.0/002-image.png"]


def test_everything_is_checked_before_anything_is_created(running: Running, tmp_path: Path) -> None:
    lines = ({**TINY, "promt": "x"}, {**TINY, "model": "Kling/9.9"}, {**TINY, "reference": "no.png"}, FILM)
    file, out = write(tmp_path, *lines), tmp_path / "out"
    newest = running.newest()
    for dry in ([], ["--dry-run"]):
        done = genmux(running, file, "-o", out, *dry)
        assert done.exit_code == 2
        assert "Nothing was created; 4 to mend:" in done.stderr
        assert "line 1: promt is no field; did you mean prompt?" in done.stderr
        assert "line 2: " in done.stderr
        assert f"line 3: reference {tmp_path / 'no.png'} cannot be read: No such file" in done.stderr
        assert "line 4: A prompt is needed" in done.stderr
    assert "第 1 行：promt 不是已知字段" in genmux(running, file, "-o", out, GENMUX_LANG="zh").stderr
    assert running.newest() == newest
    assert not out.exists()


def test_a_plan_says_what_would_be_made(running: Running, tmp_path: Path) -> None:
    file = write(
        tmp_path, {**TINY, "count": 3}, TINY, {**FILM, "prompt": "x"}, {**FILM, "name": "a", "prompt": "y"}
    )
    newest = running.newest()
    shown = genmux(running, file, "--dry-run")
    assert shown.exit_code == 0, shown.output
    rows = [line.split(None, 4) for line in shown.stdout.splitlines()]
    assert rows[1:] == [
        ["image", "GEM/3.0", "2", "0", "4 pictures"],
        ["video", "PixVerse/v6", "2", "0", "2 s of film"],
    ]
    plan = json.loads(genmux(running, file, "--dry-run", "--json").stdout)
    assert documented(plan, *plan["plan"])
    assert [row["lines"] for row in plan["plan"]] == [2, 2]
    assert running.newest() == newest


def test_some_lines_can_be_made_before_the_others(running: Running, tmp_path: Path) -> None:
    lines = ({**TINY, "name": "hero"}, {**TINY, "name": "b", "reference": "$hero"}, {**TINY, "name": "c"})
    file, out = write(tmp_path, *lines), tmp_path / "out"
    assert told(running, file, "-o", out, "--only", "b")["lines"] == 2
    assert names(out) == ["b.png", "hero.png"]
    newest = running.newest()
    assert told(running, file, "-o", out)["done"] == 3
    assert running.newest() == newest + 1
    assert genmux(running, file, "-o", out, "--only", "d").exit_code == 2


def test_a_changed_line_is_new_and_a_removed_one_is_told(running: Running, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told(running, write(tmp_path, {**TINY, "name": "a"}, {**TINY, "name": "b"}), "-o", out)
    newest = running.newest()
    file = write(tmp_path, {**TINY, "name": "b"}, {**TINY, "name": "c"})
    assert told(running, file, "-o", out)["gone"] == ["a"]
    assert running.newest() == newest + 1
    file = write(tmp_path, {**TINY, "name": "b", "seed": 1})
    clash = genmux(running, file, "-o", out)
    assert clash.exit_code == 2
    assert "its result would be b, and there is such a file" in clash.stderr


def test_another_endpoint_is_refused_unless_it_is_meant(running: Running, tmp_path: Path) -> None:
    hero = {**TINY, "name": "hero"}
    file, out = write(tmp_path, hero), tmp_path / "out"
    told(running, file, "-o", out)
    file = write(tmp_path, hero, {**TINY, "name": "b", "reference": "$hero"})
    moved = ["batch", str(file), "-o", str(out), "--endpoint", "vod"]
    runner = CliRunner(env=platform(running, "VOD"))
    refused = runner.invoke(cli, moved)
    assert refused.exit_code == 2
    assert "--elsewhere" in refused.stderr
    by_url = ["batch", str(file), "-o", str(out), "--endpoint", "mps", "--elsewhere"]
    without = CliRunner(env=platform(running, "MPS")).invoke(cli, by_url)  # its inputs need a bucket
    assert (without.exit_code, "line 2: reference cannot be given" in without.stderr) == (2, True)
    meant = runner.invoke(cli, [*moved, "--elsewhere"])
    assert meant.exit_code == 0, meant.output
    assert names(out) == ["b.png", "hero.png"]
    (out / "hero.png").unlink()
    gone = runner.invoke(cli, moved)
    assert (gone.exit_code, "another endpoint made them; --retry-failed" in gone.stderr) == (1, True)


def test_ctrl_c_leaves_the_tasks_and_the_same_command_goes_on(running: Running, tmp_path: Path) -> None:
    stuck = {**TINY, "name": "stuck", "options": {"genmux": {"stuck": True}}}
    file, out = write(tmp_path, stuck, *({**TINY, "name": f"n{n}"} for n in range(3))), tmp_path / "out"
    process = start(*words(running, file, "-o", out), cwd=tmp_path)
    poll(lambda: len(names(out)) == 3, "the other lines are done", PATIENCE_SECONDS)
    busy = genmux(running, file, "-o", out)
    assert (busy.exit_code, "Another genmux batch is at work" in busy.stderr) == (3, True)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, err
    assert "Interrupted. No task is lost; the same command goes on" in err
    assert "Traceback" not in err
    task = next(line.split()[2] for line in err.splitlines() if line.startswith("stuck  running"))
    newest = running.newest()
    assert running.client.rest("POST", f"/tasks/{task}/cancel", {}).status == 200
    ended = told(running, file, "-o", out)
    assert (ended["done"], ended["failed"]) == (3, 1)
    assert ended["failures"][0]["error"].startswith("cancelled")
    assert running.newest() == newest


class Silent(BaseHTTPRequestHandler):
    """A server that finds nothing wrong with a create, and then never answers it."""

    asked = threading.Event()
    over = threading.Event()

    def do_POST(self) -> None:
        if not self.path.endswith(":check"):
            self.asked.set()
            self.over.wait(PATIENCE_SECONDS)
            return
        body = b'{"valid": true, "violations": [], "plan": null}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: object) -> None: ...


def test_the_first_ctrl_c_waits_for_answers_and_the_second_for_nothing(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    threading.Thread(target=server.serve_forever).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    process = start("batch", str(write(tmp_path, TINY)), "-o", "out", "--server", url, cwd=tmp_path)
    try:
        assert Silent.asked.wait(PATIENCE_SECONDS)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "answers of 1 creates" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 130
    finally:
        process.kill()
        process.communicate()
        Silent.over.set()
        server.shutdown()
        server.server_close()
    rows = (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()
    assert [json.loads(row)["record"] for row in rows] == ["opened", "intended"]


def platform(running: Running, name: str) -> dict[str, str]:
    """Return the environment in which our server is that platform."""
    return {
        "TENCENTCLOUD_SECRET_ID": running.client.secret_id,
        "TENCENTCLOUD_SECRET_KEY": running.client.secret_key,
        "VITE_VOD_SUB_APP_ID": str(SUB_APP_ID),
        "GENMUX_LANG": "en",
        f"{name}_BASE_URL": f"http://{running.address}",
    }


def test_a_batch_straight_at_mps_with_the_guides_configuration(running: Running, tmp_path: Path) -> None:
    key = {"secretId": running.client.secret_id, "secretKey": running.client.secret_key}
    config = {"tencentCloud": key, "concurrency": {"maxImageTasks": 1, "pollIntervalMs": 200}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    hero = {"kind": "image", "model": "Hunyuan/3.0", "prompt": "x", "name": "hero"}
    film = {**FILM, "prompt": "it moves", "first_frame": "$hero"}
    file, out = write(tmp_path, film, hero), tmp_path / "out"
    runner = CliRunner(env=platform(running, "MPS"))
    command = ["batch", str(file), "-o", str(out), "--endpoint", "mps", "--json"]
    configured = [*command, "--config", str(tmp_path / "config.json")]
    done = runner.invoke(cli, configured)
    assert (done.exit_code, json.loads(done.stdout)["done"]) == (0, 2), done.output
    assert names(out) == ["film.mp4", "hero.png"]
    newest = running.newest()
    assert runner.invoke(cli, configured).exit_code == 0
    assert running.newest() == newest
    write(tmp_path, {**film, "duration": 99}, hero)
    refused = runner.invoke(cli, command)
    assert (refused.exit_code, "duration 99" in refused.stderr) == (2, True), refused.output


def test_vod_is_asked_with_the_line_s_key_as_its_session(running: Running, tmp_path: Path) -> None:
    file = write(tmp_path, {"kind": "image", "model": "Hunyuan/3.0", "prompt": "x", "name": "hero"})
    out = tmp_path / "out"
    command = ["batch", str(file), "-o", str(out), "--endpoint", "vod", "--json"]
    runner = CliRunner(env=platform(running, "VOD"))
    assert runner.invoke(cli, command).exit_code == 0
    newest = running.newest()
    manifest = out / "manifest.jsonl"
    answered = manifest.read_text().index('{"record":"created"')
    manifest.write_text(manifest.read_text()[:answered])  # as if the answer had been lost
    (out / "hero.png").unlink()
    assert runner.invoke(cli, command).exit_code == 0
    assert running.newest() == newest
    assert names(out) == ["hero.png"]


def test_command_lines_that_cannot_be_meant(running: Running, tmp_path: Path) -> None:
    file = write(tmp_path, TINY)
    assert "-o DIR" in genmux(running, file).stderr
    for option in ("--per-model=Kling", "--per-model=Kling=0", "--name={nme}", "--set=x", "--endpoint=mpx"):
        assert genmux(running, file, "-o", tmp_path / "out", option).exit_code == 2, option
    broken = tmp_path / "out" / "manifest.jsonl"
    broken.parent.mkdir()
    broken.write_text("{}\n")
    refused = genmux(running, file, "-o", tmp_path / "out")
    assert (refused.exit_code, "manifest.jsonl, line 1 cannot be read" in refused.stderr) == (2, True)


def test_what_the_server_has_to_say_ends_with_its_exit_code(tmp_path: Path, running: Running) -> None:
    command = ["batch", str(write(tmp_path, TINY)), "-o", str(tmp_path / "out"), "--patience", "0"]
    stranger = ["--server", f"http://{running.address}", "--token", "gmx_none"]
    assert CliRunner().invoke(cli, [*command, *stranger]).exit_code == 4
    assert CliRunner().invoke(cli, [*command, "--server", "http://127.0.0.1:9"]).exit_code == 3


def test_the_page_s_examples_run_as_pasted(running: Running, tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.+?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    environ = environment() | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GENMUX_SERVER": f"http://{running.address}",
        "GENMUX_TOKEN": running.client.token,
    }
    script = "set -eu\n" + "".join(blocks)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert names(tmp_path / "shots") == ["hero.png", "poster-1.png", "poster-2.png", "walk.mp4"]
    assert names(tmp_path / "looks") == ["ink.png", "oil.png"]


def test_the_page_names_every_field_record_and_code() -> None:
    page = PAGE.read_text("utf-8")
    records = {record.__struct_config__.tag for record in get_args(Record)}
    for word in {*SHORT, *FIELDS, *AGAIN, *records}:
        assert re.search(rf"`{{?{word}}}?`", page), word


def test_the_board_counts_and_shows_the_last_failures() -> None:
    board = Board(silent=True)
    for n in range(10):
        board.tally.place(n, Mark.WAITING)
    for n in range(7):
        board.show(n, News(f"n{n}", Mark.RUNNING, "task"))
        board.show(n, News(f"n{n}", Mark.FAILED if n < 6 else Mark.DONE, f"why {n}"))
        board.show(n, News(f"n{n}", Mark.FAILED if n < 6 else Mark.DONE, "the same again"))
    console = Console(width=80)
    with console.capture() as captured:
        console.print(board._draw())
    text = captured.get()
    assert [mark in text for mark in ("done 1", "running 0", "waiting 3", "failed 6")] == [True] * 4
    assert re.search(r"10 lines  \S+/s  left 0:00:0\d  gone 0:00:0\d", text)
    assert "7/10" in text
    assert "✗ n5  why 5" in text
    assert "n0" not in text
    assert len(board.failures) == 6
