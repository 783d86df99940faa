"""Where result URLs begin: the operator's word, the client's Host, or the address connected to."""

from __future__ import annotations

import pytest

from genmux.web.addresses import Addresses, is_tencent_name

SERVER = ("192.0.2.7", 8080)
FORWARDED = {"host": "inner", "x-forwarded-host": "films.example.com, second", "x-forwarded-proto": "https"}


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("films.example.com", "http://films.example.com"),
        ("films.example.com:8443", "http://films.example.com:8443"),
        ("FILMS.example.com", "http://FILMS.example.com"),
        ("localhost:8080", "http://localhost:8080"),
        ("[2001:db8::1]:8080", "http://[2001:db8::1]:8080"),
        ("mps.tencentcloudapi.com", "http://192.0.2.7:8080"),
        ("mps.tencentcloudapi.com.", "http://192.0.2.7:8080"),
        ("MPS.TencentCloudAPI.com:443", "http://192.0.2.7:8080"),
        ("vod.intl.tencentcloudapi.com", "http://192.0.2.7:8080"),
        ("", "http://192.0.2.7:8080"),
        ("a b", "http://192.0.2.7:8080"),
        ("evil.com/path", "http://192.0.2.7:8080"),
        ("user@evil.com", "http://192.0.2.7:8080"),
        ("http://films.example.com", "http://192.0.2.7:8080"),
        ("a\r\nX: y", "http://192.0.2.7:8080"),
        ("-", "http://192.0.2.7:8080"),
        ("a" * 300, "http://192.0.2.7:8080"),
        ("films.example.com:", "http://192.0.2.7:8080"),
    ],
)
def test_the_host_used(host: str, base: str) -> None:
    assert Addresses().base_url({"host": host}, "http", SERVER, "192.0.2.99") == base


def test_no_host_at_all() -> None:
    addresses = Addresses()
    assert addresses.base_url({}, "http", SERVER, "") == "http://192.0.2.7:8080"
    assert addresses.base_url({}, "https", ("2001:db8::1", 443), "") == "https://[2001:db8::1]:443"


def test_the_operators_word_wins() -> None:
    addresses = Addresses("https://cdn.example.com/x/", ("0.0.0.0/0",))
    assert addresses.base_url(FORWARDED, "http", SERVER, "192.0.2.99") == "https://cdn.example.com/x"


@pytest.mark.parametrize(
    ("proxies", "peer", "base"),
    [
        ((), "192.0.2.99", "http://inner"),
        (("192.0.2.99",), "192.0.2.99", "https://films.example.com"),
        (("192.0.2.0/24",), "192.0.2.99", "https://films.example.com"),
        (("192.0.2.1/24",), "192.0.2.99", "https://films.example.com"),
        (("192.0.2.98", "10.0.0.0/8"), "192.0.2.99", "http://inner"),
        (("::1",), "::1", "https://films.example.com"),
        (("127.0.0.1",), "::1", "http://inner"),
        (("127.0.0.1",), "", "http://inner"),
        (("nonsense",), "192.0.2.99", "http://inner"),
    ],
)
def test_forwarded_headers_count_from_configured_proxies_only(
    proxies: tuple[str, ...], peer: str, base: str
) -> None:
    assert Addresses("", proxies).base_url(FORWARDED, "http", SERVER, peer) == base


@pytest.mark.parametrize("proto", ["javascript", "", "ftp", "HTTPS"])
def test_a_forwarded_scheme_is_http_or_https(proto: str) -> None:
    headers = {"host": "inner", "x-forwarded-proto": proto}
    base = Addresses("", ("192.0.2.99",)).base_url(headers, "http", SERVER, "192.0.2.99")
    assert base == "http://inner"


def test_many_hosts_do_not_fill_the_memory() -> None:
    addresses = Addresses()
    for n in range(2000):
        addresses.base_url({"host": f"h{n}.example.com"}, "http", SERVER, "")
    assert len(addresses._known) <= 256


def test_tencent_names() -> None:
    assert is_tencent_name("mps.tencentcloudapi.com")
    assert not is_tencent_name("tencentcloudapi.com.example.com")
    assert not is_tencent_name("films.example.com")
