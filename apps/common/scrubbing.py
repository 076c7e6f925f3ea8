"""What must not stand in a log: secrets, tokens, and what names or reaches a person.

Anybody may have anything logged, a path of 60 kB: every pattern takes a time that grows with the text, not its square.
"""

import re
from collections.abc import Callable

HIDDEN = "…"
LONGEST = 8000  # characters of a message
DIVIDED = 320  # the longest address of mail
WORDS = r"pass(?:word|wd|phrase)?|secret|token|api[_-]?key|signature|authorization|cookie|sessionid|csrf|identity|otp"

# Pages that whoever has the address may open, and pushes of carriers; the start of a path, or of a whole address.
SECRET_PART = re.compile(
    r"""((?:^|[\s"'(]|://[^/\s"']+)/(?:[tnr]|api/v1/carriers/[^/\s"']+/push)/)[^/\s?#"']+""", re.IGNORECASE
)
SCHEME = re.compile(r"\b(Bearer|Basic|Token)\s+[\w.~+/=:-]{6,}", re.IGNORECASE)
NAMED = re.compile(
    rf"""((?:\b|_)(?:{WORDS})\w{{0,40}}["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s"',;&)}}\]]+)""", re.IGNORECASE
)
USERINFO = re.compile(r"(://[^\s/:@]*:)[^\s/@]+(@)")
QUERY = re.compile(r"""([?&][\w.\[\]-]+=)[^&\s"'#<>)]+""")
JWT = re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]+){0,2}")
KEY = re.compile(r"-----BEGIN[^-]*PRIVATE KEY-----.*?(?:-----END[^-]*-----|\Z)", re.DOTALL)
# PostgreSQL repeats the row that broke a constraint: a message's text, an address.
ROW = re.compile(r"^((?:DETAIL|CONTEXT|HINT):).*$", re.MULTILINE)
# Begins only where a run of its letters does, and goes on over addresses in the same run.
DOMAIN = r"(?:@|%40)[\w-]+(?:\.[\w-]+)+"
EMAIL = re.compile(rf"(?<![\w.+%-])[\w.+%-]+{DOMAIN}(?:[\w.+%-]*{DOMAIN})*", re.IGNORECASE)
DIGITS = re.compile(r"(?<![\w.-])\+?\d(?:[ -]?\d){9,18}(?![\w-])")
MOBILE = re.compile(r"(?:86)?1[3-9]\d{9}")


def scrubbed(text: str) -> str:
    """``text`` with "…" in the place of what a reader of the log has no business with."""
    text = without_tokens(text)
    for pattern, put in REPLACEMENTS:
        text = pattern.sub(put, text)
    return text


def shortened(text: str) -> str:
    """``text`` scrubbed, and cut when it is longer than a line of a log should be.

    With the end goes what the cut may have divided, so that no pattern knew it.
    """
    if len(text) <= LONGEST:
        return scrubbed(text)
    return scrubbed(text[:LONGEST])[:-DIVIDED] + HIDDEN


def without_tokens(text: str) -> str:
    """``text`` with "…" for the tokens of the addresses in it."""
    return SECRET_PART.sub(rf"\1{HIDDEN}", text)


def _number(found: re.Match[str]) -> str:
    """Telephone and card numbers are hidden; times, counts and the numbers of orders are not."""
    digits = re.sub(r"\D", "", found[0])
    hidden = found[0].startswith("+") or MOBILE.fullmatch(digits) or (len(digits) >= 13 and _is_card(digits))
    return HIDDEN if hidden else found[0]


def _is_card(digits: str) -> bool:
    """The check digit of ISO/IEC 7812 (Luhn)."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


REPLACEMENTS: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (KEY, HIDDEN),
    (ROW, rf"\1 {HIDDEN}"),
    (SCHEME, rf"\1 {HIDDEN}"),
    (USERINFO, rf"\1{HIDDEN}\2"),
    (NAMED, rf"\1{HIDDEN}"),
    (QUERY, rf"\1{HIDDEN}"),
    (JWT, HIDDEN),
    (EMAIL, HIDDEN),
    (DIGITS, _number),
]
