"""The portrait."""

from __future__ import annotations

from genmux.render.layers import Element
from genmux.render.scenes import silk
from genmux.render.stage import Stage


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    return silk.compose(stage)
