"""`genmux models`: what can be made, and with which settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from genmux.cli.exits import run
from genmux.cli.options import Target, json_option, target_options


@click.command()
@click.argument("family", default="")
@click.option("--kind", type=click.Choice(["image", "video"]), help="Only this kind.")
@json_option
@target_options
def models(target: Target, family: str, kind: str | None, as_json: bool) -> None:
    """Show the models: versions, durations, resolutions, and whether this server makes them.

    A star marks the version a family means when none is named.

    \b
    Examples:
      genmux models
      genmux models kling --kind video
      genmux models --json
    """
    run(_models(target, family.lower(), kind, as_json))


async def _models(target: Target, family: str, kind: str | None, as_json: bool) -> None:
    from genmux.cli.connect import connect
    from genmux.cli.show import print_json, print_table

    async with connect(target, working=False) as api:
        found = [m for m in await api.models(kind) if not family or m["family"].lower() == family]
    if as_json:
        print_json(found)
        return
    heads = ("MODEL", "KIND", "SECONDS", "RESOLUTIONS", "SOUND", "REFERENCES", "SERVED")
    print_table(heads, [_row(model) for model in found])


def _row(model: dict[str, Any]) -> tuple[str, ...]:
    name = model["family"] + (f"/{model['version']}" if model["version"] else "")
    return (
        name + (" *" if model["default"] else ""),
        model["kind"],
        seconds_text(model["durations"]),
        " ".join(model["resolutions"] or ()),
        {True: "yes", False: "no", None: ""}[model["audio"]],
        "" if model["max_references"] is None else str(model["max_references"]),
        "yes" if model["served"] else "no",
    )


def seconds_text(values: Sequence[float] | None) -> str:
    """Return 3–15 for an unbroken run of whole seconds, else the values."""
    if not values:
        return ""
    whole = [int(v) for v in values if v == int(v)]
    if len(values) > 2 and whole == list(range(whole[0], whole[0] + len(values))):
        return f"{whole[0]}–{whole[-1]}"
    return " ".join(f"{value:g}" for value in values)
