"""genmux: one self-hosted API for every image and video model."""

from __future__ import annotations

from genmux.version import __version__ as __version__

TYPE_CHECKING = False  # `typing` would be most of what importing this costs
if TYPE_CHECKING:
    from typing import Any

    from genmux.client.public import *  # noqa: F403
    from genmux.compose.library import open as open


def __getattr__(name: str) -> Any:
    """Import what the client offers when it is first asked for, so that `import genmux` stays instant."""
    if name.startswith("_"):
        raise AttributeError(f"module genmux has no attribute {name}")
    if name == "open":
        from genmux.compose.library import open

        return open
    from genmux.client import public

    if name not in public.__all__:
        raise AttributeError(f"module genmux has no attribute {name}")
    found = globals()[name] = getattr(public, name)
    return found


def __dir__() -> list[str]:
    from genmux.client import public

    return sorted({*globals(), *public.__all__, "open"})
