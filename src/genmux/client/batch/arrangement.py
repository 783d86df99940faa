"""A batch beside what has happened: where each of its lines stands, and where its results may go."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from genmux.client.batch.faults import LineFault
from genmux.client.batch.lines import Line, Made
from genmux.client.batch.loading import BatchFile
from genmux.client.batch.manifest import FORMAT, NEW, History, Opened, Progress, Stage, leave_behind
from genmux.client.batch.naming import Template, number_stem, stem_lines
from genmux.client.batch.plan import Planned, key_lines
from genmux.client.batch.results import still_there
from genmux.domain.spec import TaskError
from genmux.domain.text import Text

_OUT_OF_REACH: Final = TaskError(
    "source_gone",
    "its files are not here any more, and another endpoint made them; --retry-failed makes them here",
    "结果文件已不在本地，且由另一端点生成；可用 --retry-failed 在此重新生成",
)


@dataclass(frozen=True, slots=True)
class Arranged:
    """A batch beside its manifest: keys, stems and progress of its lines, and the opening to write.

    `gone` are the lines of the manifest, by name, that the file does not have any more.
    """

    opened: Opened
    lines: tuple[Planned, ...]
    stems: Mapping[str, str]
    progress: Mapping[str, Progress]
    gone: tuple[str, ...]
    faults: tuple[LineFault, ...]

    def away(self, directory: Path) -> dict[str, Made]:
        """Return the files of lines, by name, that another endpoint has made."""
        return {
            planned.line.name: tuple(directory / file.path for file in found.files)
            for planned in self.lines
            if (found := self.progress[planned.key]).stage is Stage.SAVED and not found.id
        }


def arrange(
    batch: BatchFile,
    history: History,
    template: Template,
    directory: Path,
    endpoint: str,
    only: Collection[str] = (),
) -> Arranged:
    """Find every line's place in what has happened so far; nothing is written.

    `only` are the names of the lines that are wanted, all if empty; those that they link to come along.
    """
    opened = history.opened
    name = opened.batch if opened else secrets.token_hex(8)
    planned = key_lines(name, batch.lines, batch.digests)
    progress = {p.key: history.lines.get(p.key, NEW) for p in planned}
    if opened and opened.endpoint != endpoint:
        progress = {key: leave_behind(found) for key, found in progress.items()}
    progress = {key: _as_it_lies(found, directory) for key, found in progress.items()}
    kept = {p.line.n: progress[p.key].stem for p in planned if progress[p.key].stem}
    foreign = _foreign_stems(directory, history, planned)
    stems, faults = stem_lines(template, batch.lines, kept, foreign)
    wanted = choose_lines(batch.lines, only)
    return Arranged(
        opened=Opened(time.time_ns() // 1_000_000, FORMAT, name, endpoint, batch.name, batch.sha256),
        lines=tuple(p for p in planned if p.line.n in wanted),
        stems={p.key: stems[p.line.n] for p in planned},
        progress=progress,
        gone=tuple(history.names[key] for key in history.names if key not in progress),
        faults=(*_unknown_names(only, batch.lines), *faults),
    )


def _as_it_lies(progress: Progress, directory: Path) -> Progress:
    """Return where a line stands whose files somebody may have removed: they are fetched again."""
    if progress.stage is not Stage.SAVED or still_there(directory, progress.files):
        return progress
    if progress.id:
        return replace(progress, stage=Stage.CREATED)
    return replace(progress, stage=Stage.FAILED, error=_OUT_OF_REACH)


def choose_lines(lines: Sequence[Line], only: Collection[str]) -> set[int]:
    """Return the numbers of the lines that are wanted, all if `only` is empty, with those they link to."""
    wanted: set[int] = set()
    links = set(only)
    for line in reversed(lines):  # a line comes after those it links to
        if not only or line.label in links:
            wanted.add(line.n)
            links.update(line.links)
    return wanted


def _unknown_names(only: Iterable[str], lines: Iterable[Line]) -> Iterator[LineFault]:
    known = {line.label for line in lines}
    for name in only:
        if name not in known:
            yield LineFault(
                0, Text(f"--only {name} is the name of no line.", f"--only {name}：没有此名称的行。")
            )


def _foreign_stems(directory: Path, history: History, planned: Iterable[Planned]) -> set[str]:
    """Return the files of the directory, without their endings, that belong to no line of the plan."""
    if not directory.is_dir():
        return set()
    found = {
        path.relative_to(directory).with_suffix("").as_posix()
        for path in directory.rglob("*")
        if path.is_file() and not path.relative_to(directory).parts[0].startswith(".")
    }
    own: set[str] = set()
    for line, progress in ((p.line, history.lines.get(p.key, NEW)) for p in planned):
        if progress.stage is not Stage.NEW:
            own.update(number_stem(progress.stem, line.spec.count or 1))
        own.update(file.path.rpartition(".")[0] for file in progress.files)
    return found - own
