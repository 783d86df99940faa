"""The only package that names concrete infrastructure: it joins ports and adapters into a server."""

from __future__ import annotations

from genmux.compose.clock import EmulatorClock, now_ms
from genmux.compose.parts import Parts, build_parts, close_parts
from genmux.compose.process import configure_logging, run

__all__ = [
    "EmulatorClock",
    "Parts",
    "build_parts",
    "close_parts",
    "configure_logging",
    "now_ms",
    "run",
]
