"""What this app and those below it hold about customers."""

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from apps.access.models import IdempotentCall, Reveal
from apps.customers.enums import IdentityKind
from apps.customers.models import Consent, Customer, CustomerExport, Identity, LegalHold
from apps.customers.privacy.enums import EXPORT_OPEN, ExportState
from apps.customers.privacy.registry import (
    Blocker,
    DataKind,
    Rows,
    Subject,
    Traces,
    blocker,
    register,
    tracer,
)


def own_addresses(customer: Customer) -> QuerySet:
    """Only addresses that are known as theirs alone: what visitors type may be anybody's."""
    known = Identity.objects.filter(kind=IdentityKind.EMAIL)
    others = known.exclude(customer=customer).values("value")
    return known.filter(customer=customer).exclude(value__in=others).values_list("value", flat=True)


@tracer
def addresses(customer: Customer) -> Traces:
    return {"email": list(own_addresses(customer)), "public_id": [customer.public_id]}


@blocker
def export_under_way(customer: Customer) -> Blocker | None:
    if customer.exports.filter(state__in=EXPORT_OPEN).exists():
        return Blocker("export_open", str(_("A copy of this customer's data is being built.")))
    return None


def _of_calls(subject: Subject) -> Q:
    """Answers that name the customer, or something of theirs, by its public id."""
    found = Q(pk__in=[])
    for key in subject.trace("public_id"):
        found |= Q(path__contains=key) | Q(body_text__contains=key)
    return Q(pk__in=IdempotentCall.objects.annotate(body_text=Cast("body", TextField())).filter(found))


def _of_reveals(subject: Subject) -> Q:
    """Fields of theirs that somebody uncovered, and what for."""
    found = Q(target_id__in=[*subject.trace("public_id"), *subject.trace("order_no")])
    for start in subject.trace("line_prefix"):
        found |= Q(target_id__startswith=start)
    return found


register(
    DataKind(
        slug="access.reveals",
        name=_("Masked fields that were uncovered"),
        owner=Reveal,
        belongs=_of_reveals,
        rows=(Rows(Reveal, blank={"reason": ""}, told=("field", "at")),),
    ),
    DataKind(
        slug="access.calls",
        name=_("Repeatable calls of programs"),
        owner=IdempotentCall,
        belongs=_of_calls,
        rows=(Rows(IdempotentCall, gone=("path", "body"), secret=("path", "body")),),
    ),
    DataKind(
        slug="customers.profile",
        name=_("Profile"),
        owner=Customer,
        belongs=lambda subject: Q(pk=subject.customer_id),
        rows=(
            Rows(
                Customer,
                blank={"name": "", "email": "", "phone": "", "zone": "", "notes": ""},
                told=("public_id", "locale", "level", "created_at", "last_seen_at"),
            ),
            Rows(
                Consent,
                under="customer",
                told=("purpose", "is_given", "source", "reference", "at"),
            ),
            Rows(LegalHold, under="customer", blank={"reason": "–"}, told=("placed_at", "lifted_at")),
        ),
    ),
    DataKind(
        slug="customers.identities",
        name=_("Accounts and devices"),
        owner=Identity,
        rows=(Rows(Identity, gone=("value",), told=("kind", "verified_at", "created_at")),),
        first=True,
    ),
    DataKind(
        slug="customers.exports",
        name=_("Copies of these data"),
        owner=CustomerExport,
        rows=(
            Rows(
                CustomerExport,
                blank={"file": "", "digest": ""},
                also={"state": ExportState.EXPIRED.value},
                secret=("file", "digest"),
                told=("requested_at", "state"),
                file="file",
            ),
        ),
    ),
)
