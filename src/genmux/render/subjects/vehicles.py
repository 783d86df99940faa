"""Cars and trains."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.spot import Subject

VEHICLES: Final[dict[str, Subject]] = {}
