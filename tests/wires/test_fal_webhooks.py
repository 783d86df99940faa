"""fal's webhooks: what was signed verifies, anything else does not."""

from __future__ import annotations

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from genmux.wires import fal_webhooks as webhooks
from genmux.wires.fal_webhooks import WebhookRefused

PRIVATE = bytes(range(32))
PUBLIC = webhooks.public_key_of(PRIVATE)
NOW = 1_795_000_000
BODY = webhooks.render_body("r", {"images": []})


def signed(body: bytes = BODY) -> dict[str, str]:
    return webhooks.sign(PRIVATE, request_id="r", user_id="1", timestamp_seconds=NOW, body=body)


def test_bodies() -> None:
    assert json.loads(BODY) == {
        "request_id": "r",
        "gateway_request_id": "r",
        "status": "OK",
        "payload": {"images": []},
    }
    failed = json.loads(webhooks.render_body("r", {"detail": "x"}, error="Invalid status code: 422"))
    assert (failed["status"], failed["error"], failed["payload"]) == (
        "ERROR",
        "Invalid status code: 422",
        {"detail": "x"},
    )
    assert json.loads(webhooks.render_body("r", None, payload_error="no JSON"))["payload_error"] == "no JSON"


def test_the_signature_is_over_the_documented_message() -> None:
    headers = signed()
    message = f"r\n1\n{NOW}\n{hashlib.sha256(BODY).hexdigest()}".encode()
    assert set(headers) == {f"X-Fal-Webhook-{n}" for n in ("Request-Id", "User-Id", "Timestamp", "Signature")}
    signature = bytes.fromhex(headers["X-Fal-Webhook-Signature"])
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(signature, message)
    assert Ed25519PrivateKey.from_private_bytes(PRIVATE).sign(message) == signature


@given(st.binary(max_size=40), st.integers(-300, 300))
def test_what_was_signed_verifies_for_five_minutes(body: bytes, late: int) -> None:
    webhooks.verify(signed(body), body, [bytes(32), PUBLIC], NOW + late)
    lower = {name.lower(): value for name, value in signed(body).items()}
    webhooks.verify(lower, body, [PUBLIC], NOW)


@pytest.mark.parametrize(
    ("change", "now", "body"),
    [
        ({}, NOW + 301, BODY),
        ({}, NOW - 301, BODY),
        ({}, NOW, BODY + b" "),
        ({webhooks.REQUEST_ID: "s"}, NOW, BODY),
        ({webhooks.USER_ID: "2"}, NOW, BODY),
        ({webhooks.TIMESTAMP: str(NOW + 1)}, NOW, BODY),
        ({webhooks.TIMESTAMP: "soon"}, NOW, BODY),
        ({webhooks.SIGNATURE: "zz"}, NOW, BODY),
        ({webhooks.SIGNATURE: "00" * 64}, NOW, BODY),
        ({webhooks.SIGNATURE: ""}, NOW, BODY),
    ],
)
def test_anything_else_is_refused(change: dict[str, str], now: int, body: bytes) -> None:
    with pytest.raises(WebhookRefused):
        webhooks.verify({**signed(), **change}, body, [PUBLIC], now)


def test_other_keys_are_refused() -> None:
    with pytest.raises(WebhookRefused):
        webhooks.verify(signed(), BODY, [bytes(32), b"short"], NOW)


def test_the_key_set_round_trip() -> None:
    # RFC 8037, appendix A: the key and its thumbprint
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    document = json.loads(webhooks.render_jwks([public, PUBLIC]))
    assert document["keys"][0] == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaHURo",
        "use": "sig",
        "alg": "EdDSA",
        "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    } | {"x": document["keys"][0]["x"]}
    assert webhooks.parse_jwks(webhooks.render_jwks([public, PUBLIC])) == (public, PUBLIC)
    mixed = b'{"keys": [{"kty": "RSA"}, {"kty": "OKP", "x": "!"}, {"kty": "OKP", "x": "AAAA"}, 5]}'
    assert webhooks.parse_jwks(mixed) == ()
    for broken in (b"", b"[]", b'{"keys": 5}'):
        with pytest.raises(ValueError, match=r".*"):
            webhooks.parse_jwks(broken)
