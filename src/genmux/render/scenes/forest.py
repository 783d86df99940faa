"""The forest: bamboo, pines or a broad-leaved wood, as the words or the seed have it."""

from __future__ import annotations

from typing import Final

from genmux.render.layers import Element
from genmux.render.scenes import grove, pinewood, woodland
from genmux.render.stage import Stage
from genmux.render.subjects import asked

# Features that only a broad-leaved wood can show.
_BROAD: Final = ("enchanted", "autumn", "jungle", "birch")


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    if stage.wants("bamboo") and stage.allows("bamboo"):
        return grove.compose(stage)
    broad = any(stage.wants(feature) for feature in _BROAD) or stage.reading.has("effect", "fireflies")
    if broad or not (stage.wants("pines") or _prefers_pines(stage)):
        return woodland.compose(stage)
    return pinewood.compose(stage)


def _prefers_pines(stage: Stage) -> bool:
    """Mist and snow lead to pines more often than not; what flies needs their open sky."""
    if asked(stage, "air"):
        return True
    likely = 0.65 if stage.wants("mist") or stage.wants("snowy") else 0.25
    return bool(stage.rng.random() < likely)
