"""Where media live, how upstreams fetch them and how they are checked; importing this imports no codec."""

from __future__ import annotations

from genmux.media.objects import Place
from genmux.media.places import PlaceConfig, open_place, parse_place
from genmux.media.spool import DiskSpool
from genmux.media.staging import InputStaging
from genmux.media.storage import OpendalStore
from genmux.media.urls import FileRef, FileUrls, InputRef, InputUrls, UrlFault

__all__ = [
    "DiskSpool",
    "FileRef",
    "FileUrls",
    "InputRef",
    "InputStaging",
    "InputUrls",
    "OpendalStore",
    "Place",
    "PlaceConfig",
    "UrlFault",
    "open_place",
    "parse_place",
]
