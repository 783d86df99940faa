"""Worker processes: rendering, and every decode of bytes that somebody else made."""

from __future__ import annotations

from genmux.pool.pool import WorkerPool
from genmux.pool.process import JobFailed

__all__ = ["JobFailed", "WorkerPool"]
