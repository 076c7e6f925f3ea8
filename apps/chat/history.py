"""Reading a transcript: pages by seq, jumps to a place in it, and a search in one chat.

All of it runs on the unique index of ``(session, seq)`` and costs the same at the start, in the middle and at the end
of a chat. No column or index serves the search alone: storing a message stays as cheap as it is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Collate, Lower, StrIndex
from django.db.models.lookups import GreaterThan

from apps.access import masking, names, viewing
from apps.chat.enums import FILE_KINDS, MessageKind, SenderKind, Side
from apps.chat.frames import Frame
from apps.chat.models import ChatSession, Message
from apps.chat.selectors import as_frames, rows_after

PAGE = 50
SPAN = 50_000  # lines that one search reads; about 40 ms
HITS = 100
WORDS_MAX = 5  # of a query; more find what these find
EXCERPT = 160  # characters
BEFORE_HIT = 40  # of them
UNSEARCHED = (MessageKind.EVENT, MessageKind.RECALL)
OTHERS = {Side.CUSTOMER: [SenderKind.AGENT, SenderKind.BOT], Side.AGENT: [SenderKind.CUSTOMER]}

# Halves [lo, hi) until one line is left: 16 probes of the index for 50,000 lines, whose times have no index.
FIRST_AT = """
WITH RECURSIVE half (lo, hi) AS (
    SELECT 1, %(end)s
    UNION ALL
    SELECT CASE WHEN line.at < %(moment)s THEN line.seq + 1 ELSE lo END,
           CASE WHEN line.at < %(moment)s THEN hi ELSE (lo + hi) / 2 END
    FROM half LEFT JOIN LATERAL (
        SELECT seq, at FROM {table} WHERE session_id = %(session)s AND seq >= (lo + hi) / 2 ORDER BY seq LIMIT 1
    ) line ON TRUE
    WHERE lo < hi
)
SELECT lo FROM half WHERE lo >= hi
"""


@dataclass(frozen=True)
class MessagePage:
    """Messages in order of seq, and whether there are more in the direction that was asked."""

    frames: list[Frame]
    has_more: bool


@dataclass(frozen=True)
class Surroundings:
    """Messages in order of seq around ``anchor``, the seq that was asked for, and whether there are more each way."""

    frames: list[Frame]
    anchor: int
    has_older: bool
    has_newer: bool


def messages_after(session: ChatSession, side: str, seq: int, *, limit: int = PAGE) -> MessagePage:
    """The next ``limit`` messages after ``seq`` that ``side`` may see."""
    rows = rows_after(session.pk, side, seq, limit=limit + 1)
    return MessagePage(as_frames(session.public_id, side, rows[:limit]), len(rows) > limit)


def messages_before(session: ChatSession, side: str, seq: int | None, *, limit: int = PAGE) -> MessagePage:
    """The last ``limit`` messages before ``seq`` (None: the newest), still in ascending order."""
    rows = Message.objects.filter(session=session).for_side(side).order_by("-seq")
    if seq is not None:
        rows = rows.filter(seq__lt=seq)
    newest_first = list(rows[: limit + 1])
    page = as_frames(session.public_id, side, newest_first[:limit][::-1])
    return MessagePage(page, len(newest_first) > limit)


def messages_around(session: ChatSession, side: str, seq: int, *, limit: int = PAGE) -> Surroundings:
    """Up to ``limit`` messages, half of them before ``seq``; two queries."""
    older = messages_before(session, side, seq, limit=limit // 2)
    newer = messages_after(session, side, seq - 1, limit=limit - limit // 2)
    return Surroundings(older.frames + newer.frames, seq, older.has_more, newer.has_more)


def first_seq_at(session: ChatSession, moment: datetime) -> int:
    """Seq of the first line at ``moment`` or later; one beyond the last when there is none."""
    places: dict[str, Any] = {"session": session.pk, "moment": moment, "end": session.last_seq + 1}
    with connection.cursor() as cursor:
        cursor.execute(FIRST_AT.format(table=connection.ops.quote_name(Message._meta.db_table)), places)
        return min(cursor.fetchone()[0], session.last_seq + 1)


def first_unread_seq(session: ChatSession, side: str) -> int:
    """Seq of the first line of the other side that ``side`` has not read; one beyond the last when all is read."""
    _delivered, read, _undelivered = session.marks(side)
    unread = Message.objects.filter(session=session, sender_kind__in=OTHERS[Side(side)]).for_side(side)
    first = unread.after(read).exclude(kind__in=UNSEARCHED).values_list("seq", flat=True).first()
    return first or session.last_seq + 1


@dataclass(frozen=True)
class Hit:
    """One message that has all the words."""

    seq: int
    at: datetime
    sender_kind: str
    sender_name: str
    excerpt: str


@dataclass(frozen=True)
class Hits:
    """The newest first. ``next_before``: where to search on; None when the whole chat has been searched."""

    hits: list[Hit]
    next_before: int | None


def search(
    session: ChatSession, side: str, text: str, *, before: int | None = None, limit: int = HITS
) -> Hits:
    """What ``side`` may see before seq ``before`` (None: the end) that has every word of ``text``, also inside words.

    Reads at most ``SPAN`` lines. Words of files' names count; system lines and withdrawn messages are not searched.
    """
    words = text.replace("\x00", "").split()[:WORDS_MAX]
    if not words:
        return Hits([], None)
    head = min(before or session.last_seq + 1, session.last_seq + 1)
    found = _readable(list(_having(_searched(session, side, head), words)[: limit + 1]), words)
    hits = [_hit(row, words) for row in found[:limit]]
    if len(found) > limit:
        return Hits(hits, hits[-1].seq)
    return Hits(hits, head - SPAN if head - SPAN > 1 else None)


def _searched(session: ChatSession, side: str, head: int) -> QuerySet[Message]:
    rows = Message.objects.filter(session=session, seq__lt=head, seq__gte=head - SPAN).for_side(side)
    return rows.filter(recalled_by=None).exclude(kind__in=UNSEARCHED).order_by("-seq")


def _readable(rows: list[Message], words: list[str]) -> list[Message]:
    """Masked where the reader sees masks; what has the words only under a mask was not found."""
    if not viewing.is_masked():
        return rows
    called = names.in_answer()
    for row in rows:
        row.body = names.mask_in_text(masking.mask_text(row.body), called)
        row.payload = names.mask_in_record(masking.mask_record(row.payload), called)
    return [row for row in rows if all(word.lower() in _text(row).lower() for word in words)]


def _having(rows: QuerySet[Message], words: list[str]) -> QuerySet[Message]:
    for word in words:
        in_name = Q(kind__in=FILE_KINDS) & _contains(KT("payload__name"), word)
        rows = rows.filter(_contains(F("body"), word) | in_name)
    return rows.only("seq", "at", "sender_kind", "sender_name", "kind", "body", "payload")


def _contains(text: Any, word: str) -> Q:
    """Whether ``text`` has ``word``. Only ASCII is folded by the database, which takes a third of the time of ILIKE."""
    found = Q()
    for spelling in _spellings(word):
        plain = not any("a" <= letter <= "z" for letter in spelling)
        folded = text if plain else Lower(Collate(text, "C"))
        found |= Q(GreaterThan(StrIndex(folded, Value(spelling)), 0))
    return found


def _spellings(word: str) -> list[str]:
    """How ``word`` may stand in text whose ASCII letters are small: letters of other alphabets in both sizes."""
    forms = (word, word.lower(), word.upper(), word.title())
    return sorted({_fold(form) for form in forms})


def _fold(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _hit(row: Message, words: list[str]) -> Hit:
    return Hit(row.seq, row.at, row.sender_kind, row.sender_name, _excerpt(_text(row), words[0]))


def _text(row: Message) -> str:
    return row.body or str(row.payload.get("name", ""))


def _excerpt(text: str, word: str) -> str:
    """The part of ``text`` around its first ``word``, on one line."""
    start = max(0, text.lower().find(word.lower()) - BEFORE_HIT)
    return " ".join(text[start : start + EXCERPT].split())
