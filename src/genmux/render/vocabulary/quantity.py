"""What stands beside a word: how many of it there are, and whether a colour is only that of clothes."""

from __future__ import annotations

import re
from typing import Final

MOST: Final = 3
_PLURAL: Final = 2

_NUMBERS: Final = {
    1: ("a", "an", "one", "1", "single", "lone", "the only", "一", "单", "独"),
    2: ("two", "2", "a pair of", "pair of", "both", "twin", "a couple of", "两", "俩", "二", "双", "一对"),
    3: (
        *("three", "3", "four", "4", "five", "5", "six", "several", "many", "a few", "some", "dozens of"),
        *("a group of", "a herd of", "a flock of", "a pack of", "a school of", "a fleet of", "hundreds of"),
        *("三", "四", "五", "六", "几", "数", "许多", "一群", "成群的", "多", "无数", "很多"),
    ),
}  # fmt: skip
_MANY: Final = {word: many for many, words in _NUMBERS.items() for word in words}
_ENGLISH: Final = re.compile(
    r"(?<![a-z0-9])("
    + "|".join(sorted((w for w in _MANY if w.isascii()), key=len, reverse=True))
    + r") (?:(?!and |with |on |in |at |of )[a-z']+ ){0,2}$"
)
_CHINESE: Final = re.compile(
    "(" + "|".join(sorted((w for w in _MANY if not w.isascii() or w.isdigit()), key=len, reverse=True)) + ")"
    "(?:只|个|条|匹|头|位|名|艘|辆|架|棵|朵|座|对|群|栋|间|顶|叶|枚|支|把|件)?"
    r"(?:[^，。、；,.;\s的]{0,4}的)?[小大]?$"
)
_WORN: Final = re.compile(
    r" ?(?:colou?red )?(?:long |short |curly |wavy |straight |silk |evening |wedding |leather |flowing )?"
    r"(?:hair|haired|eyes?|eyed|dress(?:es)?|shirt|blouse|lips?|coat|jacket|scarf|hat|cap|skirt|suit|boots?"
    r"|shoes?|gown|cloak|cape|sweater|hoodie|uniform|robes?|tie|bow|gloves|jeans|pants|armou?r|t shirt)\b"
    "|色?的?(?:长|短|卷|连衣|丝绸|晚)?(?:头发|发|秀发|眼睛|眼眸|双眼|眼|裙|衣|衫|外套|帽|围巾|鞋|旗袍|汉服|披风"
    "|大衣|毛衣|风衣|嘴唇|唇|领带|西装|斗篷|礼服|制服|盔甲|长袍|手套|靴|卫衣|夹克)"
)


def quantity(before: str, plural: bool) -> int:
    """How many of a thing the text before it asks for, 1 to `MOST`; a bare plural is two."""
    found = (_ENGLISH.search(before) or _CHINESE.search(before)) if before else None
    if found is None:
        return _PLURAL if plural else 1
    return _MANY[found[1]]


def worn(text: str, end: int) -> bool:
    """Whether what follows a colour is hair, eyes or clothes, so that it does not colour the picture."""
    return _WORN.match(text, end) is not None
