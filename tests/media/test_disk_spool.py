"""The spool directory: private, unguessable, and closed to every name that is not its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from genmux.media.spool import DiskSpool


def test_new_paths_are_fresh_and_private(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path / "a" / "spool")
    paths = {spool.new(".mp4") for _ in range(50)}
    assert len(paths) == 50
    assert not any(path.exists() for path in paths)
    assert all(path.suffix == ".mp4" and path.parent == tmp_path / "a" / "spool" for path in paths)
    assert (tmp_path / "a" / "spool").stat().st_mode & 0o777 == 0o700


def test_an_open_directory_is_closed(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir(mode=0o755)
    DiskSpool(tmp_path / "spool")
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700


def test_a_name_resolves_to_its_path(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path)
    for suffix in ("", ".png"):
        path = spool.new(suffix)
        assert spool.resolve(path.name) == path


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../x", "/etc/passwd", "a/b", "a" * 32 + "/..", "a" * 32 + "\n", "A" * 32, "a" * 31),
        *("a" * 32 + ".m/p4", "a" * 32 + ".tar.gz", "a" * 32 + "\x00", "..\\" + "a" * 32, "a" * 32 + "."),
    ],
)
def test_no_other_name_resolves(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="spool file"):
        DiskSpool(tmp_path).resolve(name)


@pytest.mark.parametrize("suffix", ["mp4", "./x", ".mp4/..", ".", ".a b", ".averylongsuffix"])
def test_no_odd_suffix(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ValueError, match="suffix"):
        DiskSpool(tmp_path).new(suffix)


def test_drop_takes_only_spool_files(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path / "spool")
    path = spool.new(".png")
    path.write_bytes(b"x")
    spool.drop(path)
    spool.drop(path)
    assert not path.exists()
    other = tmp_path / "keep.txt"
    other.write_text("x")
    with pytest.raises(ValueError, match="spool file"):
        spool.drop(other)
    assert other.exists()


def test_sweep_keeps_what_is_named_and_what_is_not_ours(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path)
    kept, swept = spool.new(".mp4"), spool.new(".png")
    for path in (kept, swept, tmp_path / "README"):
        path.write_bytes(b"x")
    assert spool.sweep(frozenset({kept.name})) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([kept.name, "README"])
