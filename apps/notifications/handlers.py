"""Wake-ups of the workers once the rows are committed."""

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from apps.access.signin.events import PasswordLinkMade
from apps.common.events import subscribe
from apps.common.ids import public_id
from apps.common.sealing import sealed
from apps.notifications import services, tasks
from apps.notifications.events import EmailQueued, NotificationQueued


@subscribe(NotificationQueued)
def deliver_soon(event: NotificationQueued) -> None:
    tasks.ring(tasks.deliver, "default")


@subscribe(EmailQueued)
def send_soon(event: EmailQueued) -> None:
    tasks.ring(tasks.send_mail, "mail")


@subscribe(PasswordLinkMade, atomic=True)
def mail_password_link(event: PasswordLinkMade) -> None:
    """The link is sealed in the outbox: who reads mails there cannot use it."""
    with translation.override(event.locale):
        text = render_to_string(
            f"registration/{event.kind}.txt", {"link": sealed(event.link), "event": event}
        )
        subject = _("Choose a new password") if event.kind == "reset" else _("Your sign-in for the helpdesk")
        services.queue_email(dedupe=f"password:{public_id()}", to=event.email, subject=subject, text=text)
