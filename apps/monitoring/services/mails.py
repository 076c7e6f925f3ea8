"""Telling by mail of what cannot wait until somebody looks at the desk."""

import logging
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from apps.common.errors import Invalid
from apps.monitoring import selectors
from apps.monitoring.models import Alert
from apps.monitoring.words import words_of
from apps.notifications.services.mail import queue_email

logger = logging.getLogger(__name__)


def mail_watchers(alert: Alert, *, now: datetime) -> int:
    """A mail to each person who may see ``alert``, in their language; how many. Rows of the caller's transaction."""
    people = [user for user in selectors.watchers(alert) if user.email and not user.is_api_client]
    for user in people:
        with translation.override(user.locale):
            _mail(alert, user.pk, user.email, now)
    return len(people)


def _mail(alert: Alert, user_pk: int, address: str, now: datetime) -> None:
    text = words_of(alert)
    call = _("Everybody in charge has got this mail. Take the alert up on the live board.")
    try:
        queue_email(
            dedupe=f"alert:{alert.public_id}:{user_pk}",
            to=address,
            subject=_("Alert: %(text)s") % {"text": text},
            text=f"{text}\n\n{call}\n",
            now=now,
        )
    except Invalid:  # no mail can go there; the others get theirs
        logger.warning("User %s has no address that a mail can go to.", user_pk)
