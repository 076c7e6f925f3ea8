"""CloudEvents webhooks: a token in ``Authorization`` or, for senders that cannot, in the query (http-webhook.md §3)."""

import hmac
from datetime import datetime

from apps.eventbridge.errors import BadSignature
from apps.eventbridge.models import EventSource
from apps.eventbridge.verification.incoming import Incoming


def verify(source: EventSource, incoming: Incoming, *, now: datetime) -> None:
    """Raises ``BadSignature``."""
    token = _token(incoming).encode("utf-8", "surrogateescape")
    # Every secret is compared, so that the time says nothing about which one was close.
    matches = [hmac.compare_digest(token, secret.encode()) for secret in source.secrets_at(now)]
    if not token or not any(matches):
        raise BadSignature()


def _token(incoming: Incoming) -> str:
    scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else incoming.access_token
