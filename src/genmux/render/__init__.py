"""The procedural renderer: an order in, a picture or a film out; no model, no network, no files."""

from genmux.render.fitting import fit
from genmux.render.label import read_label
from genmux.render.order import FPS, Cancelled, RenderInput, RenderOrder, RenderReport
from genmux.render.renderer import render
from genmux.render.vocabulary import understood

__all__ = [
    "FPS",
    "Cancelled",
    "RenderInput",
    "RenderOrder",
    "RenderReport",
    "fit",
    "read_label",
    "render",
    "understood",
]
