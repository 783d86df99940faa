"""Every spelling of a private place, as a table; and the public places that must stay open."""

from __future__ import annotations

import contextlib
import socket
from ipaddress import IPv4Address, IPv4Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.engine.ports import FetchFailed
from genmux.net.guard import check_url, forbidden_address, literal_address, never_an_upstream

# host as it stands in a URL -> the address it hides
PRIVATE_SPELLINGS = {
    "127.0.0.1": "127.0.0.1",
    "127.0.0.1.": "127.0.0.1",
    "127.1": "127.0.0.1",
    "127.0.1": "127.0.0.1",
    "127.255.255.254": "127.255.255.254",
    "2130706433": "127.0.0.1",
    "2130706433.": "127.0.0.1",
    "0x7f000001": "127.0.0.1",
    "0X7F000001": "127.0.0.1",
    "0x7f.0.0.1": "127.0.0.1",
    "0x7f.1": "127.0.0.1",
    "0x7f.0x0.0x0.0x1": "127.0.0.1",
    "0x0000000000007f.1": "127.0.0.1",
    "017700000001": "127.0.0.1",
    "0177.0.0.1": "127.0.0.1",
    "0177.0.0.01": "127.0.0.1",
    "00000177.1": "127.0.0.1",
    "0177.0x0.1": "127.0.0.1",
    "127.0x1": "127.0.0.1",
    "0": "0.0.0.0",
    "0.0.0.0": "0.0.0.0",
    "0x0": "0.0.0.0",
    "0.1": "0.0.0.1",
    "10.0.0.1": "10.0.0.1",
    "10.1": "10.0.0.1",
    "167772161": "10.0.0.1",
    "012.0.0.1": "10.0.0.1",
    "100.64.0.1": "100.64.0.1",
    "100.100.100.200": "100.100.100.200",
    "169.254.169.254": "169.254.169.254",
    "2852039166": "169.254.169.254",
    "0xa9fea9fe": "169.254.169.254",
    "0251.0376.0251.0376": "169.254.169.254",
    "169.254.43518": "169.254.169.254",
    "172.16.0.1": "172.16.0.1",
    "172.31.255.255": "172.31.255.255",
    "192.168.0.1": "192.168.0.1",
    "192.168.257": "192.168.1.1",
    "192.0.0.192": "192.0.0.192",
    "198.18.0.1": "198.18.0.1",
    "203.0.113.5": "203.0.113.5",
    "224.0.0.1": "224.0.0.1",
    "255.255.255.255": "255.255.255.255",
    "240.0.0.1": "240.0.0.1",
    "168.63.129.16": "168.63.129.16",
    "%31%32%37.0.0.1": "127.0.0.1",
    "127%2e0%2e0%2e1": "127.0.0.1",
    "%2531%32%37.0.0.1": "127.0.0.1",
    "１２７.0.0.1": "127.0.0.1",
    "１２７。０。０。１": "127.0.0.1",
    "127｡0｡0｡1": "127.0.0.1",
    "①②⑦.⓪.⓪.①": "127.0.0.1",
    "⑯⑨.254.⑯⑨.254": "169.254.169.254",
    "𝟏𝟐𝟕.𝟎.𝟎.𝟏": "127.0.0.1",
    "127.0.0.\u00ad1": "127.0.0.1",
    "0ｘ7f000001": "127.0.0.1",
    "[::1]": "::1",
    "[0:0:0:0:0:0:0:1]": "::1",
    "[::]": "::",
    "[::127.0.0.1]": "::127.0.0.1",
    "[::ffff:127.0.0.1]": "::ffff:127.0.0.1",
    "[::ffff:7f00:1]": "::ffff:127.0.0.1",
    "[::FFFF:a9fe:a9fe]": "::ffff:169.254.169.254",
    "[0000:0000:0000:0000:0000:ffff:c0a8:0001]": "::ffff:192.168.0.1",
    "[::ffff:0:127.0.0.1]": "::ffff:0:7f00:1",
    "[64:ff9b::7f00:1]": "64:ff9b::7f00:1",
    "[64:ff9b::10.0.0.1]": "64:ff9b::a00:1",
    "[64:ff9b:1::1]": "64:ff9b:1::1",
    "[2002:7f00:1::]": "2002:7f00:1::",
    "[2002:a9fe:a9fe::1]": "2002:a9fe:a9fe::1",
    "[2001:0:7f00:1::]": "2001:0:7f00:1::",
    "[2001:db8::1]": "2001:db8::1",
    "[3fff::1]": "3fff::1",
    "[fd00::1]": "fd00::1",
    "[fc00::1]": "fc00::1",
    "[fd00:ec2::254]": "fd00:ec2::254",
    "[fe80::1]": "fe80::1",
    "[fec0::1]": "fec0::1",
    "[ff02::1]": "ff02::1",
    "[100::1]": "100::1",
    "[2a00:1450:1:2:0:5efe:7f00:1]": "2a00:1450:1:2:0:5efe:7f00:1",
    "[fe80::1%25eth0]": "fe80::1",
    "[fe80::1%eth0]": "fe80::1",
    "[::1%25lo]": "::1",
}

