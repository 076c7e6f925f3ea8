"""The certificate of an erasure: what went, how much, when and by whom; and its fingerprint."""

import hashlib
import json
from typing import Any

from apps.customers.models import Erasure
from apps.customers.privacy import registry
from apps.customers.privacy.stripping import FILES

# What is kept, and why; the words stand in the page.
REMAINS = ("audit", "money", "figures", "keys", "consents")


def certify(erasure: Erasure) -> tuple[dict[str, Any], str]:
    """The certificate of a finished erasure, and the SHA-256 of its canonical JSON."""
    content: dict[str, Any] = {
        "certificate": erasure.public_id,
        "customer": {"id": erasure.customer.public_id, "number": erasure.customer_id},
        "reason": erasure.reason,
        "reference": erasure.reference,
        "requested": {"by": erasure.requested_by.actor_label, "at": erasure.requested_at.isoformat()},
        "confirmed": {"by": _label(erasure.decided_by), "at": _when(erasure.decided_at)},
        "finished_at": _when(erasure.finished_at),
        "kinds": [_kind(step) for step in erasure.steps.order_by("pk")],
        "remains": list(REMAINS),
    }
    return content, fingerprint(content)


def _kind(step: Any) -> dict[str, Any]:
    rows = {label: count for label, count in sorted(step.counts.items()) if label != FILES}
    return {
        "kind": step.kind,
        "rows": rows,
        "files": step.counts.get(FILES, 0),
        "done_at": _when(step.done_at),
    }


def _label(user: Any) -> str:
    return user.actor_label if user else ""


def _when(moment: Any) -> str:
    return moment.isoformat() if moment else ""


def fingerprint(content: dict[str, Any]) -> str:
    """SHA-256 of ``content`` as JSON with sorted keys and without spaces, in UTF-8."""
    packed = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(packed.encode()).hexdigest()


def lines_of(certificate: dict[str, Any]) -> list[dict[str, Any]]:
    """The kinds of a certificate with their names in the reader's language and the sum of their rows."""
    return [
        {**line, "name": name_of(line["kind"]), "count": sum(line["rows"].values())}
        for line in certificate["kinds"]
    ]


def name_of(slug: str) -> str:
    """What people call a kind of data; its slug when no app knows it any more."""
    kind = registry.kind_of(slug)
    return str(kind.name) if kind else slug
