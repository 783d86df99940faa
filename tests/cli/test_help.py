"""The command line before it talks to anybody: help, usage errors, languages, light imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from genmux.cli import COMMANDS, cli
from genmux.cli.words import language

HEAVY = ("aiohttp", "asyncio", "msgspec", "rich", "sqlalchemy", "numpy", "genmux.compose", "genmux.settings")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, contextlib\n"
        "from genmux.cli import main\n"
        "sys.argv = ['genmux', '--help']\n"
        "with contextlib.suppress(SystemExit): main()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr


def test_help_lists_every_command_and_the_exit_codes() -> None:
    done = CliRunner().invoke(cli, ["--help"])
    assert done.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in done.output
    assert "130 interrupted" in " ".join(done.output.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    done = CliRunner().invoke(cli, [name, "--help"])
    assert done.exit_code == 0
    assert done.output.startswith("Usage: ")


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (["nonsense"], "No such command", "nonsense"),
        (["image", "x", "--sice", "1"], "No such option '--sice'", "没有选项 --sice"),
        (["tasks", "show"], "Missing argument 'TASK'", "缺少参数 TASK"),
        (["tasks", "list", "--limit", "0"], "Invalid value for '--limit'", "参数 --limit 的值无效"),
        (["tasks", "resolve", "task_0"], "exactly one of", "恰好给出一个"),
        (["image", "x", "--option", "novalue"], "NAME=VALUE", "NAME=VALUE"),
        (["image", "x", "--image", "no-such.png"], "cannot be read", "无法读取"),
        (["image", "x", "--image", __file__], "must be a PNG", "必须是"),
        (["models", "--server", "ftp://x"], "must start with http://", "必须以 http://"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_usage_errors_are_2_in_the_reader_s_language(
    arguments: list[str], english: str, chinese: str
) -> None:
    server = (
        [] if "--server" in arguments or arguments[0] == "nonsense" else ["--server", "http://127.0.0.1:9"]
    )
    for word, sentence in (("en", english), ("zh_CN.UTF-8", chinese)):
        done = CliRunner(env={"GENMUX_LANG": word}).invoke(cli, [*arguments, *server])
        assert done.exit_code == 2, done.output
        assert sentence in done.stderr
        assert done.stdout == ""


def test_a_bad_setting_is_2(tmp_path: Path) -> None:
    done = CliRunner(env={"GENMUX_PORT": "many"}).invoke(cli, ["keys", "list", "--data", str(tmp_path)])
    assert done.exit_code == 2
    assert "setting port" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("GENMUX_SECRET_KEY", "short", "64 hexadecimal digits"), ("GENMUX_CATALOGUE", "/no/such", "/no/such")],
)
def test_a_server_that_cannot_start_is_3(tmp_path: Path, name: str, value: str, words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "genmux", "keys", "list", "--data", str(tmp_path)],
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 3
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_is_not_there_is_3() -> None:
    done = CliRunner().invoke(cli, ["keys", "list", "--server", "http://127.0.0.1:9", "--json"])
    assert done.exit_code == 3
    assert "http://127.0.0.1:9 cannot be reached" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_MESSAGES": "zh_TW", "LANG": "de_DE"}, "zh"),
        ({"GENMUX_LANG": "en", "LC_ALL": "zh_CN"}, "en"),
        ({"GENMUX_LANG": "", "LC_ALL": "zh_CN"}, "zh"),
    ],
)
def test_the_first_variable_that_is_set_decides_the_language(environ: dict[str, str], expected: str) -> None:
    assert language(environ) == expected
