"""Inputs numbered by their place among all references, where they were numbered among the pictures."""

from __future__ import annotations

import json
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Only a spec with a film or a sound says a medium; among pictures alone both numbers are the same.
_MIXED: Final = sa.text(
    "SELECT task_seq, spec FROM task_specs WHERE spec LIKE '%\"medium\"%'"
    " AND EXISTS (SELECT 1 FROM task_inputs WHERE task_inputs.task_seq = task_specs.task_seq)"
)
_NUMBERS: Final = sa.text("SELECT n FROM task_inputs WHERE task_seq = :seq ORDER BY n")
_MOVE: Final = sa.text("UPDATE task_inputs SET n = :place WHERE task_seq = :seq AND n = :n")


def upgrade() -> None:
    """Renumber the inputs of tasks that mix pictures with foreign films or sounds."""
    db = op.get_bind()
    for seq, spec in db.execute(_MIXED).fetchall():
        places = _picture_places(json.loads(spec))
        numbers = [row[0] for row in db.execute(_NUMBERS, {"seq": seq})]
        if len(numbers) != len(places):
            continue  # films are held as well: numbered by their places already
        moves = [(n, place) for n, place in zip(numbers, places, strict=True) if n != place]
        for n, place in reversed(moves):  # places are never lower: from behind none meets another
            db.execute(_MOVE, {"seq": seq, "n": n, "place": place})


def _picture_places(spec: dict[str, Any]) -> list[int]:
    subjects = spec.get("subjects", ())
    media = [item for s in subjects for name in ("images", "videos") for item in s.get(name, ())]
    everything = [*spec.get("references", ()), *media]
    return [place for place, item in enumerate(everything) if item.get("medium", "image") == "image"]
