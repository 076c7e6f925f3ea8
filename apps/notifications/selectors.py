"""Reads of the outbox and of the texts."""

from email.utils import parseaddr
from typing import Any

from django.conf import settings

from apps.notifications.models import Notification, NotificationTemplate, OptOut
from apps.notifications.texts import Texts, shipped


def texts_for(milestone: str, language: str) -> Texts:
    """The templates in force: the managers' own, and the desk's where they wrote none."""
    own = NotificationTemplate.objects.filter(milestone=milestone, language=language).first()
    desk = shipped(milestone, language)
    return Texts(own.subject, own.body, own.chat).over(desk) if own else desk


def facts_of(notification: Notification) -> dict[str, Any]:
    """What the templates of ``notification`` may use."""
    return {"name": notification.customer.name, "link": "", **notification.data}


def desk_name() -> str:
    """What mails are signed with."""
    return parseaddr(settings.MAIL_FROM)[0] or "Helpdesk"


def refuses(address: str, category: str) -> bool:
    """Whether the owner of ``address`` wants no e-mail of ``category``."""
    return OptOut.objects.filter(address=address.lower(), category=category).exists()


def has_mail_server() -> bool:
    """Whether mail can leave; without, it waits in the outbox."""
    return bool(settings.SMTP_URL)
