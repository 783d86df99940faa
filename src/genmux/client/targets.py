"""Which platform a client talks to: by name, by URL, or as the environment says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypedDict

from genmux.client.endpoint import Endpoint
from genmux.domain.errors import InvalidValue
from genmux.domain.text import Text
from genmux.wires.rest_values import unknown_field

ENDPOINTS: Final[dict[str, str]] = {
    "genmux": "genmux.client.rest:open_endpoint",
}
"""Each platform's name and who opens it; a URL means a genmux server."""


class Target(TypedDict, total=False):
    """How a platform is reached; what is left out comes from the environment, or goes without saying.

    `token` is for a genmux server (GENMUX_TOKEN) and AnyAPI relays. `base_url` is the same wire somewhere
    else. `certificate` is the path of a PEM file to trust beside the system's. `language`, "en" or "zh",
    is the language of refusals.
    """

    token: str | None
    base_url: str | None
    certificate: str | None
    language: str


def choose_endpoint(
    endpoint: str | None, said: Mapping[str, Any], environ: Mapping[str, str], clock: Callable[[], float]
) -> Endpoint:
    """Return the endpoint that `endpoint` names: a row of `ENDPOINTS`, a URL, or None for a genmux server.

    Raises `CallerError`s that name the argument at fault.
    """
    for name in said:
        if name not in Target.__annotations__:
            raise unknown_field(name, name, Target.__annotations__)
    name, words = _named(endpoint, said)
    module, _, opener = ENDPOINTS[name].partition(":")
    opened: Endpoint = getattr(import_module(module), opener)(words, environ, clock)
    return opened


def _named(endpoint: str | None, said: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    words = {name: value for name, value in said.items() if value is not None}
    if endpoint is None:
        return "genmux", words
    if endpoint in ENDPOINTS:
        return endpoint, words
    if endpoint.startswith(("http://", "https://")):
        return "genmux", {**words, "base_url": endpoint}
    names = ", ".join(ENDPOINTS)
    raise InvalidValue(
        Text(
            f"endpoint {endpoint!r} must be one of {names}, or the URL of a genmux server.",
            f"endpoint {endpoint!r} 应为 {names} 之一，或 genmux 服务的 URL。",
        ),
        field="endpoint",
    )
