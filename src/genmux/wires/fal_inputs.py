"""The inputs of fal's models: which of their names say what, there and back.

Names and types: `@fal-ai/client` 1.10.1, `src/types/endpoints.d.ts`, over all applications of the
model families that the catalogue knows. A name without a meaning here is kept as an option.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from genmux.domain.errors import GenmuxError
from genmux.domain.spec import GenerationSpec, Kind, Medium, Reference, Role, Subject
from genmux.wires.fal_models import App
from genmux.wires.fal_values import (
    as_it_is,
    is_source,
    read_duration,
    read_flag,
    read_items,
    read_ratio,
    read_resolution,
    read_size,
    read_source,
    read_whole,
    render_resolution,
    render_seconds,
    render_size,
    said_twice,
)
from genmux.wires.rest_values import INT64, read_fields, read_text, refuse, unknown_field
from genmux.wires.results import url_source

MAX_COUNT: Final = 1000


class Plain(NamedTuple):
    """One plain field of the spec: its names on the wire, the usual one first, and the way there and back."""

    field: str
    names: tuple[str, ...]
    parse: Callable[[Any, str], Any]
    render: Callable[[Any], Any] = as_it_is


class Place(NamedTuple):
    """One group of inputs with the same role: the names for a single one, then those for a list."""

    role: Role
    medium: Medium
    singles: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


def _count(value: Any, path: str) -> int:
    return read_whole(value, path, 1, MAX_COUNT)


def _seed(value: Any, path: str) -> int:
    return read_whole(value, path, *INT64)


PLAIN: Final = (
    Plain("prompt", ("prompt",), read_text),
    Plain("negative_prompt", ("negative_prompt",), read_text),
    Plain(
        "enhance_prompt",
        ("enhance_prompt", "prompt_optimizer", "enable_prompt_expansion", "use_reprompt"),
        read_flag,
    ),
    Plain("duration", ("duration",), read_duration, render_seconds),
    Plain("resolution", ("resolution",), read_resolution, render_resolution),
    Plain("aspect_ratio", ("aspect_ratio",), read_ratio),
    Plain("size", ("image_size",), read_size, render_size),
    Plain("audio", ("generate_audio", "generate_audio_switch", "enable_audio", "audio"), read_flag),
    Plain("background_music", ("bgm",), read_flag),
    Plain("count", ("num_images",), _count),
    Plain("seed", ("seed",), _seed),
    Plain("output_format", ("output_format",), read_text),
)
"""The plain fields; `watermark`, `scene` and `off_peak` have no name on this wire."""

FIRST: Final = ("image_url", "start_image_url", "first_frame_url", "first_image_url")
LAST: Final = ("end_image_url", "tail_image_url", "last_frame_url", "last_image_url")
PICTURES: Final = ("image_urls", "reference_image_urls", "input_image_urls")
FILMS: Final = ("reference_video_urls", "video_urls")

PLACES: Final[dict[Kind, tuple[Place, ...]]] = {
    Kind.IMAGE: (Place(Role.REFERENCE, Medium.IMAGE, ("image_url",), PICTURES),),
    Kind.VIDEO: (
        Place(Role.FIRST_FRAME, Medium.IMAGE, FIRST),
        Place(Role.LAST_FRAME, Medium.IMAGE, LAST),
        Place(Role.REFERENCE, Medium.IMAGE, (), PICTURES),
        Place(Role.BASE_VIDEO, Medium.VIDEO, ("video_url",)),
        Place(Role.FEATURE_VIDEO, Medium.VIDEO, (), FILMS),
        Place(Role.AUDIO, Medium.AUDIO, ("audio_url",)),
    ),
}
"""The groups of each kind, in the order in which they are parsed."""

KEEP_SOUND: Final = ("keep_audio", "keep_original_sound")
ELEMENTS: Final = "elements"
_ELEMENT_FIELDS: Final = ("frontal_image_url", "reference_image_urls", "video_url", "voice_id")

EXTRA: Final = ("sync_mode", "enable_safety_checker", "safety_tolerance")
"""Inputs that are no part of what is made; kept for the echo."""

HINTS: Final = {
    Kind.IMAGE: ("num_images", "image_size", "output_format"),
    Kind.VIDEO: ("duration", "bgm", *LAST, *FILMS, "video_url", "audio_url", *PLAIN[7].names),
}
"""Inputs that only one kind of application has."""

GROUPS: Final = (*(row.names for row in PLAIN), (*FIRST, *PICTURES), LAST, FILMS, KEEP_SOUND)
"""Names that stand for each other where an application cannot do without one of them."""

MEANT: Final = frozenset(
    (
        *(name for row in PLAIN for name in row.names),
        *(name for place in PLACES[Kind.VIDEO] for name in (*place.singles, *place.lists)),
        *KEEP_SOUND,
        ELEMENTS,
    )
)
"""Every name with a meaning of its own."""


class Media(NamedTuple):
    """The references of a body, and the wire's path of each in the order of `all_references`."""

    references: tuple[Reference, ...]
    subjects: tuple[Subject, ...]
    paths: tuple[str, ...]


