"""What mailboxes hold about customers."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.privacy.registry import DataKind, Rows, Subject, register
from apps.inboxes.enums import InboundState
from apps.inboxes.models import InboundEmail, InboundFile


def _mails_of(subject: Subject) -> Q:
    """Mail that they wrote, and that of their tickets."""
    return Q(from_address__in=subject.trace("email")) | Q(thread__in=subject.trace("thread"))


def _taken_up(subject: Subject) -> bool:
    """Not while a worker still has to make something of one."""
    return not InboundEmail.objects.filter(_mails_of(subject), state=InboundState.NEW).exists()


register(
    DataKind(
        slug="inboxes.mail",
        name=_("Incoming mail"),
        owner=InboundEmail,
        belongs=_mails_of,
        rows=(
            Rows(
                InboundFile,
                under="mail",
                gone=("name", "content_id", "file"),
                secret=("content_id",),
                told=("mime", "size"),
                file="file",
            ),
            # The Message-ID stays: by it a mail that comes again is known.
            Rows(
                InboundEmail,
                blank={
                    "from_address": "",
                    "from_name": "",
                    "recipients": [],
                    "subject": "",
                    "text": "",
                    "reply_text": "",
                    "html": "",
                    "headers": {},
                    "in_reply_to": "",
                    "references": [],
                    "automatic": "",
                    "error": "",
                    "raw": "",
                },
                secret=("html", "reply_text", "error", "automatic"),
                told=("received_at",),
                file="raw",
            ),
        ),
        age="received_at",
        ripe=~Q(state=InboundState.NEW) & ~Q(raw=""),
        keep_days=730,
        ready=_taken_up,
    ),
)
