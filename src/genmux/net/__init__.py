"""Outgoing HTTP: the address guard, and the one client behind it."""

from __future__ import annotations

from genmux.net.client import GuardedNet
from genmux.net.guard import ParsedUrl, check_url, forbidden_address, literal_address

__all__ = ["GuardedNet", "ParsedUrl", "check_url", "forbidden_address", "literal_address"]
