"""What every object store must do, each a coroutine that also runs as a program of its own.

OpenDAL reads the proxy settings once per process, so what needs a proxy runs in a child:
`python -m tests.media.bucket_scenarios NAME CONFIG_JSON FOLDER`.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

from genmux.media.objects import BLOCK_BYTES, PART_BYTES, Place
from genmux.media.places import open_place, parse_place
from genmux.media.storage import OpendalStore

ODD_PATH: Final = "输出/片 (1)+&=~'.mp4"
KEY: Final = "tasks/ab/0.mp4"
PARTS: Final = (2 * PART_BYTES + 5) // BLOCK_BYTES + 1
BOUND_BYTES: Final = 80 << 20


class Trouble(Exception):
    """Something went wrong half-way."""


def pattern(size: int) -> bytes:
    """Bytes that differ from block to block, the same every time."""
    return b"".join(n.to_bytes(4, "big") for n in range(size // 4 + 1))[:size]


async def round_trip(place: Place, folder: Path) -> str:
    store = OpendalStore(place, {})
    for key, size in ((KEY, 2 * PART_BYTES + 5), ("small.png", 100), ("empty.bin", 0)):
        data = pattern(size)
        (folder / "spooled").write_bytes(data)
        await store.publish(folder / "spooled", key)
        await store.publish(folder / "spooled", key)
        assert await store.size(key) == size
        assert await store.read(key) == data
        part = b"".join([chunk async for chunk in store.stream(key, size // 3, size // 2)])
        assert part == data[size // 3 : size // 3 + size // 2]
    await store.delete("small.png")
    await store.delete("small.png")
    assert await store.size("small.png") is None
    try:
        await store.read("small.png")
    except FileNotFoundError:
        return ""
    raise AssertionError("a deleted object was read")


async def copied_out(place: Place, folder: Path) -> str:
    store = OpendalStore(folder / "media", {"films": place})
    data = pattern(PART_BYTES + 9)
    (folder / "spooled").write_bytes(data)
    await store.publish(folder / "spooled", KEY)
    for _ in range(2):
        await store.copy_out(KEY, "films", "/" + ODD_PATH)
    assert b"".join([block async for block in place.blocks(ODD_PATH, BLOCK_BYTES)]) == data
    url = await store.presign_bucket("films", ODD_PATH, 600)
    assert url is not None
    return url


async def presigned(place: Place, folder: Path) -> str:
    (folder / "spooled").write_bytes(b"0123456789")
    await place.put_file(folder / "spooled", ODD_PATH)
    url = await place.presign(ODD_PATH, 600, filename="片.mp4", content_type="video/webm")
    assert url is not None
    return url


async def soon_expired(place: Place, folder: Path) -> str:
    (folder / "spooled").write_bytes(b"0123456789")
    await place.put_file(folder / "spooled", "a.mp4")
    url = await place.presign("a.mp4", 1)
    assert url is not None
    return url


async def broken_off(place: Place, folder: Path) -> str:
    async def broken() -> AsyncIterator[bytes]:
        for _ in range(PARTS):
            yield bytes(BLOCK_BYTES)
        raise Trouble

    for path in ("broken.mp4", ODD_PATH):
        try:
            await place.put(broken(), path, 100 * BLOCK_BYTES)
        except Trouble:
            assert await place.size(path) is None
        else:
            raise AssertionError("a broken write passed")
    return ""


async def cancelled(place: Place, folder: Path) -> str:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        for n in range(1 << 20):
            if n == PARTS:
                begun.set()
                await asyncio.Event().wait()
            yield bytes(BLOCK_BYTES)

    writing = asyncio.create_task(place.put(endless(), "cut.mp4", 1 << 40))
    await begun.wait()
    writing.cancel()
    await asyncio.wait([writing])
    assert writing.cancelled()
    assert await place.size("cut.mp4") is None
    return ""


async def short(place: Place, folder: Path) -> str:
    async def little() -> AsyncIterator[bytes]:
        yield b"only this"

    said = ""
    try:
        await place.put(little(), "short.mp4", 100)
    except OSError as error:
        said = str(error)
    assert "9 bytes came, 100 were expected" in said
    assert await place.size("short.mp4") is None
    return ""


async def wrong_key(place: Place, folder: Path) -> str:
    """Return what is said when nothing is allowed."""
    (folder / "small").write_bytes(b"x")
    (folder / "large").write_bytes(bytes(PART_BYTES + 1))
    said = []
    for attempt in (
        lambda: place.size("a.mp4"),
        lambda: place.put_file(folder / "small", "a.mp4"),
        lambda: place.put_file(folder / "large", "a.mp4"),
        lambda: place.copy_from(open_place(parse_place("m", str(folder), {})), "large", "a.mp4"),
        lambda: anext(place.range("a.mp4", 0, 1)),
        lambda: place.delete("a.mp4"),
    ):
        try:
            await attempt()
        except OSError as error:
            said.append(str(error))
        else:
            raise AssertionError("a wrong key was let in")
    return "\n".join(said)


async def bounded(place: Place, folder: Path) -> str:
    """Copy 160 MiB in and out again, and look at how much memory that took."""
    size = 160 << 20

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(size // BLOCK_BYTES):
            yield os.urandom(BLOCK_BYTES)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    await place.put(blocks(), "long.mp4", size)
    read = sum([len(chunk) async for chunk in place.range("long.mp4", 0, size)])
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    assert read == size
    assert grown < BOUND_BYTES, f"{grown} bytes for {size}"
    return ""


SCENARIOS: Final[dict[str, Callable[[Place, Path], Awaitable[str]]]] = {
    function.__name__: function
    for function in (
        round_trip,
        copied_out,
        presigned,
        soon_expired,
        broken_off,
        cancelled,
        short,
        wrong_key,
        bounded,
    )
}


async def main(name: str, config: str, folder: str) -> None:
    place = open_place(parse_place("bucket", json.loads(config), {}))
    print(json.dumps(await SCENARIOS[name](place, Path(folder))), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
    os._exit(0)  # OpenDAL's threads may abort a process that ends right after a call of theirs