PUBLIC_ADDRESSES = [
    *("8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255"),
    *("128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.1", "192.167.255.255", "192.169.0.1"),
    *("223.255.255.255", "2606:4700:4700::1111", "2400:3200::1", "2a00:1450:4001:82a::200e"),
    *("::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"),
]


@pytest.mark.parametrize(("host", "address"), PRIVATE_SPELLINGS.items())
def test_every_private_spelling_is_refused(host: str, address: str) -> None:
    assert forbidden_address(ip_address(address))
    assert literal_address(host) == ip_address(address)
    with pytest.raises(FetchFailed) as refused:
        check_url(f"http://{host}/picture.png")
    assert refused.value.code in ("refused_address", "bad_url")
    for shape in ("https://{}:8443/a", "HTTP://{}", "http://{}?a=b", "http://{}#x", "http://{}:80"):
        with pytest.raises(FetchFailed):
            check_url(shape.format(host))


def test_the_table_is_long_enough() -> None:
    assert len(PRIVATE_SPELLINGS) >= 40


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_public_addresses_are_allowed(address: str) -> None:
    assert not forbidden_address(ip_address(address))
    host = f"[{address}]" if ":" in address else address
    parsed = check_url(f"https://{host}/picture.png")
    assert parsed.address == ip_address(address)


@pytest.mark.parametrize("host", ["0x08080808", "134744072", "010.8.8.8", "8.8.2056", "8.8.8.08"])
def test_an_unusual_spelling_of_a_public_address_is_no_url(host: str) -> None:
    with pytest.raises(FetchFailed):
        check_url(f"http://{host}/")


@pytest.mark.parametrize(
    "host", ["256.1.1.1", "1.2.3.4.5", "4294967296", "1.2.3.999999", "08.8", "a.b.0x7f", "a.1"]
)
def test_what_ends_in_a_number_but_is_no_address_is_no_url(host: str) -> None:
    assert literal_address(host) is None
    with pytest.raises(FetchFailed) as refused:
        check_url(f"http://{host}/")
    assert refused.value.code == "bad_url"


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "ｌocalhost",
            "printer.local",
            "db.internal",
        ),
        *(
            "metadata.google.internal",
            "intranet",
            "router.lan",
            "nas.home.arpa",
            "localhost.localdomain",
            "x.corp",
        ),
    ],
)
def test_names_of_private_networks_are_refused(host: str) -> None:
    with pytest.raises(FetchFailed) as refused:
        check_url(f"http://{host}/")
    assert refused.value.code == "refused_address"


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "picture.png",
            "//example.com/a",
            "ftp://example.com/a",
            "file:///etc/passwd",
            "data:image/png,x",
        ),
        *("gopher://example.com", "javascript:alert(1)", "http:/example.com", "http:example.com", "http://"),
        *("http:///a", "http://?a", "http://:80/", "http://user@example.com/", "http://u:p@example.com/"),
        *(
            "http://@example.com/",
            "http://example.com\\@127.0.0.1/",
            "http://exa mple.com/",
            "http://a.com/\n",
        ),
        *(
            " http://example.com/",
            "http://example.com/\r\nHost: x",
            "http://example.com/\x00",
            "http://[::1/",
        ),
        *("http://example.com:0/", "http://example.com:99999/", "http://example.com:x/", "http://[8.8.8.8]/"),
        *("http://exa%6dple.com/", "http://ex%00ample.com/", "http://" + "a." * 127 + "com/"),
        *("http://example.com/" + "a" * 2048, "http://[v1.a]/", "http://[example.com]/"),
    ],
)
def test_bad_urls(url: str) -> None:
    with pytest.raises(FetchFailed) as refused:
        check_url(url)
    assert refused.value.code == "bad_url"
    with pytest.raises(FetchFailed):
        check_url(url, allow_private=True)


