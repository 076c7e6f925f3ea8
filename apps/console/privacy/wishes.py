"""What a customer agreed to and refused, in one place."""

from typing import Any

from django.db.models import Q

from apps.customers.models import Customer
from apps.customers.privacy.registry import subject_of
from apps.customers.privacy.selectors import consents_of
from apps.notifications.models import OptOut


def wishes_of(customer: Customer) -> dict[str, Any]:
    """Consents that count, and refused e-mail by category."""
    addresses = {customer.email.lower(), *subject_of(customer).trace("email")} - {""}
    refused = OptOut.objects.filter(Q(address__in=addresses)).order_by("category")
    return {"consents": consents_of(customer), "opt_outs": list(refused)}
