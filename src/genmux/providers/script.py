"""Scripted behaviour of the preview provider, for the integration tests of those who use genmux.

A script is written in `AdditionalParameters` (`{"genmux": {"delay": 3, "fail": "InternalError"}}`)
or in the prompt (`[[genmux delay=3 fail=InternalError]]`). See docs/emulator.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from genmux.domain.errors import InvalidValue
from genmux.domain.spec import GenerationSpec
from genmux.domain.text import Text

OPTION: Final = "genmux"
_DIRECTIVE: Final = re.compile(r"\[\[\s*genmux\b([^\[\]]*)\]\]")
_WORD: Final = re.compile(r"([a-z]+)(?:=(\"[^\"]*\"|\S+))?")
MAX_DELAY_SECONDS: Final = 86_400.0
WORDS: Final = ("delay", "fail", "message", "violation", "stuck")


@dataclass(frozen=True, slots=True)
class Script:
    """What the preview is told to do instead of, or before, making the picture.

    `delay` seconds in RUN first; `fail` is the upstream code to fail with; `violation` refuses the
    create as a content violation; `stuck` stays in RUN until cancelled or overdue.
    """

    delay: float = 0.0
    fail: str = ""
    message: str = ""
    violation: bool = False
    stuck: bool = False

    @property
    def empty(self) -> bool:
        """True when nothing is scripted."""
        return self is NOTHING or self == NOTHING


NOTHING: Final = Script()


def parse_script(spec: GenerationSpec) -> Script:
    """Return the script of a spec; the prompt's directive wins over the option.

    Raises `InvalidValue` for a word or a value that a script cannot have.
    """
    if "[[" not in spec.prompt and OPTION not in spec.options:
        return NOTHING
    raw: dict[str, Any] = {}
    option = spec.options.get(OPTION)
    if option is not None:
        if not isinstance(option, dict):
            raise _bad(f"{OPTION} must be an object")
        raw.update(option)
    match = _DIRECTIVE.search(spec.prompt)
    if match is not None:
        raw.update({word: value.strip('"') or True for word, value in _WORD.findall(match[1])})
    return _script(raw) if raw else NOTHING


def plain_prompt(prompt: str) -> str:
    """Return the prompt without its directive."""
    return _DIRECTIVE.sub("", prompt).strip()


def _script(raw: dict[str, Any]) -> Script:
    unknown = sorted(set(raw) - set(WORDS))
    if unknown:
        raise _bad(f"{unknown[0]} is not one of {', '.join(WORDS)}")
    return Script(
        delay=_seconds(raw.get("delay", 0)),
        fail=_word("fail", raw.get("fail", "")),
        message=_word("message", raw.get("message", "")),
        violation=_flag("violation", raw.get("violation", False)),
        stuck=_flag("stuck", raw.get("stuck", False)),
    )


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise _bad("delay must be a number of seconds") from None
    if not 0 <= seconds <= MAX_DELAY_SECONDS:
        raise _bad(f"delay must be between 0 and {MAX_DELAY_SECONDS:.0f} seconds")
    return seconds


def _word(name: str, value: Any) -> str:
    if value is True:
        return "InternalError"
    if not isinstance(value, str):
        raise _bad(f"{name} must be text")
    return value


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "1", 1):
        return True
    if value in ("false", "0", 0):
        return False
    raise _bad(f"{name} must be true or false")


def _bad(why: str) -> InvalidValue:
    return InvalidValue(
        Text(f"The genmux script is not valid: {why}.", f"genmux 脚本无效:{why}。"), field="options"
    )
