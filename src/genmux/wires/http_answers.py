"""What any HTTP answer says, whatever its wire: JSON, time, meaning of its status, when to come back."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from genmux.domain.error_classes import ErrorClass

LONGEST_WAIT_SECONDS: Final = 3600.0
DEFAULT_PORTS: Final = {"http": 80, "https": 443}

STATUS_CLASS: Final = {
    401: ErrorClass.AUTH,
    402: ErrorClass.QUOTA,
    403: ErrorClass.AUTH,
    429: ErrorClass.RATE,
}
"""The class of a refusal's HTTP status where its body says nothing known."""
WRONG_DOOR: Final = {
    **STATUS_CLASS,
    404: ErrorClass.TRANSIENT,
    405: ErrorClass.TRANSIENT,
    413: ErrorClass.INVALID,
}
"""The same for bodies that are no answer of the wire: nobody took the create."""


def read_object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a body, None where it is anything else."""
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def date_ms(headers: Mapping[str, str]) -> int | None:
    """Return the time of an answer in milliseconds since the epoch, None if it does not say."""
    try:
        return round(parsedate_to_datetime(headers.get("date", "")).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return how long an answer asks to wait, an hour at most; None where it does not say.

    Header names are lower-case. Reads `retry-after-ms`, and `retry-after` in seconds or as a moment by
    the answer's own `date`.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    seconds = milliseconds / 1000 if milliseconds is not None else None
    if seconds is None:
        text = headers.get("retry-after", "")
        if not text:
            return None
        seconds = _number(text)
        if seconds is None:
            seconds = _seconds_until(text, headers.get("date", ""))
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def _number(text: str) -> float | None:
    plain = text.strip()
    return float(plain) if plain.isascii() and plain.replace(".", "", 1).isdigit() else None


def _seconds_until(moment: str, now: str) -> float | None:
    try:
        return (parsedate_to_datetime(moment) - parsedate_to_datetime(now)).total_seconds()
    except (TypeError, ValueError):
        return None


def same_origin(one: str, other: str) -> bool:
    """Return whether two URLs have the scheme, host and port in common: one's credential is the other's."""
    return _origin(one) == _origin(other) is not None


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None
