"""Every write of the notifications. Callers need ``notify`` and ``queue_email``."""

from apps.notifications.services.choices import allow_email, refuse_email
from apps.notifications.services.delivering import deliver_due
from apps.notifications.services.mail import MailFile, queue_email
from apps.notifications.services.notifying import MailOptions, notify
from apps.notifications.services.replaying import replay_delivery, replay_email
from apps.notifications.services.sending import send_due
from apps.notifications.services.templates import PARTS, check_texts, delete_template, save_template

__all__ = [
    "PARTS",
    "MailFile",
    "MailOptions",
    "allow_email",
    "check_texts",
    "delete_template",
    "deliver_due",
    "notify",
    "queue_email",
    "refuse_email",
    "replay_delivery",
    "replay_email",
    "save_template",
    "send_due",
]
