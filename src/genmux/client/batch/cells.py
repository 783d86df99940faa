"""CSV cells: columns named by the path of a field, and what a cell's text says in JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from genmux.domain.text import Text, same
from genmux.wires.rest_create import FIELDS
from genmux.wires.rest_values import read_bool

NUMBERS: Final = frozenset({"duration", "count", "seed", "priority"})
BOOLEANS: Final = frozenset({"keep_sound"} | {n for n, plain in FIELDS.items() if plain.parse is read_bool})
OPEN: Final = ("options", "extra")
"""The fields whose content is anybody's: a cell below them is JSON where it can be, else a text."""
WORDS: Final = {
    **dict.fromkeys(("true", "yes", "1", "是"), True),
    **dict.fromkeys(("false", "no", "0", "否"), False),
}
_PART: Final = re.compile(r"[^\s.]+")
_ROUNDED: Final = Text(
    ", which a spreadsheet has rounded; format its column as text and enter it again",
    "（已被电子表格四舍五入）；请将该列设为文本格式后重新输入",
)
_NUMBER: Final = re.compile(r"-?\d{1,19}(\.\d{1,9})?", re.ASCII)


class CellRefused(ValueError):
    """A cell that cannot be read; its argument is the sentence."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `duration`, or a path such as `options.camera` or `references.0.source`."""

    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name as the file spells it."""
        return ".".join(self.path)

    def put(self, fields: dict[str, Any], text: str) -> None:
        """Write what a cell says into a line's fields. Raises `CellRefused`."""
        inner = fields
        for part in self.path[:-1]:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise _clash(self.name)
        if self.path[-1] in inner:
            raise _clash(self.name)
        inner[self.path[-1]] = read_cell(self.path, text)


def _clash(name: str) -> CellRefused:
    return CellRefused(
        Text(
            f"{name} says something that another column of this line has said.",
            f"{name} 与该行另一列的内容重复。",
        )
    )


def read_header(cells: list[str]) -> tuple[list[Column | None], list[Text]]:
    """Return the columns, None for one without a name, and what is wrong with the names."""
    columns: list[Column | None] = []
    faults: list[Text] = []
    for cell in (c.strip() for c in cells):
        column = Column(tuple(cell.split("."))) if cell else None
        if column is not None and not all(_PART.fullmatch(part) for part in column.path):
            faults.append(
                Text(
                    f"the column {cell} must be a field, or a path such as options.camera.",
                    f"列名 {cell} 必须是字段名，或形如 options.camera 的路径。",
                )
            )
        elif column is not None and column in columns:
            faults.append(Text(f"the column {cell} stands there twice.", f"列名 {cell} 出现了两次。"))
        columns.append(column)
    return columns, faults


def read_cell(path: tuple[str, ...], text: str) -> Any:
    """Return what a cell says as JSON has it. Raises `CellRefused`."""
    if path[0] in OPEN:
        return _json_or_text(text)
    if path[-1] in NUMBERS and len(path) == 1:
        return _number(path[0], text)
    if path[-1] in BOOLEANS:
        if text.lower() not in WORDS:
            name = ".".join(path)
            raise CellRefused(Text(f"{name} must be true or false.", f"{name} 必须是 true 或 false。"))
        return WORDS[text.lower()]
    return text


def _number(name: str, text: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        advice = _ROUNDED if "e" in text.lower() else same("")
        raise CellRefused(
            Text(
                f"{name} must be a number, not {text}{advice.en}.",
                f"{name} 必须是数字，而不是 {text}{advice.zh}。",
            )
        )
    value = float(text)
    return int(text) if "." not in text else int(value) if value.is_integer() else value


def _json_or_text(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text


def fill(value: Any) -> Any:
    """Return the fields with every object that is keyed by numbers turned into the list it stands for."""
    if not isinstance(value, dict):
        return value
    filled = {name: fill(item) for name, item in value.items()}
    if filled and all(name.isdecimal() and len(name) <= 3 for name in filled):
        return [filled[name] for name in sorted(filled, key=int)]
    return filled
