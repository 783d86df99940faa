"""The spool of several processes: a shelf each, the files of all readable, those of the dead swept."""

from __future__ import annotations

from pathlib import Path

from genmux.media.shelves import ShelfSpool
from genmux.media.spool import DiskSpool


def test_each_process_has_a_shelf_and_sees_the_others(tmp_path: Path) -> None:
    one, two = ShelfSpool(tmp_path), ShelfSpool(tmp_path)
    assert (one.number, two.number) == (0, 1)
    path = one.new(".png")
    assert two.resolve(path.name) == tmp_path / "1" / path.name, "it is nowhere yet"
    path.write_bytes(b"x")
    assert two.resolve(path.name) == path
    two.drop(path)
    assert not path.exists()
    old = DiskSpool(tmp_path).new(".mp4")
    old.write_bytes(b"x")
    assert two.resolve(old.name) == old, "an installation that was embedded before left it"
    one.close()
    two.close()


def test_only_the_dead_are_swept_and_what_is_in_use_stays(tmp_path: Path) -> None:
    one, two, three = (ShelfSpool(tmp_path) for _ in range(3))
    paths = [spool.new(".png") for spool in (one, two, two, three)]
    for path in paths:
        path.write_bytes(b"x")
    two.close()
    assert three.sweep(frozenset({paths[2].name})) == 2, "its own and one of the dead"
    assert [path.exists() for path in paths] == [True, False, True, False]
    heir = ShelfSpool(tmp_path)
    assert heir.number == 1
    assert heir.resolve(paths[2].name) == paths[2]
    for spool in (one, three, heir):
        spool.close()
