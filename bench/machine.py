"""The machine underneath: cores to pin to, and what another process used of it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PEAK: Final = "peak RSS" if sys.platform == "linux" else "RSS after the work"
"""What `peak_mb` tells on this system."""

_CLOCK_OF_PROCESS: Final = 2  # CPUCLOCK_SCHED, in the low bits of a process's clock id (Linux)


def cores() -> tuple[int, ...]:
    """Return the cores this process may run on; empty where that cannot be asked."""
    if sys.platform != "linux":
        return ()
    return tuple(sorted(os.sched_getaffinity(0)))


def server_core() -> int | None:
    """Return the core servers run on, None where there is only one to share."""
    usable = cores()
    return usable[0] if len(usable) > 1 else None


def generator_core() -> int | None:
    """Return the core the load generator runs on, None where there is only one to share."""
    usable = cores()
    return usable[1] if len(usable) > 1 else None


def pin(core: int | None) -> None:
    """Keep this process on one core; None changes nothing."""
    if core is not None and sys.platform == "linux":
        os.sched_setaffinity(0, {core})


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Keep this process on one core for the length of the block; what it starts stays there."""
    before = cores()
    pin(core)
    try:
        yield
    finally:
        if core is not None and before:
            os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float | None:
    """Return the CPU time a process has used, all threads together; None where it is not told."""
    if sys.platform != "linux":
        return None
    return time.clock_gettime((~pid << 3) | _CLOCK_OF_PROCESS)


def family_cpu_seconds(pid: int) -> float | None:
    """Return the CPU time of a process and of all that descend from it, ended ones too."""
    if sys.platform != "linux":
        return None
    return sum(_with_ended(member) for member in (pid, *_descendants(pid)))


def _with_ended(pid: int) -> float:
    """Return the CPU time of a process and of its ended children, 0 when it has ended itself."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (cpu_seconds(pid) or 0.0) + (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, listed.read_text().split()):
                found += [child, *_descendants(child)]
    return found


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process, shared pages counted in full, in MB."""
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(told.stdout) / 1024


def memory_mb(pid: int) -> tuple[float, str]:
    """Return what a process holds in memory, as PSS where the system tells it, and the measure's name."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024, "PSS"
    except OSError:
        pass
    return rss_mb(pid), "RSS"


def peak_mb(pid: int) -> float:
    """Return the most memory a process has held so far, in MB; see `PEAK`."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return memory_mb(pid)[0]


def describe() -> str:
    """Return one line about this machine."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{load}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )
