"""Garbage of every kind gets the right code in the platform's envelope, and creates nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from tests.e2e.serving import IMAGE, SMALL_PICTURE, VERSION, VIDEO, Client, Running, send

from genmux.domain.ids import new_task_id
from genmux.domain.spec import Kind
from genmux.wires.mps_tasks import render_task_id
from genmux.wires.tencent import actions

DESCRIBE_IMAGE, DESCRIBE_VIDEO = "DescribeAigcImageTask", "DescribeAigcVideoTask"
INVALID, VALUE = "InvalidParameter", "InvalidParameterValue"
UNKNOWN, MISSING = "UnknownParameter", "MissingParameter"
MODEL, URL = "InvalidParameter.ModelNotSupported", "InvalidParameter.InvalidUrl"
UNSUPPORTED, NO_TASK = "UnsupportedOperation", "ResourceNotFound.TaskNotFound"


class Case(NamedTuple):
    """A body, the code it gets, and what the message must name."""

    action: str
    body: Any
    code: str
    said: tuple[str, ...] = ()


def film(**fields: Any) -> dict[str, Any]:
    return {"ModelName": "Kling", "ModelVersion": "3.0", "Prompt": "a cat", **fields}


CASES = {
    # The body itself.
    "bad JSON": Case(IMAGE, b'{"Prompt": "a', INVALID, ("JSON",)),
    "two objects": Case(IMAGE, b'{"Prompt":"a"}{"Prompt":"b"}', INVALID, ("JSON",)),
    "a trailing comma": Case(IMAGE, b'{"Prompt":"a",}', INVALID, ("JSON",)),
    "deep lists": Case(IMAGE, b"[" * 100_000, INVALID),
    "deep objects": Case(IMAGE, b'{"Prompt":' * 50_000, INVALID),
    "a deep unknown value": Case(IMAGE, b'{"X":' + b"[" * 900 + b"]" * 900 + b"}", UNKNOWN, ("`X`",)),
    "invalid UTF-8": Case(IMAGE, b'{"Prompt":"\xff\xfe"}', INVALID),
    "UTF-16": Case(IMAGE, '{"Prompt":"a"}'.encode("utf-16"), INVALID),
    "a lone surrogate": Case(IMAGE, b'{"Prompt":"\\ud800"}', INVALID),
    "NaN": Case(VIDEO, b'{"Prompt":"a","Duration":NaN}', INVALID),
    "infinity": Case(VIDEO, b'{"Prompt":"a","Duration":1e999}', INVALID, ("out of range",)),
    "a list": Case(IMAGE, [], INVALID, ("object",)),
    "a text": Case(IMAGE, "hello", INVALID, ("object",)),
    "null": Case(IMAGE, None, INVALID, ("object",)),
    "a control character": Case(IMAGE, b'{"Prompt":"a\x00b"}', INVALID),
    # Types and names.
    "a number for text": Case(IMAGE, {"Prompt": 5}, INVALID, ("`Prompt`", "`string`")),
    "an object for text": Case(IMAGE, {"Prompt": {"en": "a"}}, INVALID, ("`Prompt`", "`string`")),
    "a text for bool": Case(IMAGE, {"Prompt": "a", "EnhancePrompt": "yes"}, INVALID, ("`EnhancePrompt`",)),
    "a float for int": Case(VIDEO, film(Duration=5.5), INVALID, ("`Duration`",)),
    "a round float for int": Case(VIDEO, film(Duration=5.0), INVALID, ("`Duration`",)),
    "a bool for int": Case(VIDEO, film(Duration=True), INVALID, ("`Duration`",)),
    "a huge int": Case(VIDEO, film(Duration=2**63), INVALID, ("`Duration`",)),
    "a text for object": Case(VIDEO, film(ExtraParameters="720P"), INVALID, ("`ExtraParameters`",)),
    "an object for list": Case(VIDEO, film(ImageInfos={"0": {}}), INVALID, ("`ImageInfos`",)),
    "a text in a list": Case(VIDEO, film(ImageInfos=["u"]), INVALID, ("`ImageInfos.0`",)),
    "a deep wrong type": Case(
        VIDEO,
        film(ImageInfos=[{"ImageUrl": "https://example.com/a.png"}, {"ImageUrl": 7}]),
        INVALID,
        ("`ImageInfos.1.ImageUrl`", "`string`"),
    ),
    "an unknown parameter": Case(IMAGE, {"Prompt": "a", "prompt": "b"}, UNKNOWN, ("`prompt`",)),
    "an unknown nested one": Case(
        VIDEO, film(ExtraParameters={"Fps": 24}), UNKNOWN, ("`ExtraParameters.Fps`",)
    ),
    "an unknown one in a list": Case(
        VIDEO, film(ImageInfos=[{"ImageURL": "https://example.com/a"}]), UNKNOWN, ("`ImageInfos.0.ImageURL`",)
    ),
    "a field of the other action": Case(IMAGE, {"Prompt": "a", "Duration": 5}, UNKNOWN, ("`Duration`",)),
    "a VOD field": Case(VIDEO, film(SubAppId=1), UNKNOWN, ("`SubAppId`",)),
    "a reference without URL": Case(VIDEO, film(ImageInfos=[{}]), MISSING, ("`ImageInfos.0.ImageUrl`",)),
    "no TaskId": Case(DESCRIBE_VIDEO, {}, MISSING, ("`TaskId`",)),
    "an empty TaskId": Case(DESCRIBE_IMAGE, {"TaskId": ""}, MISSING, ("`TaskId`",)),
    # What no model makes.
    "no prompt, no picture": Case(VIDEO, {}, MISSING, ("`Prompt`",)),
    "no prompt at all": Case(IMAGE, b"", MISSING, ("`Prompt`",)),
    "an unknown model": Case(VIDEO, film(ModelName="Klingg"), MODEL, ("Kling",)),
    "another product's model": Case(IMAGE, {"ModelName": "Sora", "Prompt": "a"}, MODEL, ("Sora",)),
    "an unknown version": Case(VIDEO, film(ModelVersion="9.9"), MODEL, ("9.9", "3.0")),
    "a version alone": Case(VIDEO, {"ModelVersion": "3.0", "Prompt": "a"}, MISSING, ("`ModelName`",)),
    "no seconds": Case(VIDEO, film(Duration=0), VALUE, ("`Duration`",)),
    "negative seconds": Case(VIDEO, film(Duration=-5), VALUE, ("`Duration`",)),
    "too many seconds": Case(VIDEO, film(Duration=16), VALUE, ("`Duration`", "15")),
    "a day": Case(VIDEO, film(Duration=86_400), VALUE, ("`Duration`",)),
    "milliseconds": Case(VIDEO, film(Duration=5000), VALUE, ("`Duration`",)),
    "a bad ratio": Case(VIDEO, film(ExtraParameters={"AspectRatio": "wide"}), VALUE, ("AspectRatio",)),
    "a zero ratio": Case(VIDEO, film(ExtraParameters={"AspectRatio": "16:0"}), VALUE, ("AspectRatio",)),
    "a ratio nobody has": Case(VIDEO, film(ExtraParameters={"AspectRatio": "5:17"}), VALUE, ("AspectRatio",)),
    "a bad resolution": Case(VIDEO, film(ExtraParameters={"Resolution": "full HD"}), VALUE, ("Resolution",)),
    "a huge resolution": Case(VIDEO, film(ExtraParameters={"Resolution": "9999P"}), VALUE, ("Resolution",)),
    "9K": Case(VIDEO, film(ExtraParameters={"Resolution": "9K"}), VALUE, ("Resolution",)),
    "a logo of 2": Case(VIDEO, film(ExtraParameters={"LogoAdd": 2}), VALUE, ("LogoAdd",)),
    "no pictures": Case(IMAGE, {"Prompt": "a", "OutputImageCount": 0}, VALUE, ("OutputImageCount",)),
    "a million pictures": Case(
        IMAGE, {"Prompt": "a", "OutputImageCount": 10**6}, VALUE, ("OutputImageCount",)
    ),
    "a GIF wanted": Case(
        IMAGE, {"Prompt": "a", "ExtraParameters": {"OutputFormat": "gif"}}, VALUE, ("OutputFormat",)
    ),
    "options that are no JSON": Case(
        IMAGE, {"Prompt": "a", "AdditionalParameters": "size=1"}, VALUE, ("AdditionalParameters",)
    ),
    "deep options": Case(
        IMAGE,
        {"Prompt": "a", "AdditionalParameters": '{"a":' * 5000 + "1" + "}" * 5000},
        VALUE,
        ("AdditionalParameters",),
    ),
    "a size of 1": Case(
        IMAGE,
        {"Prompt": "a", "AdditionalParameters": '{"size":"1x1"}'},
        VALUE,
        ("AdditionalParameters.size",),
    ),
    "a size of 99999": Case(
        IMAGE,
        {"Prompt": "a", "AdditionalParameters": '{"size":"99999x99999"}'},
        VALUE,
        ("AdditionalParameters.size",),
    ),
    "2,001 letters": Case(VIDEO, film(Prompt="a" * 2001), VALUE, ("`Prompt`", "2000")),
    "2,001 Chinese letters": Case(VIDEO, film(Prompt="猫" * 2001), VALUE, ("`Prompt`", "2000")),
    "2,001 emoji": Case(VIDEO, film(Prompt="🐈" * 2001), VALUE, ("`Prompt`", "2000")),
    "1,001 letters": Case(IMAGE, {"Prompt": "a" * 1001}, VALUE, ("`Prompt`", "1000")),
    "1,001 Chinese letters": Case(IMAGE, {"Prompt": "猫" * 1001}, VALUE, ("`Prompt`", "1000")),
    "a 3D scene": Case(
        VIDEO, {"ModelName": "Hunyuan", "Prompt": "a", "SceneType": "3d_scene"}, UNSUPPORTED, ("3d_scene",)
    ),
    "a 3D panorama": Case(
        IMAGE,
        {"ModelName": "Hunyuan", "Prompt": "a", "SceneType": "3d_panorama"},
        UNSUPPORTED,
        ("3d_panorama",),
    ),
    # Where the result is to go.
    "an unknown bucket": Case(
        IMAGE,
        {"Prompt": "a", "StoreCosParam": {"CosBucketName": "nobodys-1", "CosBucketRegion": "ap-guangzhou"}},
        VALUE,
        ("`StoreCosParam`", "nobodys-1"),
    ),
    "a bucket without region": Case(
        IMAGE,
        {"Prompt": "a", "StoreCosParam": {"CosBucketName": "results-1300000000"}},
        MISSING,
        ("`StoreCosParam.CosBucketRegion`",),
    ),
    # Tasks that are not there.
    "a garbage TaskId": Case(DESCRIBE_VIDEO, {"TaskId": "'; DROP TABLE tasks; --"}, NO_TASK),
    "the TaskId of the guide": Case(
        DESCRIBE_VIDEO, {"TaskId": "4-AigcVideo-c3b145ec76xxxx94ac55b9e63be17d"}, NO_TASK
    ),
    "a numeric TaskId": Case(DESCRIBE_IMAGE, {"TaskId": "2147483790"}, NO_TASK),
    "a number as TaskId": Case(DESCRIBE_IMAGE, {"TaskId": 2147483790}, INVALID, ("`TaskId`", "`string`")),
    "a TaskId in capitals": Case(DESCRIBE_IMAGE, {"TaskId": "4-AigcImage-" + "AB" * 16}, NO_TASK),
    "a TaskId of nobody": Case(
        DESCRIBE_IMAGE, {"TaskId": render_task_id(Kind.IMAGE, new_task_id())}, NO_TASK
    ),
    "a TaskId of a megabyte": Case(DESCRIBE_IMAGE, {"TaskId": "4-AigcImage-" + "a" * 10**6}, NO_TASK),
    # Actions.
    "an invented action": Case("CreateEverything", {}, "InvalidAction"),
    "the action in small letters": Case(IMAGE.lower(), {}, "InvalidAction"),
}


@pytest.fixture(autouse=True)
def nothing_is_created(running: Running, picture_url: str) -> Iterator[None]:
    """The server holds the same tasks after each test as before it; `picture_url` made the first."""
    assert picture_url
    before = running.newest()
    yield
    assert running.newest() == before


@pytest.mark.parametrize("name", CASES)
def test_garbage_gets_its_code(client: Client, name: str) -> None:
    case = CASES[name]
    code, message = client.refusal(case.action, case.body)
    assert code == case.code, message
    assert len(message) < 2000
    sentences = [part for part in re.split(r"(?<=\.) ", message) if part]
    assert len(sentences) == len(set(sentences)), f"said twice: {message}"
    for said in case.said:
        assert said in message


@pytest.mark.parametrize("name", CASES)
def test_garbage_is_answered_in_chinese(client: Client, name: str) -> None:
    case = CASES[name]
    code, message = client.refusal(case.action, case.body, language="zh-CN")
    assert code == case.code, message
    assert re.search("[\u4e00-\u9fff]", message), message
    sentences = [part for part in re.split("[。]", message) if part]
    assert len(sentences) == len(set(sentences)), f"said twice: {message}"


PRIVATE_URLS = (
    "http://127.0.0.1/a.png",
    "http://127.0.0.1:8080/a.png",
    "https://localhost/a.png",
    "http://LOCALHOST./a.png",
    "http://a.localhost/a.png",
    "http://0.0.0.0/a.png",
    "http://0/a.png",
    "http://127.1/a.png",
    "http://2130706433/a.png",
    "http://0x7f000001/a.png",
    "http://0x7f.0.0.1/a.png",
    "http://0177.0.0.1/a.png",
    "http://017700000001/a.png",
    "http://127.0.0.1./a.png",
    "http://①②⑦.⓪.⓪.①/a.png",
    "http://127。0。0。1/a.png",
    "http://%31%32%37.0.0.1/a.png",
    "http://10.0.0.1/a.png",
    "http://172.16.0.1/a.png",
    "http://192.168.1.1/a.png",
    "http://100.64.0.1/a.png",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/a.png",
    "http://[0:0:0:0:0:0:0:1]/a.png",
    "http://[::]/a.png",
    "http://[::ffff:127.0.0.1]/a.png",
    "http://[::ffff:7f00:1]/a.png",
    "http://[64:ff9b::7f00:1]/a.png",
    "http://[2002:7f00:1::]/a.png",
    "http://[fe80::1%25eth0]/a.png",
    "http://[fc00::1]/a.png",
    "http://metadata.google.internal/a.png",
    "http://router.lan/a.png",
    "http://example.com@127.0.0.1/a.png",
    "http://127.0.0.1\\@example.com/a.png",
    "http://example.com:22/a.png",
)
NONSENSE_URLS = (
    "file:///etc/passwd",
    "ftp://example.com/a.png",
    "gopher://127.0.0.1:25/_HELO",
    "javascript:alert(1)",
    "//example.com/a.png",
    "/etc/passwd",
    "a.png",
    "http://",
    "http:///a.png",
    "http://exa mple.com/a.png",
    "http://example.com:0/a.png",
    "http://example.com:99999/a.png",
    "http://[::1/a.png",
    "https://example.com/" + "a" * 3000,
    " ",
)


@pytest.mark.parametrize("url", [*PRIVATE_URLS, *NONSENSE_URLS], ids=lambda url: url[:40])
@pytest.mark.parametrize("place", ["ImageUrl", "LastImageUrl", "ImageInfos.0.ImageUrl"])
def test_a_url_that_must_not_be_asked_is_refused_at_create(client: Client, place: str, url: str) -> None:
    body = film()
    if place.startswith("ImageInfos"):
        body["ModelName"], body["ModelVersion"] = "Vidu", "q2"
        body["ImageInfos"] = [{"ImageUrl": url}]
    else:
        body["ImageUrl"] = "https://example.com/first.png"
        body[place] = url
    code, message = client.refusal(VIDEO, body)
    assert code == URL, message
    assert place in message


@pytest.mark.parametrize("url", ["http://127.0.0.1/a", "http://[::ffff:10.0.0.1]/a", "file:///etc/passwd"])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("VideoInfos.0.VideoUrl", {"ModelName": "Kling", "ModelVersion": "O1"}),
        ("AudioInfos.0.AudioUrl", {"ModelName": "Kling", "ModelVersion": "2.6"}),
        ("SubjectInfos.0.ImageUrls.0", {"ModelName": "Vidu", "ModelVersion": "q2"}),
        ("SubjectInfos.0.VideoUrls.0", {"ModelName": "Vidu", "ModelVersion": "q2-pro"}),
    ],
)
def test_films_and_sounds_too(client: Client, path: str, said: dict[str, str], url: str) -> None:
    name, _, field = path.split(".", 2)
    item = {field: url} if field.endswith("Url") else {"Id": "cat", field.split(".")[0]: [url]}
    code, message = client.refusal(VIDEO, {**said, "Prompt": "a", name: [item]})
    assert code == URL, message
    assert f"`{path}`" in message


def test_somebody_elses_task_looks_like_none(running: Running, client: Client, picture_url: str) -> None:
    hex_id = picture_url.split("/files/")[1][:32]
    mine = f"4-AigcImage-{hex_id}"
    assert client.describe(mine)["Status"] == "DONE"
    stranger = running.new_client("somebody else")
    theirs = stranger.refusal(DESCRIBE_IMAGE, {"TaskId": mine})
    nobodys = stranger.refusal(DESCRIBE_IMAGE, {"TaskId": render_task_id(Kind.IMAGE, new_task_id())})
    assert theirs == nobodys
    assert theirs[0] == NO_TASK


def test_a_task_is_of_one_kind(client: Client, picture_url: str) -> None:
    hex_id = picture_url.split("/files/")[1][:32]
    for action, word in (
        (DESCRIBE_VIDEO, "AigcImage"),
        (DESCRIBE_VIDEO, "AigcVideo"),
        (DESCRIBE_IMAGE, "AigcVideo"),
    ):
        assert client.refusal(action, {"TaskId": f"4-{word}-{hex_id}"})[0] == NO_TASK


# ------------------------------------------------------------ names of actions


def test_every_action_of_the_product_that_is_not_served_says_so(client: Client) -> None:
    served = {IMAGE, VIDEO, DESCRIBE_IMAGE, DESCRIBE_VIDEO}
    assert served < actions()[VERSION]
    for action in sorted(actions()[VERSION] - served):
        code, message = client.refusal(action, {})
        assert (code, action in message) == (UNSUPPORTED, True)


@pytest.mark.parametrize(
    ("version", "action", "code"),
    [
        ("2018-07-17", "CreateAigcAudioTask", UNSUPPORTED),
        ("2018-07-17", "CreateNothing", "InvalidAction"),
        ("2017-03-12", "DescribeInstances", "NoSuchVersion"),
        ("2019-06-13", IMAGE, "NoSuchVersion"),
        ("latest", IMAGE, "NoSuchVersion"),
    ],
)
def test_versions(client: Client, version: str, action: str, code: str) -> None:
    assert client.refusal(action, {}, version=version)[0] == code


@pytest.mark.parametrize("header", ["X-TC-Action", "X-TC-Version", "X-TC-Timestamp"])
def test_missing_headers_are_missing_parameters(client: Client, header: str) -> None:
    body = json.dumps(SMALL_PICTURE).encode()
    headers = client.sign(IMAGE, body)
    del headers[header]
    answer = send(client.address, "POST", "/", tuple(headers.items()), body).envelope()
    assert answer["Error"]["Code"] == MISSING


# ------------------------------------------------------------ who


def signed(client: Client, **changes: str | None) -> tuple[tuple[str, str], ...]:
    headers = {**client.sign(IMAGE, b"{}"), **changes}
    return tuple((name, value) for name, value in headers.items() if value is not None)


def code_of(client: Client, headers: tuple[tuple[str, str], ...], body: bytes = b"{}") -> str:
    code: str = send(client.address, "POST", "/", headers, body).envelope()["Error"]["Code"]
    return code


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "SKIP",
        "Bearer {token}",
        "Basic YTpi",
        "TC3-HMAC-SHA256",
        "TC3-HMAC-SHA256 Credential=, SignedHeaders=, Signature=",
        "TC3-HMAC-SHA256 Credential={id}/2026-01-01/mps/tc3_request",
        "TC3-HMAC-SHA512 Credential={id}/2026-01-01/mps/tc3_request, SignedHeaders=host, Signature=aa",
        "TC3-HMAC-SHA256 " + "A" * 10_000,
    ],
)
def test_without_a_signature_nothing_is_done(client: Client, authorization: str | None) -> None:
    said = authorization and authorization.format(id=client.secret_id, token=client.token)
    assert code_of(client, signed(client, Authorization=said)) == "AuthFailure.InvalidAuthorization"


def test_signatures_that_prove_nothing(client: Client) -> None:
    right = client.sign(IMAGE, b"{}")["Authorization"]
    fake = Client(client.address, client.secret_id, "x" * 32)
    assert fake.refusal(IMAGE, SMALL_PICTURE)[0] == "AuthFailure.SignatureFailure"
    assert code_of(client, signed(client), b'{"Prompt":"changed"}') == "AuthFailure.SignatureFailure"
    cut = right.replace("SignedHeaders=content-type;host", "SignedHeaders=host")
    assert code_of(client, signed(client, Authorization=cut)) == "AuthFailure.SignatureFailure"
    assert code_of(client, signed(client, Authorization=right[:-4])) == "AuthFailure.SignatureFailure"
    assert code_of(client, signed(client, Authorization=right[:-1] + "é")) in (
        "AuthFailure.SignatureFailure",
        "AuthFailure.InvalidAuthorization",
    )
    moved = signed(client, **{"Content-Type": "text/plain"})
    assert code_of(client, moved) == "AuthFailure.SignatureFailure"
    nobody = Client(client.address, "AKID" + "n" * 32, client.secret_key)
    assert nobody.refusal(IMAGE, {})[0] == "AuthFailure.SecretIdNotFound"
    shapeless = Client(client.address, "admin", client.secret_key)
    assert shapeless.refusal(IMAGE, {})[0] == "AuthFailure.InvalidSecretId"


@pytest.mark.parametrize("seconds", [-301, 301, 10**6, -(10**6)])
def test_old_and_early_signatures_expire(client: Client, seconds: int) -> None:
    code, _ = client.refusal(IMAGE, {}, timestamp=int(time.time()) + seconds)
    assert code == "AuthFailure.SignatureExpire"


@pytest.mark.parametrize("stamp", ["soon", "1e9", "-5", "9" * 30])
def test_a_timestamp_is_a_whole_number(client: Client, stamp: str) -> None:
    assert code_of(client, signed(client, **{"X-TC-Timestamp": stamp})) == INVALID


def test_a_token_is_ignored_and_grants_nothing(client: Client, picture_url: str) -> None:
    hex_id = picture_url.split("/files/")[1][:32]
    body = {"TaskId": f"4-AigcImage-{hex_id}"}
    extra = (("X-TC-Token", "whatever"),)
    assert client.call(DESCRIBE_IMAGE, body, extra=extra)["Status"] == "DONE"
    fake = Client(client.address, client.secret_id, "x" * 32)
    assert fake.refusal(DESCRIBE_IMAGE, body, extra=extra)[0] == "AuthFailure.SignatureFailure"
    without = (("Authorization", "SKIP"), *extra)
    headers = tuple(h for h in client.sign(DESCRIBE_IMAGE, b"{}").items() if h[0] != "Authorization")
    answer = send(client.address, "POST", "/", (*headers, *without), b"{}").envelope()
    assert answer["Error"]["Code"] == "AuthFailure.InvalidAuthorization"


def test_the_first_of_two_equal_headers_counts(client: Client) -> None:
    body = b'{"TaskId":"x"}'
    headers = tuple(client.sign(DESCRIBE_IMAGE, body).items())
    twice = (*headers, ("X-TC-Action", IMAGE), ("Authorization", "SKIP"), ("X-TC-Version", "2018-07-17"))
    assert send(client.address, "POST", "/", twice, body).envelope()["Error"]["Code"] == NO_TASK
    first = (("Authorization", "SKIP"), *headers)
    answer = send(client.address, "POST", "/", first, body).envelope()
    assert answer["Error"]["Code"] == "AuthFailure.InvalidAuthorization"


# ------------------------------------------------------------ how


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_get_and_post(client: Client, method: str) -> None:
    headers = tuple(client.sign(IMAGE, b"{}", method=method).items())
    answer = send(client.address, method, "/", headers).envelope()
    assert answer["Error"]["Code"] == "UnsupportedProtocol"


def test_multipart_is_refused(client: Client) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="Prompt"\r\n\r\na\r\n--b--\r\n'
    code, _ = client.refusal(IMAGE, body, content_type="multipart/form-data; boundary=b")
    assert code == "InvalidRequest"


def test_a_body_over_ten_megabytes_is_refused(client: Client) -> None:
    fits = json.dumps({"TaskId": ""}).encode().ljust(10 * 1024 * 1024)
    assert client.refusal(DESCRIBE_IMAGE, fits)[0] == MISSING
    assert client.refusal(DESCRIBE_IMAGE, fits + b" ")[0] == "RequestSizeLimitExceeded"


def test_a_get_over_32_kilobytes_is_refused(client: Client) -> None:
    def asked(length: int) -> str:
        query = "TaskId=".ljust(length, "x")
        headers = client.sign(DESCRIBE_IMAGE, b"", method="GET", query=query)
        answer = send(client.address, "GET", f"/?{query}", tuple(headers.items())).envelope()
        code: str = answer["Error"]["Code"]
        return code

    assert asked(32 * 1024) == NO_TASK
    assert asked(32 * 1024 + 1) == "RequestSizeLimitExceeded"


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("ImageInfos.1.ImageUrl=" + quote("https://example.com/a"), INVALID, "ImageInfos.1"),
        ("ImageInfos=x", INVALID, "ImageInfos"),
        ("Prompt.0=x", INVALID, "Prompt"),
        ("Duration=five", INVALID, "Duration"),
        ("Duration=5.0", INVALID, "Duration"),
        ("ExtraParameters.EnableAudio=yes", INVALID, "ExtraParameters.EnableAudio"),
        ("ExtraParameters.Nothing=1", UNKNOWN, "ExtraParameters.Nothing"),
        ("Prompt=%FF%FE%ZZ&Duration=0", VALUE, "Duration"),
        ("A.B.C.D.E.F.G.H.I.J.K.L.M.N.O.P.Q.R.S.T=1", UNKNOWN, "A"),
    ],
)
def test_hostile_flat_names(client: Client, query: str, code: str, said: str) -> None:
    headers = client.sign(VIDEO, b"", method="GET", query=query)
    error = send(client.address, "GET", f"/?{query}", tuple(headers.items())).envelope()["Error"]
    assert error["Code"] == code
    assert said in error["Message"]


def test_messages_come_in_the_language_asked_for(client: Client) -> None:
    body = {"Prompt": 5}
    english = "The value type of parameter `Prompt` is not valid, input type should be `string`."
    chinese = "参数 `Prompt` 的类型错误，应为 `string` 类型。"
    assert client.refusal(IMAGE, body) == (INVALID, english)
    assert client.refusal(IMAGE, body, language="en-US") == (INVALID, english)
    assert client.refusal(IMAGE, body, language="zh-CN") == (INVALID, chinese)
    assert client.refusal(IMAGE, body, language="tlh") == (INVALID, english)


def test_the_host_may_be_the_platforms_own(client: Client) -> None:
    for host in ("mps.tencentcloudapi.com", "mps.intl.tencentcloudapi.com"):
        assert client.refusal(DESCRIBE_IMAGE, {"TaskId": "x"}, host=host)[0] == NO_TASK
    assert client.refusal(IMAGE, {}, host="evil.example.com")[0] == MISSING


@pytest.mark.parametrize(
    "path", ["/nothing", "/api/v2/tasks", "/files/../../etc/passwd", "/files/", "/admin"]
)
def test_other_paths_are_not_server_errors(client: Client, path: str) -> None:
    for method in ("GET", "POST"):
        assert 400 <= send(client.address, method, path).status < 500


def test_only_its_signature_makes_a_url_ours(client: Client, picture_url: str) -> None:
    """With one letter changed it is a private URL like any other."""
    forged = picture_url[:-1] + ("A" if picture_url[-1] != "A" else "B")
    assert client.refusal(VIDEO, film(ImageUrl=forged))[0] == URL
