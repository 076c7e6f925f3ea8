"""Full-text search over tickets in English and Chinese, by one indexed column that the services keep.

Text becomes lexemes here: words in lower case, Chinese as overlapping pairs of characters (the last one of a run also
alone, so that one character finds whatever begins with it). PostgreSQL adds the stems of English words. Positions are
stripped: they would only serve ranking, and lists are in order of time.
"""

import re
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import and_, or_

from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db.models import Case, Expression, F, Func, IntegerField, Value, When
from django.db.models.functions import Coalesce

# CJK ideographs with their extension A, kana, and compatibility forms.
HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
RUN = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
IS_HAN = re.compile(rf"[{HAN}]")
TEXT_MAX = 20_000  # characters of one message that are searched
WORD_MAX = 60  # characters
LEXEMES_MAX = 20_000  # of a ticket: PostgreSQL holds 1 MB of them
TERMS_MAX = 12  # of a query


def lexemes(text: str) -> list[str]:
    """The words and character pairs of ``text``, in order."""
    return [piece for run in RUN.findall(text[:TEXT_MAX].lower()) for piece in _pieces(run)]


def _pieces(run: str) -> list[str]:
    if not IS_HAN.match(run):
        return [run[:WORD_MAX]]
    return [*(run[i : i + 2] for i in range(len(run) - 1)), run[-1]]


def added(texts: Iterable[str]) -> Expression:
    """The value of ``Ticket.search`` once ``texts`` are searched too; for an UPDATE."""
    words = " ".join(piece for text in texts for piece in lexemes(text))
    simple, english = (Func(_vector(words, config), function="strip") for config in ("simple", "english"))
    had = Coalesce(F("search"), Value("", output_field=SearchVectorField()))
    more = Func(had, simple, english, template="%(expressions)s", arg_joiner=" || ")
    return Case(
        When(_LexemeCount(had, LEXEMES_MAX), then=more), default=F("search"), output_field=SearchVectorField()
    )


def batched(texts: Iterable[str]) -> Iterator[list[str]]:
    """``texts`` in order, as many at a time as have no more characters than one message of which all is searched."""
    batch: list[str] = []
    room = TEXT_MAX
    for text in texts:
        if batch and len(text) > room:
            yield batch
            batch, room = [], TEXT_MAX
        batch.append(text)
        room -= len(text)
    if batch:
        yield batch


def _vector(words: str, config: str) -> SearchVector:
    return SearchVector(Value(words), config=config)


class _LexemeCount(Func):
    """Whether a vector has fewer lexemes than a limit."""

    template = "%(expressions)s"
    conditional = True

    def __init__(self, vector: Expression, limit: int) -> None:
        length = Func(vector, function="length", output_field=IntegerField())
        super().__init__(length, Value(limit), arg_joiner=" < ")


def query(text: str, *, whole: bool = False) -> SearchQuery | None:
    """What finds the tickets that have all words of ``text``, by their beginnings or stems; None without words.

    ``whole`` words only: nobody finds a masked number digit by digit.
    """
    runs = RUN.findall(text.lower()[:TEXT_MAX])[:TERMS_MAX]
    return reduce(and_, (_term(run, whole) for run in runs)) if runs else None


def _term(run: str, whole: bool) -> SearchQuery:
    if IS_HAN.match(run):
        pairs = _pieces(run)[:-1] or [f"{run}:*"]
        return reduce(and_, (_raw(pair) for pair in pairs))
    if whole:
        return _raw(run[:WORD_MAX])
    return reduce(or_, [_raw(f"{run[:WORD_MAX]}:*"), SearchQuery(run, config="english")])


def _raw(lexeme: str) -> SearchQuery:
    return SearchQuery(lexeme, config="simple", search_type="raw")
