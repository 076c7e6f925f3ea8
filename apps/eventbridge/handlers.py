from apps.common.events import subscribe
from apps.eventbridge import tasks
from apps.eventbridge.events import InboundEventsReceived


@subscribe(InboundEventsReceived)
def wake_worker(event: InboundEventsReceived) -> None:
    tasks.ring()
