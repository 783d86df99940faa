"""The sentences of the catalogue, English and Chinese: what is wrong with a value, what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from genmux.domain.text import Text

_LONGEST: Final = 60


def not_allowed(field: Text, value: str, model: str, allowed: Sequence[str], nearest: str | None) -> Text:
    """A value outside a list."""
    value, model = _short(value), _short(model)
    en = f"{field.en} {value} is not available for {model}"
    zh = f"{model} 不支持{field.zh} {value}"
    if allowed:
        en += f"; it takes {_either(_run(allowed), ' or ')}"
        zh += f"，可选值为 {_either(_run(allowed), '、')}"
    if nearest is not None:
        en += f"; the nearest is {nearest}"
        zh += f"，最接近的是 {nearest}"
    return Text(en + ".", zh + "。")


def malformed(field: Text, value: str, example: str, nearest: str | None) -> Text:
    """A value that is not of its kind at all."""
    en = f"{field.en} {_short(value)!r} is not one; write it like {example}"
    zh = f"{field.zh} {_short(value)!r} 无效，写法如 {example}"
    if nearest is not None and nearest != example:
        return Text(f"{en}; the nearest is {nearest}.", f"{zh}，最接近的是 {nearest}。")
    return Text(en + ".", zh + "。")


def too_long(length: int, most: int) -> Text:
    """A prompt over its limit."""
    return Text(
        f"The prompt has {length} characters; at most {most} are allowed.",
        f"提示词有 {length} 个字符，最多允许 {most} 个。",
    )


def prompt_missing() -> Text:
    """No prompt where there is nothing else to go by."""
    return Text(
        "A prompt is needed when there is no reference and no scene.",
        "没有参考素材且未指定场景时必须填写提示词。",
    )


def first_frame_needed(model: str) -> Text:
    """Text-to-video asked of a model that only animates pictures."""
    return Text(
        f"{model} makes films from a picture only; give a first frame.",
        f"{model} 仅支持图生视频，请提供首帧图片。",
    )


def first_frame_refused(model: str) -> Text:
    """A first frame for a model that makes films from text only."""
    return Text(
        f"{model} takes no first frame; it makes films from text only.",
        f"{model} 不支持首帧图片，仅支持文生视频。",
    )


def first_before_last() -> Text:
    """A last frame alone."""
    return Text("A last frame needs a first frame.", "指定尾帧图片时必须同时指定首帧图片。")


def last_frame_refused(model: str) -> Text:
    """A last frame for a model that takes none."""
    return Text(f"{model} takes no last frame.", f"{model} 不支持尾帧图片。")


def last_frame_from(model: str, resolution: str, said: str) -> Text:
    """A last frame below the resolution that it needs."""
    return Text(
        f"{model} takes a last frame only from {resolution} up; the resolution is {said}.",
        f"{model} 仅在分辨率不低于 {resolution} 时支持尾帧图片，当前分辨率为 {said}。",
    )


def too_many_references(model: str, given: int, most: int) -> Text:
    """More reference pictures than the model takes."""
    if most == 0:
        return Text(f"{model} takes no reference pictures.", f"{model} 不支持参考图片。")
    return Text(
        f"{model} takes at most {most} reference pictures; {given} were given.",
        f"{model} 最多支持 {most} 张参考图片，当前为 {given} 张。",
    )


def video_refused(model: str) -> Text:
    """A reference film for a model that takes none."""
    return Text(f"{model} takes no reference video.", f"{model} 不支持参考视频。")


def base_video_alone(model: str) -> Text:
    """A film to edit together with frames."""
    return Text(
        f"{model} takes a video to edit or a first and last frame, not both.",
        f"{model} 不能同时指定待编辑视频和首尾帧图片。",
    )


def audio_refused(model: str) -> Text:
    """Sound asked of a silent model."""
    return Text(f"{model} makes no sound; leave audio off.", f"{model} 不支持音画同出，请关闭音频。")


def size_refused(size: str, model: str, nearest: str) -> Text:
    """Exact pixels that the model does not make."""
    return Text(
        f"size {size} is not available for {model}; the nearest is {nearest}.",
        f"{model} 不支持尺寸 {size}，最接近的是 {nearest}。",
    )


def unknown_family(kind: Text, family: str, near: Sequence[str], known: Sequence[str]) -> Text:
    """A model name that nobody knows for this kind."""
    en = f"Model {_short(family)!r} is not known for {kind.en}"
    return _with_names(en, f"{kind.zh}模型 {_short(family)!r} 不存在", near, known)


def other_kind(kind: Text, family: str, makes: Text, known: Sequence[str]) -> Text:
    """A model name that is known for another kind only."""
    en, zh = (
        f"Model {family!r} is for {makes.en}, not for {kind.en}",
        f"模型 {family!r} 用于{makes.zh}，不支持{kind.zh}",
    )
    return _with_names(en, zh, (), known)


def unknown_version(family: str, version: str, near: Sequence[str], known: Sequence[str]) -> Text:
    """A version that the family does not have."""
    return _with_names(
        f"{family} has no version {_short(version)!r}", f"{family} 没有版本 {_short(version)!r}", near, known
    )


def _with_names(en: str, zh: str, near: Sequence[str], known: Sequence[str]) -> Text:
    if near:
        en, zh = f"{en}; did you mean {_either(near, ' or ')}?", f"{zh}，是否指 {_either(near, '、')}？"
    else:
        en, zh = f"{en}.", f"{zh}。"
    names = ", ".join(known)
    return Text(f"{en} Known: {names}.", f"{zh}可用：{names}。") if known else Text(en, zh)


def _either(names: Sequence[str], last: str) -> str:
    if len(names) < 2 or last != " or ":
        return last.join(names)
    return ", ".join(names[:-1]) + last + names[-1]


def _run(values: Sequence[str]) -> Sequence[str]:
    """Shorten 3, 4, 5, 6 to 3-6."""
    if len(values) < 4 or not all(value.isdigit() for value in values):
        return values
    first, last = int(values[0]), int(values[-1])
    return (f"{first}-{last}",) if len(values) == last - first + 1 else values


def _short(value: str) -> str:
    """Cut what a caller wrote to a length that a sentence can carry."""
    return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
