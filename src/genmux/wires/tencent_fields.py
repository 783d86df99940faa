"""What becomes of the fields of a Tencent create: tables in data files, and what preview ignores."""

from __future__ import annotations

import json
from enum import StrEnum
from importlib.resources import files
from typing import Any


class Use(StrEnum):
    """What the built-in preview makes of a field; other providers honour more."""

    HONOURED = "honoured"  # it changes the result or where it goes
    RECORDED = "recorded"  # kept and echoed
    IGNORED = "ignored"  # not applicable to preview: named in the task's timeline
    REFUSED = "refused"  # its presence is an error


FieldUse = dict[str, dict[str, Use]]
"""Action → path → use; list items are spelt `N`."""


def load_uses(name: str) -> FieldUse:
    """Return the table in the package's data file `name` (`mps_fields.json`)."""
    raw = json.loads(files("genmux.wires").joinpath(name).read_text("utf-8"))
    return {
        action: {path: Use(use) for use, paths in row.items() for path in paths}
        for action, row in raw.items()
    }


def ignored_in(uses: dict[str, Use], body: dict[str, Any]) -> tuple[str, ...]:
    """Return the said paths in `body` that preview has no use for, each once, in the body's order."""
    found: list[str] = []
    _collect(uses, body, "", found)
    return tuple(dict.fromkeys(found))


def _collect(uses: dict[str, Use], fields: dict[str, Any], prefix: str, found: list[str]) -> None:
    """Add the ignored paths below `prefix`; a plain loop, since it runs at every create."""
    for name, value in fields.items():
        path = prefix + name
        if type(value) is dict:
            _collect(uses, value, path + ".", found)
        elif type(value) is list and value and type(value[0]) is dict:
            for item in value:
                _collect(uses, item, path + ".N.", found)
        elif value != "" and uses.get(path) is Use.IGNORED:
            found.append(path)
