"""Where a client reaches us: the base of every URL we hand out."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_HOST: Final = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?\Z"
)
TENCENT_SUFFIX: Final = ".tencentcloudapi.com"
_MAX_REMEMBERED: Final = 256


@dataclass(slots=True)
class Addresses:
    """Chooses the base URL: the operator's, else the Host used, else the address connected to.

    A Host that is one of Tencent's own names is a client that signs the real domain while it talks
    to us, so it never becomes part of a URL. Forwarded headers count only from `trusted_proxies`.
    """

    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    _known: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def base_url(
        self, headers: Mapping[str, str], scheme: str, server: tuple[str, int] | None, peer: str
    ) -> str:
        """Return `scheme://host[:port]` without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = headers.get("host", "")
        if self.trusted_proxies and self._trusts(peer):
            host = headers.get("x-forwarded-host", host).split(",")[0].strip()
            scheme = headers.get("x-forwarded-proto", scheme).split(",")[0].strip()
        address = _address(server)
        key = (scheme, host, address)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
            known = self._known[key] = _base(scheme, host, address)
        return known

    def _trusts(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
            return any(address in ipaddress.ip_network(proxy, strict=False) for proxy in self.trusted_proxies)
        except ValueError:
            return False


def _address(server: tuple[str, int] | None) -> str:
    if server is None:
        return "127.0.0.1"
    name, port = server
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def _base(scheme: str, host: str, address: str) -> str:
    scheme = scheme if scheme in ("http", "https") else "http"
    usable = _HOST.match(host) and not is_tencent_name(host)
    return f"{scheme}://{host if usable else address}"


def is_tencent_name(host: str) -> bool:
    """Return whether a Host header names the real platform rather than this server."""
    name = host.lower().rsplit(":", 1)[0].rstrip(".")
    return name.endswith(TENCENT_SUFFIX)
