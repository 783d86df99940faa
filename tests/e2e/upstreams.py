"""A second genmux in the role of Tencent, and gateways whose channels lead to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.e2e.serving import Client, Running, serving

from genmux.settings import parse_channel

SUB_APP_ID: Final = 1500000001
OPTIONS: Final[dict[str, dict[str, Any]]] = {"vod": {"sub_app_id": SUB_APP_ID}, "mps": {}}
CREDENTIAL: Final = "AKIDgateway"


def table(provider: str, upstream: Running, **said: Any) -> dict[str, Any]:
    """Return the table of a channel that leads to a running server."""
    key = upstream.client
    return {
        "provider": provider,
        "endpoint": upstream.server.url,
        "credential": {"secret_id": key.secret_id, "secret_key": key.secret_key},
        "allow_private": True,
        **OPTIONS.get(provider, {}),
        **said,
    }


def relay_table(provider: str, upstream: Running, **said: Any) -> dict[str, Any]:
    """Return the table of a channel that leads to a running server with a bearer token."""
    suffix = "/v1" if provider == "openai" else ""
    return {
        "provider": provider,
        "endpoint": upstream.server.url + suffix,
        "credential": {"token": upstream.client.token},
        "allow_private": True,
        **said,
    }


@contextmanager
def gateway(data: Path, channels: dict[str, dict[str, Any]], **settings: Any) -> Iterator[Running]:
    """Run a gateway with these channels."""
    parsed = {name: parse_channel(name, said, "file") for name, said in channels.items()}
    with serving(data, channels=parsed, **settings) as running:
        yield running


def created_at(upstream: Running) -> int:
    """Return how many tasks a server has ever been given."""
    return upstream.newest()


def data_url(png: bytes) -> str:
    """Return a picture by value."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def rest_create(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    """Create over REST and return the answer, be it an error."""
    found: dict[str, Any] = json.loads(client.rest("POST", "/tasks", body).body)
    return found
