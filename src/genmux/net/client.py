"""The `Net` port; its HTTP library is loaded at the first call, which saves a start 0.15 s."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from genmux.net.guard import Address, forbidden_address
from genmux.providers.seam import HttpCall, HttpReply

if TYPE_CHECKING:
    from genmux.net.outbound import Outbound, Resolve


class GuardedNet:
    """Sends upstream calls and fetches foreign URLs; never uses a proxy from the environment.

    `resolve` replaces the system's name resolution, `forbidden` the rule for the addresses that
    names lead to. What is sent and refused, and how it fails: `outbound.Outbound`.
    """

    def __init__(
        self, resolve: Resolve | None = None, forbidden: Callable[[Address], bool] = forbidden_address
    ) -> None:
        self._resolve = resolve
        self._forbidden = forbidden
        self._outbound: Outbound | None = None

    def _open(self) -> Outbound:
        if self._outbound is None:
            from genmux.net.outbound import Outbound

            self._outbound = Outbound(self._resolve, self._forbidden)
        return self._outbound

    async def send(
        self, call: HttpCall, *, allow_private: bool = False, on_sent: Callable[[], None] | None = None
    ) -> HttpReply:
        """Make one call and return its reply, whatever its status. Raises `FetchFailed`."""
        return await self._open().send(call, allow_private=allow_private, on_sent=on_sent)

    async def fetch(
        self, url: str, *, max_bytes: int, timeout_seconds: float, allow_private: bool = False
    ) -> bytes:
        """Return the bytes behind a foreign URL, as the port says."""
        return await self._open().fetch(
            url, max_bytes=max_bytes, timeout_seconds=timeout_seconds, allow_private=allow_private
        )

    async def download(
        self,
        url: str,
        path: Path,
        *,
        max_bytes: int,
        timeout_seconds: float,
        allow_private: bool = False,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Stream a foreign URL into a file, on the disk when this returns and gone when it raises."""
        await self._open().download(
            url,
            path,
            max_bytes=max_bytes,
            timeout_seconds=timeout_seconds,
            allow_private=allow_private,
            headers=headers,
        )

    async def close(self) -> None:
        """Close every connection; what still runs fails."""
        if self._outbound is not None:
            await self._outbound.close()
