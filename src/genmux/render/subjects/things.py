"""Things on a table or a pedestal."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.spot import Subject

THINGS: Final[dict[str, Subject]] = {}
