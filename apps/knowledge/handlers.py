from apps.common.events import subscribe
from apps.knowledge import tasks
from apps.knowledge.events import FaqsChanged
from apps.knowledge.vectors import AT_ONCE


@subscribe(FaqsChanged)
def wake_to_fill(event: FaqsChanged) -> None:
    """After an import; the few texts of one FAQ are encoded by the next search itself."""
    if len(event.faq_ids) > AT_ONCE // 8:
        tasks.ring()
