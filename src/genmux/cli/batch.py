"""`genmux batch`: a file of lines becomes a directory of results, whatever dies on the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genmux.cli.exits import USAGE, CliError, run
from genmux.cli.options import Target, json_option, target_options

if TYPE_CHECKING:
    from genmux.cli.batch_run import Wishes


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where results go.",
)
@click.option("--dry-run", is_flag=True, help="Check every line, show the plan, create nothing.")
@click.option("--endpoint", metavar="NAME|URL", help="mps, vod or anyapi instead of a genmux server.")
@click.option("--name", "template", metavar="TEMPLATE", help="How results are called.  [{name}]")
@click.option("--set", "defaults", multiple=True, metavar="FIELD=VALUE", help="For lines that do not say it.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this line and what it links to.")
@click.option("--concurrency", type=click.IntRange(1), default=32, show_default=True, help="Tasks at once.")
@click.option("--per-model", multiple=True, metavar="MODEL=N", help="Tasks at once of one model.")
@click.option("--retries", type=click.IntRange(0), default=2, show_default=True, help="For failed tasks.")
@click.option("--retry-failed", is_flag=True, help="Begin the lines anew that have failed for good.")
@click.option("--resubmit-unknown", is_flag=True, help="Begin unknown lines anew; they may be paid twice.")
@click.option("--elsewhere", is_flag=True, help="Make at this endpoint what another one has not finished.")
@click.option("--patience", type=click.FloatRange(0), default=600.0, show_default=True, metavar="SECONDS")
@json_option
@target_options
def batch(target: Target, as_json: bool, file: Path, **said: Any) -> int:
    """Make everything that a file lists.

    FILE has a line per task, as JSON (.jsonl) or CSV; all are checked before anything is created.
    The same command goes on where it was interrupted, and repeats nothing.

    \b
    Examples:
      genmux batch shots.jsonl -o shots
      genmux batch shots.csv -o shots --dry-run
      genmux batch shots.csv -o shots --set model=Kling/3.0 --per-model Kling=4
    """
    from genmux.cli.batch_run import run_batch

    return run(run_batch(target, file, _wishes(said), as_json=as_json))


def _wishes(said: dict[str, Any]) -> Wishes:
    from genmux.cli.arguments import read_option
    from genmux.cli.batch_run import Wishes
    from genmux.client.batch.naming import DEFAULT_TEMPLATE, Template, TemplateRefused

    output = said.pop("output")
    if output is None and not said["dry_run"]:
        raise click.UsageError("Missing option '-o DIR'.")
    try:
        template = Template.parse(said.pop("template") or DEFAULT_TEMPLATE)
    except TemplateRefused as error:
        raise CliError(USAGE, error.text) from None
    return Wishes(
        output=output,
        template=template,
        defaults=dict(read_option(text) for text in said.pop("defaults")),
        per_model=dict(_limit(text) for text in said.pop("per_model")),
        **said,
    )


def _limit(text: str) -> tuple[str, int]:
    name, _, number = text.rpartition("=")
    if not name or not number.isdecimal() or int(number) < 1:
        raise click.BadParameter(f"{text} must read like Kling/3.0=4.", param_hint="--per-model")
    return name, int(number)
