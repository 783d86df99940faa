"""Who says what about which model: the shape of the catalogue's data files and of an overlay."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Annotated, Any, Final, Literal

import msgspec

from genmux.domain import words

FILES: Final = ("mps.json", "vod.json", "guides.json", "observed.json", "defaults.json")
"""In this order; where two sources name a default, the later one wins."""
OPERATOR: Final = "operator"
"""The source of an overlay's rows that name none."""
ANY: Final = "*"
KindName = Literal["image", "video", "audio"]
_MOST_VALUES: Final = 10_000


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document or observation.

    The silence of a binding source refuses: a value missing from its list is not allowed on its
    surfaces. Any other source (a guide, an old list, a capture) only ever adds permission.
    """

    about: str = ""
    surfaces: tuple[str, ...] = ()
    binding: bool = False
    stated_in: dict[str, str] = {}  # "video.durations" → the documented field that says it


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every value from `min` to `max` in steps, both ends included; seconds."""

    min: float
    max: float
    step: Annotated[float, msgspec.Meta(gt=0)] = 1

    def __post_init__(self) -> None:
        if not 0 <= self.min <= self.max or (self.max - self.min) / self.step > _MOST_VALUES:
            raise ValueError(f"range {self.min:g} to {self.max:g} in steps of {self.step:g} is not usable")

    def values(self) -> tuple[float, ...]:
        """Return the values one by one."""
        steps = int((self.max - self.min) / self.step + 1e-9)
        return tuple(self.min + n * self.step for n in range(steps + 1))


class SizeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which exact pixel sizes a model makes; sides and areas are inclusive."""

    width: tuple[int, int] = (1, 16384)
    height: tuple[int, int] = (1, 16384)
    min_pixels: Annotated[int, msgspec.Meta(ge=1)] = 1
    max_pixels: Annotated[int, msgspec.Meta(ge=1)] = 16384 * 16384
    multiple_of: Annotated[int, msgspec.Meta(ge=1)] = 1


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sources": "from"}):
    """What some sources say about some versions of one family; `None` means they are silent.

    A version "" is a family that the source names without a version. A family "*" speaks of
    every model and only ever adds permission. An empty list of ratios says that none is taken.
    """

    kind: KindName
    family: str
    versions: tuple[str, ...]
    sources: tuple[str, ...] = (OPERATOR,)
    durations: tuple[float, ...] | Span | None = None
    durations_with_video: tuple[float, ...] | Span | None = None
    default_duration: float | None = None
    resolutions: tuple[str, ...] | None = None
    default_resolution: str | None = None
    ratios: tuple[str, ...] | None = None
    ratio_modes: tuple[str, ...] | None = None  # of t2v, i2v, reference: where a ratio is taken
    default_ratio: str | None = None
    sizes: SizeRule | None = None
    text_to_video: bool | None = None
    image_to_video: bool | None = None
    last_frame: bool | str | None = None  # a resolution word: only from there on
    max_references: int | None = None
    max_references_with_video: int | None = None
    reference_video: bool | None = None
    base_video_excludes_frames: bool | None = None
    reference_types: tuple[str, ...] | None = None
    audio: bool | None = None
    max_count: int | None = None
    scenes: tuple[str, ...] | None = None
    off_peak: bool | None = None
    logo: bool | None = None
    frame_interpolation: bool | None = None
    transparent_background: bool | None = None
    mask: bool | None = None
    stable: bool | None = None
    note: str = ""

    def __post_init__(self) -> None:
        said = (*(self.resolutions or ()), self.default_resolution, self.last_frame)
        for word in said:
            if isinstance(word, str) and words.parse_resolution(word) != word:
                raise ValueError(f"{self.family}: {word!r} is not a resolution such as 720P or 2K")
        for ratio in (*(self.ratios or ()), *((self.default_ratio,) if self.default_ratio else ())):
            if ratio != "auto" and words.parse_ratio(ratio) != ratio:
                raise ValueError(f"{self.family}: {ratio!r} is not a ratio such as 16:9")


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sources": "from"}):
    """What some sources say about every model of a kind; no surfaces means all of them."""

    kind: KindName
    sources: tuple[str, ...] = (OPERATOR,)
    surfaces: tuple[str, ...] = ()
    prompt_max: int | None = None  # code points
    max_count: int | None = None
    output_formats: tuple[str, ...] = ()
    resolutions: tuple[str, ...] = ()
    image_formats: tuple[str, ...] = ()
    image_max_mb: int | None = None
    note: str = ""


class DefaultVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version that a family without a version means, and where a surface differs."""

    kind: KindName
    family: str
    version: str
    surfaces: dict[str, str] = {}
    why: str = ""


class Removal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Versions to take out of the catalogue; none named means the whole family."""

    kind: KindName
    family: str
    versions: tuple[str, ...] = ()


class FactSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One data file, an overlay, or all of them joined."""

    sources: dict[str, Source] = {}
    models: tuple[Statement, ...] = ()
    limits: tuple[Limit, ...] = ()
    default_versions: tuple[DefaultVersion, ...] = ()
    remove: tuple[Removal, ...] = ()

    def joined(self, other: FactSheet) -> FactSheet:
        """Return both sheets as one: `other` first removes, then adds."""
        kept = tuple(k for s in self.models if (k := _without(s, other.remove)) is not None)
        return FactSheet(
            sources={**self.sources, **other.sources},
            models=(*kept, *other.models),
            limits=(*self.limits, *other.limits),
            default_versions=(*self.default_versions, *other.default_versions),
        )


def _without(statement: Statement, removals: Iterable[Removal]) -> Statement | None:
    for removal in removals:
        if (removal.kind, removal.family.lower()) != (statement.kind, statement.family.lower()):
            continue
        gone = {version.lower() for version in removal.versions}
        left = tuple(v for v in statement.versions if gone and v.lower() not in gone)
        if not left:
            return None
        statement = msgspec.structs.replace(statement, versions=left)
    return statement


def read_builtin() -> FactSheet:
    """Read the data files that genmux ships, joined in order."""
    folder = files("genmux.domain.catalog").joinpath("data")
    decode = msgspec.json.Decoder(FactSheet).decode
    sheet = FactSheet()
    for name in FILES:
        sheet = sheet.joined(decode(folder.joinpath(name).read_bytes()))
    return sheet


def read_overlay(data: dict[str, Any]) -> FactSheet:
    """Read an operator's overlay, the same shape as a data file.

    Raises `msgspec.ValidationError` (a `ValueError`) that names the path of a wrong field.
    """
    return msgspec.convert(data, FactSheet)
