"""Wake-ups of the workers once the rows are committed."""

from apps.common.events import subscribe
from apps.notifications import tasks
from apps.notifications.events import EmailQueued, NotificationQueued


@subscribe(NotificationQueued)
def deliver_soon(event: NotificationQueued) -> None:
    tasks.ring(tasks.deliver, "default")


@subscribe(EmailQueued)
def send_soon(event: EmailQueued) -> None:
    tasks.ring(tasks.send_mail, "mail")
