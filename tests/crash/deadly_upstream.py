"""Creates one task and dies inside its submit: the upstream has it on disk, we have no answer stored.

Arguments: the engine's directory, the upstream's ledger, and the recovery kind of the provider.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from genmux.providers.seam import Recovery
from genmux.testing.harness import Harness
from genmux.testing.scripted import ScriptedProvider, ScriptedUpstream


class DeadlyUpstream(ScriptedUpstream):
    """Writes what it accepts into its ledger, then kills the process that asked."""

    def accept(self, key: str, prompt: str, *, deduplicates: bool) -> str:
        ref = super().accept(key, prompt, deduplicates=deduplicates)
        os.kill(os.getpid(), signal.SIGKILL)
        return ref


async def main(directory: Path, ledger: Path, recovery: Recovery) -> None:
    harness = await Harness.open(directory, provider=ScriptedProvider(recovery), ledger=ledger)
    harness.net.upstream = DeadlyUpstream(ledger)
    task_id = await harness.create("polls=1 a cat")
    print(task_id.hex(), flush=True)
    await harness.settle()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), Recovery(sys.argv[3])))
