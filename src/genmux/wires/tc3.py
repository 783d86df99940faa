"""Tencent Cloud request signatures, signing and verifying: TC3-HMAC-SHA256 and the older version 1.

A server reads the claim, looks up the secret that belongs to `claim.secret_id`, then verifies::

    claim = parse_authorization(request)
    verify(request, claim, secret_key, now=now)

Where clients disagree about what they sign (measured on the official SDKs 3.1.194 / 4.1.220), every
spelling is tried, the most common first: the host with its port, without it, and the platform's own
names; a content type as sent and lower-cased; other signed headers lower-cased and as sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

ALGORITHM: Final = "TC3-HMAC-SHA256"
MAX_SKEW_SECONDS: Final = 300
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"

PRODUCTS: Final = ("mps", "vod")
TENCENT_HOSTS: Final = (
    "{service}.tencentcloudapi.com",
    "{service}.{region}.tencentcloudapi.com",
    "{service}.intl.tencentcloudapi.com",
)

V1_DIGESTS: Final = {"HmacSHA1": "sha1", "HmacSHA256": "sha256"}
V1_MAX_BODY_BYTES: Final = 1 << 20
V1_MAX_PARAMETERS: Final = 4096
V1_REQUIRED: Final = ("Action", "Version", "Timestamp", "Nonce", "SecretId", "Signature")

_MUST_BE_SIGNED: Final = ("content-type", "host")
_CASINGS: Final = ((False, True), (False, False), (True, True), (True, False))
_REQUIRED_HEADERS: Final = ("X-TC-Action", "X-TC-Version", "X-TC-Timestamp")
_AUTHORIZATION: Final = re.compile(
    r"TC3-HMAC-SHA256 +Credential=([^/, ]+)/(\d{4}-\d\d-\d\d)/([^/, ]+)/tc3_request, *"
    r"SignedHeaders=([^, ]+), *Signature=([!-~]+)",
    re.ASCII,
)
_TIMESTAMP: Final = re.compile(r"\d{1,12}", re.ASCII)
_REGION: Final = re.compile(r"[a-z]+(-[a-z0-9]+)+", re.ASCII)


class SignatureError(Exception):
    """The request does not prove who sent it.

    `code` is the platform's error code, `field` the header or parameter at fault; `reason` is for the
    operator's log and names no secret.
    """

    def __init__(self, code: str, field: str, reason: str) -> None:
        super().__init__(f"{code} ({field}): {reason}")
        self.code = code
        self.field = field
        self.reason = reason


class SignedRequest(NamedTuple):
    """What a signature covers, untouched: raw `path` and `query` (no `?`), lower-case header names."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Claim(NamedTuple):
    """What a TC3 `Authorization` header says, not yet believed."""

    secret_id: str
    date: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: int


class V1Claim(NamedTuple):
    """What a version 1 request says, not yet believed; `parameters` are decoded, without `Signature`."""

    secret_id: str
    signature: str
    timestamp: int
    digest: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Credential:
    """The outbound key pair of a channel; `token` comes with temporary credentials only."""

    secret_id: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


class SigningKey:
    """HMAC-SHA256 under one key whose padded blocks (RFC 2104) are hashed once, not once per message."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def sign(self, message: bytes) -> str:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.hexdigest()


class SigningKeys:
    """Derived keys by secret, date and service; holds `capacity` of them and drops the oldest.

    Safe to share between threads; a look-up takes no lock.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self._capacity = capacity
        self._keys: dict[tuple[str, str, str, str], SigningKey] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._keys)

    def derive(self, secret_id: str, secret_key: str, date: str, service: str) -> SigningKey:
        name = (secret_id, secret_key, date, service)
        key = self._keys.get(name)
        if key is not None:
            return key
        with self._lock:
            key = self._keys[name] = _derive(secret_key, date, service)
            if len(self._keys) > self._capacity:
                del self._keys[next(iter(self._keys))]
        return key


_KEYS: Final = SigningKeys()


