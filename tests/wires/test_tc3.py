"""TC3 and version 1 signatures against captured client requests, and against themselves."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.wires import tc3
from genmux.wires.tc3 import (
    Credential,
    SignatureError,
    SignedRequest,
    parse_authorization,
    sign,
    sign_v1,
    verify,
)

CAPTURED = json.loads((Path(__file__).parent / "tc3_vectors.json").read_text(encoding="utf-8"))
SECRETS: dict[str, str] = CAPTURED["secrets"]
NOW = 1795170258
PAIR = Credential("AKIDlocaltest0123456789", "localsecretKEYabcdef")

FAILURE = "AuthFailure.SignatureFailure"
EXPIRED = "AuthFailure.SignatureExpire"
INVALID = "AuthFailure.InvalidAuthorization"


def captured_request(vector: dict[str, Any]) -> SignedRequest:
    path, _, query = vector["target"].partition("?")
    headers: dict[str, str] = {}
    for name, value in vector["headers"]:
        headers.setdefault(name.lower(), value)
    return SignedRequest(vector["method"], path, query, headers, vector["body"].encode())


def signed_request(
    *, body: bytes = b'{"Prompt": "cat"}', method: str = "POST", query: str = "", **changes: Any
) -> SignedRequest:
    call: dict[str, Any] = {
        "host": "127.0.0.1:18080",
        "service": "mps",
        "action": "CreateAigcVideoTask",
        "version": "2019-06-12",
        "timestamp": NOW,
        "region": "ap-guangzhou",
    }
    headers = sign(PAIR, body=body, method=method, query=query, **(call | changes))
    return SignedRequest(method, "/", query, {name.lower(): value for name, value in headers.items()}, body)


def v1_request(method: str = "POST", host: str = "127.0.0.1:18080", **changes: Any) -> SignedRequest:
    parameters = {"Action": "CreateAigcVideoTask", "Version": "2019-06-12", "Prompt": "一只猫 & cat?"}
    encoded = urlencode(
        sign_v1(PAIR, host=host, parameters=parameters, timestamp=NOW, nonce=7, method=method, **changes)
    )
    headers = {"host": host, "content-type": tc3.FORM}
    if method == "GET":
        return SignedRequest("GET", "/", encoded, headers, b"")
    return SignedRequest("POST", "/", "", headers, encoded.encode())


def with_headers(request: SignedRequest, **changes: str) -> SignedRequest:
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    return request._replace(headers={**request.headers, **named})


def without_header(request: SignedRequest, name: str) -> SignedRequest:
    return request._replace(headers={n: v for n, v in request.headers.items() if n != name})


def check(
    request: SignedRequest, *, now: float = NOW, secret_key: str = PAIR.secret_key, **options: Any
) -> None:
    verify(request, parse_authorization(request), secret_key, now=now, **options)


def refused(request: SignedRequest, **options: Any) -> SignatureError:
    with pytest.raises(SignatureError) as caught:
        check(request, **options)
    return caught.value


# Captured requests of real clients


def test_there_are_28_captured_requests() -> None:
    assert len(CAPTURED["vectors"]) == 28


@pytest.mark.parametrize(
    "vector", CAPTURED["vectors"], ids=[f"{i}-{v['client']}" for i, v in enumerate(CAPTURED["vectors"])]
)
def test_a_captured_request_is_judged_as_the_platform_would(vector: dict[str, Any]) -> None:
    request = captured_request(vector)

    def judge() -> None:
        claim = parse_authorization(request)
        verify(request, claim, SECRETS[claim.secret_id], now=claim.timestamp)

    if vector["expect_ok"]:
        judge()
    else:
        with pytest.raises(SignatureError) as caught:
            judge()
        assert caught.value.code == vector["expect_error"]


def test_the_public_documentation_example_gives_the_published_signature() -> None:
    body = CAPTURED["vectors"][0]["body"].encode()
    assert hashlib.sha256(body).hexdigest().startswith("35e9c5b0")
    example = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
    headers = sign(
        Credential(example, SECRETS[example]),
        host="cvm.tencentcloudapi.com",
        service="cvm",
        action="DescribeInstances",
        version="2017-03-12",
        timestamp=1551113065,
        body=body,
        content_type="application/json; charset=utf-8",
    )
    assert headers["Authorization"] == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


# Round trips

visible = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/,"), min_size=1)
header_value = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
signed_names = st.sampled_from(
    [
        ("content-type", "host"),
        ("content-type", "host", "x-tc-action"),
        ("content-type", "host", "x-tc-action", "x-tc-timestamp", "x-tc-version"),
    ]
)


@given(
    secret_key=st.text(min_size=1),
    secret_id=visible,
    service=visible,
    host=header_value,
    action=header_value,
    content_type=header_value,
    body=st.binary(),
    method=st.sampled_from(["GET", "POST"]),
    query=st.text(st.characters(min_codepoint=33, max_codepoint=126)),
    timestamp=st.integers(min_value=0, max_value=4102444800),
    skew=st.integers(min_value=-300, max_value=300),
    names=signed_names,
    unsigned_payload=st.booleans(),
)
def test_what_is_signed_verifies(
    secret_key: str,
    secret_id: str,
    service: str,
    host: str,
    action: str,
    content_type: str,
    body: bytes,
    method: str,
    query: str,
    timestamp: int,
    skew: int,
    names: tuple[str, ...],
    unsigned_payload: bool,
) -> None:
    headers = sign(
        Credential(secret_id, secret_key),
        host=host,
        service=service,
        action=action,
        version="2019-06-12",
        timestamp=timestamp,
        body=body,
        method=method,
        query=query,
        content_type=content_type,
        signed_headers=names,
        unsigned_payload=unsigned_payload,
    )
    request = SignedRequest(method, "/", query, {name.lower(): v for name, v in headers.items()}, body)
    claim = parse_authorization(request)
    assert (claim.secret_id, claim.timestamp) == (secret_id, timestamp)
    verify(request, claim, secret_key, now=timestamp + skew)
    with pytest.raises(SignatureError):
        verify(request, claim, secret_key + "x", now=timestamp + skew)


@given(
    parameters=st.dictionaries(st.text(min_size=1), st.text(), max_size=6),
    method=st.sampled_from(["GET", "POST"]),
    algorithm=st.sampled_from(sorted(tc3.V1_DIGESTS)),
)
def test_what_is_signed_with_version_1_verifies(
    parameters: dict[str, str], method: str, algorithm: str
) -> None:
    named = {**parameters, "Action": "DescribeTaskDetail", "Version": "2018-07-17"}
    named.pop("Signature", None)
    signed = sign_v1(
        PAIR, host="vod", parameters=named, timestamp=NOW, nonce=1, method=method, algorithm=algorithm
    )
    encoded = urlencode(signed)
    query, body = (encoded, b"") if method == "GET" else ("", encoded.encode())
    request = SignedRequest(method, "/", query, {"host": "vod", "content-type": tc3.FORM}, body)
    claim = parse_authorization(request)
    assert isinstance(claim, tc3.V1Claim)
    assert claim.parameters == {name: value for name, value in signed.items() if name != "Signature"}
    verify(request, claim, PAIR.secret_key, now=NOW)
    with pytest.raises(SignatureError):
        verify(request, claim, "another secret", now=NOW)


@given(authorization=st.text(), timestamp=st.text(), body=st.binary(), query=st.text())
def test_garbage_raises_nothing_but_signature_errors(
    authorization: str, timestamp: str, body: bytes, query: str
) -> None:
    headers = {"x-tc-action": "A", "x-tc-version": "V", "x-tc-timestamp": timestamp, "content-type": tc3.FORM}
    for request in (
        SignedRequest("POST", "/", query, {**headers, "authorization": authorization}, body),
        SignedRequest("POST", "/", query, headers, body),
        SignedRequest("GET", "/", query, headers, body),
    ):
        with pytest.raises(SignatureError):
            parse_authorization(request)


# Tampering

ALL_SIGNED = ("content-type", "host", "x-tc-action", "x-tc-region", "x-tc-timestamp", "x-tc-version")


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        (lambda r: r._replace(body=r.body + b" "), "Authorization"),
        (lambda r: r._replace(method="PUT"), "Authorization"),
        (lambda r: with_headers(r, host="elsewhere:18080"), "Authorization"),
        (lambda r: with_headers(r, content_type="text/plain"), "Authorization"),
        (lambda r: with_headers(r, x_tc_action="CreateAigcImageTask"), "Authorization"),
        (lambda r: with_headers(r, x_tc_region="ap-beijing"), "Authorization"),
        (lambda r: with_headers(r, x_tc_version="2018-07-17"), "Authorization"),
        (lambda r: with_headers(r, x_tc_timestamp=str(NOW + 1)), "Authorization"),
        (lambda r: with_headers(r, x_tc_content_sha256="UNSIGNED-PAYLOAD"), "Authorization"),
        (lambda r: without_header(r, "x-tc-region"), "Authorization"),
        (lambda r: without_header(r, "content-type"), "Authorization"),
        (lambda r: without_header(r, "host"), "Authorization"),
        (
            lambda r: with_headers(r, authorization=r.headers["authorization"].replace("/mps/", "/vod/")),
            "Authorization",
        ),
        (lambda r: with_headers(r, authorization=r.headers["authorization"][:-1]), "Authorization"),
    ],
)
def test_a_changed_request_is_refused(changed: Any, at: str) -> None:
    request = signed_request(signed_headers=ALL_SIGNED)
    check(request)
    error = refused(changed(request))
    assert (error.code, error.field) == (FAILURE, at)


def test_the_query_of_a_get_is_signed_in_wire_order() -> None:
    request = signed_request(method="GET", query="B=2&A=a+b", body=b"")
    check(request)
    assert refused(request._replace(query="A=a+b&B=2")).code == FAILURE


def test_the_body_of_an_unsigned_payload_may_differ() -> None:
    request = signed_request(unsigned_payload=True)
    check(request._replace(body=b"anything"))
    assert refused(without_header(request, "x-tc-content-sha256")).code == FAILURE


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_changed_version_1_parameter_is_refused(method: str) -> None:
    request = v1_request(method)
    check(request)
    changed = request._replace(
        query=request.query.replace("Nonce=7", "Nonce=8"), body=request.body.replace(b"Nonce=7", b"Nonce=8")
    )
    error = refused(changed)
    assert (error.code, error.field) == (FAILURE, "Signature")


# Clock and date


@pytest.mark.parametrize("request_", [signed_request(), v1_request()], ids=["tc3", "v1"])
@pytest.mark.parametrize("sense", [-1, 1])
def test_a_signature_lives_for_300_seconds_either_way(request_: SignedRequest, sense: int) -> None:
    check(request_, now=NOW + sense * 300)
    error = refused(request_, now=NOW + sense * 301)
    assert error.code == EXPIRED
    assert error.field in {"X-TC-Timestamp", "Timestamp"}


def test_the_scope_date_must_be_the_utc_date_of_the_timestamp() -> None:
    request = signed_request()
    authorization = request.headers["authorization"]
    assert "/2026-11-20/" in authorization
    error = refused(
        with_headers(request, authorization=authorization.replace("/2026-11-20/", "/2026-11-21/"))
    )
    assert error.code == FAILURE
    assert "2026-11-21" in error.reason


@pytest.mark.parametrize("timestamp", [1795132799, 1795132800])
def test_the_date_turns_at_midnight_utc(timestamp: int) -> None:
    request = signed_request(timestamp=timestamp)
    assert f"/2026-11-{19 + (timestamp - 1795132799)}/" in request.headers["authorization"]
    check(request, now=timestamp)


# What may be signed


@pytest.mark.parametrize("names", [("content-type",), ("host",), ("content-type", "host", "host")])
def test_host_and_content_type_must_be_signed_once(names: tuple[str, ...]) -> None:
    error = refused(signed_request(signed_headers=names))
    assert (error.code, error.field) == (FAILURE, "Authorization")


@pytest.mark.parametrize(
    "signed_host",
    [
        "127.0.0.1:18080",
        "127.0.0.1",
        "mps.tencentcloudapi.com",
        "mps.ap-guangzhou.tencentcloudapi.com",
        "mps.intl.tencentcloudapi.com",
    ],
)
def test_a_client_may_sign_a_platform_name_or_leave_out_the_port(signed_host: str) -> None:
    check(with_headers(signed_request(host=signed_host), host="127.0.0.1:18080"))


@pytest.mark.parametrize("signed_host", ["vod.tencentcloudapi.com", "127.0.0.1:80", "example.com", ""])
def test_no_other_host_is_accepted(signed_host: str) -> None:
    error = refused(with_headers(signed_request(host=signed_host), host="127.0.0.1:18080"))
    assert error.code == FAILURE


@pytest.mark.parametrize(
    ("host", "bare"), [("LocalHost:1", "localhost"), ("[::1]:18080", "[::1]"), ("[::1]", "[::1]")]
)
def test_a_host_is_known_without_port_and_in_lower_case(host: str, bare: str) -> None:
    check(with_headers(signed_request(host=bare), host=host))


def test_an_operator_names_more_hosts() -> None:
    behind_proxy = with_headers(signed_request(host="genmux.example.com"), host="backend:18080")
    check(behind_proxy, accepted_hosts=["genmux.example.com"])
    assert refused(behind_proxy).code == FAILURE


@pytest.mark.parametrize("service", ["127", "localhost:18080", "cvm"])
def test_the_scope_may_name_any_service(service: str) -> None:
    check(signed_request(service=service))
    check(with_headers(signed_request(service=service, host="vod.tencentcloudapi.com"), host="127.0.0.1:1"))


@pytest.mark.parametrize(
    "signed_type", ["Application/JSON; Charset=UTF-8", "application/json; charset=utf-8"]
)
def test_a_content_type_may_be_signed_as_sent_or_in_lower_case(signed_type: str) -> None:
    request = signed_request(content_type=signed_type)
    check(with_headers(request, content_type="Application/JSON; Charset=UTF-8"))


@pytest.mark.parametrize("sent", ["CREATEAIGCVIDEOTASK", "createaigcvideotask"])
def test_the_action_is_signed_in_lower_case(sent: str) -> None:
    request = signed_request(signed_headers=("content-type", "host", "x-tc-action"))
    check(with_headers(request, x_tc_action=sent))


@pytest.mark.parametrize("content_type", ["application/json", "Multipart/Form-Data; boundary=aB"])
def test_the_action_may_be_signed_as_sent(content_type: str) -> None:
    names = ("content-type", "host", "x-tc-action")
    request = signed_request(signed_headers=names, content_type=content_type)
    canonical = (
        f"POST\n/\n\ncontent-type:{content_type}\nhost:127.0.0.1:18080\nx-tc-action:CreateAigcVideoTask\n\n"
        f"content-type;host;x-tc-action\n{hashlib.sha256(request.body).hexdigest()}"
    )
    scope = "2026-11-20/mps/tc3_request"
    message = f"TC3-HMAC-SHA256\n{NOW}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"TC3{PAIR.secret_key}".encode()
    for part in (*scope.split("/"), message):
        key = hmac.digest(key, part.encode(), "sha256")
    authorization = request.headers["authorization"].rpartition("=")[0]
    check(with_headers(request, authorization=f"{authorization}={key.hex()}"))


# What cannot be read


@pytest.mark.parametrize(
    "authorization",
    [
        "SKIP",
        "",
        "Bearer sk-1",
        "TC3-HMAC-SHA256",
        "TC3-HMAC-SHA256 Credential=id/2026-11-20/mps, SignedHeaders=host, Signature=a",
        "TC3-HMAC-SHA256 Credential=id/today/mps/tc3_request, SignedHeaders=host, Signature=a",
        "TC3-HMAC-SHA256 Credential=id/2026-11-20/mps/tc3_request, SignedHeaders=host, Signature=",
        "TC3-HMAC-SHA256 Credential=id/2026-11-20/mps/tc3_request, SignedHeaders=host, Signature=é",
        "TC3-HMAC-SHA1 Credential=id/2026-11-20/mps/tc3_request, SignedHeaders=host, Signature=a",
    ],
)
def test_a_garbled_authorization_is_invalid(authorization: str) -> None:
    error = refused(with_headers(signed_request(), authorization=authorization))
    assert (error.code, error.field) == (INVALID, "Authorization")


def test_a_request_without_any_signature_is_invalid() -> None:
    assert refused(SignedRequest("POST", "/", "", {}, b"{}")).code == INVALID
    assert refused(SignedRequest("GET", "/", "Action=X", {}, b"")).code == INVALID


@pytest.mark.parametrize("name", ["X-TC-Action", "X-TC-Version", "X-TC-Timestamp"])
def test_a_missing_header_is_named(name: str) -> None:
    error = refused(without_header(signed_request(), name.lower()))
    assert (error.code, error.field) == ("MissingParameter", name)


@pytest.mark.parametrize("name", ["Action", "Version", "Timestamp", "Nonce", "SecretId", "Signature"])
def test_a_missing_version_1_parameter_is_named(name: str) -> None:
    request = v1_request("GET")
    query = "&".join(pair for pair in request.query.split("&") if not pair.startswith(f"{name}="))
    error = refused(request._replace(query=query))
    assert (error.code, error.field) == ("MissingParameter", name)


@pytest.mark.parametrize("timestamp", ["soon", "-1", "1_795_170_258", "1795170258.0", "9" * 13, "١"])
def test_a_timestamp_is_whole_seconds(timestamp: str) -> None:
    error = refused(with_headers(signed_request(), x_tc_timestamp=timestamp))
    assert (error.code, error.field) == ("InvalidParameter", "X-TC-Timestamp")


def test_a_version_1_body_over_1_mb_is_refused() -> None:
    body = b"Signature=" + b"a" * (1 << 20)
    request = SignedRequest("POST", "/", "", {"content-type": tc3.FORM}, body)
    assert refused(request).code == FAILURE


def test_a_version_1_request_with_too_many_parameters_is_refused() -> None:
    request = SignedRequest("GET", "/", "a=1&" * 5000, {}, b"")
    assert refused(request).code == "InvalidParameter"


def test_the_first_of_two_equal_version_1_parameters_counts() -> None:
    request = v1_request("GET")
    claim = parse_authorization(request._replace(query=f"{request.query}&Action=DeleteMedia"))
    assert isinstance(claim, tc3.V1Claim)
    assert claim.parameters["Action"] == "CreateAigcVideoTask"


@pytest.mark.parametrize(
    ("method", "digest"), [("HmacSHA256", "sha256"), ("HmacSHA1", "sha1"), ("other", "sha1")]
)
def test_only_hmacsha256_selects_sha256(method: str, digest: str) -> None:
    request = v1_request("GET")
    query = request.query.replace("SignatureMethod=HmacSHA256", f"SignatureMethod={method}")
    claim = parse_authorization(request._replace(query=query))
    assert isinstance(claim, tc3.V1Claim)
    assert claim.digest == digest


# Secrets


def test_cached_keys_do_not_mix_secrets() -> None:
    keys = tc3.SigningKeys()
    request = signed_request()
    check(request, keys=keys)
    assert refused(request, secret_key="rotated", keys=keys).code == FAILURE
    check(request, keys=keys)
    assert len(keys) == 2


def test_the_key_cache_drops_the_oldest() -> None:
    keys = tc3.SigningKeys(capacity=2)
    first = keys.derive("id", "secret", "2026-11-20", "mps")
    second = keys.derive("id", "secret", "2026-11-20", "vod")
    assert keys.derive("id", "secret", "2026-11-20", "mps") is first
    keys.derive("id", "secret", "2026-11-21", "mps")
    assert len(keys) == 2
    assert keys.derive("id", "secret", "2026-11-20", "vod") is second
    assert keys.derive("id", "secret", "2026-11-20", "mps") is not first


def test_a_credential_does_not_print_its_secrets() -> None:
    printed = repr(Credential("AKID", "hush-secret", "hush-token"))
    assert "AKID" in printed
    assert "hush" not in printed


def test_a_token_and_a_language_travel_with_the_request() -> None:
    pair = Credential(PAIR.secret_id, PAIR.secret_key, token="tok123")
    headers = sign(
        pair,
        host="h",
        service="vod",
        action="DescribeTaskDetail",
        version="2018-07-17",
        timestamp=NOW,
        body=b"{}",
        language="en-US",
    )
    assert (headers["X-TC-Token"], headers["X-TC-Language"]) == ("tok123", "en-US")
    assert sign_v1(pair, host="h", parameters={}, timestamp=NOW, nonce=1)["Token"] == "tok123"
