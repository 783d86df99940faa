"""What a worker may not do: take all memory, outlive its server, write cores, or win over the server."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_NICENESS: Final = 5
_OOM_SCORE: Final = 500  # of 1000: the kernel takes a worker before the server
_KEPT_ENVIRONMENT: Final = (
    *("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT"),
    *("VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
)
_KEPT_PREFIXES: Final = ("LC_", "PYTHON", "XDG_")
_ONE_THREAD: Final = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)


def worker_environment(own: dict[str, str]) -> dict[str, str]:
    """Return the part of our environment that a decoder of foreign bytes may see: never a secret."""
    kept = {k: v for k, v in own.items() if k in _KEPT_ENVIRONMENT or k.startswith(_KEPT_PREFIXES)}
    return kept | _ONE_THREAD


def confine(memory_bytes: int, parent_pid: int) -> None:
    """Apply every limit the system knows to this process, for good.

    Signals that a terminal or a service manager sends to the whole group are ignored: the server
    drains first and ends its workers by closing their pipe.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    _limit_resources(memory_bytes)
    if sys.platform == "linux":
        _die_with(parent_pid)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
            score.write(str(_OOM_SCORE))
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICENESS)


def _limit_resources(memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    # RLIMIT_DATA counts what is written to; RLIMIT_AS would also count reserved, untouched addresses.
    for what, limit in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_DATA, memory_bytes)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (limit, limit))


def _die_with(parent_pid: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before the line above
        os._exit(0)
