"""File names of results: a template, filled with what is known of a line and safe on every file system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final
from unicodedata import normalize

from genmux.client.batch.faults import LineFault
from genmux.client.batch.lines import Line
from genmux.domain.text import Text
from genmux.wires.rest_values import render_number

DEFAULT_TEMPLATE: Final = "{name}"
FIELDS: Final = ("n", "name", "kind", "model", "family", "version", "seed", "duration", "index", "ext")
RESERVED: Final = ("manifest",)
"""Names in the batch's directory that are its own, without their endings."""
MOST_BYTES: Final = 150
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*{}\u2028\u2029\ud800-\udfff]')
_INDEX: Final = re.compile(r"\{(\d*)\}")
_TAKEN: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|manifest\.jsonl", re.IGNORECASE)
"""Names that are devices on some system, or the manifest's own."""


class TemplateRefused(ValueError):
    """A template that no file can be named by."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Template:
    """A checked template; `{index}` and `{ext}` are filled when the results are there."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Template:
        """Read a template such as `{n:04}-{name}-{model}{ext}`. Raises `TemplateRefused`.

        A slash makes directories below the batch's own; without `{ext}` the ending is added.
        """
        if text.startswith("~") or "\\" in text or {"", ".", ".."} & set(text.split("/")):
            raise _refuse(
                text,
                "must stay in the directory of the batch: no leading /, no .. and no \\.",
                "必须位于批次目录之内：不能以 / 开头，不能含 .. 或 \\。",
            )
        names = _fields_of(text)
        if not names or names - set(FIELDS):
            listed = ", ".join(f"{{{name}}}" for name in FIELDS)
            raise _refuse(
                text,
                f"must be made of text and {listed}, as in {{n:04}}-{{name}}.",
                f"只能由文字与 {listed} 组成，例如 {{n:04}}-{{name}}。",
            )
        return cls(text)

    def stem(self, fields: Mapping[str, Any]) -> str:
        """Return the path of a line's results as far as the line tells it; `{02}` stands for the index."""
        safe = {name: _Safe(value) for name, value in fields.items()}
        filled = self.text.format_map({**safe, "index": _Index(), "ext": ""})
        return "/".join(_part(part) for part in filled.split("/"))


def number_stem(stem: str, count: int) -> tuple[str, ...]:
    """Return the path of each of `count` results without its ending; several are numbered in any case."""
    if not _INDEX.search(stem):
        stem += "-{}" if count > 1 else ""
    return tuple(
        _INDEX.sub(lambda found, n=n: format(n, found[1]), stem)  # type: ignore[misc]
        for n in range(1, count + 1)
    )


def line_fields(line: Line) -> dict[str, Any]:
    """Return what a template may say of a line."""
    family, _, version = line.model.partition("/")
    spec = line.spec
    return {
        "n": line.n,
        "name": line.label,
        "kind": str(spec.kind),
        "model": line.model.replace("/", "-") or "default",
        "family": family or "default",
        "version": version or "default",
        "seed": "" if spec.seed is None else spec.seed,
        "duration": "" if spec.duration is None else render_number(spec.duration),
    }


def stem_lines(
    template: Template, lines: Iterable[Line], kept: Mapping[int, str], foreign: Iterable[str]
) -> tuple[dict[int, str], tuple[LineFault, ...]]:
    """Return each line's stem by its number, and every two results that would be one file.

    `kept` are the stems of lines that have one from an earlier run, `foreign` the files (paths without
    their endings) that are there and are no line's.
    """
    owners: dict[str, int] = {_folded(stem): 0 for stem in (*foreign, *RESERVED)}
    stems: dict[int, str] = {}
    faults: list[LineFault] = []
    for line in sorted(lines, key=lambda line: (line.n not in kept, line.n)):
        stem = stems[line.n] = kept.get(line.n) or template.stem(line_fields(line))
        for path in number_stem(stem, line.spec.count or 1):
            owner = owners.setdefault(_folded(path), line.row)
            if owner != line.row:
                faults.append(_collision(line.row, path, owner))
    return stems, tuple(faults)


def _folded(path: str) -> str:
    """Return what is equal for paths that are one file on some system: case and composition do not count."""
    return normalize("NFC", path.casefold())


def _collision(row: int, path: str, owner: int) -> LineFault:
    if not owner:
        return LineFault(
            row,
            Text(
                f"its result would be {path}, and there is such a file; remove it, or change the name.",
                f"其结果的文件名为 {path}，但该文件已存在；请删除该文件或修改名称。",
            ),
        )
    return LineFault(
        row,
        Text(
            f"its result would be {path}, and so would line {owner}'s; name the line, or change --name.",
            f"其结果的文件名 {path} 与第 {owner} 行相同；请为该行取名，或修改 --name。",
        ),
    )


def _fields_of(text: str) -> set[str]:
    """Return the fields that a template names, none where it cannot be filled."""
    try:
        parts = tuple(Formatter().parse(text))
        names = {name for _, name, _, _ in parts if name is not None}
        if names <= set(FIELDS):
            Template(text).stem(_SAMPLE)
    except ValueError:
        return set()
    literals = "".join(literal.replace("/", "") + (wanted or "") for literal, _, wanted, _ in parts)
    return set() if _UNSAFE.search(literals) else names


class _Safe:
    """A value in a template: formatted as usual, then rid of whatever could leave its place."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __format__(self, wanted: str) -> str:
        text = "" if self._value == "" else format(self._value, wanted)
        return _UNSAFE.sub("_", text)


class _Index:
    """The number of a result among several, `{index:02}`: kept for when they are there."""

    def __format__(self, wanted: str) -> str:
        if wanted and not wanted.isdecimal():
            raise ValueError("an index is formatted by its length alone")
        return f"{{{wanted}}}"


def _part(part: str) -> str:
    """Return a name that every file system takes and that hides nothing."""
    name = part.encode()[:MOST_BYTES].decode(errors="ignore").strip(" .-") or "_"
    return f"_{name}" if _TAKEN.fullmatch(name) else name


def _refuse(text: str, en: str, zh: str) -> TemplateRefused:
    return TemplateRefused(Text(f"The template {text} {en}", f"模板 {text} {zh}"))


_SAMPLE: Final = {**dict.fromkeys(FIELDS, "x"), "n": 1, "seed": 1, "duration": 1}
