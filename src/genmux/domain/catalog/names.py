"""From the model and version a caller wrote to the ones the catalogue knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, NamedTuple

from genmux.domain.catalog import sentences
from genmux.domain.catalog.facts import ANY, DefaultVersion, FactSheet
from genmux.domain.errors import ModelNotSupported
from genmux.domain.spec import Kind, ModelRef
from genmux.domain.text import Text

KINDS: Final = {
    "image": Text("image", "图片"),
    "video": Text("video", "视频"),
    "audio": Text("audio", "音频"),
}
DEFAULT: Final = "default"
_VERSION: Final = re.compile(r"[\w.+-]{1,64}")
NEWEST: Final = "newest stable"
AS_WRITTEN: Final = "as written"


class Choice(NamedTuple):
    """The model to use; `chosen` says what was filled in and why, for the timeline."""

    model: ModelRef
    chosen: dict[str, str]


@dataclass(slots=True)
class Family:
    """One family of one kind: its versions in listing order and which of them is meant by default."""

    name: str
    versions: dict[str, str] = field(default_factory=dict)  # lower case → as spelt
    unstable: set[str] = field(default_factory=set)
    default: DefaultVersion | None = None

    def listed(self) -> tuple[str, ...]:
        """Return the versions; "" stands for a family named without one."""
        return tuple(self.versions.values())

    def named(self) -> tuple[str, ...]:
        """Return the versions that have a name."""
        return tuple(v for v in self.versions.values() if v)

    def default_version(self, surface: str | None) -> str:
        """Return the declared default while it is listed and stable, else the last stable version."""
        for wanted in self._declared(surface):
            if wanted.lower() in self.versions and wanted not in self.unstable:
                return self.versions[wanted.lower()]
        versions = self.named() or self.listed()
        stable = [v for v in versions if v not in self.unstable]
        return (stable or list(versions))[-1]

    def _declared(self, surface: str | None) -> tuple[str, ...]:
        if self.default is None:
            return ()
        here = self.default.surfaces.get(surface or "")
        return (self.default.version,) if here is None else (here, self.default.version)


class Names:
    """Every family and version of a fact sheet, found without regard to case."""

    def __init__(self, sheet: FactSheet) -> None:
        self.families: dict[str, dict[str, Family]] = {kind: {} for kind in KINDS}
        for said in sheet.models:
            if said.family != ANY:
                self._add(said.kind, said.family, said.versions, said.stable)
        for default in sheet.default_versions:
            family = self.find(default.kind, default.family)
            if family is not None:
                family.default = default

    def _add(self, kind: str, name: str, versions: Iterable[str], stable: bool | None) -> None:
        family = self.families.setdefault(kind, {}).setdefault(name.lower(), Family(name))
        for version in versions:
            spelt = family.versions.setdefault(version.lower(), version)
            if stable is not None:
                (family.unstable.discard if stable else family.unstable.add)(spelt)

    def find(self, kind: str, name: str) -> Family | None:
        """Return the family of that name, whatever its case."""
        return self.families.get(kind, {}).get(name.lower())

    def choose(
        self,
        kind: Kind | str,
        family: str | None,
        version: str | None,
        *,
        surface: str,
        defaults: Mapping[Kind, ModelRef],
        claimed: Callable[[ModelRef], bool],
    ) -> Choice:
        """Return the model that the caller's words mean; see `Catalogue.choose`."""
        name, wanted, chosen = (family or "").strip(), (version or "").strip(), {}
        if not name:
            chosen["model_name"] = DEFAULT
            name, default = defaults[Kind(kind)].family, defaults[Kind(kind)].version
            if not wanted and default:
                chosen["model_version"], wanted = DEFAULT, default
        known = self.find(kind, name)
        if known is None:
            model = ModelRef(name, wanted)
            if not claimed(model):
                raise self._unknown_family(str(kind), name)
            return Choice(model, chosen)
        if not wanted:
            chosen["model_version"] = NEWEST
            return Choice(ModelRef(known.name, known.default_version(surface)), chosen)
        return _with_version(known, wanted, chosen, claimed)

    def _unknown_family(self, kind: str, name: str) -> ModelNotSupported:
        known = {low: f.name for low, f in self.families.get(kind, {}).items()}
        elsewhere = next((k for k in KINDS if k != kind and name.lower() in self.families[k]), None)
        if elsewhere is not None:
            text = sentences.other_kind(KINDS[kind], name, KINDS[elsewhere], tuple(known.values()))
        else:
            near = [known[low] for low in get_close_matches(name.lower(), known, n=3, cutoff=0.5)]
            text = sentences.unknown_family(KINDS[kind], name, near, tuple(known.values()))
        return ModelNotSupported(text, field="model.family")


def _with_version(
    known: Family, wanted: str, chosen: dict[str, str], claimed: Callable[[ModelRef], bool]
) -> Choice:
    spelt = known.versions.get(wanted.lower())
    if spelt is not None:
        return Choice(ModelRef(known.name, spelt), chosen)
    model = ModelRef(known.name, wanted)
    if claimed(model):
        return Choice(model, chosen)
    if not known.named() and _VERSION.fullmatch(wanted):  # nobody says which versions there are
        return Choice(model, {**chosen, "model_version": AS_WRITTEN})
    names = {v.lower(): v for v in known.named()}
    near = [names[low] for low in get_close_matches(wanted.lower(), names, n=3, cutoff=0.4)]
    text = sentences.unknown_version(known.name, wanted, near, tuple(names.values()))
    raise ModelNotSupported(text, field="model.version")
