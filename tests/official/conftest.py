"""The server that the official clients talk to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.e2e.serving import Running, serving


@pytest.fixture(scope="session")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose action rates are lifted."""
    with serving(tmp_path_factory.mktemp("official")) as server:
        yield server