@pytest.mark.parametrize("port", [22, 25, 6379, 11211])
def test_ports_of_other_services_are_refused(port: int) -> None:
    with pytest.raises(FetchFailed) as refused:
        check_url(f"http://example.com:{port}/")
    assert refused.value.code == "refused_address"


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://example.com/a.png", "example.com", 443),
        ("HTTP://Example.COM.:8080/a", "example.com", 8080),
        ("http://例子.中国/图.png", "xn--fsqu00a.xn--fiqs8s", 80),
        ("https://bucket-1250000000.cos.ap-guangzhou.myqcloud.com/a?x=%2F%2B", None, 443),
        ("https://example.com?x=@y", "example.com", 443),
        ("https://127.0.0.1.nip.io/", "127.0.0.1.nip.io", 443),  # a name: the connection decides
        ("https://1e100.net/", "1e100.net", 443),
        ("https://0x7f.example/", "0x7f.example", 443),
    ],
)
def test_good_urls(url: str, host: str | None, port: int) -> None:
    parsed = check_url(url)
    assert parsed.port == port
    assert parsed.address is None
    if host is not None:
        assert parsed.host == host


def test_signed_urls_leave_as_they_came() -> None:
    url = "https://example.com/a%2Fb%7E/c+d?sig=a%2Bb%3D%3d&x=%41;~"
    assert str(check_url(url).url) == url


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "10.0.0.1", "gpu", "gpu.lan"])
def test_an_operator_may_allow_private_places(host: str) -> None:
    check_url(f"http://{host}:8000/v1", allow_private=True)


def test_only_usual_spellings_even_when_private_is_allowed() -> None:
    with pytest.raises(FetchFailed, match="usual spelling"):
        check_url("http://127.1/", allow_private=True)


NUMBER_SPELLINGS = ("{:d}", "0x{:x}", "0X{:X}", "0{:o}", "0x000{:x}", "00{:o}")
FORBIDDEN_EXAMPLES = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
]


@st.composite
def spelt_ipv4(draw: st.DrawFn, networks: list[str]) -> tuple[IPv4Address, str]:
    network = IPv4Network(draw(st.sampled_from(networks)))
    value = int(network[0]) + draw(st.integers(0, network.num_addresses - 1))
    count = draw(st.integers(1, 4))
    parts = [value >> 8 * (3 - n) & 0xFF for n in range(count - 1)]
    parts.append(value & (1 << 8 * (5 - count)) - 1)
    spelt = [draw(st.sampled_from(NUMBER_SPELLINGS)).format(part) for part in parts]
    return IPv4Address(value), ".".join(spelt) + draw(st.sampled_from(["", "."]))


@given(spelt_ipv4(["0.0.0.0/0"]))
def test_every_spelling_is_read_as_the_c_library_does(case: tuple[IPv4Address, str]) -> None:
    address, host = case
    assert literal_address(host) == address
    assert socket.inet_aton(host.removesuffix(".")) == address.packed


@given(spelt_ipv4(FORBIDDEN_EXAMPLES), st.sampled_from(["{}", "[::ffff:{}]", "[64:ff9b::{}]"]))
def test_no_spelling_of_a_private_address_passes(case: tuple[IPv4Address, str], shape: str) -> None:
    address, host = case
    inner = host if shape == "{}" else str(address)
    with pytest.raises(FetchFailed):
        check_url(f"http://{shape.format(inner)}/")


@given(st.text(min_size=1, max_size=30))
def test_any_text_at_all_is_allowed_or_refused(text: str) -> None:
    literal_address(text)
    for url in (text, f"http://{text}/", f"http://example.com/{text}"):
        with contextlib.suppress(FetchFailed):
            parsed = check_url(url)
            assert parsed.host
            assert parsed.url.raw_host is not None
            assert parsed.url.raw_host.lower().removesuffix(".") == parsed.host


@pytest.mark.parametrize(
    "text", ["169.254.169.254", "169.254.0.1", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254"]
)
def test_where_clouds_tell_secrets_is_never_an_upstream(text: str) -> None:
    assert never_an_upstream(ip_address(text))
    assert forbidden_address(ip_address(text))


@pytest.mark.parametrize("text", ["127.0.0.1", "10.0.0.5", "192.168.1.9", "::1", "fd12::1", "8.8.8.8"])
def test_an_operators_own_network_may_hold_upstreams(text: str) -> None:
    assert not never_an_upstream(ip_address(text))
