from apps.chat.events import MessageStored
from apps.common import metrics
from apps.common.events import subscribe


@subscribe(MessageStored)
def count_message(event: MessageStored) -> None:
    """Messages stored by this process."""
    metrics.MESSAGES.labels(event.sender_kind).inc()
