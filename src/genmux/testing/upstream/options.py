"""What one run of the upstream is told on its command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

SECRET_ID: Final = "AKIDscriptedupstream0001"
SECRET_KEY: Final = "not-a-secret-of-anybody-0001"
API_KEY: Final = "sk-scripted-upstream"
SUB_APP_ID: Final = 1500000001


@dataclass(frozen=True, slots=True)
class Options:
    """Every knob of the upstream; the defaults are an account without limits whose tasks take 0.2 s.

    `rates` are calls per second by action, such as `CreateAigcVideoTask`. `slots` is how many VOD
    tasks run at once before the next one overflows, 0 for any number. Durations are log-normal
    around `median_seconds`, with `spread` as sigma and `seed` as seed.
    """

    rates: dict[str, int] = field(default_factory=dict)
    slots: int = 0
    median_seconds: float = 0.2
    spread: float = 0.0
    seed: int = 0
    event_wait_seconds: float = 5.0
