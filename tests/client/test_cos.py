"""Local inputs at MPS by way of a bucket: signatures as COS checks them, and URLs that anybody can open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from msgspec.structs import replace
from tests.client.worlds import EPOCH, FILM, Account, World, body_of

from genmux.client.cos import EARLY_SECONDS, LEND_SECONDS, PUT_SECONDS, CosBucket
from genmux.client.effects import Answer, Call
from genmux.client.endpoint import FromFile, FromUrl, Given, Order
from genmux.client.errors import Unreachable
from genmux.domain.spec import Reference, Role
from genmux.testing.cos_signature import CosRequest, fault
from genmux.testing.fake_cos import FakeCos
from genmux.wires.tc3 import Credential

SECRETS = {"AKIDcos": "secret"}
BUCKET = CosBucket(Credential("AKIDcos", "secret"), "in-125", "ap-guangzhou")
HOST = "in-125.cos.ap-guangzhou.myqcloud.com"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
SPEC = replace(FILM, references=(Reference(role=Role.FIRST_FRAME, source="#0"),))


def request_of(call: Call) -> CosRequest:
    parts = urlsplit(call.url)
    headers = {name.lower(): value for name, value in call.headers} | {"host": parts.netloc}
    pairs = (part.partition("=") for part in parts.query.split("&") if part)
    params = {unquote(name): unquote(value) for name, _, value in pairs}
    return CosRequest(call.method, unquote(parts.path), params, headers)


@pytest.fixture
def cos() -> Iterator[FakeCos]:
    with FakeCos(SECRETS, clock=lambda: int(EPOCH)) as fake:
        yield fake


def world(cos: FakeCos) -> World:
    place = World()
    account = Account(place, "mps")

    def answer(call: Call) -> Answer | Exception:
        if call.method != "PUT":
            return account(call)
        assert urlsplit(call.url).netloc == HOST
        told = cos.answer("in-125", request_of(call), call.body)
        return Answer(told.status, {}, told.body)

    place.platform = answer
    return place


@pytest.mark.parametrize("source", [Given(PNG, "image/png"), FromFile(Path("cat.png")), FromUrl("data:,")])
def test_an_input_is_put_into_the_bucket_and_lent(cos: FakeCos, source: Given | FromFile | FromUrl) -> None:
    place = world(cos)
    place.files = {"cat.png": PNG}
    if isinstance(source, FromUrl):
        source = FromUrl("data:image/png,%89PNG%0D%0A%1A%0A" + "%00" * 64)
    place.run(place.mps(bucket=BUCKET).create(Order(SPEC, (source,), ("first_frame",))))

    ((bucket, key),) = cos.objects
    assert bucket == "in-125"
    assert cos.objects[bucket, key].data == PNG
    assert cos.objects[bucket, key].headers["content-type"] == "image/png"
    url = body_of(place.calls[-1][1])["ImageUrl"]
    opened = request_of(Call("GET", url))
    assert fault(opened, SECRETS, int(EPOCH + LEND_SECONDS)) == ""
    assert cos.answer("in-125", opened, b"").body == PNG


def test_the_same_bytes_are_stored_once(cos: FakeCos) -> None:
    place = world(cos)
    for _ in range(2):
        order = Order(SPEC, (Given(PNG, "image/png"),), ("first_frame",))
        place.run(place.mps(bucket=BUCKET).create(order))
    assert len(cos.objects) == 1


def test_a_busy_bucket_is_asked_again_and_a_refusal_is_told(cos: FakeCos) -> None:
    place = world(cos)
    order = Order(SPEC, (Given(PNG, "image/png"),), ("first_frame",))
    cos.busy = 2
    place.run(place.mps(bucket=BUCKET).create(order))
    assert len(cos.objects) == 1

    cos.secrets = {}
    with pytest.raises(Unreachable, match="in-125: COS answered 403 InvalidAccessKeyId") as told:
        place.run(place.mps(bucket=BUCKET).create(order))
    assert told.value.field == "first_frame"


@pytest.mark.parametrize(
    ("at", "code"),
    [(-EARLY_SECONDS - 1, "RequestTimeTooSkewed"), (0, ""), (PUT_SECONDS + 1, "RequestTimeTooSkewed")],
)
def test_a_put_is_signed_for_ten_minutes(at: int, code: str) -> None:
    call = BUCKET.put("a/b c.png", PNG, "image/png", EPOCH)
    assert fault(request_of(call), SECRETS, int(EPOCH) + at) == code


def test_another_key_or_header_is_another_signature() -> None:
    call = BUCKET.put("a.png", PNG, "image/png", EPOCH)
    for path, content_type in (("/b.png", "image/png"), ("/a.png", "text/html")):
        moved = request_of(call)
        forged = CosRequest("PUT", path, {}, {**moved.headers, "content-type": content_type})
        assert fault(forged, SECRETS, int(EPOCH)) == "SignatureDoesNotMatch"


def test_a_temporary_credential_shows_its_token() -> None:
    bucket = CosBucket(Credential("AKIDcos", "secret", "tok/en"), "in-125", "ap-guangzhou")
    assert dict(bucket.put("a.png", PNG, "image/png", EPOCH).headers)["x-cos-security-token"] == "tok/en"
    assert bucket.lend("a.png", EPOCH).endswith("&x-cos-security-token=tok%2Fen")
