"""What people are called, as a text is searched for it: whole names, and single parts such as “Mary” alone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LETTERS = 3  # of a part that is looked for; of a given name in Han characters, two
_BETWEEN = re.compile(r"""[\s.,;:·・_/|&+"“”()（）\[\]\-‐‑–]+""")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
# People enter them as names, and every page of the desk has them.
_NO_NAMES = frozenset(
    "account and buyer chat client company corp customer dear demo guest inc limited ltd madam miss mister mrs msc "
    "none null order prof shop sir store support team test the unknown user visitor "
    "公司 先生 女士 小姐 老师 经理 同学 用户 客户 顾客 买家 卖家 会员 游客 访客 测试 订单".split()
)


@dataclass(frozen=True)
class Names:
    """``whole`` names are found in any capitals, ``parts`` only as they stand here, and only in free text."""

    whole: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()

    def __or__(self, other: "Names") -> "Names":
        return Names(self.whole | other.whole, self.parts | other.parts)

    def __bool__(self) -> bool:
        return bool(self.whole or self.parts)


def called(names: Iterable[str]) -> Names:
    """These names and their parts."""
    whole = frozenset(names)
    return Names(whole, frozenset(form for name in whole for form in _parts(name)))


def _parts(name: str) -> Iterator[str]:
    words = [] if "@" in name else list(filter(None, _BETWEEN.split(name)))
    in_han = all(map(_HAN.fullmatch, words))
    for word in words:
        if word.islower() and not name.islower():
            continue  # “van der”
        if sum(map(str.isalpha, word)) >= (LETTERS - 1 if in_han and len(words) > 1 else LETTERS):
            yield from _forms(word)
        if _HAN.fullmatch(word) and len(word) in (3, 4):
            yield from _forms(word[-2:])


def _forms(word: str) -> Iterator[str]:
    """A word as a text may have it for a name: never in small letters, where the script has capitals."""
    if word.casefold() not in _NO_NAMES:
        yield from {word[0].upper() + word[1:], word.capitalize(), word.upper()}
