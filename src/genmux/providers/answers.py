"""What flows read from any HTTP answer: its JSON, when to come back, and whose a URL is."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from genmux.providers.seam import HttpCall, HttpReply

LONGEST_WAIT_SECONDS: Final = 3600.0
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def read_object(reply: HttpReply) -> dict[str, Any] | None:
    """Return the JSON object of an answer, None where its body is anything else."""
    try:
        value = msgspec.json.decode(reply.body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def retry_after_seconds(reply: HttpReply) -> float | None:
    """Return how long an answer asks to wait, an hour at most; None where it does not say.

    Reads `retry-after-ms`, and `retry-after` in seconds or as a moment by the answer's own `date`.
    """
    milliseconds = _number(reply.headers.get("retry-after-ms", ""))
    seconds = milliseconds / 1000 if milliseconds is not None else None
    if seconds is None:
        text = reply.headers.get("retry-after", "")
        seconds = _number(text)
        if seconds is None:
            seconds = _seconds_until(text, reply.headers.get("date", ""))
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


def with_bearer(call: HttpCall, token: str) -> HttpCall:
    """Return the call with a bearer token, as it is where there is none."""
    return replace(call, headers=(*call.headers, ("Authorization", f"Bearer {token}"))) if token else call
