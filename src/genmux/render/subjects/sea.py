"""What swims: fish, jellyfish, whales."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.spot import Subject

SEA: Final[dict[str, Subject]] = {}
