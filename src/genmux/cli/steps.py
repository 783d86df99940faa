"""`genmux step`: work on finished media, be they tasks' results, URLs or local files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from genmux.cli.exits import run
from genmux.cli.options import Target, json_option, target_options

F = TypeVar("F", bound=Callable[..., Any])

_COMMON = (
    click.option(
        "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where the result goes."
    ),
    click.option("--no-wait", is_flag=True, help="Create the task and return at once."),
    json_option,
    target_options,
)
_size = click.option("--size", metavar="WxH", help="Exact size in pixels; bars fill what is left free.")
_resolution = click.option("--resolution", metavar="WORD", help="720P, 1080P, 2K, 4K, in its own ratio.")
_no_audio = click.option("--no-audio", is_flag=True, help="Leave the sound out.")
_format = click.option("--format", "output_format", metavar="WORD", help="png, jpeg or webp; mp4 for films.")


def _common(command: F) -> F:
    decorated: Any = command
    for option in reversed(_COMMON):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


@click.group()
def step() -> None:
    """Join, extend and convert finished media, or take a frame out of them.

    FILM and MEDIA are the id of a task, a URL of this server, or a local file, which is uploaded.
    """


@step.command()
@click.argument("films", metavar="FILM FILM…", nargs=-1, required=True)
@_size
@_resolution
@_no_audio
@_common
def concatenate(target: Target, films: tuple[str, ...], **said: Any) -> int:
    """Join films one after the other.

    \b
    Examples:
      genmux step concatenate intro.mp4 task_0123… outro.mp4 -o film.mp4
      genmux step concatenate a.mp4 b.mp4 --size 1280x720 --no-audio
    """
    return run(_perform(target, "concatenate", films, said))


@step.command("last-frame")
@click.argument("film", metavar="FILM")
@_format
@_common
def last_frame(target: Target, film: str, **said: Any) -> int:
    """Take the last frame out of a film, as PNG unless told otherwise.

    \b
    Example:
      genmux step last-frame task_0123… -o end.png
    """
    return run(_perform(target, "last_frame", (film,), said))


@step.command()
@click.argument("film", metavar="FILM")
@_format
@_common
def poster(target: Target, film: str, **said: Any) -> int:
    """Take the first frame that is not black out of a film, as JPEG unless told otherwise.

    \b
    Example:
      genmux step poster film.mp4 -o poster.jpg
    """
    return run(_perform(target, "poster", (film,), said))


@step.command()
@click.argument("media", metavar="MEDIA")
@_size
@_resolution
@_format
@_no_audio
@_common
def convert(target: Target, media: str, **said: Any) -> int:
    """Give a picture another format or size, or a film another size or no sound.

    \b
    Examples:
      genmux step convert bamboo.png --format webp --size 1024x1024
      genmux step convert task_0123… --resolution 720P --no-audio -o small.mp4
    """
    return run(_perform(target, "convert", (media,), said))


@step.command()
@click.argument("film", metavar="FILM")
@click.argument("prompt")
@click.option("--model", metavar="NAME", help='Such as "Kling/3.0"; see genmux models.')
@click.option("--negative-prompt", metavar="TEXT", help="What should not be seen.")
@click.option("--duration", type=float, metavar="SECONDS", help="How long the new part is.")
@click.option("--audio/--no-audio", default=None, help="Say whether the new part has sound.")
@click.option("--seed", type=int, help="Same seed, same result.")
@click.option("--option", "options", multiple=True, metavar="NAME=JSON", help="An extra option.")
@_common
def extend(target: Target, film: str, prompt: str, **said: Any) -> int:
    """Let a film go on: generate from its last frame, and join both.

    \b
    Example:
      genmux step extend waves.mp4 "the tide goes out" --duration 5 -o longer.mp4
    """
    return run(_perform(target, "extend", (film,), said, prompt))


async def _perform(
    target: Target, name: str, media: tuple[str, ...], said: dict[str, Any], prompt: str = ""
) -> int:
    from genmux.cli.arguments import plain_arguments
    from genmux.cli.connect import connect
    from genmux.cli.generate import conclude
    from genmux.cli.sources import find_source

    as_json, no_wait, output = said.pop("as_json"), said.pop("no_wait"), said.pop("output")
    if said.pop("no_audio", False):
        said["audio"] = False
    async with connect(target, working=not no_wait) as api:
        steps = api.client.steps
        found = [await find_source(api.client, item, picture=name == "convert") for item in media]
        given = (found,) if name == "concatenate" else (*found, prompt) if name == "extend" else found
        task = await getattr(steps, name)(*given, **plain_arguments(said))
        return await conclude(api, task, output, as_json=as_json, no_wait=no_wait)
