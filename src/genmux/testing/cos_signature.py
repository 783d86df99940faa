"""Signatures of Tencent COS requests, made and checked by the published algorithm (API 436/7778)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

FIELDS: Final = (
    "q-sign-algorithm",
    "q-ak",
    "q-sign-time",
    "q-key-time",
    "q-header-list",
    "q-url-param-list",
    "q-signature",
)


@dataclass(frozen=True, slots=True)
class CosRequest:
    """What a signature covers: the decoded path, decoded parameters, and headers by lower-case name."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def sign(
    request: CosRequest,
    secret_id: str,
    secret_key: str,
    key_time: str,
    *,
    header_names: Iterable[str] = (),
    param_names: Iterable[str] = (),
) -> dict[str, str]:
    """Return the fields of a signature over the named headers and parameters.

    `key_time` is `START;END` in seconds since the epoch.
    """
    headers, header_list = _canonical(request.headers, header_names)
    params, param_list = _canonical(request.params, param_names)
    http = f"{request.method.lower()}\n{request.path}\n{params}\n{headers}\n"
    digest = hashlib.sha1(http.encode()).hexdigest()
    sign_key = _hmac(secret_key, key_time)
    signature = _hmac(sign_key, f"sha1\n{key_time}\n{digest}\n")
    values = ("sha1", secret_id, key_time, key_time, header_list, param_list, signature)
    return dict(zip(FIELDS, values, strict=True))


def fault(request: CosRequest, secrets: Mapping[str, str], now: int) -> str:
    """Return the COS error code that a request deserves at `now` (seconds), "" when it is signed well.

    The signature is taken from the `Authorization` header, or from the parameters of a presigned
    URL. `secrets` are secret keys by secret id.
    """
    said = _said(request)
    if any(name not in said for name in FIELDS) or said["q-sign-algorithm"] != "sha1":
        return "AccessDenied"
    if said["q-ak"] not in secrets:
        return "InvalidAccessKeyId"
    start, _, end = said["q-sign-time"].partition(";")
    if not (start.isdigit() and end.isdigit()) or said["q-key-time"] != said["q-sign-time"]:
        return "AccessDenied"
    if not int(start) <= now <= int(end):
        return "RequestTimeTooSkewed"
    header_names = _names(said["q-header-list"])
    param_names = _names(said["q-url-param-list"])
    params = {name.lower() for name in request.params}
    if not set(header_names) <= set(request.headers) or not set(param_names) <= params:
        return "SignatureDoesNotMatch"
    wanted = sign(
        request,
        said["q-ak"],
        secrets[said["q-ak"]],
        said["q-sign-time"],
        header_names=header_names,
        param_names=param_names,
    )
    equal = all(hmac.compare_digest(wanted[name], said[name]) for name in FIELDS)
    return "" if equal else "SignatureDoesNotMatch"


def _said(request: CosRequest) -> dict[str, str]:
    header = request.headers.get("authorization", "")
    if not header:
        return {name: value for name, value in request.params.items() if name in FIELDS}
    pairs = (part.partition("=") for part in header.split("&"))
    return {name: value for name, _, value in pairs}


def _names(listed: str) -> tuple[str, ...]:
    return tuple(listed.split(";")) if listed else ()


def _canonical(values: Mapping[str, str], names: Iterable[str]) -> tuple[str, str]:
    """Return the sorted `name=value` text of the named values, and the sorted list of their names."""
    wanted = set(names)
    items = sorted(
        (_encoded(name.lower()), _encoded(value)) for name, value in values.items() if name.lower() in wanted
    )
    return "&".join(f"{name}={value}" for name, value in items), ";".join(name for name, _ in items)


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def _hmac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()
