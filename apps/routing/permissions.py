from enum import StrEnum

from apps.access.registry import register_actions, register_seating


class RoutingAction(StrEnum):
    """What a role may allow on queues, seats and work; ``…Any`` twins need no queue of one's own."""

    READ_QUEUE = "routing:ReadQueue"
    READ_ANY_QUEUE = "routing:ReadQueueAny"
    READ_SEAT = "routing:ReadSeat"
    READ_ANY_SEAT = "routing:ReadSeatAny"
    SET_PRESENCE = "routing:SetPresence"  # one's own
    OVERRIDE_PRESENCE = "routing:OverridePresence"  # somebody else's
    OVERRIDE_ANY_PRESENCE = "routing:OverridePresenceAny"
    ENQUEUE = "routing:EnqueueWork"
    ENQUEUE_ANY = "routing:EnqueueWorkAny"
    OFFER = "routing:OfferWork"  # the desk itself only
    ANSWER_OFFER = "routing:AnswerOffer"
    CLAIM = "routing:ClaimWork"
    CLAIM_ANY = "routing:ClaimWorkAny"
    OVERRIDE_CAPACITY = "routing:OverrideCapacity"
    RELEASE = "routing:ReleaseWork"
    RELEASE_ANY = "routing:ReleaseWorkAny"
    TRANSFER = "routing:TransferWork"
    TRANSFER_ANY = "routing:TransferWorkAny"
    MANAGE_QUEUES = "routing:ManageQueues"
    MANAGE_ANY_QUEUE = "routing:ManageQueuesAny"
    MANAGE_SEATS = "routing:ManageSeats"


AGENT = {
    RoutingAction.READ_QUEUE,
    RoutingAction.READ_SEAT,
    RoutingAction.SET_PRESENCE,
    RoutingAction.ENQUEUE,
    RoutingAction.ANSWER_OFFER,
    RoutingAction.CLAIM,
    RoutingAction.RELEASE,
    RoutingAction.TRANSFER,
}
SUPERVISOR = AGENT | {RoutingAction.OVERRIDE_PRESENCE, RoutingAction.OVERRIDE_CAPACITY}
EVERY_QUEUE = {RoutingAction.READ_ANY_QUEUE, RoutingAction.READ_ANY_SEAT}

register_actions(
    RoutingAction,
    agent=AGENT,
    supervisor=SUPERVISOR,
    manager=SUPERVISOR
    | EVERY_QUEUE
    | {
        RoutingAction.OVERRIDE_ANY_PRESENCE,
        RoutingAction.ENQUEUE_ANY,
        RoutingAction.CLAIM_ANY,
        RoutingAction.RELEASE_ANY,
        RoutingAction.TRANSFER_ANY,
        RoutingAction.MANAGE_QUEUES,
        RoutingAction.MANAGE_ANY_QUEUE,
        RoutingAction.MANAGE_SEATS,
    },
    auditor=EVERY_QUEUE,
    api_client=EVERY_QUEUE,
)
register_seating(RoutingAction.MANAGE_QUEUES, "queue")
