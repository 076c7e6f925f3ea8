"""Every write of the notifications. Callers need ``notify`` and ``queue_email``."""

from apps.notifications.services.choices import add_opt_out, allow_email, refuse_email, remove_opt_out
from apps.notifications.services.delivering import deliver_due
from apps.notifications.services.mail import MailFile, queue_email
from apps.notifications.services.notifying import MailOptions, notify
from apps.notifications.services.replaying import replay_delivery, replay_email, replay_notification
from apps.notifications.services.sending import send_due
from apps.notifications.services.templates import (
    PARTS,
    change_template,
    check_texts,
    create_template,
    delete_template,
    preview,
    save_template,
)

__all__ = [
    "PARTS",
    "MailFile",
    "MailOptions",
    "add_opt_out",
    "allow_email",
    "change_template",
    "check_texts",
    "create_template",
    "delete_template",
    "deliver_due",
    "notify",
    "preview",
    "queue_email",
    "refuse_email",
    "remove_opt_out",
    "replay_delivery",
    "replay_email",
    "replay_notification",
    "save_template",
    "send_due",
]
