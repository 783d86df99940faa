"""The process around a server: its event loop, its logs, its memory."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import structlog
from structlog.typing import EventDict, Processor

T = TypeVar("T")

SWITCH_INTERVAL_SECONDS: Final = 0.002
"""How soon the database's writer thread gets the interpreter back from a busy event loop.

Python's 5 ms make creates late when the loop never idles, 0.5 ms cost every create 78 µs (measured).
"""
GC_YOUNG: Final = 10_000
"""New objects between two looks for cycles; a request leaves none behind."""


def tune() -> None:
    """Tune the interpreter for serving; call once everything that stays is loaded."""
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_YOUNG)


def configure_logging(level: str, process: int = 0) -> None:
    """Send structured log lines to standard error; no secret is ever among their values.

    Of several processes each says its number.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *((_numbered(process),) if process else ()),
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(
                key_order=["timestamp", "level", "event", *(["process"] if process else [])]
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _numbered(process: int) -> Processor:
    def add(logger: Any, method: str, event: EventDict) -> EventDict:
        event.setdefault("process", process)
        return event

    return add


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on uvloop where there is one, else on asyncio's own loop."""
    if sys.platform == "win32":
        return asyncio.run(main)
    import uvloop

    return uvloop.run(main)
