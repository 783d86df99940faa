"""Figures of people."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.spot import Subject

PEOPLE: Final[dict[str, Subject]] = {}
