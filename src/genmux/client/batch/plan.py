"""The plan of a batch: names are unique, links lead somewhere, and no line waits for itself."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Final

import msgspec

from genmux.client.batch.faults import LineFault
from genmux.client.batch.lines import Input, Line, Link
from genmux.client.endpoint import FromFile, FromTask, FromUrl, Given
from genmux.domain.spec import Medium
from genmux.domain.text import Text, same
from genmux.wires.rest_create import render_create

KEY_DIGITS: Final = 32
_MEDIA: Final = {
    Medium.IMAGE: Text("picture", "图片"),
    Medium.VIDEO: Text("film", "视频"),
    Medium.AUDIO: Text("sound", "音频"),
}
_TO_PICTURE: Final = Text(
    "; link to a step of it, last_frame or poster", "；请改为引用其 last_frame 或 poster 步骤"
)
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Planned:
    """A line and its key, which is the same as long as the line and the batch are."""

    line: Line
    key: str


def link_lines(lines: Iterable[Line]) -> tuple[tuple[Line, ...], tuple[LineFault, ...]]:
    """Return the lines, every one after those it links to, and what is wrong between them."""
    listed = tuple(lines)
    named = {line.name: line for line in listed if line.name}
    faults = [*_double_names(listed), *_unknown_links(listed, named), *_unfit_links(listed, named)]
    if faults:
        return listed, tuple(faults)
    sorter = TopologicalSorter({line.n: [named[name].n for name in line.links] for line in listed})
    by_n = {line.n: line for line in listed}
    try:
        return tuple(by_n[n] for n in sorter.static_order()), ()
    except CycleError as error:
        circle = [by_n[n] for n in reversed(error.args[1])]
        return listed, (_cycle(circle),)


def _double_names(lines: Iterable[Line]) -> Iterable[LineFault]:
    first: dict[str, Line] = {}
    for line in lines:
        if line.name and first.setdefault(line.name, line) is not line:
            row = first[line.name].row
            yield LineFault(
                line.row,
                Text(
                    f"the name {line.name} is line {row}'s already; every name must be another one.",
                    f"名称 {line.name} 已用于第 {row} 行；名称不能重复。",
                ),
            )


def _unknown_links(lines: Iterable[Line], named: Mapping[str, Line]) -> Iterable[LineFault]:
    for line in lines:
        for name in line.links:
            if name in named:
                continue
            near = get_close_matches(name, named, n=1, cutoff=0.5)
            en = f"; did you mean ${near[0]}?" if near else "; give a line that name."
            zh = f"；是否想写 ${near[0]}？" if near else "；请为某一行取此名称。"
            yield LineFault(
                line.row, Text(f"${name} is the name of no line{en}", f"没有名为 ${name} 的行{zh}")
            )


def _unfit_links(lines: Iterable[Line], named: Mapping[str, Line]) -> Iterator[LineFault]:
    for line in lines:
        media = (reference.medium for reference in line.spec.all_references())
        for item, medium, place in zip(line.inputs, media, line.fields, strict=True):
            if isinstance(item, Link) and item.name in named:
                yield from (LineFault(line.row, t) for t in _misfits(item, named[item.name], medium, place))


def _misfits(link: Link, target: Line, medium: Medium, place: str) -> Iterator[Text]:
    made, count = Medium(target.spec.kind.value), target.spec.count or 1
    if medium is not made:
        advice = _TO_PICTURE if medium is Medium.IMAGE else same("")
        yield Text(
            f"{place} wants a {_MEDIA[medium].en}, and ${link.name} makes a {_MEDIA[made].en}{advice.en}.",
            f"{place} 需要{_MEDIA[medium].zh}，而 ${link.name} 生成{_MEDIA[made].zh}{advice.zh}。",
        )
    elif link.n is not None and link.n >= count:
        yield Text(
            f"{place} names ${link.name}#{link.n}, and that line makes {count}, numbered from 0.",
            f"{place} 引用了 ${link.name}#{link.n}，而该行只生成 {count} 个结果，编号从 0 起。",
        )


def _cycle(circle: list[Line]) -> LineFault:
    """`circle` begins and ends with the same line."""
    path = " → ".join(f"${line.name}" for line in circle)
    return LineFault(
        circle[0].row,
        Text(f"the line waits for itself: {path}.", f"该行在等待自身：{path}。"),
    )


def key_lines(batch: str, lines: Iterable[Line], digests: Mapping[Path, str]) -> tuple[Planned, ...]:
    """Return the lines with their keys; `lines` are in the order of `link_lines`.

    A key is made of the batch, the line's name and all that decides what is made: the content of its
    files (`digests`) and the keys of the lines that it links to. Equal lines without a name are told
    apart by their order.
    """
    keys: dict[str, str] = {}
    seen: Counter[str] = Counter()
    planned: list[Planned] = []
    for line in lines:
        content = _digest([batch, line.name, _content(line, digests, keys)])
        seen[content] += 1
        key = _digest([content, seen[content]])[:KEY_DIGITS]
        if line.name:
            keys[line.name] = key
        planned.append(Planned(line, key))
    return tuple(planned)


def _content(line: Line, digests: Mapping[Path, str], keys: Mapping[str, str]) -> list[Any]:
    inputs = [_input_content(item, digests, keys) for item in line.inputs]
    return [render_create(line.spec, priority=line.priority, output=line.output), inputs, line.extra]


def _input_content(item: Input, digests: Mapping[Path, str], keys: Mapping[str, str]) -> list[Any]:
    match item:
        case Link():
            return ["line", keys[item.name], item.n]
        case FromFile():
            return ["file", digests[item.path]]
        case FromUrl():
            return ["url", item.url]
        case FromTask():
            return ["task", item.ref.id, item.n]
        case Given():
            return ["data", hashlib.sha256(item.data).hexdigest()]


def _digest(value: Any) -> str:
    return hashlib.sha256(_encode(value)).hexdigest()
