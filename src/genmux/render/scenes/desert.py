"""The desert."""

from __future__ import annotations

from genmux.render.layers import Element
from genmux.render.scenes import mountains
from genmux.render.stage import Stage


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    return mountains.compose(stage)
