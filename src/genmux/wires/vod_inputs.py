"""References and subjects on the VOD wire: what each item of `FileInfos` means, there and back.

A reference's source is the URL as it was written (a task's result in its normal spelling),
`data:<type>;base64,<bytes>` for bytes by value, or `file:<SubAppId>/<FileId>` for a file of an
application. What an item says beyond its reference
(`VoiceId`, a `Usage` that was left out) is kept beside the spec, item by item.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any, Final

from genmux.domain.results import parse_result
from genmux.domain.spec import GenerationSpec, Kind, Medium, Reference, Role, Subject
from genmux.domain.text import Text
from genmux.wires import mps_inputs
from genmux.wires.results import FORM, NoResultError, normal_source, url_source
from genmux.wires.tencent import WireError, refuse
from genmux.wires.vod_rows import SWITCH, check_word, parse_switch, says_nothing

Info = dict[str, Any]

FILES: Final = "FileInfos"
LAST_FRAME_FIELDS: Final = ("LastFrameUrl", "LastFrameFileId")
SOURCES: Final = {"Url": "Url", "File": "FileId", "Base64": "Base64"}
"""`Type` → the field that holds the source; the two others are void then."""

_TYPES: Final = tuple(SOURCES)
_CATEGORIES: Final = {"Image": Medium.IMAGE, "Video": Medium.VIDEO, "Audio": Medium.AUDIO}
_USAGES: Final = ("FirstFrame", "Reference", "LastFrame")
_FRAMES: Final = {"FirstFrame": Role.FIRST_FRAME, "LastFrame": Role.LAST_FRAME}
_PLAIN_TYPES: Final = {"asset": Role.ASSET, "style": Role.STYLE}
_FILM_TYPES: Final = {"base": Role.BASE_VIDEO, "feature": Role.FEATURE_VIDEO}
_NAMED_TYPES: Final = ("subject", "background")
"""Words of `ReferenceType` (PixVerse) that the spec keeps as a subject's id; the MPS wire does the same."""

_WEB_URL: Final = re.compile(r"https?://.", re.IGNORECASE | re.DOTALL)
_FILE: Final = re.compile(r"file:([0-9]+)/(.+)\Z", re.DOTALL)
_DATA: Final = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)
_SNIFFED_CHARACTERS: Final = 24


def is_url(source: str) -> bool:
    """Return whether a source can be said as a URL on this wire: one of the web, or a task's result."""
    return _WEB_URL.match(source) is not None or parse_result(source) is not None


def file_source(sub_app_id: int, file_id: str) -> str:
    """Return the source of an application's file."""
    return f"file:{sub_app_id}/{file_id}"


def parse_file_source(source: str) -> tuple[int, str] | None:
    """Return (SubAppId, FileId) of a source that `file_source` gave, None for any other."""
    match = _FILE.match(source)
    return (int(match[1]), match[2]) if match else None


