"""Model names on the OpenAI wire: aliases as rows of data, and `<family>-<version>` for every other model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import msgspec

from genmux.domain.spec import Kind, ModelRef

SHOWN_NEAREST: Final = 3
MAX_REMEMBERED: Final = 4096
"""So many names and models are remembered with what they mean."""
LONGEST_REMEMBERED: Final = 100


class Alias(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names for one model; `qualities` maps a `quality` to the version that makes it."""

    names: tuple[str, ...]
    kind: Kind
    family: str
    version: str
    qualities: dict[str, str] = {}
    inline: bool = False


class _AliasFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    aliases: tuple[Alias, ...]


class Named(NamedTuple):
    """What a name means. `quality_said` tells that the quality became part of the version."""

    model: ModelRef
    quality_said: bool = False
    inline: bool = False


@cache
def read_aliases() -> tuple[Alias, ...]:
    """Return the aliases that genmux ships."""
    raw = files("genmux.wires").joinpath("openai_models.json").read_bytes()
    return msgspec.json.decode(raw, type=_AliasFile).aliases


class ModelNames:
    """Every name there is, found without regard to case; "Kling/3.0" and "Kling 3.0" are kling-3.0 too.

    The operator's names win over the shipped aliases, these over the catalogue's own names.
    """

    def __init__(
        self, known: Iterable[tuple[str, str, str]] = (), own: Mapping[str, str] | None = None
    ) -> None:
        """`known` lists (kind, family, version); `own` maps a name to "Family/version" of either kind.

        Raises `ValueError` for an `own` model that is not written so.
        """
        self._aliases: dict[tuple[Kind, str], Alias] = {}
        self._known: dict[tuple[Kind, str], ModelRef] = {}
        self._own: dict[str, ModelRef] = {}
        self._spelt: dict[Kind, dict[str, ModelRef]] = {kind: {} for kind in Kind}
        self._parsed: dict[tuple[Kind, str, str | None], Named] = {}
        self._rendered: dict[tuple[Kind, ModelRef], tuple[str, str | None] | None] = {}
        for name, model in (own or {}).items():
            self._add_own(name, model)
        for alias in read_aliases():
            for name in alias.names:
                self._aliases[alias.kind, _key(name)] = alias
                self._spelt[alias.kind].setdefault(name, ModelRef(alias.family, alias.version))
        for kind, family, version in known:
            if kind in tuple(Kind):
                self._add_known(Kind(kind), ModelRef(family, version))

    def _add_own(self, name: str, model: str) -> None:
        family, slash, version = model.partition("/")
        if not name.strip() or not slash or not family.strip() or not version.strip():
            raise ValueError(f"the model name {name!r} must stand for Family/version, not {model!r}")
        named = ModelRef(family.strip(), version.strip())
        self._own[_key(name)] = named
        for kind in Kind:
            self._spelt[kind][name] = named

    def _add_known(self, kind: Kind, model: ModelRef) -> None:
        name = _generic(model).lower()
        self._known.setdefault((kind, _key(name)), model)
        self._known.setdefault((kind, _key(model.family)), ModelRef(model.family, ""))
        self._spelt[kind].setdefault(name, model)

    def parse(self, kind: Kind, name: str, quality: str | None = None) -> Named:
        """Return the model that a name means; a name nobody knows is cut at its first slash, space or dash.

        The version is "" where the name has none.
        """
        asked = (kind, name, quality)
        known = self._parsed.get(asked)
        if known is None:
            known = self._parse(kind, name, quality)
            if len(self._parsed) >= MAX_REMEMBERED:
                self._parsed.clear()  # names are the caller's: memory must not grow with them
            if len(name) + len(quality or "") <= LONGEST_REMEMBERED:
                self._parsed[asked] = known
        return known

    def _parse(self, kind: Kind, name: str, quality: str | None) -> Named:
        key = _key(name)
        if own := self._own.get(key):
            return Named(own)
        alias = self._aliases.get((kind, key))
        if alias is not None:
            version = alias.qualities.get(quality or "")
            model = ModelRef(alias.family, version or alias.version)
            return Named(model, quality_said=version is not None, inline=alias.inline)
        return Named(self._known.get((kind, key)) or _cut(name.strip()))

    def render(self, kind: Kind, model: ModelRef) -> tuple[str, str | None] | None:
        """Return the name and, where the version needs one, the quality that `parse` reads back.

        None when no name would be read back as this model.
        """
        asked = (kind, model)
        if asked in self._rendered:
            return self._rendered[asked]
        said = self._render(kind, model)
        if len(self._rendered) >= MAX_REMEMBERED:
            self._rendered.clear()
        if len(model.family) + len(model.version) <= LONGEST_REMEMBERED:
            self._rendered[asked] = said
        return said

    def _render(self, kind: Kind, model: ModelRef) -> tuple[str, str | None] | None:
        for name, quality in self._candidates(kind, model):
            if self._parse(kind, name, quality).model == model:
                return name, quality
        return None

    def _candidates(self, kind: Kind, model: ModelRef) -> Iterable[tuple[str, str | None]]:
        spelt = [name for name, named in self._spelt[kind].items() if named == model]
        yield from ((name, None) for name in spelt if (kind, _key(name)) not in self._known)
        for alias in read_aliases():
            if alias.kind is kind and alias.family == model.family:
                for quality, version in alias.qualities.items():
                    if version == model.version:
                        yield alias.names[0], quality
        yield from ((name, None) for name in spelt)
        yield _generic(model), None
        yield f"{model.family}/{model.version}", None

    def listed(self, kind: Kind) -> Mapping[str, ModelRef]:
        """Return every name of a kind with the model it means."""
        return self._spelt[kind]

    def nearest(self, kind: Kind, name: str) -> tuple[str, ...]:
        """Return up to three names like this one, the likest first."""
        keys = {_key(known): known for known in reversed(self._spelt[kind])}
        return tuple(keys[k] for k in get_close_matches(_key(name), keys, n=SHOWN_NEAREST, cutoff=0.5))


@cache
def plain_names() -> ModelNames:
    """Return the shipped names alone."""
    return ModelNames()


def _key(name: str) -> str:
    return name.strip().lower().replace("/", "-").replace(" ", "-")


def _generic(model: ModelRef) -> str:
    return f"{model.family}-{model.version}" if model.version else model.family


def _cut(name: str) -> ModelRef:
    mark = next((mark for mark in "/ -" if mark in name.strip(mark)), None)
    if mark is None:
        return ModelRef(name, "")
    family, _, version = name.partition(mark)
    return ModelRef(family.strip(), version.strip()) if family.strip() else ModelRef(name, "")
