"""The street."""

from __future__ import annotations

from genmux.render.layers import Element
from genmux.render.scenes import city
from genmux.render.stage import Stage


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    return city.compose(stage)
