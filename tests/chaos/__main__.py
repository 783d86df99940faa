"""`make chaos`: the long run of the crash matrix, and the same faults for LiteLLM.

python -m tests.chaos --kills 1000        goes on where an earlier run was interrupted
python -m tests.chaos --litellm           the comparison alone; installs LiteLLM into a venv of its own
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from tests.chaos.pace import MPS, rush
from tests.chaos.report import PAGE, matrix_text, pace_text
from tests.chaos.rounds import add_round, read_rounds, run_round
from tests.docs.parts import write_part

KILLS_PER_ROUND = 100
FULL_POLLS = 6000


def main() -> int:
    """Run what is missing, write the page, and return 1 if anything was lost, made twice or stuck."""
    said = _parser().parse_args()
    said.state.mkdir(parents=True, exist_ok=True)
    if said.litellm:
        from tests.chaos.comparison import compare

        write_part(PAGE, "litellm", compare(said.state / "litellm"))
        return 0
    if said.pace:
        return _pace(said.state / "pace")
    return _long_run(said.state, said.kills, said.seed)


def _long_run(state: Path, kills: int, seed: int) -> int:
    notes = state / "rounds.jsonl"
    rounds = read_rounds(notes)
    while sum(found.kills for found in rounds) < kills:
        found = run_round(state / f"round-{seed + len(rounds)}", seed + len(rounds), KILLS_PER_ROUND)
        add_round(notes, found)
        rounds.append(found)
        print(found, flush=True)
    write_part(PAGE, "matrix", matrix_text(rounds))
    return 1 if any(found.wrong for found in rounds) else 0


def _pace(home: Path) -> int:
    shutil.rmtree(home, ignore_errors=True)
    seen = rush(home, MPS, FULL_POLLS)
    write_part(PAGE, "pace", pace_text(seen, MPS))
    print(seen)
    return 1 if any(seen.busiest[action] > limit for action, limit in MPS.by_action().items()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each has the next one")
    parser.add_argument("--state", type=Path, default=Path("build/chaos"), help="notes of finished rounds")
    parser.add_argument("--pace", action="store_true", help="measure the pace instead")
    parser.add_argument("--litellm", action="store_true", help="compare with LiteLLM instead")
    return parser


if __name__ == "__main__":
    sys.exit(main())
