from apps.common.events import subscribe
from apps.inboxes import embedding, tasks
from apps.inboxes.events import InboxChanged, MailStored


@subscribe(InboxChanged)
def forget_origins(event: InboxChanged) -> None:
    """This process knows at once; the others within ``embedding.KEPT_SECONDS``."""
    embedding.forget()


@subscribe(MailStored)
def take_up_soon(event: MailStored) -> None:
    tasks.ring(tasks.process_mail)
