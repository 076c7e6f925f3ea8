"""Every write of the notifications. Callers need ``notify`` and ``queue_email``."""

from apps.notifications.services.mail import MailFile, queue_email
from apps.notifications.services.notifying import MailOptions, notify

__all__ = ["MailFile", "MailOptions", "notify", "queue_email"]
