"""`genmux` on a machine whose time of day is a minute off: SKEW_SECONDS says how far it is ahead."""

from __future__ import annotations

import os
import time

SKEW_NS = int(float(os.environ["SKEW_SECONDS"]) * 1_000_000_000)
_time_ns = time.time_ns
time.time_ns = lambda: _time_ns() + SKEW_NS
time.time = lambda: time.time_ns() / 1_000_000_000

from genmux.cli import main  # noqa: E402 - the clock is wrong before anything is loaded

main()
