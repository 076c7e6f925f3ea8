"""What ratings hold about customers: their words. The scores stay, and with them every figure."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.privacy.blanks import RandomText
from apps.customers.privacy.registry import DataKind, Rows, register
from apps.surveys.models import Survey

register(
    DataKind(
        slug="surveys.comments",
        name=_("Ratings"),
        owner=Survey,
        belongs=lambda subject: Q(session__customer=subject.customer_id),
        rows=(
            Rows(
                Survey,
                blank={"comment": "", "token": RandomText()},
                secret=("token",),
                told=("score", "state", "offered_at", "answered_at"),
            ),
        ),
        age="answered_at",
        ripe=~Q(comment=""),
        keep_days=730,
    ),
)
