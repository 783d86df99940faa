"""What people build: houses, lighthouses, temples."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.spot import Subject

BUILDINGS: Final[dict[str, Subject]] = {}
