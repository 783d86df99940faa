"""One real server for the directory: nothing here depends on what another test made in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.e2e.serving import Running, serving

import genmux


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose rates are lifted."""
    with serving(tmp_path_factory.mktemp("server") / "data") as server:
        yield server


@pytest.fixture
def client(running: Running) -> Iterator[genmux.Client]:
    """A client with the server's first access key."""
    with genmux.Client(running.server.url, token=running.client.token) as opened:
        yield opened
