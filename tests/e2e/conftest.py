"""One server for the whole directory: nothing here depends on what another test made in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.e2e.serving import IMAGE, SMALL_FILM, SMALL_PICTURE, VIDEO, Client, Running, serving

PUBLISHED_BUCKET = "aigc-***-video-1**58"
BUCKET = "results-1300000000"


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose action rates are lifted, with two buckets."""
    home = tmp_path_factory.mktemp("server")
    buckets = {PUBLISHED_BUCKET: str(home / "published"), BUCKET: str(home / "bucket")}
    with serving(home / "data", buckets=buckets) as server:
        yield server


@pytest.fixture(scope="session")
def client(running: Running) -> Client:
    """An access key of the default tenant."""
    return running.client


@pytest.fixture(scope="session")
def picture_url(client: Client) -> str:
    """The URL of a finished picture."""
    _, (url,) = client.done(IMAGE, SMALL_PICTURE)
    return url


@pytest.fixture(scope="session")
def film_url(client: Client) -> str:
    """The URL of a finished film of one second."""
    _, (url,) = client.done(VIDEO, SMALL_FILM)
    return url
