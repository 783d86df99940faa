"""Whether the words before a word deny it: "no people", "without any clouds", 没有人, 不要雨."""

from __future__ import annotations

import re
from typing import Final

_ENGLISH: Final = re.compile(
    r"(?<![a-z0-9])(?:no|not|without|never|minus|avoid|exclude|excluding|free of|devoid of|empty of)"
    r"(?: (?:any|a|an|the|visible|other|more|single|sign of|signs of|trace of))* $"
)
_CHINESE: Final = re.compile(
    r"(?:没有|没|不要|不带|不含|不是|不能有|不出现|不需要|避免|去掉|去除|禁止|排除|无|非|勿|别)"
    r"(?:任何|出现|其他|多余的|一个|一位|一只|一丝|一片|半点|一)* ?$"
)
_OR: Final = re.compile(r" ?(?:,? or|,? nor|and no|[、/或和与及]|以及|或者)(?: any)? ?$")


def denied(before: str, after_denied: bool) -> bool:
    """Whether a word is denied by the text between the last known word and it.

    `after_denied` says that the last known word was denied, which "or" and 、 carry on.
    """
    if not before:
        return False
    if after_denied and _OR.fullmatch(before):
        return True
    return bool(_ENGLISH.search(before) or _CHINESE.search(before))
