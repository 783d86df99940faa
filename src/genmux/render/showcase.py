"""The showcase: the prompts that stand for all the renderer can paint, in both languages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of the gallery; the benches and the tests take the same list."""

    name: str
    seed: int
    prompt: str


@cache
def showcase() -> tuple[Shown, ...]:
    """Every picture, in the order of the sheet."""
    text = files("genmux.render").joinpath("showcase.json").read_text(encoding="utf-8")
    return tuple(Shown(**row) for row in json.loads(text))
