"""Results on their way to a file as every endpoint asks for them, and what it means that they do not come."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from genmux.client.effects import AnswerLost, Download, Flow, NotSent
from genmux.client.errors import Unreachable
from genmux.domain.text import Text

URL_GONE: Final = (401, 403, 404, 410)
"""How a result's URL that has expired is answered, at a platform or at a storage service."""


def downloaded(wanted: Download) -> Flow[Path]:
    """Return the path of a file, once it is there whole.

    Raises `Unreachable`, and `NotServed` for a URL that may be too old.
    """
    try:
        done = yield wanted
    except (NotSent, AnswerLost) as error:
        where = shown(wanted.url)
        raise Unreachable(
            Text(f"{where} cannot be downloaded: {error}.", f"无法下载 {where}：{error}。")
        ) from None
    path: Path = done.path
    return path


def not_served(url: str, status: int) -> Unreachable:
    """Return what it means that a download was refused."""
    where = shown(url)
    return Unreachable(
        Text(f"The result at {where} is answered with {status}.", f"结果 {where} 返回 {status}。")
    )


def shown(url: str) -> str:
    """Return a URL without its query, whose signature may be all that opening it takes."""
    return url.partition("?")[0]
