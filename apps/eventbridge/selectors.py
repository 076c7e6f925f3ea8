from apps.common.errors import NotFound
from apps.eventbridge.models import EventSource


def source_of(slug: str) -> EventSource:
    """The source whose address ends in ``slug``, active or not. Raises ``NotFound``."""
    source = EventSource.objects.filter(slug=slug).first()
    if source is None:
        raise NotFound()
    return source
