"""Lines: what one entry of a batch file asks for, read by the rules of our own REST wire."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from genmux.client.batch.entries import Entry
from genmux.client.batch.faults import LineFault
from genmux.client.endpoint import FromFile, FromTask, FromUrl, Order, Ref, Source
from genmux.domain.spec import GenerationSpec, Kind, OutputTarget, Role
from genmux.wires.rest_create import KNOWN, parse_check
from genmux.wires.rest_values import Faults, read_fields, read_list, read_options, read_text, refuse

SHORT: Final = tuple(str(role) for role in Role if role is not Role.AUDIO)
"""Roles that are fields of a line, too: `"first_frame": "cat.png"`; `audio` says whether there is sound."""
WORDS: Final = ("name", *KNOWN, *SHORT, "extra")
"""Every field of a line."""
_NAME: Final = re.compile(r"[\w][\w .()+-]{0,99}")
_LINK: Final = re.compile(r"\$([^#]+)(?:#(\d{1,3}))?")
_STAND_IN: Final = "data:,"


@dataclass(frozen=True, slots=True)
class Link:
    """An input that is output `n` of another line, None for its first result."""

    name: str
    n: int | None = None


Input: TypeAlias = Source | Link


@dataclass(frozen=True, slots=True)
class Line:
    """One task to make. `spec`'s references carry the number of their input, `#0`, as `source`."""

    n: int
    row: int
    name: str  # "" where the file gives none
    spec: GenerationSpec
    inputs: tuple[Input, ...] = ()
    priority: int = 0
    output: OutputTarget | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What people call the line."""
        return self.name or f"{self.n:04}"

    @property
    def model(self) -> str:
        """The model as it was said, "" for the endpoint's own choice."""
        model = self.spec.model
        return "" if model is None else f"{model.family}/{model.version}".rstrip("/")

    @property
    def links(self) -> tuple[str, ...]:
        """The names of the lines whose results this one needs."""
        return tuple(item.name for item in self.inputs if isinstance(item, Link))

    def order(self, key: str, made: Mapping[str, Ref]) -> Order:
        """Return the create; `made` are the tasks of the lines that it links to, by name."""
        sources = tuple(
            FromTask(made[item.name], item.n) if isinstance(item, Link) else item for item in self.inputs
        )
        return Order(self.spec, sources, key, self.priority, self.output, self.extra)

    def rehearsal(self) -> Order:
        """Return the create as far as it can be checked before any line has a task."""
        sources = tuple(
            FromUrl(f"https://{_STAND_IN_HOST}/{n}") if isinstance(item, Link) else item
            for n, item in enumerate(self.inputs)
        )
        return Order(self.spec, sources, "", self.priority, self.output, self.extra)


_STAND_IN_HOST: Final = "line.invalid"


def read_line(
    entry: Entry, base: Path, defaults: Mapping[str, Any]
) -> tuple[Line | None, tuple[LineFault, ...]]:
    """Return the line of an entry, None without a kind, and every fault of it.

    Paths are relative to `base`; `defaults` are fields of every line that does not say them itself.
    """
    faults = Faults(collect=True)
    said = {name: value for name, value in entry.fields.items() if value is not None}
    fields = deepcopy(read_fields({**defaults, **said}, "", WORDS, faults))  # its inputs are taken out
    name = faults.read(_read_name, fields.pop("name", ""), "name") or ""
    extra = faults.read(read_options, fields.pop("extra", {}), "extra") or {}
    reading = _Reading(base, faults)
    parsed, more = parse_check(msgspec.json.encode(reading.body(fields)))
    found = tuple(LineFault(entry.row, fault.text) for fault in (*faults.found, *more))
    if parsed is None or found:
        return None, found
    numbers = {n: f"#{n}" for n in range(len(reading.inputs))}
    spec = parsed.spec.with_sources(numbers)
    inputs = tuple(reading.inputs)
    return Line(entry.n, entry.row, name, spec, inputs, parsed.priority, parsed.output, extra), ()


def _read_name(value: Any, path: str) -> str:
    name = read_text(value, path).strip()
    if name and not _NAME.fullmatch(name):
        raise refuse(
            path,
            "must begin with a letter or a digit and have at most 100 letters, digits, spaces and .()+-_.",
            "必须以文字或数字开头，最多 100 个字符，只能包含文字、数字、空格与 .()+-_。",
        )
    return name


@dataclass(slots=True)
class _Reading:
    """A line's inputs on their way out of its body, in the order in which a spec numbers them."""

    base: Path
    faults: Faults
    inputs: list[Input] = field(default_factory=list)

    def body(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the body of a create whose inputs are stand-ins; the real ones are kept in `inputs`."""
        short = [item for role in SHORT if role in fields for item in self._short(role, fields.pop(role))]
        given = fields.get("references", [])
        if short and isinstance(given, list):
            fields["references"] = [*given, *short]
        for reference, path in _all_references(fields):
            self._take(reference, path)
        return fields

    def _short(self, role: str, value: Any) -> Iterator[dict[str, Any]]:
        items = value if isinstance(value, list) else [value]
        for n, item in enumerate(self.faults.read(read_list, items, role) or []):
            path = f"{role}.{n}" if isinstance(value, list) else role
            source = self.faults.read(read_text, item, path)
            if source is not None:
                yield {"role": role, "source": source}

    def _take(self, reference: dict[str, Any], path: str) -> None:
        source = reference.get("source")
        if not isinstance(source, str):
            return  # the wire's own parser says what is wrong
        found = self.faults.read(self._input, source, f"{path}.source")
        self.inputs.append(found if found is not None else FromUrl(_STAND_IN))
        reference["source"] = _STAND_IN

    def _input(self, text: str, path: str) -> Input:
        if text.startswith("$"):
            link = _LINK.fullmatch(text)
            if link is None:
                raise refuse(path, "must read like $name or $name#1.", "的写法示例：$name、$name#1。")
            return Link(link[1].strip(), int(link[2]) if link[2] else None)
        return _source(text, self.base)


def _source(text: str, base: Path) -> Source:
    if text.startswith(("http://", "https://", "data:")):
        return FromUrl(text)
    if text.startswith("task:"):
        task, _, n = text[5:].partition("#")
        return FromTask(Ref(task, Kind.IMAGE), int(n) if n else None)
    return FromFile((base / Path(text).expanduser()).absolute())


def _all_references(fields: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield every reference of a body that is one, in the order of `GenerationSpec.all_references`."""
    places = [(fields, "references", "")]
    subjects = fields.get("subjects")
    for n, subject in enumerate(subjects if isinstance(subjects, list) else ()):
        if isinstance(subject, dict):
            places += [(subject, kind, f"subjects.{n}.") for kind in ("images", "videos")]
    for holder, name, above in places:
        items = holder.get(name)
        for n, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                yield item, f"{above}{name}.{n}"
