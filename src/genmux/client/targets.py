"""Which platform a client talks to: by name, by URL, or as the environment says."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypedDict, cast

from genmux.client.checks import LANGUAGES, language_word
from genmux.client.endpoint import Endpoint
from genmux.domain.errors import InvalidValue
from genmux.domain.spec import Kind, OutputTarget
from genmux.domain.text import Text
from genmux.wires.http_answers import read_object
from genmux.wires.rest_values import unknown_field

ENDPOINTS: Final[dict[str, str]] = {
    "genmux": "genmux.client.rest:open_endpoint",
    "mps": "genmux.client.mps:open_endpoint",
    "vod": "genmux.client.vod:open_endpoint",
    "anyapi": "genmux.client.anyapi:open_endpoint",
}
"""Each platform's name and who opens it; a URL means a genmux server."""


class Target(TypedDict, total=False):
    """How a platform is reached; what is left out comes from the environment, or goes without saying.

    `token` is for a genmux server (GENMUX_TOKEN) and AnyAPI relays. `base_url` is the same wire somewhere
    else. `certificate` is the path of a PEM file to trust beside the system's. `language`, "en" or "zh",
    is the language of refusals.

    The rest is for Tencent's platforms and relays. `site` is "cn" or "intl"; `sub_app_id` is VOD's
    application. With `paced=False` calls are not spaced by the documented rates; `max_image_tasks` and
    `max_video_tasks` run at once, further creates wait; `poll_seconds` is the longest wait between two
    looks at a task. `cos_bucket` lends local files a URL, `output` is where MPS puts results, and
    `defaults` are fields by kind that hold where a create says nothing.
    """

    token: str | None
    base_url: str | None
    certificate: str | None
    language: str
    secret_id: str | None
    secret_key: str | None
    session_token: str | None
    region: str | None
    site: str | None
    sub_app_id: int | str | None
    paced: bool
    max_image_tasks: int | None
    max_video_tasks: int | None
    poll_seconds: float | None
    cos_bucket: str | None
    cos_region: str | None
    cos_url: str | None
    output: OutputTarget | None
    defaults: Mapping[Kind, Mapping[str, Any]] | None


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


def _named(endpoint: Any, said: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    words = {name: value for name, value in said.items() if value is not None}
    words["language"] = language_word(words.get("language", LANGUAGES[0]))
    if endpoint is None:
        return "genmux", words
    if endpoint in ENDPOINTS:
        return endpoint, words
    if isinstance(endpoint, str) and endpoint.strip().startswith(("http://", "https://")):
        return "genmux", {**words, "base_url": endpoint}
    names = ", ".join(ENDPOINTS)
    raise InvalidValue(
        Text(
            f"endpoint {endpoint!r} must be one of {names}, or the URL of a genmux server.",
            f"endpoint {endpoint!r} 应为 {names} 之一，或 genmux 服务的 URL。",
        ),
        field="endpoint",
    )


def guide_target(path: str | os.PathLike[str]) -> Target:
    """Return how MPS is reached by the configuration file of Tencent's guides.

    Raises `OSError`, and `InvalidValue` naming the key at fault.
    """
    from genmux.client.platform_options import read_guide

    raw = read_object(Path(path).expanduser().read_bytes())
    if raw is None:
        raise InvalidValue(
            Text(f"The configuration {path} must be a JSON object.", f"配置文件 {path} 应为 JSON 对象。"),
            field="config",
        )
    return cast(Target, read_guide(raw))
