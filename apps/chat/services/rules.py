"""What managers set about the end of chats."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.chat.models import TerminationRule
from apps.chat.permissions import ChatAction


@transaction.atomic
def save_termination_rule(
    rule: TerminationRule, *, actor: Actor, changed: Iterable[str] = (), now: datetime | None = None
) -> TerminationRule:
    """Store when chats of an inbox end; ``changed`` names the fields for the audit. Raises ``AccessDenied``."""
    access.require(actor, ChatAction.MANAGE_RULES)
    now = now or timezone.now()
    audit.save_recorded(rule, actor=actor, action=ChatAction.MANAGE_RULES, changed=changed, at=now)
    return rule


@transaction.atomic
def delete_termination_rule(rule: TerminationRule, *, actor: Actor, now: datetime | None = None) -> None:
    """Go back to the default rule of this kind. Raises ``AccessDenied``."""
    access.require(actor, ChatAction.MANAGE_RULES)
    now = now or timezone.now()
    audit.record(actor=actor, action=ChatAction.MANAGE_RULES, target=rule, at=now, deleted=str(rule))
    rule.delete()
