"""Result files that would never end or that lead elsewhere, fetched by the gateway's own client."""

from __future__ import annotations

import http.client
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from genmux.engine.ports import FetchFailed
from genmux.net import GuardedNet
from genmux.testing.upstream.files import PRIVATE_URL
from genmux.testing.upstream.launch import Launched, launched
from genmux.testing.upstream.options import API_KEY

SMALL = 300_000


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with launched(tmp_path_factory.mktemp("upstream")) as running:
        yield running


@pytest.fixture
async def net() -> AsyncIterator[GuardedNet]:
    net = GuardedNet()
    yield net
    await net.close()


def result_url(upstream: Launched, words: str) -> str:
    """Have a film made at once, and return where it lies."""
    connection = http.client.HTTPConnection(upstream.address)
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/videos", json.dumps({"prompt": f"seconds=0 {words}"}), headers)
    made = json.loads(connection.getresponse().read())
    connection.close()
    return f"{upstream.url}/results/{made['id']}/0.mp4"


@pytest.mark.parametrize(
    ("words", "code", "seconds"),
    [
        ("file-endless", "too_large", 60.0),
        ("file-drip", "timeout", 1.0),
        ("file-truncated", "unreachable", 60.0),
    ],
)
async def test_nothing_is_left_of_it(
    upstream: Launched, net: GuardedNet, tmp_path: Path, words: str, code: str, seconds: float
) -> None:
    url, path = result_url(upstream, words), tmp_path / "result"
    with pytest.raises(FetchFailed) as failed:
        await net.download(url, path, max_bytes=SMALL, timeout_seconds=seconds, allow_private=True)
    assert failed.value.code == code
    assert not path.exists()


async def test_a_redirect_into_a_private_network(upstream: Launched, tmp_path: Path) -> None:
    """The upstream itself may be reached here; what it points to may not."""
    url, path = result_url(upstream, "file-redirect"), tmp_path / "result"
    allowed = {"127.0.0.1"}
    net = GuardedNet(forbidden=lambda address: str(address) not in allowed)
    with pytest.raises(FetchFailed) as failed:
        await net.download(url, path, max_bytes=SMALL, timeout_seconds=5.0)
    assert failed.value.code == "refused_address"
    assert not path.exists()
    await net.close()
    assert PRIVATE_URL.startswith("http://10.")
