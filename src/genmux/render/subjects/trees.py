"""Single trees."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.spot import Subject

TREES: Final[dict[str, Subject]] = {}
