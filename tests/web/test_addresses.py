"""The base of every URL we hand out."""

from __future__ import annotations

import pytest

from genmux.web.addresses import Addresses

SERVER = ("10.1.2.3", 8080)


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("genmux.example:9000", "http://genmux.example:9000"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("mps.tencentcloudapi.com", "http://10.1.2.3:8080"),
        ("MPS.TencentCloudAPI.com:443", "http://10.1.2.3:8080"),
        ("vod.ap-guangzhou.tencentcloudapi.com.", "http://10.1.2.3:8080"),
        ("evil.example/path", "http://10.1.2.3:8080"),
        ('a"b', "http://10.1.2.3:8080"),
        ("user@evil.example", "http://10.1.2.3:8080"),
        ("", "http://10.1.2.3:8080"),
    ],
)
def test_host_as_used_unless_it_cannot_be_ours(host: str, base: str) -> None:
    assert Addresses().base_url({"host": host}, "http", SERVER, "203.0.113.9") == base


def test_public_url_wins() -> None:
    addresses = Addresses("https://media.example/", ("203.0.113.0/24",))
    headers = {"host": "a.example", "x-forwarded-host": "b.example"}
    assert addresses.base_url(headers, "http", SERVER, "203.0.113.9") == "https://media.example"


def test_forwarded_headers_only_from_configured_proxies() -> None:
    headers = {"host": "a.example", "x-forwarded-host": "b.example, c", "x-forwarded-proto": "https"}
    addresses = Addresses("", ("203.0.113.0/24",))
    assert addresses.base_url(headers, "http", SERVER, "203.0.113.9") == "https://b.example"
    assert addresses.base_url(headers, "http", SERVER, "198.51.100.7") == "http://a.example"
    assert Addresses().base_url(headers, "http", SERVER, "203.0.113.9") == "http://a.example"


def test_ipv6_and_unknown_addresses() -> None:
    assert Addresses().base_url({}, "http", ("::1", 80), "") == "http://[::1]:80"
    assert Addresses().base_url({}, "gopher", None, "") == "http://127.0.0.1"


def test_memory_is_bounded_under_hostile_hosts() -> None:
    addresses = Addresses()
    for n in range(1000):
        addresses.base_url({"host": f"h{n}.example"}, "http", SERVER, "")
    assert len(addresses._known) <= 256
