"""Where connections come from."""

from django.conf import settings

from apps.common.token_bucket import TokenBucket


class Address:
    """What all connections from one address share."""

    def __init__(self) -> None:
        self.frames = TokenBucket(settings.CHAT_IP_FRAMES_PER_S, settings.CHAT_IP_FRAMES_BURST)
        self.connections = 0
        self.strangers = 0  # connected, and not yet welcomed
