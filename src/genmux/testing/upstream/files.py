"""Where results lie: each at a URL of its own, as whole or as broken as its task's script says."""

from __future__ import annotations

import re
from typing import Final

from genmux.testing.upstream import media
from genmux.testing.upstream.connection import Answer, Manner
from genmux.testing.upstream.shapes import size_of
from genmux.testing.upstream.tasks import Phase, Task

PATH: Final = re.compile(r"/results/([^/]+)/(\d+)\.(?:png|mp4)")
PRIVATE_URL: Final = "http://10.255.255.1/latest/meta-data/"
EXTENSION: Final = {"image": "png", "video": "mp4"}
CONTENT_TYPE: Final = {"image": media.PNG, "video": media.MP4}

_STORAGE_ERROR: Final = (
    '<?xml version="1.0" encoding="utf-8" ?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
)
_PAGE: Final = b"<!DOCTYPE html><title>Welcome</title><p>Please sign in to this network."
_REFUSALS: Final[dict[str, tuple[int, str, str]]] = {
    "file-404": (404, "NoSuchKey", "The specified key does not exist."),
    "file-403": (403, "AccessDenied", "Access Denied."),
    "file-expired": (403, "AccessDenied", "Request has expired"),
}
_MANNERS: Final = {
    "file-truncated": Manner.SHORT,
    "file-endless": Manner.ENDLESS,
    "file-drip": Manner.DRIP,
}


def result_urls(task: Task, phase: Phase, base: str) -> list[str]:
    """Return where a task's results lie, none before it is done."""
    if phase is not Phase.DONE or "no-url" in task.script:
        return []
    return [f"{base}/results/{task.id}/{n}.{EXTENSION[task.kind]}" for n in range(task.count())]


def content(task: Task) -> bytes:
    """Return the bytes of a task's result."""
    if task.kind == "image":
        return media.picture(size_of(task))
    return media.film(size_of(task), media.seconds_of(task.body))


def answer_file(task: Task, n: int) -> Answer:
    """Answer one download of result `n`."""
    fault = task.script.file_fault(task.downloads[n])
    task.downloads[n] += 1
    if fault in _REFUSALS:
        return _refused(*_REFUSALS[fault])
    if fault == "file-redirect":
        return Answer(b"", 302, headers=(("Location", PRIVATE_URL),))
    if fault == "file-type":
        return Answer(_PAGE, content_type="text/html")
    return Answer(
        content(task), content_type=CONTENT_TYPE[task.kind], manner=_MANNERS.get(fault, Manner.WHOLE)
    )


def not_there() -> Answer:
    """Answer a download of something that was never made."""
    return _refused(*_REFUSALS["file-404"])


def _refused(status: int, code: str, message: str) -> Answer:
    body = _STORAGE_ERROR.format(code=code, message=message)
    return Answer(body.encode(), status, "application/xml")
