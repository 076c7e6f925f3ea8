from typing import Any

from django.db import transaction

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.refunds.models import RefundLimit
from apps.refunds.permissions import RefundAction


@transaction.atomic
def save_limit(limit: RefundLimit, *, actor: Actor) -> RefundLimit:
    """Store how much a role decides about. Raises ``AccessDenied``."""
    access.require(actor, RefundAction.MANAGE_LIMITS)
    limit.save()
    told: dict[str, Any] = {
        "own": str(limit.own_amount),
        "approve": str(limit.approve_amount),
        "currency": limit.currency,
    }
    audit.record(actor=actor, action=RefundAction.MANAGE_LIMITS, target=limit, role=limit.role.slug, **told)
    return limit


@transaction.atomic
def delete_limit(limit: RefundLimit, *, actor: Actor) -> None:
    """Take from a role what it decided about. Raises ``AccessDenied``."""
    access.require(actor, RefundAction.MANAGE_LIMITS)
    told: dict[str, Any] = {"role": limit.role.slug, "currency": limit.currency, "deleted": True}
    audit.record(actor=actor, action=RefundAction.MANAGE_LIMITS, target=limit, **told)
    limit.delete()
