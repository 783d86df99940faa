"""A scripted upstream as a process of its own: it speaks Tencent's MPS and VOD and OpenAI, and misbehaves.

What it speaks is written from raw answers of the real platforms, not through genmux's own wires, so
that a mistake in those cannot hide in both places. Only the signature check is shared.

Start one with `python -m genmux.testing.upstream --port 0 --ledger FILE --ready-file FILE`, or from
a test with `launch.launched`. Which words of a prompt do what: `faults.FAULTS`.
"""

from __future__ import annotations
