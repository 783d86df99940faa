"""The plain fields of Tencent's create requests as rows: what both services share, there and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from genmux.domain.spec import GenerationSpec, Kind
from genmux.domain.text import Text
from genmux.domain.words import AREAS, frame_table, parse_ratio, parse_resolution, parse_size
from genmux.wires.tencent import WireError, refuse

MAX_DURATION_SECONDS: Final = 24 * 3600


class Row(NamedTuple):
    """One spec field and its wire field; a path has one dot at most."""

    field: str
    path: str
    parse: Callable[[Any, str], Any]
    render: Callable[[Any], Any]


Groups = Mapping[str, Mapping[str, Row]]
"""Rows by the group ("" for the top level) and the name of their wire fields."""


def grouped(rows: Iterable[Row]) -> Groups:
    """Return rows by the group and the name of their wire fields."""
    groups: dict[str, dict[str, Row]] = {}
    for row in rows:
        group, _, name = row.path.rpartition(".")
        groups.setdefault(group, {})[name] = row
    return groups


# What a row is made of.


def bad_value(path: str, en: str, zh: str) -> WireError:
    """Return the complaint that the field at `path` holds a wrong value, and what would be right."""
    return refuse("InvalidParameterValue", path, Text(en, zh))


def as_it_is(value: Any, path: str = "") -> Any:
    """Return `value`: parsing and rendering of what the wire says in the spec's own words."""
    return value


def same(field: str, path: str) -> Row:
    """Return the row of a field whose value is the spec's."""
    return Row(field, path, as_it_is, as_it_is)


def resolution_row(path: str) -> Row:
    """Return the row of the resolution word."""
    return Row("resolution", path, _parse_resolution, as_it_is)


def ratio_row(path: str, parse: Callable[[str, str], str | None]) -> Row:
    """Return the row of the aspect ratio; `parse` is `parse_ratio_word` or what a service makes of it."""
    return Row("aspect_ratio", path, parse, as_it_is)


def _parse_resolution(value: str, path: str) -> str:
    word = parse_resolution(value)
    if word is None:
        raise bad_value(path, "Write it like 720P, 1080P, 2K or 4K.", "示例：720P、1080P、2K、4K。")
    return word


def parse_ratio_word(value: str, path: str) -> str:
    """Return the normal spelling of an aspect ratio. Raises `WireError`."""
    word = parse_ratio(value)
    if word is None:
        raise bad_value(path, "Write it like 16:9, 9:16 or 1:1.", "示例：16:9、9:16、1:1。")
    return word


def parse_size_word(value: Any, path: str) -> tuple[int, int]:
    """Return (width, height) in pixels; raises `WireError` for anything but such a text."""
    size = parse_size(value) if isinstance(value, str) else None
    if size is None:
        raise bad_value(path, "Write it like 1024x1024.", "示例：1024x1024。")
    return size


# All rows of a request.


def parse_groups(
    groups: Groups, body: Mapping[str, Any], says_nothing: Callable[[str, Any], bool]
) -> dict[str, Any]:
    """Return the spec fields that `body` gives plainly; `says_nothing` is asked with each name and value."""
    fields: dict[str, Any] = {}
    for group, named in groups.items():
        for name, value in (body.get(group, {}) if group else body).items():
            row = named.get(name)
            if row is not None and not says_nothing(name, value):
                fields[row.field] = row.parse(value, row.path)
    return fields


def render_into(
    rows: Iterable[Row], spec: GenerationSpec, body: dict[str, Any], fits: Callable[[Row, Any], bool]
) -> list[str]:
    """Write the spec's plain fields into `body`; return those that would not be read back equal.

    `fits` says whether the wire has room for what a row would write.
    """
    unsaid = []
    for row in rows:
        value = getattr(spec, row.field)
        if value is None or value == "":
            continue
        said = row.render(value)
        if fits(row, said) and reads_as(row, said, value):
            _put(body, row.path, said)
        else:
            unsaid.append(row.field)
    return unsaid


def reads_as(row: Row, said: Any, value: Any) -> bool:
    """Return whether `said` on the wire means `value`."""
    try:
        return bool(row.parse(said, row.path) == value)
    except WireError:
        return False


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    if "." in path:
        group, _, name = path.rpartition(".")
        body.setdefault(group, {})[name] = value
    else:
        body[path] = value


# What the wires cannot say as it is.

STAGED: Final = "https://staged.example/"
"""Stands for the URL that a picture will have, where only its place in the request matters."""


def with_size_in_words(spec: GenerationSpec) -> GenerationSpec:
    """Return a film's spec with its exact size said as the resolution and ratio that stand for it.

    These wires have no field for a film's size. A size that no words stand for, or that contradicts
    the words already there, stays where it is.
    """
    if spec.kind is not Kind.VIDEO or spec.size is None:
        return spec
    for resolution, row in frame_table().items():
        for ratio, size in row.items():
            agrees = spec.resolution in (None, resolution) and spec.aspect_ratio in (None, ratio)
            if size == spec.size and agrees and resolution not in AREAS:
                return replace(spec, size=None, resolution=resolution, aspect_ratio=ratio)
    return spec