def sign(
    credential: Credential,
    *,
    host: str,
    service: str,
    action: str,
    version: str,
    timestamp: int,
    body: bytes,
    method: str = "POST",
    query: str = "",
    region: str = "",
    language: str = "",
    content_type: str = "",
    signed_headers: Sequence[str] = _MUST_BE_SIGNED,
    unsigned_payload: bool = False,
    keys: SigningKeys = _KEYS,
) -> dict[str, str]:
    """All headers of a signed request, to be sent exactly as they are with the same `body` and `query`.

    `host` carries its port if the client sends one; `timestamp` is in Unix seconds; `signed_headers`
    are lower-case names, sorted.
    """
    headers = {
        "Host": host,
        "Content-Type": content_type or (FORM if method == "GET" else JSON),
        "X-TC-Action": action,
        "X-TC-Version": version,
        "X-TC-Timestamp": str(timestamp),
    }
    if region:
        headers["X-TC-Region"] = region
    if language:
        headers["X-TC-Language"] = language
    if credential.token:
        headers["X-TC-Token"] = credential.token
    if unsigned_payload:
        headers["X-TC-Content-SHA256"] = UNSIGNED_PAYLOAD
    request = SignedRequest(method, "/", query, {n.lower(): v for n, v in headers.items()}, body)
    names, date = tuple(signed_headers), _utc_date(timestamp // 86400)
    scope = f"{date}/{service}/tc3_request"
    canonical = host.join(_around_host(request, names, _payload_hash(request), *_CASINGS[0]))
    key = keys.derive(credential.secret_id, credential.secret_key, date, service)
    canonical_hash = hashlib.sha256(canonical.encode()).hexdigest()
    signature = key.sign(f"{ALGORITHM}\n{timestamp}\n{scope}\n{canonical_hash}".encode())
    headers["Authorization"] = (
        f"{ALGORITHM} Credential={credential.secret_id}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return headers


def sign_v1(
    credential: Credential,
    *,
    host: str,
    parameters: Mapping[str, str],
    timestamp: int,
    nonce: int,
    method: str = "POST",
    path: str = "/",
    algorithm: str = "HmacSHA256",
) -> dict[str, str]:
    """All parameters of a version 1 request, to be URL-encoded into the form body (POST) or query (GET).

    `parameters` hold Action, Version and the flattened fields (`ImageInfos.0.ImageUrl`).
    """
    signed = {
        **parameters,
        "Timestamp": str(timestamp),
        "Nonce": str(nonce),
        "SecretId": credential.secret_id,
        "SignatureMethod": algorithm,
    }
    if credential.token:
        signed["Token"] = credential.token
    canonical = _v1_canonical(method, host, path, signed)
    return {**signed, "Signature": _v1_signature(credential.secret_key, canonical, V1_DIGESTS[algorithm])}


def parse_authorization(request: SignedRequest) -> Claim | V1Claim:
    """Who the request says it is from; believe it only after `verify`."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        return _parse_v1(request)
    match = _AUTHORIZATION.fullmatch(authorization.strip())
    if match is None:
        raise SignatureError(
            "AuthFailure.InvalidAuthorization",
            "Authorization",
            f"it must read '{ALGORITHM} Credential=<id>/<date>/<service>/tc3_request, "
            "SignedHeaders=<names>, Signature=<hex>'",
        )
    headers = request.headers
    if not (headers.get("x-tc-action") and headers.get("x-tc-version") and headers.get("x-tc-timestamp")):
        missing = next(name for name in _REQUIRED_HEADERS if not headers.get(name.lower()))
        raise SignatureError("MissingParameter", missing, "a TC3 request must send this header")
    secret_id, date, service, names, signature = match.groups()
    timestamp = _parse_timestamp(headers["x-tc-timestamp"], "X-TC-Timestamp")
    return Claim(secret_id, date, service, tuple(names.split(";")), signature, timestamp)


def verify(
    request: SignedRequest,
    claim: Claim | V1Claim,
    secret_key: str,
    *,
    now: float,
    accepted_hosts: Sequence[str] = TENCENT_HOSTS,
    keys: SigningKeys = _KEYS,
) -> None:
    """Returns when the holder of `secret_key` signed this request at most 300 s from `now`, else raises.

    `accepted_hosts` are names that a client may have signed instead of the `Host` it sent; `{service}`
    and `{region}` stand for its own. TC3 always signs the path `/`, and the query of a GET only.
    """
    if isinstance(claim, V1Claim):
        _check_clock(claim.timestamp, now, "Timestamp")
        _verify_v1(request, claim, secret_key, tuple(accepted_hosts))
    else:
        _check_clock(claim.timestamp, now, "X-TC-Timestamp")
        _verify_tc3(request, claim, secret_key, tuple(accepted_hosts), keys)


def _verify_tc3(
    request: SignedRequest,
    claim: Claim,
    secret_key: str,
    hosts: tuple[str, ...],
    keys: SigningKeys,
) -> None:
    secret_id, date, service, names, signature, timestamp = claim
    if date != _utc_date(timestamp // 86400):
        raise _refusal("Authorization", f"date {date} is not the UTC date of X-TC-Timestamp")
    headers = request.headers
    _check_signed_headers(names, headers)
    key = keys.derive(secret_id, secret_key, date, service)
    payload_hash = _payload_hash(request)
    opening = f"{ALGORITHM}\n{timestamp}\n{date}/{service}/tc3_request\n"
    for casing in _casings(names, headers):
        before, after = _around_host(request, names, payload_hash, *casing)
        for host in _host_spellings(headers["host"], service, headers.get("x-tc-region", ""), hosts):
            canonical_hash = hashlib.sha256(f"{before}{host}{after}".encode()).hexdigest()
            if hmac.compare_digest(key.sign(f"{opening}{canonical_hash}".encode()), signature):
                return
    raise _refusal("Authorization", "the secret, the body or a signed header differs from what was signed")


def _check_clock(timestamp: int, now: float, spelling: str) -> None:
    if abs(now - timestamp) > MAX_SKEW_SECONDS:
        raise SignatureError(
            "AuthFailure.SignatureExpire",
            spelling,
            f"it is {now - timestamp:+.0f} s from this server's clock; {MAX_SKEW_SECONDS} s is the most",
        )


def _check_signed_headers(names: tuple[str, ...], headers: Mapping[str, str]) -> None:
    if names == _MUST_BE_SIGNED and "host" in headers and "content-type" in headers:
        return
    for name in _MUST_BE_SIGNED:
        if names.count(name) != 1:
            raise _refusal("Authorization", f"SignedHeaders must name {name} once")
    for name in names:
        if name not in headers:
            raise _refusal("Authorization", f"SignedHeaders names {name}, which was not sent")


def _casings(names: tuple[str, ...], headers: Mapping[str, str]) -> Sequence[tuple[bool, bool]]:
    """Whether to lower-case the content type, and the other signed headers; likeliest first."""
    if headers["content-type"] == headers["content-type"].lower():
        return _CASINGS[:1] if len(names) == len(_MUST_BE_SIGNED) else _CASINGS[:2]
    return _CASINGS


def _around_host(
    request: SignedRequest, names: tuple[str, ...], payload_hash: str, lower_type: bool, lower_rest: bool
) -> tuple[str, str]:
    """The canonical request, before and after the value of the host header."""
    before, lines = "", ""
    for name in names:
        if name == "host":
            before, lines = f"{lines}host:", "\n"
        else:
            value = request.headers[name].strip()
            lower = lower_type if name == "content-type" else lower_rest
            lines += f"{name}:{value.lower() if lower else value}\n"
    query = request.query if request.method == "GET" else ""
    return f"{request.method}\n/\n{query}\n{before}", f"{lines}\n{';'.join(names)}\n{payload_hash}"


@lru_cache(maxsize=256)
def _host_spellings(host: str, service: str, region: str, accepted_hosts: tuple[str, ...]) -> tuple[str, ...]:
    """What a client that sent this `Host` may have signed, likeliest first."""
    bare = re.sub(r":\d*$", "", host)
    services = (service,) if service in PRODUCTS else PRODUCTS
    spellings = [host, bare, host.lower(), bare.lower()]
    for template in accepted_hosts:
        if "{region}" in template and not _REGION.fullmatch(region):
            continue
        named = template.replace("{region}", region)
        spellings += [named.replace("{service}", name) for name in services]
    return tuple(dict.fromkeys(spellings))


def _payload_hash(request: SignedRequest) -> str:
    if request.headers.get("x-tc-content-sha256") == UNSIGNED_PAYLOAD:
        return hashlib.sha256(UNSIGNED_PAYLOAD.encode()).hexdigest()
    return hashlib.sha256(b"" if request.method == "GET" else request.body).hexdigest()


def _derive(secret_key: str, date: str, service: str) -> SigningKey:
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return SigningKey(key)


def _parse_v1(request: SignedRequest) -> V1Claim:
    parameters = _v1_parameters(request)
    if "Signature" not in parameters and "SecretId" not in parameters:
        raise SignatureError(
            "AuthFailure.InvalidAuthorization", "Authorization", "the request carries no signature"
        )
    for name in V1_REQUIRED:
        if not parameters.get(name):
            raise SignatureError("MissingParameter", name, "a version 1 request must send this parameter")
    signature = parameters.pop("Signature")
    digest = V1_DIGESTS.get(parameters.get("SignatureMethod", ""), "sha1")
    timestamp = _parse_timestamp(parameters["Timestamp"], "Timestamp")
    return V1Claim(parameters["SecretId"], signature, timestamp, digest, parameters)


def _v1_parameters(request: SignedRequest) -> dict[str, str]:
    if request.method == "GET":
        encoded = request.query
    elif request.headers.get("content-type", "").lower().startswith(FORM):
        if len(request.body) > V1_MAX_BODY_BYTES:
            raise _refusal("Signature", "a version 1 body may hold 1 MB; sign larger ones with TC3")
        encoded = request.body.decode("latin-1")
    else:
        return {}
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=V1_MAX_PARAMETERS)
    except ValueError as error:
        raise SignatureError(
            "InvalidParameter", "Signature", f"the parameters cannot be decoded: {error}"
        ) from None
    return dict(reversed(pairs))


def _verify_v1(request: SignedRequest, claim: V1Claim, secret_key: str, hosts: tuple[str, ...]) -> None:
    host, region = request.headers.get("host", ""), claim.parameters.get("Region", "")
    for spelling in _host_spellings(host, "", region, hosts):
        canonical = _v1_canonical(request.method, spelling, request.path, claim.parameters)
        signature = _v1_signature(secret_key, canonical, claim.digest)
        if hmac.compare_digest(signature.encode(), claim.signature.encode()):
            return
    raise _refusal("Signature", "the secret, the host or a parameter differs from what was signed")


def _v1_canonical(method: str, host: str, path: str, parameters: Mapping[str, str]) -> str:
    pairs = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))
    return f"{method}{host}{path or '/'}?{pairs}"


def _v1_signature(secret_key: str, canonical: str, digest: str) -> str:
    return base64.b64encode(hmac.digest(secret_key.encode(), canonical.encode(), digest)).decode()


def _parse_timestamp(text: str, spelling: str) -> int:
    if not _TIMESTAMP.fullmatch(text.strip()):
        raise SignatureError("InvalidParameter", spelling, "it must be Unix time in whole seconds")
    return int(text)


def _refusal(at: str, reason: str) -> SignatureError:
    return SignatureError("AuthFailure.SignatureFailure", at, reason)


@lru_cache(maxsize=64)
def _utc_date(day: int) -> str:
    return datetime.fromtimestamp(day * 86400, UTC).date().isoformat()
