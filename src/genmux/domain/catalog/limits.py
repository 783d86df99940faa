"""What one model may be asked for on one surface: all that was said about it, weighed.

The rule: a value is refused only when no source for the surface allows it.
1. The surface's binding sources decide; where they are silent, the binding sources of all
   surfaces; where those are silent too, whatever else was said about this very version.
2. To that the guides and observations add permission, on every surface.
3. Where nobody said anything there is no limit (`None`).

Scenes are the exception: only a list of the surface itself refuses, since scenes come and go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from genmux.domain import words
from genmux.domain.catalog.facts import SizeRule, Source, Span, Statement

T = TypeVar("T")


class Voice(NamedTuple):
    """One statement by one source."""

    source: Source
    says: Statement


@dataclass(frozen=True, slots=True)
class Limits:
    """The weighed limits of one (surface, kind, family, version); `None` is no limit stated.

    `last_frame` is `True`, `False`, or the short side in pixels from which it is taken.
    `native_ratios` is what is said of this model; `ratios` adds what guides say of every model.
    """

    durations: tuple[float, ...] | None = None
    durations_with_video: tuple[float, ...] | None = None
    resolutions: tuple[str, ...] | None = None
    ratios: tuple[str, ...] | None = None
    native_ratios: tuple[str, ...] | None = None
    ratio_modes: tuple[str, ...] | None = None
    sizes: tuple[SizeRule, ...] | None = None
    text_to_video: bool | None = None
    image_to_video: bool | None = None
    last_frame: bool | int | None = None
    max_references: int | None = None
    max_references_with_video: int | None = None
    reference_video: bool | None = None
    base_video_excludes_frames: bool = False
    audio: bool | None = None
    max_count: int | None = None
    scenes: tuple[str, ...] | None = None
    default_duration: float | None = None
    default_resolution: str | None = None
    default_ratio: str | None = None


OPEN = Limits()
"""A model that nobody says anything about."""


def weigh(voices: Iterable[Voice], everywhere: Iterable[Voice], surface: str | None) -> Limits:
    """Return the limits that follow from the voices; `surface=None` asks all surfaces at once."""
    hearing = _Hearing(tuple(voices), tuple(everywhere), surface)
    native = hearing.union(_ratios, guides=False)
    return Limits(
        durations=_sorted(hearing.union(_durations)),
        durations_with_video=_sorted(hearing.union(_durations_with_video)),
        resolutions=hearing.union(_resolutions),
        ratios=hearing.union(_ratios),
        native_ratios=native,
        ratio_modes=hearing.union(lambda s: s.ratio_modes),
        sizes=hearing.each(lambda s: s.sizes),
        text_to_video=hearing.any(lambda s: s.text_to_video),
        image_to_video=hearing.any(lambda s: s.image_to_video),
        last_frame=_most_open(hearing.each(lambda s: s.last_frame)),
        max_references=hearing.most(lambda s: s.max_references),
        max_references_with_video=hearing.most(_max_references_with_video),
        reference_video=hearing.any(lambda s: s.reference_video),
        base_video_excludes_frames=bool(hearing.any(lambda s: s.base_video_excludes_frames)),
        audio=hearing.any(lambda s: s.audio),
        max_count=hearing.most(lambda s: s.max_count),
        scenes=hearing.listed_here(lambda s: s.scenes),
        default_duration=hearing.last(lambda s: s.default_duration),
        default_resolution=hearing.last(lambda s: s.default_resolution),
        default_ratio=hearing.last(lambda s: s.default_ratio),
    )


class _Hearing:
    """The voices about one version, asked one question at a time."""

    def __init__(self, voices: tuple[Voice, ...], everywhere: tuple[Voice, ...], surface: str | None) -> None:
        binding = tuple(v for v in voices if v.source.binding)
        self._own = [(s, v.says) for v in binding for s in v.source.surfaces if surface in (None, s)]
        self._guides = tuple(v.says for v in voices if not v.source.binding)
        self._everywhere = tuple(v.says for v in everywhere)
        self._circles = ([says for _, says in self._own], [v.says for v in binding], self._guides)
        self._all = tuple(v.says for v in voices)

    def each(self, ask: Callable[[Statement], T | None], *, guides: bool = True) -> tuple[T, ...] | None:
        """Return the deciding answers and, behind them, the permissions; None when nobody answers."""
        deciding = next((said for circle in self._circles if (said := _answers(circle, ask))), None)
        if deciding is None:
            return None
        return (*deciding, *_answers((*self._guides, *self._everywhere), ask)) if guides else deciding

    def union(
        self, ask: Callable[[Statement], Iterable[T] | None], *, guides: bool = True
    ) -> tuple[T, ...] | None:
        answers = self.each(ask, guides=guides)
        return None if answers is None else tuple(dict.fromkeys(x for a in answers for x in a))

    def listed_here(self, ask: Callable[[Statement], Iterable[T] | None]) -> tuple[T, ...] | None:
        """Return everybody's answers, provided each asked surface that knows the model gives one."""
        said: dict[str, bool] = {}
        for surface, statement in self._own:
            said[surface] = said.get(surface, False) or ask(statement) is not None
        if not said or not all(said.values()):
            return None
        return tuple(dict.fromkeys(x for a in _answers(self._all, ask) for x in a))

    def any(self, ask: Callable[[Statement], bool | None]) -> bool | None:
        answers = self.each(ask)
        return None if answers is None else any(answers)

    def most(self, ask: Callable[[Statement], int | None]) -> int | None:
        answers = self.each(ask)
        return None if answers is None else max(answers)

    def last(self, ask: Callable[[Statement], T | None]) -> T | None:
        answers = _answers(self._all, ask)
        return answers[-1] if answers else None


def _answers(circle: Iterable[Statement], ask: Callable[[Statement], T | None]) -> tuple[T, ...]:
    return tuple(said for statement in circle if (said := ask(statement)) is not None)


def _most_open(answers: tuple[bool | str, ...] | None) -> bool | int | None:
    if answers is None or True in answers:
        return None if answers is None else True
    floors = [short_side(a) for a in answers if isinstance(a, str)]
    return min(floors) if floors else False


def short_side(resolution: str) -> int:
    """Return the pixels of a resolution word's short side at 16:9 (1K fixes an area, not a side)."""
    return min(words.fit_pixels(resolution, words.ratio_value("16:9")))


def _sorted(values: tuple[float, ...] | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(sorted(values))


def _values(said: tuple[float, ...] | Span | None) -> tuple[float, ...] | None:
    return said.values() if isinstance(said, Span) else said


def _durations(statement: Statement) -> tuple[float, ...] | None:
    return _values(statement.durations)


def _durations_with_video(statement: Statement) -> tuple[float, ...] | None:
    return _values(statement.durations_with_video or statement.durations)


def _max_references_with_video(statement: Statement) -> int | None:
    with_video = statement.max_references_with_video
    return statement.max_references if with_video is None else with_video


def _resolutions(statement: Statement) -> tuple[str, ...] | None:
    return statement.resolutions


def _ratios(statement: Statement) -> tuple[str, ...] | None:
    return statement.ratios


def voices_of(statement: Statement, sources: Mapping[str, Source]) -> Iterable[Voice]:
    """Return the statement once per source; a source that nobody describes only adds permission."""
    unknown = Source()
    return [Voice(sources.get(name, unknown), statement) for name in statement.sources]
