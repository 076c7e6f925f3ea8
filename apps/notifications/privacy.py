"""What the outbox holds about customers."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.privacy.blanks import unless
from apps.customers.privacy.registry import DataKind, Rows, Subject, register
from apps.notifications.enums import DeliveryState, MailState
from apps.notifications.models import Notification, NotificationDelivery, OptOut, OutgoingEmail


def _mails_of(subject: Subject) -> Q:
    """Mail of their notifications and their tickets, and what went to addresses that are theirs."""
    customer = Q(delivery__notification__customer=subject.customer_id)
    found = customer | Q(to_address__in=subject.trace("email"))
    for prefix in subject.trace("mail_prefix"):
        found |= Q(dedupe__startswith=prefix)
    return found


register(
    DataKind(
        slug="notifications.told",
        name=_("Notifications"),
        owner=Notification,
        rows=(
            Rows(
                Notification,
                blank={"data": {}, "mail": {}},
                secret=("mail",),
                told=("milestone", "dedupe", "created_at"),
            ),
            # What still waits goes nowhere.
            Rows(
                NotificationDelivery,
                under="notification",
                blank={"error": ""},
                also={
                    "state": unless(Q(state=DeliveryState.PENDING), "state", DeliveryState.UNREACHED.value)
                },
                secret=("error",),
                told=("channel", "sent_at"),
            ),
        ),
        age="created_at",
        ripe=~Q(data={}),
        keep_days=730,
    ),
    DataKind(
        slug="notifications.mail",
        name=_("Mail to the customer"),
        owner=OutgoingEmail,
        belongs=_mails_of,
        rows=(
            # The Message-ID stays: answers to it find their ticket, which takes them no more.
            Rows(
                OutgoingEmail,
                blank={
                    "to_address": "",
                    "reply_to": "",
                    "subject": "",
                    "text": "",
                    "html": "",
                    "headers": {},
                    "files": [],
                    "error": "",
                },
                also={"state": unless(Q(state=MailState.PENDING), "state", MailState.DEAD.value)},
                secret=("html", "error", "reply_to"),
                told=("created_at", "sent_at"),
            ),
        ),
        age="created_at",
        ripe=~Q(state=MailState.PENDING) & ~Q(text=""),
        keep_days=730,
    ),
    DataKind(
        slug="notifications.opt_outs",
        name=_("Refused e-mail"),
        owner=OptOut,
        belongs=lambda subject: Q(address__in=subject.trace("email")),
        rows=(Rows(OptOut, gone=("address",), told=("category", "at")),),
    ),
)
