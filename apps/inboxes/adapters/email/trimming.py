"""What is new in a mail: without the quotation below it and without the signature."""

import re

from mailparser_reply import EmailReplyParser

MARKER = "##- Please type your reply above this line · 请在此行上方回复 -##"
LONGEST = 50_000  # characters that are looked at
GUESSED = (
    5_000  # characters that the library sees: its time grows with their square, and what is new stands first
)
# What mail-parser-reply does not know (measured with 1.36); the earliest match cuts.
CUTS = [
    re.compile(r"^[> \t]*##-.*-##[ \t]*$", re.M),
    re.compile(r"^[^\n]*于\s?\d{4}年[^\n]*写道[:：]\s*$", re.M),
    re.compile(r"^[^\n]*于\s?\d{4}年[^\n]*\n[^\n]*写道[:：]\s*$", re.M),  # the same, wrapped
    re.compile(r"^(At|在)\s?\d{4}[-年/][^\n]*(wrote|写道)[:：]\s*$", re.M),
    re.compile(
        r"^-{4,}\s*(原始邮件|原邮件|转发邮件|Original Message|Original|Forwarded Message)\s*-{4,}",
        re.M | re.I,
    ),
    re.compile(r"^_{10,}[^\S\n]*\n\s*(From|发件人)\s?[:：]", re.M),
    re.compile(r"^发件人\s?[:：][^\n]*\n\s*(发送时间|日期|发送日期)\s?[:：]", re.M),
]
_parser = EmailReplyParser(languages=["en", "zh"])


def reply_of(text: str) -> str:
    """The new part of ``text``; all of it where nothing new is found (somebody wrote between the lines)."""
    text = text.replace("\r\n", "\n").replace("\xa0", " ")[:LONGEST]
    text = re.sub(r"\n{4,}", "\n\n\n", text)
    places = [match.start() for match in (cut.search(text) for cut in CUTS) if match]
    head = text[: min(places)] if places else text
    return _parsed(head) or head.strip() or text.strip()


def _parsed(text: str) -> str:
    """As mail-parser-reply sees it. It is a library of guesses: whatever trips it leaves the text whole."""
    head, rest = text[:GUESSED].strip(), text[GUESSED:]
    try:
        found = (_parser.parse_reply(text=head) or "").strip()
    except Exception:
        return ""
    return (found + text[len(text[:GUESSED].rstrip()) : GUESSED] + rest).strip() if found == head else found
