from typing import Any

from django.db import transaction

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.refunds.models import RefundLimit
from apps.refunds.permissions import RefundAction


@transaction.atomic
def save_limit(limit: RefundLimit, *, actor: Actor) -> RefundLimit:
    """Store how much a role decides about; the trail says what it was before. Raises ``AccessDenied``."""
    access.require(actor, RefundAction.MANAGE_LIMITS)
    before = RefundLimit.objects.select_for_update().filter(pk=limit.pk).first()
    limit.save()
    told = _told(limit) | ({"before": _told(before)} if before else {})
    audit.record(actor=actor, action=RefundAction.MANAGE_LIMITS, target=limit, **told)
    return limit


def _told(limit: RefundLimit) -> dict[str, Any]:
    return {
        "role": limit.role.slug,
        "currency": limit.currency,
        "own": str(limit.own_amount),
        "approve": str(limit.approve_amount),
    }


@transaction.atomic
def delete_limit(limit: RefundLimit, *, actor: Actor) -> None:
    """Take from a role what it decided about. Raises ``AccessDenied``."""
    access.require(actor, RefundAction.MANAGE_LIMITS)
    told = _told(limit) | {"deleted": True}
    audit.record(actor=actor, action=RefundAction.MANAGE_LIMITS, target=limit, **told)
    limit.delete()
