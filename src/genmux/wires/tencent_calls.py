"""Calls of Tencent's API gateway: where a service is called, and what its answer says."""

from __future__ import annotations

import re
from typing import Any, Final

from genmux.wires import mps, vod
from genmux.wires.tencent import AnsweredError, BrokenAnswerError, parse_envelope

SITES: Final = {
    "cn": "https://{service}.tencentcloudapi.com",
    "intl": "https://{service}.intl.tencentcloudapi.com",
}
DEFAULT_REGION: Final = "ap-guangzhou"
REGION: Final = re.compile(r"[a-z]+(-[a-z0-9]+)+\Z")
VERSIONS: Final = {mps.SERVICE: mps.VERSION, vod.SERVICE: vod.VERSION}
"""The API version of each service."""

MPS_RATES: Final = {
    "create:image": 20.0,
    "describe:image": 20.0,
    "create:video": 10.0,
    "describe:video": 50.0,
}
VOD_RATES: Final = {
    "create:image": 20.0,
    "create:video": 20.0,
    "describe:image": 20.0,
    "describe:video": 20.0,
    "list": 10.0,
}
"""Calls per second by what they are for."""
BY_VALUE_BYTES: Final = 7_000_000
"""All files of a VOD request together, before Base64 (SDK 3.1.194)."""


def endpoint_of(service: str, site: str = "cn") -> str:
    """Return where a service is called on a site."""
    return SITES[site].format(service=service)


def read_answer(status: int, body: bytes) -> dict[str, Any]:
    """Return the fields of a good answer. Raises `AnsweredError`, or `BrokenAnswerError` for none at all."""
    if status >= 500:
        raise BrokenAnswerError(f"HTTP {status} is no answer of the platform")
    return parse_envelope(body)


def wording(error: AnsweredError | BrokenAnswerError) -> str:
    """Return an answer's complaint with the id that the platform's support asks for."""
    if isinstance(error, AnsweredError) and error.request_id:
        return f"{error} (RequestId {error.request_id})"
    return str(error)
