"""Request rates as pure counters: how many calls one caller may make in one second."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class RateWindow:
    """Counts calls per name in each whole second.

    `admit` returns None when the call fits, else how many calls the name has made this second.
    Refused calls are counted too, as the platform's message shows.
    """

    _second: int = -1
    _calls: dict[str, int] = field(default_factory=dict)

    def admit(self, name: str, per_second: int, now_ms: int) -> int | None:
        """Count one call of `name`; `per_second` of 0 means no limit."""
        if per_second <= 0:
            return None
        second = now_ms // 1000
        if second != self._second:
            self._second = second
            self._calls = {}
        made = self._calls.get(name, 0) + 1
        self._calls[name] = made
        return made if made > per_second else None
