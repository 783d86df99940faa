"""`ExtInfo`, JSON text that holds the model's own options as JSON text once more, there and back."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from genmux.domain.spec import GenerationSpec, Kind
from genmux.domain.words import parse_size
from genmux.wires.nesting import deeper
from genmux.wires.tencent import WireError
from genmux.wires.tencent_rows import bad_value, parse_size_word

EXT_INFO: Final = "ExtInfo"
ADDITIONAL: Final = "AdditionalParameters"
MAX_OPTIONS_DEPTH: Final = 32


class Options(NamedTuple):
    """What `ExtInfo` says: a picture's size in pixels, and the other options of the model."""

    size: tuple[int, int] | None
    options: dict[str, Any]


def parse_ext_info(kind: Kind, text: str) -> Options:
    """Return the options in `ExtInfo`; its other members say nothing a spec has. Raises `WireError`.

    The platform's own example sends plain words, which say nothing either. Only image tasks have a
    `size` there (SDK 3.1.194).
    """
    if not text.lstrip().startswith("{"):
        return Options(None, {})
    inner = _object(text, EXT_INFO).get(ADDITIONAL)
    if inner is None or inner == "":
        return Options(None, {})
    path = f"{EXT_INFO}.{ADDITIONAL}"
    if not isinstance(inner, str):
        raise bad_value(
            path,
            "It must be JSON text inside the JSON text, such as "
            r'{"AdditionalParameters":"{\"size\":\"1024x1024\"}"}.',
            r'应为再次序列化的 JSON 字符串，示例：{"AdditionalParameters":"{\"size\":\"1024x1024\"}"}。',
        )
    options = _object(inner, path)
    size = options.pop("size", None) if kind is Kind.IMAGE else None
    return Options(parse_size_word(size, f"{path}.size") if size is not None else None, options)


def _object(text: str, path: str) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise bad_value(path, "It must be the text of a JSON object.", "应为 JSON 对象序列化后的字符串。")
    if deeper(value, MAX_OPTIONS_DEPTH):
        raise bad_value(path, "It is nested too deeply.", "嵌套过深。")
    return value


def render_ext_info(spec: GenerationSpec, kept: str = "") -> tuple[str, list[str]]:
    """Return the text for the spec's size and options, and which of the two could not be said in full.

    `kept` is the text that the caller once wrote: it stays if it says the same, else its other
    members are carried over.
    """
    said, unsaid = _sayable(spec)
    if kept and _reads_as(spec.kind, kept, said):
        return kept, unsaid
    outer = _others(kept)
    inner = said.options | ({"size": f"{said.size[0]}x{said.size[1]}"} if said.size else {})
    if inner:
        outer[ADDITIONAL] = _text(inner)
    return _text(outer) if outer else "", unsaid


def _sayable(spec: GenerationSpec) -> tuple[Options, list[str]]:
    image = spec.kind is Kind.IMAGE
    options = {name: value for name, value in spec.options.items() if not (image and name == "size")}
    size = spec.size if image else None
    unsaid = []
    if size and parse_size(f"{size[0]}x{size[1]}") != size:
        unsaid, size = ["size"], None
    if options and not _reads_as(Kind.VIDEO, _text({ADDITIONAL: _text(options)}), Options(None, options)):
        options = {}
    if options != spec.options:
        unsaid.append("options")
    return Options(size, options), unsaid


def _others(text: str) -> dict[str, Any]:
    try:
        outer = _object(text, EXT_INFO)
    except WireError:
        return {}
    return {name: value for name, value in outer.items() if name != ADDITIONAL}


def _reads_as(kind: Kind, text: str, wanted: Options) -> bool:
    try:
        return parse_ext_info(kind, text) == wanted
    except WireError:
        return False


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
