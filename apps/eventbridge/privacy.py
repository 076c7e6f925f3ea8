"""What events of other systems hold about customers."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.privacy.registry import DataKind, Rows, Subject, register
from apps.eventbridge.enums import OPEN
from apps.eventbridge.models import InboundEvent


def _events_of(subject: Subject) -> Q:
    """Those whose subject is something of theirs, such as an order."""
    return Q(subject__in=subject.trace("event_subject"))


def _worked_on(subject: Subject) -> bool:
    """Not while a worker still has to make something of one."""
    return not InboundEvent.objects.filter(_events_of(subject), state__in=OPEN).exists()


# By age they go on their own: ``EVENT_KEEP_DAYS``.
register(
    DataKind(
        slug="eventbridge.events",
        name=_("Events of the shop"),
        owner=InboundEvent,
        belongs=_events_of,
        rows=(
            Rows(
                InboundEvent,
                blank={"raw": b"", "headers": {}, "error": ""},
                secret=("headers", "error"),
                told=("type", "subject", "occurred_at"),
            ),
        ),
        ready=_worked_on,
    ),
)
