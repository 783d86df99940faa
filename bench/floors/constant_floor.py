"""The floor of clients: an HTTP server that reads nothing but lengths and answers every call at once."""

from __future__ import annotations

import sys
from itertools import count
from typing import Final

from bench.children import begin
from bench.raw import answered, serve_raw

DESCRIBE: Final = b"Describe"
RUNNING: Final = answered(
    b'{"Response":{"Status":"RUN","VideoUrls":[],"Resolution":"","Message":"",'
    b'"RequestId":"00000000-0000-0000-0000-000000000000"}}'
)
_made: Final = count(1)


def _answer(head: bytes, body: bytes) -> bytes:
    """Answer creates by a new TaskId, looks by RUN."""
    return RUNNING if DESCRIBE in head else _created(next(_made))


def _created(number: int) -> bytes:
    return answered(
        b'{"Response":{"TaskId":"4-AigcVideo-%032x","RequestId":"00000000-0000-0000-0000-%012x"}}'
        % (number, number)
    )


def main() -> None:
    """Serve until told to end."""
    begin(sys.argv[1:])
    serve_raw(_answer)


if __name__ == "__main__":
    main()
