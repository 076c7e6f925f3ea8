"""Where a customer stands, for pages and programs."""

from dataclasses import dataclass
from datetime import datetime

from apps.access import services as access
from apps.access.models import User
from apps.customers.models import Consent, Customer, CustomerExport, Erasure, LegalHold
from apps.customers.permissions import CustomerAction
from apps.customers.privacy import registry
from apps.customers.privacy.enums import ConsentPurpose
from apps.customers.privacy.registry import Blocker
from apps.customers.privacy.wishes import hold_of

MOST = 10  # exports and erasures of one customer that are shown


@dataclass(frozen=True)
class CustomerPrivacy:
    """Everything that was wished and done for one customer; the newest first."""

    erased_at: datetime | None
    hold: LegalHold | None
    blockers: list[Blocker]
    consents: list[Consent]
    exports: list[CustomerExport]
    erasures: list[Erasure]


def privacy_of(user: User, customer: Customer) -> CustomerPrivacy:
    """Where ``customer`` stands. Raises ``AccessDenied``."""
    access.require(user, CustomerAction.READ_PRIVACY, customer)
    exports = CustomerExport.objects.filter(customer=customer).select_related("requested_by", "customer")
    erasures = Erasure.objects.filter(customer=customer).select_related(
        "requested_by", "decided_by", "customer"
    )
    return CustomerPrivacy(
        erased_at=customer.erased_at,
        hold=hold_of(customer),
        blockers=[] if customer.erased_at else registry.blockers_of(customer),
        consents=consents_of(customer),
        exports=list(exports[:MOST]),
        erasures=list(erasures.prefetch_related("steps")[:MOST]),
    )


def consents_of(customer: Customer) -> list[Consent]:
    """What counts now: the newest row of each purpose that was ever asked about."""
    rows = Consent.objects.filter(customer=customer).select_related("recorded_by")
    newest = rows.order_by("purpose", "-pk").distinct("purpose")
    order = {purpose: place for place, purpose in enumerate(ConsentPurpose.values)}
    return sorted(newest, key=lambda row: order[row.purpose])
