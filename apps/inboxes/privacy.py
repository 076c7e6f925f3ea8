"""What mailboxes hold about customers."""

import re
from collections.abc import Callable
from functools import partial

from django.db.models import Case, F, Q, TextField, Value, When
from django.utils.translation import gettext_lazy as _

from apps.customers.privacy.blanks import unless
from apps.customers.privacy.registry import DataKind, Rows, Subject, register
from apps.inboxes.enums import InboundState
from apps.inboxes.models import InboundEmail, InboundFile


def _mails_of(subject: Subject) -> Q:
    """Mail that they wrote, and that of their tickets."""
    return Q(from_address__in=subject.trace("email")) | Q(thread__in=subject.trace("thread"))


def _naming(subject: Subject) -> Q:
    """Mail of others that has their address in it: in copy to them, or with their words quoted below."""
    found = Q(pk=None)
    for address in subject.trace("email"):
        whole = rf"(^|[^\w.%+'-]){re.escape(address)}($|[^\w-])"  # not the end of a longer one
        found |= Q(headers__iregex=whole) | Q(text__iregex=whole) | Q(html__iregex=whole)
        found |= Q(recipients__contains=[address])
    return found & ~_mails_of(subject)


def is_taken_up(subject: Subject, mails: Callable[[Subject], Q] = _mails_of) -> bool:
    """Not while a worker still has to make something of one of ``mails``: theirs, unless it says others."""
    return not InboundEmail.objects.filter(mails(subject), state=InboundState.NEW).exists()


# What machines send is about one mail, that of whom it names.
FROM_PEOPLE = Q(automatic="")


def _what_people_said() -> Case:
    """Without what they quoted; of a machine nothing."""
    return Case(When(FROM_PEOPLE, then=F("reply_text")), default=Value(""), output_field=TextField())


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
        ripe=~Q(state=InboundState.NEW) & ~Q(raw="", from_address=""),
        keep_days=730,
        ready=is_taken_up,
    ),
    DataKind(
        slug="inboxes.named",
        name=_("Mail of others that names the customer"),
        owner=InboundEmail,
        belongs=_naming,
        rows=(
            # What its writer said stays; in a copy for the customer it has no place.
            Rows(
                InboundEmail,
                blank={
                    "recipients": [],
                    "subject": unless(~FROM_PEOPLE, "subject"),
                    "text": _what_people_said(),
                    "reply_text": _what_people_said(),
                    "html": "",
                    "headers": {},
                    "raw": "",
                },
                secret=("recipients", "subject", "text", "reply_text", "html", "headers", "raw"),
                file="raw",
            ),
        ),
        ready=partial(is_taken_up, mails=_naming),
    ),
)
