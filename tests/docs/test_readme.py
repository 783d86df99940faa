"""The README, tried as a new user would: its programs run as pasted, its commands exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from genmux.store.ownership import owner_of

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
GENMUX = [sys.executable, "-m", "genmux"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def wait_for_owner(directory: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(600):
        card = owner_of(directory)
        if card is not None:
            return card.url
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError("the server ended before it served")
    raise AssertionError("the server did not start")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the README's reader has in the second terminal, and where the server is."""
    home = tmp_path_factory.mktemp("reader")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GENMUX_", "TENCENTCLOUD_"))}
    env["GENMUX_DATA"] = str(home / "data")
    server = subprocess.Popen([*GENMUX, "serve", "--port", "0"], env=env, cwd=home, stdout=subprocess.DEVNULL)
    try:
        env["URL"] = wait_for_owner(home / "data", server)
        keys = subprocess.run(
            [*GENMUX, "keys", "create", "my-app", "--env"],
            env=env,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        env.update(re.findall(r"^export (\w+)=(\S+)$", keys, re.MULTILINE))
        yield env
    finally:
        server.terminate()
        server.wait(30)


def test_the_sdk_program_runs_as_pasted(environment: dict[str, str], tmp_path: Path) -> None:
    (program,) = blocks("python")
    assert program.count('endpoint="127.0.0.1:8080"') == 1
    program = program.replace("127.0.0.1:8080", environment["URL"].removeprefix("http://"))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    image, film = done.stdout.splitlines()
    assert re.fullmatch(r"DONE http://127\.0\.0\.1:\d+/files/\S+\.png\?\S+", image)
    assert re.fullmatch(r"DONE 720x720 http://127\.0\.0\.1:\d+/files/\S+\.mp4\?\S+", film)


def test_every_command_of_the_readme_exists() -> None:
    for shell in blocks("sh"):
        for words in re.findall(r"genmux ((?:[a-z]+ ?){1,2})", shell):
            command = words.split()
            help_ = subprocess.run([*GENMUX, *command, "--help"], capture_output=True, text=True)
            if help_.returncode:  # the second word was an argument
                help_ = subprocess.run([*GENMUX, command[0], "--help"], capture_output=True, text=True)
            assert help_.returncode == 0, command
    targets = set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()
    assert targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
