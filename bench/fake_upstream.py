"""The upstream of the LiteLLM and engine benches: OpenAI's pictures and films, answered at once.

A film whose prompt holds `DONE` is completed from the start, every other one is in progress for ever.
"""

from __future__ import annotations

import base64
import io
import sys
from fractions import Fraction
from itertools import count
from typing import Final

import av
import numpy as np
from PIL import Image

from bench.children import begin
from bench.raw import answered, serve_raw

DONE: Final = b"finished at once"
SIZE: Final = (64, 64)
FRAMES: Final = 6
_made: Final = count(1)


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", SIZE, (40, 90, 160)).save(out, "PNG")
    return answered(b'{"created":1760000000,"data":[{"b64_json":"%s"}]}' % base64.b64encode(out.getvalue()))


def _film() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(24))
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for _ in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.zeros((*SIZE, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return answered(out.getvalue(), b"video/mp4")


def _video(name: bytes, status: bytes) -> bytes:
    return answered(
        b'{"id":"%s","object":"video","created_at":1760000000,"status":"%s","model":"sora-2",'
        b'"progress":0,"seconds":"4","size":"1280x720","error":null}' % (name, status)
    )


class Upstream:
    """Answers every call; the id of a film tells how it is doing."""

    def __init__(self) -> None:
        self._picture, self._film = _picture(), _film()

    def answer(self, head: bytes, body: bytes) -> bytes:
        """Return the answer to one request."""
        method, target, _ = head.split(b" ", 2)
        if method == b"POST" and target.endswith(b"/images/generations"):
            return self._picture
        if method == b"POST":
            word = b"done" if DONE in body else b"busy"
            return _video(b"video_%s_%016x" % (word, next(_made)), b"queued")
        if target.endswith(b"/content"):
            return self._film
        if target.endswith(b"/models"):
            return answered(b'{"object":"list","data":[{"id":"sora-2","object":"model"}]}')
        name = target.rpartition(b"/")[2]
        return _video(name, b"completed" if b"_done_" in name else b"in_progress")


def main() -> None:
    """Serve until told to end."""
    begin(sys.argv[1:])
    serve_raw(Upstream().answer)


if __name__ == "__main__":
    main()
