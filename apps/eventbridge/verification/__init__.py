"""Proof that a request is the source's own, from its raw bytes and before anything reads them."""

from datetime import datetime

from apps.eventbridge.enums import AuthMode
from apps.eventbridge.errors import BadSignature
from apps.eventbridge.models import EventSource
from apps.eventbridge.verification import bearer, eventbridge, standard_webhooks
from apps.eventbridge.verification.incoming import Incoming

VERIFIERS = {
    AuthMode.STANDARD_WEBHOOKS: standard_webhooks.verify,
    AuthMode.BEARER: bearer.verify,
    AuthMode.EVENTBRIDGE_V2: eventbridge.verify,
}


def verify(source: EventSource, incoming: Incoming, *, now: datetime) -> None:
    """Raises ``BadSignature`` or ``StaleTimestamp``, or ``CertificateUnavailable`` when nobody can tell now."""
    verifier = VERIFIERS.get(AuthMode(source.auth))
    if verifier is None:
        raise BadSignature()
    verifier(source, incoming, now=now)


__all__ = ["Incoming", "verify"]
