"""Which ratings are asked for by e-mail."""

from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from apps.notifications.models import Notification
from apps.surveys.models import Survey

# The widget asks first; who is still there answers within this.
AFTER = timedelta(minutes=15)
WITHIN = timedelta(days=1)
KEY = "survey"


def uninvited_surveys(now: datetime) -> QuerySet[Survey]:
    """Unanswered surveys about an agent's work whose customer left, can be reached, and was not written to."""
    told = Notification.objects.filter(
        customer=OuterRef("session__customer"),
        dedupe=Concat(Value(f"{KEY}:"), Cast(OuterRef("pk"), CharField()), output_field=CharField()),
    )
    asked = Survey.objects.answerable(now).filter(
        offered_at__lte=now - AFTER, offered_at__gt=now - WITHIN, agent__isnull=False
    )
    reachable = asked.exclude(session__customer__email="").filter(session__customer_online=False)
    return reachable.filter(~Exists(told)).select_related("session__customer", "session__inbox")


def occasion(survey: Survey) -> str:
    """What makes the invitation one."""
    return f"{KEY}:{survey.pk}"
