"""Which proxy leads to a host: as HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say, or the system does."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from genmux.domain.errors import InvalidValue
from genmux.domain.text import Text

DIRECT: Final = ""
_AFTER_SCHEME: Final = len("https://")


class Proxies:
    """The proxy of each host, asked for once; safe to share between threads."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, url: str) -> str:
        """Return the proxy's URL, which may hold its password, or `DIRECT`. Raises `InvalidValue`."""
        end = url.find("/", _AFTER_SCHEME)
        origin = url if end < 0 else url[:end]
        known = self._known.get(origin)
        if known is None:
            known = self._known[origin] = proxy_of(origin)
        return known


def proxy_of(origin: str) -> str:
    """Return the proxy that leads to `scheme://host:port`, `DIRECT` where none does.

    This machine itself is never asked for through a proxy. Raises `InvalidValue` for one that does not
    speak HTTP.
    """
    parts = urlsplit(origin)
    if is_loopback(parts.hostname or "") or proxy_bypass(parts.netloc):
        return DIRECT
    told = getproxies()
    proxy = told.get(parts.scheme) or told.get("all") or DIRECT
    scheme, mark, _ = proxy.partition("://")
    if proxy and not mark:
        return f"http://{proxy}"
    if proxy and scheme not in ("http", "https"):
        raise InvalidValue(
            Text(
                f"The proxy of the environment is a {scheme} proxy; it must be an http or https proxy.",
                f"环境变量中的代理类型为 {scheme}；仅支持 http 或 https 代理。",
            )
        )
    return proxy


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
