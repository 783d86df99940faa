"""`make docs`: writes the tables that come from the code into the pages, and builds the site from them."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.docs.pages import ROOT
from tests.docs.parts import write_part
from tests.docs.reference import PARTS

ZENSICAL: Final = Path(sys.executable).with_name("zensical")


def main() -> int:
    """Write every part anew and build; any warning of the generator is an error."""
    parser = argparse.ArgumentParser(prog="make docs", description=__doc__)
    parser.add_argument(
        "--serve", action="store_true", help="show the site, and follow the pages as they change"
    )
    said = parser.parse_args()
    for (page, name), make in PARTS.items():
        write_part(page, name, make())
    words = ("serve",) if said.serve else ("build", "--strict", "--clean")
    return subprocess.run([ZENSICAL, *words], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
