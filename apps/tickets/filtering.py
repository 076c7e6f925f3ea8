"""Which tickets a list shows: parsed from an address or a saved view, applied to what the user may see."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext as _

from apps.access import viewing
from apps.access.models import User
from apps.chat.wire import is_storable
from apps.common.errors import Invalid
from apps.tickets import words
from apps.tickets.enums import LIVE, SlaState, TicketChannel, TicketPriority, TicketStatus
from apps.tickets.models import Ticket

CHOICES: dict[str, list[str]] = {
    "status": [*TicketStatus.values, "live"],
    "priority": TicketPriority.values,
    "sla": SlaState.values,
    "channel": TicketChannel.values,
}
KEYS = ("queue", "assignee")  # "me", "none" or the key of a row
TEXTS = ("tag", "customer", "order_no", "q")
TIMES = ("created_after", "created_before")
NAMES = (*CHOICES, *KEYS, *TEXTS, *TIMES)
TEXT_MAX = 200


@dataclass(frozen=True)
class Filters:
    """Empty values do not filter. Of several values of one name any may hold, of several names all must."""

    status: tuple[str, ...] = ()  # "live" is all that is neither solved nor closed
    priority: tuple[str, ...] = ()
    sla: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()  # keys, or "none"
    assignee: tuple[str, ...] = ()  # keys, "me" or "none"
    tag: str = ""
    customer: str = ""  # public id
    order_no: str = ""
    q: str = ""  # words, or a ticket's number
    created_after: datetime | None = None
    created_before: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """What is set, as ``parse`` takes it."""
        given = {name: value for name, value in vars(self).items() if value}
        return {name: _as_json(value) for name, value in given.items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def parse(data: Mapping[str, Any], *, strict: bool = False) -> Filters:
    """Filters from a query string or a saved view's JSON; values may be single, lists, or ``"a,b"``.

    ``strict`` refuses unknown names, as saving a view does. Raises ``Invalid`` naming each malformed one.
    """
    faults: dict[str, list[str]] = {}
    if strict:
        faults = {str(name): [_("There is no such filter.")] for name in data if name not in NAMES}
    given: dict[str, Any] = {}
    for name in NAMES:
        values = _values(data, name)
        if not values:
            continue
        try:
            given[name] = _parsed(name, values)
        except ValueError:
            faults[name] = [_("This is not a value to filter by.")]
    if faults:
        raise Invalid(fields=faults)
    return Filters(**given)


def _values(data: Mapping[str, Any], name: str) -> list[str]:
    raw = data.getlist(name) if hasattr(data, "getlist") else data.get(name)
    many = raw if isinstance(raw, list | tuple) else [raw]
    texts = [str(value).strip() for value in many if value not in (None, "")]
    if name in TEXTS:
        return texts[:1]
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _parsed(name: str, values: list[str]) -> Any:
    """The value of one filter. Raises ``ValueError``."""
    if name in TEXTS:
        if not is_storable(values[0]):
            raise ValueError(name)
        return values[0][:TEXT_MAX]
    if name in TIMES:
        return _instant(values[0])
    if not all(_is_known(name, value) for value in values):
        raise ValueError(name)
    return tuple(dict.fromkeys(values))


def _is_known(name: str, value: str) -> bool:
    if name in CHOICES:
        return value in CHOICES[name]
    return value == "none" or (value == "me" and name == "assignee") or _is_key(value)


def _is_key(value: str) -> bool:
    return value.isascii() and value.isdigit() and int(value) < 2**63


def _instant(text: str) -> datetime:
    at = parse_datetime(text.replace(" ", "+"))  # a "+" that came unescaped
    if at is None or not is_aware(at):
        raise ValueError(text)
    return at


def apply(rows: QuerySet[Ticket], filters: Filters, user: User) -> QuerySet[Ticket]:
    """``rows`` that ``filters`` let through; "me" is ``user``."""
    return rows.filter(condition(filters, user))


# Filter to the look-up that it stands for.
LOOKUPS = {
    "priority": "priority__in",
    "sla": "sla_state__in",
    "channel": "channel__in",
    "customer": "customer__public_id",
    "order_no": "order_no",
    "created_after": "created_at__gte",
    "created_before": "created_at__lt",
}


def condition(filters: Filters, user: User) -> Q:
    """``filters`` as one condition on tickets."""
    given = {LOOKUPS[name]: value for name, value in vars(filters).items() if value and name in LOOKUPS}
    found = Q(**given) & _searched(filters.q)
    if filters.status:
        found &= Q(status__in=_statuses(filters.status))
    if filters.tag:
        found &= Q(tags__contains=[filters.tag.lower()])
    return found & _one_of("queue_id", filters.queue, user) & _one_of("assignee_id", filters.assignee, user)


def _statuses(names: Iterable[str]) -> set[str]:
    return {status for name in names for status in (LIVE if name == "live" else (name,))}


def _one_of(column: str, values: tuple[str, ...], user: User) -> Q:
    if not values:
        return Q()
    keys = [user.pk if value == "me" else int(value) for value in values if value != "none"]
    found = Q(**{f"{column}__in": keys}) if keys else Q(pk__in=[])
    return found | Q(**{column: None}) if "none" in values else found


def _searched(text: str) -> Q:
    """All words of ``text``; also the very ticket when it is a number. Nothing is found by punctuation alone."""
    if not text:
        return Q()
    query = words.query(text, whole=viewing.is_masked())
    found = Q(search=query) if query is not None else Q(pk__in=[])
    number = text.upper().removeprefix("T-").lstrip("#")
    return found | Q(number=int(number)) if _is_key(number) else found
