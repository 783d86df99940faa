"""Lines: what one entry of a batch file asks for, read by the rules of our own REST wire."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias
from unicodedata import normalize

import msgspec

from genmux.client.batch.entries import Entry
from genmux.client.batch.faults import LineFault
from genmux.client.endpoint import FromFile, FromTask, FromUrl, Order, Ref, Source
from genmux.client.sources import kind_of, parse_source
from genmux.domain.results import TO_COME
from genmux.domain.spec import GenerationSpec, Kind, Medium, OutputTarget, Role
from genmux.wires.rest_create import KNOWN, parse_check
from genmux.wires.rest_values import Faults, read_fields, read_list, read_options, read_text, refuse

SHORT: Final = tuple(str(role) for role in Role if role is not Role.AUDIO)
"""Roles that are fields of a line, too: `"first_frame": "cat.png"`; `audio` says whether there is sound."""
WORDS: Final = ("name", *KNOWN, *SHORT, "extra")
"""Every field of a line."""
_NAME: Final = re.compile(r"[\w][\w .()+-]{0,99}")
_LINK: Final = re.compile(r"\$([^#]+)(?:#(\d{1,3}))?")
_STAND_IN: Final = "data:,"
_SOMEWHERE: Final = FromUrl("https://example.com/")


@dataclass(frozen=True, slots=True)
class Link:
    """An input that is output `n` of another line, None for its first result."""

    name: str
    n: int | None = None


Input: TypeAlias = Source | Link
Made: TypeAlias = Ref | tuple[Path, ...]
"""What a link leads to: a task, or the files of one that another endpoint has made."""


@dataclass(frozen=True, slots=True)
class Line:
    """One task to make. `spec`'s references carry the number of their input, `#0`, as `source`.

    `fields` are what the file calls each input.
    """

    n: int
    row: int
    name: str  # "" where the file gives none
    spec: GenerationSpec
    inputs: tuple[Input, ...] = ()
    fields: tuple[str, ...] = ()
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

    @property
    def files(self) -> tuple[Path, ...]:
        """The local files that it names."""
        return tuple(item.path for item in self.inputs if isinstance(item, FromFile))

    def order(self, key: str, made: Mapping[str, Made]) -> Order:
        """Return the create; `made` is what has become of the lines that it links to, by name."""
        return self._order(key, [_linked(i, made[i.name]) if isinstance(i, Link) else i for i in self.inputs])

    def rehearsal(self, sent: Container[Path], away: Mapping[str, Made]) -> Order:
        """Return the create as far as it can be checked before any line has a task.

        A task that is still to come stands in for links, but for those to lines in `away`, whose results are
        files, and for the files in `sent`, which somebody has checked.
        """
        inputs = [
            _linked(i, away[i.name]) if isinstance(i, Link) and i.name in away else i for i in self.inputs
        ]
        media = (reference.medium for reference in self.spec.all_references())
        return self._order(
            "",
            [
                _stand_in(medium) if _stands_aside(item, sent) else item
                for item, medium in zip(inputs, media, strict=True)
            ],
        )

    def _order(self, key: str, inputs: Iterable[Input]) -> Order:
        sources = tuple(item for item in inputs if not isinstance(item, Link))
        assert len(sources) == len(self.inputs)
        return Order(
            spec=self.spec,
            sources=sources,
            fields=self.fields,
            key=key,
            priority=self.priority,
            output=self.output,
            extra=self.extra,
        )


def _linked(link: Link, made: Made) -> Source:
    return FromTask(made, link.n) if isinstance(made, Ref) else FromFile(made[link.n or 0])


def _stand_in(medium: Medium) -> Source:
    if medium is Medium.AUDIO:  # no task makes sounds alone
        return _SOMEWHERE
    return FromTask(Ref(TO_COME.hex(), Kind(medium)))


def _stands_aside(item: Input, sent: Container[Path]) -> bool:
    return isinstance(item, Link) or (isinstance(item, FromFile) and item.path in sent)


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
    spec = parsed.spec.with_sources({n: f"#{n}" for n in range(len(reading.inputs))})
    media = (reference.medium for reference in spec.all_references())
    return Line(
        n=entry.n,
        row=entry.row,
        name=name,
        spec=spec,
        inputs=tuple(_with_kind(i, medium) for i, medium in zip(reading.inputs, media, strict=True)),
        fields=tuple(reading.fields),
        priority=parsed.priority,
        output=parsed.output,
        extra=extra,
    ), ()


def _with_kind(item: Input, medium: Medium) -> Input:
    """Return an input whose task makes what the input is, unless its id says better."""
    if not isinstance(item, FromTask):
        return item
    return FromTask(Ref(item.ref.id, kind_of(item.ref.id, medium)), item.n)


def _read_name(value: Any, path: str) -> str:
    name = _composed(read_text(value, path))
    if name and not _NAME.fullmatch(name):
        raise refuse(
            path,
            "must begin with a letter or a digit and have at most 100 letters, digits, spaces and .()+-_.",
            "必须以文字或数字开头，最多 100 个字符，只能包含文字、数字、空格与 .()+-_。",
        )
    return name


def _composed(name: str) -> str:
    """Return a name as it is compared: macOS writes é as two characters."""
    return normalize("NFC", name.strip())


@dataclass(slots=True)
class _Reading:
    """A line's inputs on their way out of its body, in the order in which a spec numbers them."""

    base: Path
    faults: Faults
    inputs: list[Input] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)

    def body(self, said: dict[str, Any]) -> dict[str, Any]:
        """Return the body of a create whose inputs are stand-ins; the real ones are kept in `inputs`."""
        short = [found for role in SHORT if role in said for found in self._short(role, said.pop(role))]
        given = said.get("references", [])
        places = [*_listed(given, "references"), *short]
        if short and isinstance(given, list):
            said["references"] = [reference for reference, _ in places]
        for reference, path in (*places, *_of_subjects(said.get("subjects"))):
            if isinstance(reference, dict) and isinstance(reference.get("source"), str):
                self._take(reference, path)
        return said

    def _short(self, role: str, value: Any) -> Iterator[tuple[dict[str, Any], str]]:
        items = value if isinstance(value, list) else [value]
        for n, item in enumerate(self.faults.read(read_list, items, role) or []):
            path = f"{role}.{n}" if isinstance(value, list) else role
            source = self.faults.read(read_text, item, path)
            if source is not None:
                yield {"role": role, "source": source}, path

    def _take(self, reference: dict[str, Any], path: str) -> None:
        found = self.faults.read(self._input, reference["source"], path)
        self.inputs.append(found if found is not None else FromUrl(_STAND_IN))
        self.fields.append(path)
        reference["source"] = _STAND_IN

    def _input(self, text: str, path: str) -> Input:
        if text.startswith("$"):
            link = _LINK.fullmatch(text)
            if link is None:
                raise refuse(path, "must read like $name or $name#1.", "的写法示例：$name、$name#1。")
            return Link(_composed(link[1]), int(link[2]) if link[2] else None)
        source = parse_source(text, path)
        return FromFile((self.base / source.path).absolute()) if isinstance(source, FromFile) else source


def _listed(items: Any, path: str) -> Iterator[tuple[Any, str]]:
    """Yield what a body lists at `path`; that it is a list at all is for the wire's parser to say."""
    for n, item in enumerate(items if isinstance(items, list) else ()):
        yield item, f"{path}.{n}"


def _of_subjects(subjects: Any) -> Iterator[tuple[Any, str]]:
    """Yield the references of subjects in the order of `GenerationSpec.all_references`."""
    for subject, path in _listed(subjects, "subjects"):
        if isinstance(subject, dict):
            for kind in ("images", "videos"):
                yield from _listed(subject.get(kind), f"{path}.{kind}")
