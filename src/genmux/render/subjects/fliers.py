"""What flies: balloons, kites, rockets."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.spot import Subject

FLIERS: Final[dict[str, Subject]] = {}
