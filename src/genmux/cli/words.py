"""Which language the person at the terminal reads."""

from __future__ import annotations

import os
from collections.abc import Mapping

_VARIABLES = ("GENMUX_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def language(environ: Mapping[str, str] | None = None) -> str:
    """Return "zh" or "en": the first variable that is set decides, GENMUX_LANG before the locale."""
    environ = os.environ if environ is None else environ
    said = next((environ[name] for name in _VARIABLES if environ.get(name)), "")
    return "zh" if said.lower().startswith("zh") else "en"


def say(en: str, zh: str) -> str:
    """Return the sentence in the reader's language."""
    return zh if language() == "zh" else en