def sniff(data: str) -> str:
    """Return the media type that base64 text begins like, "" where it cannot be told."""
    try:
        head = base64.b64decode(data[:_SNIFFED_CHARACTERS].encode("ascii", "replace"))
    except (binascii.Error, ValueError):
        return ""
    if head.startswith(b"\x89PNG"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return "video/quicktime" if head[8:10] == b"qt" else "video/mp4"
    return ""


# From the wire.


def parse_references(kind: Kind, body: dict[str, Any]) -> tuple[Reference, ...]:
    """Return the references of a create request in the order of `FileInfos`, a last frame of its own last.

    Raises `WireError`.
    """
    infos: list[Info] = body.get(FILES, [])
    alone = sum(_is_picture(info) and info.get("Usage") != "LastFrame" for info in infos) == 1
    sub_app_id = body["SubAppId"]
    found = [
        parse_info(kind, info, sub_app_id, alone=alone, path=f"{FILES}.{n}") for n, info in enumerate(infos)
    ]
    _refuse_twice(found)
    last = _last_frame(body, sub_app_id)
    if last is None:
        return tuple(found)
    if any(reference.role is Role.LAST_FRAME for reference in found):
        name = next(name for name in LAST_FRAME_FIELDS if body.get(name))
        raise _contradiction(name, f"the LastFrame in `{FILES}`", f"`{FILES}` 中的 LastFrame")
    return (*found, last)


def _is_picture(info: Info) -> bool:
    return info.get("Category") in (None, "", "Image")


def _refuse_twice(found: Sequence[Reference]) -> None:
    for role in _FRAMES.values():
        places = [n for n, reference in enumerate(found) if reference.role is role]
        if len(places) > 1:
            detail = Text("There can be only one such frame.", "首帧、尾帧各只支持一张。")
            raise refuse("InvalidParameterValue", f"{FILES}.{places[1]}.Usage", detail)


def _contradiction(path: str, en: str, zh: str) -> WireError:
    detail = Text(f"It contradicts {en}; give one of them.", f"与 {zh} 冲突，请只传其一。")
    return refuse("InvalidParameterValue", path, detail)


def _last_frame(body: dict[str, Any], sub_app_id: int) -> Reference | None:
    url, file_id = (body.get(name) for name in LAST_FRAME_FIELDS)
    if url and file_id:
        raise _contradiction("LastFrameFileId", "`LastFrameUrl`", "`LastFrameUrl`")
    if url:
        return Reference(role=Role.LAST_FRAME, source=parse_url(url, "LastFrameUrl"))
    return Reference(role=Role.LAST_FRAME, source=file_source(sub_app_id, file_id)) if file_id else None


def parse_url(url: str, path: str) -> str:
    """Return the source that a URL is. Raises `WireError`."""
    try:
        source = normal_source(url)
    except NoResultError:
        raise refuse("InvalidParameterValue.Url", path, FORM) from None
    if not is_url(source):
        detail = Text("It must be an http or https URL.", "应为 http 或 https 地址。")
        raise refuse("InvalidParameterValue.Url", path, detail)
    return source


def parse_info(kind: Kind, info: Info, sub_app_id: int, *, alone: bool, path: str) -> Reference:
    """Return one item of `FileInfos`; `alone` is true for the only picture that is no last frame.

    A picture without a `Usage` is the first frame if it is alone and names no object, else a
    reference (published guide; SDK 3.1.194 says only that the default is FirstFrame).
    """
    category = info.get("Category") or "Image"
    check_word(category, f"{path}.Category", tuple(_CATEGORIES))
    medium = _CATEGORIES[category]
    source = _parse_source(info, sub_app_id, path)
    if usage := info.get("Usage") or "":
        check_word(usage, f"{path}.Usage", _USAGES)
    if medium is Medium.AUDIO:
        return Reference(role=Role.AUDIO, source=source, medium=medium)
    if medium is Medium.VIDEO:
        return _parse_film(info, source, usage, path)
    role, subject_id = _picture_role(kind, info, usage, alone=alone)
    return Reference(role=role, source=source, subject_id=subject_id, text=info.get("Text") or None)


def _parse_source(info: Info, sub_app_id: int, path: str) -> str:
    given = [word for word, name in SOURCES.items() if info.get(name)]
    word = info.get("Type") or (given[0] if len(given) == 1 else "")
    if not word:
        raise refuse("MissingParameter", f"{path}.Type")
    check_word(word, f"{path}.Type", _TYPES)
    name = SOURCES[word]
    value = info.get(name)
    if not value:
        raise refuse("MissingParameter", f"{path}.{name}")
    if word == "Url":
        return parse_url(value, f"{path}.Url")
    if word == "File":
        return file_source(sub_app_id, value)
    if value.startswith("data:"):
        detail = Text("Leave out the `data:…;base64,` before the bytes.", "不要有 `data:…;base64,` 前缀。")
        raise refuse("InvalidParameterValue", f"{path}.Base64", detail)
    return f"data:{sniff(value)};base64,{value}"


def _parse_film(info: Info, source: str, usage: str, path: str) -> Reference:
    """Return a film: to edit, or to take features from if it says so or is plainly a `Reference`."""
    word = info.get("ReferenceType") or ("feature" if usage == "Reference" else "base")
    check_word(word, f"{path}.ReferenceType", tuple(_FILM_TYPES))
    sound = info.get("KeepOriginalSound")
    return Reference(
        role=_FILM_TYPES[word],
        source=source,
        medium=Medium.VIDEO,
        keep_sound=parse_switch(sound, f"{path}.KeepOriginalSound") if sound else None,
    )


def _picture_role(kind: Kind, info: Info, usage: str, *, alone: bool) -> tuple[Role, str | None]:
    """Return a picture's role, and its subject's id if it has one."""
    word, object_id = info.get("ReferenceType"), info.get("ObjectId")
    if usage in _FRAMES:
        return _FRAMES[usage], None
    if object_id:
        return Role.SUBJECT, object_id
    if word:
        role = _PLAIN_TYPES.get(word, Role.SUBJECT)
        return role, word if role is Role.SUBJECT else None
    plain = usage == "Reference" or not alone or kind is Kind.IMAGE
    return (Role.REFERENCE if plain else Role.FIRST_FRAME), None


# To the wire.


def render_info(kind: Kind, reference: Reference) -> Info:
    """Return the item that says a reference in full where this wire can; a source of ours has no value."""
    info = _render_source(reference.source)
    if reference.medium is not Medium.IMAGE:
        return info | _render_film(reference)
    if reference.role in _PLAIN_TYPES.values():
        info["ReferenceType"] = reference.role.value
    elif reference.role is Role.SUBJECT and reference.subject_id:
        typed = kind is Kind.IMAGE or reference.subject_id in _NAMED_TYPES
        info["ReferenceType" if typed else "ObjectId"] = reference.subject_id
    if kind is Kind.VIDEO:
        info["Usage"] = next((w for w, role in _FRAMES.items() if role is reference.role), "Reference")
    if reference.text:
        info["Text"] = reference.text
    return info


def _render_source(source: str) -> Info:
    if filed := parse_file_source(source):
        return {"Type": "File", "FileId": filed[1]}
    if by_value := _DATA.match(source):
        return {"Type": "Base64", "Base64": source[by_value.end() :]}
    return {"Type": "Url", "Url": url_source(source)} if is_url(source) else {"Type": "Base64"}


def _render_film(reference: Reference) -> Info:
    if reference.medium is Medium.AUDIO:
        return {"Category": "Audio"}
    word = next((word for word, role in _FILM_TYPES.items() if role is reference.role), "feature")
    info: Info = {"Category": "Video", "ReferenceType": word}
    if reference.keep_sound is not None:
        info["KeepOriginalSound"] = next(w for w, value in SWITCH.items() if value is reference.keep_sound)
    return info


def render_references(spec: GenerationSpec, sub_app_id: int, body: dict[str, Any]) -> list[str]:
    """Write the spec's references into `body`; return ["references"] if one was not said in full."""
    complete, infos = True, []
    frames: set[Role] = set()
    for reference in spec.references:
        info = render_info(spec.kind, reference)
        read = _read_back(spec.kind, info, sub_app_id)
        again = reference.role in frames and reference.role in _FRAMES.values()
        if read is None or again or _bare(read) != _bare(reference):
            complete = False
            continue
        frames.add(reference.role)
        infos.append(info)
        complete = complete and same_reference(read, reference)
    if infos:
        body[FILES] = infos
    return [] if complete else ["references"]


def _read_back(kind: Kind, info: Info, sub_app_id: int) -> Reference | None:
    if kind is Kind.IMAGE and not info.keys() <= {"Type", "ReferenceType", "Text", *SOURCES.values()}:
        return None
    try:
        return parse_info(kind, info, sub_app_id, alone=False, path=FILES)
    except WireError:
        return None


def same_reference(one: Reference, other: Reference) -> bool:
    """Return whether two references are equal but for the stated type of bytes by value."""
    return one == other or (_bare(one) == _bare(other) and _but_source(one) == _but_source(other))


def _bare(reference: Reference) -> str:
    match = _DATA.match(reference.source)
    return reference.source[match.end() :] if match else reference.source


def _but_source(reference: Reference) -> tuple[Any, ...]:
    return tuple(getattr(reference, name) for name in Reference.__struct_fields__ if name != "source")


# What an item says beyond its reference.


def item_extras(sent: Sequence[Info], said: Sequence[Info]) -> list[Info]:
    """Return per item what was sent otherwise than its reference alone would be said; "" is "left out".

    Sources are forgotten: the reference has the one that counts, and the void ones may be megabytes.
    """
    return [_difference(one, other) for one, other in zip(sent, said, strict=True)]


def _difference(sent: Info, said: Info) -> Info:
    sources = SOURCES.values()
    told = {n: v for n, v in sent.items() if n not in sources and not says_nothing(n, v) and said.get(n) != v}
    return told | {n: "" for n in said if n != SOURCES[said["Type"]] and says_nothing(n, sent.get(n))}


def with_extras(infos: Sequence[Info], extras: Sequence[Info]) -> list[Info]:
    """Return the items as they were once sent."""
    return [
        {name: value for name, value in (info | extra).items() if value != ""}
        for info, extra in zip(infos, extras, strict=True)
    ]


# Subjects.


def parse_subjects(body: dict[str, Any]) -> tuple[Subject, ...]:
    """Return the subjects of a create request; each needs at least one field. Raises `WireError`."""
    for n, info in enumerate(body.get("SubjectInfos", ())):
        for name in ("ImageUrls", "VideoUrls"):
            for k, url in enumerate(info.get(name, ())):
                if url:
                    parse_url(url, f"SubjectInfos.{n}.{name}.{k}")
    return mps_inputs.parse_subjects(body)


def render_subjects(spec: GenerationSpec, body: dict[str, Any]) -> list[str]:
    """Write the spec's subjects into `body`; return ["subjects"] if one was not said in full."""
    unsaid = mps_inputs.render_subjects(spec, body)
    for info in body.get("SubjectInfos", ()):
        for name in ("ImageUrls", "VideoUrls"):
            urls = info.pop(name, [])
            said = [url for url in urls if is_url(normal_source(url))]
            if said:
                info[name] = said
            if said != urls:
                unsaid = ["subjects"]
    if infos := [info for info in body.pop("SubjectInfos", ()) if info]:
        body["SubjectInfos"] = infos
    return unsaid
