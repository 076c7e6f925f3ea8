"""Wake-ups of the workers once the rows are committed."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access.events import AccessChanged
from apps.access.signin.actions import SignInAction
from apps.access.signin.events import PasswordLinkMade
from apps.common import context
from apps.common.events import subscribe
from apps.common.ids import public_id
from apps.common.sealing import sealed
from apps.notifications import services, tasks
from apps.notifications.events import EmailQueued, NotificationQueued

# Changes of somebody's sign-in that they should hear of, for it may not have been them.
SECURITY_NEWS = {
    SignInAction.ADD_FACTOR: _lazy("A second factor was added to your account"),
    SignInAction.REMOVE_FACTOR: _lazy("A second factor was removed from your account"),
    SignInAction.RENEW_CODES: _lazy("Your recovery codes were replaced"),
    SignInAction.CHANGE_PASSWORD: _lazy("Your password was changed"),
    SignInAction.LINK_IDENTITY: _lazy("A company account can now sign in as you"),
}


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


@subscribe(AccessChanged, atomic=True)
def mail_security_news(event: AccessChanged) -> None:
    """What happened to the sign-in of a person, to that person, with the change itself."""
    subject = SECURITY_NEWS.get(event.action)  # type: ignore[call-overload]
    if subject is None or not event.target.email:
        return
    user, call = event.target, context.current()
    with translation.override(user.locale), timezone.override(user.zone):
        page = settings.PUBLIC_BASE_URL + reverse("password-change")
        facts = {
            "what": subject,
            "at": timezone.now(),
            "call": call,
            "name": event.data.get("name"),
            "page": page,
        }
        text = render_to_string("registration/security_news.txt", facts)
        services.queue_email(dedupe=f"security:{public_id()}", to=user.email, subject=str(subject), text=text)
