"""The worker process: one job at a time, orders on its input, reports on its output, nothing else."""

from __future__ import annotations

import errno
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from genmux.engine.ports import MediaFacts, MediaRefused
from genmux.pool import frames
from genmux.pool.limits import confine
from genmux.providers.seam import InputBytes, PictureLimits

_PROGRESS_SECONDS: Final = 0.1
_OWN_ROLES: Final = frozenset({"first_frame", "last_frame"})  # the renderer calls all others "reference"

OnProgress = Callable[[int, int], bool]


@dataclass(frozen=True, slots=True)
class Tools:
    """The five things a worker can do. `render` and `step` raise `Halt` when their progress is not wanted."""

    render: Callable[[frames.RenderWork, BinaryIO, OnProgress], frames.Rendered]
    step: Callable[[frames.StepWork, BinaryIO, OnProgress], frames.Rendered]
    check_image: Callable[[bytes, int], tuple[MediaFacts, bytes]]
    verify_file: Callable[[BinaryIO, str], MediaFacts]
    fit_image: Callable[[bytes, PictureLimits], InputBytes]


class Halt(Exception):
    """A render that stopped because it was told to."""


class Link:
    """The worker's end of the pipes: a thread reads orders, so that a cancel reaches a busy worker."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._cancelled = -1
        self.work: queue.SimpleQueue[frames.Work] = queue.SimpleQueue()

    def start(self) -> None:
        """Begin to read orders; from now on the process ends when the server's end is closed."""
        threading.Thread(target=self._read_orders, name="orders", daemon=True).start()

    def send(self, report: frames.Report) -> None:
        """Write one report at once."""
        self._outgoing.write(frames.pack(report))
        self._outgoing.flush()

    def cancelled(self, number: int) -> bool:
        """Return whether the server has given up this job."""
        return self._cancelled == number

    def _read_orders(self) -> None:
        try:
            while header := self._incoming.read(frames.HEADER_BYTES):
                order = frames.parse_order(self._incoming.read(frames.body_length(header)))
                if isinstance(order, frames.Cancel):
                    self._cancelled = order.number
                else:
                    self.work.put(order)
        finally:
            os._exit(0)


def serve(link: Link, tools: Tools) -> None:
    """Do jobs until the process ends."""
    link.start()
    link.send(frames.Ready())
    while True:
        work = link.work.get()
        try:
            answer = perform(work, link, tools)
        except BaseException as error:
            if out_of_memory(error):
                os._exit(frames.OUT_OF_MEMORY_EXIT)  # nothing that still runs in here can be trusted
            traceback.print_exc()
            answer = frames.Broken(work.number, f"{type(error).__name__}: {error}"[:500])
        link.send(answer)


def perform(work: frames.Work, link: Link, tools: Tools) -> frames.Answer:
    """Do one job and return its answer."""
    try:
        if isinstance(work, frames.RenderWork):
            return _made(work.path, lambda out: tools.render(work, out, _teller(work.number, link)))
        if isinstance(work, frames.StepWork):
            return _made(work.path, lambda out: tools.step(work, out, _teller(work.number, link)))
        if isinstance(work, frames.CheckWork):
            facts, kept = tools.check_image(work.data, work.max_pixels)
            return frames.Facts(work.number, asdict(facts), None if kept is work.data else kept)
        if isinstance(work, frames.FitWork):
            return _fit(work, tools)
        with open(work.path, "rb") as file:
            return frames.Facts(work.number, asdict(tools.verify_file(file, work.kind)))
    except MediaRefused as refused:
        return frames.Refusal(work.number, refused.code, refused.reason)
    except Halt:
        return frames.Stopped(work.number)


def _made(path: str, make: Callable[[BinaryIO], frames.Rendered]) -> frames.Rendered:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as out:
        rendered = make(out)
        out.flush()
        os.fsync(out.fileno())
    _sync_folder(os.path.dirname(path))
    return rendered


def _fit(work: frames.FitWork, tools: Tools) -> frames.Fitted:
    fitted = tools.fit_image(work.data, work.limits)
    changed = None if fitted.data is work.data else fitted.data
    return frames.Fitted(work.number, changed, fitted.content_type, fitted.note)


def _teller(number: int, link: Link) -> OnProgress:
    """Return a progress callback that speaks at most ten times a second and hears a cancel every time."""
    last_told = 0.0

    def tell(done: int, total: int) -> bool:
        nonlocal last_told
        now = time.monotonic()
        if now - last_told >= _PROGRESS_SECONDS or done == total:
            last_told = now
            link.send(frames.Progress(number, done, total))
        return not link.cancelled(number)

    return tell


def _sync_folder(path: str) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def out_of_memory(error: BaseException) -> bool:
    """Return whether a codec's or Python's own error means that memory ran out."""
    return (
        isinstance(error, MemoryError)
        or getattr(error, "errno", None) == errno.ENOMEM
        or "Insufficient memory" in str(error)  # OpenCV
    )


def _render_builtin(work: frames.RenderWork, out: BinaryIO, progress: OnProgress) -> frames.Rendered:
    import cv2

    from genmux.render import Cancelled, RenderInput, RenderOrder, render

    cv2.setNumThreads(1)
    inputs = tuple(
        RenderInput(role if role in _OWN_ROLES else "reference", data) for role, data in work.inputs
    )
    try:
        report = render(RenderOrder(**work.order, inputs=inputs), out, progress)
    except Cancelled as stopped:
        raise Halt from stopped
    return frames.Rendered(work.number, report.content_type, report.understood, report.mode, report.notes)


def _step_builtin(work: frames.StepWork, out: BinaryIO, progress: OnProgress) -> frames.Rendered:
    from genmux.media.steps import perform_step, step_order

    def tell(done: int, total: int) -> None:
        if not progress(done, total):
            raise Halt

    report = perform_step(step_order(work.order), [opener(path) for path in work.inputs], out, tell)
    return frames.Rendered(work.number, report.content_type, (), str(work.order["step"]), report.notes)


def opener(path: str | Path) -> Callable[[], BinaryIO]:
    """Return what opens a file anew each time it is called."""
    return lambda: open(path, "rb")


def _check_image(data: bytes, max_pixels: int) -> tuple[MediaFacts, bytes]:
    from genmux.media.checks import check_image

    return check_image(data, max_pixels)


def _verify_file(file: BinaryIO, kind: str) -> MediaFacts:
    from genmux.media.checks import verify_file

    return verify_file(file, kind)


def _fit_image(data: bytes, limits: PictureLimits) -> InputBytes:
    from genmux.media.fitting import fit_image

    return fit_image(data, limits)


BUILTIN_TOOLS: Final = Tools(_render_builtin, _step_builtin, _check_image, _verify_file, _fit_image)


def main(arguments: list[str], tools: Tools = BUILTIN_TOOLS) -> None:
    """Run a worker: `arguments` are the memory limit in bytes and the server's process id.

    What anything in here prints goes to the error stream; the pipe to the server carries frames only.
    """
    incoming: Any = os.fdopen(os.dup(0), "rb")
    outgoing: Any = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    confine(int(arguments[0]), int(arguments[1]))
    serve(Link(incoming, outgoing), tools)


if __name__ == "__main__":
    main(sys.argv[1:])
