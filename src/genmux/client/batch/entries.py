"""Batch files: the lines of a JSON Lines or CSV file as fields, before anybody asks what they mean."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from genmux.client.batch.cells import Column, fill, read_header
from genmux.client.batch.faults import LineFault
from genmux.domain.text import Text

JSON_ENDINGS: Final = (".jsonl", ".ndjson")
CSV_ENDINGS: Final = (".csv", ".tsv")
_SEPARATORS: Final = ",;\t"
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")

csv.field_size_limit(64 * 1024 * 1024)  # a cell may hold a picture as a data URL


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as it was written: the `n`-th of its file, counted from 1, which begins in row `row`."""

    n: int
    row: int
    fields: dict[str, Any]


@dataclass(slots=True)
class Entries:
    """What a file holds, and what is wrong with it."""

    found: list[Entry] = field(default_factory=list)
    faults: list[LineFault] = field(default_factory=list)

    def _refuse(self, row: int, en: str, zh: str) -> None:
        self.faults.append(LineFault(row, Text(en, zh)))

    def _add(self, row: int, fields: dict[str, Any]) -> None:
        self.found.append(Entry(len(self.found) + 1, row, fields))


def read_entries(name: str, data: bytes) -> Entries:
    """Return the lines of a batch file by the ending of its name; empty lines say nothing.

    Text is UTF-8, with or without a byte order mark. Commas, semicolons or tabs part the cells of a
    CSV file, whichever its first row has.
    """
    entries = Entries()
    ending = name[name.rfind(".") :].lower()
    if ending not in (*JSON_ENDINGS, *CSV_ENDINGS):
        entries._refuse(
            0,
            f"{name} must end with .jsonl or .csv, so that it is known how to read it.",
            f"文件 {name} 的扩展名必须是 .jsonl 或 .csv。",
        )
        return entries
    text = _decode(name, data, entries)
    if text is not None:
        (_read_json if ending in JSON_ENDINGS else _read_csv)(text, entries)
        if not entries.found and not entries.faults:
            entries._refuse(0, f"{name} has no lines.", f"文件 {name} 中没有任何行。")
    return entries


def _decode(name: str, data: bytes, entries: Entries) -> str | None:
    """Return the text, None where it is no UTF-8: nobody can tell what its characters are then."""
    try:
        if not data.startswith(_MARKS):
            return data.decode("utf-8-sig")
        row = 0
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
    entries._refuse(
        row,
        f"{name} is not UTF-8; save it as UTF-8 (in Excel: CSV UTF-8).",
        f"文件 {name} 不是 UTF-8 编码；请另存为 UTF-8（Excel 中选择“CSV UTF-8”）。",
    )
    return None


# ---------------------------------------------------------------- JSON Lines


def _read_json(text: str, entries: Entries) -> None:
    for row, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = msgspec.json.decode(line)
        except (ValueError, RecursionError) as error:
            entries._refuse(row, f"is not JSON: {error}.", f"不是有效的 JSON：{error}。")
            continue
        if not isinstance(value, dict):
            entries._refuse(
                row,
                'must be a JSON object such as {"kind": "image", "prompt": "a fox"}.',
                '必须是 JSON 对象，例如 {"kind": "image", "prompt": "a fox"}。',
            )
            continue
        entries._add(row, value)


# ---------------------------------------------------------------- CSV


def _read_csv(text: str, entries: Entries) -> None:
    rows = _rows(text, entries)
    first = next(rows, None)
    if first is None:
        return
    columns, faults = read_header(first[1])
    entries.faults += [LineFault(first[0], fault) for fault in faults]
    for row, cells in rows:
        _read_row(row, cells, columns, entries)


def _rows(text: str, entries: Entries) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that have something in them, with the row of the file where each begins."""
    head = next(iter(text.strip("\r\n").splitlines()), "")
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        entries._refuse(begins, f"is not CSV: {error}.", f"不是有效的 CSV：{error}。")


def _read_row(row: int, cells: list[str], columns: list[Column | None], entries: Entries) -> None:
    fields: dict[str, Any] = {}
    for number, cell in enumerate(cells, 1):
        said = cell.strip()
        if not said:
            continue
        column = columns[number - 1] if number <= len(columns) else None
        if column is None:
            entries._refuse(
                row,
                f"cell {number} ({_short(said)}) stands in a column without a name.",
                f"第 {number} 个单元格（{_short(said)}）所在的列没有列名。",
            )
            return
        try:
            column.put(fields, said)
        except ValueError as error:
            entries.faults.append(LineFault(row, error.args[0]))
    entries._add(row, fill(fields))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
