"""Reads of tickets."""

from apps.tickets.models import SlaPolicy, Ticket


def policy_for(ticket: Ticket) -> SlaPolicy | None:
    """The first active policy whose conditions ``ticket`` meets; None when nothing is promised."""
    active = SlaPolicy.objects.filter(is_active=True).select_related("calendar")
    return next((policy for policy in active if _holds(policy, ticket)), None)


def _holds(policy: SlaPolicy, ticket: Ticket) -> bool:
    return (
        policy.queue_id in (None, ticket.queue_id)
        and policy.channel in ("", ticket.channel)
        and policy.customer_level in ("", ticket.customer.level)
        and (not policy.tag or policy.tag in ticket.tags)
    )
