"""A batch file as it is loaded: its lines, and the files that they name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from genmux.client.batch.entries import read_entries
from genmux.client.batch.faults import LineFault
from genmux.client.batch.lines import Line, read_line
from genmux.client.batch.plan import link_lines
from genmux.client.endpoint import FromFile
from genmux.client.sources import HEAD_BYTES, MAX_FILE_BYTES, input_type_of
from genmux.domain.spec import Medium
from genmux.domain.text import Text, same

MEDIA: Final = {
    Medium.IMAGE: Text("a PNG, JPEG or WebP picture", "PNG、JPEG 或 WebP 图片"),
    Medium.VIDEO: Text("an MP4, WebM or MOV film", "MP4、WebM 或 MOV 视频"),
    Medium.AUDIO: Text("WAV or MP3 sound", "WAV 或 MP3 音频"),
}
_SLASHES: Final = Text("; write / between folders", "；请用 / 分隔文件夹")


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
            advice = _SLASHES if "\\" in path.name else same("")
            self._troubles[path] = Text(
                f"cannot be read: {reason}{advice.en}", f"无法读取：{reason}{advice.zh}"
            )
