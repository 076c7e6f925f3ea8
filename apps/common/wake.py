"""Wake-ups through the channel layer: a bell, never the truth."""

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)


def wake(group: str, *, type: str, **payload: object) -> None:
    """Ring ``group``; call after commit. Losing a wake-up delays a delivery until the next sweep."""
    try:
        async_to_sync(get_channel_layer().group_send)(group, {"type": type, **payload})
    except Exception as error:  # Redis away: the readers' sweep finds the row
        logger.warning("Wake-up of %s was lost: %s", group, error)
