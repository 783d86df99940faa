"""References and subjects on the MPS wire: which field each role has, there and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from genmux.domain.spec import GenerationSpec, Kind, Medium, Reference, Role, Subject
from genmux.domain.text import Text
from genmux.wires.mps_tasks import INVALID_URL
from genmux.wires.results import FORM, NoResultError, is_normal, normal_source, url_source
from genmux.wires.tencent import WireError, refuse

_FRAMES: Final = {"ImageUrl": Role.FIRST_FRAME, "LastImageUrl": Role.LAST_FRAME}
_PICTURES: Final = (Role.REFERENCE, Role.ASSET, Role.STYLE, Role.SUBJECT)

PLACES: Final[dict[Kind, dict[tuple[Role, Medium], str]]] = {
    Kind.IMAGE: {(role, Medium.IMAGE): "ImageInfos" for role in _PICTURES},
    Kind.VIDEO: {
        (Role.FIRST_FRAME, Medium.IMAGE): "ImageUrl",
        (Role.LAST_FRAME, Medium.IMAGE): "LastImageUrl",
        **{(role, Medium.IMAGE): "ImageInfos" for role in _PICTURES},
        (Role.BASE_VIDEO, Medium.VIDEO): "VideoInfos",
        (Role.FEATURE_VIDEO, Medium.VIDEO): "VideoInfos",
        (Role.AUDIO, Medium.AUDIO): "AudioInfos",
    },
}
"""The wire field of each reference, in the order in which they are parsed."""

_URL_FIELDS: Final = {"ImageInfos": "ImageUrl", "VideoInfos": "VideoUrl", "AudioInfos": "AudioUrl"}

_TYPES: Final = {"": Role.REFERENCE, "asset": Role.ASSET, "style": Role.STYLE}
"""Words of `ReferenceType`; any other text is the id of a subject (Vidu)."""
_TYPE_WORDS: Final = {role: word for word, role in _TYPES.items()}

_REFER_TYPES: Final = {"base": Role.BASE_VIDEO, "feature": Role.FEATURE_VIDEO}
_SOUND: Final = {"yes": True, "no": False}


def _url(info: dict[str, Any], name: str, path: str) -> str:
    if not (url := info.get(name)):
        raise refuse("MissingParameter", f"{path}.{name}")
    return _source(str(url), f"{path}.{name}")


def _source(url: str, path: str) -> str:
    """Return the source that a URL is; one that begins like a task's result must be one."""
    try:
        return normal_source(url)
    except NoResultError:
        raise refuse(INVALID_URL, path, FORM) from None


def _word(info: dict[str, Any], name: str, path: str, words: dict[str, Any], default: Any) -> Any:
    word = info.get(name)
    if not word:
        return default
    if word not in words:
        listed = " or ".join(words)
        detail = Text(f"It must be {listed}.", f"取值应为 {listed.replace(' or ', ' 或 ')}。")
        raise refuse("InvalidParameterValue", f"{path}.{name}", detail)
    return words[word]


def _parse_picture(info: dict[str, Any], path: str) -> Reference:
    """Return one item of `ImageInfos`; a published guide writes `Url` where the SDK has `ImageUrl`."""
    alias = info.get("Url")
    if alias and info.get("ImageUrl", alias) != alias:
        detail = Text("It contradicts `ImageUrl`; give one of them.", "与 `ImageUrl` 冲突，请只传其一。")
        raise refuse("InvalidParameterValue", f"{path}.Url", detail)
    source = _url(info, "Url" if alias else "ImageUrl", path)
    word, text = info.get("ReferenceType", ""), info.get("Text") or None
    role = _TYPES.get(word, Role.SUBJECT)
    return Reference(role=role, source=source, text=text, subject_id=word if role is Role.SUBJECT else None)


def _render_picture(reference: Reference) -> dict[str, Any]:
    info = {"ImageUrl": url_source(reference.source)}
    if word := _TYPE_WORDS.get(reference.role, reference.subject_id):
        info["ReferenceType"] = word
    if reference.text:
        info["Text"] = reference.text
    return info


def _parse_film(info: dict[str, Any], path: str) -> Reference:
    """Return one item of `VideoInfos`; without a `ReferType` it is a film to edit."""
    return Reference(
        role=_word(info, "ReferType", path, _REFER_TYPES, Role.BASE_VIDEO),
        source=_url(info, "VideoUrl", path),
        medium=Medium.VIDEO,
        keep_sound=_word(info, "KeepOriginalSound", path, _SOUND, None),
    )


def _render_film(reference: Reference) -> dict[str, Any]:
    info = {
        "VideoUrl": url_source(reference.source),
        "ReferType": "base" if reference.role is Role.BASE_VIDEO else "feature",
    }
    if reference.keep_sound is not None:
        info["KeepOriginalSound"] = "yes" if reference.keep_sound else "no"
    return info


def _parse_sound(info: dict[str, Any], path: str) -> Reference:
    return Reference(role=Role.AUDIO, source=_url(info, "AudioUrl", path), medium=Medium.AUDIO)


def _render_sound(reference: Reference) -> dict[str, Any]:
    return {"AudioUrl": url_source(reference.source)}


