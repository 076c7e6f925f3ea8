"""An event in the shape of ActionTrail. Derived here and nowhere else."""

import json
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from apps.audit.models import AuditEvent

SERVICE = "Helpdesk"
API_VERSION = "v1"
# What of ActionTrail's users stands for whom; customers are nobody's user there.
USER_TYPES = {"user": "ram-user", "system": "system", "robot": "system", "customer": "customer"}
SIGN_IN, SIGN_OUT = "access:SignIn", "access:SignOut"


def as_trail(event: AuditEvent) -> dict[str, Any]:
    """The fields of ActionTrail, those that say nothing left out. All values are JSON-able."""
    resource = resource_type(event.target_type)
    said = {
        "eventId": str(event.event_id),
        "eventVersion": 1,
        "eventCategory": "Data" if event.is_read else "Management",
        "eventType": event_type(event),
        "eventRW": "Read" if event.is_read else "Write",
        "eventName": event.action.rpartition(":")[2],
        "eventTime": _instant(event),
        "eventSource": urlsplit(settings.PUBLIC_BASE_URL).netloc,
        "serviceName": SERVICE,
        "apiVersion": API_VERSION,
        "acsRegion": settings.ALIBABA_REGION,
        "requestId": event.request_id,
        "sourceIpAddress": event.ip or "",
        "userAgent": event.user_agent,
        "userIdentity": identity_of(event),
        "resourceType": resource,
        "resourceName": event.target_id,
        "referencedResources": referenced(event),
        "requestParameters": event.data,
        "responseElements": event.response,
        "errorCode": event.error_code,
        "errorMessage": event.error_message,
        "additionalEventData": {"action": event.action, "source": event.source, "sequence": event.pk},
    }
    return {name: value for name, value in said.items() if value not in ("", {}, None)}


def as_line(event: AuditEvent) -> str:
    """The same as one line of JSON."""
    return json.dumps(as_trail(event), ensure_ascii=False, cls=DjangoJSONEncoder, separators=(",", ":"))


def _instant(event: AuditEvent) -> str:
    return event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def resource_type(label: str) -> str:
    """``ACS::Helpdesk::Ticket`` for ``tickets.ticket``; empty for none."""
    return f"ACS::{SERVICE}::{label.rpartition('.')[2].title()}" if label else ""


def referenced(event: AuditEvent) -> dict[str, list[str]]:
    """Every resource that the event is about, by type; first the one that it was done to."""
    found = {resource_type(event.target_type): [event.target_id]} if event.target_type else {}
    for label, keys in event.about.items():
        found.setdefault(resource_type(label), []).extend(keys)
    return found


def event_type(event: AuditEvent) -> str:
    """Who it came through: a program, a page, a sign-in, or the desk itself."""
    if event.action == SIGN_IN:
        return "ConsoleSignin"
    if event.action == SIGN_OUT:
        return "ConsoleSignout"
    if event.actor_kind in ("system", "robot") or event.source in ("task", "command", "internal", ""):
        return "AliyunServiceEvent"
    by_key = "key" in event.identity or event.actor_kind == "customer"
    return "ApiCall" if by_key else "ConsoleOperation"


def identity_of(event: AuditEvent) -> dict[str, Any]:
    """``userIdentity``: who it was and how they were known."""
    known = event.identity
    kind = "assumed-role" if "session" in known else USER_TYPES.get(event.actor_kind, event.actor_kind)
    principal = event.actor_kind if event.actor_id is None else f"{event.actor_kind}:{event.actor_id}"
    if "session" in known:
        principal = f"{principal}:session:{known['session']}"
    vendor = known.get("vendor")
    found = {
        "type": kind,
        "principalId": principal,
        "accountId": f"{settings.AUDIT_ACCOUNT}/vendor-{vendor}" if vendor else settings.AUDIT_ACCOUNT,
        "userName": event.actor_name,
    }
    if "key" in known:
        found["accessKeyId"] = str(known["key"])
    attributes = {"mfaAuthenticated": "true" if known.get("mfa") else "false"}
    if "since" in known:
        attributes["creationDate"] = str(known["since"])
    return found | {"sessionContext": {"attributes": attributes}} if event.actor_kind == "user" else found
