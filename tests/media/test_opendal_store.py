"""The media store on real directories, with failures in the middle of everything."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from genmux.media.objects import BLOCK_BYTES, CHUNK_BYTES, Place
from genmux.media.places import disk_place
from genmux.media.storage import OpendalStore, checked_key, checked_path

KEY = "artifacts/ab/0123-result.mp4"


@pytest.fixture
def store(tmp_path: Path) -> OpendalStore:
    return OpendalStore(tmp_path / "media", {"films": tmp_path / "films", "stills": tmp_path / "stills"})


def spooled(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "spooled"
    path.write_bytes(data)
    return path


async def whole(store: OpendalStore, start: int, length: int) -> list[bytes]:
    return [chunk async for chunk in store.stream(KEY, start, length)]


def files(root: Path) -> list[str]:
    return sorted(
        str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() and ".unfinished" not in p.parts
    )


def everything(root: Path) -> list[str]:
    return sorted(str(path) for path in root.rglob("*"))


async def test_round_trip(store: OpendalStore, tmp_path: Path) -> None:
    data = os.urandom(3 * BLOCK_BYTES + 17)
    await store.publish(spooled(tmp_path, data), KEY)
    assert await store.size(KEY) == len(data)
    assert await store.read(KEY) == data
    chunks = await whole(store, 0, len(data))
    assert b"".join(chunks) == data
    assert max(map(len, chunks)) <= CHUNK_BYTES
    assert files(tmp_path / "media") == [KEY]
    assert (tmp_path / "media").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("start", "length"), [(0, 1), (0, 0), (5, 10), (CHUNK_BYTES - 1, 2), (CHUNK_BYTES, CHUNK_BYTES + 3)]
)
async def test_ranges(store: OpendalStore, tmp_path: Path, start: int, length: int) -> None:
    data = os.urandom(3 * CHUNK_BYTES)
    await store.publish(spooled(tmp_path, data), KEY)
    assert b"".join(await whole(store, start, length)) == data[start : start + length]


async def test_a_range_past_the_end_is_an_error(store: OpendalStore, tmp_path: Path) -> None:
    await store.publish(spooled(tmp_path, b"12345"), KEY)
    with pytest.raises(OSError, match="exceeds content length"):
        await whole(store, 3, 5)


async def test_a_stream_may_be_left_early(store: OpendalStore, tmp_path: Path) -> None:
    await store.publish(spooled(tmp_path, bytes(5 * CHUNK_BYTES)), KEY)
    stream = store.stream(KEY, 0, 5 * CHUNK_BYTES)
    assert len(await anext(stream)) == CHUNK_BYTES
    await stream.aclose()  # type: ignore[attr-defined]


async def test_an_empty_file_is_an_object(store: OpendalStore, tmp_path: Path) -> None:
    await store.publish(spooled(tmp_path, b""), KEY)
    assert await store.size(KEY) == 0
    assert await store.read(KEY) == b""


async def test_what_is_missing_is_said_to_be(store: OpendalStore) -> None:
    assert await store.size(KEY) is None
    with pytest.raises(FileNotFoundError):
        await store.read(KEY)
    with pytest.raises(FileNotFoundError):
        await whole(store, 0, 1)
    with pytest.raises(FileNotFoundError):
        await store.copy_out(KEY, "films", "a.mp4")
    await store.delete(KEY)


async def test_delete(store: OpendalStore, tmp_path: Path) -> None:
    await store.publish(spooled(tmp_path, b"x"), KEY)
    await store.delete(KEY)
    await store.delete(KEY)
    assert await store.size(KEY) is None


async def test_publishing_again_changes_nothing(store: OpendalStore, tmp_path: Path) -> None:
    source = spooled(tmp_path, os.urandom(BLOCK_BYTES + 1))
    await store.publish(source, KEY)
    before = (tmp_path / "media" / KEY).stat()
    await store.publish(source, KEY)
    after = (tmp_path / "media" / KEY).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize("remains", [b"", b"half", bytes(8)])
async def test_what_a_power_cut_left_is_replaced(store: OpendalStore, tmp_path: Path, remains: bytes) -> None:
    final = tmp_path / "media" / KEY
    final.parent.mkdir(parents=True)
    final.write_bytes(remains)
    await store.publish(spooled(tmp_path, b"complete"), KEY)
    assert final.read_bytes() == b"complete"


async def test_the_file_and_its_directories_are_synced(
    store: OpendalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def note(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    await store.publish(spooled(tmp_path, b"x"), KEY)
    root = tmp_path / "media"
    assert synced == [str(root / KEY), str(root / "artifacts/ab"), str(root / "artifacts"), str(root)]


class Trouble(Exception):
    """Something went wrong half-way."""


async def broken_blocks() -> AsyncIterator[bytes]:
    yield bytes(BLOCK_BYTES)
    raise Trouble


async def endless_blocks() -> AsyncIterator[bytes]:
    while True:
        yield bytes(BLOCK_BYTES)
        await asyncio.sleep(0.001)


async def test_a_failure_half_way_leaves_nothing_to_see(tmp_path: Path) -> None:
    place = disk_place(tmp_path / "media")
    with pytest.raises(Trouble):
        await place.put(broken_blocks(), KEY, 2 * BLOCK_BYTES)
    assert await place.size(KEY) is None
    assert files(tmp_path / "media") == []


async def test_a_cancel_half_way_leaves_nothing_to_see(tmp_path: Path) -> None:
    place = disk_place(tmp_path / "media")
    writing = asyncio.create_task(place.put(endless_blocks(), KEY, 1 << 40))
    unfinished = tmp_path / "media" / ".unfinished"
    while not list(unfinished.glob("*")):  # noqa: ASYNC110  the file system sends no signal
        await asyncio.sleep(0.005)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await place.size(KEY) is None
    assert files(tmp_path / "media") == []


async def test_a_source_that_shrinks_is_not_published(tmp_path: Path) -> None:
    place = disk_place(tmp_path / "media")

    async def short() -> AsyncIterator[bytes]:
        yield b"only this"

    with pytest.raises(OSError, match="were expected"):
        await place.put(short(), KEY, 100)
    assert await place.size(KEY) is None


async def test_a_missing_spool_file_is_an_error(store: OpendalStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await store.publish(tmp_path / "nothing", KEY)
    assert await store.size(KEY) is None


def test_old_remains_are_swept_at_start(tmp_path: Path) -> None:
    unfinished = tmp_path / "media" / ".unfinished"
    unfinished.mkdir(parents=True)
    old, young = unfinished / "old", unfinished / "young"
    old.write_bytes(b"x")
    young.write_bytes(b"x")
    os.utime(old, (1, 1))
    OpendalStore(tmp_path / "media", {})
    assert [path.name for path in unfinished.iterdir()] == ["young"]


async def test_what_the_disk_refuses_is_an_os_error(store: OpendalStore, tmp_path: Path) -> None:
    await store.publish(spooled(tmp_path, b"x"), "a")
    with pytest.raises(OSError, match="a/b"):
        await store.publish(spooled(tmp_path, b"x"), "a/b")
    assert await store.read("a") == b"x"


@pytest.mark.parametrize(
    "key",
    [
        *(
            "",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/..",
            ".unfinished/a",
            "a/.b",
            "A",
            "a b",
            "ä",
        ),
        *("a\\b", "a\x00", "a\n", "a?b", "a%2e", "x" * 600),
    ],
)
async def test_odd_keys_are_refused(store: OpendalStore, tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a media key"):
        await store.publish(spooled(tmp_path, b"x"), key)
    with pytest.raises(ValueError, match="not a media key"):
        await store.size(key)


def test_good_keys_pass() -> None:
    for key in ("a", "inputs/00/ff.png", "a-b_c.d/e", "0"):
        assert checked_key(key) == key


async def test_copy_out(store: OpendalStore, tmp_path: Path) -> None:
    data = os.urandom(2 * BLOCK_BYTES + 5)
    await store.publish(spooled(tmp_path, data), KEY)
    assert store.buckets() == {"films", "stills"}
    for path in ("out/a.mp4", "/out/a.mp4", "输出/片 (1).mp4"):
        await store.copy_out(KEY, "films", path)
        await store.copy_out(KEY, "films", path)
        assert (tmp_path / "films" / path.lstrip("/")).read_bytes() == data
    assert files(tmp_path / "stills") == []


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "/",
            "../a",
            "/../a",
            "a/../../b",
            "a/..",
            "..",
            ".",
            "./a",
            "a//b",
            "a/",
            "a\\b",
            "..\\a",
            "a\x00b",
        ),
        *("a\nb", ".unfinished/a", "a/.hidden", "x" * 256, "/".join(["x" * 200] * 5), "a\u202eb"),
    ],
)
async def test_copy_out_never_leaves_its_bucket(store: OpendalStore, tmp_path: Path, path: str) -> None:
    await store.publish(spooled(tmp_path, b"x"), KEY)
    before = everything(tmp_path)
    with pytest.raises(ValueError, match="output path"):
        await store.copy_out(KEY, "films", path)
    assert everything(tmp_path) == before


async def test_an_absolute_path_stays_in_its_bucket(store: OpendalStore, tmp_path: Path) -> None:
    await store.publish(spooled(tmp_path, b"x"), KEY)
    await store.copy_out(KEY, "films", "///etc/passwd")
    assert files(tmp_path / "films") == ["etc/passwd"]
    assert checked_path("/a/b") == "a/b"


async def test_an_unknown_bucket_is_refused(store: OpendalStore) -> None:
    with pytest.raises(ValueError, match="no output bucket"):
        await store.copy_out(KEY, "nowhere", "a.mp4")


def test_an_output_bucket_may_say_where_it_is(tmp_path: Path) -> None:
    places: dict[str, Place | Path] = {
        "films": disk_place(tmp_path / "films", "ap-guangzhou"),
        "stills": tmp_path / "stills",
    }
    store = OpendalStore(tmp_path / "media", places)
    store.check_output("films", "a/b", "ap-guangzhou")
    store.check_output("films", "a/b")
    store.check_output("stills", "a/b", "anywhere")
    with pytest.raises(ValueError, match="bucket films is in the region ap-guangzhou, not in 'ap-beijing'"):
        store.check_output("films", "a/b", "ap-beijing")
    with pytest.raises(ValueError, match="no output bucket"):
        store.check_output("nowhere", "a/b")
    with pytest.raises(ValueError, match="output path"):
        store.check_output("films", "../b")


async def test_a_directory_has_no_urls_of_its_own(store: OpendalStore, tmp_path: Path) -> None:
    await store.publish(spooled(tmp_path, b"x"), KEY)
    assert await store.presign(KEY, 60, filename="a.mp4") is None
    assert await store.presign_bucket("films", "a.mp4", 60) is None
