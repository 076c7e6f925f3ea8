"""Uncovering one masked field for a short while, for a reason that is on record."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access import masking, names, viewing
from apps.access import services as access
from apps.access.events import AccessChanged, RevealBudgetSpent
from apps.access.models import Reveal, User
from apps.access.permissions import AccessAction
from apps.common.errors import Invalid, NotFound, RateLimited
from apps.common.events import publish

LASTS = timedelta(minutes=10)
REASON_MIN, REASON_MAX = 4, 200  # characters
AN_HOUR = 30  # of those whom no partner employs


class RevealBudget(RateLimited):
    """As many fields as one may uncover in an hour are uncovered."""

    code = "reveal_budget"
    retryable = False
    default_detail = _lazy("You have uncovered as many fields as you may in an hour.")


@dataclass(frozen=True)
class Uncovered:
    """A field as it is, until ``until``; ``masked`` is what to show again then."""

    target_type: str
    target_id: str
    field: str
    value: Any
    masked: Any
    until: datetime


def target(user: User, label: str, key: str, field: str) -> models.Model:
    """What is called so, if ``user`` may read it and it has such a field. Raises ``NotFound``."""
    source = viewing.sources.get(label)
    found = source.find(user, key) if source and field in source.fields else None
    if found is None:
        raise NotFound()
    return found


@transaction.atomic
def reveal(
    obj: models.Model, field: str, *, actor: User, reason: str, now: datetime | None = None
) -> Uncovered:
    """Show ``actor`` the whole of a field for ten minutes; what is uncovered already costs nothing.

    ``obj`` is what ``target`` gave. Raises ``AccessDenied``, ``Invalid`` for no reason, or ``RevealBudget``.
    """
    access.require(actor, AccessAction.REVEAL_FIELD, obj)
    now = now or timezone.now()
    source = viewing.sources[obj._meta.label_lower]
    name = {"target_type": source.label, "target_id": source.key(obj), "field": field}
    User.objects.select_for_update(of=("self",), no_key=True).get(
        pk=actor.pk
    )  # the budget is counted in turn
    row = Reveal.objects.filter(user=actor, until__gt=now, **name).order_by("-until").first()
    if row is None:
        row = _uncover(obj, actor, name, _reason(reason), now)
    masked = masking.MASKS[source.fields[field]](getattr(obj, field))
    return Uncovered(**name, value=source.value(obj, field, actor), masked=masked, until=row.until)


def _reason(text: str) -> str:
    text = " ".join(text.split())
    if not REASON_MIN <= len(text) <= REASON_MAX:
        raise Invalid(fields={"reason": [_("Say in a few words what you need it for.")]})
    return text


def _uncover(obj: models.Model, actor: User, name: dict[str, str], reason: str, now: datetime) -> Reveal:
    left = budget_left(actor, now=now)
    if left <= 0:
        raise RevealBudget(retry_after=_frees_in(actor, now))
    row = Reveal.objects.create(user=actor, **name, reason=reason, at=now, until=now + LASTS)
    told = names.mask_in_text(masking.mask_text(reason), _names_about(obj))  # the trail outlives their data
    facts = {"field": name["field"], "reason": told, "minutes": LASTS.seconds // 60}
    publish(AccessChanged(AccessAction.REVEAL_FIELD, actor, obj, facts))
    if left == 1:
        publish(RevealBudgetSpent(actor.pk, now))
    return row


def _names_about(obj: models.Model) -> names.Names:
    """What the customer is called whose data ``obj`` has."""
    whose = viewing.sources[obj._meta.label_lower].whose(obj)
    return names.of_customers([whose]) if whose is not None else names.NOBODYS


def budget_left(user: User, *, now: datetime) -> int:
    """How many more fields ``user`` may uncover within the hour."""
    allowed = user.vendor.reveals_per_hour if user.vendor else AN_HOUR
    return allowed - Reveal.objects.filter(user=user, at__gt=now - timedelta(hours=1)).count()


def spent(*, now: datetime) -> list[tuple[User, int]]:
    """Who has uncovered all that they may within the hour, and how many fields; one query."""
    recent = Q(reveals__at__gt=now - timedelta(hours=1), reveals__at__lte=now)
    people = User.objects.annotate(uncovered=Count("reveals", filter=recent)).filter(uncovered__gt=0)
    most = Coalesce("vendor__reveals_per_hour", AN_HOUR)
    return [(user, user.uncovered) for user in people.filter(uncovered__gte=most).order_by("pk")]


def _frees_in(user: User, now: datetime) -> int:
    """Seconds until the oldest of the hour no longer counts."""
    oldest = Reveal.objects.filter(user=user, at__gt=now - timedelta(hours=1)).order_by("at").first()
    return int((oldest.at + timedelta(hours=1) - now).total_seconds()) + 1 if oldest else 3600
