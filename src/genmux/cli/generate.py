"""`genmux image` and `genmux video`: make something and bring it home."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from genmux.cli.exits import FAILED, CliError, run
from genmux.cli.options import Target, json_option, target_options
from genmux.domain.text import Text

if TYPE_CHECKING:
    from genmux.cli.api import Api
    from genmux.client.tasks import AsyncTask

F = TypeVar("F", bound=Callable[..., Any])

_COMMON = (
    click.argument("prompt", default=""),
    click.option("--model", metavar="NAME", help='Such as "Kling/3.0"; see genmux models.'),
    click.option("--negative-prompt", metavar="TEXT", help="What should not be seen."),
    click.option(
        "--reference",
        "references",
        multiple=True,
        metavar="FILE|URL|task:ID",
        help="A reference picture; may be repeated.",
    ),
    click.option(
        "--from",
        "from_task",
        metavar="TASK[#N]",
        help="Begin with a result of this task, which need not be finished.",
    ),
    click.option("--resolution", metavar="WORD", help="720P, 1080P, 2K, 4K."),
    click.option("--ratio", "aspect_ratio", metavar="W:H", help="16:9, 9:16, 1:1, …"),
    click.option("--size", metavar="WxH", help="Exact size in pixels."),
    click.option("--seed", type=int, metavar="N", help="Same seed, same result."),
    click.option("--watermark/--no-watermark", default=None, help="Say whether the result is marked."),
    click.option(
        "--option", "options", multiple=True, metavar="NAME=JSON", help="An extra option; may be repeated."
    ),
    click.option(
        "--priority",
        type=click.IntRange(-10, 10),
        default=0,
        show_default=True,
        metavar="N",
        help="The higher, the earlier among your own tasks.",
    ),
    click.option("--idempotency-key", default="", metavar="KEY", help="The same key never makes two tasks."),
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Where the result goes: a file, or a directory that exists.",
    ),
    click.option("--no-wait", is_flag=True, help="Create the task, print its id and return."),
    json_option,
    target_options,
)


def _common(command: F) -> F:
    decorated: Any = command
    for option in reversed(_COMMON):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


@click.command()
@_common
@click.option("--image", metavar="FILE|URL|task:ID", help="The picture to work on; the same as --reference.")
@click.option("--count", type=int, metavar="N", help="How many pictures.")
@click.option("--format", "output_format", metavar="WORD", help="png, jpeg or webp.")
def image(target: Target, **said: Any) -> int:
    """Make pictures.

    \b
    Examples:
      genmux image "a lighthouse in a storm"
      genmux image "竹林晨雾" --model Hunyuan/3.0 --ratio 9:16 -o bamboo.png
      genmux image "the same in winter" --image bamboo.png --json
    """
    return run(_generate("image", target, said))


@click.command()
@_common
@click.option("--image", metavar="FILE|URL|task:ID", help="The first frame.")
@click.option("--last-image", metavar="FILE|URL|task:ID", help="The last frame.")
@click.option("--duration", type=float, metavar="SECONDS", help="How long the film is.")
@click.option("--audio/--no-audio", default=None, help="Say whether the film has sound.")
@click.option("--off-peak/--no-off-peak", default=None, help="Cheaper and later, where the model can.")
def video(target: Target, **said: Any) -> int:
    """Make a film.

    \b
    Examples:
      genmux video "waves at dusk" --duration 5 --audio -o waves.mp4
      genmux video "the camera rises" --image start.png --last-image end.png
      genmux video "wind moves the trees" --from task_0123… --model Kling/3.0
    """
    return run(_generate("video", target, said))


async def _generate(kind: str, target: Target, said: dict[str, Any]) -> int:
    from genmux.cli.arguments import create_arguments
    from genmux.cli.connect import connect

    as_json, no_wait, output = said.pop("as_json"), said.pop("no_wait"), said.pop("output")
    arguments = create_arguments(kind, said)
    async with connect(target, working=not no_wait) as api:
        makes = api.client.images if kind == "image" else api.client.videos
        task = await makes.create(said["prompt"], **arguments)
        return await conclude(api, task, output, as_json=as_json, no_wait=no_wait)


async def conclude(api: Api, task: AsyncTask, output: Path | None, *, as_json: bool, no_wait: bool) -> int:
    """Wait for a task that was created and bring its result home, or only print its id."""
    from genmux.cli.show import print_json
    from genmux.cli.waiting import watch

    if no_wait:
        if as_json:
            print_json(await api.task_json(task.id, full=False))
        else:
            click.echo(task.id)
        return 0
    await watch(task, silent=as_json)
    return await report(api, task, output, as_json=as_json, download=True)


async def report(api: Api, ended: AsyncTask, output: Path | None, *, as_json: bool, download: bool) -> int:
    """Download and print what an ended task made; return the exit code."""
    from genmux.cli.show import print_files, print_json
    from genmux.cli.words import say
    from genmux.wires.rest import parse_task

    files = await _saved(ended, output) if download and ended.snapshot.artifacts else []
    told = await api.task_json(ended.id, full=False)
    task = parse_task(told)
    if files:
        told["files"] = [str(path) for path in files]
    if as_json:
        print_json(told)
    elif files:
        print_files(task, files)
    elif task.state == "succeeded":
        click.echo(f"{task.id}  {task.state}")
    if task.state == "succeeded":
        return 0
    if task.error is None:
        text = say(f"The task {task.id} is {task.state}.", f"任务 {task.id} 的状态为 {task.state}。")
    else:
        why = f"{task.error.code}: {task.error.message}"
        text = say(f"The task {task.id} failed: {why}", f"任务 {task.id} 失败：{why}")
    click.echo(text, err=True)
    return FAILED


async def _saved(ended: AsyncTask, output: Path | None) -> list[Path]:
    try:
        return await ended.save(output)
    except OSError as error:
        why = error.strerror or str(error)
        text = Text(
            f"The result of {ended.id} cannot be saved at {output or '.'}: {why}.",
            f"无法将 {ended.id} 的结果保存到 {output or '.'}：{why}。",
        )
        raise CliError(FAILED, text) from None
