"""fal's webhooks: the body, its ED25519 signature, and the key set that it is checked with.

The message signed is request id, user id, timestamp in seconds and the hex SHA-256 of the raw body,
joined by line feeds; the signature travels in hex, and a timestamp is good for five minutes
(docs.fal.ai, webhooks). Keys are raw: 32 bytes private, 32 bytes public.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

REQUEST_ID: Final = "X-Fal-Webhook-Request-Id"
USER_ID: Final = "X-Fal-Webhook-User-Id"
TIMESTAMP: Final = "X-Fal-Webhook-Timestamp"
SIGNATURE: Final = "X-Fal-Webhook-Signature"
TOLERANCE_SECONDS: Final = 300
JWKS_PATH: Final = "/.well-known/jwks.json"


class WebhookRefused(Exception):
    """A webhook that is not from whom it says, or not from now."""


def render_body(
    request_id: str,
    payload: dict[str, Any] | None,
    *,
    error: str | None = None,
    payload_error: str | None = None,
) -> bytes:
    """Return the body; with `error` the status is ERROR and `payload` says what was wrong."""
    fields: dict[str, Any] = {
        "request_id": request_id,
        "gateway_request_id": request_id,
        "status": "OK" if error is None else "ERROR",
        "payload": payload,
    }
    if error is not None:
        fields["error"] = error
    if payload_error is not None:
        fields["payload_error"] = payload_error
    return msgspec.json.encode(fields)


def message(request_id: str, user_id: str, timestamp: str, body: bytes) -> bytes:
    """Return what is signed."""
    return "\n".join((request_id, user_id, timestamp, hashlib.sha256(body).hexdigest())).encode()


def sign(
    private_key: bytes, *, request_id: str, user_id: str, timestamp_seconds: int, body: bytes
) -> dict[str, str]:
    """Return the headers that prove a body."""
    timestamp = str(timestamp_seconds)
    signed = message(request_id, user_id, timestamp, body)
    return {
        REQUEST_ID: request_id,
        USER_ID: user_id,
        TIMESTAMP: timestamp,
        SIGNATURE: Ed25519PrivateKey.from_private_bytes(private_key).sign(signed).hex(),
    }


def verify(headers: Mapping[str, str], body: bytes, public_keys: Iterable[bytes], now_seconds: int) -> None:
    """Accept a webhook, or raise `WebhookRefused`; the names of `headers` may have any case."""
    lower = {name.lower(): value for name, value in headers.items()}
    said = [lower.get(name.lower(), "") for name in (REQUEST_ID, USER_ID, TIMESTAMP, SIGNATURE)]
    if not all(said):
        raise WebhookRefused("a signature header is missing")
    request_id, user_id, timestamp, signature = said
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        raise WebhookRefused("the timestamp is no number")
    if abs(now_seconds - int(timestamp)) > TOLERANCE_SECONDS:
        raise WebhookRefused("the timestamp is not from now")
    try:
        raw = binascii.unhexlify(signature)
    except ValueError:
        raise WebhookRefused("the signature is no hex") from None
    signed = message(request_id, user_id, timestamp, body)
    if not any(_signed_by(key, raw, signed) for key in public_keys):
        raise WebhookRefused("the signature fits no key")


def _signed_by(public_key: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key_of(private_key: bytes) -> bytes:
    """Return the public half of a key."""
    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def render_jwks(public_keys: Iterable[bytes]) -> bytes:
    """Return the key set (RFC 8037) to serve at `JWKS_PATH`; a key is known by its RFC 7638 thumbprint."""
    keys = [_render_key(key) for key in public_keys]
    return msgspec.json.encode({"keys": keys})


def _render_key(public_key: bytes) -> dict[str, str]:
    needed = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public_key)}
    canonical = json.dumps(needed, separators=(",", ":"), sort_keys=True).encode()
    kid = _base64url(hashlib.sha256(canonical).digest())
    return {**needed, "use": "sig", "alg": "EdDSA", "kid": kid}


def parse_jwks(body: bytes) -> tuple[bytes, ...]:
    """Return the ED25519 keys of a key set; other keys are passed over. Raises `ValueError`."""
    document = msgspec.json.decode(body)
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise ValueError("the key set has no keys")
    raw = (_parse_key(key) for key in keys)
    return tuple(key for key in raw if key is not None)


def _parse_key(key: Any) -> bytes | None:
    if not isinstance(key, dict) or key.get("kty") != "OKP" or not isinstance(key.get("x"), str):
        return None
    try:
        raw = base64.urlsafe_b64decode(key["x"] + "=" * (-len(key["x"]) % 4))
    except ValueError:
        return None
    return raw if len(raw) == 32 else None


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
