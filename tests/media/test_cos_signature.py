"""COS signatures against the vectors that Tencent publishes, and everything that must be refused."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

import pytest

from genmux.testing.cos_signature import FIELDS, CosRequest, fault, sign
from genmux.testing.fake_cos import FakeCos

# The two examples of https://cloud.tencent.com/document/product/436/7778
SECRET_ID, SECRET_KEY = "AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q", "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz"
HOST = "examplebucket-1250000000.cos.ap-beijing.myqcloud.com"
UPLOAD = CosRequest(
    "PUT",
    "/exampleobject(腾讯云)",
    headers={
        "date": "Thu, 16 May 2019 06:45:51 GMT",
        "host": HOST,
        "content-type": "text/plain",
        "content-length": "13",
        "content-md5": "mQ/fVh815F3k6TAUm8m0eg==",
        "x-cos-acl": "private",
        "x-cos-grant-read": 'uin="100000000011"',
    },
)
UPLOAD_TIME = "1557989151;1557996351"
DOWNLOAD = CosRequest(
    "GET",
    "/exampleobject(腾讯云)",
    params={"response-content-type": "application/octet-stream", "response-cache-control": "max-age=600"},
    headers={"date": "Thu, 16 May 2019 06:55:53 GMT", "host": HOST},
)
DOWNLOAD_TIME = "1557989753;1557996953"
SECRETS = {SECRET_ID: SECRET_KEY}
NOW = 1557990000


def signed(request: CosRequest, key_time: str) -> dict[str, str]:
    return sign(
        request,
        SECRET_ID,
        SECRET_KEY,
        key_time,
        header_names=request.headers,
        param_names=request.params,
    )


def with_header(request: CosRequest, said: Mapping[str, str]) -> CosRequest:
    authorization = "&".join(f"{name}={value}" for name, value in said.items())
    return replace(request, headers={**request.headers, "authorization": authorization})


@pytest.mark.parametrize(
    ("request_", "key_time", "signature", "header_list", "param_list"),
    [
        (
            UPLOAD,
            UPLOAD_TIME,
            "3b8851a11a569213c17ba8fa7dcf2abec6935172",
            "content-length;content-md5;content-type;date;host;x-cos-acl;x-cos-grant-read",
            "",
        ),
        (
            DOWNLOAD,
            DOWNLOAD_TIME,
            "01681b8c9d798a678e43b685a9f1bba0f6c0e012",
            "date;host",
            "response-cache-control;response-content-type",
        ),
    ],
)
def test_the_published_examples(
    request_: CosRequest, key_time: str, signature: str, header_list: str, param_list: str
) -> None:
    said = signed(request_, key_time)
    assert said["q-signature"] == signature
    assert (said["q-header-list"], said["q-url-param-list"]) == (header_list, param_list)
    assert fault(with_header(request_, said), SECRETS, NOW) == ""


def test_a_presigned_url_carries_the_fields_as_parameters() -> None:
    said = sign(DOWNLOAD, SECRET_ID, SECRET_KEY, DOWNLOAD_TIME, param_names=DOWNLOAD.params)
    presigned = replace(DOWNLOAD, params={**DOWNLOAD.params, **said}, headers={})
    assert fault(presigned, SECRETS, NOW) == ""
    overridden = {**presigned.params, "response-content-type": "text/html"}
    assert fault(replace(presigned, params=overridden), SECRETS, NOW) == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"path": "/exampleobject(腾讯)"}, "SignatureDoesNotMatch"),
        ({"path": quote(UPLOAD.path)}, "SignatureDoesNotMatch"),
        ({"method": "GET"}, "SignatureDoesNotMatch"),
        ({"headers": {**UPLOAD.headers, "x-cos-acl": "public-read"}}, "SignatureDoesNotMatch"),
        ({"headers": {"host": HOST}}, "SignatureDoesNotMatch"),
    ],
)
def test_another_request_is_refused(changed: dict[str, object], code: str) -> None:
    other = replace(UPLOAD, **changed)  # type: ignore[arg-type]
    assert fault(with_header(other, signed(UPLOAD, UPLOAD_TIME)), SECRETS, NOW) == code


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("q-signature", "0" * 40, "SignatureDoesNotMatch"),
        ("q-header-list", "", "SignatureDoesNotMatch"),
        ("q-header-list", "host;date", "SignatureDoesNotMatch"),
        ("q-url-param-list", "acl", "SignatureDoesNotMatch"),
        ("q-ak", "AKIDSOMEBODY", "InvalidAccessKeyId"),
        ("q-sign-algorithm", "md5", "AccessDenied"),
        ("q-sign-time", "1557989151;1657996351", "AccessDenied"),
        ("q-sign-time", "", "AccessDenied"),
    ],
)
def test_another_signature_is_refused(field: str, value: str, code: str) -> None:
    said = {**signed(UPLOAD, UPLOAD_TIME), field: value}
    assert fault(with_header(UPLOAD, said), SECRETS, NOW) == code


@pytest.mark.parametrize("missing", FIELDS)
def test_every_field_is_needed(missing: str) -> None:
    said = signed(UPLOAD, UPLOAD_TIME)
    del said[missing]
    assert fault(with_header(UPLOAD, said), SECRETS, NOW) == "AccessDenied"


@pytest.mark.parametrize("now", [1557989151, 1557996351])
def test_it_holds_within_its_time(now: int) -> None:
    assert fault(with_header(UPLOAD, signed(UPLOAD, UPLOAD_TIME)), SECRETS, now) == ""


@pytest.mark.parametrize("now", [1557989150, 1557996352])
def test_it_does_not_hold_outside_its_time(now: int) -> None:
    said = with_header(UPLOAD, signed(UPLOAD, UPLOAD_TIME))
    assert fault(said, SECRETS, now) == "RequestTimeTooSkewed"


def test_a_wrong_key_is_refused() -> None:
    said = with_header(UPLOAD, signed(UPLOAD, UPLOAD_TIME))
    assert fault(said, {SECRET_ID: "guess"}, NOW) == "SignatureDoesNotMatch"
    assert fault(UPLOAD, SECRETS, NOW) == "AccessDenied"


def test_the_server_checks_what_comes_over_its_socket() -> None:
    with FakeCos(SECRETS, clock=lambda: NOW) as cos:
        target = "http://examplebucket-1250000000.cos.test" + quote("/腾 讯+云.png")
        put = CosRequest("PUT", "/腾 讯+云.png", headers={"content-type": "image/png"})
        said = sign(put, SECRET_ID, SECRET_KEY, UPLOAD_TIME, header_names=["content-type"])
        header = "&".join(f"{name}={value}" for name, value in said.items())
        headers = {"content-type": "image/png", "authorization": header}
        request = urllib.request.Request(target, b"bytes", headers, method="PUT")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": cos.proxy_url}))
        opener.open(request, timeout=10).close()
        stored = cos.objects["examplebucket-1250000000", "腾 讯+云.png"]
        assert (stored.data, stored.headers) == (b"bytes", {"content-type": "image/png"})
        assert cos.refusals == []
