"""`Input` of a VOD task: the request said again, with a zero value for everything that was not said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from genmux.domain.spec import GenerationSpec, Kind
from genmux.wires.vod_create import SCHEMA, last_frame_apart, render_create
from genmux.wires.vod_inputs import FILES, render_info, with_extras

INPUTS: Final = {Kind.IMAGE: "AigcImageTaskInput", Kind.VIDEO: "AigcVideoTaskInput"}
NO_TIME: Final = "0000-00-00T00:00:00Z"
"""How the platform says that `Input.OutputConfig.ExpireTime` was not given (raw answer, 2026-08)."""

_ZEROS: Final[dict[str, Any]] = {"string": "", "int64": 0, "uint64": 0, "float": 0}


def render_input(spec: GenerationSpec, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `Input` of a task, whichever wire it came by; members are sorted.

    Bytes by value are not said again: their `Base64` is "".
    """
    _, body, _ = render_create(spec, extra)
    if spec.references:
        body[FILES] = _files(spec, extra)
    return _filled(INPUTS[spec.kind], body)


def _files(spec: GenerationSpec, extra: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every reference as an item, also those that could not be sent as they are."""
    items = len(spec.references) - bool(last_frame_apart(spec, extra))
    infos = [render_info(spec.kind, reference) for reference in spec.references[:items]]
    extras = extra.get(FILES, [])
    if len(extras) == len(infos):
        infos = with_extras(infos, extras)
    return [{name: "" if name == "Base64" else value for name, value in info.items()} for info in infos]


def _filled(struct: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a struct with every field, what was said where it was said."""
    fields = SCHEMA.structs[struct]
    return {name: _value(fields[name], name, said.get(name)) for name in sorted(fields)}


def _value(word: str, name: str, said: Any) -> Any:
    if word.startswith("["):
        item = word[1:-1]
        return [_filled(item, one) for one in said or ()] if item in SCHEMA.structs else list(said or ())
    if word in SCHEMA.structs:
        return _filled(word, said or {})
    if said is None:
        return NO_TIME if name == "ExpireTime" else _ZEROS[word]
    return plain_number(said)


def plain_number(value: Any) -> Any:
    """Return a whole float as an integer, as the platform writes it; anything else unchanged."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
