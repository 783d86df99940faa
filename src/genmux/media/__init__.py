"""Where media live and how they are checked; importing this imports no codec."""

from __future__ import annotations

from genmux.media.spool import DiskSpool
from genmux.media.storage import OpendalStore
from genmux.media.urls import FileRef, FileUrls, UrlFault

__all__ = ["DiskSpool", "FileRef", "FileUrls", "OpendalStore", "UrlFault"]