_Parse = Callable[[dict[str, Any], str], Reference]
_Render = Callable[[Reference], dict[str, Any]]
_LISTS: Final[dict[str, tuple[_Parse, _Render]]] = {
    "ImageInfos": (_parse_picture, _render_picture),
    "VideoInfos": (_parse_film, _render_film),
    "AudioInfos": (_parse_sound, _render_sound),
}


def parse_references(kind: Kind, body: dict[str, Any]) -> tuple[Reference, ...]:
    """Return the frames, pictures, films and sounds of a create request, in this order."""
    found: list[Reference] = []
    if kind is Kind.VIDEO:
        for name, role in _FRAMES.items():
            if url := body.get(name):
                found.append(Reference(role=role, source=_source(url, name)))
    for name, (parse, _) in _LISTS.items():
        for n, info in enumerate(body.get(name, ())):
            found.append(parse(info, f"{name}.{n}"))
    return tuple(found)


def render_references(spec: GenerationSpec, body: dict[str, Any]) -> list[str]:
    """Write the spec's references into `body`; return ["references"] if one was not said in full."""
    complete = [_render_reference(spec.kind, reference, body) for reference in spec.references]
    return [] if all(complete) else ["references"]


def _render_reference(kind: Kind, reference: Reference, body: dict[str, Any]) -> bool:
    place = PLACES[kind].get((reference.role, reference.medium))
    if place is None or (place in _FRAMES and place in body) or not _is_said(reference):
        return False
    if place in _FRAMES:
        body[place] = url_source(reference.source)
        return reference == Reference(role=_FRAMES[place], source=reference.source)
    parse, render = _LISTS[place]
    info = render(reference)
    if kind is Kind.IMAGE:
        info.pop("Text", None)
    body.setdefault(place, []).append(info)
    return parse(info, place) == reference


def _is_said(reference: Reference) -> bool:
    """Return whether a source would be read back from a URL field."""
    return bool(reference.source) and is_normal(reference.source)


def parse_subjects(body: dict[str, Any]) -> tuple[Subject, ...]:
    """Return the subjects of a create request; each needs at least one field."""
    return tuple(
        _parse_subject(info, f"SubjectInfos.{n}") for n, info in enumerate(body.get("SubjectInfos", ()))
    )


def _parse_subject(info: dict[str, Any], path: str) -> Subject:
    subject = Subject(
        id=info.get("Id") or None,
        name=info.get("Name") or None,
        voice_id=info.get("VoiceId") or None,
        images=_parse_media(info, "ImageUrls", Medium.IMAGE, path),
        videos=_parse_media(info, "VideoUrls", Medium.VIDEO, path),
    )
    if subject == Subject():
        raise refuse("MissingParameter", f"{path}.Id")
    return subject


def _parse_media(info: dict[str, Any], name: str, medium: Medium, path: str) -> tuple[Reference, ...]:
    urls = info.get(name, ())
    if "" in urls:
        raise refuse("MissingParameter", f"{path}.{name}.{urls.index('')}")
    sources = (_source(url, f"{path}.{name}.{n}") for n, url in enumerate(urls))
    return tuple(Reference(role=Role.SUBJECT, source=source, medium=medium) for source in sources)


def render_subjects(spec: GenerationSpec, body: dict[str, Any]) -> list[str]:
    """Write the spec's subjects into `body`; return ["subjects"] if one was not said in full."""
    if not spec.subjects:
        return []
    if spec.kind is Kind.IMAGE:
        return ["subjects"]
    complete = [_render_subject(subject, body) for subject in spec.subjects]
    return [] if all(complete) else ["subjects"]


def _render_subject(subject: Subject, body: dict[str, Any]) -> bool:
    info = {
        "Id": subject.id,
        "Name": subject.name,
        "VoiceId": subject.voice_id,
        "ImageUrls": [url_source(reference.source) for reference in filter(_is_said, subject.images)],
        "VideoUrls": [url_source(reference.source) for reference in filter(_is_said, subject.videos)],
    }
    info = {name: value for name, value in info.items() if value}
    if not info:
        return False
    body.setdefault("SubjectInfos", []).append(info)
    try:
        return _parse_subject(info, "") == subject
    except WireError:
        return False


def reference_path(spec: GenerationSpec, n: int) -> str:
    """Return the wire path of reference number `n`, counted as `spec.all_references()` does."""
    if n >= len(spec.references):
        return _subject_path(spec, n - len(spec.references))
    place = _place(spec, n)
    if place not in _LISTS:
        return place
    before = sum(_place(spec, k) == place for k in range(n))
    return f"{place}.{before}.{_URL_FIELDS[place]}"


def _place(spec: GenerationSpec, n: int) -> str:
    reference = spec.references[n]
    return PLACES[spec.kind].get((reference.role, reference.medium), "ImageInfos")


def _subject_path(spec: GenerationSpec, n: int) -> str:
    paths = [
        f"SubjectInfos.{k}.{name}.{i}"
        for k, subject in enumerate(spec.subjects)
        for name, media in (("ImageUrls", subject.images), ("VideoUrls", subject.videos))
        for i in range(len(media))
    ]
    return paths[n]
