"""The catalogue: which models there are, what each may be asked for, and what it makes unasked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from genmux.domain import words
from genmux.domain.catalog import checks
from genmux.domain.catalog.checks import Terms, Violation
from genmux.domain.catalog.facts import ANY, FactSheet, read_builtin, read_overlay
from genmux.domain.catalog.limits import OPEN, Limits, Voice, voices_of, weigh
from genmux.domain.catalog.names import KINDS, Choice, Family, Names
from genmux.domain.spec import GenerationSpec, Kind, ModelRef

SURFACES: Final = {"mps": "mps", "vod": "vod", "anyapi": "vod"}
"""Surfaces with sources of their own (AnyAPI wraps VOD); any other, such as rest, asks them all."""
_REST: Final = "rest"
_3D_SCENES: Final = frozenset({"3d_scene", "3d_panorama"})

_Key = tuple[str, str, str]


class ModelEntry(NamedTuple):
    """One version of one model as it is listed; None is "nobody says", () is "none"."""

    kind: str
    family: str
    version: str
    surfaces: tuple[str, ...]
    durations: tuple[float, ...] | None
    resolutions: tuple[str, ...] | None
    ratios: tuple[str, ...] | None
    max_references: int | None
    last_frame: bool | str | None  # a resolution word: only from there on
    audio: bool | None
    scenes: tuple[str, ...] | None
    max_count: int | None
    sources: tuple[str, ...]
    stable: bool
    default: bool  # what its family means when no version is given


def never(_: ModelRef) -> bool:
    """Claim no model."""
    return False


class Catalogue:
    """An immutable set of facts with its answers cached; share one instance freely."""

    def __init__(self, sheet: FactSheet) -> None:
        self._sheet = sheet
        self._names = Names(sheet)
        self._everywhere: dict[str, list[Voice]] = {}
        self._voices: dict[_Key, list[Voice]] = {}
        for said in sheet.models:
            voices = voices_of(said, sheet.sources)
            if said.family == ANY:
                self._everywhere.setdefault(said.kind, []).extend(voices)
                continue
            family = self._names.families[said.kind][said.family.lower()]
            for version in said.versions:
                key = (said.kind, family.name, family.versions[version.lower()])
                self._voices.setdefault(key, []).extend(voices)
        self._limits: dict[tuple[str | None, str, str, str], Limits] = {}
        self._terms: dict[tuple[str | None, str], Terms] = {}

    def overlay(self, data: dict[str, Any]) -> Catalogue:
        """Return this catalogue with an operator's facts on top; this one stays as it is.

        `data` has the shape of the shipped files: `sources`, `models`, `limits`,
        `default_versions`, `remove`. Raises `ValueError` naming the path of a wrong field.
        """
        return Catalogue(self._sheet.joined(read_overlay(data)))

    def choose(
        self,
        kind: Kind | str,
        family: str | None,
        version: str | None,
        *,
        surface: str,
        defaults: Mapping[Kind, ModelRef],
        claimed: Callable[[ModelRef], bool] = never,
    ) -> Choice:
        """Return the model that the caller's words mean, in the catalogue's spelling.

        No family means the default of the kind, no version the newest stable one. A name that the
        catalogue does not know goes through as written if `claimed` says that a channel makes it.
        Raises `ModelNotSupported`, field "model.family" or "model.version", naming the nearest.
        """
        return self._names.choose(
            kind, family, version, surface=SURFACES.get(surface, _REST), defaults=defaults, claimed=claimed
        )

    def check(self, spec: GenerationSpec, *, surface: str) -> tuple[Violation, ...]:
        """Return what no source for the surface allows in this spec; its model must be filled in."""
        place, kind, model = SURFACES.get(surface), spec.kind, spec.model
        limits = OPEN if model is None else self._limits_of(place, kind, model)
        terms = self._terms.get((place, kind)) or self._terms_of(place, kind)
        return checks.check(spec, limits, terms)

    def makes_3d(self, spec: GenerationSpec) -> bool:
        """Return whether the result would be 3D files or a panorama, not a film or picture."""
        return spec.scene in _3D_SCENES or (spec.model is not None and spec.model.version.startswith("3d_"))

    def default_duration(self, model: ModelRef, kind: Kind) -> float:
        """Return the seconds that the model makes when none are asked for."""
        limits = self._limits_of(None, kind, model)
        if limits.default_duration is not None:
            return limits.default_duration
        allowed = limits.durations or (checks.FALLBACK_SECONDS,)
        return float(min(allowed, key=lambda s: (abs(s - checks.FALLBACK_SECONDS), s)))

    def default_resolution(self, model: ModelRef, kind: Kind) -> str:
        """Return the resolution word that the model makes when none is asked for."""
        stated = self._limits_of(None, kind, model).default_resolution
        return stated or checks.FALLBACK_RESOLUTION[kind]

    def default_ratio(self, model: ModelRef, kind: Kind) -> str:
        """Return the aspect ratio that the model makes when none is asked for and no frame sets it."""
        limits = self._limits_of(None, kind, model)
        fallback = limits.default_ratio or checks.FALLBACK_RATIO[kind]
        if limits.default_ratio or not limits.ratios or fallback in limits.ratios:
            return fallback
        return next((r for r in limits.ratios if words.parse_ratio(r)), fallback)

    def takes_ratio(self, model: ModelRef, kind: Kind, has_first_frame: bool) -> bool:
        """Return whether an aspect ratio changes the result, or the first frame or the model sets it."""
        limits = self._limits_of(None, kind, model)
        if limits.native_ratios is not None and not limits.native_ratios:
            return False
        return not has_first_frame or limits.ratio_modes is None or "i2v" in limits.ratio_modes

    def models(self, kind: Kind | str | None = None) -> tuple[ModelEntry, ...]:
        """Return every version of every model, kind by kind, in the order of the sources."""
        kinds = KINDS if kind is None else (str(kind),)
        families = [(k, f) for k in kinds for f in self._names.families.get(k, {}).values()]
        return tuple(self._entry(k, family, version) for k, family in families for version in family.listed())

    def _entry(self, kind: str, family: Family, version: str) -> ModelEntry:
        limits = self._limits_of(None, kind, ModelRef(family.name, version))
        voices = self._voices[kind, family.name, version]
        surfaces = {s: None for v in voices if v.source.binding for s in v.source.surfaces}
        floor = limits.last_frame
        return ModelEntry(
            kind=kind,
            family=family.name,
            version=version,
            surfaces=tuple(surfaces),
            durations=limits.durations,
            resolutions=limits.resolutions,
            ratios=limits.native_ratios,
            max_references=limits.max_references,
            last_frame=floor if floor is None or isinstance(floor, bool) else f"{floor}P",
            audio=limits.audio,
            scenes=tuple(dict.fromkeys(s for v in voices for s in v.says.scenes or ())) or None,
            max_count=limits.max_count,
            sources=tuple(dict.fromkeys(name for v in voices for name in v.says.sources)),
            stable=version not in family.unstable,
            default=version == family.default_version(None),
        )

    def _limits_of(self, place: str | None, kind: str, model: ModelRef) -> Limits:
        key = (place, kind, model.family, model.version)
        found = self._limits.get(key)
        return self._weigh(place, kind, model) if found is None else found

    def _weigh(self, place: str | None, kind: str, model: ModelRef) -> Limits:
        """Weigh and remember; a name outside the catalogue is not remembered, there is no end to them."""
        voices = self._voices.get((kind, model.family, model.version))
        if voices is None:
            return OPEN
        limits = weigh(voices, self._everywhere.get(kind, ()), place)
        self._limits[place, kind, model.family, model.version] = limits
        return limits

    def _terms_of(self, place: str | None, kind: Kind) -> Terms:
        here = [
            limit
            for limit in self._sheet.limits
            if limit.kind == kind and (place is None or not limit.surfaces or place in limit.surfaces)
        ]
        everywhere = [limit for limit in self._sheet.limits if limit.kind == kind]
        prompts = [limit.prompt_max for limit in here if limit.prompt_max is not None]
        counts = [limit.max_count for limit in everywhere if limit.max_count is not None]
        formats = dict.fromkeys(f for limit in here for f in limit.output_formats)
        terms = Terms(max(prompts, default=None), max(counts, default=None), tuple(formats))
        self._terms[place, kind] = terms
        return terms


@cache
def builtin() -> Catalogue:
    """Return the catalogue that genmux ships."""
    return Catalogue(read_builtin())
