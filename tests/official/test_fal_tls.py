"""`fal-client`, unpatched, against `genmux serve --tls auto`: a picture, a film from it, downloads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.e2e.serving import Running, serving

PROGRAM = """
import json, ssl, urllib.request
import fal_client

client = fal_client.SyncClient()
picture = client.subscribe("hunyuan/3.0/text-to-image", {"prompt": "blue silk", "image_size": "square"})
film = client.subscribe(
    "pixverse/v6/image-to-video",
    {
        "prompt": "the silk flows",
        "image_url": picture["images"][0]["url"],
        "duration": 1,
        "resolution": "540p",
    },
)
handle = client.submit("pixverse/v6/text-to-video", {"prompt": "x [[genmux stuck]]", "duration": 1})
handle.cancel()
ended = [type(event).__name__ for event in handle.iter_events(interval=0.1)][-1]
data = urllib.request.urlopen(film["video"]["url"]).read()
said = {"picture": picture, "film": film, "bytes": len(data), "mp4": data[4:8].decode(), "ended": ended}
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that speaks https with the pair it made for itself."""
    with serving(tmp_path_factory.mktemp("tls"), tls="auto") as server:
        yield server


def test_a_film_through_the_published_client(secure: Running) -> None:
    assert secure.server.url.startswith("https://127.0.0.1:")
    environment = {
        "PATH": os.environ["PATH"],
        "FAL_KEY": secure.client.token,
        "FAL_QUEUE_RUN_HOST": secure.address,
        "SSL_CERT_FILE": str(secure.server.certificate),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["picture"]["images"][0]["content_type"] == "image/png"
    assert said["film"]["video"]["url"].startswith("https://127.0.0.1:")
    assert (said["mp4"], said["bytes"]) == ("ftyp", said["film"]["video"]["file_size"])
    assert said["ended"] == "Completed"
