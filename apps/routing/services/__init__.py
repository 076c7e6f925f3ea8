"""Every write of routing.

Locks are taken in one order on every path: the work item (by its owner, on ``WorkMoving``), queue entry, offer, seat,
assignment; several rows of one table by primary key. All states change under the lock of the entry.
"""

from apps.routing.services.assignment import claim, release, transfer_to_agent
from apps.routing.services.configuration import (
    delete_configuration,
    open_default_week,
    order_rules,
    save_configuration,
    set_capacity,
    set_members,
)
from apps.routing.services.dispatching import dispatch
from apps.routing.services.offers import accept_offer, decline_offer, expire_offers
from apps.routing.services.overflow import sweep_overflow, take_overflow
from apps.routing.services.presence import lapse_leases, renew_lease, rest_barred, set_presence
from apps.routing.services.queueing import enqueue, leave_queue, transfer_to_queue
from apps.routing.services.seats import Drift, reconcile_seats

__all__ = [
    "Drift",
    "accept_offer",
    "claim",
    "decline_offer",
    "delete_configuration",
    "dispatch",
    "enqueue",
    "expire_offers",
    "lapse_leases",
    "leave_queue",
    "open_default_week",
    "order_rules",
    "reconcile_seats",
    "release",
    "renew_lease",
    "rest_barred",
    "save_configuration",
    "set_capacity",
    "set_members",
    "set_presence",
    "sweep_overflow",
    "take_overflow",
    "transfer_to_agent",
    "transfer_to_queue",
]
