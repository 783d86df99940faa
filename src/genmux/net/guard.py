"""Where a caller may send us: pure rules over URLs, host names and addresses, without any look-up."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import unquote

from yarl import URL

from genmux.engine.ports import FetchFailed

Address = IPv4Address | IPv6Address

MAX_URL_CHARACTERS: Final = 2048

# IANA's special-purpose registry, spelt out so that a new Python does not change what we refuse.
_FORBIDDEN_V4: Final = tuple(
    map(
        IPv4Network,
        [
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # Azure's platform address, public only by number
        ],
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_FORBIDDEN_V6: Final = tuple(
    map(IPv6Network, ["2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20"])
)
_LINK_LOCAL: Final = IPv4Network("169.254.0.0/16")
_AWS_V6: Final = IPv6Network("fd00:ec2::/32")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_6TO4: Final = IPv6Network("2002::/16")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})

_LOCAL_NAMES: Final = re.compile(
    r"(.+\.)?(localhost|local|localdomain|internal|intranet|lan|home|corp|private|arpa|onion|test|invalid)\Z"
)
# Ports on which a GET could make a mail server, a shell or a database of somebody else do things.
_FORBIDDEN_PORTS: Final = frozenset(
    [
        *(1, 7, 9, 13, 19, 20, 21, 22, 23, 25, 37, 53, 69, 79, 110, 111, 119, 123, 135, 137, 139, 143),
        *(161, 179, 389, 445, 465, 512, 513, 514, 515, 548, 554, 587, 631, 636, 873, 990, 993, 995, 1433),
        *(1521, 1723, 2049, 2375, 2379, 3306, 3389, 5060, 5061, 5432, 5672, 5900, 6000, 6379, 6667, 9200),
        *(10250, 11211, 27017),
    ]
)


@dataclass(frozen=True, slots=True)
class ParsedUrl:
    """A URL that may be asked for; `host` is lower case, in ASCII, without brackets or a final dot."""

    url: URL
    host: str
    port: int
    address: Address | None  # set when the host is an address, not a name


def forbidden_address(address: Address) -> bool:
    """Return whether this is not an address of the public Internet.

    IPv6 forms that carry an IPv4 address are as forbidden as what they carry.
    """
    if isinstance(address, IPv4Address):
        return any(address in network for network in _FORBIDDEN_V4)
    number = int(address)
    if number >> 32 == 0xFFFF:  # IPv4-mapped: the kernel speaks IPv4
        return forbidden_address(IPv4Address(number & 0xFFFFFFFF))
    if address in _NAT64:
        return forbidden_address(IPv4Address(number & 0xFFFFFFFF))
    if address not in _GLOBAL_V6 or any(address in network for network in _FORBIDDEN_V6):
        return True
    if address in _6TO4:
        return forbidden_address(IPv4Address((number >> 80) & 0xFFFFFFFF))
    if (number >> 32) & 0xFFFFFFFF in _ISATAP:
        return forbidden_address(IPv4Address(number & 0xFFFFFFFF))
    return False


def never_an_upstream(address: Address) -> bool:
    """Return whether this is an address that nobody means by "private": where clouds tell secrets.

    Link-local addresses hold the metadata services, which give credentials to whoever can ask.
    """
    if isinstance(address, IPv6Address):
        number = int(address)
        if number >> 32 == 0xFFFF:
            return never_an_upstream(IPv4Address(number & 0xFFFFFFFF))
        return address.is_link_local or address in _AWS_V6
    return address in _LINK_LOCAL


def literal_address(host: str) -> Address | None:
    """Return the address that some resolver could read `host` as, None when it is a name.

    Understands what the C library and browsers do: decimal, octal and hexadecimal parts, fewer
    than four parts, brackets, zones, percent-encoding, full-width and enclosed characters.
    """
    text = _plain(host)
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    if ":" in text:
        try:
            return IPv6Address(text.split("%", 1)[0])
        except ValueError:
            return None
    return _ipv4(text.removesuffix("."))


def _plain(host: str) -> str:
    for _ in range(3):
        decoded = unquote(host)
        if decoded == host:
            break
        host = decoded
    text = unicodedata.normalize("NFKC", host).translate(_DOTS)
    return "".join(c for c in text if unicodedata.category(c) != "Cf").strip().lower()


_DOTS: Final = dict.fromkeys(map(ord, "。．｡"), ".")


def _ipv4(text: str) -> IPv4Address | None:
    """Read `text` as inet_aton does: one to four numbers, the last one fills the rest."""
    parts = text.split(".")
    if len(parts) > 4:
        return None
    numbers = [_number(part) for part in parts]
    value = 0
    for n, number in enumerate(numbers):
        bits = 8 * (5 - len(parts)) if n == len(parts) - 1 else 8
        if number is None or number >> bits:
            return None
        value = value << bits | number
    return IPv4Address(value)


def _number(text: str) -> int | None:
    if not text.isascii() or len(text) > 40:
        return None
    if re.fullmatch(r"0x[0-9a-f]*", text):
        return int(text[2:] or "0", 16)
    if re.fullmatch(r"0[0-7]*", text):
        return int(text, 8)
    return int(text) if re.fullmatch(r"[1-9][0-9]*", text) else None


def check_url(url: str, *, allow_private: bool = False) -> ParsedUrl:
    """Return the parsed URL, or raise `FetchFailed` with `bad_url` or `refused_address`.

    Looks nothing up: a name that passes may still lead to a private address, which the connection
    checks. With `allow_private` only the form is checked.
    """
    parsed = _parse(url)
    host = parsed.host
    if "%" in host or _ends_in_number(host) or parsed.address is not None:
        _check_literal(host, parsed.address, allow_private)
    elif not allow_private and ("." not in host or _LOCAL_NAMES.match(host)):
        raise FetchFailed("refused_address", f"{host} is a name inside a private network")
    if not allow_private and parsed.port in _FORBIDDEN_PORTS:
        raise FetchFailed("refused_address", f"port {parsed.port} is not for fetching media from")
    return parsed


def _parse(url: str) -> ParsedUrl:
    if not url or len(url) > MAX_URL_CHARACTERS:
        raise FetchFailed("bad_url", f"a URL has 1 to {MAX_URL_CHARACTERS} characters, this one {len(url)}")
    if any(c.isspace() or c == "\\" or unicodedata.category(c) == "Cc" for c in url):
        raise FetchFailed("bad_url", "a URL has no space, backslash or control character")
    match = re.match(r"https?://([^/?#]*)", url, re.IGNORECASE)
    if match is None:
        raise FetchFailed("bad_url", "a URL begins with http:// or https://")
    if "@" in match[1]:
        raise FetchFailed("bad_url", "a URL names no user")
    try:
        parsed = URL(url, encoded=url.isascii())  # signed URLs must leave exactly as they came
        host, port = parsed.raw_host, parsed.port
    except (ValueError, UnicodeError) as error:
        raise FetchFailed("bad_url", f"this is no URL: {error}"[:200]) from error
    if not host or len(host) > 253 or not port:
        raise FetchFailed("bad_url", "a URL names a host and a port from 1 to 65535")
    host = host.lower().removesuffix(".")
    address = literal_address(host)
    if match[1].startswith("[") and not isinstance(address, IPv6Address):
        raise FetchFailed("bad_url", f"[{host}] is no IPv6 address")
    return ParsedUrl(parsed, host, port, address)


def _ends_in_number(host: str) -> bool:
    last = host.rsplit(".", 1)[-1]
    return bool(re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last))


def _check_literal(host: str, address: Address | None, allow_private: bool) -> None:
    if address is not None and not allow_private and forbidden_address(address):
        raise FetchFailed("refused_address", f"{host} is not an address of the public Internet")
    try:
        canonical = ip_address(host)
    except ValueError:
        canonical = None
    if canonical is None or canonical != address or getattr(canonical, "scope_id", None):
        raise FetchFailed("bad_url", f"{host} is neither a name nor an address in its usual spelling")
