"""A worker program whose renderer does what its prompt says: what real ones do on bad days."""

from __future__ import annotations

import os
import signal
import sys
import time
from hashlib import sha256
from typing import BinaryIO, NoReturn

from genmux.engine.ports import MediaFacts, MediaRefused
from genmux.pool import frames
from genmux.pool.worker import Halt, OnProgress, Tools, main
from genmux.providers.seam import InputBytes, PictureLimits


def render(work: frames.RenderWork, out: BinaryIO, progress: OnProgress) -> frames.Rendered:
    word, _, argument = str(work.order["prompt"]).partition(" ")
    out.write(b"made: " + word.encode())
    notes: tuple[str, ...] = (str(os.getpid()),)
    if word == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif word == "exit":
        os._exit(3)
    elif word == "raise":
        raise LookupError("no such scene")
    elif word == "eat":
        hoard = bytearray(int(argument))
        hoard[::4096] = b"x" * len(hoard[::4096])
    elif word == "print":
        print("a stray line on the standard output", flush=True)
        os.write(1, b"\x00\x00\x00\x05stray")
    elif word == "deaf":
        progress(1, 1000)
        time.sleep(60)
    elif word == "slow":
        _count_up(int(argument), progress)
    elif word == "many":
        for n in range(20_000):
            progress(n, 20_001)
    elif word == "inputs":
        notes = tuple(f"{role} {sha256(data).hexdigest()}" for role, data in work.inputs)
    elif word == "environment":
        notes = tuple(os.environ)
    elif word == "order":
        notes = tuple(f"{key}={value}" for key, value in sorted(work.order.items()))
    elif word == "session":
        notes = (str(os.getsid(0)), str(os.nice(0)))
    return frames.Rendered(work.number, "text/plain", (word,), "odd", notes)


def step(work: frames.StepWork, out: BinaryIO, progress: OnProgress) -> frames.Rendered:
    if not work.inputs:
        raise MediaRefused("wrong_type", "nothing to work on")
    for path in work.inputs:
        with open(path, "rb") as file:
            out.write(file.read())
    progress(1, 1)
    notes = tuple(f"{key}={value}" for key, value in sorted(work.order.items()))
    return frames.Rendered(work.number, "text/plain", (), "odd", notes)


def _count_up(steps: int, progress: OnProgress) -> None:
    for n in range(steps):
        if not progress(n, steps):
            raise Halt
        time.sleep(0.01)


def check_image(data: bytes, max_pixels: int) -> tuple[MediaFacts, bytes]:
    word = data.decode()
    if word == "crash":
        _crash()
    if word.startswith("crash once "):
        _crash_once(word.removeprefix("crash once "))
    if word == "refuse":
        raise MediaRefused("wrong_type", "a picture of the wrong kind")
    if word == "sleep":
        time.sleep(0.3)
    facts = MediaFacts("text/plain", 1, 2, len(data), sha256(data).digest(), probe={"pid": os.getpid()})
    return facts, (b"turned" if word == "turn" else data)


def _crash() -> NoReturn:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def _crash_once(marker: str) -> None:
    if not os.path.exists(marker):
        with open(marker, "x"):
            pass
        _crash()


def fit_image(data: bytes, limits: PictureLimits) -> InputBytes:
    word = data.decode()
    if word == "crash":
        _crash()
    if word == "refuse":
        raise MediaRefused("too_large", "a picture that cannot be small")
    fitted = data if word == "fits" else repr(limits).encode()
    return InputBytes(fitted, "text/plain", "" if word == "fits" else "made smaller")


def verify_file(file: BinaryIO, kind: str) -> MediaFacts:
    data = file.read()
    if data == b"crash":
        _crash()
    return MediaFacts("text/plain", 3, 4, len(data), sha256(data).digest(), 1.5, 36, True, {"kind": kind})


if __name__ == "__main__":
    main(sys.argv[1:], Tools(render, step, check_image, verify_file, fit_image))
