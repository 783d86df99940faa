"""Subjects: what a prompt puts into a scene; `SUBJECTS` lists them all, `cast` puts them there."""

from genmux.render.subjects.cast import SUBJECTS, asked, cast, cast_aloft
from genmux.render.subjects.spot import PLACES, Spot, Subject

__all__ = ["PLACES", "SUBJECTS", "Spot", "Subject", "asked", "cast", "cast_aloft"]
