"""How commands end: the exit codes, the errors behind them, and the run of a command's coroutine."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from genmux.cli.words import language
from genmux.domain.text import Text

T = TypeVar("T")

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
REFUSED: Final = 4
INTERRUPTED: Final = 130

EXITS: Final = {
    OK: Text("all went well", "成功"),
    FAILED: Text(
        "the task (or a line of a batch, a check of doctor, a channel's test, or the demo) failed",
        "任务（或批次中的行、自检、通道测试、演示）失败",
    ),
    USAGE: Text("the command line or a setting is wrong", "命令行或配置有误"),
    UNREACHABLE: Text("no server can be reached or started", "无法连接或启动服务"),
    REFUSED: Text("the server refused", "服务拒绝了请求"),
    INTERRUPTED: Text("interrupted", "被中断"),
}
"""Every exit code and what it means."""


class CliError(Exception):
    """The end of a command: what to tell the person, and the exit code."""

    def __init__(self, exit_code: int, text: Text) -> None:
        super().__init__(text.en)
        self.exit_code = exit_code
        self.text = text

    def say(self) -> str:
        """Return the sentence in the reader's language."""
        return self.text.say(language())


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine to its end; Ctrl-C cancels it and is raised afterwards."""
    import asyncio

    return asyncio.run(main)
