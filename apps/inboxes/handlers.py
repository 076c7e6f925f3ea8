from apps.common.events import subscribe
from apps.inboxes import embedding
from apps.inboxes.events import InboxChanged


@subscribe(InboxChanged)
def forget_origins(event: InboxChanged) -> None:
    """This process knows at once; the others within ``embedding.KEPT_SECONDS``."""
    embedding.forget()