def said(fields: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """Return the one of `names` that says something; two are refused."""
    found = [name for name in names if fields.get(name) not in (None, "", [])]
    if len(found) > 1:
        raise said_twice(found[1], found[0])
    return found[0] if found else None


# ---------------------------------------------------------------- plain fields


def parse_plain(fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the spec's plain fields, and the name that each was said by."""
    values: dict[str, Any] = {}
    names: dict[str, str] = {}
    for row in PLAIN:
        name = said(fields, row.names)
        if name is None or _is_a_resolution(row, fields[name]):
            continue
        values[row.field] = row.parse(fields[name], name)
        names[row.field] = name
    if (word := fields.get("image_size")) and values.get("resolution") is None and _is_auto(word):
        values["resolution"], names["resolution"] = read_resolution(word[5:], "image_size"), "image_size"
    return values, names


def _is_auto(word: Any) -> bool:
    return isinstance(word, str) and word.startswith("auto_")


def _is_a_resolution(row: Plain, value: Any) -> bool:
    """Return whether this is Seedream's `image_size: "auto_2K"`."""
    return row.field == "size" and _is_auto(value)


def render_plain(spec: GenerationSpec, app: App, body: dict[str, Any]) -> list[str]:
    """Write the plain fields into `body`; return those that would not be read back equal."""
    unsaid = []
    for row in PLAIN:
        value = getattr(spec, row.field)
        if value is None or value == "":
            continue
        name = name_in(app, row.names)
        word = _word(row, value, app) if name else None
        if name is None or word is None or not _reads_back(row, word, name, value):
            unsaid.append(row.field)
        else:
            body[name] = word
    return unsaid


def name_in(app: App, names: tuple[str, ...]) -> str | None:
    """Return the name that an application has for something; the usual one where nobody listed its inputs."""
    if app.takes is None:
        return names[0]
    return next((name for name in names if name in app.takes), None)


def names_of(app: App) -> dict[str, str]:
    """Return what an application calls every field of the spec and every role, for errors."""
    groups = {
        **{row.field: row.names for row in PLAIN},
        "references": PICTURES,
        "reference": PICTURES,
        "first_frame": FIRST,
        "last_frame": LAST,
        "base_video": ("video_url",),
        "feature_video": FILMS,
        "audio_references": ("audio_url",),
        "subject": (ELEMENTS,),
        "subjects": (ELEMENTS,),
    }
    return {field: name_in(app, names) or names[0] for field, names in groups.items()}


def _word(row: Plain, value: Any, app: App) -> Any:
    if row.field == "duration" and app.seconds == "number":
        return int(value) if value.is_integer() else value
    if row.field == "duration" and app.seconds:
        return render_seconds(value) + "s"
    if row.field == "resolution" and app.resolutions:
        return next((word for word in app.resolutions if read_resolution(word, "") == value), None)
    return row.render(value)


def _reads_back(row: Plain, word: Any, name: str, value: Any) -> bool:
    try:
        return bool(row.parse(word, name) == value)
    except (GenmuxError, OverflowError):
        return False


# ---------------------------------------------------------------- references and subjects


def parse_media(kind: Kind, app: App, fields: Mapping[str, Any]) -> Media:
    """Return the pictures, films and sounds of a body, group by group, then its elements."""
    found = [pair for place in PLACES[kind] for pair in _parse_place(place, app, fields)]
    elements = _parse_elements(fields) if kind is Kind.VIDEO else []
    return Media(
        tuple(reference for reference, _ in found),
        tuple(subject for subject, _ in elements),
        (*(path for _, path in found), *(path for _, paths in elements for path in paths)),
    )


def _parse_place(place: Place, app: App, fields: Mapping[str, Any]) -> Iterator[tuple[Reference, str]]:
    sound = _keep_sound(fields) if place.medium is Medium.VIDEO else None
    role = app.film if place.role is Role.BASE_VIDEO else place.role
    if name := said(fields, place.singles):
        yield _reference(role, place.medium, fields[name], name, sound), name
    if name := said(fields, place.lists):
        for n, item in enumerate(read_items(fields[name], name)):
            yield _reference(role, place.medium, item, f"{name}.{n}", sound), f"{name}.{n}"


def _keep_sound(fields: Mapping[str, Any]) -> bool | None:
    name = said(fields, KEEP_SOUND)
    return read_flag(fields[name], name) if name else None


def _reference(role: Role, medium: Medium, source: Any, path: str, sound: bool | None) -> Reference:
    return Reference(role=role, source=read_source(source, path), medium=medium, keep_sound=sound)


def _parse_elements(fields: Mapping[str, Any]) -> list[tuple[Subject, list[str]]]:
    name = said(fields, (ELEMENTS,))
    if name is None:
        return []
    return [_parse_element(item, f"{name}.{n}") for n, item in enumerate(read_items(fields[name], name))]


def _parse_element(value: Any, path: str) -> tuple[Subject, list[str]]:
    element = read_fields(value, path, _ELEMENT_FIELDS)
    pictures, paths = [], []
    if front := element.get("frontal_image_url"):
        pictures.append(front)
        paths.append(f"{path}.frontal_image_url")
    others = f"{path}.reference_image_urls"
    for n, item in enumerate(read_items(element.get("reference_image_urls", []), others)):
        pictures.append(item)
        paths.append(f"{others}.{n}")
    films = [film] if (film := element.get("video_url")) else []
    subject = Subject(
        voice_id=read_text(element["voice_id"], f"{path}.voice_id") if element.get("voice_id") else None,
        images=tuple(
            _reference(Role.SUBJECT, Medium.IMAGE, url, at, None)
            for url, at in zip(pictures, paths, strict=True)
        ),
        videos=tuple(_reference(Role.SUBJECT, Medium.VIDEO, url, f"{path}.video_url", None) for url in films),
    )
    if subject == Subject():
        raise refuse(
            path, "must have a picture, a film or a voice.", "至少需要一张图片、一段视频或一个音色。"
        )
    return subject, paths + [f"{path}.video_url"] * len(films)


def render_media(spec: GenerationSpec, app: App, body: dict[str, Any]) -> list[str]:
    """Write references and subjects into `body`; return the names of those not said in full."""
    for place in PLACES[spec.kind]:
        _render_place(place, spec, app, body)
    _render_keep_sound(spec, app, body)
    if spec.kind is Kind.VIDEO and spec.subjects and name_in(app, (ELEMENTS,)):
        elements = [element for subject in spec.subjects if (element := _render_element(subject))]
        if elements:
            body[ELEMENTS] = elements
    return _unsaid_media(spec, app, body)


def _render_place(place: Place, spec: GenerationSpec, app: App, body: dict[str, Any]) -> None:
    role = app.film if place.role is Role.BASE_VIDEO else place.role
    sources = _urls([r for r in spec.references if (r.role, r.medium) == (role, place.medium)])
    many = name_in(app, place.lists) if place.lists else None
    one = name_in(app, place.singles) if place.singles else None
    if not sources or (one in body if one else False):
        return
    if many and not (one and app.takes is not None and len(sources) == 1 and one in app.needs):
        body[many] = sources
    elif one:
        body[one] = sources[0]


def _urls(references: Iterable[Reference]) -> list[str]:
    """Return the URLs of those references that have one on this wire."""
    return [url_source(r.source) for r in references if is_source(r.source)]


def _render_keep_sound(spec: GenerationSpec, app: App, body: dict[str, Any]) -> None:
    wishes = {r.keep_sound for r in spec.references if r.medium is Medium.VIDEO}
    name = name_in(app, KEEP_SOUND)
    if name and len(wishes) == 1 and (wish := wishes.pop()) is not None:
        body[name] = wish


def _render_element(subject: Subject) -> dict[str, Any]:
    sources, films = _urls(subject.images), _urls(subject.videos)
    element = {
        "frontal_image_url": sources[0] if sources else None,
        "reference_image_urls": sources[1:],
        "video_url": films[0] if films else None,
        "voice_id": subject.voice_id,
    }
    return {name: value for name, value in element.items() if value}


def _unsaid_media(spec: GenerationSpec, app: App, body: dict[str, Any]) -> list[str]:
    """Return what would not be read back; references may change places between groups, not within one."""
    try:
        back = parse_media(spec.kind, app, body)
    except GenmuxError:
        return [name for name in ("references", "subjects") if getattr(spec, name)]
    unsaid = []
    if by_role(back.references) != by_role(spec.references):
        unsaid.append("references")
    if back.subjects != spec.subjects:
        unsaid.append("subjects")
    return unsaid


def by_role(references: tuple[Reference, ...]) -> list[Reference]:
    """Return references sorted by what they are for, each group in its own order."""
    return sorted(references, key=lambda r: (r.role, r.medium))


def unknown_input(name: str) -> GenmuxError:
    """Return the error for an input of the other kind of application."""
    return unknown_field(name, name, sorted(MEANT - {name}))
