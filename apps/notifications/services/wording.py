"""What a notification says, in the customer's language."""

import logging
from dataclasses import dataclass

from django.template.loader import render_to_string

from apps.notifications import selectors
from apps.notifications.models import Notification
from apps.notifications.optout import REFUSABLE, opt_out_url
from apps.notifications.texts import BadText, Texts, shipped

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """A mail in words: the plain text and the same as HTML."""

    subject: str
    text: str
    html: str
    opt_out: str  # address of the page; empty where nothing can be refused


def words_of(notification: Notification) -> Texts:
    """The filled texts. Texts of managers that cannot be filled give way to the desk's own."""
    facts = selectors.facts_of(notification)
    kind = (notification.milestone, notification.language)
    try:
        return selectors.texts_for(*kind).filled(facts)
    except BadText:
        logger.exception("The texts of %s cannot be used; using the desk's own.", kind)
        return shipped(*kind).filled(facts)


def letter_of(notification: Notification, address: str) -> Letter:
    """The mail of ``notification`` to ``address``: greeting, words, name of the desk, way out."""
    words = words_of(notification)
    refusable = notification.category in REFUSABLE
    link = opt_out_url(address, notification.category) if refusable else ""
    return letter(words, notification.language, name=notification.customer.name, opt_out=link)


def letter(words: Texts, language: str, *, name: str, opt_out: str = "") -> Letter:
    """``words`` in the frame that every mail has."""
    context = {
        "language": language,
        "greeting": _greeting(language, name),
        "body": words.body,
        "desk": selectors.desk_name(),
        "opt_out": opt_out,
    }
    text = render_to_string("notifications/mail.txt", context)
    html = render_to_string("notifications/mail.html", context)
    return Letter(words.subject, text.strip() + "\n", html, opt_out)


def _greeting(language: str, name: str) -> str:
    if language == "zh":
        return f"{name}，您好！" if name else "您好！"
    return f"Hello {name}," if name else "Hello,"
