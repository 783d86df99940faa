"""The caption that the preview provider is asked to draw, as the option `caption` of a spec."""

from __future__ import annotations

from typing import Final

from genmux.domain.errors import InvalidValue
from genmux.domain.spec import GenerationSpec
from genmux.domain.text import Text
from genmux.providers.script import plain_prompt

OPTION: Final = "caption"
MOST_CHARACTERS: Final = 200


def caption_of(spec: GenerationSpec) -> str | None:
    """Return the text to draw, "" for none; true stands for the prompt. None where it is no caption."""
    said = spec.options.get(OPTION)
    if said is None or said is False:
        return ""
    if said is True:
        return plain_prompt(spec.prompt)
    return said if isinstance(said, str) and len(said) <= MOST_CHARACTERS else None


def check(spec: GenerationSpec) -> None:
    """Raise `InvalidValue` when the option is something that cannot be drawn."""
    if caption_of(spec) is None:
        raise InvalidValue(
            Text(
                f"`{OPTION}` must be true (which draws the prompt) or at most {MOST_CHARACTERS} characters.",
                f"`{OPTION}` 应为 true（即以提示词为字幕）或不超过 {MOST_CHARACTERS} 个字符的文本。",
            ),
            field="options",
        )
