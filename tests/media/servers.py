"""Object stores of other people on the loopback interface, started for a test module."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Final

ACCESS_KEY: Final = "AKIDEXAMPLE"
SECRET_KEY: Final = "swordfish-9000"
RCLONE: Final = Path(sys.executable).with_name("rclone")
_MOTO: Final = """
import sys
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("http://127.0.0.1:%d/" % server.get_host_and_port()[1], file=sys.stderr, flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer to a plain GET."""

    status: int
    body: bytes
    headers: Message


def fetched(url: str, *, proxy: str = "", byte_range: str = "") -> Fetched:
    """GET a URL with no more than what it says itself."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy} if proxy else {}))
    request = urllib.request.Request(url, headers={"Range": byte_range} if byte_range else {})
    try:
        with opener.open(request, timeout=30) as reply:
            return Fetched(reply.status, reply.read(), reply.headers)
    except urllib.error.HTTPError as error:
        with error:
            return Fetched(error.code, error.read(), error.headers)


@contextmanager
def rclone(folder: Path) -> Iterator[str]:
    """Serve the folders below `folder` as S3 buckets; this server checks signatures and expiry."""
    key = f"{ACCESS_KEY},{SECRET_KEY}"
    config = folder / "rclone.conf"
    config.touch()
    command = (str(RCLONE), "serve", "s3", "--config", str(config), "--auth-key", key)
    with _server((*command, "--addr", "127.0.0.1:0", str(folder))) as url:
        yield url


@contextmanager
def moto() -> Iterator[str]:
    """Serve S3 as AWS answers it, but without checking who asks."""
    with _server((sys.executable, "-c", _MOTO)) as url:
        request = urllib.request.Request(f"{url}/films", method="PUT")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30).close()
        yield url


@contextmanager
def _server(command: Sequence[str]) -> Iterator[str]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield next(
                match[1] for line in process.stderr if (match := re.search(r"(http://127\S+?:\d+)/", line))
            )
        finally:
            process.terminate()
