"""What every test shares: one Hypothesis profile for this machine and one for CI."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from genmux.testing.postgres import Postgres, postgres_server

pytest.register_assert_rewrite("genmux.testing.store_suite")  # before anybody imports it

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, started by the first test that wants one."""
    with (
        tempfile.TemporaryDirectory(prefix="genmux-postgres-") as folder,
        postgres_server(Path(folder)) as server,
    ):
        yield server
