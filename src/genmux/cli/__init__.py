"""The command `genmux`: finds a command's file when it is called and turns every end into an exit code.

Nothing here, nor at the top of a command's file, imports more than click, so that help is instant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import click

import genmux
from genmux.cli.exits import EXITS, INTERRUPTED, USAGE, CliError
from genmux.cli.words import say

COMMANDS: Final = {
    "serve": "genmux.cli.serve:serve",
    "image": "genmux.cli.generate:image",
    "video": "genmux.cli.generate:video",
    "batch": "genmux.cli.batch:batch",
    "step": "genmux.cli.steps:step",
    "tasks": "genmux.cli.tasks:tasks",
    "models": "genmux.cli.models:models",
    "channels": "genmux.cli.channels:channels",
    "keys": "genmux.cli.keys:keys",
    "db": "genmux.cli.db:db",
    "doctor": "genmux.cli.doctor:doctor",
    "demo": "genmux.cli.demo:demo",
    "gallery": "genmux.cli.gallery:gallery",
}
"""Every command and where it is; in the order of the help."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, standalone_mode: bool = True, **rest: Any
    ) -> Any:
        """Run a command line; standing alone, every error becomes a sentence and an exit code."""
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **rest)
        sys.exit(self._run(args, rest))

    def _run(self, args: Sequence[str] | None, rest: dict[str, Any]) -> int:
        try:
            code = super().main(args, standalone_mode=False, **rest)
        except click.UsageError as error:
            return _show_usage(error)
        except click.ClickException as error:
            error.show()
            return USAGE
        except CliError as error:
            click.echo(say("Error: ", "错误：") + error.say(), err=True)
            return error.exit_code
        except (KeyboardInterrupt, click.Abort):
            return INTERRUPTED
        except BrokenPipeError:  # the reader of our output has gone, `genmux … | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        return code if isinstance(code, int) else 0


def _show_usage(error: click.UsageError) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return USAGE
    click.echo(say(f"Error: {error.format_message()}", f"用法错误：{_in_chinese(error)}"), err=True)
    if error.ctx is not None:
        path = error.ctx.command_path
        click.echo(say(f"Try '{path} --help'.", f"请运行 '{path} --help' 查看用法。"), err=True)
    return USAGE


def _in_chinese(error: click.UsageError) -> str:
    match error:
        case click.NoSuchOption():
            return f"没有选项 {error.option_name}。"
        case click.MissingParameter() if error.param is not None:
            return f"缺少参数 {error.param.make_metavar(error.ctx or click.Context(cli))}。"
        case click.BadParameter() if error.param is not None:
            return f"参数 {'/'.join(error.param.opts)} 的值无效：{error.message}"
        case _:
            return error.format_message()


EPILOG: Final = "Exit codes: " + "; ".join(f"{code} {text.en}" for code, text in EXITS.items()) + "."


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(genmux.__version__, prog_name="genmux")
def cli() -> None:
    """One self-hosted API for every image and video model.

    Every command talks to a server: the one named with --server (or GENMUX_SERVER), else the one
    that serves the data directory, else one started for the length of the command.

    \b
    Examples:
      genmux video "waves at dusk" --model Kling/3.0 --duration 5 --audio -o waves.mp4
      genmux serve --port 8080
      genmux demo
    """


def main() -> None:
    """Run the command line of this process, and end it."""
    try:
        cli()
    except SystemExit as end:
        _leave(end.code)
        raise


def _leave(code: str | int | None) -> None:
    """End without Python's farewell where OpenDAL was used: its threads may abort the process in it."""
    if "opendal" not in sys.modules or not isinstance(code, int | None):
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)
