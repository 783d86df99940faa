"""What is wrong with a setting, in a sentence that says what would be right."""

from __future__ import annotations

from genmux.domain.text import Text


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it, its value and what would be right.

    A secret is never part of the message. `field` is the dotted path of the setting.
    """

    def __init__(self, en: str, zh: str = "", *, field: str = "") -> None:
        super().__init__(en)
        self.text = Text(en, zh or en)
        self.field = field


def fault(path: str, value: object, en: str, zh: str) -> SettingsError:
    """Return the error that says what the setting at `path` is, and what it must be."""
    return SettingsError(
        f"setting {path} is {value!r}; it must {en}", f"设置项 {path} 的值为 {value!r}；{zh}", field=path
    )
