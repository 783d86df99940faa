"""A batch as it lies on the disk: its file, the files that its lines name, and where its results may go."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from genmux.client.batch.entries import read_entries
from genmux.client.batch.faults import LineFault
from genmux.client.batch.lines import Line, read_line
from genmux.client.batch.manifest import FORMAT, NEW, History, Opened, Progress, Stage
from genmux.client.batch.naming import Template, number_stem, stem_lines
from genmux.client.batch.plan import Planned, key_lines, link_lines
from genmux.client.endpoint import FromFile
from genmux.client.sources import HEAD_BYTES, MAX_FILE_BYTES, input_type_of
from genmux.domain.spec import Medium
from genmux.domain.text import Text

MEDIA: Final = {
    Medium.IMAGE: Text("a PNG, JPEG or WebP picture", "PNG、JPEG 或 WebP 图片"),
    Medium.VIDEO: Text("an MP4, WebM or MOV film", "MP4、WebM 或 MOV 视频"),
    Medium.AUDIO: Text("WAV or MP3 sound", "WAV 或 MP3 音频"),
}


@dataclass(frozen=True, slots=True)
class BatchFile:
    """What a batch file says: its lines, each after those it links to, and everything that is wrong.

    `sha256` is that of the file, `digests` are those of the files that its lines name.
    """

    name: str
    sha256: str
    lines: tuple[Line, ...]
    digests: Mapping[Path, str]
    faults: tuple[LineFault, ...]


def load_file(path: Path, defaults: Mapping[str, Any]) -> BatchFile:
    """Read a batch file and look at every file that it names. Raises `OSError`."""
    data = path.read_bytes()
    entries = read_entries(path.name, data)
    faults = list(entries.faults)
    lines: list[Line] = []
    for entry in entries.found:
        line, wrong = read_line(entry, path.absolute().parent, defaults)
        faults += wrong
        lines += [line] if line is not None else []
    linked, wrong = link_lines(lines)
    if len(lines) == len(entries.found):  # else a line that cannot be read would be missed by others
        faults += wrong
    files = _Files()
    faults += files.look_at(linked)
    return BatchFile(path.name, hashlib.sha256(data).hexdigest(), linked, files.digests, tuple(faults))


class _Files:
    """The files that lines name; each is read once."""

    def __init__(self) -> None:
        self.digests: dict[Path, str] = {}
        self._kinds: dict[Path, str] = {}
        self._troubles: dict[Path, Text] = {}

    def look_at(self, lines: Iterable[Line]) -> Iterator[LineFault]:
        """Read the files of lines, and yield what is wrong with them."""
        for line in lines:
            references = line.spec.all_references()
            for item, name, reference in zip(line.inputs, line.fields, references, strict=True):
                if isinstance(item, FromFile):
                    trouble = self._trouble(item.path, reference.medium)
                    if trouble is not None:
                        en, zh = (f"{name} {item.path} {sentence}" for sentence in trouble)
                        yield LineFault(line.row, Text(f"{en}.", f"{zh}。"))

    def _trouble(self, path: Path, medium: Medium) -> Text | None:
        if path not in self.digests:
            self._read(path)
        if path in self._troubles:
            return self._troubles[path]
        if self._kinds[path].startswith(f"{medium}/"):
            return None
        return Text(f"must be {MEDIA[medium].en}", f"必须是 {MEDIA[medium].zh}")

    def _read(self, path: Path) -> None:
        self.digests[path] = self._kinds[path] = ""
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_size > MAX_FILE_BYTES:
                    most = MAX_FILE_BYTES // 2**20
                    self._troubles[path] = Text(f"must have at most {most} MB", f"不得超过 {most} MB")
                    return
                self._kinds[path] = input_type_of(file.read(HEAD_BYTES)) or ""
                file.seek(0)
                self.digests[path] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            reason = error.strerror or str(error)
            self._troubles[path] = Text(f"cannot be read: {reason}", f"无法读取：{reason}")


# ---------------------------------------------------------------- beside what has happened


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
    name = history.opened.batch if history.opened else secrets.token_hex(8)
    planned = key_lines(name, batch.lines, batch.digests)
    progress = {p.key: history.lines.get(p.key, NEW) for p in planned}
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
