"""What came from outside, made fit to be stored, or refused with the field that is at fault."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.chat.wire import is_storable
from apps.common.errors import Invalid
from apps.tickets.enums import TicketPriority
from apps.tickets.models.ticket import SUBJECT_MAX, TAG_MAX, TAGS_MAX

BODY_MAX = 50_000  # characters
NAME_MAX = 60


def clean_subject(subject: str, body: str = "") -> str:
    """One line of at most 200 characters; the beginning of ``body`` when empty. Raises ``Invalid``."""
    line = " ".join(str(subject).split()) or " ".join(str(body).split())[:80]
    if not line or not is_storable(line):
        raise Invalid(fields={"subject": [_("Say in a few words what it is about.")]})
    return line[:SUBJECT_MAX]


def clean_body(body: str, *, may_be_empty: bool = False) -> str:
    """The text, trimmed. Raises ``Invalid`` when it is empty, too long or cannot be stored."""
    body = str(body).strip()
    if not body and not may_be_empty:
        raise Invalid(fields={"body": [_("An empty message cannot be sent.")]})
    if len(body) > BODY_MAX:
        raise Invalid(fields={"body": [_("At most %(most)s characters.") % {"most": BODY_MAX}]})
    if not is_storable(body):
        raise Invalid(fields={"body": [_("The message has a character that cannot be stored.")]})
    return body


def clean_tags(tags: Iterable[str]) -> list[str]:
    """Tags in lower case, each once, sorted. Raises ``Invalid`` for too many or too long ones."""
    cleaned = sorted({" ".join(str(tag).lower().split()) for tag in tags} - {""})
    if len(cleaned) > TAGS_MAX or any(len(tag) > TAG_MAX or not is_storable(tag) for tag in cleaned):
        raise Invalid(fields={"tags": [_("At most 20 tags of 40 characters.")]})
    return cleaned


def clean_order_no(order_no: str) -> str:
    """Raises ``Invalid`` for what cannot be an order number."""
    order_no = str(order_no).strip()
    if len(order_no) > 64 or not is_storable(order_no):
        raise Invalid(fields={"order_no": [_("This is not an order number.")]})
    return order_no


def clean_priority(priority: str) -> str:
    """Raises ``Invalid`` for an unknown one."""
    if priority not in TicketPriority.values:
        raise Invalid(fields={"priority": [_("There is no such priority.")]})
    return priority


def clean_name(name: str) -> str:
    """One line of at most 60 characters. Raises ``Invalid`` when empty, too long or not storable."""
    line = " ".join(str(name).split())
    if not line or len(line) > NAME_MAX or not is_storable(line):
        raise Invalid(fields={"name": [_("Give a name of at most 60 characters.")]})
    return line
